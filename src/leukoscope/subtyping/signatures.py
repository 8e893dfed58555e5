"""The score-space expert: twenty published signatures, and seven of B-cell development."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.kernels.ranks import rank_samples
from leukoscope.kernels.singscore import singscores

if TYPE_CHECKING:
    from leukoscope.expression import Expression

FloatArray = NDArray[np.float64]

STAGES = ("HSC", "Pro.B", "Pre.B.I", "Pre.B.II.Large", "Pre.B.II.Small", "Immature", "Most")


@dataclass(frozen=True, slots=True, eq=False)
class SignatureScores:
    """Scores of every sample, and how many genes they rest on."""

    names: tuple[str, ...]
    raw: FloatArray  #: [sample, signature], in [-1, 1]
    scaled: FloatArray  #: [sample, signature], least 0 and greatest 1 within a sample
    n_genes: NDArray[np.int64]  #: [sample] genes ranked


def score_signatures(
    expression: Expression,
    signatures: pd.DataFrame,
    genes: pd.DataFrame,
    *,
    kind: str,
    names: tuple[str, ...],
) -> SignatureScores:
    """Score signatures by the ranks of their genes within each sample.

    The score is the one of Foroutan et al. [1]_, of the up set plus that of the down set, on counts
    divided by the gene lengths that ALLCatchR uses [2]_, so that published values are reproduced.

    Parameters
    ----------
    expression
        The samples.
    signatures
        Gene sets (:data:`~leukoscope.tables.subtyping.SIGNATURES`).
    genes
        Genes to rank and their lengths (:data:`~leukoscope.tables.subtyping.SIGNATURE_GENES`).
    kind
        ``subtype`` (ranks the genes marked ``in_scores``) or ``stage`` (ranks all).
    names
        Signatures in the order wanted.

    References
    ----------
    .. [1] BMC Bioinformatics 19 (2018) 404, doi:10.1186/s12859-018-2435-4
    .. [2] HemaSphere (2023), PMID 37645423
    """
    ranked = genes[genes["in_scores"]] if kind == "subtype" else genes
    values = expression.of(ranked["gene_id"].tolist()) / ranked["length"].to_numpy(np.float64)
    ranks, n_ranked = rank_samples(np.ascontiguousarray(values), False)
    column = {gene: at for at, gene in enumerate(ranked["gene_id"])}
    sets = signatures[signatures["kind"] == kind]
    raw = np.zeros((len(values), len(names)))
    for direction in ("up", "down"):
        chosen = sets[sets["direction"] == direction].groupby("signature")["gene_id"].agg(list)
        members = [
            np.array([column[gene] for gene in chosen.get(name, []) if gene in column], dtype=np.int64)
            for name in names
        ]
        offsets = np.cumsum([0, *(m.size for m in members)])
        is_up = np.full(len(names), direction == "up")
        raw += singscores(ranks, n_ranked, np.concatenate(members), offsets, is_up)
    return SignatureScores(names, raw, _zero_to_one(raw), n_ranked)


def _zero_to_one(raw: FloatArray) -> FloatArray:
    least = raw.min(axis=1, keepdims=True)
    width = raw.max(axis=1, keepdims=True) - least
    return np.asarray((raw - least) / np.where(width > 0, width, 1.0))


def standardised(raw: FloatArray) -> FloatArray:
    """Return scores of each sample with mean 0 and standard deviation 1 (n - 1), as stages are given."""
    deviation = raw.std(axis=1, ddof=1, keepdims=True)
    centred = raw - raw.mean(axis=1, keepdims=True)
    return np.asarray(centred / np.where(deviation > 0, deviation, 1.0))


def nearest_references(scaled: FloatArray, references: FloatArray, *, n: int = 10) -> NDArray[np.int64]:
    """Return the rows of the `n` reference samples nearest to each sample (Euclidean, first at a tie)."""
    nearest = np.empty((len(scaled), min(n, len(references))), dtype=np.int64)
    for row, sample in enumerate(scaled):
        distance = ((references - sample) ** 2).sum(axis=1)
        nearest[row] = np.argsort(distance, kind="stable")[: nearest.shape[1]]
    return nearest
