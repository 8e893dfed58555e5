"""Differential expression, as the R program DESeq2 computes it."""

from leukoscope.differential.analysis import DifferentialResult, Model, contrast_genes, fit_model
from leukoscope.differential.model import Rules

__all__ = ["DifferentialResult", "Model", "Rules", "contrast_genes", "fit_model"]
