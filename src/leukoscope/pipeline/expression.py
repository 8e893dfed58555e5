"""Expression of one sample as the pipeline keeps it, and the matrices of many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from leukoscope.errors import InputError, quote_some
from leukoscope.expression import match_genes
from leukoscope.tables.expression import REFERENCE_GENES, SAMPLE_GENES

if TYPE_CHECKING:
    import pandas as pd

MEASURES = {"counts": "count", "tpm": "tpm", "fpkm": "fpkm"}  #: matrix and column of the sample's table
_TOO_FEW = 100


def infer_strandedness(counted: pd.DataFrame) -> str:
    """Return ``unstranded``, ``forward`` or ``reverse`` from STAR's counts on either strand.

    A library is stranded if four fifths of the fragments that lie in genes lie on one strand,
    which no unstranded library does; a dozen fragments say nothing and count as unstranded.

    Parameters
    ----------
    counted
        As :func:`leukoscope.formats.star_log.read_strand_counts` returns it.
    """
    forward, reverse = float(counted["forward"].sum()), float(counted["reverse"].sum())
    if forward + reverse < _TOO_FEW:
        return "unstranded"
    share = forward / (forward + reverse)
    return "forward" if share >= 0.8 else "reverse" if share <= 0.2 else "unstranded"


def genes_from_rsem(results: pd.DataFrame, genes: pd.DataFrame) -> pd.DataFrame:
    """Return the expression of a sample with the symbols of the reference.

    Parameters
    ----------
    results
        As :func:`leukoscope.formats.rsem.read_rsem_genes` returns it.
    genes
        Genes of the reference (:data:`~leukoscope.tables.expression.REFERENCE_GENES`).

    Raises
    ------
    InputError
        If genes of the table are not in the reference: it was made with another annotation.
    """
    symbols = dict(zip(genes["gene_id"], genes["symbol"], strict=True))
    unknown = [name for name in results["gene_id"] if name not in symbols]
    if unknown:
        raise InputError(
            f"{len(unknown)} of {len(results)} genes are not in the reference, e.g. {quote_some(unknown)}. "
            "Was the table made with another annotation?"
        )
    return SAMPLE_GENES.check(results.assign(symbol=results["gene_id"].map(symbols)))


def genes_from_rsem_by_name(results: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Return the expression of a sample with the symbols of known genes, the identifier elsewhere.

    Parameters
    ----------
    results
        As :func:`leukoscope.formats.rsem.read_rsem_genes` returns it.
    known
        Known genes (:data:`~leukoscope.tables.subtyping.GENE_REFERENCE`).
    """
    rows = match_genes(list(results["gene_id"]), known)
    symbols = known["symbol"].to_numpy()[rows]
    return SAMPLE_GENES.check(results.assign(symbol=np.where(rows >= 0, symbols, results["gene_id"])))


def genes_from_counts(counts: Mapping[str, float], genes: pd.DataFrame) -> pd.DataFrame:
    """Return the expression of a sample from counts alone.

    TPM and FPKM follow from the counts and the exonic length of each gene, so they are
    coarser than RSEM's.

    Parameters
    ----------
    counts
        Count of each gene, by identifier without version or by symbol.
    genes
        Genes of the reference (:data:`~leukoscope.tables.expression.REFERENCE_GENES`).

    Raises
    ------
    InputError
        If fewer than half of the counted genes are in the reference.
    """
    genes = REFERENCE_GENES.check(genes)
    by_id, by_symbol = set(genes["gene_id"]), dict(zip(genes["symbol"], genes["gene_id"], strict=True))
    ids = {name: name if name in by_id else by_symbol.get(name) for name in counts}
    known = {found: counts[name] for name, found in ids.items() if found is not None}
    if 2 * len(known) < len(counts) or not known:
        unknown = [name for name, found in ids.items() if found is None]
        raise InputError(
            f"{len(unknown)} of {len(counts)} counted genes are not in the reference, e.g. {quote_some(unknown)}."
        )
    table = genes[genes["gene_id"].isin(list(known))].reset_index(drop=True)
    return _with_densities(table, table["gene_id"].map(known).astype(float), table["length"].astype(float))


def genes_by_name(counts: Mapping[str, float], known: pd.DataFrame) -> pd.DataFrame:
    """Return the expression of a sample whose annotation is not at hand, as far as its genes are known by name.

    Parameters
    ----------
    counts
        Count of each gene, by Ensembl or Entrez identifier or by symbol, also a former one.
    known
        Known genes (:data:`~leukoscope.tables.subtyping.GENE_REFERENCE`); for an unknown length stands their median.

    Raises
    ------
    InputError
        If no gene is known.
    """
    rows = match_genes(list(counts), known)
    if not (rows >= 0).any():
        raise InputError(
            f"none of {len(counts)} counted genes is a known human gene, e.g. {quote_some(list(counts))}."
        )
    count = np.zeros(len(known))
    np.add.at(count, rows[rows >= 0], np.array(list(counts.values()))[rows >= 0])
    table = known.assign(count=count, length=known["length"].fillna(known["length"].median()))
    table = table.iloc[np.unique(rows[rows >= 0])].reset_index(drop=True)
    return _with_densities(table, table["count"], table["length"])


def _with_densities(table: pd.DataFrame, count: pd.Series, length: pd.Series) -> pd.DataFrame:
    """Return counts with TPM and FPKM, one row per gene."""
    density = count / length
    return SAMPLE_GENES.check(
        table.assign(
            effective_length=length,
            count=count,
            tpm=1e6 * density / (density.sum() or 1.0),
            fpkm=1e9 * density / (count.sum() or 1.0),
        )
    )


@dataclass(frozen=True, slots=True)
class Matrices:
    """One matrix per measure, and the genes that not every sample has."""

    tables: Mapping[str, pd.DataFrame]  #: gene_id, symbol, then one column per sample
    left_out: tuple[str, ...]


def join_samples(samples: Mapping[str, pd.DataFrame]) -> Matrices:
    """Return the matrices of a cohort: genes measured in every sample, samples in the given order.

    Parameters
    ----------
    samples
        Expression by sample (:data:`~leukoscope.tables.expression.SAMPLE_GENES`).

    Raises
    ------
    InputError
        If there is no sample.
    """
    import pandas as pd

    if not samples:
        raise InputError("no sample has a table of gene expression (samples/<sample>/genes.tsv of the run).")
    tables = {name: SAMPLE_GENES.check(table).set_index("gene_id") for name, table in samples.items()}
    every = sorted(set().union(*(table.index for table in tables.values())))
    shared = sorted(set(every).intersection(*(table.index for table in tables.values())))
    symbols = next(iter(tables.values()))["symbol"].reindex(shared)
    joined = {
        matrix: pd.DataFrame(
            {"gene_id": shared, "symbol": symbols.to_numpy()}
            | {name: table[column].reindex(shared).to_numpy() for name, table in tables.items()}
        )
        for matrix, column in MEASURES.items()
    }
    return Matrices(joined, tuple(sorted(set(every) - set(shared))))


def write_matrices(matrices: Matrices, outdir: Path) -> None:
    """Write ``counts.tsv.gz``, ``tpm.tsv.gz`` and ``fpkm.tsv.gz``."""
    from leukoscope.tables.contract import Column, Table

    for name, table in matrices.tables.items():
        kinds = {column: "str" if column in {"gene_id", "symbol"} else "float64" for column in table}
        columns = tuple(Column(column, kind, "", column) for column, kind in kinds.items())  # type: ignore[arg-type]
        Table(name, 1, ("gene_id",), columns).write(table, outdir / f"{name}.tsv.gz")
