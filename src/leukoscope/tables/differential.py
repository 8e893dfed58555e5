"""Contracts of differential expression."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

DIFFERENTIAL = Table(
    "differential",
    1,
    ("gene_id",),
    (
        Column("gene_id", "str", "", "Gene"),
        Column("symbol", "str", "", "Gene symbol", optional=True),
        Column("base_mean", "float64", "reads", "Mean of normalised counts over all samples"),
        Column("log2_fold_change", "float64", "log2", "Effect of the contrast"),
        Column("standard_error", "float64", "log2", "Standard error of the effect"),
        Column("statistic", "float64", "", "Wald statistic, or the likelihood ratio"),
        Column("p_value", "float64", "", "Raw p-value; missing where status says why"),
        Column("p_adjusted", "float64", "", "Benjamini-Hochberg; missing where not tested or filtered"),
        Column("status", "str", "", "tested, low mean, outlier, no counts, or no counts in contrast"),
        Column("fit", "str", "", "reweighted, minimised, unconverged, or empty for genes without counts"),
        Column("refitted", "bool", "", "Whether an outlying count was replaced before the fit"),
        Column("dispersion_gene", "float64", "", "Dispersion of the gene by itself"),
        Column("dispersion_trend", "float64", "", "Dispersion of the trend at this mean"),
        Column("dispersion", "float64", "", "Dispersion that was used"),
        Column("dispersion_outlier", "bool", "", "Whether the gene keeps its own dispersion"),
        Column(
            "shrunken_log2_fold_change", "float64", "log2", "Effect drawn to zero by a prior", optional=True
        ),
        Column(
            "shrunken_error",
            "float64",
            "log2",
            "Standard error (normal) or posterior deviation (apeglm)",
            optional=True,
        ),
        Column(
            "s_value", "float64", "", "apeglm: mean rate of false signs among genes no worse", optional=True
        ),
    ),
)

DISPERSION_SCATTER = Table(
    "dispersion-scatter",
    1,
    ("degrees", "step", "bin"),
    (
        Column("degrees", "int64", "", "Residual degrees of freedom, 1 to 3"),
        Column("step", "int64", "", "Variance of the prior, in steps of 8/199 from 0"),
        Column("bin", "int64", "", "Bin of the log dispersion, half a unit wide, from -10"),
        Column("draws", "int64", "", "Draws of 10,000 that fall there; bins without any have no row"),
    ),
)
"""How log dispersions scatter around their trend in small designs, simulated."""
