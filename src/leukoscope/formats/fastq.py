"""FASTQ files: what their first reads tell, and whether two files hold the mates of the same fragments."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from isal import igzip, igzip_lib

from leukoscope.errors import InputError

_GZIP = b"\x1f\x8b"
_TAGGED = re.compile(rb"^@(\S+?)(?:/([12]))?(?:[ \t]+([12]):[YN]:\S*)?(?:[ \t].*)?$")
_CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class Read:
    """One read: its fragment's name, which mate it says to be (0 if it does not), and its length."""

    name: str
    mate: int
    length: int


@dataclass(frozen=True, slots=True)
class Content:
    """What a whole FASTQ file holds."""

    reads: int
    sha256: str  #: of the compressed bytes


def first_reads(path: Path, n: int = 100) -> list[Read]:
    """Return the first `n` reads of a gzipped FASTQ file.

    Raises
    ------
    InputError
        If the file is missing, empty, not gzipped, truncated within these reads, or not FASTQ.
    """
    with _opened(path) as lines:
        reads = list(islice(_reads(path, lines), n))
    if not reads:
        raise InputError(f"{path.name}: no read in it.")
    return reads


def measure(path: Path) -> Content:
    """Check every read of a gzipped FASTQ file, count them, and compute the file's checksum.

    A trimmer that meets a damaged read may stop there and call it a day, so no read is taken
    on trust.

    Raises
    ------
    InputError
        If the file is missing, not gzipped, damaged or truncated, or a read is not whole.
    """
    reads, rest = 0, b""
    with _opened(path) as source:
        while chunk := source.read(_CHUNK):
            more, rest = _count_reads(path, reads, rest + chunk)
            reads += more
    if rest:
        more, rest = _count_reads(path, reads, rest + b"\n")
        reads += more
    if rest.strip():
        raise InputError(f"{path.name}: the read at line {4 * reads + 1} is cut off.")
    with path.open("rb") as raw:
        return Content(reads, hashlib.file_digest(raw, "sha256").hexdigest())


def _count_reads(path: Path, before: int, text: bytes) -> tuple[int, bytes]:
    """Check the whole reads at the beginning of `text`; return their number and what follows them."""
    import numpy as np

    content = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero(content == ord("\n"))
    reads = len(ends) // 4
    if reads == 0:
        return 0, text
    ends = ends[: 4 * reads]
    starts = np.concatenate([[0], ends[:-1] + 1])
    header, plus = starts[0::4], starts[2::4]
    lengths = ends - starts
    wrong = (content[header] != ord("@")) | (content[plus] != ord("+")) | (lengths[1::4] != lengths[3::4])
    if wrong.any():
        at = 4 * (before + int(wrong.argmax())) + 1
        raise InputError(
            f"{path.name}: the read at line {at} is no FASTQ, or has more bases than qualities or fewer."
        )
    return reads, text[int(ends[-1]) + 1 :]


def mate_problem(path1: Path, path2: Path, *, n: int = 100) -> str:
    """Return what speaks against two files holding first and second mates; empty if nothing does.

    Compares the first `n` reads of both.

    Raises
    ------
    InputError
        As :func:`first_reads`.
    """
    first, second = first_reads(path1, n), first_reads(path2, n)
    if first[0].mate == 2 and second[0].mate in {0, 1}:
        return f"mates are swapped: {path1.name} holds second mates"
    if second[0].mate == 1:
        return f"mates are swapped: {path2.name} holds first mates"
    for number, (read1, read2) in enumerate(zip(first, second, strict=False), start=1):
        if read1.name != read2.name:
            return (
                f"read {number} is '{read1.name}' in {path1.name} and '{read2.name}' in {path2.name}: "
                "not the mates of the same fragments in the same order"
            )
    return ""


def _reads(path: Path, lines: IO[bytes]) -> Iterator[Read]:
    number = 1
    while header := lines.readline():
        bases, plus, qualities = (lines.readline().rstrip(b"\r\n") for _ in range(3))
        header = header.rstrip(b"\r\n")
        found = _TAGGED.match(header)
        if not found or not plus.startswith(b"+"):
            raise InputError(f"{path.name}: not FASTQ at line {number}.")
        if len(bases) != len(qualities):
            raise InputError(
                f"{path.name}: the read at line {number} has {len(bases)} bases and {len(qualities)} qualities."
            )
        name, slash, tag = found.groups()
        yield Read(name.decode("utf-8", errors="replace"), int(slash or tag or 0), len(bases))
        number += 4


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        with path.open("rb") as raw:
            magic = raw.read(2)
        if magic != _GZIP:
            raise InputError(
                f"{path.name}: " + (f"is not gzipped; 'gzip {path.name}' packs it." if magic else "is empty.")
            )
        with igzip.open(path, "rb") as source:  # type: ignore[no-untyped-call]
            yield source
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise InputError(f"{path}: there is no such file.") from error
    except (EOFError, igzip.BadGzipFile, igzip_lib.IsalError, zlib.error) as error:  # type: ignore[misc]
        raise InputError(f"{path.name}: damaged or truncated gzip file.") from error
