"""A user's own cohort as the reference that the expression of marker genes is held against.

The library, the annotation and the tissue of a laboratory shift expression; the shipped reference is
1,223 B-ALL of other laboratories.  What a cohort replaces is where a value stands among patients (mean and
standard deviation of log2 CPM), not the absolute thresholds from which a gene counts as overexpressed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from leukoscope.errors import InputError
from leukoscope.expression import Expression
from leukoscope.quality import PAR1_GENES
from leukoscope.subtyping.outliers import par1_is_lost
from leukoscope.subtyping.phenotype import counts_per_million
from leukoscope.tables.subtyping import REFERENCE_COHORT

if TYPE_CHECKING:
    import pandas as pd

MIN_SAMPLES = 20
LEAST_SD = 0.1  #: log2 CPM
OFFSET = 0.05  #: CPM, as in the shipped reference


def build_cohort(
    expression: Expression, genes: pd.DataFrame, *, name: str, checksum: str, made: str = ""
) -> pd.DataFrame:
    """Return mean and standard deviation of each gene over the samples of a cohort.

    A gene of the pseudoautosomal region 1 is taken from the samples whose reads were not lost to an
    unmasked Y chromosome.  A gene that fewer than 20 samples measured is left out.

    Parameters
    ----------
    expression
        The samples.
    genes
        Genes to describe: ``gene_id`` and ``symbol``.
    name, checksum, made
        What the cohort is called, the SHA-256 of its matrix, and the date (empty for none); written to
        every row.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.subtyping.REFERENCE_COHORT`.

    Raises
    ------
    InputError
        If the cohort is too small, or none of the genes can be described.
    """
    import pandas as pd

    n = len(expression.samples)
    if n < MIN_SAMPLES:
        raise InputError(f"{name}: {n} sample(s); a reference cohort needs at least {MIN_SAMPLES}.")
    cpm = counts_per_million(expression)
    at = expression.position(genes["gene_id"].tolist())
    level = np.log2(np.where(at >= 0, cpm[:, np.maximum(at, 0)], np.nan) + OFFSET)
    in_par1 = genes["symbol"].isin(PAR1_GENES).to_numpy()
    level[np.ix_(par1_is_lost(cpm, expression), in_par1)] = np.nan
    measured = np.isfinite(level).sum(axis=0)
    kept = measured >= MIN_SAMPLES
    if not kept.any():
        raise InputError(
            f"{name}: none of the {len(genes)} marker genes is measured in {MIN_SAMPLES} samples."
        )
    return REFERENCE_COHORT.check(
        pd.DataFrame(
            {
                "gene_id": genes["gene_id"][kept],
                "symbol": genes["symbol"][kept],
                "samples": measured[kept],
                "mean": np.nanmean(level[:, kept], axis=0).round(4),
                "sd": np.maximum(np.nanstd(level[:, kept], axis=0, ddof=1), LEAST_SD).round(4),
                "cohort": name,
                "checksum": checksum,
                "made": made,
            }
        )
    )


def apply_cohort(genes: pd.DataFrame, cohort: pd.DataFrame, *, symbol: str = "symbol") -> pd.DataFrame:
    """Return a table of genes with the mean and standard deviation of a cohort where it has them.

    Parameters
    ----------
    genes
        Any table with a symbol, ``reference_mean`` and ``reference_sd`` (log2 CPM).
    cohort
        :data:`~leukoscope.tables.subtyping.REFERENCE_COHORT`.
    symbol
        Column of `genes` with the symbol.
    """
    own = REFERENCE_COHORT.check(cohort).set_index("symbol")
    replaced = {
        f"reference_{figure}": genes[symbol].map(own[figure]).fillna(genes[f"reference_{figure}"])
        for figure in ("mean", "sd")
    }
    names = (own["samples"].astype(str) + " patients of " + own["cohort"]).to_dict()
    return genes.assign(**replaced, population=genes[symbol].map(names).fillna("1,223 B-ALL"))
