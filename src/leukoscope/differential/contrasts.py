"""Contrasts: which combination of coefficients is tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.differential.design import Design
from leukoscope.errors import InputError, quote_some

ContrastRequest = str | Sequence[str] | Sequence[float]


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """A combination of coefficients, and the samples that it compares."""

    name: str
    vector: NDArray[np.float64]  #: [coefficient]
    compared: NDArray[np.bool_] | None
    """Samples; a gene without a count in any of them has fold change 0. None: no such rule."""
    factor: str = ""  #: whose levels are compared; empty for a coefficient or a vector


def make_contrast(design: Design, request: ContrastRequest) -> Contrast:
    """Make a contrast.

    Parameters
    ----------
    design
        The design.
    request
        (factor, numerator level, denominator level); or the name of a coefficient; or one
        number per coefficient.

    Raises
    ------
    InputError
        If the factor, level or coefficient does not exist, or the vector does not fit.
    """
    if isinstance(request, str):
        return _of_coefficient(design, request)
    parts = list(request)
    if len(parts) == 3 and all(isinstance(part, str) for part in parts):
        return _of_levels(design, *(str(part) for part in parts))
    try:
        vector = np.array(parts, dtype=np.float64)
    except ValueError as error:
        raise InputError(
            f"contrast {request}: give factor,numerator,denominator or one number per coefficient."
        ) from error
    if vector.size != len(design.names) or not vector.any():
        raise InputError(
            f"contrast of {vector.size} number(s) for {len(design.names)} coefficients "
            f"({', '.join(design.names[:5])}, …); give one each, not all 0."
        )
    compared = None
    if (vector > 0).any() and (vector < 0).any():
        compared = design.matrix @ (vector != 0) != 0
    return Contrast(",".join(f"{weight:g}" for weight in vector), vector, compared)


def _of_coefficient(design: Design, name: str) -> Contrast:
    if name not in design.names:
        raise InputError(
            f"contrast '{name}': no such coefficient; there are {quote_some(design.names, limit=9)}."
        )
    return Contrast(name, (np.array(design.names) == name).astype(float), None)


def _of_levels(design: Design, factor: str, numerator: str, denominator: str) -> Contrast:
    if factor not in design.levels:
        raise InputError(
            f"contrast {factor},{numerator},{denominator}: '{factor}' is no factor of the design "
            f"'{design.formula}' (factors: {', '.join(design.levels) or 'none'}; a column of numbers is one if "
            f"written factor({factor}))."
        )
    levels = design.levels[factor]
    absent = [level for level in (numerator, denominator) if level not in levels]
    if absent or numerator == denominator:
        raise InputError(
            f"contrast {factor},{numerator},{denominator}: needs two different levels of {factor}, which has "
            f"{quote_some(levels, limit=9)}."
        )
    columns = design.factor_columns.get(factor)
    if columns is None:
        raise InputError(
            f"contrast of {factor}: the design has no main effect of it; name a coefficient instead."
        )
    coded = levels[1:] if len(columns) < len(levels) else levels
    vector = np.zeros(len(design.names))
    for level, weight in ((numerator, 1.0), (denominator, -1.0)):
        if level in coded:
            vector[columns[coded.index(level)]] = weight
    compared = (design.factors[factor] == numerator) | (design.factors[factor] == denominator)
    return Contrast(f"{factor}_{numerator}_vs_{denominator}", vector, compared, factor)
