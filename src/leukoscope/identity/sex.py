"""Sex as the genes express it, to notice a swapped sample."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from leukoscope.tables.quality import GENE_EXPRESSION

if TYPE_CHECKING:
    import pandas as pd

#: Genes of the male-specific part of chromosome Y that blood cells express.
Y_GENES = ("RPS4Y1", "DDX3Y", "KDM5D", "EIF1AY", "UTY", "USP9Y", "ZFY")


def expressed_sex(genes: pd.DataFrame, *, silent: float = 0.5, expressed: float = 2.0) -> str:
    """Return ``female``, ``male``, ``ambiguous``, or ``""`` if it cannot be told.

    Female is XIST without the Y genes, male the Y genes without XIST.  Both together mean a
    mixture or an XXY karyotype; neither means a loss of X or Y in the leukaemia.  All four are
    ``ambiguous`` unless one side is silent and the other is not.

    Parameters
    ----------
    genes
        Expression of one sample (:data:`~leukoscope.tables.quality.GENE_EXPRESSION`).
    silent, expressed
        Bounds in TPM: of XIST, and of the sum of the Y genes.

    Examples
    --------
    >>> import pandas as pd
    >>> genes = pd.DataFrame({"gene_id": list("abc"), "symbol": ["XIST", "RPS4Y1", "DDX3Y"], "tpm": [12.0, 0.0, 0.1]})
    >>> expressed_sex(genes)
    'female'
    """
    genes = GENE_EXPRESSION.check(genes)
    xist = genes.loc[genes["symbol"] == "XIST", "tpm"]
    on_y = genes.loc[genes["symbol"].isin(Y_GENES), "tpm"]
    if xist.empty or on_y.empty or not float(genes["tpm"].sum()) > 0:
        return ""
    x, y = float(xist.sum()), float(on_y.sum())
    if x >= expressed and y <= silent:
        return "female"
    if y >= expressed and x <= silent:
        return "male"
    return "ambiguous"


def sex_agreement(expressed: str, declared: str) -> float:
    """Return 1 if both sexes agree, 0 if they conflict, NaN if one is not known.

    Examples
    --------
    >>> sex_agreement("female", "male")
    0.0
    """
    if expressed not in {"female", "male", "ambiguous"} or declared not in {"female", "male"}:
        return math.nan
    return float(expressed == declared)
