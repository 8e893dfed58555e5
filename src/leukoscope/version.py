"""The version and the intended use of leukoscope, apart from the package so that every layer may name them."""

__version__ = "0.1.0"

RESEARCH_USE = "For research use only. Not for use in diagnostic procedures."
