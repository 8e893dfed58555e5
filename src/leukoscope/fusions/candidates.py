"""Candidates: fragments that tell of the same junction become one event.

An event is one row of a table: both sides of the junction (see :mod:`leukoscope.fusions.evidence`),
the gene and site of each side, which side is the 5' one, and how many fragments of each kind speak
for it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.formats.fasta import Genome
from leukoscope.fusions.evidence import SIDES
from leukoscope.fusions.loci import Loci
from leukoscope.kernels import fusion_loci as sites
from leukoscope.kernels.fusion_junctions import merge_junctions, settle_junctions

Int64Array = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_WINDOW = 12  #: bases looked at on each side of a junction
_AT_ONCE = 1 << 14  #: junctions settled at a time, to bound the memory
MERGE_DISTANCE = 5  #: junctions of the same kind this close are one, misplaced by an aligner
DISCORDANT_REACH = 200_000  #: a mate lies at most this far (introns included) behind the breakpoint
MATE_SPREAD = 500  #: bases between the mates of one event, where no intron lies between
JOINED = ("split", "crossing", "clip", "insertion")  #: sources that know the exact junction


def settle(evidence: pd.DataFrame, loci: Loci, genome: Genome) -> pd.DataFrame:
    """Return the evidence with ambiguous junctions moved to splice sites, and their micro-homology.

    Where the bases on both sides of a junction agree, the aligner's choice of the breakpoint is
    arbitrary: an annotated splice site is taken, else a GT-AG motif, else the leftmost place.
    """
    exact = (evidence["source"].isin(JOINED) & (evidence["inserted"] == 0)).to_numpy()
    number, unique = _distinct(evidence.loc[exact, SIDES])
    homology = np.zeros(len(unique), dtype=np.int64)
    columns = [unique[name].to_numpy(np.int64, copy=True) for name in SIDES]
    for first in range(0, len(unique), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        homology[some] = _settle([values[some] for values in columns], loci, genome)
    moved = evidence.assign(homology=0)
    for name, settled in zip([*SIDES, "homology"], [*columns, homology], strict=True):
        values = moved[name].to_numpy(np.int64, copy=True)
        values[exact] = settled[number]
        moved[name] = values
    return moved


def _distinct(junctions: pd.DataFrame, *, ordered: bool = False) -> tuple[Int64Array, pd.DataFrame]:
    """Return the number of each junction among the distinct ones, and those: as they come, or in order."""
    number = np.asarray(junctions.groupby(SIDES, sort=ordered).ngroup(), dtype=np.int64)
    return number, junctions.iloc[np.unique(number, return_index=True)[1]]


def _settle(columns: list[Int64Array], loci: Loci, genome: Genome) -> Int64Array:
    contig_a, position_a, direction_a, contig_b, position_b, direction_b = columns
    half = _WINDOW
    before, after = path_windows(columns, loci, genome, half)
    shifts = np.arange(-half, half + 1)
    site_a = loci.is_splice_site(
        contig_a[:, None], position_a[:, None] + direction_a[:, None] * shifts, direction_a[:, None]
    )
    site_b = loci.is_splice_site(
        contig_b[:, None], position_b[:, None] - direction_b[:, None] * shifts, direction_b[:, None]
    )
    return settle_junctions(position_a, direction_a, position_b, direction_b, before, after, site_a, site_b)


def path_windows(
    sides: list[Int64Array], loci: Loci, genome: Genome, half: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return `half` bases before and after each junction, along side a and along side b.

    Both are written in the order of the joined sequence (side a, then side b); shape (n, 2 half).
    """
    contig_a, position_a, direction_a, contig_b, position_b, direction_b = sides
    forward_a, forward_b = direction_a > 0, direction_b < 0
    start_a = np.where(forward_a, position_a + 1 - half, position_a - half)
    start_b = np.where(forward_b, position_b - half, position_b + 1 - half)
    before = genome.windows(loci.contigs, contig_a, start_a, 2 * half)
    after = genome.windows(loci.contigs, contig_b, start_b, 2 * half)
    return along_path(before, forward_a), along_path(after, forward_b)


def along_path(codes: NDArray[np.uint8], forward: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the rows that do not run forward reversed and complemented."""
    backward = np.where(codes < 4, 3 - codes, 4)[:, ::-1]
    return np.ascontiguousarray(np.where(forward[:, None], codes, backward), dtype=np.uint8)


def mark_duplicates(evidence: pd.DataFrame) -> pd.Series:
    """Tell which fragments are PCR duplicates of an earlier one: same junction, same outer ends.

    Where the evidence has a column ``umi``, duplicates share their molecular identifier too.
    """
    joined = evidence["source"].isin(JOINED)
    key = evidence[["contig_a", "direction_a", "contig_b", "direction_b", "outer_1", "outer_2"]].copy()
    for side in ("a", "b"):
        position = evidence[f"position_{side}"]
        key[f"position_{side}"] = np.where(joined, position // (2 * MERGE_DISTANCE), position)
    if "umi" in evidence:
        key["umi"] = evidence["umi"]
    repeated = key.duplicated()
    return repeated & ~evidence["fragment"].isin(evidence["fragment"][~repeated])


def group_events(evidence: pd.DataFrame) -> tuple[pd.DataFrame, Int64Array]:
    """Group exact evidence by junction, and junctions within a few bases into one.

    Returns
    -------
    One row per event with its sides, and the event of each row of `evidence` (-1 for rows that know
    no exact junction).
    """
    joined = evidence["source"].isin(JOINED).to_numpy()
    exact = evidence.loc[joined, [*SIDES, "fragment", "inserted_bases"]]
    number, unique = _distinct(exact[SIDES], ordered=True)
    n = np.asarray(exact["fragment"].groupby(number).nunique(), dtype=np.int64)
    bases = (
        exact.assign(number=number)
        .groupby(["number", "inserted_bases"], sort=True)
        .size()
        .reset_index(name="n")
    )
    bases = bases.sort_values(["number", "n"], ascending=[True, False]).drop_duplicates("number")
    representative, of_unique = np.unique(
        merge_junctions(unique.to_numpy(np.int64), n, MERGE_DISTANCE), return_inverse=True
    )
    events = unique.iloc[representative].reset_index(drop=True)
    events["inserted_bases"] = bases["inserted_bases"].to_numpy()[representative]
    events.insert(len(SIDES), "inserted", events["inserted_bases"].str.len())
    found = np.full(len(evidence), -1, dtype=np.int64)
    found[joined] = of_unique[number]
    return events.astype({"inserted": np.int64}), found


def orient(events: pd.DataFrame, votes: Int64Array, loci: Loci) -> pd.DataFrame:
    """Add the gene and site of both sides, and which side is 5'.

    Both readings of the junction are tried; the one that agrees with the library's strand, the
    splice sites and the strands of the genes is taken.  `five_prime` is +1 if side a is the 5' side,
    -1 if side b is, and `oriented` tells whether anything spoke for it.
    """
    chosen: list[tuple[Int64Array, ...]] = []
    scores = []
    for reading in (1, -1):
        score = 6.0 * (reading * votes > 0)
        columns = []
        for side, wanted in (("a", reading), ("b", -reading)):
            contig, position, direction = (
                events[f"{what}_{side}"].to_numpy(np.int64) for what in ("contig", "position", "direction")
            )
            gene, site = loci.assign(contig, position, direction, wanted * direction)
            strand = np.where(gene >= 0, loci.model.gene_strand[gene] if loci.model.n_genes else 0, 0)
            agrees = (strand * wanted * direction).astype(np.float64)
            score = score + agrees + 2.0 * agrees * (site >= sites.SPLICE_SITE)
            columns += [gene, site]
        chosen.append(tuple(columns))
        scores.append(score)
    first = scores[0] >= scores[1]
    gene_a, site_a, gene_b, site_b = (np.where(first, one, two) for one, two in zip(*chosen, strict=True))
    return events.assign(
        gene_a=gene_a,
        site_a=site_a,
        gene_b=gene_b,
        site_b=site_b,
        five_prime=np.where(first, 1, -1),
        oriented=scores[0] != scores[1],
    )


MIN_ANCHOR = 20  #: longest part on each side, bases
MIN_RECEPTOR_ANCHOR = 25  #: the same beside antigen-receptor loci, whose inserted bases align anywhere


def measure_anchors(
    events: pd.DataFrame, of_event: Int64Array, evidence: pd.DataFrame, loci: Loci
) -> pd.DataFrame:
    """Return the events with the longest part of an exact, accepted read on each side.

    A part that goes on beyond an annotated intron lies where it is aligned, be it short up to there.

    Parameters
    ----------
    events, of_event
        See :func:`group_events`.
    evidence
        Fragments with the column `rejected`.
    loci
        The annotation.
    """
    kept = pd.DataFrame({f"length_{side}": _anchors(evidence, side, loci) for side in ("a", "b")})
    kept = kept.assign(event=of_event)
    kept = kept[(of_event >= 0) & (evidence["rejected"] == "").to_numpy()]
    longest = kept.groupby("event")[["length_a", "length_b"]].max()
    longest = longest.reindex(range(len(events)), fill_value=0)
    return events.assign(anchor_a=longest["length_a"], anchor_b=longest["length_b"])


def _anchors(evidence: pd.DataFrame, side: str, loci: Loci) -> pd.Series:
    contig, position, direction, length, far = (
        evidence[f"{what}_{side}"].to_numpy(np.int64)
        for what in ("contig", "position", "direction", "length", "far")
    )
    goes_on = (
        evidence["source"].isin(["split", "clip"]) & (length > 0) & (np.abs(far - position) + 1 > length)
    )
    goes_on &= loci.is_splice_site(contig, position - direction * (length - 1), -direction)
    return evidence[f"length_{side}"].mask(goes_on, np.maximum(length, MIN_RECEPTOR_ANCHOR))


def is_anchored(events: pd.DataFrame, loci: Loci) -> BoolArray:
    """Tell which exact events have reads that reach far enough into both sides, or join two splice sites."""
    receptor = np.zeros(len(events), dtype=bool)
    spliced = np.ones(len(events), dtype=bool)
    for side in ("a", "b"):
        place = (events[f"{what}_{side}"].to_numpy(np.int64) for what in ("contig", "position"))
        receptor |= loci.receptor_at(*place) >= 0
        spliced &= (events[f"site_{side}"] >= sites.SPLICE_SITE).to_numpy()
    shortest = events[["anchor_a", "anchor_b"]].min(axis=1).to_numpy()
    return np.asarray(spliced | (shortest >= np.where(receptor, MIN_RECEPTOR_ANCHOR, MIN_ANCHOR)))


def locus_of(sides: pd.DataFrame, side: str, gene: Int64Array, loci: Loci) -> Int64Array:
    """Return the number of the locus of each position.

    The gene's locus (all copies of DUX4 are one), that of the gene behind a position between genes, a
    number for each antigen-receptor locus wherever in it the position lies, and one for each 50 kb of
    the rest.
    """
    contig, position, direction = (
        sides[f"{what}_{side}"].to_numpy(np.int64) for what in ("contig", "position", "direction")
    )
    beside = np.flatnonzero(gene < 0)
    nearest = gene.copy()
    nearest[beside] = loci.gene_behind(contig[beside], position[beside], direction[beside])
    between = -100 - ((contig << 20) + position // 50_000)
    receptor = loci.receptor_at(contig, position)
    locus = np.where(nearest >= 0, loci.partner[nearest] if loci.model.n_genes else 0, between)
    return np.where(receptor >= 0, -1 - receptor, locus)


def attach_discordant(
    events: pd.DataFrame, anchored: BoolArray, evidence: pd.DataFrame, loci: Loci
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Let discordant mates support the exact events they are compatible with; others form events.

    Parameters
    ----------
    events
        Exact events with their genes.
    anchored
        Which of them have reads that reach far enough into both sides.  Others, whose short side may be a
        chance place for inserted bases, are joined only by mates right beside both breakpoints, which
        then serve as their anchor.
    evidence, loci
        Fragments, and the annotation.

    Returns
    -------
    The events, with those of discordant mates alone appended, and the pairs (event, index of the
    evidence).
    """
    mates = with_loci(evidence[~evidence["source"].isin(JOINED)], loci)
    for side in ("a", "b"):
        events[f"locus_{side}"] = locus_of(events, side, events[f"gene_{side}"].to_numpy(np.int64), loci)
    pairs = _compatible(events, mates)
    pairs = pairs[anchored[pairs["event"]] | pairs["beside"]]
    events = _anchored_by_mates(events, pairs, mates)
    pairs = pairs[(anchored | is_anchored(events, loci))[pairs["event"]]][["event", "evidence"]]
    alone = mates[~mates.index.isin(pairs["evidence"])]
    if alone.empty:
        return events, pairs
    extra, extra_pairs = events_of_mates(alone, len(events))
    return (
        pd.concat([events, extra], ignore_index=True),
        pd.concat([pairs, extra_pairs], ignore_index=True),
    )


def with_loci(mates: pd.DataFrame, loci: Loci) -> pd.DataFrame:
    """Return mates with the loci of both sides, whichever strand is transcribed."""
    found = mates.copy()
    for side in ("a", "b"):
        contig, position, direction = (
            mates[f"{what}_{side}"].to_numpy(np.int64) for what in ("contig", "position", "direction")
        )
        gene, _ = loci.assign(contig, position, direction, np.zeros_like(contig))
        found[f"locus_{side}"] = locus_of(mates, side, gene, loci)
    return found


_GROUP = ["contig_a", "direction_a", "contig_b", "direction_b"]


def _compatible(events: pd.DataFrame, mates: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs (event, evidence) of mates behind both breakpoints, and if they lie right beside them."""
    numbered = events.assign(event=events.index)
    columns = [*_GROUP, "locus_a", "locus_b", "position_a", "position_b"]
    joined = numbered[["event", *columns]].merge(
        mates[columns].assign(evidence=mates.index),
        on=[*_GROUP, "locus_a", "locus_b"],
        suffixes=("", "_mate"),
    )
    fits = np.ones(len(joined), dtype=bool)
    joined["beside"] = True
    for side in ("a", "b"):
        behind = (joined[f"position_{side}"] - joined[f"position_{side}_mate"]) * joined[f"direction_{side}"]
        fits &= ((behind >= -MERGE_DISTANCE) & (behind <= DISCORDANT_REACH)).to_numpy()
        joined["beside"] &= behind <= MATE_SPREAD
    return joined.loc[fits, ["event", "evidence", "beside"]].reset_index(drop=True)


def _anchored_by_mates(events: pd.DataFrame, pairs: pd.DataFrame, mates: pd.DataFrame) -> pd.DataFrame:
    """Return the events with the anchors that at least two accepted mates right beside them give."""
    beside = pairs[pairs["beside"]].merge(mates, left_on="evidence", right_index=True)
    beside = beside[beside["rejected"] == ""]
    several = beside[beside.groupby("event")["fragment"].transform("nunique") >= 2]
    longest = several.groupby("event")[["length_a", "length_b"]].max()
    longest = longest.reindex(events.index, fill_value=0)
    return events.assign(
        anchor_a=np.maximum(events["anchor_a"], longest["length_a"]),
        anchor_b=np.maximum(events["anchor_b"], longest["length_b"]),
    )


def events_of_mates(mates: pd.DataFrame, first_number: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Group mates by loci and directions; the breakpoint is the innermost position that is not alone.

    Returns
    -------
    One row per group, and the pairs (event, index of the evidence); events are numbered from `first_number`.
    """
    keys = [*_GROUP, "locus_a", "locus_b"]
    number = mates.groupby(keys, sort=True).ngroup()
    events = mates.groupby(keys, sort=True).size().reset_index()[keys]
    for side in ("a", "b"):
        events[f"position_{side}"] = _innermost(
            number, mates[f"position_{side}"], mates[f"direction_{side}"]
        ).to_numpy()
    events["inserted"], events["inserted_bases"] = 0, ""
    pairs = pd.DataFrame({"event": number.to_numpy() + first_number, "evidence": mates.index})
    return events[[*SIDES, "inserted", "inserted_bases", "locus_a", "locus_b"]], pairs


def _innermost(group: pd.Series, position: pd.Series, direction: pd.Series) -> pd.Series:
    """Return per group the position nearest to the partner that has another within `MATE_SPREAD` behind it.

    A misplaced mate stands alone.  Where all do, the nearest one is taken.
    """
    inwards = pd.DataFrame({"group": group, "inwards": position * direction, "position": position})
    inwards = inwards.sort_values(["group", "inwards"], ascending=[True, False], kind="stable")
    behind = inwards.groupby("group")["inwards"].shift(-1)
    alone = ~(inwards["inwards"] - behind <= MATE_SPREAD)
    ordered = inwards.assign(alone=alone).sort_values(["group", "alone"], kind="stable")
    return ordered.groupby("group")["position"].first()
