"""Walk over the bytes of BAM records: coverage, introns, and the few records that tell of a rearrangement.

The layout of a record is that of the SAM specification, section 4.2 (all integers little-endian).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import scratch_njit

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

# Columns of an emitted row (int64).
NAME_HASH, KIND, FLAG, CONTIG, START, END, CLIP_LEFT, CLIP_RIGHT = range(8)
MATE_CONTIG, MATE_START, TEMPLATE, HITS, HIT_INDEX, MISMATCHES = range(8, 14)
GAP_START, GAP_END, LEFT_BLOCK, RIGHT_BLOCK = range(14, 18)
SEQUENCE_AT, SEQUENCE_LENGTH, NAME_AT, NAME_LENGTH, ALIGNED, UMI = range(18, 24)
N_COLUMNS = 24

# Bits of KIND.
SPLIT, DISCORDANT, CLIPPED, CROSSING, SPANNING, INSERTED = 1, 2, 4, 8, 16, 32

# Columns of the intron table (int64): an empty place has INTRON_KEY -1.
INTRON_KEY, INTRON_END, INTRON_UNIQUE, INTRON_MULTIPLE, INTRON_OVERHANG, INTRON_STRAND = range(6)

# Counters.
N_RECORDS, N_SENSE, N_ANTISENSE, N_INTRONS, N_PRIMARY, LONGEST_READ = range(6)
N_COUNTERS = 6

COVERAGE_BIN = 32  #: bases per coverage bin
MIN_CLIP = 12  #: shortest clip that is looked at
MIN_INSERTION = 6  #: shortest insertion that is looked at as a duplication
MIN_MATE_GAP = 1000  #: a gap between mates below this is an ordinary fragment


@scratch_njit
def int32_at(data: Bytes, at: Any) -> Any:
    """Return the little-endian int32 at byte `at`."""
    first = np.uint64(at)
    value = (
        np.uint32(data[first])
        | (np.uint32(data[first + np.uint64(1)]) << np.uint32(8))
        | (np.uint32(data[first + np.uint64(2)]) << np.uint32(16))
        | (np.uint32(data[first + np.uint64(3)]) << np.uint32(24))
    )
    return np.int64(np.int32(value))


@scratch_njit
def name_hash(data: Bytes, at: Any, length: Any) -> Any:
    """Return the 64-bit FNV-1a hash of `length` bytes."""
    value = np.uint64(14695981039346656037)
    for i in range(at, at + length):
        value = (value ^ np.uint64(data[i])) * np.uint64(1099511628211)
    return np.int64(value)


@scratch_njit
def last_gene_before(gene_start: Ints, first: Any, last: Any, position: Any) -> Any:
    """Return the last of the genes ``first:last`` that starts at or before a position; first - 1 if none."""
    while first < last:
        middle = (first + last) >> 1
        if gene_start[middle] <= position:
            first = middle + 1
        else:
            last = middle
    return first - 1


@scratch_njit
def shares_gene(
    gene_bounds: Ints, gene_start: Ints, gene_end: Ints, gene_reach: Ints, contig: Any, left: Any, right: Any
) -> Any:
    """Tell how two positions of a contig, the left one first, lie to its genes.

    Returns 1 if one gene holds both, 0 if none holds either, -1 if a gene holds one of them only.
    """
    first, last = gene_bounds[contig], gene_bounds[contig + 1]
    touched = 0
    at = last_gene_before(gene_start, first, last, left)
    while at >= first and gene_reach[at] > left:
        if gene_end[at] > right:
            return 1
        if gene_end[at] > left:
            touched = -1
        at -= 1
    if touched == 0:
        at = last_gene_before(gene_start, first, last, right)
        while at >= first and gene_reach[at] > right:
            if gene_end[at] > right:
                return -1
            at -= 1
    return touched


@scratch_njit
def intron_slot(table: Ints, key: Any, end: Any) -> Any:
    """Return where an intron stands in the open-addressing table, or the empty place for it."""
    mask = table.shape[0] - 1
    mixed = (np.uint64(key) ^ (np.uint64(end) << np.uint64(17))) * np.uint64(0x9E3779B97F4A7C15)
    at = np.int64(mixed >> np.uint64(24)) & mask
    while table[at, INTRON_KEY] != -1 and (table[at, INTRON_KEY] != key or table[at, INTRON_END] != end):
        at = (at + 1) & mask
    return at


@scratch_njit
def add_intron(table: Ints, counters: Ints, key: Any, end: Any) -> Any:
    """Return the place of an intron, entering it if it is new."""
    at = intron_slot(table, key, end)
    if table[at, INTRON_KEY] == -1:
        table[at, INTRON_KEY] = key
        table[at, INTRON_END] = end
        counters[N_INTRONS] += 1
    return at


@scratch_njit
def enter_introns(table: Ints, counters: Ints, keys: Ints, ends: Ints, strands: Ints) -> None:
    """Enter annotated introns with their strand (+1, -1; 2 if both)."""
    for i in range(keys.size):
        at = add_intron(table, counters, keys[i], ends[i])
        known = table[at, INTRON_STRAND]
        table[at, INTRON_STRAND] = strands[i] if known in (0, strands[i]) else 2


@scratch_njit
def copy_introns(table: Ints, larger: Ints) -> None:
    """Enter the rows of one table into a larger, empty one."""
    for i in range(table.shape[0]):
        if table[i, INTRON_KEY] != -1:
            at = intron_slot(larger, table[i, INTRON_KEY], table[i, INTRON_END])
            for column in range(table.shape[1]):  # a whole row at once would ask for memory
                larger[at, column] = table[i, column]


@scratch_njit
def read_tags(data: Bytes, at: Any, stop: Any, row: Ints) -> Any:
    """Read NH, HI, NM, SA and ch into `row`; return 1 if the record is marked as chimeric."""
    chimeric = 0
    value: Any = 0
    size: Any = 0
    while at + 3 < stop:
        first, second, kind = data[at], data[at + 1], data[at + 2]
        at += 3
        if kind == 65 or kind == 99 or kind == 67:  # A c C
            value, size = np.int64(data[at]), 1
        elif kind == 115 or kind == 83:  # s S
            value, size = np.int64(data[at]) | (np.int64(data[at + 1]) << 8), 2
        elif kind == 105 or kind == 73 or kind == 102:  # i I f
            value, size = int32_at(data, at), 4
        elif kind == 66:  # B
            width = 1 if data[at] in (99, 67) else (2 if data[at] in (115, 83) else 4)
            value, size = 0, 5 + width * int32_at(data, at + 1)
        else:  # Z H
            value, size = 0, 1
            while data[at + size - 1] != 0:
                size += 1
        if first == 78 and second == 72:  # NH
            row[HITS] = value
        elif first == 72 and second == 73:  # HI
            row[HIT_INDEX] = value
        elif first == 78 and second == 77:  # NM
            row[MISMATCHES] = value
        elif kind == 90 and ((first == 82 and second == 88) or (first == 85 and second == 66)):  # RX UB
            row[UMI] = name_hash(data, at, size - 1)
        elif (first == 83 and second == 65) or (first == 99 and second == 104):  # SA ch
            chimeric = 1
        at += size
    return chimeric


@scratch_njit
def walk_cigar(
    data: Bytes,
    at: Any,
    n_operations: Any,
    row: Ints,
    coverage: NDArray[np.uint32],
    covered_from: Any,
    counts_coverage: bool,
) -> Any:
    """Fill clips, end and outer blocks of `row`, add to the coverage; return the gaps met.

    Returns (number of introns, offset of a long insertion or -1, its length).
    """
    position: Any = row[START]
    query: Any = np.int64(0)
    block: Any = np.int64(0)
    first_block: Any = np.int64(-1)
    insertion: Any = np.int64(-1)
    n_introns, insertion_length = 0, np.int64(0)
    for i in range(n_operations):
        word = int32_at(data, at + 4 * i) & 0xFFFFFFFF
        operation, length = word & 15, word >> 4
        if operation in (0, 7, 8):  # M = X
            if counts_coverage:
                low = covered_from + position // COVERAGE_BIN
                for b in range(low, covered_from + (position + length - 1) // COVERAGE_BIN + 1):
                    coverage[b] += 1
            position += length
            query += length
            block += length
            row[ALIGNED] += length
        elif operation == 3:  # N
            n_introns += 1
            first_block = block if first_block < 0 else first_block
            block = 0
            position += length
        elif operation == 2:  # D
            position += length
        elif operation == 1:  # I
            if length >= MIN_INSERTION:
                insertion, insertion_length = position, length
                row[GAP_START] = query
            query += length
            row[ALIGNED] += length
        elif operation in (4, 5):  # S H
            if i == 0 or (i == 1 and query == 0):
                row[CLIP_LEFT] += length
            else:
                row[CLIP_RIGHT] += length
            query += length if operation == 4 else 0
    row[END] = position
    row[LEFT_BLOCK] = block if first_block < 0 else first_block
    row[RIGHT_BLOCK] = block
    return n_introns, insertion, insertion_length


@scratch_njit
def count_introns(
    data: Bytes, at: Any, n_operations: Any, row: Ints, genes: tuple[Ints, ...], introns: Ints, counters: Ints
) -> Any:
    """Count every intron of a record; return 1 and fill the gap if one joins different genes."""
    gene_bounds, gene_start, gene_end, gene_reach = genes
    position: Any = row[START]
    block: Any = np.int64(0)
    crossing = 0
    for i in range(n_operations):
        word = int32_at(data, at + 4 * i) & 0xFFFFFFFF
        operation, length = word & 15, word >> 4
        if operation == 3:
            slot = add_intron(introns, counters, (row[CONTIG] << 32) | position, position + length)
            following = (int32_at(data, at + 4 * (i + 1)) & 0xFFFFFFFF) >> 4 if i + 1 < n_operations else 0
            introns[slot, INTRON_UNIQUE if row[HITS] <= 1 else INTRON_MULTIPLE] += 1
            introns[slot, INTRON_OVERHANG] = max(introns[slot, INTRON_OVERHANG], min(block, following))
            strand = introns[slot, INTRON_STRAND]
            if strand == 1 or strand == -1:
                forward = ((row[FLAG] >> 4) & 1) == ((row[FLAG] >> 7) & 1)  # as the first mate reads
                counters[N_SENSE if forward == (strand == 1) else N_ANTISENSE] += 1
            elif strand == 0 and not crossing:
                beside = shares_gene(
                    gene_bounds,
                    gene_start,
                    gene_end,
                    gene_reach,
                    row[CONTIG],
                    position - 1,
                    position + length,
                )
                if beside < 0:
                    crossing = 1
                    row[GAP_START], row[GAP_END] = position, position + length
        if operation in (0, 2, 3, 7, 8):
            position += length
        block = length if operation in (0, 7, 8) else 0
    return crossing


@scratch_njit
def spans_genes(row: Ints, genes: tuple[Ints, ...]) -> Any:
    """Tell whether the gap between the mates of an ordinary pair joins different genes."""
    gene_bounds, gene_start, gene_end, gene_reach = genes
    leftmost = row[FLAG] & 0x3 == 0x3 and row[FLAG] & 0x30 == 0x20 and row[CONTIG] == row[MATE_CONTIG]
    if not leftmost or row[MATE_START] - row[END] < MIN_MATE_GAP:
        return False
    return (
        shares_gene(gene_bounds, gene_start, gene_end, gene_reach, row[CONTIG], row[END] - 1, row[MATE_START])
        < 0
    )


@scratch_njit
def classify(
    data: Bytes,
    at: Any,
    stop: Any,
    row: Ints,
    coverage: NDArray[np.uint32],
    coverage_bounds: Ints,
    genes: tuple[Ints, ...],
    introns: Ints,
    counters: Ints,
) -> Any:
    """Fill `row` from one record of a mapped read and return what it is evidence of (bits)."""
    row[:] = 0
    row[CONTIG], row[START] = int32_at(data, at), int32_at(data, at + 4)
    length_of_name = np.int64(data[at + 8])
    n_operations = np.int64(data[at + 12]) | (np.int64(data[at + 13]) << 8)
    row[FLAG] = np.int64(data[at + 14]) | (np.int64(data[at + 15]) << 8)
    row[SEQUENCE_LENGTH] = int32_at(data, at + 16)
    row[MATE_CONTIG], row[MATE_START] = int32_at(data, at + 20), int32_at(data, at + 24)
    row[TEMPLATE], row[NAME_LENGTH] = int32_at(data, at + 28), length_of_name - 1
    cigar = at + 32 + length_of_name
    row[SEQUENCE_AT] = cigar + 4 * n_operations
    row[NAME_AT] = at + 32
    row[HITS] = 1
    length = row[SEQUENCE_LENGTH]
    chimeric = read_tags(data, row[SEQUENCE_AT] + (length + 1) // 2 + length, stop, row)
    primary = row[FLAG] & 0x900 == 0
    counters[N_PRIMARY] += primary
    counters[LONGEST_READ] = max(counters[LONGEST_READ], length)
    n_introns, insertion, inserted = walk_cigar(
        data, cigar, n_operations, row, coverage, coverage_bounds[row[CONTIG]], primary
    )
    kind = SPLIT if chimeric or row[FLAG] & 0x800 else 0
    if row[FLAG] & 0xF == 0x1:
        kind |= DISCORDANT
    if primary and n_introns and count_introns(data, cigar, n_operations, row, genes, introns, counters):
        kind |= CROSSING
    elif primary and insertion >= 0:
        kind |= INSERTED
        row[GAP_END] = inserted
        row[TEMPLATE] = insertion
    if primary and not kind & (SPLIT | CROSSING) and spans_genes(row, genes):
        kind |= SPANNING
    if primary and max(row[CLIP_LEFT], row[CLIP_RIGHT]) >= MIN_CLIP:
        kind |= CLIPPED
    return kind


@scratch_njit
def copy_bytes(data: Bytes, at: Any, length: Any, store: Bytes, to: Any) -> Any:
    """Copy bytes into the store and return where the next ones go."""
    for i in range(length):
        store[to + i] = data[at + i]
    return to + length


@scratch_njit
def end_of_records(data: Bytes) -> Any:
    """Return where the last whole record in `data` ends; 0 if none is whole."""
    at = np.int64(0)
    while at + 4 <= data.size:
        stop = at + 4 + int32_at(data, at)
        if stop > data.size:
            break
        at = stop
    return at


@scratch_njit
def walk_records(
    data: Bytes,
    coverage: NDArray[np.uint32],
    coverage_bounds: Ints,
    genes: tuple[Ints, ...],
    introns: Ints,
    counters: Ints,
    rows: Ints,
    store: Bytes,
) -> Any:
    """Walk over the whole records in `data` and emit those that tell of a rearrangement.

    Parameters
    ----------
    data
        Bytes of whole BAM records; uint8.
    coverage, coverage_bounds
        Counts per bin of `COVERAGE_BIN` bases (uint32), and the first bin of each contig (int64).
    genes
        Offsets by contig, starts, ends and running maxima of ends of the genes (int64 each).
    introns
        Open-addressing table; must stay at most half full.
    counters
        int64; see the ``N_...`` indices.
    rows, store
        Filled: one row for each emitted record (int64, `N_COLUMNS`), and its packed bases and name.

    Returns
    -------
    Bytes consumed, rows filled, bytes of the store filled.
    """
    at, n_rows, n_stored = np.int64(0), 0, np.int64(0)
    limit = introns.shape[0] // 2
    while at < data.size and n_rows < rows.shape[0] and counters[N_INTRONS] < limit:
        stop = at + 4 + int32_at(data, at)
        start = at + 4
        at = stop
        counters[N_RECORDS] += 1
        flag = np.int64(data[start + 14]) | (np.int64(data[start + 15]) << 8)
        if flag & 0x604 or int32_at(data, start) < 0:  # unmapped, failed, duplicate
            continue
        row = rows[n_rows]
        row[KIND] = classify(data, start, stop, row, coverage, coverage_bounds, genes, introns, counters)
        if row[KIND] == 0:
            continue
        row[NAME_HASH] = name_hash(data, row[NAME_AT], row[NAME_LENGTH])
        name_at = copy_bytes(data, row[SEQUENCE_AT], (row[SEQUENCE_LENGTH] + 1) // 2, store, n_stored)
        end_of_name = copy_bytes(data, row[NAME_AT], row[NAME_LENGTH], store, name_at)
        row[SEQUENCE_AT], row[NAME_AT], n_stored = n_stored, name_at, end_of_name
        n_rows += 1
    return at, n_rows, n_stored
