"""Sex, blast fraction, immunophenotype: what else the expression of one sample says of the patient."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.expression import Expression

FloatArray = NDArray[np.float64]

XIST = "ENSG00000229807"
#: RPS4Y1, DDX3Y, KDM5D, UTY, EIF1AY, USP9Y, ZFY
Y_GENES = (
    "ENSG00000129824", "ENSG00000067048", "ENSG00000012817", "ENSG00000183878", "ENSG00000198692",
    "ENSG00000114374", "ENSG00000067646",
)  # fmt: skip
#: HBB, HBA1, HBA2: this share of all reads is what pure erythroblasts have.
HAEMOGLOBIN = ("ENSG00000244734", "ENSG00000206172", "ENSG00000188536")
ERYTHROID_SHARE = 0.6
MME = "ENSG00000196549"
#: CPM of MME (CD10) below which B-ALL is of the pro-B phenotype.
PRO_B_CPM = 25.0
MALE_CPM, FEMALE_CPM, XIST_CPM = 20.0, 5.0, 5.0


def counts_per_million(expression: Expression) -> FloatArray:
    """Return ``[sample, gene]`` CPM of all reads, also where only some genes were measured; NaN where not."""
    depth = np.nansum(expression.values, axis=1, keepdims=True)
    depth = depth / np.maximum(expression.covered, 1e-3)[:, None]
    return np.asarray(expression.values / np.where(depth > 0, depth, 1.0) * 1e6)


def tell_sex(cpm: FloatArray, expression: Expression) -> list[str]:
    """Return female, male, uncertain or not assessable, from XIST and seven genes of the Y chromosome.

    XIST together with Y genes means a mixture of two people, or XXY; neither means a lost Y or a
    lost inactive X, which leukaemias do.
    """
    y = _picked(cpm, expression, Y_GENES)
    x = _picked(cpm, expression, (XIST,))[:, 0]
    sexes = []
    for y_values, x_value in zip(y, x, strict=True):
        if (~np.isnan(y_values)).sum() < 2:
            sexes.append(
                "not assessable" if np.isnan(x_value) else ("female" if x_value >= XIST_CPM else "uncertain")
            )
            continue
        total = float(np.nansum(y_values))
        inactive = not np.isnan(x_value) and x_value >= XIST_CPM
        if total >= MALE_CPM:
            sexes.append("uncertain" if inactive else "male")
        elif total < FEMALE_CPM and (inactive or np.isnan(x_value)):
            sexes.append("female")
        else:
            sexes.append("uncertain")
    return sexes


def blast_fraction(cpm: FloatArray, expression: Expression, markers: pd.DataFrame) -> FloatArray:
    """Return the share of RNA that no normal cell explains, per sample.

    The share of T, NK cells, monocytes and neutrophils is the median of their markers relative to
    the pure cell; that of red cells is the share of haemoglobin.  NaN if no cell has three measured
    markers.  An estimate for B-ALL: T-ALL shares the markers of T cells.

    Parameters
    ----------
    cpm
        ``[sample, gene]``
    expression
        The samples.
    markers
        :data:`~leukoscope.tables.subtyping.CELL_MARKERS`
    """
    shares = []
    for _, rows in markers.groupby("cell", sort=True):
        relative = _picked(cpm, expression, tuple(rows["gene_id"])) / rows["cpm"].to_numpy(np.float64)
        enough = (~np.isnan(relative)).sum(axis=1) >= 3
        share = np.full(len(cpm), np.nan)
        if enough.any():
            share[enough] = np.nanmedian(relative[enough], axis=1)
        shares.append(share)
    table = np.column_stack(shares)
    red = np.nansum(_picked(cpm, expression, HAEMOGLOBIN), axis=1) / 1e6 / ERYTHROID_SHARE
    known = (~np.isnan(table)).any(axis=1)
    normal = np.nansum(table, axis=1) + red
    return np.where(known, np.clip(1.0 - normal, 0.0, 1.0), np.nan)


def tell_immunophenotype(cpm: FloatArray, expression: Expression) -> list[str]:
    """Return pro-B (CD10 negative), common/pre-B or not assessable, for B-ALL."""
    cd10 = _picked(cpm, expression, (MME,))[:, 0]
    return [
        "not assessable" if np.isnan(value) else ("pro-B" if value < PRO_B_CPM else "common/pre-B")
        for value in cd10
    ]


def _picked(cpm: FloatArray, expression: Expression, genes: tuple[str, ...]) -> FloatArray:
    at = expression.position(genes)
    return np.asarray(np.where(at >= 0, cpm[:, np.maximum(at, 0)], np.nan))
