"""Evidence: from alignment records to one row per fragment and junction.

A junction joins side ``a`` (the smaller contig and position) with side ``b``.  The position of a side
is its outermost base (0-based), its direction says where the partner is attached: +1 downstream
(beyond larger positions), -1 upstream.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.errors import InputError
from leukoscope.formats.bam import Alignments
from leukoscope.kernels import bam_records as records
from leukoscope.kernels.bam_sequence import decode_bases

Int64Array = NDArray[np.int64]

SIDES = ["contig_a", "position_a", "direction_a", "contig_b", "position_b", "direction_b"]

EVIDENCE_COLUMNS = [
    "fragment",  #: hash of the read name
    "alternative",  #: hit index, to tell the alignments of a multi-mapping fragment apart
    "hits",  #: number of alignments
    "source",  #: split, discordant, crossing, spanning, clip, junction
    *SIDES,
    "inserted",  #: length of the bases between the sides, 0 if none
    "length_a",  #: aligned bases next to the breakpoint on side a, up to the first intron
    "length_b",
    "far_a",  #: other end of the alignment on side a, beyond its introns
    "far_b",
    "aligned",  #: aligned bases on both sides, introns or not
    "mismatches",
    "five_prime",  #: +1 if the library's strand says that a is the 5' side, -1 if b, 0 if it cannot tell
    "outer_1",  #: 5' end of the read and of its mate: equal in PCR duplicates
    "outer_2",
    "row",  #: row of the alignments that holds name and bases
]


_UMI = re.compile(r"[:_]([ACGTN]{4,}(?:[-+_][ACGTN]{4,})?)$")
_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


def reverse_complement(bases: str) -> str:
    """Return the other strand."""
    return bases.translate(_COMPLEMENT)[::-1]


def library_strand(alignments: Alignments, *, min_reads: int = 50, min_share: float = 0.85) -> int:
    """Return +1 if first mates read along the transcript, -1 if against it, 0 if unstranded.

    Decided from spliced reads at annotated introns.
    """
    sense = int(alignments.counters[records.N_SENSE])
    antisense = int(alignments.counters[records.N_ANTISENSE])
    if max(sense, antisense) < max(min_reads, min_share * (sense + antisense)):
        return 0
    return 1 if sense > antisense else -1


def collect_evidence(alignments: Alignments, *, strand: int) -> pd.DataFrame:
    """Return split reads, discordant mates and gaps between genes, one row per fragment alignment.

    Parameters
    ----------
    alignments
        What the scan kept.
    strand
        Strandedness of the library, see :func:`library_strand`.

    Returns
    -------
    Columns `EVIDENCE_COLUMNS`, see :func:`in_order_of_names`.
    """
    rows = alignments.rows
    chimeric = np.flatnonzero(rows[:, records.KIND] & (records.SPLIT | records.DISCORDANT))
    supplementary = chimeric[(rows[chimeric, records.FLAG] & 0x800) > 0]
    ordinary = chimeric[(rows[chimeric, records.FLAG] & 0x800) == 0]
    found = pd.concat(
        [
            _split_reads(rows, ordinary, supplementary, strand),
            _discordant_mates(rows, ordinary, supplementary, strand),
            _gaps(rows, np.flatnonzero(rows[:, records.KIND] & records.CROSSING), "crossing", strand),
            _gaps(rows, np.flatnonzero(rows[:, records.KIND] & records.SPANNING), "spanning", strand),
        ],
        ignore_index=True,
    )
    return in_order_of_names(found.sort_values("row", kind="stable"))


def in_order_of_names(evidence: pd.DataFrame) -> pd.DataFrame:
    """Return the evidence in an order that does not depend on that of the file, which several threads of STAR wrote."""
    return evidence.sort_values(["fragment", *SIDES], kind="stable", ignore_index=True)


def inserted_bases(alignments: Alignments, evidence: pd.DataFrame) -> list[str]:
    """Return the bases between the two sides of each split read, written from side a to side b."""
    found = [""] * len(evidence)
    inserted = np.flatnonzero((evidence["source"] == "split") & (evidence["inserted"] > 0))
    told = ["row", "inserted", "contig_a", "position_a", "direction_a", "direction_b"]
    for at, row in zip(inserted.tolist(), evidence[told].iloc[inserted].to_dict("records"), strict=True):
        found[at] = _between(alignments, row)
    return found


def molecule_identifiers(alignments: Alignments, evidence: pd.DataFrame, where: str) -> pd.Series:
    """Return the unique molecular identifier (UMI) of each fragment, as text or as a hash.

    Parameters
    ----------
    alignments, evidence
        The records, and the fragments whose `row` names one.
    where
        ``name``: what follows the last ``:`` or ``_`` of the read's name; ``tag``: the tag RX or UB.

    Raises
    ------
    InputError
        If no fragment has one.
    """
    rows = evidence["row"].to_numpy(np.int64)
    if where == "tag":
        found = pd.Series(alignments.rows[rows, records.UMI], index=evidence.index)
        present = found != 0
    else:
        told = [_UMI.search(alignments.name(row)) for row in rows.tolist()]
        found = pd.Series([match.group(1) if match else "" for match in told], index=evidence.index)
        present = found != ""
    if len(found) and not present.any():
        place = "tag RX or UB" if where == "tag" else "name that ends in ':' or '_' and a UMI"
        raise InputError(
            f"--umi {where}: none of the {len(found)} chimeric reads has a {place}"
            + (f" (e.g. '{alignments.name(int(rows[0]))}')." if where == "name" else ".")
        )
    return found


def _between(alignments: Alignments, row: dict[Any, Any]) -> str:
    record, length = alignments.rows[row["row"]], row["inserted"]
    bases = read_bases(alignments, row["row"])
    edge = record[records.END] - 1 if row["direction_a"] > 0 else record[records.START]
    on_a = record[records.CONTIG] == row["contig_a"] and edge == row["position_a"]
    if (row["direction_a"] if on_a else row["direction_b"]) > 0:
        outside = len(bases) - int(record[records.CLIP_RIGHT])
        leaving = bases[outside : outside + length]
    else:
        outside = int(record[records.CLIP_LEFT])
        leaving = reverse_complement(bases[outside - length : outside])
    return leaving if on_a else reverse_complement(leaving)


def read_bases(alignments: Alignments, row: int) -> str:
    """Return the bases of a kept record as they stand in the file (forward strand)."""
    record = alignments.rows[row]
    codes = decode_bases(
        alignments.store, int(record[records.SEQUENCE_AT]), int(record[records.SEQUENCE_LENGTH])
    )
    return codes.tobytes().decode("ascii")


def _key(rows: Int64Array, index: Int64Array, *, by_mate: bool, other_mate: bool = False) -> Int64Array:
    """Return a key equal for the records of one alignment of a fragment (or of one of its mates, or the other)."""
    mixed = rows[index, records.NAME_HASH].astype(np.uint64)
    mixed ^= rows[index, records.HIT_INDEX].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    if by_mate:
        mate = (rows[index, records.FLAG] & 0xC0) ^ (0xC0 if other_mate else 0)
        mixed ^= mate.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
    return np.asarray(mixed.view(np.int64))


def _match(keys: Int64Array, wanted: Int64Array) -> Int64Array:
    """Return for each wanted key the place of its only occurrence in `keys`; -1 if none or several."""
    order = np.argsort(keys, kind="stable")
    left = np.searchsorted(keys[order], wanted, side="left")
    right = np.searchsorted(keys[order], wanted, side="right")
    if not len(keys):
        return np.full(len(wanted), -1, dtype=np.int64)
    return np.asarray(np.where(right - left == 1, order[np.minimum(left, len(keys) - 1)], -1))


def _five_prime_end(rows: Int64Array, index: Int64Array) -> Int64Array:
    """Return the outermost position of the read's 5' end, clipped bases included."""
    reverse = (rows[index, records.FLAG] & 0x10) > 0
    right = rows[index, records.END] + rows[index, records.CLIP_RIGHT]
    left = rows[index, records.START] - rows[index, records.CLIP_LEFT]
    return np.asarray(np.where(reverse, right, left))


def _is_sense(rows: Int64Array, index: Int64Array, strand: int) -> Int64Array:
    """Return +1 where a read runs along the transcript, -1 where against it, 0 if unknown."""
    first_mate = (rows[index, records.FLAG] & 0x80) == 0
    return np.where(first_mate, strand, -strand).astype(np.int64)


def _split_reads(
    rows: Int64Array, ordinary: Int64Array, supplementary: Int64Array, strand: int
) -> pd.DataFrame:
    """Join each supplementary record with the primary one of the same read."""
    clipped = ordinary[np.maximum(rows[ordinary, records.CLIP_LEFT], rows[ordinary, records.CLIP_RIGHT]) > 0]
    extra_keys = _key(rows, supplementary, by_mate=True)
    partner = _match(_key(rows, clipped, by_mate=True), extra_keys)
    alone = _match(extra_keys, extra_keys) >= 0  # a read in three parts is left out
    use = (partner >= 0) & alone if len(clipped) else np.zeros(len(supplementary), dtype=bool)
    p, s = clipped[partner[use]], supplementary[use]
    p_from, p_to = _query_interval(rows, p)
    s_from, s_to = _query_interval(rows, s)
    p_first = p_from < s_from
    first, second = np.where(p_first, p, s), np.where(p_first, s, p)
    gap = np.where(p_first, s_from - p_to, p_from - s_to)
    f_reverse = (rows[first, records.FLAG] & 0x10) > 0
    s_reverse = (rows[second, records.FLAG] & 0x10) > 0
    overlap = np.maximum(-gap, 0)
    position_f = np.where(f_reverse, rows[first, records.START], rows[first, records.END] - 1)
    position_s = np.where(
        s_reverse, rows[second, records.END] - 1 - overlap, rows[second, records.START] + overlap
    )
    mate = _mate_end(rows, ordinary, p)
    far = [
        np.where(towards_right, rows[part, records.START], rows[part, records.END] - 1)
        for part, towards_right in ((first, ~f_reverse), (second, s_reverse))
    ]
    blocks = [
        np.where(towards_right, rows[part, records.RIGHT_BLOCK], rows[part, records.LEFT_BLOCK])
        for part, towards_right in ((first, ~f_reverse), (second, s_reverse))
    ]
    return _canonical(
        "split",
        rows,
        p,
        contig=(rows[first, records.CONTIG], rows[second, records.CONTIG]),
        position=(position_f, position_s),
        direction=(np.where(f_reverse, -1, 1), np.where(s_reverse, 1, -1)),
        length=(blocks[0], blocks[1] - overlap),
        far=(far[0], far[1]),
        aligned=rows[p, records.ALIGNED] + rows[s, records.ALIGNED],
        inserted=np.maximum(gap, 0),
        mismatches=rows[p, records.MISMATCHES] + rows[s, records.MISMATCHES],
        first_is_five_prime=_is_sense(rows, p, strand),
        outer=(_five_prime_end(rows, first), mate),
    )


def _mate_end(rows: Int64Array, ordinary: Int64Array, reads: Int64Array) -> Int64Array:
    """Return the 5' end of the mates; where the mate was not kept, its start."""
    at = _match(_key(rows, ordinary, by_mate=True, other_mate=True), _key(rows, reads, by_mate=True))
    ends = _five_prime_end(rows, ordinary)
    return np.where(at >= 0, ends[at] if len(ends) else 0, rows[reads, records.MATE_START])


def _query_interval(rows: Int64Array, index: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Return which part of the read, in the order of sequencing, a record aligns."""
    left, right = rows[index, records.CLIP_LEFT], rows[index, records.CLIP_RIGHT]
    reverse = (rows[index, records.FLAG] & 0x10) > 0
    aligned = rows[index, records.ALIGNED]
    start = np.where(reverse, right, left)
    return start, start + aligned


def _discordant_mates(
    rows: Int64Array, ordinary: Int64Array, supplementary: Int64Array, strand: int
) -> pd.DataFrame:
    """Join the two mates of pairs that are not proper and have no supplementary record."""
    split = np.isin(_key(rows, ordinary, by_mate=False), _key(rows, supplementary, by_mate=False))
    improper = (rows[ordinary, records.FLAG] & 0xB) == 0x1
    left = ordinary[~split & improper]
    first = left[(rows[left, records.FLAG] & 0x40) > 0]
    second = left[(rows[left, records.FLAG] & 0x80) > 0]
    partner = _match(_key(rows, second, by_mate=False), _key(rows, first, by_mate=False))
    alone = _match(_key(rows, first, by_mate=False), _key(rows, first, by_mate=False)) >= 0
    use = (partner >= 0) & alone if len(second) else np.zeros(len(first), dtype=bool)
    one, two = first[use], second[partner[use]]
    positions, directions, far = [], [], []
    for mate in (one, two):
        reverse = (rows[mate, records.FLAG] & 0x10) > 0
        positions.append(np.where(reverse, rows[mate, records.START], rows[mate, records.END] - 1))
        directions.append(np.where(reverse, -1, 1))
        far.append(np.where(reverse, rows[mate, records.END] - 1, rows[mate, records.START]))
    return _canonical(
        "discordant",
        rows,
        one,
        contig=(rows[one, records.CONTIG], rows[two, records.CONTIG]),
        position=(positions[0], positions[1]),
        direction=(directions[0], directions[1]),
        length=(rows[one, records.ALIGNED], rows[two, records.ALIGNED]),
        far=(far[0], far[1]),
        aligned=rows[one, records.ALIGNED] + rows[two, records.ALIGNED],
        inserted=np.zeros(len(one), dtype=np.int64),
        mismatches=rows[one, records.MISMATCHES] + rows[two, records.MISMATCHES],
        first_is_five_prime=_is_sense(rows, one, strand),
        outer=(_five_prime_end(rows, one), _five_prime_end(rows, two)),
    )


def _gaps(rows: Int64Array, index: Int64Array, source: str, strand: int) -> pd.DataFrame:
    """Return introns (or gaps between proper mates) that join different genes."""
    contig = rows[index, records.CONTIG]
    crossing = source == "crossing"
    left = rows[index, records.GAP_START] if crossing else rows[index, records.END]
    right = rows[index, records.GAP_END] if crossing else rows[index, records.MATE_START]
    forward = np.where((rows[index, records.FLAG] & 0x10) > 0, -1, 1)
    return _canonical(
        source,
        rows,
        index,
        contig=(contig, contig),
        position=(left - 1, right),
        direction=(np.ones_like(left), -np.ones_like(left)),
        length=(rows[index, records.LEFT_BLOCK], rows[index, records.RIGHT_BLOCK]),
        far=(rows[index, records.START], np.maximum(rows[index, records.END] - 1, right)),
        aligned=rows[index, records.ALIGNED],
        inserted=np.zeros_like(left),
        mismatches=rows[index, records.MISMATCHES],
        first_is_five_prime=forward * _is_sense(rows, index, strand),
        outer=(_five_prime_end(rows, index), rows[index, records.MATE_START]),
    )


def _canonical(
    source: str,
    rows: Int64Array,
    index: Int64Array,
    *,
    contig: tuple[Int64Array, Int64Array],
    position: tuple[Int64Array, Int64Array],
    direction: tuple[Int64Array, Int64Array],
    length: tuple[Int64Array, Int64Array],
    far: tuple[Int64Array, Int64Array],
    aligned: Int64Array,
    inserted: Int64Array,
    mismatches: Int64Array,
    first_is_five_prime: Int64Array,
    outer: tuple[Int64Array, Int64Array],
) -> pd.DataFrame:
    """Return the table with the smaller side first; pairs are given in the order of reading."""
    swap = (contig[0] > contig[1]) | (
        (contig[0] == contig[1])
        & ((position[0] > position[1]) | ((position[0] == position[1]) & (direction[0] > direction[1])))
    )

    def side(pair: tuple[Int64Array, Int64Array], second: bool) -> Int64Array:
        return np.where(swap != second, pair[1], pair[0])

    return pd.DataFrame(
        {
            "fragment": rows[index, records.NAME_HASH],
            "alternative": rows[index, records.HIT_INDEX],
            "hits": rows[index, records.HITS],
            "source": np.full(len(index), source, dtype=object),
            "contig_a": side(contig, False),
            "position_a": side(position, False),
            "direction_a": side(direction, False),
            "contig_b": side(contig, True),
            "position_b": side(position, True),
            "direction_b": side(direction, True),
            "inserted": inserted,
            "length_a": side(length, False),
            "length_b": side(length, True),
            "far_a": side(far, False),
            "far_b": side(far, True),
            "aligned": aligned,
            "mismatches": mismatches,
            "five_prime": np.where(swap, -first_is_five_prime, first_is_five_prime),
            "outer_1": np.minimum(*outer),
            "outer_2": np.maximum(*outer),
            "row": index,
        }
    )
