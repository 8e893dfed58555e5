"""Over-representation with the semantics of clusterProfiler."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.errors import InputError, quote_some
from leukoscope.genesets import GeneSets
from leukoscope.kernels.enrichment import count_members, count_units, list_members
from leukoscope.kernels.hypergeometric import upper_tail
from leukoscope.kernels.multiplicity import benjamini_hochberg, q_values
from leukoscope.tables.enrichment import ENRICHMENT, FAMILIES

Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Overrepresentation:
    """What :func:`find_overrepresented` found, and what it left out."""

    table: pd.DataFrame  #: :data:`leukoscope.tables.enrichment.ENRICHMENT`, best first
    unannotated: tuple[str, ...]  #: query genes that no set holds
    outside: tuple[str, ...]  #: annotated query genes that the universe lacks
    n_size: int  #: sets with a query gene that were too small or too large


def find_overrepresented(
    genes: Iterable[str],
    gene_sets: GeneSets,
    *,
    universe: Iterable[str] | None = None,
    min_size: int = 10,
    max_size: int = 500,
    families: pd.DataFrame | None = None,
) -> Overrepresentation:
    """Find the gene sets that hold more of the query genes than chance would give.

    The numbers are those of clusterProfiler's ``enricher`` (DOSE 3.29 [1]_): the universe is the
    genes of the collection, intersected with `universe` if one is given; query genes are those
    with any annotation, counted *before* that intersection; a set is tested if any query gene
    is annotated to it and its size within the universe fits; adjustment is over tested sets.

    Parameters
    ----------
    genes
        Query genes, named as in the sets; repeats count once.
    gene_sets
        The collection.
    universe
        Genes that could have been found, e.g. all that were tested.
    min_size, max_size
        Sizes of sets that are tested.
    families
        :data:`~leukoscope.tables.enrichment.FAMILIES`; sets are flagged that one of them drives.

    Raises
    ------
    InputError
        If the query is empty, or no query gene or no gene of the universe is in any set.

    References
    ----------
    .. [1] Yu et al., Bioinformatics 31 (2015) 608, doi:10.1093/bioinformatics/btu684
    """
    query = list(dict.fromkeys(gene for gene in genes if gene))
    asked = gene_sets.marks(query)
    inside = (
        gene_sets.marks(universe) if universe is not None else np.ones(len(gene_sets.genes), dtype=np.bool_)
    )
    _check_names(query, asked, inside, gene_sets)
    begins, members = gene_sets.begins, gene_sets.members
    size, n_asked, count = count_members(begins, members, inside, asked).T
    entered = n_asked > 0
    tested = np.flatnonzero(entered & (size >= min_size) & (size <= max_size))
    p_values = upper_tail(count[tested], size[tested], int(inside.sum()), int(asked.sum()))
    table = pd.DataFrame(
        {
            "set": [gene_sets.names[s] for s in tested],
            "description": [gene_sets.descriptions[s] for s in tested],
            "count": count[tested],
            "query": int(asked.sum()),
            "size": size[tested],
            "universe": int(inside.sum()),
            "fold": (count[tested] / asked.sum()) / (size[tested] / inside.sum()),
            "p_value": p_values,
            "p_adjusted": benjamini_hochberg(p_values),
            "q_value": q_values(p_values),
            "genes": _names_found(gene_sets, tested, count[tested], asked & inside),
            **_families(gene_sets, tested, asked, inside, families),
        },
    )
    table = table.sort_values(["p_value", "set"], kind="stable")
    names = set(gene_sets.genes)
    lost = [
        gene for gene, here, there in zip(gene_sets.genes, asked, inside, strict=True) if here and not there
    ]
    return Overrepresentation(
        table=ENRICHMENT.check(table),
        unannotated=tuple(gene for gene in query if gene not in names),
        outside=tuple(lost),
        n_size=int(entered.sum()) - tested.size,
    )


def _check_names(query: list[str], asked: Flags, inside: Flags, gene_sets: GeneSets) -> None:
    if not query:
        raise InputError("enrich: the query holds no gene.")
    example = quote_some(gene_sets.genes[:1])
    if not asked.any():
        raise InputError(
            f"enrich: none of the {len(query)} query genes (e.g. {quote_some(query[:1])}) is in {gene_sets.name} "
            f"(e.g. {example}). Do both sides use the same identifiers?"
        )
    if not inside.any():
        raise InputError(
            f"enrich: no gene of the universe is in {gene_sets.name} (e.g. {example}). Same identifiers?"
        )


def _names_found(gene_sets: GeneSets, tested: Indices, count: Indices, found: Flags) -> list[str]:
    genes = list_members(gene_sets.begins, gene_sets.members, found, tested, count)
    rank = _ranks(gene_sets.genes)[genes] + np.repeat(np.arange(count.size), count) * len(gene_sets.genes)
    names = np.array(gene_sets.genes, dtype=object)[genes[np.argsort(rank)]].tolist()
    ends = np.cumsum(count).tolist()
    return [",".join(names[first:end]) for first, end in zip([0, *ends], ends, strict=False)]


@lru_cache(maxsize=8)
def _ranks(genes: tuple[str, ...]) -> Indices:
    """Rank of each gene's name."""
    rank = np.empty(len(genes), dtype=np.int64)
    rank[sorted(range(len(genes)), key=genes.__getitem__)] = np.arange(len(genes))
    rank.setflags(write=False)
    return rank


def _families(
    gene_sets: GeneSets,
    tested: Indices,
    asked: Flags,
    inside: Flags,
    families: pd.DataFrame | None,
) -> dict[str, object]:
    """Name the family behind at least half of a set's query genes, and the p-value if families count once."""
    if families is None:
        return {"family": "", "family_count": 0, "family_p": np.nan}
    table = FAMILIES.check(families)
    names, unit = _units(gene_sets.genes, tuple(zip(table["family"], table["pattern"], strict=True)))
    begins, members, found = gene_sets.begins, gene_sets.members, asked & inside
    size, count = (count_units(begins, members, marked, unit, tested) for marked in (inside, found))
    universe, drawn = (np.unique(unit[marked]).size for marked in (inside, asked))
    leading = [_leading(members[begins[s] : begins[s + 1]], found, unit, names) for s in tested]
    return {
        "family": [name for name, _ in leading],
        "family_count": [n for _, n in leading],
        "family_p": upper_tail(count, size, universe, drawn),
    }


@lru_cache(maxsize=8)  # the same for every query of an analysis, and slow
def _units(genes: tuple[str, ...], families: tuple[tuple[str, str], ...]) -> tuple[list[str], Indices]:
    """Number the families from 0, and every gene of none by itself after them."""
    patterns = [re.compile(pattern) for _, pattern in families]
    unit = np.arange(len(patterns), len(patterns) + len(genes), dtype=np.int64)
    for i, gene in enumerate(genes):
        for family, pattern in enumerate(patterns):
            if pattern.fullmatch(gene):
                unit[i] = family
                break
    unit.setflags(write=False)
    return [name for name, _ in families], unit


def _leading(members: Indices, found: Flags, unit: Indices, names: list[str]) -> tuple[str, int]:
    units = unit[members[found[members]]]
    counts = np.bincount(units[units < len(names)], minlength=len(names))
    best = int(counts.argmax())
    return (names[best], int(counts[best])) if counts[best] >= max(3, units.size / 2) else ("", 0)
