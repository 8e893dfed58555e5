"""Gene sets that are shipped: the Gene Ontology of 2022-07-01."""

from __future__ import annotations

import io
import lzma
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.errors import InputError
from leukoscope.genesets import GeneSets
from leukoscope.knowledge import knowledge_path
from leukoscope.tables.enrichment import FAMILIES

COLLECTIONS = ("go_bp", "go_mf", "go_cc")

Indices = NDArray[np.int64]


def shipped_gene_sets(name: str) -> GeneSets:
    """Return a shipped collection, genes named by symbol.

    Parameters
    ----------
    name
        One of :data:`COLLECTIONS`.  A GO term holds what is annotated to it or to any term
        below it, along every kind of relation within its ontology.

    Raises
    ------
    InputError
        If there is no such collection.
    """
    if name not in COLLECTIONS:
        raise InputError(
            f"gene sets: no collection '{name}'; there are {', '.join(COLLECTIONS)}, or give a GMT file."
        )
    return _gene_ontology(name, COLLECTIONS.index(name))


def gene_families() -> pd.DataFrame:
    """Return the families whose many similar members mislead enrichment."""
    return FAMILIES.read(knowledge_path("genesets/gene_families.tsv"))


def _unpacked(name: str) -> bytes:
    return lzma.decompress(knowledge_path(f"genesets/{name}").read_bytes())


def _gene_ontology(name: str, code: int) -> GeneSets:
    with np.load(io.BytesIO(_unpacked("go.npz.xz"))) as pack:
        arrays: dict[str, Any] = dict(pack)
    genes, titles = (bytes(arrays[key]).decode().split("\n") for key in ("gene", "name"))
    child, term = (np.cumsum(arrays[key], dtype=np.int64) for key in ("child_step", "term_step"))
    parent, annotated = arrays["parent"].astype(np.int64), arrays["annotated"].astype(np.int64)
    first, last = np.searchsorted(arrays["ontology"], [code, code + 1])  # terms stand ontology by ontology
    own = (term >= first) & (term < last)
    bits = np.zeros((last - first, -(-len(genes) // 8)), dtype=np.uint8)
    np.bitwise_or.at(
        bits, (term[own] - first, annotated[own] >> 3), np.uint8(128) >> (annotated[own] & 7).astype(np.uint8)
    )
    inside = (child >= first) & (child < last)
    for low, high in _upwards(child[inside] - first, parent[inside] - first):
        bits[high] |= bits[low]
    kept = np.flatnonzero(bits.any(axis=1))
    members = [np.flatnonzero(np.unpackbits(bits[t])) for t in kept]
    used, packed = np.unique(np.concatenate(members), return_inverse=True)
    return GeneSets(
        name=name,
        names=tuple(f"GO:{number:07d}" for number in arrays["number"][first:last][kept]),
        descriptions=tuple(titles[first + t] for t in kept),
        genes=tuple(genes[g] for g in used),
        begins=np.concatenate(([0], np.cumsum([m.size for m in members]))).astype(np.int64),
        members=packed.ravel().astype(np.int64),
    )


def _upwards(child: Indices, parent: Indices) -> list[tuple[int, int]]:
    """Order the relations so that each comes after all that end at its child."""
    waiting: dict[int, int] = {}
    above: dict[int, list[int]] = {}
    for low, high in zip(child.tolist(), parent.tolist(), strict=True):
        above.setdefault(low, []).append(high)
        waiting[high] = waiting.get(high, 0) + 1
    ready = [low for low in above if low not in waiting]
    ordered = []
    while ready:
        low = ready.pop()
        for high in above.get(low, ()):
            ordered.append((low, high))
            waiting[high] -= 1
            if waiting[high] == 0:
                ready.append(high)
    return ordered
