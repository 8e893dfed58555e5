"""Counts of one sample a file, as HTSeq, STAR and RSEM write them, joined to a cohort."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from leukoscope.errors import InputError, quote_some
from leukoscope.formats.counts import CountsRead, assemble
from leukoscope.textfiles import open_text

Strandedness = Literal["unstranded", "forward", "reverse"]

_STAR_COLUMN = {"unstranded": 1, "forward": 2, "reverse": 3}


def read_htseq(files: Mapping[str, Path | str]) -> CountsRead:
    """Join files of htseq-count (two columns, rows ``__…`` last); `files` maps samples to paths."""
    return _join(files, lambda path: _columns(path, 1, 2))


def read_star(files: Mapping[str, Path | str], *, strandedness: Strandedness = "unstranded") -> CountsRead:
    """Join STAR's ReadsPerGene.out.tab, taking the column of the library's strandedness."""
    return _join(files, lambda path: _columns(path, _STAR_COLUMN[strandedness], 4))


def read_rsem(files: Mapping[str, Path | str]) -> CountsRead:
    """Join RSEM's genes.results: the expected counts, which are fractional."""
    return _join(files, _rsem_column)


def _join(files: Mapping[str, Path | str], read: Callable[[Path], pd.Series]) -> CountsRead:
    if not files:
        raise InputError("no count files were given.")
    columns = {sample: read(Path(path)) for sample, path in files.items()}
    first_sample, first = next(iter(columns.items()))
    for sample, column in columns.items():
        if not column.index.equals(first.index):
            other = sorted(set(column.index) ^ set(first.index))
            raise InputError(
                f"{Path(files[sample]).name}: its genes are not those of {Path(files[first_sample]).name} "
                f"({len(other)} differ, e.g. {quote_some(other)}). Were both counted with one annotation?"
            )
    numbers = np.stack([column.to_numpy() for column in columns.values()], axis=1)
    genes = [str(name) for name in first.index]
    return assemble(numbers, genes, list(columns), pd.DataFrame(index=range(len(genes))), source=first_sample)


def _columns(path: Path, wanted: int, expected: int) -> pd.Series:
    """Return one numeric column of a table without header, by its genes."""
    with open_text(path, "count table") as source:
        frame = pd.read_csv(source, sep="\t", header=None, dtype={0: str})
    if frame.shape[1] != expected:
        raise InputError(f"{path.name}: has {frame.shape[1]} columns instead of {expected}.")
    return _checked(frame.set_index(0)[wanted], path)


def _rsem_column(path: Path) -> pd.Series:
    with open_text(path, "count table") as source:
        frame = pd.read_csv(source, sep="\t", dtype={"gene_id": str})
    if not {"gene_id", "expected_count"} <= set(frame.columns):
        raise InputError(
            f"{path.name}: no genes.results of RSEM; the columns gene_id and expected_count are missing."
        )
    return _checked(frame.set_index("gene_id")["expected_count"], path)


def _checked(column: pd.Series, path: Path) -> pd.Series:
    if column.dtype.kind not in "if" or column.isna().any():
        raise InputError(f"{path.name}: a count is missing or no number.")
    return column
