"""Bring counts that other programs made into the form of the pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.errors import InputError, quote_some
from leukoscope.formats.counts import read_counts
from leukoscope.formats.reference import Reference
from leukoscope.formats.rsem import is_rsem_genes, read_rsem_genes
from leukoscope.formats.star_log import read_strand_counts
from leukoscope.knowledge import knowledge_path
from leukoscope.pipeline.expression import (
    genes_by_name,
    genes_from_counts,
    genes_from_rsem,
    genes_from_rsem_by_name,
)
from leukoscope.tables.expression import REFERENCE_GENES
from leukoscope.tables.subtyping import GENE_REFERENCE

if TYPE_CHECKING:
    import pandas as pd


def adopt_counts(path: Path, reference: Reference | None, sample: str) -> pd.DataFrame:
    """Read one sample's counts: RSEM's genes, STAR's ReadsPerGene, or a matrix with a column for it.

    Without a reference genes are recognised by name (:func:`~leukoscope.pipeline.expression.genes_by_name`).

    Raises
    ------
    InputError
        If the file is none of these or does not hold the sample.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file.")
    try:
        if reference is None:
            return _by_name(path, sample)
        genes = REFERENCE_GENES.read(reference.gene_table)
        if is_rsem_genes(path):
            return genes_from_rsem(read_rsem_genes(path), genes)
        return genes_from_counts(_counts_of(path, sample), genes)
    except InputError as error:
        text = str(error)
        raise InputError(
            text if text.startswith((path.name, str(path))) else f"{path.name}: {text}"
        ) from error


def _by_name(path: Path, sample: str) -> pd.DataFrame:
    known = GENE_REFERENCE.read(knowledge_path("gene_reference.tsv.gz"))
    if is_rsem_genes(path):
        return genes_from_rsem_by_name(read_rsem_genes(path), known)
    return genes_by_name(_counts_of(path, sample), known)


def _counts_of(path: Path, sample: str) -> dict[str, float]:
    if path.name.endswith("ReadsPerGene.out.tab"):
        counted = read_strand_counts(path)
        return dict(zip(counted["gene_id"], counted["unstranded"].astype(float), strict=True))
    cohort = read_counts(path).cohort
    names = list(cohort.sample_names)
    if len(names) > 1 and sample not in names:
        raise InputError(
            f"{path.name}: none of its {len(names)} samples is '{sample}', e.g. {quote_some(names)}."
        )
    column = names.index(sample) if sample in names else 0
    return dict(zip(cohort.gene_ids, cohort.counts[:, column].astype(float), strict=True))
