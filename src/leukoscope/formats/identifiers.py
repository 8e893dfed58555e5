"""Gene identifiers: which kind a matrix uses, and how to lead one kind to another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.cohort import Cohort
from leukoscope.errors import InputError, quote_some
from leukoscope.tables.cohort import GENE_IDENTIFIERS

IdentifierKind = Literal["ensembl", "entrez", "symbol"]

ENSEMBL = re.compile(r"^ENS[A-Z]*G\d{11}")
_VERSION = re.compile(r"^(ENS[A-Z]*G\d{11})(?:\.\d+)?(?:_PAR_Y)?$")
_COLUMN = {"ensembl": "gene_id", "entrez": "entrez", "symbol": "symbol"}


def identifier_kind(identifiers: Sequence[str]) -> IdentifierKind:
    """Return the kind that most of the identifiers are of.

    Examples
    --------
    >>> identifier_kind(["ENSG00000141510.16", "ENSG00000012048", "__no_feature"])
    'ensembl'
    >>> identifier_kind(["7157", "672"])
    'entrez'
    >>> identifier_kind(["TP53", "BRCA1"])
    'symbol'
    """
    n_ensembl = sum(bool(ENSEMBL.match(name)) for name in identifiers)
    if 2 * n_ensembl > len(identifiers):
        return "ensembl"
    n_entrez = sum(name.isdecimal() for name in identifiers)
    return "entrez" if 2 * n_entrez > len(identifiers) else "symbol"


def without_version(identifier: str) -> str:
    """Return an Ensembl identifier without version and PAR suffix; others unchanged.

    Examples
    --------
    >>> without_version("ENSG00000002586.20_PAR_Y"), without_version("RP11-34P13.7")
    ('ENSG00000002586', 'RP11-34P13.7')
    """
    found = _VERSION.match(identifier)
    return found.group(1) if found else identifier


@dataclass(frozen=True, slots=True)
class MappedGenes:
    """A cohort whose genes were renamed, and what that lost."""

    cohort: Cohort
    kind: IdentifierKind  #: of the identifiers that came in
    unmapped: tuple[str, ...]  #: not in the identifier table; dropped
    ambiguous: tuple[str, ...]  #: name several genes; the first of the table was taken
    merged: tuple[str, ...]  #: new identifiers that several old ones led to; counts were summed

    def summary(self) -> str:
        """Return one line for the reader.

        The counts of `unmapped` genes are no part of the cohort any more.
        """
        n_before = len(self.unmapped) + len(self.cohort.genes)
        return (
            f"{len(self.cohort.genes)} genes from {self.kind} identifiers; {len(self.unmapped)} of about "
            f"{n_before} unknown and dropped, {len(self.ambiguous)} ambiguous (first taken), "
            f"{len(self.merged)} merged by summing."
        )


def map_genes(cohort: Cohort, identifiers: pd.DataFrame, *, to: IdentifierKind = "ensembl") -> MappedGenes:
    """Rename the genes of a cohort.

    Current symbols are looked up before former ones, so that a symbol that changed its
    owner leads to the present one.

    Parameters
    ----------
    cohort
        Genes under any of the three kinds of identifier; the kind is recognised.
    identifiers
        Which identifiers belong together
        (:data:`~leukoscope.tables.cohort.GENE_IDENTIFIERS`), the preferred gene of an
        ambiguous name first.
    to
        Kind wanted.

    Raises
    ------
    InputError
        If no gene is found: usually another species or transcripts instead of genes.
    """
    table = GENE_IDENTIFIERS.check(identifiers)
    given = [without_version(str(name)) for name in cohort.gene_ids]
    kind = identifier_kind(given)
    leads, ambiguous = _leads(table, kind)
    positions = np.array([leads.get(name, -1) for name in given], dtype=np.intp)
    kept = np.flatnonzero(positions >= 0)
    target = table[_column(table, to)].to_numpy(dtype=object)
    kept = kept[target[positions[kept]] != ""]
    if not kept.size:
        raise InputError(
            f"none of the {len(given)} genes (e.g. {quote_some(given)}) is among the {len(table)} known {kind} "
            "identifiers. Are these human genes?"
        )
    names, first, group = np.unique(
        target[positions[kept]].astype(str), return_index=True, return_inverse=True
    )
    genes = table.iloc[positions[kept][first]].assign(gene_id=names.astype(object))
    unmapped = np.setdiff1d(np.arange(len(given)), kept)
    return MappedGenes(
        Cohort(sum_rows(cohort.counts[kept], group, names.size), genes, cohort.samples),
        kind,
        tuple(given[i] for i in unmapped),
        tuple(sorted({given[i] for i in kept} & ambiguous)),
        tuple(names[np.bincount(group) > 1].tolist()),
    )


def sum_rows(counts: NDArray[np.generic], group: NDArray[np.intp], n_groups: int) -> NDArray[np.generic]:
    """Return counts[n_groups, sample]: the sum of the rows of each group."""
    summed = np.zeros((n_groups, counts.shape[1]), dtype=counts.dtype)
    np.add.at(summed, group, counts)
    return summed


def _column(table: pd.DataFrame, kind: IdentifierKind) -> str:
    name = _COLUMN[kind]
    if name not in table:
        raise InputError(f"the identifier table has no column {name}, which {kind} identifiers need.")
    return name


def _leads(table: pd.DataFrame, kind: IdentifierKind) -> tuple[dict[str, int], set[str]]:
    """Return the table row that each identifier leads to, and the identifiers of several rows."""
    leads, ambiguous = _first_rows([name] for name in table[_column(table, kind)])
    if kind == "symbol" and "aliases" in table:
        former, doubtful = _first_rows(text.split("|") for text in table["aliases"])
        ambiguous |= {name for name in doubtful if name not in leads}
        leads = former | leads
    return leads, ambiguous


def _first_rows(rows: Iterable[list[str]]) -> tuple[dict[str, int], set[str]]:
    leads: dict[str, int] = {}
    ambiguous: set[str] = set()
    for at, names in enumerate(rows):
        for name in names:
            if not name:
                continue
            if leads.setdefault(name, at) != at:
                ambiguous.add(name)
    return leads, ambiguous
