"""Fetch a publisher's genome and annotation, compared with the publisher's checksums."""

from __future__ import annotations

import hashlib
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from leukoscope.errors import InputError, ReferenceDataError
from leukoscope.pipeline.assembly import known_references
from leukoscope.publishing import published

_CHUNK = 1 << 20


@contextmanager
def locate_genome(
    genome: str | None,
    fasta: Path | None,
    gtf: Path | None,
    *,
    beside: Path,
    say: Callable[[str], None],
    known: Mapping[str, Mapping[str, str]] | None = None,
) -> Iterator[tuple[Path, Path, str]]:
    """Yield the FASTA and GTF files to build from, and the name of the reference.

    A known `genome` is fetched into a hidden folder beside the reference, which goes when the
    body succeeds; after a failure the files stay and are not fetched again.

    Parameters
    ----------
    genome
        Name of a known genome, or none.
    fasta, gtf
        Files of the user, if no genome is named.
    beside
        Folder of the reference to be.
    say
        Told about each download.
    known
        The known genomes; default is the packaged table.

    Raises
    ------
    InputError
        If neither or both are given, or the genome is not known.
    ReferenceDataError
        If a file cannot be fetched or differs from its publisher's checksum.
    """
    if genome is None:
        if fasta is None or gtf is None:
            raise InputError("give --fasta and --gtf, or --genome GRCh38.")
        yield fasta, gtf, ""
        return
    if fasta is not None or gtf is not None:
        raise InputError("give --genome, or --fasta and --gtf, not both.")
    known = known_references()["genomes"] if known is None else known
    if genome not in known:
        raise InputError(f"--genome: '{genome}' is not known; known: {', '.join(sorted(known))}.")
    entry = known[genome]
    folder = beside.parent / f".{beside.name}.downloads"
    checksums = _checksums(entry["md5sums"])
    yield (
        _fetch(entry["fasta"], folder, checksums, say),
        _fetch(entry["gtf"], folder, checksums, say),
        genome,
    )
    shutil.rmtree(folder, ignore_errors=True)


def _checksums(url: str) -> dict[str, str]:
    """Return the MD5 of each file that a publisher lists."""
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            lines = answer.read().decode("utf-8").splitlines()
    except (urllib.error.URLError, OSError, UnicodeDecodeError) as error:
        raise ReferenceDataError(f"{url}: cannot be fetched ({error}). Is the network reachable?") from error
    pairs = [line.split() for line in lines if line.strip()]
    return {Path(pair[-1].lstrip("*")).name: pair[0].lower() for pair in pairs if len(pair) >= 2}


def _fetch(url: str, folder: Path, checksums: Mapping[str, str], say: Callable[[str], None]) -> Path:
    target = folder / url.rsplit("/", 1)[-1]
    if target.name not in checksums:
        raise ReferenceDataError(f"{url}: the publisher lists no checksum for it.")
    if target.is_file() and _md5(target) == checksums[target.name]:
        return target
    say(f"fetching {url}")
    with published(target) as part:
        try:
            with urllib.request.urlopen(url, timeout=60) as answer, part.open("wb") as sink:
                shutil.copyfileobj(answer, sink, _CHUNK)
        except (urllib.error.URLError, OSError) as error:
            raise ReferenceDataError(f"{url}: cannot be fetched ({error}).") from error
        if _md5(part) != checksums[target.name]:
            raise ReferenceDataError(f"{url}: what arrived differs from the publisher's checksum; try again.")
    return target


def _md5(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
