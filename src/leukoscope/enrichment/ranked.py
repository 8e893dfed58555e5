"""Preranked gene-set enrichment with small p-values by multilevel splitting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from leukoscope.enrichment.random_sets import sample_tail, score_random_sets, split_tail
from leukoscope.errors import InputError, quote_some
from leukoscope.genesets import GeneSets
from leukoscope.kernels.enrichment import find_peaks
from leukoscope.kernels.multiplicity import benjamini_hochberg
from leukoscope.kernels.r_random import seeded
from leukoscope.tables.enrichment import RANKED_ENRICHMENT, RANKED_GENES

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
STREAMS = 20  #: independent random streams, the same on any number of threads
DRAWS = 128  #: random sets for a small p-value
CHAINS = 101  #: and where these tell too little, the population of multilevel splitting
MAX_VARIANCE = 1.0  #: of log p, above which they tell too little


@dataclass(frozen=True, slots=True)
class RankedEnrichment:
    """What :func:`enrich_ranked` found, and what it left out."""

    table: pd.DataFrame  #: :data:`leukoscope.tables.enrichment.RANKED_ENRICHMENT`, best first
    n_permutations: int
    n_ranked: int  #: genes with a score
    missing: int  #: genes without one
    tied: int  #: genes that share their score with another; their order is that of their names
    n_size: int  #: sets that were too small or too large


def enrich_ranked(
    ranked: pd.DataFrame,
    gene_sets: GeneSets,
    *,
    rng: np.random.Generator,
    n_permutations: int = 1000,
    min_size: int = 15,
    max_size: int = 500,
    least_p: float = 1e-50,
) -> RankedEnrichment:
    """Score gene sets by where their genes fall in a ranked list.

    The score is the peak of a running sum that rises at genes of the set in proportion to their
    statistic and falls evenly at the others [1]_.  It is compared with random sets of the same size and
    of scores of the same sign; where fewer than ten of those reach it, its probability is
    estimated by importance sampling (:mod:`leukoscope.enrichment.random_sets`), and where that fails, by
    adaptive multilevel splitting as fgsea does [2]_: p-values far below 1 / permutations mean something.

    Parameters
    ----------
    ranked
        :data:`~leukoscope.tables.enrichment.RANKED_GENES`; missing scores are left out.
    gene_sets
        The collection.
    rng
        Source of all randomness.
    n_permutations
        Random sets of each size; rounded up to a multiple of 20.
    min_size, max_size
        Sizes, among ranked genes, of sets that are tested.
    least_p
        p-values are not followed below this.

    Raises
    ------
    InputError
        If no set has a testable size: usually symbols on one side and Ensembl ids on the other.

    References
    ----------
    .. [1] Subramanian et al., PNAS 102 (2005) 15545, doi:10.1073/pnas.0506580102
    .. [2] Korotkevich et al., bioRxiv 060012, doi:10.1101/060012
    """
    ranked = RANKED_GENES.check(ranked)
    known = ranked.dropna(subset="score").sort_values(
        ["score", "gene"], ascending=[False, True], kind="stable"
    )
    scores = known["score"].to_numpy(np.float64)
    _check_scores(scores, known["gene"].tolist())
    ranks, begins = _ranks(known["gene"].tolist(), gene_sets)
    size = np.diff(begins)
    tested = np.flatnonzero((size >= min_size) & (size <= min(max_size, scores.size - 1)))
    if tested.size == 0:
        raise InputError(
            f"enrich: none of the {len(gene_sets)} sets of {gene_sets.name} "
            f"(e.g. {quote_some(gene_sets.genes[:1])}) has {min_size} to {max_size} of the {scores.size} ranked genes "
            f"(e.g. {quote_some(known['gene'].tolist()[:1])}). Do both sides use the same identifiers?"
        )
    weight, genes = np.abs(scores), known["gene"].to_numpy(object)
    score, at = np.empty(tested.size), np.empty(tested.size, dtype=np.int64)
    find_peaks(weight, ranks, begins, tested, score, at)
    first, last = begins[tested].tolist(), begins[tested + 1].tolist()
    peaks = np.array([ranks[a + k] + 1 if k >= 0 else 0 for a, k in zip(first, at.tolist(), strict=True)])
    statistics = _statistics(weight, size[tested], score, peaks, rng, n_permutations, least_p)
    names = genes[ranks].tolist()
    table = pd.DataFrame(
        {
            "set": [gene_sets.names[s] for s in tested],
            "description": [gene_sets.descriptions[s] for s in tested],
            "size": size[tested],
            "enrichment_score": score,
            **statistics,
            "p_adjusted": benjamini_hochberg(statistics["p_value"]),
            "peak": peaks,
            "leading_edge": [
                _leading_edge(names[a:b], positive, k)
                for a, b, positive, k in zip(first, last, score > 0, at.tolist(), strict=True)
            ],
        }
    )
    ties = pd.Series(scores).duplicated(keep=False)
    return RankedEnrichment(
        table=RANKED_ENRICHMENT.check(table.sort_values(["p_value", "set"], kind="stable")),
        n_permutations=STREAMS * -(-n_permutations // STREAMS),
        n_ranked=scores.size,
        missing=len(ranked) - scores.size,
        tied=int(ties.sum()),
        n_size=len(gene_sets) - tested.size,
    )


def _check_scores(scores: Floats, genes: list[str]) -> None:
    if scores.size == 0:
        raise InputError("enrich: the ranking holds no gene with a score.")
    endless = [gene for gene, is_finite in zip(genes, np.isfinite(scores), strict=True) if not is_finite]
    if endless:
        raise InputError(
            f"enrich: {len(endless)} gene(s) have an infinite score: {quote_some(endless)}; rank by a statistic "
            "such as Wald's instead of the logarithm of p."
        )


def running_sum(ranked: pd.DataFrame, gene_sets: GeneSets, name: str) -> tuple[Floats, Indices]:
    """Return the running sum of one set after each ranked gene, and the ranks (from 0) of its genes."""
    known = RANKED_GENES.check(ranked).dropna(subset="score")
    known = known.sort_values(["score", "gene"], ascending=[False, True], kind="stable")
    inside = known["gene"].isin(gene_sets.members_of(gene_sets.names.index(name))).to_numpy()
    weight = np.abs(known["score"].to_numpy(np.float64)) * inside
    with np.errstate(invalid="ignore", divide="ignore"):
        sums: Floats = np.cumsum(weight / weight.sum() - ~inside / (~inside).sum())
    return sums, np.flatnonzero(inside)


def _ranks(genes: list[str], gene_sets: GeneSets) -> tuple[Indices, Indices]:
    """Ranks of the genes of every set, ascending, one set after the other; and where each begins."""
    rank = {gene: i for i, gene in enumerate(genes)}
    of_gene = np.array([rank.get(gene, -1) for gene in gene_sets.genes], dtype=np.int64)
    ranks = of_gene[gene_sets.members]
    ranked = ranks >= 0
    of_set = np.repeat(np.arange(len(gene_sets)), np.diff(gene_sets.begins))[ranked]
    placed = np.sort(of_set * len(genes) + ranks[ranked])
    return placed % len(genes), np.searchsorted(of_set, np.arange(len(gene_sets) + 1))


def _statistics(
    weight: Floats,
    size: Indices,
    score: Floats,
    peaks: Indices,
    rng: np.random.Generator,
    n: int,
    least_p: float,
) -> dict[str, Floats]:
    """Normalised score, p-value and its error for every set."""
    sizes, of_size = np.unique(size, return_inverse=True)
    null = score_random_sets(weight, sizes, _states(rng, STREAMS), -(-n // STREAMS))
    normalised, same, more = (np.full(size.size, fill) for fill in (np.nan, 0.0, 0.0))
    for i, values in enumerate(null):
        for positive in (True, False):
            rows = np.flatnonzero((of_size == i) & ((score > 0) == positive) & ~np.isnan(score))
            alike = values[values > 0] if positive else -values[values <= 0]
            if rows.size and alike.size:
                same[rows] = alike.size
                more[rows] = alike.size - np.searchsorted(np.sort(alike), np.abs(score[rows]))
                normalised[rows] = score[rows] / alike.mean()
    with np.errstate(invalid="ignore", divide="ignore"):
        p_values = np.where(np.isnan(score), np.nan, (more + 1.0) / (same + 1.0))
        errors = np.sqrt(special.polygamma(1, more + 1.0) - special.polygamma(1, same + 1.0)) / np.log(2.0)
    errors[np.isnan(score)] = np.nan
    rare = np.flatnonzero((more < 10) & ~np.isnan(score))
    log_p, variance = _tail(weight, size[rare], score[rare], peaks[rare], rng, least_p)
    of_sign = (same[rare] + 1.0) / (null.shape[1] + 1.0)
    p_values[rare] = np.minimum(1.0, np.maximum(np.exp(log_p), least_p) / of_sign)
    errors[rare] = np.sqrt(variance) / np.log(2.0)
    return {"normalised_score": normalised, "p_value": p_values, "log2_error": errors}


def _tail(
    weight: Floats, size: Indices, score: Floats, peaks: Indices, rng: np.random.Generator, least_p: float
) -> tuple[Floats, Floats]:
    """Log probability of every score, and its variance; a negative score is a positive one of the reversed list."""
    log_p, variance = np.empty(size.size), np.empty(size.size)
    states = _states(rng, size.size)
    for positive in (True, False):
        some = np.flatnonzero((score > 0) == positive)
        towards = weight if positive else np.ascontiguousarray(weight[::-1])
        top = peaks[some] if positive else weight.size - peaks[some] + 1
        log_p[some], variance[some] = sample_tail(
            towards, size[some], np.abs(score[some]), top, states[some], DRAWS
        )
        lost = some[variance[some] > MAX_VARIANCE]
        if lost.size:
            log_p[lost], variance[lost] = split_tail(
                towards, size[lost], np.abs(score[lost]), states[lost], CHAINS, least_p
            )
    return log_p, variance


def _states(rng: np.random.Generator, n: int) -> NDArray[np.uint32]:
    seeds = rng.integers(0, 2**31 - 1, size=n)
    states = [seeded(int(seed)) for seed in seeds]
    return np.array(states, dtype=np.uint32).reshape(n, 625)


def _leading_edge(genes: list[str], positive: bool, at: int) -> str:
    if at < 0:
        return ""
    return ",".join(genes[: at + 1] if positive else genes[at:][::-1])
