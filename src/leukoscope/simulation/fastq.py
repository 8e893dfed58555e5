"""FASTQ of one sample: read names that say where a pair comes from, and gzip without a date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from isal import igzip
from numpy.typing import NDArray

from leukoscope.publishing import published
from leukoscope.simulation.sequences import Bases, as_bases

DIGITS = 10


def read_name(sample: str, number: int, tag: str) -> str:
    """Return the name of a pair: sample, running number, and the tag of its origin.

    Examples
    --------
    >>> read_name("S1", 42, "E003")
    'S1:0000000042:E003'
    """
    return f"{sample}:{number:0{DIGITS}d}:{tag}"


@dataclass(frozen=True)
class PairSink:
    """Where the pairs of one sample are written."""

    sample: str
    mates: tuple[IO[bytes], IO[bytes]]

    def write(self, first_number: int, tags: Bases, reads: Bases, qualities: Bases, mate: int) -> None:
        """Write one mate of a block of pairs.

        Parameters
        ----------
        first_number
            Number of the first pair; the others follow.
        tags : uint8[pairs, letters]
            Tag of each pair.
        reads, qualities : uint8[pairs, cycles]
            Letters to write.
        mate
            0 or 1.
        """
        self.mates[mate].write(_records(self.sample, first_number, tags, reads, qualities))


def _records(sample: str, first: int, tags: Bases, reads: Bases, qualities: Bases) -> bytes:
    n = reads.shape[0]
    digits = (np.arange(first, first + n)[:, None] // 10 ** np.arange(DIGITS - 1, -1, -1)) % 10 + ord("0")

    def column(text: str) -> NDArray[np.uint8]:
        return np.broadcast_to(as_bases(text), (n, len(text)))

    name = [column(f"@{sample}:"), digits.astype(np.uint8), column(":"), tags, column("\n")]
    rest = [reads, column("\n+\n"), qualities, column("\n")]
    return np.concatenate([*name, *rest], axis=1).tobytes()


@contextmanager
def open_pair(sample: str, outdir: Path) -> Iterator[PairSink]:
    """Open the two FASTQ files of a sample; both appear whole, or neither does."""
    with ExitStack() as stack:
        first, second = (_open(stack, fastq_path(outdir, sample, mate)) for mate in (1, 2))
        yield PairSink(sample, (first, second))


def _open(stack: ExitStack, path: Path) -> IO[bytes]:
    raw = stack.enter_context(stack.enter_context(published(path)).open("wb"))
    packed: Any = igzip
    sink: IO[bytes] = stack.enter_context(packed.IGzipFile("", "wb", compresslevel=1, fileobj=raw, mtime=0))
    return sink


def fastq_path(outdir: Path, sample: str, mate: int) -> Path:
    """Return where a mate (1 or 2) of a sample stands."""
    return outdir / f"{sample}_R{mate}.fastq.gz"
