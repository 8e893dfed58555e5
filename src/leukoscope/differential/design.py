"""Formula designs: `~ patient + timepoint` and a sample table become a design matrix.

The formulas are R's, of names joined by ``+``, ``:`` and ``*``, with ``factor(…)``, ``0`` or
``-1`` for no intercept; factors are coded by treatment contrasts as R codes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.errors import InputError, quote_some

Term = tuple[str, ...]  # variables of one term; () is the intercept

_TOKEN = re.compile(r"\s*(?:(`[^`]+`|[A-Za-z.][\w.]*)|([01])|([-+*:()]))")


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """A design matrix with the meaning of its columns.

    `factors` hold each sample's level; the first of `levels` is the reference.
    """

    formula: str
    names: tuple[str, ...]  #: of the coefficients, as DESeq2 names them
    matrix: NDArray[np.float64]  #: [sample, coefficient]
    levels: dict[str, tuple[str, ...]]  #: of each factor
    factors: dict[str, NDArray[np.object_]]  #: level of each sample
    factor_columns: dict[str, tuple[int, ...]]  #: columns of a factor's main effect

    @property
    def has_intercept(self) -> bool:
        """Whether the first coefficient is an intercept."""
        return self.names[:1] == ("Intercept",)

    @property
    def n_variables(self) -> int:
        """Number of variables in the formula."""
        return len({name for term in parse(self.formula) for name in term})


@dataclass(frozen=True, slots=True)
class _Coding:
    """Columns that one variable contributes to a term, and their names."""

    columns: NDArray[np.float64]  # [sample, column]
    suffixes: tuple[str, ...]


def make_design(
    formula: str, samples: pd.DataFrame, levels: Mapping[str, Sequence[str]] | None = None
) -> Design:
    """Make the design matrix of a formula.

    A column whose values are all numbers is numeric unless written ``factor(column)`` or
    given `levels`; others are factors, with levels in alphabetical order (by code point) and
    the first as reference.

    Parameters
    ----------
    formula
        As ``~ patient + timepoint``.
    samples
        One row per sample.
    levels
        Order of the levels of some factors, the reference first.

    Raises
    ------
    InputError
        If the formula cannot be read, a column is missing or constant, a value is missing,
        columns are collinear (they are named), or no sample is left to estimate dispersion.

    Examples
    --------
    >>> samples = pd.DataFrame({"patient": ["p1", "p1", "p2", "p2", "p3", "p3"], "timepoint": ["a", "b"] * 3})
    >>> make_design("~ patient + timepoint", samples).names
    ('Intercept', 'patient_p2_vs_p1', 'patient_p3_vs_p1', 'timepoint_b_vs_a')
    """
    terms = parse(formula)
    variables = list(dict.fromkeys(name for term in terms for name in term))
    factors, found_levels, numbers = _variables(variables, samples, levels or {})
    names: list[str] = []
    blocks: list[NDArray[np.float64]] = []
    factor_columns: dict[str, tuple[int, ...]] = {}
    for term in terms:
        margins = terms if () in terms else [*terms, *([()] if factor_columns else [])]
        block, block_names = _block(term, margins, factors, found_levels, numbers, len(samples))
        if len(term) == 1 and term[0] in factors:
            factor_columns[term[0]] = tuple(range(len(names), len(names) + len(block_names)))
        names += block_names
        blocks.append(block)
    matrix = np.ascontiguousarray(np.hstack(blocks)) if blocks else np.empty((len(samples), 0))
    design = Design(formula, tuple(names), matrix, found_levels, factors, factor_columns)
    _check_rank(design)
    return design


def parse(formula: str) -> list[Term]:
    """Return the terms of a formula, by degree and then as written; () is the intercept."""
    right = formula.strip()
    if not right.startswith("~"):
        raise InputError(f"design '{formula}': a design starts with '~', as in '~ patient + timepoint'.")
    terms: dict[Term, None] = {(): None}
    for sign, product_ in _summands(list(_tokens(right[1:], formula)), formula):
        for term in product_:
            if sign == "-" or term == ("0",):
                terms.pop(() if term in {("0",), ("1",)} else term, None)
            elif term == ("1",):
                terms[()] = None
            elif not any(set(term) == set(known) for known in terms):
                terms[term] = None
    if not terms:
        raise InputError(f"design '{formula}' has no coefficient.")
    return sorted(terms, key=len)


def _tokens(text: str, formula: str) -> Iterator[str]:
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found:
            raise InputError(
                f"design '{formula}': cannot read '{text[at:].strip()[:10]}'; known are names, '+', ':', '*', "
                "'factor(name)' and '0' or '-1' for no intercept (quote other names with `…`)."
            )
        at = found.end()
        yield found.group().strip()


def _summands(tokens: list[str], formula: str) -> Iterator[tuple[str, list[Term]]]:
    sign, start = "+", 0
    if tokens and tokens[0] in "+-":
        sign, start = tokens[0], 1
    for at in range(start, len(tokens) + 1):
        if at == len(tokens) or tokens[at] in "+-":
            yield sign, _expand(tokens[start:at], formula)
            if at < len(tokens):
                sign, start = tokens[at], at + 1


def _expand(tokens: list[str], formula: str) -> list[Term]:
    """Return the terms of names joined by ':' and '*'."""
    text = "".join(tokens)
    if text in {"0", "1"}:
        return [(text,)]
    terms: list[Term] = []
    for crossed in text.split("*"):
        variables = tuple(dict.fromkeys(_variable(name, formula) for name in crossed.split(":")))
        terms += [*(term + variables for term in terms), variables]
    return sorted(terms, key=len)


def _variable(text: str, formula: str) -> str:
    found = re.fullmatch(r"(?:factor\((`[^`]+`|[\w.]+)\)|(`[^`]+`|[A-Za-z.][\w.]*))", text)
    if not found:
        raise InputError(f"design '{formula}': '{text}' is no variable.")
    if found.group(1):
        return f"factor({found.group(1).strip('`')})"
    return found.group(2).strip("`")


def _variables(
    names: list[str], samples: pd.DataFrame, levels: Mapping[str, Sequence[str]]
) -> tuple[dict[str, NDArray[np.object_]], dict[str, tuple[str, ...]], dict[str, NDArray[np.float64]]]:
    """Return factors, their levels, and numeric variables."""
    factors: dict[str, NDArray[np.object_]] = {}
    found: dict[str, tuple[str, ...]] = {}
    numbers: dict[str, NDArray[np.float64]] = {}
    for name in names:
        column = name[7:-1] if name.startswith("factor(") else name
        values = _column(column, samples)
        as_number = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
        if np.isfinite(as_number).all() and column == name and name not in levels:
            numbers[name] = as_number
        else:
            factors[name] = values.astype(str).to_numpy(dtype=object)
            found[name] = _levels(name, factors[name], levels)
        if np.unique(values.astype(str)).size < 2:
            raise InputError(f"design: every sample has the same {column} '{values.iloc[0]}'; leave it out.")
    return factors, found, numbers


def _column(name: str, samples: pd.DataFrame) -> pd.Series:
    if name not in samples:
        raise InputError(
            f"design: no column '{name}' in the samples; there are {quote_some(list(samples), limit=9)}."
        )
    values = samples[name]
    lacking = np.flatnonzero(values.isna() | (values.astype(str).str.strip() == ""))
    if lacking.size:
        first = samples["sample"].iloc[lacking[0]] if "sample" in samples else lacking[0] + 1
        raise InputError(
            f"design: {lacking.size} sample(s) have no {name}, e.g. '{first}'. Fill it in or leave them out."
        )
    return values


def _levels(name: str, values: NDArray[np.object_], levels: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    present = sorted(set(values))
    given = [str(level) for level in levels.get(name, ())]
    absent = sorted(set(given) - set(present))
    if absent:
        raise InputError(
            f"design: {name} has no level {quote_some(absent)}; it has {quote_some(present, limit=9)}."
        )
    return (*given, *(level for level in present if level not in given))


def _block(
    term: Term,
    margins: list[Term],
    factors: Mapping[str, NDArray[np.object_]],
    levels: Mapping[str, tuple[str, ...]],
    numbers: Mapping[str, NDArray[np.float64]],
    n: int,
) -> tuple[NDArray[np.float64], list[str]]:
    """Return the columns of one term and their names; the first variable varies fastest.

    A factor is coded by contrasts where the term without it is among the `margins`.
    """
    if not term:
        return np.ones((n, 1)), ["Intercept"]
    known = [set(other) for other in margins]
    codings = []
    for name in term:
        if name in numbers:
            codings.append(_Coding(numbers[name][:, None], (name,)))
            continue
        is_contrast = set(term) - {name} in known
        shown = levels[name][1:] if is_contrast else levels[name]
        columns = np.array([factors[name] == level for level in shown], dtype=np.float64).T
        suffixes = tuple(f"{name}{level}" for level in shown)
        if len(term) == 1 and is_contrast:
            suffixes = tuple(f"{name}_{level}_vs_{levels[name][0]}" for level in shown)
        codings.append(_Coding(columns, suffixes))
    block, names = [], []
    for picks in product(*(range(len(coding.suffixes)) for coding in reversed(codings))):
        chosen = list(zip(codings, reversed(picks), strict=True))
        block.append(np.prod([coding.columns[:, k] for coding, k in chosen], axis=0))
        names.append(".".join(coding.suffixes[k] for coding, k in chosen))
    return np.array(block).T, names


def _check_rank(design: Design) -> None:
    """Refuse collinear columns, naming them, and designs that explain every sample."""
    matrix, names = design.matrix, design.names
    rest = np.zeros(len(names))  # what earlier columns leave of each
    triangle = np.linalg.qr(matrix, mode="r")
    rest[: len(triangle)] = np.abs(np.diagonal(triangle))
    collinear = np.flatnonzero(rest <= 1e-8 * np.maximum(1.0, np.linalg.norm(matrix, axis=0)))
    if collinear.size:
        column = collinear[0]
        weights = np.linalg.lstsq(matrix[:, :column], matrix[:, column], rcond=None)[0]
        partners = [name for name, weight in zip(names, weights, strict=False) if abs(weight) > 1e-8]
        reason = (
            f"is a combination of {quote_some(partners, limit=5)}" if partners else "is zero in every sample"
        )
        raise InputError(
            f"design '{design.formula}' is collinear: column '{names[column]}' {reason}. "
            "Leave one of the variables out."
        )
    if matrix.shape[0] <= matrix.shape[1]:
        raise InputError(
            f"design '{design.formula}' has {matrix.shape[1]} coefficients for {matrix.shape[0]} samples; without "
            "replicates the dispersion cannot be estimated."
        )
