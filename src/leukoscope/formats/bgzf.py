"""BGZF, the compression of BAM files: its blocks inflated on several threads into memory that is used again."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import suppress
from gzip import BadGzipFile
from io import FileIO
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Thread
from typing import TYPE_CHECKING, Self, TypeVar

# The reader behind isal's IGzipFile: it takes bytes where they lie and releases the interpreter's lock once for
# many blocks.  Through IGzipFile they would be copied twice, an eighth of the time.
from isal.isal_zlib import IsalError, _GzipReader

from leukoscope.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SLAB = 1 << 19  #: compressed bytes read at a time
_BLOCK = 1 << 16  #: bytes of a block, compressed or not, at most
_HEAD = 1 << 12  #: bytes left free before the inflated ones
_AHEAD = 4  #: items that each thread may be ahead
_MANY = 64  #: parts, about 2 MB each, that may be inflated before anyone asks for them
_FREE = 16  #: parts, done with, that are kept for the next ones
_MAGIC = b"\x1f\x8b\x08\x04"
_END_OF_FILE = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


class Part:
    """Some blocks, packed and inflated, about 2 MB.

    Fresh memory for every part would cost half as much as inflating it, as the system clears it page by
    page: whoever is done with a part calls :meth:`free`, and the next one takes its place, as long as it
    may still lie in a cache.
    """

    def __init__(self, free: list[Part]) -> None:
        self._free = free
        self.packed = _memory(_SLAB + _BLOCK)
        self._n_packed = self._size = 0
        self._room = _memory(_HEAD)
        self._start = self._end = _HEAD

    @property
    def data(self) -> NDArray[np.uint8]:
        """The inflated bytes."""
        import numpy as np

        return np.frombuffer(self._room, dtype=np.uint8)[self._start : self._end]

    def hold(self, n_packed: int, size: int) -> None:
        """Take the first `n_packed` bytes as blocks to inflate, and `size` as what they say they inflate to."""
        self._n_packed, self._size = n_packed, size
        self._start = self._end = _HEAD

    def inflate(self, source: str) -> Part:
        """Inflate the blocks, if that was not done before; their checksums are looked at on the way.

        Raises
        ------
        InputError
            If a block is damaged; `source` is named.
        """
        if not self._n_packed:
            return self
        stop = _HEAD + self._size
        if len(self._room) <= stop:  # one byte more, to see that no more comes
            self._room = _memory(stop + 1)
        packed = self.packed[: self._n_packed]
        try:
            room = self._room[_HEAD : stop + 1]
            size = _GzipReader(packed).readinto(room)  # type: ignore[arg-type]  # isal's types name files alone
        except (IsalError, BadGzipFile, EOFError) as error:  # type: ignore[misc]  # nor IsalError
            raise InputError(f"{source}: damaged ({error}).") from error
        if size != self._size:
            raise InputError(f"{source}: damaged (a block is not as long as it says).")
        self._n_packed, self._start, self._end = 0, _HEAD, stop
        return self

    def put_before(self, first: bytes) -> None:
        """Put other bytes before the inflated ones."""
        if len(first) > self._start:
            self._room = memoryview(bytearray(first) + self._room[self._start : self._end])
            self._start, self._end = 0, len(self._room)
        else:
            self._room[self._start - len(first) : self._start] = first
            self._start -= len(first)

    def cut(self, size: int) -> bytes:
        """Keep the first `size` bytes and return the others."""
        rest = bytes(self._room[self._start + size : self._end])
        self._end = self._start + size
        return rest

    def free(self) -> None:
        """Let the next part take the place of this one."""
        if len(self._free) < _FREE:
            self._free.append(self)


def _memory(size: int) -> memoryview:
    """Return memory that the system clears where it is first written to, while others hold the interpreter's lock."""
    return memoryview(mmap(-1, size, flags=MAP_PRIVATE | MAP_ANONYMOUS))


class Blocks:
    """The parts of a BGZF file (``-`` for standard input) in order; a context that closes it.

    Whoever takes a part inflates it, so that several threads can share the work.  With `ahead` a thread
    of its own begins at once, and goes on until it is stopped or a good many parts are ready.

    Raises
    ------
    InputError
        If there is no such file; where a part is taken, if the file is not BGZF, damaged or cut short.
    """

    def __init__(self, path: Path | str, *, ahead: bool = False) -> None:
        self.source = "standard input" if str(path) == "-" else Path(path).name
        self._stream = open_bam(path)
        self._slabs = _slabs(self._stream, self.source)
        self._ready: Queue[Part | Exception | None] = Queue(_MANY)
        self._is_ahead, self._stop = ahead, Event()
        if ahead:  # a daemon: standard input may keep it waiting when the command has failed and ends
            Thread(target=self._inflate_ahead, daemon=True).start()

    def _inflate_ahead(self) -> None:
        end: Exception | None = None
        try:
            for part in self._slabs:
                self._ready.put(part.inflate(self.source))
                if self._stop.is_set():
                    break
        except Exception as error:  # noqa: BLE001  # raised where the part is taken
            end = error
        self._ready.put(end)

    def stop_ahead(self) -> None:
        """Inflate no further part before it is taken."""
        self._stop.set()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Part:
        """Return the next part; by one thread at a time."""
        if self._is_ahead:
            part = self._ready.get()
            if isinstance(part, Part):
                return part
            if part is not None:
                self._ready.put(part)  # for whoever asks next
                raise part
            self._is_ahead = False
        return next(self._slabs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._stream.close()  # whoever still reads ends then
        with suppress(Empty):
            while True:
                self._ready.get_nowait()
        self._ready.put(None)  # and whoever still waits for a part


def open_bam(path: Path | str) -> FileIO:
    """Open a file for reading, standard input for ``-``.

    Raises
    ------
    InputError
        If there is no such file, or standard input is closed.
    """
    is_piped = str(path) == "-"
    if is_piped and sys.stdin is None:
        raise InputError("standard input: closed; pipe a BAM file into it, or name one.")
    try:
        return FileIO(0, closefd=False) if is_piped else FileIO(path)
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file.") from error
    except IsADirectoryError as error:
        raise InputError(f"{path}: is a folder, not a file.") from error


def _what_it_is(first: bytes) -> str:
    """Say what a file is that is not BGZF, by its first bytes."""
    kind = "CRAM" if first == b"CRAM" else "SAM" if first[:3] in (b"@HD", b"@SQ", b"@PG", b"@CO") else ""
    if kind:
        return f"a {kind} file; 'samtools view -b' makes a BAM file of it"
    return "not a BAM file (its blocks are not BGZF)"


def in_order(
    function: Callable[[_Given], _Made], items: Iterable[_Given], pool: Executor | None, threads: int
) -> Iterator[_Made]:
    """Yield what `function` makes of each item, in order; a pool works at most a few items ahead."""
    if pool is None:
        yield from map(function, items)
        return
    ahead: deque[Future[_Made]] = deque()
    for item in items:
        ahead.append(pool.submit(function, item))
        if len(ahead) > _AHEAD * threads:
            yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()


def _slabs(stream: FileIO, source: str) -> Iterator[Part]:
    """Yield parts that hold whole packed blocks."""
    free: list[Part] = []
    rest, last = b"", b""
    while True:
        part = free.pop() if free else Part(free)
        part.packed[: len(rest)] = rest
        n_read = _read(stream, part.packed[len(rest) : len(rest) + _SLAB])
        if not n_read:
            break
        blocks = part.packed[: len(rest) + n_read]
        at = size = 0
        while at + 18 <= len(blocks):
            if bytes(blocks[at : at + 4]) != _MAGIC or bytes(blocks[at + 12 : at + 14]) != b"BC":
                raise InputError(f"{source}: {_what_it_is(bytes(blocks[:4]))}.")
            stop = at + int.from_bytes(blocks[at + 16 : at + 18], "little") + 1
            if stop > len(blocks):
                break
            size += min(int.from_bytes(blocks[stop - 4 : stop], "little"), _BLOCK)
            last = bytes(blocks[at:stop]) if stop - at == len(_END_OF_FILE) else b""
            at = stop
        rest = bytes(blocks[at:])
        part.hold(at, size)
        yield part
    if rest or last != _END_OF_FILE:
        raise InputError(f"{source}: cut short (no end-of-file block), or not a BAM file.")


def _read(stream: FileIO, room: memoryview) -> int:
    """Fill `room` from a stream, a pipe too, and return how much of it; less only at the end."""
    n_read = 0
    while n_read < len(room) and (n := stream.readinto(room[n_read:])):
        n_read += n
    return n_read
