"""BAM alignments: BGZF blocks inflated on several threads, records walked by a compiled kernel."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InputError
from leukoscope.formats.bgzf import Part, in_order, inflate_blocks, open_bam
from leukoscope.genemodel import GeneModel
from leukoscope.kernels import bam_records as records
from leukoscope.tables.fusions import SPLICE_JUNCTIONS

if TYPE_CHECKING:
    import pandas as pd

_MANY = 1 << 17  #: introns entered before the table is looked at

Int64Array = NDArray[np.int64]


@dataclass(frozen=True)
class Alignments:
    """What one pass over a BAM file kept.

    `rows` holds one emitted record per row, columns as in :mod:`leukoscope.kernels.bam_records`;
    `store` the packed bases and the names that the rows point to.  `introns` has one row per
    distinct intron with its counts, annotated ones included.
    """

    contigs: tuple[str, ...]
    lengths: tuple[int, ...]
    rows: Int64Array  #: (n, N_COLUMNS)
    store: NDArray[np.uint8]
    introns: Int64Array  #: (k, 6), sorted by contig, start and end
    coverage: NDArray[np.uint32]  #: reads per bin of COVERAGE_BIN bases
    coverage_bounds: Int64Array  #: first bin of each contig
    counters: Int64Array  #: see the N_... indices of the kernel

    def name(self, row: int) -> str:
        """Return the name of the read in `row`."""
        start = int(self.rows[row, records.NAME_AT])
        return self.store[start : start + int(self.rows[row, records.NAME_LENGTH])].tobytes().decode("ascii")

    def coverage_at(self, contig: Int64Array, position: Int64Array) -> Int64Array:
        """Return the number of reads in the bin that holds each position."""
        at = self.coverage_bounds[contig] + position // records.COVERAGE_BIN
        inside = at < self.coverage_bounds[contig + 1]
        return np.where(inside, self.coverage[np.where(inside, at, 0)], 0).astype(np.int64)


def scan_alignments(path: Path | str, model: GeneModel, *, threads: int = 1) -> Alignments:
    """Read a BAM file (``-`` for standard input) once and keep what tells of rearrangements.

    Kept are chimeric and discordant records, records with long clips or insertions, introns and
    mate gaps that join different genes; of all others only coverage and intron counts.

    Parameters
    ----------
    path
        A BAM file in any order.
    model
        The annotation; contigs are matched by name.
    threads
        Threads that inflate and walk; the result does not depend on them.

    Raises
    ------
    InputError
        If the file is missing, not BAM, or cut short, or shares no contig with the annotation.
    """
    source = "standard input" if str(path) == "-" else Path(path).name
    threads = max(threads, 1)
    with open_bam(path) as stream, workers(threads) as pool:
        parts = inflate_blocks(stream, source, pool, threads)
        contigs, lengths, first = read_header(parts, source)
        if not set(contigs) & set(model.contigs.tolist()):
            raise InputError(
                f"{source}: none of its {len(contigs)} contigs (e.g. '{contigs[0] if contigs else ''}') is in the "
                f"annotation (e.g. '{model.contigs[0]}'); do both use the same names?"
            )
        whole = _whole_records(chain([first], parts), source)
        tallies = _Tallies(contigs, lengths, model, threads)
        return _joined(in_order(tallies.walk, whole, pool, threads), tallies, contigs, lengths)


def workers(threads: int) -> AbstractContextManager[Executor | None]:
    """Return a pool of threads, none for one thread."""
    return ThreadPoolExecutor(threads) if threads > 1 else nullcontext()


def splice_junctions(alignments: Alignments) -> pd.DataFrame:
    """Return the introns that reads span (:data:`~leukoscope.tables.fusions.SPLICE_JUNCTIONS`)."""
    import pandas as pd

    table = alignments.introns
    reads = table[:, [records.INTRON_UNIQUE, records.INTRON_MULTIPLE]]
    table, reads = table[reads.any(axis=1)], reads[reads.any(axis=1)]
    names = np.array(alignments.contigs, dtype=object)
    frame = {
        "contig": names[table[:, records.INTRON_KEY] >> 32],
        "start": table[:, records.INTRON_KEY] & 0xFFFFFFFF,
        "end": table[:, records.INTRON_END],
        "strand": [{1: "+", -1: "-"}.get(strand, ".") for strand in table[:, records.INTRON_STRAND].tolist()],
        "unique": reads[:, 0],
        "multiple": reads[:, 1],
        "overhang": table[:, records.INTRON_OVERHANG],
    }
    return SPLICE_JUNCTIONS.check(pd.DataFrame(frame))


def read_header(parts: Iterator[Part], source: str) -> tuple[tuple[str, ...], tuple[int, ...], Part]:
    """Return contig names, their lengths, and a part that holds the bytes after the header.

    Raises
    ------
    InputError
        If it is no header of a BAM file.
    """
    data = b""
    for part in parts:
        data += part.cut(0)
        if data[:4] != b"BAM\x01":
            raise InputError(f"{source}: not a BAM file.")
        parsed = _parse_header(data)
        if parsed is not None:
            names, lengths, rest = parsed
            part.put_before(rest)
            return names, lengths, part
        part.free()
    raise InputError(f"{source}: not a BAM file (its header is cut short).")


def _parse_header(data: bytes) -> tuple[tuple[str, ...], tuple[int, ...], bytes] | None:
    try:
        (length,) = struct.unpack_from("<i", data, 4)
        (n_contigs,) = struct.unpack_from("<i", data, 8 + length)
        at, names, lengths = 12 + length, [], []
        for _ in range(n_contigs):
            (n_name,) = struct.unpack_from("<i", data, at)
            names.append(data[at + 4 : at + 3 + n_name].decode("ascii"))
            lengths.append(struct.unpack_from("<i", data, at + 4 + n_name)[0])
            at += 8 + n_name
    except struct.error:
        return None
    return tuple(names), tuple(lengths), data[at:]


@dataclass
class _Tally:
    """What one thread counts; the sum over all does not depend on which thread read what."""

    coverage: NDArray[np.uint32]
    introns: Int64Array
    n_introns: int


@dataclass(frozen=True)
class _Walked:
    """What one part of a file kept; places in the store count from the part's own start."""

    rows: Int64Array
    store: NDArray[np.uint8]
    counters: Int64Array


class _Tallies:
    """What the walk counts, for each thread, and the annotation that it asks."""

    def __init__(
        self, contigs: tuple[str, ...], lengths: tuple[int, ...], model: GeneModel, threads: int
    ) -> None:
        bins = [n // records.COVERAGE_BIN + 1 for n in lengths]
        self.bounds = np.concatenate([[0], np.cumsum(bins)]).astype(np.int64)
        self._genes = _gene_arrays(contigs, model)
        introns, n_introns = _intron_table(contigs, model)
        self.all = [
            _Tally(np.zeros(int(self.bounds[-1]), dtype=np.uint32), introns.copy(), n_introns)
            for _ in range(threads)
        ]
        self._free: SimpleQueue[_Tally] = SimpleQueue()
        for tally in self.all:
            self._free.put(tally)

    def walk(self, part: Part) -> _Walked:
        """Walk over the whole records of a part, and free it."""
        tally = self._free.get()
        try:
            return self._walk(part.data, tally)
        finally:
            self._free.put(tally)
            part.free()

    def _walk(self, data: NDArray[np.uint8], tally: _Tally) -> _Walked:
        counters = np.zeros(records.N_COUNTERS, dtype=np.int64)
        counters[records.N_INTRONS] = tally.n_introns
        buffer = np.empty((data.size // 128 + 64, records.N_COLUMNS), dtype=np.int64)
        store = np.empty(data.size, dtype=np.uint8)
        rows: list[Int64Array] = []
        at = stored = 0
        while at < data.size:
            consumed, n_rows, n_stored = records.walk_records(
                data[at:],
                tally.coverage,
                self.bounds,
                self._genes,
                tally.introns,
                counters,
                buffer,
                store[stored:],
            )
            kept = buffer[:n_rows].copy()
            kept[:, [records.SEQUENCE_AT, records.NAME_AT]] += stored
            rows.append(kept)
            at += consumed
            stored += n_stored
            if 2 * counters[records.N_INTRONS] >= tally.introns.shape[0]:
                tally.introns = _grown(tally.introns)
        tally.n_introns = int(counters[records.N_INTRONS])
        return _Walked(np.concatenate([buffer[:0], *rows]), store[:stored].copy(), counters)


def _whole_records(parts: Iterable[Part], source: str) -> Iterator[Part]:
    """Yield the parts cut to whole records: what follows the last one comes before the next part."""
    rest = b""
    for part in parts:
        part.put_before(rest)
        rest = part.cut(records.end_of_records(part.data))
        yield part
    if rest:
        raise InputError(f"{source}: cut short (the last record is not whole).")


class _Rows:
    """An array that grows at its end, where it lies: joining pieces would need them and the whole at once."""

    def __init__(self, dtype: type[np.generic], *row: int) -> None:
        self._array = np.empty((0, *row), dtype=dtype)
        self.n = 0

    def append(self, rows: NDArray[Any]) -> None:
        """Add rows."""
        stop = self.n + len(rows)
        if stop > len(self._array):
            self._array.resize((stop + stop // 8, *rows.shape[1:]), refcheck=False)
        self._array[self.n : stop] = rows
        self.n = stop

    def whole(self) -> NDArray[Any]:
        """Return all rows."""
        self._array.resize((self.n, *self._array.shape[1:]), refcheck=False)
        return self._array


def _joined(
    walked: Iterable[_Walked], tallies: _Tallies, contigs: tuple[str, ...], lengths: tuple[int, ...]
) -> Alignments:
    counters = np.zeros(records.N_COUNTERS, dtype=np.int64)
    rows, store = _Rows(np.int64, records.N_COLUMNS), _Rows(np.uint8)
    for part in walked:
        part.rows[:, [records.SEQUENCE_AT, records.NAME_AT]] += store.n
        rows.append(part.rows)
        store.append(part.store)
        longest = max(counters[records.LONGEST_READ], part.counters[records.LONGEST_READ])
        counters += part.counters
        counters[records.LONGEST_READ] = longest
    introns = _merged_introns([tally.introns for tally in tallies.all])
    counters[records.N_INTRONS] = len(introns)
    return Alignments(
        contigs=contigs,
        lengths=lengths,
        rows=rows.whole(),
        store=store.whole(),
        introns=introns,
        coverage=reduce(np.add, [tally.coverage for tally in tallies.all]),
        coverage_bounds=tallies.bounds,
        counters=counters,
    )


def _gene_arrays(contigs: tuple[str, ...], model: GeneModel) -> tuple[Int64Array, ...]:
    """Return the genes in the order of the BAM file's contigs: bounds, starts, ends, reach."""
    order = [model.contig_index.get(name, -1) for name in contigs]
    pieces = [
        np.arange(model.gene_bounds[c], model.gene_bounds[c + 1]) if c >= 0 else np.empty(0, dtype=np.int64)
        for c in order
    ]
    index = np.concatenate([*pieces, np.empty(0, dtype=np.int64)]).astype(np.int64)
    bounds = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])]).astype(np.int64)
    return (
        bounds,
        model.gene_start[index].astype(np.int64),
        model.gene_end[index].astype(np.int64),
        model.gene_reach[index].astype(np.int64),
    )


def annotated_introns(
    contigs: tuple[str, ...], model: GeneModel
) -> tuple[Int64Array, Int64Array, Int64Array]:
    """Return keys (contig of `contigs`, start), ends and strands of the annotated introns."""
    same = model.exon_transcript[1:] == model.exon_transcript[:-1]
    gene = model.exon_gene[:-1][same]
    place = {model.contig_index[name]: i for i, name in enumerate(contigs) if name in model.contig_index}
    to_contigs = np.array([place.get(c, -1) for c in range(len(model.contigs))], dtype=np.int64)
    contig = to_contigs[model.gene_contig[gene]]
    keys = (contig << 32) | model.exon_end[:-1][same].astype(np.int64)
    ends = model.exon_start[1:][same].astype(np.int64)
    strands = model.gene_strand[gene].astype(np.int64)
    there = contig >= 0
    return keys[there], ends[there], strands[there]


def _intron_table(contigs: tuple[str, ...], model: GeneModel) -> tuple[Int64Array, int]:
    """Return a table of the annotated introns, which many transcripts share, and their number."""
    keys, ends, strands = annotated_introns(contigs, model)
    table, counters = _empty_table(1 << 14), np.zeros(records.N_COUNTERS, dtype=np.int64)
    for at in range(0, len(keys), _MANY):
        part = slice(at, at + _MANY)
        while 2 * (counters[records.N_INTRONS] + len(keys[part])) > table.shape[0]:
            table = _grown(table)
        records.enter_introns(table, counters, keys[part], ends[part], strands[part])
    return table, int(counters[records.N_INTRONS])


def _empty_table(size: int) -> Int64Array:
    table = np.zeros((size, 6), dtype=np.int64)
    table[:, records.INTRON_KEY] = -1
    return table


def _grown(table: Int64Array) -> Int64Array:
    larger = _empty_table(2 * table.shape[0])
    records.copy_introns(table, larger)
    return larger


def _merged_introns(tables: list[Int64Array]) -> Int64Array:
    """Return the introns of all tables, sorted, each once with the counts of all."""
    found = np.concatenate([table[table[:, records.INTRON_KEY] >= 0] for table in tables])
    found = found[np.lexsort((found[:, records.INTRON_END], found[:, records.INTRON_KEY]))]
    if len(tables) == 1 or not len(found):
        return found
    same = (np.diff(found[:, [records.INTRON_KEY, records.INTRON_END]], axis=0) == 0).all(axis=1)
    first = np.flatnonzero(np.concatenate([[True], ~same]))
    merged = found[first]
    for column in (records.INTRON_UNIQUE, records.INTRON_MULTIPLE):
        merged[:, column] = np.add.reduceat(found[:, column], first)
    merged[:, records.INTRON_OVERHANG] = np.maximum.reduceat(found[:, records.INTRON_OVERHANG], first)
    return merged
