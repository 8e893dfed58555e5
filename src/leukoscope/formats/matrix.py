"""Matrices of expression values of any sign: TPM, log TPM, variance-stabilised counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from leukoscope.errors import InputError, quote_some
from leukoscope.textfiles import open_text

_TEXT_COLUMNS = frozenset({"symbol", "gene_name", "biotype", "gene_biotype", "description"})


def read_expression(path: Path | str, *, by_symbol: bool = False, log2: bool = False) -> pd.DataFrame:
    """Read a matrix with genes in rows: identifier, text columns, one column per sample.

    Parameters
    ----------
    path
        The file, plain or gzipped, parted by tabs, commas or semicolons.
    by_symbol
        Name genes by the ``symbol`` (or ``gene_name``) column where there is one and it is not empty; of
        several rows of one symbol, that of the highest mean stays.
    log2
        Return log₂(x + 1); values of -1 or less are refused.

    Returns
    -------
    pandas.DataFrame
        float64, genes as index, samples as columns.

    Raises
    ------
    InputError
        If the file is missing, a value is no number or missing, or a name repeats.
    """
    path = Path(path)
    with open_text(path, "expression matrix") as source:
        delimiter = max("\t,;", key=source.readline().count)
        source.seek(0)
        frame = pd.read_csv(source, sep=delimiter, index_col=0, dtype={0: str}, keep_default_na=False)
    texts = [name for name in frame.columns if str(name).lower() in _TEXT_COLUMNS]
    described, values = frame[texts], frame.drop(columns=texts)
    if values.shape[1] == 0:
        raise InputError(
            f"{path.name}: holds no sample column; its columns are parted by tabs, commas or semicolons."
        )
    values = _as_numbers(values, path.name)
    values.index = _gene_names(values.index.astype(str), described if by_symbol else described.iloc[:, :0])
    if by_symbol:
        values = highest_of_each(values)
    if values.index.has_duplicates:
        twice = list(values.index[values.index.duplicated()].unique())
        raise InputError(f"{path.name}: {len(twice)} gene(s) stand twice: {quote_some(twice)}.")
    return logarithm(values, path.name) if log2 else values


def highest_of_each(values: pd.DataFrame) -> pd.DataFrame:
    """Return the matrix with one row a gene: of several, that of the highest mean (of equal ones the first)."""
    if not values.index.has_duplicates:
        return values
    order = np.argsort(-values.to_numpy(np.float64).mean(axis=1), kind="stable")
    best = ~values.index[order].duplicated()
    return values.iloc[np.sort(order[best])]


def logarithm(values: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return log₂(x + 1); `name` is of the source, for the error text.

    Raises
    ------
    InputError
        If a value is -1 or less.
    """
    if (values.to_numpy() <= -1).any():
        raise InputError(f"{name}: holds values of -1 or less; is it already on a log scale?")
    return values.transform(lambda column: np.log2(column + 1.0))


def _as_numbers(values: pd.DataFrame, name: str) -> pd.DataFrame:
    numbers: pd.DataFrame = values.apply(pd.to_numeric, errors="coerce").astype(np.float64)
    wrong = ~np.isfinite(numbers.to_numpy())
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise InputError(
            f"{name}: {int(wrong.sum())} value(s) are missing or no number, e.g. '{values.iloc[row, column]}' of gene "
            f"'{values.index[row]}' in sample '{values.columns[column]}'."
        )
    return numbers


def _gene_names(identifiers: pd.Index, described: pd.DataFrame) -> pd.Index:
    for name in described.columns:
        if str(name).lower() in {"symbol", "gene_name"}:
            symbols = described[name].astype(str).to_numpy()
            missing = np.isin(symbols, ["", "NA", "nan"])
            return pd.Index(np.where(missing, identifiers.to_numpy(), symbols), dtype=object)
    return identifiers
