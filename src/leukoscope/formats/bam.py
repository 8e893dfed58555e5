"""BAM alignments: BGZF blocks inflated on several threads, records walked by a compiled kernel."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InputError
from leukoscope.formats.bgzf import Blocks, Part
from leukoscope.genemodel import GeneModel, known_contigs
from leukoscope.kernels import bam_records as records
from leukoscope.tables.fusions import SPLICE_JUNCTIONS

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.formats.fasta import Genome

_MANY = 1 << 17  #: introns entered before the table is looked at
_BINS = 1 << 14  #: bins of the coverage that are added at a time

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

    def has_chimeric_records(self, *, min_rows: int = 100) -> bool:
        """Tell whether any record is supplementary; of fewer than `min_rows` kept records none need be."""
        return len(self.rows) < min_rows or bool((self.rows[:, records.FLAG] & 0x800).any())

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
        The annotation; contigs are matched by name, with or without ``chr``, and told as it spells them.
    threads
        Threads that inflate and walk; the result does not depend on them.

    Raises
    ------
    InputError
        If the file is missing, not BAM, or cut short, or shares no contig with the annotation.
    """
    with Blocks(path) as blocks:
        return Scan(blocks, model, threads=threads).finish()


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


def read_bam_contigs(path: Path | str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return names and lengths of the contigs in the header of a BAM file.

    Raises
    ------
    InputError
        If it is missing or no BAM file.
    """
    with Blocks(path) as blocks:
        names, lengths, _ = read_header(blocks, blocks.source)
    return names, lengths


def refuse_other_genome(path: Path | str, genome: Genome, *, other_names: bool = True) -> None:
    """Compare the header of a BAM file with a genome.

    Parameters
    ----------
    path
        The BAM file.
    genome
        What the reads should be aligned to.
    other_names
        Whether contigs may be named otherwise, with or without ``chr``.

    Raises
    ------
    InputError
        If it is no BAM file, or the genome is not what the reads were aligned to.
    """
    names, lengths = read_bam_contigs(path)
    genome.refuse_others(names, lengths)
    if names and not other_names and not set(names) & genome.contigs.keys():
        raise InputError(
            f"{Path(path).name}: its contigs are named otherwise than the reference's ('{names[0]}', "
            f"'{next(iter(genome.contigs))}'); 'samtools reheader' renames them."
        )


def read_header(parts: Iterator[Part], source: str) -> tuple[tuple[str, ...], tuple[int, ...], Part]:
    """Return contig names, their lengths, and a part that holds the bytes after the header.

    Raises
    ------
    InputError
        If it is no header of a BAM file.
    """
    data = b""
    for part in parts:
        data += part.inflate(source).cut(0)
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


class _Genes:
    """The annotation that the walk asks, and where the coverage of each contig begins."""

    def __init__(self, contigs: tuple[str, ...], lengths: tuple[int, ...], model: GeneModel) -> None:
        bins = [n // records.COVERAGE_BIN + 1 for n in lengths]
        self.bounds = np.concatenate([[0], np.cumsum(bins)]).astype(np.int64)
        self.arrays = _gene_arrays(contigs, model)


@dataclass(frozen=True)
class _Walked:
    """What one part of a file kept; places in the store count from the part's own start."""

    rows: Int64Array
    store: NDArray[np.uint8]
    counters: Int64Array


class _Tally:
    """What one thread counts; the sum over all does not depend on which thread read what."""

    def __init__(self, genes: _Genes, introns: Int64Array, n_introns: int) -> None:
        self._genes = genes
        self.coverage = np.zeros(int(genes.bounds[-1]), dtype=np.uint32)
        self.introns, self._n_introns = introns, n_introns

    def walk(self, data: NDArray[np.uint8]) -> _Walked:
        """Walk over whole records."""
        counters = np.zeros(records.N_COUNTERS, dtype=np.int64)
        counters[records.N_INTRONS] = self._n_introns
        buffer = np.empty((data.size // 128 + 64, records.N_COLUMNS), dtype=np.int64)
        store = np.empty(data.size, dtype=np.uint8)
        rows: list[Int64Array] = []
        at = stored = 0
        while at < data.size:
            consumed, n_rows, n_stored = records.walk_records(
                data[at:],
                self.coverage,
                self._genes.bounds,
                self._genes.arrays,
                self.introns,
                counters,
                buffer,
                store[stored:],
            )
            kept = buffer[:n_rows].copy()
            kept[:, [records.SEQUENCE_AT, records.NAME_AT]] += stored
            rows.append(kept)
            at += consumed
            stored += n_stored
            if 2 * counters[records.N_INTRONS] >= self.introns.shape[0]:
                self.introns = _grown(self.introns)
        self._n_introns = int(counters[records.N_INTRONS])
        return _Walked(np.concatenate([buffer[:0], *rows]), store[:stored].copy(), counters)


class Scan:
    """The reading of a BAM file by several threads; see :func:`scan_alignments`.

    Each takes part after part, inflates it and walks over its whole records, so that the bytes stay in the
    cache of one processor.  Where the first record of a part begins is known when the part before is
    inflated: its last whole record ends there.  All but one thread begin at once, the caller's helps to finish.
    """

    def __init__(self, blocks: Blocks, model: GeneModel, *, threads: int = 1) -> None:
        self._source = blocks.source
        named, self.lengths, first = read_header(blocks, self._source)
        known = known_contigs(named, model.contig_index)
        self.contigs = tuple(known[name] for name in named)
        if not set(self.contigs) & model.contig_index.keys():
            raise InputError(
                f"{self._source}: none of its {len(self.contigs)} contigs (e.g. '{(*self.contigs, '')[0]}') is in the "
                f"annotation (e.g. '{model.contigs[0]}'); do both use the same names?"
            )
        self._genes = _Genes(self.contigs, self.lengths, model)
        introns, n_introns = _intron_table(self.contigs, model)
        tables = [introns, *(introns.copy() for _ in range(1, threads))]
        self._tallies = [_Tally(self._genes, table, n_introns) for table in tables]
        self._parts = chain([first], blocks)
        self._taking, self._joining = Lock(), Lock()
        self._cut: Future[bytes] = Future()  #: the begin of a record that the part taken last cuts off
        self._cut.set_result(b"")
        self._n_taken = self._n_joined = 0
        self._waiting: dict[int, _Walked] = {}  #: by number of part: walked before the one in front
        self._rows, self._store = _Rows(np.int64, records.N_COLUMNS), _Rows(np.uint8)
        self._counters = np.zeros(records.N_COUNTERS, dtype=np.int64)
        blocks.stop_ahead()
        pool = ThreadPoolExecutor(len(self._tallies))
        self._running = [pool.submit(self._run, tally) for tally in self._tallies[1:]]
        pool.shutdown(wait=False)

    def finish(self) -> Alignments:
        """Read the rest and return what was kept."""
        self._run(self._tallies[0])
        for running in self._running:
            running.result()
        if self._cut.result():
            raise InputError(f"{self._source}: cut short (the last record is not whole).")
        introns = _merged_introns([tally.introns for tally in self._tallies])
        coverage, *others = (tally.coverage for tally in self._tallies)
        for other in others:
            for at in range(0, len(other), _BINS):
                part = other[at : at + _BINS]
                if part.any():
                    coverage[at : at + _BINS] += part  # no memory for stretches without reads
        self._counters[records.N_INTRONS] = len(introns)
        return Alignments(
            contigs=self.contigs,
            lengths=self.lengths,
            rows=self._rows.whole(),
            store=self._store.whole(),
            introns=introns,
            coverage=coverage,
            coverage_bounds=self._genes.bounds,
            counters=self._counters,
        )

    def _run(self, tally: _Tally) -> None:
        """Take parts until there are no more."""
        while True:
            with self._taking:
                number, before, after = self._n_taken, self._cut, Future[bytes]()
                try:
                    part = next(self._parts, None)
                except InputError:
                    before.result()  # what is wrong with the part before is said first
                    raise
                if part is None:
                    return
                self._n_taken, self._cut = number + 1, after
            try:
                part.inflate(self._source).put_before(before.result())
                after.set_result(part.cut(records.end_of_records(part.data)))
            except BaseException as error:
                after.set_exception(error)
                raise
            walked = tally.walk(part.data)
            part.free()
            with self._joining:
                self._waiting[number] = walked
                while self._n_joined in self._waiting:
                    self._join(self._waiting.pop(self._n_joined))
                    self._n_joined += 1

    def _join(self, part: _Walked) -> None:
        part.rows[:, [records.SEQUENCE_AT, records.NAME_AT]] += self._store.n
        self._rows.append(part.rows)
        self._store.append(part.store)
        longest = max(self._counters[records.LONGEST_READ], part.counters[records.LONGEST_READ])
        self._counters += part.counters
        self._counters[records.LONGEST_READ] = longest


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
