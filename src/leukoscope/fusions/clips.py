"""Soft clips: what aligners cut off leads to junctions that they never report.

STAR reports as chimeric only a part of the reads across a junction: 8-9 % for internal tandem
duplications, fewer than half where bases were inserted.  The others end in a soft clip.  Clips that
begin at the same base are merged, and their consensus is looked up near by (duplications,
inversions) and in all exons and antigen-receptor loci, allowing inserted bases first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.formats.bam import Alignments
from leukoscope.formats.fasta import BASE_CODES, Genome
from leukoscope.fusions.candidates import along_path
from leukoscope.fusions.evidence import SIDES, reverse_complement
from leukoscope.fusions.loci import Loci, is_set_aside, site_key
from leukoscope.fusions.retraction import retract_clips
from leukoscope.fusions.spliced import beyond_introns, transcripts_around
from leukoscope.kernels import bam_records as records
from leukoscope.kernels import fusion_clips as kernel

Int64Array = NDArray[np.int64]
Codes = NDArray[np.uint8]

MAX_INSERT = 60  #: bases between the parts
NEAR = 450  #: bases around a breakpoint that are searched exhaustively
MIN_SCORE_NEAR = 11  #: of a clip near its own breakpoint: chance gives it in 1 of 1,000 stretches
MIN_SCORE_FAR = 18  #: of a clip anywhere in the exons
MIN_SCORE_RECEPTOR = 15  #: of a clip in the antigen-receptor loci, a hundredth of the exons' length
MIN_LEAD = 3  #: by which the best place must beat the second
MIN_BLOCK = 18  #: aligned bases next to a clip: a shorter block beyond a new intron may lie anywhere
LONGEST = 100  #: bases of a clip that are used
OWN = 12  #: bases before the breakpoint that a clip may begin at
PATH = 100  #: bases beyond the breakpoint that clips are compared with
MAX_SHARE = 0.7  #: of one base, above which a clip is a tail
MAX_ERROR = 0.1
_BATCH = 1 << 20  #: bases of the genome that are looked through at a time
_MAX_FOUND = 1 << 22

JUNCTION = [*SIDES, "inserted_bases"]


@dataclass(frozen=True)
class Clips:
    """Clipped ends in path order, one per row of `table`."""

    table: pd.DataFrame  #: fragment, row, contig, position, direction, length, outer_1, outer_2
    codes: Codes
    bounds: Int64Array


def collect_clips(alignments: Alignments, explained: Int64Array, genome: Genome) -> Clips:
    """Return the long clips of all kept records that are not `explained` (rows) as split reads."""
    rows = alignments.rows
    kept = (rows[:, records.KIND] & records.CLIPPED) > 0
    kept[explained] = False
    index = np.flatnonzero(kept)
    tables = []
    for direction, column in ((-1, records.CLIP_LEFT), (1, records.CLIP_RIGHT)):
        use = index[rows[index, column] >= records.MIN_CLIP]
        position = rows[use, records.START] if direction < 0 else rows[use, records.END] - 1
        reverse = (rows[use, records.FLAG] & 0x10) > 0
        tables.append(
            pd.DataFrame(
                {
                    "fragment": rows[use, records.NAME_HASH],
                    "row": use,
                    "contig": rows[use, records.CONTIG],
                    "position": position,
                    "direction": direction,
                    "aligned": rows[use, records.ALIGNED],
                    "far": rows[use, records.END] - 1 if direction < 0 else rows[use, records.START],
                    "block": rows[use, records.LEFT_BLOCK if direction < 0 else records.RIGHT_BLOCK],
                    "length": rows[use, column],
                    "sense": np.where((rows[use, records.FLAG] & 0x80) == 0, 1, -1)
                    * np.where(reverse, -1, 1),
                    "outer_1": np.where(
                        reverse,
                        rows[use, records.END] + rows[use, records.CLIP_RIGHT],
                        rows[use, records.START] - rows[use, records.CLIP_LEFT],
                    ),
                    "outer_2": rows[use, records.MATE_START],
                }
            )
        )
    table = retract_clips(pd.concat(tables, ignore_index=True), alignments, genome)
    left = np.where(table["direction"] < 0, table["length"], 0)
    right = np.where(table["direction"] > 0, table["length"], 0)
    at = table["row"].to_numpy()
    codes, bounds = kernel.unpack_clips(
        alignments.store, rows[at, records.SEQUENCE_AT], rows[at, records.SEQUENCE_LENGTH], left, right
    )
    return Clips(table, codes, bounds)


def junctions_of_clips(clips: Clips, loci: Loci, genome: Genome) -> pd.DataFrame:
    """Return the junctions that clusters of at least two clips lead to (columns `JUNCTION`)."""
    clusters, sequences, lengths = _clusters(clips)
    usable = (lengths >= records.MIN_CLIP) & ~is_tail(sequences, lengths)
    usable &= ~np.array([is_set_aside(name) for name in loci.contigs] or [False])[clusters[:, 0]]
    clusters, sequences, lengths = clusters[usable], sequences[usable], lengths[usable]
    hits = _search_near(clusters, sequences, lengths, loci, genome)
    far = _search_exons(sequences, np.where(hits[:, 0] > 0, 0, lengths), loci, genome)
    across = match_each_other(clusters, sequences, lengths, np.arange(len(clusters)))
    found = as_junctions(clusters, sequences, np.where(hits[:, :1] > 0, hits, far))
    return pd.concat([found, across], ignore_index=True).drop_duplicates(SIDES, ignore_index=True)


def match_each_other(
    clusters: Int64Array, sequences: Codes, lengths: Int64Array, groups: Int64Array
) -> pd.DataFrame:
    """Return the junctions of clusters of different groups whose clips read the same inserted bases from both sides.

    Seen from one side, a clip holds the inserted bases and then the other side; seen from there, the
    same bases on the other strand.  Long inserts are found so, where neither clip reaches across.
    """
    word, owner, present = kernel.words_of(sequences, lengths)
    found = np.empty((_MAX_FOUND >> 4, 3), dtype=np.int64)
    rows: list[tuple[int | str, ...]] = []
    for other in range(len(clusters)):
        n = kernel.find_words(sequences[other, : lengths[other]], word, owner, present, found)
        opposite = found[:n][(found[:n, 2] < 0) & (found[:n, 0] >> 10 < other)]
        opposite = opposite[groups[opposite[:, 0] >> 10] != groups[other]]
        if not len(opposite):
            continue
        for cluster, inserted in np.unique(
            np.stack([opposite[:, 0] >> 10, (opposite[:, 0] & 1023) + opposite[:, 1] + 1], axis=1), axis=0
        ).tolist():
            one, two = sequences[cluster, : lengths[cluster]], sequences[other, : lengths[other]]
            if inserted <= MAX_INSERT and _reads_back(one, two, inserted):
                here, there = tuple(clusters[cluster].tolist()), tuple(clusters[other].tolist())
                known = one if len(one) >= inserted else (3 - two[:inserted][::-1])
                bases = letters(known[:inserted])
                ordered = (
                    (*here, *there, bases) if here <= there else (*there, *here, reverse_complement(bases))
                )
                rows.append(ordered)
    return pd.DataFrame(rows, columns=JUNCTION)


def _reads_back(one: Codes, two: Codes, inserted: int) -> bool:
    """Tell whether the first `inserted` bases of two clips are each other's reverse complement."""
    at = np.arange(max(0, inserted - len(two)), min(len(one), inserted))
    wrong = int((one[at] != 3 - two[inserted - 1 - at]).sum())
    whole = len(one) >= inserted or len(two) >= inserted
    return whole and len(at) >= kernel.SEED and wrong <= MAX_ERROR * len(at)


def _clusters(clips: Clips) -> tuple[Int64Array, Codes, Int64Array]:
    """Return place (contig, position, direction), consensus and its length of each cluster."""
    table = clips.table
    key = site_key(table["contig"].to_numpy(), table["position"].to_numpy(), table["direction"].to_numpy())
    order = np.argsort(key, kind="stable")
    order = order[(table["annotated"] | (table["block"] >= MIN_BLOCK)).to_numpy()[order]]
    _, first, size = np.unique(key[order], return_index=True, return_counts=True)
    several = size >= 2
    members = np.flatnonzero(np.repeat(several, size))
    offsets = np.concatenate([[0], np.cumsum(size[several])]).astype(np.int64)
    sequences, lengths = kernel.consensus(clips.codes, clips.bounds, order[members], offsets, LONGEST)
    places = table.loc[order[first[several]], ["contig", "position", "direction"]].to_numpy(np.int64)
    return places, sequences, lengths


def is_tail(sequences: Codes, lengths: Int64Array) -> NDArray[np.bool_]:
    """Tell which sequences are mostly one base, like a poly-A tail."""
    counts = np.stack([(sequences == base).sum(axis=1) for base in range(4)], axis=1)
    return np.asarray(counts.max(axis=1, initial=0) > MAX_SHARE * np.maximum(lengths, 1))


def _search_near(
    clusters: Int64Array, sequences: Codes, lengths: Int64Array, loci: Loci, genome: Genome
) -> Int64Array:
    """Return score, inserted bases, contig, position and strand of the best place near by, or zeros.

    Near by is the genome around the clip and, where that explains its bases worse, the transcripts there:
    a duplicated stretch that reaches from one exon into the next goes on beyond the intron.
    """
    found = np.zeros((len(clusters), 5), dtype=np.int64)
    for i, (contig, position, _) in enumerate(clusters.tolist()):
        start = max(position - NEAR, 0)
        length = int(lengths[i])
        target = genome.codes(loci.contigs[contig], start, position + NEAR)
        score, first, at, strand = _only_place(sequences[i], length, target)
        if score:
            found[i] = score, first, contig, start + at, strand
        if score == length:
            continue
        for places in transcripts_around(loci, contig, position, NEAR):
            spliced = genome.codes(loci.contigs[contig], int(places[0]), int(places[-1]) + 1)[
                places - places[0]
            ]
            score, first, at, strand = _only_place(sequences[i], length, spliced)
            if score >= found[i, 0] + MIN_LEAD:
                found[i] = score, first, contig, places[at], strand
    return found


def _only_place(sequence: Codes, length: int, target: Codes) -> tuple[int, ...]:
    """Return score, inserted bases, position and strand of the one place for a clip in a short stretch, or zeros."""
    hits = np.zeros((2, 4), dtype=np.int64)
    kernel.best_local(sequence, length, target, hits)
    score, first = hits[0, :2].tolist()
    whole = score >= 0.7 * (length - first)
    only = score >= MIN_SCORE_NEAR and score >= hits[1, 0] + MIN_LEAD and first <= MAX_INSERT and whole
    return tuple(hits[0].tolist()) if only else (0, 0, 0, 0)


def _search_exons(sequences: Codes, lengths: Int64Array, loci: Loci, genome: Genome) -> Int64Array:
    """As :func:`_search_near`, in all exons and in antigen-receptor loci."""
    best = np.zeros((len(sequences), 5), dtype=np.int64)
    second = np.zeros(len(sequences), dtype=np.int64)
    word, owner, present = kernel.words_of(sequences, lengths)
    if word.size == 0:
        return best
    found = np.empty((_MAX_FOUND, 3), dtype=np.int64)
    for contig, start, end in _batches(loci.searched_stretches):
        codes, bounds = genome.stretches(loci.contigs[contig], start, end)
        genome.release()  # all exons of the human genome would be nearly all of its file
        n = kernel.find_words(codes, word, owner, present, found)
        for number, cluster, diagonal, strand in _diagonals(found[:n], bounds).tolist():
            target = codes[bounds[number, 0] : bounds[number, 1]]
            score, first, _, _ = kernel.best_segment(
                sequences[cluster], int(lengths[cluster]), target, diagonal, strand
            )
            place = (score, first, contig, int(start[number]) + diagonal + strand * first, strand)
            if tuple(best[cluster, 2:]) == place[2:]:
                continue
            if score > best[cluster, 0]:
                second[cluster] = best[cluster, 0]
                best[cluster] = place
            else:
                second[cluster] = max(second[cluster], score)
    receptor = loci.receptor_at(best[:, 2], best[:, 3]) >= 0
    needed = np.where(receptor, MIN_SCORE_RECEPTOR, MIN_SCORE_FAR)
    sure = (best[:, 0] >= needed) & (best[:, 0] >= second + MIN_LEAD) & (best[:, 1] <= MAX_INSERT)
    return np.where(sure[:, None], best, 0)


def _batches(stretches: Int64Array) -> Iterator[tuple[int, Int64Array, Int64Array]]:
    """Yield contig, starts and ends of stretches that are looked through together, about `_BATCH` bases."""
    total = np.cumsum(stretches[:, 2] - stretches[:, 1])
    change = (np.diff(stretches[:, 0]) != 0) | (np.diff(total // _BATCH) != 0)
    for some in np.split(stretches, np.flatnonzero(change) + 1):
        if len(some):
            yield int(some[0, 0]), some[:, 1], some[:, 2]


def _diagonals(found: Int64Array, bounds: Int64Array) -> Int64Array:
    """Return the diagonals of words, each once and in order: stretch, sequence, diagonal in the stretch, strand."""
    owner, at, strand = found.T
    stretch = np.searchsorted(bounds[:, 1], at, side="right")
    diagonal = at - bounds[stretch, 0] - strand * (owner & 1023)
    return np.unique(np.stack([stretch, owner >> 10, diagonal, strand], axis=1), axis=0)


def as_junctions(clusters: Int64Array, sequences: Codes, hits: Int64Array) -> pd.DataFrame:
    """Return the junctions (columns `JUNCTION`) of clips with hits: score, inserted bases, contig, position, strand."""
    rows = []
    for (contig, position, direction), sequence, (score, first, to, at, strand) in zip(
        clusters.tolist(), sequences, hits.tolist(), strict=True
    ):
        if score == 0:
            continue
        here, there = (contig, position, direction), (to, at, -strand)
        inserted = letters(sequence[:first])
        if here > there:
            here, there, inserted = there, here, reverse_complement(inserted)
        rows.append((*here, *there, inserted))
    return pd.DataFrame(rows, columns=JUNCTION).drop_duplicates(ignore_index=True)


def match_clips(
    clips: Clips,
    junctions: pd.DataFrame,
    alignments: Alignments,
    loci: Loci,
    genome: Genome,
    *,
    strand: int,
) -> pd.DataFrame:
    """Return one row of evidence for each clip and junction that it reads on as, with the fewest differences.

    A chance place behind inserted bases, which explain any clip, would else have the clips of a duplication.

    Parameters
    ----------
    clips
        All clips, single ones too.
    junctions
        Junctions from split reads and from clips (columns `JUNCTION`), settled.
    alignments
        Tells the introns beyond which clips may go on.
    loci, genome
        The annotation and the bases of the genome.
    strand
        Strandedness of the library.
    """
    agreeing = []
    inserted = np.array([len(bases) for bases in junctions["inserted_bases"]], dtype=np.int64)
    for side in ("a", "b"):
        clip, junction, shift = _pairs(clips.table, junctions, side)
        agrees = np.zeros(len(clip), dtype=bool)
        wrong = np.full(len(clip), PATH)
        for numbers, paths in _paths(junctions, side, alignments, loci, genome):
            row = np.full(len(junctions), -1)
            row[numbers] = np.arange(len(numbers))
            asked = np.flatnonzero(row[junction] >= 0)
            fits, differing = kernel.agree_with_junctions(
                clips.codes,
                clips.bounds,
                clip[asked],
                row[junction[asked]],
                shift[asked],
                paths,
                inserted[numbers],
                OWN,
                MAX_ERROR,
            )
            agrees[asked] |= fits
            wrong[asked[fits]] = np.minimum(wrong[asked[fits]], differing[fits])
        agreeing.append((clip[agrees], junction[agrees], wrong[agrees]))
    least = np.full(len(clips.table), PATH)
    for clip, _, wrong in agreeing:
        np.minimum.at(least, clip, wrong)
    found = [
        _evidence(clips, junctions, clip[wrong == least[clip]], junction[wrong == least[clip]], side, strand)
        for side, (clip, junction, wrong) in zip("ab", agreeing, strict=True)
    ]
    rows = pd.concat(found, ignore_index=True)
    return rows.drop_duplicates(["fragment", *SIDES], ignore_index=True)


def _pairs(
    table: pd.DataFrame, junctions: pd.DataFrame, side: str
) -> tuple[Int64Array, Int64Array, Int64Array]:
    """Return the pairs of clips and junctions whose places agree within `OWN` bases, and the shift."""
    key = site_key(
        table["contig"].to_numpy(np.int64),
        table["position"].to_numpy(np.int64),
        table["direction"].to_numpy(np.int64),
    )
    order = np.argsort(key, kind="stable")
    key = key[order]
    contig, position, direction = (
        junctions[f"{name}_{side}"].to_numpy(np.int64) for name in ("contig", "position", "direction")
    )
    clips, numbers, shifts = [], [], []
    for shift in range(-OWN + 2, OWN + 1):
        wanted = site_key(contig, position + shift * direction, direction)
        low = np.searchsorted(key, wanted, side="left")
        n = np.searchsorted(key, wanted, side="right") - low
        number = np.repeat(np.arange(len(junctions)), n)
        within = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
        clips.append(order[np.repeat(low, n) + within])
        numbers.append(number)
        shifts.append(np.full(len(number), shift))
    return np.concatenate(clips), np.concatenate(numbers), np.concatenate(shifts)


def _paths(
    junctions: pd.DataFrame, side: str, alignments: Alignments, loci: Loci, genome: Genome
) -> Iterator[tuple[Int64Array, Codes]]:
    """Yield junctions (numbers) with the last `OWN` bases of a side and the `PATH` bases that follow.

    First along the genome, for all; then beyond the intron near by, for those that have one.
    """
    other = "b" if side == "a" else "a"
    own = _beside(junctions, side, loci, genome, OWN, towards=True)
    beyond = _beside(junctions, other, loci, genome, PATH, towards=False)
    contig, position, direction = (
        junctions[f"{name}_{other}"].to_numpy(np.int64) for name in ("contig", "position", "direction")
    )
    spliced = beyond_introns(contig, position, direction, PATH, alignments, genome)
    inserted = junctions["inserted_bases"].to_numpy()
    for numbers, following in ((np.arange(len(junctions)), beyond), spliced):
        paths = np.concatenate([own[numbers], following], axis=1)
        for i in np.flatnonzero(inserted[numbers] != ""):
            text = inserted[numbers[i]]
            bases = codes_of(text if side == "a" else reverse_complement(text))[:PATH]
            paths[i, OWN:] = np.concatenate([bases, following[i, : PATH - len(bases)]])
        yield numbers, paths


def _beside(
    junctions: pd.DataFrame, side: str, loci: Loci, genome: Genome, length: int, *, towards: bool
) -> Codes:
    """Return the last `length` bases of a side, read towards its breakpoint or away from it."""
    contig, position, direction = (
        junctions[f"{name}_{side}"].to_numpy(np.int64) for name in ("contig", "position", "direction")
    )
    start = np.where(direction > 0, position + 1 - length, position)
    return along_path(genome.windows(loci.contigs, contig, start, length), (direction > 0) == towards)


def bases_before(genome: Genome, contig: str, position: int, direction: int, length: int) -> str:
    """Return the last `length` bases of a side in path order, ending at the breakpoint."""
    if direction > 0:
        return genome.fetch(contig, position + 1 - length, position + 1)
    return reverse_complement(genome.fetch(contig, position, position + length))


def _evidence(
    clips: Clips, junctions: pd.DataFrame, clip: Int64Array, junction: Int64Array, side: str, strand: int
) -> pd.DataFrame:
    table = clips.table.iloc[clip].reset_index(drop=True)
    sides = junctions.iloc[junction].reset_index(drop=True)
    beyond = (table["length"] - sides["inserted_bases"].str.len()).clip(lower=0)
    towards = table["sense"] * table["direction"] * strand  # +1: the clip lies 3' of the aligned part
    return pd.DataFrame(
        {
            "fragment": table["fragment"],
            "alternative": 0,
            "hits": 1,
            "source": "clip",
            **{name: sides[name] for name in SIDES},
            "inserted": sides["inserted_bases"].str.len(),
            "length_a": table["block"] if side == "a" else beyond,
            "length_b": beyond if side == "a" else table["block"],
            "far_a": table["far"] if side == "a" else sides["position_a"],
            "far_b": sides["position_b"] if side == "a" else table["far"],
            "aligned": table["aligned"] + table["length"],
            "mismatches": 0,
            "five_prime": towards if side == "a" else -towards,
            "outer_1": table[["outer_1", "outer_2"]].min(axis=1),
            "outer_2": table[["outer_1", "outer_2"]].max(axis=1),
            "row": table["row"],
            "homology": sides["homology"],
            "inserted_bases": sides["inserted_bases"],
        }
    )


_LETTERS = np.frombuffer(b"ACGTN", dtype=np.uint8)


def letters(codes: Codes) -> str:
    """Return codes as capital letters."""
    return _LETTERS[codes].tobytes().decode("ascii")


def codes_of(bases: str) -> Codes:
    """Return capital letters as codes."""
    return BASE_CODES[np.frombuffer(bases.encode("ascii"), dtype=np.uint8)]
