"""Whose sample it is: genotypes seen in RNA compared between samples, and expressed sex."""

from leukoscope.identity.comparison import Identity, compare_samples
from leukoscope.identity.sex import expressed_sex, sex_agreement

__all__ = ["Identity", "compare_samples", "expressed_sex", "sex_agreement"]
