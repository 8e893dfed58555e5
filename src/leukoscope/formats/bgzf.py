"""BGZF, the compression of BAM files: its blocks inflated on several threads into memory that is used again."""

from __future__ import annotations

import io
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from functools import partial
from gzip import BadGzipFile
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import BinaryIO, TypeVar

import numpy as np
from isal.igzip import IGzipFile
from isal.igzip_lib import IsalError
from numpy.typing import NDArray

from leukoscope.errors import InputError

_SLAB = 1 << 18  #: compressed bytes read at a time
_BLOCK = 1 << 16  #: bytes of a block, compressed or not, at most
_HEAD = 1 << 12  #: bytes left free before the inflated ones
_AHEAD = 4  #: items that each thread may be ahead
_MAGIC = b"\x1f\x8b\x08\x04"
_END_OF_FILE = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


class Part:
    """Some blocks, packed and inflated, about 1 MB.

    Fresh memory for every part would cost half as much as inflating it, as the system clears it page by
    page: whoever is done with a part calls :meth:`free`, and the next one takes its place.
    """

    def __init__(self, free: SimpleQueue[Part]) -> None:
        self._free = free
        self.packed = bytearray(_SLAB + _BLOCK)
        self.n_packed = 0
        self._room = bytearray(_HEAD)
        self._start = self._end = _HEAD

    @property
    def data(self) -> NDArray[np.uint8]:
        """The inflated bytes."""
        return np.frombuffer(self._room, dtype=np.uint8)[self._start : self._end]

    def make_room(self, size: int) -> memoryview:
        """Return where `size` inflated bytes can be written."""
        if len(self._room) < _HEAD + size:
            self._room = bytearray(_HEAD + size)
        self._start, self._end = _HEAD, _HEAD + size
        return memoryview(self._room)[_HEAD : self._end]

    def put_before(self, first: bytes) -> None:
        """Put other bytes before the inflated ones."""
        if len(first) > self._start:
            self._room = bytearray(first) + self._room[self._start : self._end]
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
        self._free.put(self)


def open_bam(path: Path | str) -> BinaryIO:
    """Open a file for reading, standard input for ``-``.

    Raises
    ------
    InputError
        If there is no such file.
    """
    if str(path) == "-":
        return sys.stdin.buffer
    try:
        return Path(path).open("rb")
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file.") from error


def inflate_blocks(
    stream: BinaryIO, source: str, pool: Executor | None = None, threads: int = 1
) -> Iterator[Part]:
    """Yield the inflated content of a BGZF stream in order.

    Parameters
    ----------
    stream, source
        The stream, and its name for the error text.
    pool, threads
        Threads that inflate, and their number; none needs no pool.

    Raises
    ------
    InputError
        If the stream is not BGZF or ends within a block, or a checksum is wrong.
    """
    yield from in_order(partial(_inflate, source=source), _slabs(stream, source), pool, threads)


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


def _slabs(stream: BinaryIO, source: str) -> Iterator[Part]:
    """Yield parts that hold whole packed blocks, with room for what they inflate to."""
    free: SimpleQueue[Part] = SimpleQueue()
    rest, last = b"", b""
    while True:
        part = _next_part(free)
        part.packed[: len(rest)] = rest
        n_read = stream.readinto(memoryview(part.packed)[len(rest) : len(rest) + _SLAB])  # type: ignore[attr-defined]
        if not n_read:
            break
        blocks = memoryview(part.packed)[: len(rest) + n_read]
        at = size = 0
        while at + 18 <= len(blocks):
            if part.packed[at : at + 4] != _MAGIC or part.packed[at + 12 : at + 14] != b"BC":
                raise InputError(f"{source}: not a BAM file (its blocks are not BGZF).")
            stop = at + int.from_bytes(blocks[at + 16 : at + 18], "little") + 1
            if stop > len(blocks):
                break
            size += min(int.from_bytes(blocks[stop - 4 : stop], "little"), _BLOCK)
            last = bytes(blocks[at:stop]) if stop - at == len(_END_OF_FILE) else b""
            at = stop
        rest = bytes(blocks[at:])
        part.n_packed = at
        part.make_room(size)
        yield part
    if rest or last != _END_OF_FILE:
        raise InputError(f"{source}: cut short (no end-of-file block), or not a BAM file.")


def _next_part(free: SimpleQueue[Part]) -> Part:
    try:
        return free.get_nowait()
    except Empty:
        return Part(free)


def _inflate(part: Part, source: str) -> Part:
    """Fill a part with the inflated bytes of its blocks; their checksums are looked at on the way."""
    room = part.make_room(len(part.data))
    try:
        packed = io.BytesIO(memoryview(part.packed)[: part.n_packed])
        with IGzipFile(fileobj=packed) as blocks:  # type: ignore[no-untyped-call]
            whole = blocks.readinto(room) == len(room) and not blocks.read(1)
    except (IsalError, BadGzipFile, EOFError) as error:  # type: ignore[misc]  # isal has no types
        raise InputError(f"{source}: damaged ({error}).") from error
    if not whole:
        raise InputError(f"{source}: damaged (a block is not as long as it says).")
    return part
