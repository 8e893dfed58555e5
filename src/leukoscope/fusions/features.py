"""Features of candidate events: what the filters and the confidence look at."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.formats.bam import Alignments
from leukoscope.fusions.candidates import JOINED
from leukoscope.fusions.loci import Loci
from leukoscope.kernels import bam_records as records
from leukoscope.kernels import fusion_loci as sites
from leukoscope.kernels.poisson import poisson_tails

FloatArray = NDArray[np.float64]
Int64Array = NDArray[np.int64]

#: Share of the template-switching chimeras that join two annotated splice sites by chance: one
#: exonic base in about 75 is an outermost one, and micro-homology lets the junction slide by some.
SPLICED_BY_CHANCE = 0.01
SITES_BY_CHANCE = (0.95, 0.05)  #: shares of the others that join none, and one
#: Shares that join where the sides agree in `MICRO_HOMOLOGY` bases, where they do not, with few bases between
#: and with `MIN_ADDED` or more.
FITS_BY_CHANCE = (0.75, 0.2, 0.04, 0.01)
SINGLES = 100  #: single chimeras of the sample from which it is told what share that is there
SHARE_BINS = 200  #: bins of the logarithms of shares
ENDS = 100  #: ends of single chimeras from which shares of loci are told rather than from transcription
RAREST = 1e-6  #: share of a locus of which no transcript was seen
MIN_ADDED = 6  #: inserted bases that are no chance agreement with either side
MICRO_HOMOLOGY = 3  #: bases at which reverse transcriptase switches templates
SWITCH_COPIES = 6  #: fragments that one switched molecule may leave after amplification
LONGEST_END = 160  #: bases of a read that may be clipped at a breakpoint
MIN_LINK = 5  #: bases of a side, beyond the inserted ones, by which a read knows it


def support(events: pd.DataFrame, pairs: pd.DataFrame, evidence: pd.DataFrame) -> pd.DataFrame:
    """Return the events with the fragments that support them counted.

    Parameters
    ----------
    events
        Candidate events; row number is the event's number.
    pairs
        Pairs (event, index of `evidence`).
    evidence
        Fragments with the column `rejected`.

    Returns
    -------
    The events with ``split_a`` and ``split_b`` (by the side of the longer part), ``mates``,
    the fragments of each source, ``linking`` (those that know both sides), ``starts`` (distinct outer
    ends), ``homology``, and ``n_all`` (rejected fragments too).
    """
    columns = [
        "fragment",
        "source",
        "length_a",
        "length_b",
        "outer_1",
        "outer_2",
        "homology",
        "hits",
        "rejected",
    ]
    joined = evidence.loc[pairs["evidence"], columns].assign(event=pairs["event"].to_numpy())
    joined["beyond"] = _reaches_beyond(evidence)[pairs["evidence"]].to_numpy()
    joined["pair"] = joined.groupby(["event", "fragment"], sort=False).ngroup()
    kept = joined[joined["rejected"] == ""]
    n = len(events)
    exact = kept["source"].isin(JOINED)
    once = kept[exact].drop_duplicates(["event", "fragment"])  # both mates may cross the junction
    a_longer = once["length_a"] >= once["length_b"]
    beside = kept[
        ~exact & ~kept["pair"].isin(once["pair"])
    ]  # a mate that is clipped at the junction crosses it
    counted = events.assign(
        split_a=_count(once[a_longer], n),
        split_b=_count(once[~a_longer], n),
        mates=_count(beside, n),
        n_all=_count(joined, n),
        **{
            f"n_{name}": _count(kept[kept["source"] == name], n)
            for name in ("split", "discordant", "crossing", "spanning", "clip", "insertion")
        },
    )
    counted["split_a"] += counted["n_junction"]
    counted["total"] = counted["split_a"] + counted["split_b"] + counted["mates"]
    starts = kept[["event", "outer_1", "outer_2"]].drop_duplicates()
    counted["starts"] = np.bincount(starts["event"], minlength=n)
    counted["linking"] = _linking(kept, n) + counted["n_junction"]
    counted["beyond"] = _count(kept[exact & kept["beyond"]], n)
    by_event = kept.groupby("event")
    counted["homology"] = (
        kept[exact].groupby("event")["homology"].median().reindex(range(n), fill_value=0).to_numpy()
    )
    counted["hits"] = by_event["hits"].median().reindex(range(n), fill_value=0).to_numpy()
    return counted


def _reaches_beyond(evidence: pd.DataFrame) -> pd.Series:
    """Tell which fragments have an end well outside the stretch between both breakpoints.

    A clipped end is written as if it lay beside its breakpoint, hence `LONGEST_END`.
    """
    low, high = evidence["position_a"] - LONGEST_END, evidence["position_b"] + LONGEST_END
    left = evidence[["far_b", "outer_1"]].min(axis=1) < low
    right = evidence[["far_a", "outer_2"]].max(axis=1) > high
    return (evidence["contig_a"] == evidence["contig_b"]) & (left | right)


def _linking(kept: pd.DataFrame, n: int) -> Int64Array:
    """Return how many fragments of each event know both sides.

    A clip that ends within the inserted bases knows one side; clips from both sides that end in the same
    inserted bases know them together.
    """
    exact = kept["source"].isin(JOINED)
    on_a, on_b = kept["length_a"] >= MIN_LINK, kept["length_b"] >= MIN_LINK
    only_a, only_b = _count(kept[exact & on_a & ~on_b], n), _count(kept[exact & on_b & ~on_a], n)
    together = np.where((only_a > 0) & (only_b > 0), only_a + only_b, 0)
    return np.asarray(_count(kept[~exact | (on_a & on_b)], n) + together)


def _count(rows: pd.DataFrame, n: int) -> Int64Array:
    """Return how many fragments each event has among rows of the column `pair` (event and fragment)."""
    return np.bincount(rows["event"][~rows["pair"].duplicated()], minlength=n)


def describe(events: pd.DataFrame, alignments: Alignments, loci: Loci) -> pd.DataFrame:
    """Return the events with what follows from their place: distance, splicing, coverage, gene strands."""
    model = loci.model
    described = events.copy()
    described["same_contig"] = events["contig_a"] == events["contig_b"]
    described["distance"] = np.where(
        described["same_contig"], (events["position_b"] - events["position_a"]).abs(), 1 << 40
    )
    for side, sign in (("a", 1), ("b", -1)):
        gene = events[f"gene_{side}"].to_numpy(np.int64)
        strand = np.where(gene >= 0, model.gene_strand[np.maximum(gene, 0)] if model.n_genes else 0, 0)
        described[f"strand_{side}"] = strand
        transcribed = sign * events["five_prime"] * events[f"direction_{side}"]
        described[f"along_{side}"] = (strand == transcribed) & (gene >= 0)
        described[f"spliced_{side}"] = (events[f"site_{side}"] >= sites.SPLICE_SITE) & described[
            f"along_{side}"
        ]
        contig, position, direction = (
            events[f"{what}_{side}"].to_numpy(np.int64) for what in ("contig", "position", "direction")
        )
        inwards = np.maximum(position - direction * records.COVERAGE_BIN, 0)  # the next bin, if it has more
        described[f"coverage_{side}"] = np.maximum(
            alignments.coverage_at(contig, position), alignments.coverage_at(contig, inwards)
        )
        described[f"receptor_{side}"] = loci.receptor_at(contig, position) >= 0
    described["same_gene"] = (events["locus_a"] == events["locus_b"]) & (events["gene_a"] >= 0)
    described["both_spliced"] = described["spliced_a"] & described["spliced_b"]
    return described


def expected_by_chance(n: int, share: tuple[FloatArray, FloatArray]) -> FloatArray:
    """Return how many fragments template switching would give each event's pair of loci.

    Template switching joins any two abundant transcripts.  Its rate and each locus's share of it are
    read from the sample's own single chimeras between loci: with n of them, of which a locus holds
    the share w, a pair of loci expects 2 n w_a w_b fragments.  One chimera is added to n; the shares start from
    those of all transcripts (:func:`transcribed_shares`), which weigh as much as `ENDS` ends.  Both are those of
    :func:`chimeric_shares`.
    """
    return np.asarray(2 * (n + 1) * share[0] * share[1], dtype=np.float64)


def joins_of_rarer_pairs(events: pd.DataFrame, n: int, share: tuple[FloatArray, FloatArray]) -> FloatArray:
    """Return how many fragments template switching would give all pairs of loci that are as rare together.

    Those are the pairs, of all loci seen in events, that are joined no more often than the event's own by
    their shares of the ends (:func:`chimeric_shares`); the logarithms of the shares are put into bins.
    """
    sides = pd.concat([events["locus_a"], events["locus_b"]], ignore_index=True)
    of_locus = np.concatenate(share)[~sides.duplicated()]
    low, width = np.log(of_locus.min()), max(np.ptp(np.log(of_locus)), 1.0) / SHARE_BINS
    mass = np.bincount(((np.log(of_locus) - low) / width).astype(np.int64), weights=of_locus)
    up_to = np.cumsum(np.convolve(mass, mass))
    at = ((np.log(share[0]) + np.log(share[1]) - 2 * low) / width).astype(np.int64)
    return np.asarray((n + 1) * up_to[np.minimum(at, len(up_to) - 1)], dtype=np.float64)


def chimeric_shares(
    events: pd.DataFrame, alignments: Alignments, loci: Loci
) -> tuple[int, tuple[FloatArray, FloatArray]]:
    """Return the number of single chimeras, and for both sides of the events the share of their ends in the locus."""
    noise = events[(events["total"] == 1) & ~events["same_gene"] & ~events["both_spliced"]]
    n = len(noise)
    ends = pd.concat([noise["locus_a"], noise["locus_b"]]).value_counts()
    told = transcribed_shares(events, alignments, loci)
    seen = [events[f"locus_{side}"].map(ends).fillna(0).to_numpy() for side in ("a", "b")]
    share = [(k + ENDS * start) / (2 * n + ENDS) for k, start in zip(seen, told, strict=True)]
    return n, (share[0], share[1])


def transcribed_shares(
    events: pd.DataFrame, alignments: Alignments, loci: Loci
) -> tuple[FloatArray, FloatArray]:
    """Return for both sides the share of the locus in all that is transcribed, by its exons' coverage.

    Without coverage all loci seen share alike.
    """
    model = loci.model
    sides = [events[f"locus_{side}"].to_numpy(np.int64) for side in ("a", "b")]
    covered = sites.exonic_coverage(
        loci.of_bam,
        model.gene_contig,
        model.gene_transcripts,
        model.transcript_exons,
        model.exon_start,
        model.exon_end,
        alignments.coverage,
        alignments.coverage_bounds,
    )
    if not covered.sum():
        even = np.full(len(events), 1 / max(len(np.union1d(*sides)), 1))
        return even, even
    of_genes = np.bincount(loci.partner, weights=covered, minlength=model.n_genes)
    of_receptors = [covered[loci.genes_of_receptor(n)].sum() for n in range(len(loci.receptor_spans))]
    receptors = np.array([*of_receptors, 0.0])
    told = [
        np.where(
            locus >= 0,
            of_genes[np.maximum(locus, 0)],
            receptors[np.minimum(np.maximum(-1 - locus, 0), len(receptors) - 1)],
        )
        / covered.sum()
        for locus in sides
    ]
    return np.maximum(told[0], RAREST), np.maximum(told[1], RAREST)


def chance_joins(events: pd.DataFrame) -> FloatArray:
    """Return how many joins of the pair of loci at such a place would have as many fragments by chance.

    :func:`expected_by_chance` tells the molecules; of them, a share joins two splice sites
    (:func:`spliced_by_chance`), and a share is amplified to so many fragments (:func:`copies_of_a_molecule`).
    """
    share = np.where(events["both_spliced"], spliced_by_chance(events), 1.0)
    copies = copies_of_a_molecule(events)[events["total"].to_numpy(np.int64)]
    return np.asarray(events["expected"].to_numpy() * share * copies, dtype=np.float64)


def e_value(events: pd.DataFrame) -> FloatArray:
    """Return the expected number of events at least as well supported by chance alone.

    The Poisson tail of :func:`expected_by_chance`, at two splice sites with what one amplified molecule gives
    (:func:`chance_joins`), times the number of pairs of loci that could be joined (those seen in chimeras).
    Elsewhere the amplified molecules of all pairs that are as rare are added (:func:`joins_of_rarer_pairs`), as far
    as they are joined in this way (:func:`joined_so_by_chance`); none inside one gene, where no two transcripts
    are joined.
    """
    spliced = events["both_spliced"].to_numpy()
    expected = events["expected"].to_numpy() * np.where(spliced, spliced_by_chance(events), 1.0)
    pairs = max(len(events[["locus_a", "locus_b"]].drop_duplicates()), 1)
    total = events["total"].to_numpy(np.int64)
    copies = copies_of_a_molecule(events)[total]
    elsewhere = events["rarer"].to_numpy() * joined_so_by_chance(events) * copies
    amplified = np.where(spliced, events["chance"] * pairs, np.where(events["same_gene"], 0.0, elsewhere))
    return poisson_tails(total, expected) * pairs + amplified


def joined_so_by_chance(events: pd.DataFrame) -> FloatArray:
    """Return which share of the sample's single chimeras between loci is joined as each event is.

    That is by as many splice sites (none or one), and where the sides agree in a few bases, where they do not,
    or with few or many bases between them.  The shares start from `SITES_BY_CHANCE` and `FITS_BY_CHANCE`, which
    weigh as much as `SINGLES` chimeras.  Receptor loci, which insert bases, do not count.  Of an event of mates
    alone nothing is known but that it is one.
    """
    exact = (events["split_a"] + events["split_b"] > 0).to_numpy()
    aside = events[["same_gene", "both_spliced", "receptor_a", "receptor_b"]].any(axis=1).to_numpy()
    single = exact & ~aside & (events["total"] == 1).to_numpy()
    sites_joined = (events["spliced_a"] | events["spliced_b"]).to_numpy(np.int64)
    agree = events["homology"].to_numpy() >= MICRO_HOMOLOGY
    inserted = events["inserted"].to_numpy()
    fit = np.where(inserted >= MIN_ADDED, 3, np.where(inserted > 0, 2, np.where(agree, 0, 1)))
    share = np.ones(len(events))
    for kind, at_first in ((sites_joined, SITES_BY_CHANCE), (fit, FITS_BY_CHANCE)):
        seen = np.bincount(kind[single], minlength=len(at_first))
        share *= ((seen + np.array(at_first) * SINGLES) / (seen.sum() + SINGLES))[kind]
    return np.where(exact, share, 1.0)


def spliced_by_chance(events: pd.DataFrame) -> float:
    """Return which share of the sample's single chimeras between loci join two annotated splice sites.

    Those of pairs of loci that more fragments join at splice sites are isoforms, and no chance.  The share
    starts from `SPLICED_BY_CHANCE`, which weighs as much as `SINGLES` chimeras.
    """
    between = events[~events["same_gene"]]
    pair = [between["locus_a"], between["locus_b"]]
    strongest = between["total"].where(between["both_spliced"], 0).groupby(pair).transform("max")
    single = between["both_spliced"][(between["total"] == 1) & (strongest <= 1)]
    return float((single.sum() + SPLICED_BY_CHANCE * SINGLES) / (len(single) + SINGLES))


def copies_of_a_molecule(events: pd.DataFrame) -> FloatArray:
    """Return for n = 0, 1, ... how often a chance join of the sample has at least n distinct fragments.

    Read from events between loci that are joined where they agree in a few bases, away from splice sites:
    reverse transcriptase makes nearly all of them.  Each further fragment halves the share at first sight,
    which weighs as much as ten such events, and beyond `SWITCH_COPIES`, where events are hardly chance.
    """
    switched = ~events["same_gene"] & ~events["both_spliced"] & (events["homology"] >= MICRO_HOMOLOGY)
    copies = events["total"][switched & (events["total"] > 0)].to_numpy(np.int64)
    n = np.arange(events["total"].max() + 1)
    seen = np.minimum(n, SWITCH_COPIES)
    at_least = len(copies) - np.searchsorted(np.sort(copies), seen, side="left")
    share = (at_least + 10 * 0.5 ** np.maximum(seen - 1, 0)) / (len(copies) + 10)
    return np.asarray(share * 0.5 ** (n - seen), dtype=np.float64)


def donor_share(events: pd.DataFrame, alignments: Alignments) -> FloatArray:
    """Return which share of the 5' gene's copies run into the junction.

    At a splice site: the event's fragments over all that leave the exon there; elsewhere over the
    reads that cover the breakpoint.
    """
    on_a = (events["five_prime"] > 0).to_numpy()
    contig, position, direction, coverage, spliced = (
        np.where(on_a, events[f"{what}_a"], events[f"{what}_b"])
        for what in ("contig", "position", "direction", "coverage", "spliced")
    )
    introns = alignments.introns
    key, end, reads = introns[:, [records.INTRON_KEY, records.INTRON_END, records.INTRON_UNIQUE]].T
    place = (contig << 32) | position
    at_left = _reads_at(place, key - 1, reads)
    at_right = _reads_at(place, (key >> 32 << 32) | end, reads)
    own = (events["n_crossing"] + events["n_junction"]).to_numpy()
    linear = np.where(spliced, np.where(direction > 0, at_left, at_right) - own, coverage)
    total = events["total"].to_numpy()
    return np.asarray(total / np.maximum(total + np.maximum(linear, 0), 1), dtype=np.float64)


def _reads_at(wanted: Int64Array, places: Int64Array, reads: Int64Array) -> Int64Array:
    """Return the sum of the reads at each wanted place."""
    order = np.argsort(places)
    total = np.append(0, np.cumsum(reads[order]))
    first, stop = (np.searchsorted(places[order], wanted, side=side) for side in ("left", "right"))
    return np.asarray(total[stop] - total[first])
