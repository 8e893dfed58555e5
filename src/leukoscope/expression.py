"""`Expression`: what was measured of each known gene, whatever the matrix looked like.

Counts, TPM, FPKM or their logarithms come in under any kind of gene identifier; what leaves is one
row per gene of the gene reference on the scale of counts, NaN where a gene was not measured.  Every
step looks at one sample at a time, so that a sample alone gives the same bytes as in a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.errors import InputError, quote_some
from leukoscope.tables.subtyping import GENE_REFERENCE

COUNTS = "counts"
LENGTH_NORMALISED = "length-normalised"

#: A matrix whose greatest value is below this holds logarithms: log2 of the deepest gene stays below.
GREATEST_LOGARITHM = 30.0
#: Share of genes that have the least logarithm of a sample, from which it is that of no reads.
MANY_EQUAL = 0.05
#: Sum of a sample below which a guessed base of the logarithm is too small.
LEAST_TOTAL = 2e5
#: Share of negative values from which a matrix may be centred, and Spearman's correlation with the usual
#: expression of leukaemia below which it is.  Samples of every open cohort, normal blood cells too, reached
#: medians of 0.70 to 0.94 in logarithms of CPM or TPM, and at most 0.16 when centred or scaled by gene.
MANY_NEGATIVES, LEAST_LIKENESS = 0.2, 0.6
#: Usual log2 CPM up to which a gene is quiet and from which it is loud; a matrix that has nearly all loud genes
#: and lacks more of the quiet ones was filtered by expression.
QUIET, LOUD = 0.5, 5.0
MANY_LOUD, FEW_QUIET = 0.7, 0.8
#: Fewer loud genes than that, but at least a few and hardly a quiet one, are a choice of the most expressed genes
#: (2,000 of them: 0.4): the share of quiet genes over that of loud ones.
FEW_LOUD, HARDLY_QUIET = 0.05, 0.2
#: Loud genes of a chromosome that must all be silent for the chromosome to be lost to the annotation, and share of
#: the loud genes elsewhere that must not be: no cell lacks a whole chromosome.
LOST_GENES, EXPRESSED_ELSEWHERE = 50, 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """Expression of the genes of a reference in samples.

    Attributes
    ----------
    values
        float64 ``[sample, gene]`` in proportion to reads (not normalised for depth), NaN where
        the gene was not measured.  Samples in rows: every step works on one of them.
    genes
        The gene reference (:data:`~leukoscope.tables.subtyping.GENE_REFERENCE`).
    samples
        Names of the samples.
    units
        ``counts`` or ``length-normalised``, as told from the values of each sample.
    n_unknown
        Rows of the matrix whose identifier the reference does not know.
    logarithm_base
        Base of the logarithms that came in, or NaN.
    covered
        float64 ``[sample]``: share of the usual reads of a leukaemia that the measured genes
        have; a matrix of a few thousand genes has more reads per million of each of them.
    n_filtered
        Coding genes that the matrix lacks because silent genes were filtered out of it: zero in `values`.
    lost
        Chromosomes of which a sample has not a single read, per sample: NaN in `values`.
    only_loud
        Whether the matrix holds a small choice of the most expressed genes.
    """

    values: NDArray[np.float64]
    genes: pd.DataFrame
    samples: tuple[str, ...]
    units: tuple[str, ...]
    n_unknown: int
    logarithm_base: float
    covered: NDArray[np.float64]
    n_filtered: int = 0
    lost: tuple[tuple[str, ...], ...] = ()
    only_loud: bool = False

    def position(self, gene_ids: Sequence[str]) -> NDArray[np.intp]:
        """Return the columns of genes; -1 for one that the reference does not know."""
        return np.asarray(pd.Index(self.genes["gene_id"]).get_indexer(pd.Index(gene_ids)), dtype=np.intp)

    def of(self, gene_ids: Sequence[str]) -> NDArray[np.float64]:
        """Return values[sample, gene] of some genes, NaN where unknown or not measured."""
        at = self.position(gene_ids)
        taken = self.values[:, np.maximum(at, 0)]
        return np.where(at >= 0, taken, np.nan)


def match_genes(identifiers: Sequence[str], reference: pd.DataFrame) -> NDArray[np.intp]:
    """Return the row of the gene reference that each identifier names, or -1.

    Ensembl (with or without version), Entrez and symbols are told apart one by one, so a mixed
    matrix works too.  A former symbol leads to its gene only if no row names that gene by its
    present symbol, and only if it was a name of one gene.

    Examples
    --------
    >>> genes = pd.DataFrame({"gene_id": ["ENSG00000000001", "ENSG00000000002"], "symbol": ["A", "B"],
    ...                       "entrez": ["1", ""], "aliases": ["OLD", ""]})
    >>> match_genes(["ENSG00000000002.7", "OLD", "nothing", "1"], genes).tolist()
    [1, -1, -1, 0]
    """
    present: dict[str, int] = {}
    for column in ("gene_id", "symbol", "entrez"):
        for row, name in enumerate(reference[column]):
            if name:
                present.setdefault(name, row)
    rows = np.array([present.get(_plain(name), -1) for name in identifiers], dtype=np.intp)
    former = _unique_former_names(reference)
    claimed = set(rows[rows >= 0].tolist())
    for at in np.flatnonzero(rows < 0):
        row = former.get(_plain(identifiers[int(at)]), -1)
        if row >= 0 and row not in claimed:
            rows[at] = row
    return rows


def _plain(identifier: str) -> str:
    """Return an identifier without the version of Ensembl and without quotes."""
    name = str(identifier).strip().strip('"')
    if name.startswith("ENSG"):
        return name.partition(".")[0].removesuffix("_PAR_Y")
    return name


def _unique_former_names(reference: pd.DataFrame) -> dict[str, int]:
    former: dict[str, int] = {}
    doubtful: set[str] = set()
    for row, text in enumerate(reference["aliases"]):
        for name in text.split("|") if text else ():
            if former.setdefault(name, row) != row:
                doubtful.add(name)
    return {name: row for name, row in former.items() if name not in doubtful}


def express(
    values: NDArray[np.floating],
    identifiers: Sequence[str],
    samples: Sequence[str],
    *,
    reference: pd.DataFrame,
    profile: NDArray[np.float64],
    source: str = "expression",
) -> Expression:
    """Bring a matrix to the genes of the reference and to the scale of counts.

    Parameters
    ----------
    values
        float ``[gene, sample]``; NaN where not measured.
    identifiers, samples
        Names of rows and columns.
    reference
        Known genes (:data:`~leukoscope.tables.subtyping.GENE_REFERENCE`).
    profile
        float64 ``[gene of the reference]``: usual log2 CPM in leukaemia, from counts;
        tells counts from length-normalised values.
    source
        Name for error texts.

    Raises
    ------
    InputError
        If no gene is known, or the values are centred (differences, not expression).
    """
    reference = GENE_REFERENCE.check(reference)
    rows = match_genes(identifiers, reference)
    if not len(rows):
        raise InputError(f"{source}: the matrix has no genes.")
    if not (rows >= 0).any():
        raise InputError(
            f"{source}: none of the {len(rows)} genes (e.g. {quote_some(list(identifiers))}) is a known human "
            "gene. Are these Ensembl, Entrez or HGNC identifiers?"
        )
    measured = np.asarray(values, dtype=np.float64)
    _refuse_centred(measured, np.where(rows >= 0, profile[rows], np.nan), source)
    linear, base = _without_logarithm(measured)
    gathered = _gather(linear, rows, len(reference))
    filtered = _filtered_out(rows, reference, profile)
    gathered[:, filtered] = 0.0
    lost = _without_lost_chromosomes(gathered, reference, profile)
    length = reference["length"].to_numpy(dtype=np.float64)
    units = []
    for sample in range(gathered.shape[0]):
        unit = _unit(gathered[sample], length, profile)
        if unit == LENGTH_NORMALISED:
            gathered[sample] = gathered[sample] * np.where(np.isnan(length), np.nanmedian(length), length)
        units.append(unit)
    gathered.setflags(write=False)
    usual = np.nan_to_num(2.0 ** np.nan_to_num(profile) - 1.0)
    covered = (
        (~np.isnan(gathered) * usual).sum(axis=1) / usual.sum() if usual.any() else np.ones(len(gathered))
    )
    n_unknown = int((rows < 0).sum())
    return Expression(
        gathered, reference, tuple(map(str, samples)), tuple(units), n_unknown, base, np.asarray(covered),
        n_filtered=int(filtered.sum()), lost=lost, only_loud=_only_loud(rows, reference, profile),
    )  # fmt: skip


def _without_lost_chromosomes(
    values: NDArray[np.float64], reference: pd.DataFrame, profile: NDArray[np.float64]
) -> tuple[tuple[str, ...], ...]:
    """Set chromosomes without a single read to NaN, in place, and return their names for each sample.

    A matrix can lose whole chromosomes to an annotation or a join of tables; that all their genes are silent
    is no property of the cells.
    """
    chromosome = reference["chromosome"].to_numpy()
    loud = profile >= LOUD
    lost: list[tuple[str, ...]] = []
    for sample in values:
        measured, expressed = loud & ~np.isnan(sample), loud & (sample > 0)
        gone = [
            str(name)
            for name in pd.unique(chromosome[measured])
            if (on := measured & (chromosome == name)).sum() >= LOST_GENES
            and not (on & expressed).any()
            and expressed.sum() >= EXPRESSED_ELSEWHERE * (measured & ~on).sum()
        ]
        sample[np.isin(chromosome, gone)] = np.nan
        lost.append(tuple(sorted(gone, key=lambda name: (len(name), name))))
    return tuple(lost)


def _refuse_centred(values: NDArray[np.float64], usual: NDArray[np.float64], source: str) -> None:
    """Raise InputError for differences from a mean; `usual` is float64 [row], the profile or NaN.

    Logarithms of CPM or TPM with a small offset are negative for every silent gene, and still rank the
    genes as any leukaemia does.
    """
    from scipy.stats import spearmanr

    measured = values[np.isfinite(values)]
    if not measured.size or (measured < 0).mean() <= MANY_NEGATIVES:
        return
    likeness = []
    for sample in values.T:
        used = np.isfinite(sample) & np.isfinite(usual)
        likeness.append(spearmanr(sample[used], usual[used])[0] if used.sum() > 2 else np.nan)
    if not np.nan_to_num(np.median(likeness)) >= LEAST_LIKENESS:
        raise InputError(
            f"{source}: {(measured < 0).mean():.0%} of the values are negative, and the genes do not rank as in blood "
            "cells: these are centred differences. Give counts, TPM or their logarithms."
        )


def _without_logarithm(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return values that add, and the base of their logarithms (NaN if they were none).

    What was added before the logarithm is 1, unless values are negative or many genes share the least value of
    the sample (a variance-stabilised one, say): then a gene without reads has that.  A sample with -inf, the
    logarithm of zero, had nothing added.
    """
    measured = values[np.isfinite(values)]
    whole = measured.size > 0 and bool((measured == np.rint(measured)).all())
    if not measured.size or (whole and measured.min() >= 0) or measured.max() > GREATEST_LOGARITHM:
        return np.maximum(values, 0.0), float("nan")
    least = np.min(np.where(np.isnan(values), np.inf, values), axis=0)
    is_zero = (least < 0) | ((values == least).mean(axis=0) >= MANY_EQUAL)
    least = np.where(is_zero & np.isfinite(np.maximum(least, 0)), least, 0.0)
    for base in (2.0, float(np.e), 10.0):
        linear = np.maximum(np.power(base, values) - np.power(base, least), 0.0)
        if np.nanmedian(np.nansum(linear, axis=0)) >= LEAST_TOTAL:
            break
    return linear, base


def _gather(values: NDArray[np.float64], rows: NDArray[np.intp], n_genes: int) -> NDArray[np.float64]:
    """Return [sample, gene of the reference]; rows of one gene are summed, NaN where none measured."""
    known = np.flatnonzero(rows >= 0)
    taken = values[known]
    summed = np.zeros((n_genes, values.shape[1]))
    measured = np.zeros((n_genes, values.shape[1]), dtype=bool)
    np.add.at(summed, rows[known], np.nan_to_num(taken))
    np.logical_or.at(measured, rows[known], ~np.isnan(taken))
    return np.ascontiguousarray(np.where(measured, summed, np.nan).T)


def _filtered_out(
    rows: NDArray[np.intp], reference: pd.DataFrame, profile: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which genes of the reference a matrix lacks because it was filtered by expression.

    An annotation lacks loud and quiet genes alike, and so does a panel; a filter takes the quiet ones.
    """
    loud, quiet = _shares(rows, reference, profile)
    if not (loud >= MANY_LOUD and quiet < FEW_QUIET * loud):
        return np.zeros(len(reference), dtype=bool)
    coding = (reference["biotype"] == "protein_coding").to_numpy()
    return np.asarray(coding & ~np.isin(np.arange(len(reference)), rows))


def _only_loud(rows: NDArray[np.intp], reference: pd.DataFrame, profile: NDArray[np.float64]) -> bool:
    """Return whether a matrix is a small choice of loud genes: too few of them, and hardly a quiet one."""
    loud, quiet = _shares(rows, reference, profile)
    return bool(FEW_LOUD <= loud < MANY_LOUD and quiet < HARDLY_QUIET * loud)


def _shares(
    rows: NDArray[np.intp], reference: pd.DataFrame, profile: NDArray[np.float64]
) -> tuple[float, float]:
    """Return which share of the usually loud, and of the quiet, coding genes a matrix has; NaN without any."""
    coding = (reference["biotype"] == "protein_coding").to_numpy()
    present = np.isin(np.arange(len(reference)), rows)
    loud, quiet = (coding & kind for kind in (profile >= LOUD, profile <= QUIET))
    if not loud.any() or not quiet.any():
        return np.nan, np.nan
    return float(present[loud].mean()), float(present[quiet].mean())


def _unit(values: NDArray[np.float64], length: NDArray[np.float64], profile: NDArray[np.float64]) -> str:
    """Return whether the values of one sample look like counts or like TPM or FPKM.

    Against a profile made of counts, the logarithm of counts does not depend on the length of the
    genes, that of TPM or FPKM does with slope -1.
    """
    used = np.isfinite(values) & np.isfinite(length) & np.isfinite(profile)
    used &= values > 0
    if used.sum() < 200:
        return COUNTS
    design = np.column_stack([np.ones(int(used.sum())), profile[used], np.log2(length[used])])
    slope = np.linalg.lstsq(design, np.log2(values[used]), rcond=None)[0][2]
    whole = bool((values[used] == np.rint(values[used])).all())
    return LENGTH_NORMALISED if slope < (-0.75 if whole else -0.5) else COUNTS
