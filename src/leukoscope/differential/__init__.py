"""Differential expression, as the R program DESeq2 computes it."""

from leukoscope.differential.analysis import DifferentialResult, Model, contrast_genes, fit_model
from leukoscope.differential.model import Rules
from leukoscope.differential.shrinkage import ShrunkenResult, shrink_effects

__all__ = [
    "DifferentialResult",
    "Model",
    "Rules",
    "ShrunkenResult",
    "contrast_genes",
    "fit_model",
    "shrink_effects",
]
