"""FASTA genomes with random access: a memory map and the line lengths of samtools' ``.fai``."""

from __future__ import annotations

import gzip
import hashlib
import mmap
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InputError
from leukoscope.formats.user_cache import cache_folder
from leukoscope.genemodel import known_contig
from leukoscope.publishing import publish_text

_PART = 1 << 24  #: bytes unpacked at a time

BASE_CODES = np.full(256, 4, dtype=np.uint8)
BASE_CODES[np.frombuffer(b"ACGTacgt", dtype=np.uint8)] = [0, 1, 2, 3, 0, 1, 2, 3]


@dataclass(frozen=True, slots=True)
class Contig:
    """Where the bases of one contig stand in the file, as in a line of ``.fai``."""

    length: int
    offset: int
    line_bases: int
    line_width: int


_ABSENT = Contig(0, 0, 1, 1)


@dataclass(frozen=True)
class Genome:
    """Contig sequences read on demand; made by :func:`open_genome`."""

    contigs: dict[str, Contig]
    data: mmap.mmap | bytes | bytearray

    def spelled_as(self, names: Iterable[str]) -> Genome:
        """Return the same genome, its contigs also known by those of the `names` that differ in ``chr`` alone."""
        spelled = {name: known_contig(name, self.contigs) for name in names}
        also = {name: self.contigs[own] for name, own in spelled.items() if own in self.contigs}
        return Genome(self.contigs | also, self.data)

    def release(self) -> None:
        """Give back the memory of what was read so far; the system keeps it as long as it has room."""
        _release(self.data)

    def length(self, contig: str) -> int:
        """Return the number of bases of `contig`; 0 if the genome lacks it."""
        return self.contigs[contig].length if contig in self.contigs else 0

    def refuse_others(self, names: Sequence[str], lengths: Sequence[int]) -> None:
        """Compare the contigs with those of an alignment, named with or without ``chr``.

        Raises
        ------
        InputError
            If the genome lacks all of them, or one is of another length: it is not what the reads were aligned to.
        """
        known = self.spelled_as(names)
        told = dict(zip(names, lengths, strict=True))
        shared = [name for name in told if name in known.contigs]
        if told and not shared:
            raise InputError(
                f"the genome (FASTA) has none of the {len(told)} contigs of the alignment (e.g. "
                f"'{names[0]}'): give the one that the reads were aligned to."
            )
        wrong = [name for name in shared if known.length(name) != told[name]]
        if wrong:
            raise InputError(
                f"the genome (FASTA) is not what the reads were aligned to: {len(wrong)} of {len(shared)} "
                f"contigs differ in length (e.g. '{wrong[0]}', {known.length(wrong[0])} bases, {told[wrong[0]]} in the "
                "alignment)."
            )

    def fetch(self, contig: str, start: int, end: int) -> str:
        """Return the bases ``start:end`` (0-based, half-open) in capitals.

        Beyond the ends of the contig, and on a contig that the genome lacks, every base is N.
        """
        return self._bytes(contig, start, end).decode("ascii").upper()

    def _bytes(self, contig: str, start: int, end: int) -> bytes:
        place = self.contigs.get(contig)
        left, right = max(start, 0), min(end, place.length if place else 0)
        if place is None or left >= right:
            return b"N" * (end - start)
        raw = self.data[_offset(place, left) : _offset(place, right - 1) + 1]
        bases = bytes(raw.translate(None, b"\r\n"))
        if len(bases) == end - start:
            return bases
        return b"N" * (left - start) + bases + b"N" * (end - right)

    def codes(self, contig: str, start: int, end: int) -> NDArray[np.uint8]:
        """Return the bases ``start:end`` as A 0, C 1, G 2, T 3 and anything else 4."""
        return BASE_CODES[np.frombuffer(self._bytes(contig, start, end), dtype=np.uint8)]

    def windows(
        self, names: tuple[str, ...], contig: NDArray[np.int64], start: NDArray[np.int64], width: int
    ) -> NDArray[np.uint8]:
        """Return `width` bases from each start on as codes, shape (n, width); `contig` numbers the `names`."""
        found = np.full((len(start), width), 4, dtype=np.uint8)
        first = np.arange(len(start)) * width
        places = [self.contigs.get(name, _ABSENT) for name in names]
        self._fill(
            _layout(places)[contig], start, np.stack([first, first + width], axis=1), found.reshape(-1)
        )
        return found

    def stretches(
        self, contig: str, start: NDArray[np.int64], end: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Return the bases of stretches of one contig as codes, a 4 behind each, and where each begins and ends.

        The bounds have shape (n, 2).
        """
        stop = np.cumsum(end - start + 1)
        bounds = np.stack([stop - (end - start + 1), stop - 1], axis=1)
        found = np.full(int(stop[-1]) if len(stop) else 0, 4, dtype=np.uint8)
        layout = _layout([self.contigs.get(contig, _ABSENT)])
        self._fill(layout[np.zeros(len(start), dtype=np.int64)], start, bounds, found)
        return found, bounds

    def _fill(
        self,
        layout: NDArray[np.int64],
        start: NDArray[np.int64],
        bounds: NDArray[np.int64],
        found: NDArray[np.uint8],
    ) -> None:
        from leukoscope.kernels.genome_windows import fill_windows

        raw = np.frombuffer(self.data, dtype=np.uint8)
        fill_windows(raw, BASE_CODES, layout, start, bounds, found)


def _layout(places: list[Contig]) -> NDArray[np.int64]:
    return np.array([astuple(place) for place in places], dtype=np.int64).reshape(-1, 4)


def _release(data: mmap.mmap | bytes | bytearray) -> None:
    if isinstance(data, mmap.mmap):
        data.madvise(mmap.MADV_DONTNEED)


def _offset(place: Contig, position: int) -> int:
    line, column = divmod(position, place.line_bases)
    return place.offset + line * place.line_width + column


def open_genome(path: Path | str) -> Genome:
    """Open a FASTA file for random access.

    A plain file is memory-mapped; its ``.fai`` is used if present and not older than the file,
    else the file is scanned once and the index kept in the user's cache.  A gzipped file is unpacked
    into memory.

    Raises
    ------
    InputError
        If the file is missing, is not FASTA, or has lines of uneven length within a contig.
    """
    path = Path(path)
    try:
        data = _map(path)
        index = path.with_name(path.name + ".fai")
        if path.suffix == ".gz":
            return Genome(index_fasta(data, path.name), data)
        if index.is_file() and index.stat().st_mtime >= path.stat().st_mtime:
            return Genome(_read_index(index, len(data)), data)
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file.") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path.name}: not a readable gzip file ({error}).") from error
    return Genome(_index_once(path, data), data)


def _index_once(path: Path, data: mmap.mmap | bytes | bytearray) -> dict[str, Contig]:
    """Return the index of a file, from the cache if the file was not touched since it was scanned."""
    status = path.stat()
    stamp = f"{path.resolve()}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_ctime_ns}"
    kept = cache_folder("genome-indexes") / f"{hashlib.sha256(stamp.encode()).hexdigest()}.fai"
    try:
        return _read_index(kept, len(data))
    except (OSError, InputError):  # not there yet, or damaged
        contigs = index_fasta(data, path.name)
    lines = ["\t".join(map(str, (name, *astuple(place)))) + "\n" for name, place in contigs.items()]
    with suppress(OSError):  # no room, or a home that is not ours to write to
        publish_text(kept, "".join(lines))
    return contigs


def _map(path: Path) -> mmap.mmap | bytes | bytearray:
    if path.suffix == ".gz":
        unpacked = bytearray()  # grows where it lies: reading whole would hold a human genome twice
        with gzip.open(path) as source:
            while part := source.read(_PART):
                unpacked += part
        return unpacked
    with path.open("rb") as source:
        if path.stat().st_size == 0:
            return b""
        return mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ)


def _read_index(path: Path, size: int) -> dict[str, Contig]:
    contigs: dict[str, Contig] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            name, *numbers = line.split("\t")
            place = Contig(*(int(n) for n in numbers[:4]))
            fits = place.length == 0 or _offset(place, place.length - 1) < size
        except (ValueError, TypeError, ZeroDivisionError):
            fits = False
        if not fits:
            raise InputError(f"{path.name}: line {number} does not fit the FASTA file; remove the index.")
        contigs[name] = place
    return contigs


def index_fasta(data: mmap.mmap | bytes | bytearray, source: str) -> dict[str, Contig]:
    """Return where each contig stands in the bytes of a FASTA file.

    Raises
    ------
    InputError
        If it is not FASTA, a name repeats, or lines within a contig are of uneven length.
    """
    if data[:1] != b">":
        raise InputError(f"{source}: a FASTA file begins with '>'.")
    contigs: dict[str, Contig] = {}
    start = 0
    while start >= 0:
        after_name = data.find(b"\n", start)
        after_name = len(data) if after_name < 0 else after_name + 1
        words = data[start + 1 : after_name].decode("utf-8", errors="replace").split()
        following = data.find(b"\n>", after_name - 1)
        stop = following + 1 if following >= 0 else len(data)
        if not words:
            raise InputError(f"{source}: a contig has no name.")
        if words[0] in contigs:
            raise InputError(f"{source}: two contigs are called '{words[0]}'.")
        contigs[words[0]] = _measure(data, after_name, stop, f"{source}: contig '{words[0]}'")
        _release(data)
        start = following + 1 if following >= 0 else -1
    return contigs


def _measure(data: mmap.mmap | bytes | bytearray, start: int, stop: int, where: str) -> Contig:
    block = (
        np.frombuffer(data, dtype=np.uint8, count=stop - start, offset=start) if stop > start else np.empty(0)
    )
    ends = np.flatnonzero(block == ord("\n"))
    if len(ends) == 0:
        return Contig(len(block), start, max(len(block), 1), max(len(block), 1))
    width = int(ends[0]) + 1
    bases = width - (2 if width > 1 and block[ends[0] - 1] == ord("\r") else 1)
    tail = len(block) - int(ends[-1]) - 1
    widths = np.diff(ends, prepend=-1)
    last = tail if tail else max(int(widths[-1]) - (width - bases), 0)
    full = widths if tail else widths[:-1]
    if bases <= 0 or (full != width).any() or last > bases:
        raise InputError(f"{where} has lines of uneven length.")
    return Contig(len(full) * bases + last, start, bases, width)
