"""Copy a publisher's genome and annotation into a reference: checked, unpacked, masked, indexed."""

from __future__ import annotations

import gzip
import tomllib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import IO, Any

from leukoscope.errors import InputError, quote_some

LINE = 60  #: bases on a line of the written FASTA
_BASES = b"ACGTUNRYKMSWBDHVacgtunrykmswbdhv"

Regions = list[tuple[int, int]]


def known_references() -> dict[str, Any]:
    """Return the packaged table of genomes and pseudo-autosomal regions."""
    return tomllib.loads(files("leukoscope.knowledge").joinpath("references.toml").read_text("utf-8"))


@dataclass(slots=True)
class CopiedGenome:
    """What was written of a genome."""

    contigs: dict[str, int] = field(default_factory=dict)  #: length of each contig, in order
    masked: dict[str, Regions] = field(default_factory=dict)  #: 0-based half-open regions turned into N
    assembly: str = ""  #: recognised by chromosome Y; empty if unknown

    @property
    def bases(self) -> int:
        """Number of bases, N included."""
        return sum(self.contigs.values())


def copy_genome(source: Path, target: Path) -> CopiedGenome:
    """Write a FASTA file with lines of equal length, capitals, masked chrY-PAR, and its ``.fai``.

    The name of a contig is the first word of its header.

    Raises
    ------
    InputError
        If the file is missing, truncated, not FASTA, or names a contig twice.
    """
    copied = CopiedGenome()
    offset = 0
    index = []
    with target.open("wb") as sink:
        for name, sequence in _contigs(source):
            if name in copied.contigs:
                raise InputError(f"{source.name}: two contigs are called '{name}'.")
            copied.contigs[name] = len(sequence)
            _mask(copied, name, sequence)
            header = f">{name}\n".encode()
            sink.write(header)
            sink.writelines(bytes(sequence[at : at + LINE]) + b"\n" for at in range(0, len(sequence), LINE))
            offset += len(header)
            index.append(f"{name}\t{len(sequence)}\t{offset}\t{LINE}\t{LINE + 1}\n")
            offset += len(sequence) + -(-len(sequence) // LINE)
    target.with_name(target.name + ".fai").write_text("".join(index), encoding="utf-8")
    return copied


def _mask(copied: CopiedGenome, name: str, sequence: bytearray) -> None:
    for entry in known_references()["pseudoautosomal"]:
        if name in entry["contigs"] and len(sequence) == entry["length"]:
            copied.assembly = entry["assembly"]
            copied.masked[name] = [(start, end) for start, end in entry["regions"]]
    for start, end in copied.masked.get(name, []):
        sequence[start:end] = b"N" * (end - start)


def _contigs(path: Path) -> Iterator[tuple[str, bytearray]]:
    """Yield the name and the bases, in capitals, of each contig."""
    name, sequence = "", bytearray()
    with opened(path) as lines:
        for number, line in enumerate(lines, start=1):
            if line.startswith(b">"):
                if number > 1:
                    yield name, _checked(path, name, sequence)
                name, sequence = _contig_name(path, number, line), bytearray()
            elif number == 1:
                raise InputError(f"{path.name}: a FASTA file begins with '>', this one with {line[:20]!r}.")
            else:
                sequence += line.strip()
    if not name:
        raise InputError(f"{path.name}: empty, no contig in it.")
    yield name, _checked(path, name, sequence)


def _contig_name(path: Path, number: int, line: bytes) -> str:
    words = line[1:].decode("utf-8", errors="replace").split()
    if not words or line[1:2].isspace():
        raise InputError(f"{path.name}: line {number}: a contig has no name.")
    return words[0]


def _checked(path: Path, name: str, sequence: bytearray) -> bytearray:
    strange = sequence.translate(None, _BASES)
    if strange:
        raise InputError(
            f"{path.name}: contig '{name}' holds {len(strange)} character(s) that are no base, "
            f"e.g. {bytes(strange[:1])!r}."
        )
    if not sequence:
        raise InputError(f"{path.name}: contig '{name}' has no bases.")
    return sequence.upper()


@dataclass(slots=True)
class CopiedAnnotation:
    """What was written of an annotation, and what was left out."""

    kept: int = 0  #: features
    on_missing_contigs: int = 0  #: features on contigs that the genome lacks
    in_masked_regions: int = 0  #: features within masked regions


def copy_annotation(source: Path, target: Path, genome: CopiedGenome) -> CopiedAnnotation:
    """Write a GTF file without what lies on contigs that the genome lacks or masks.

    What is left out stays as a comment line, so that line numbers are those of the source.

    Raises
    ------
    InputError
        If the file is missing, truncated, not GTF, shares no contig with the genome, or
        reaches beyond the end of a contig.
    """
    copied = CopiedAnnotation()
    seen: dict[str, None] = {}
    with opened(source) as lines, target.open("wb") as sink:
        for number, line in enumerate(lines, start=1):
            if line.startswith(b"#") or not line.strip():
                sink.write(b"#\n")
                continue
            contig, start, end = _place(source, number, line)
            seen.setdefault(contig)
            if contig not in genome.contigs:
                copied.on_missing_contigs += 1
            elif any(left < end and start < right for left, right in genome.masked.get(contig, [])):
                copied.in_masked_regions += 1
            else:
                if end > genome.contigs[contig]:
                    raise InputError(
                        f"{source.name}: line {number} reaches to {end} on '{contig}', which has only "
                        f"{genome.contigs[contig]} bases. Are FASTA and GTF of the same assembly?"
                    )
                copied.kept += 1
                sink.write(line.rstrip(b"\r\n") + b"\n")
                continue
            sink.write(b"#\n")
    if not copied.kept:
        _refuse_without_features(source, list(seen), genome)
    return copied


def _place(source: Path, number: int, line: bytes) -> tuple[str, int, int]:
    fields = line.split(b"\t")
    if len(fields) < 9:
        raise InputError(f"{source.name}: line {number} has {len(fields)} column(s), not the 9 of GTF.")
    try:
        return fields[0].decode(), int(fields[3]) - 1, int(fields[4])
    except ValueError:
        raise InputError(
            f"{source.name}: line {number} has the coordinates {fields[3][:20]!r}, {fields[4][:20]!r}, not numbers."
        ) from None


def _refuse_without_features(source: Path, seen: list[str], genome: CopiedGenome) -> None:
    if not seen:
        raise InputError(f"{source.name}: no feature in it; is this a GTF annotation?")
    raise InputError(
        f"{source.name}: none of its {len(seen)} contig(s) ({quote_some(seen)}) is usable in the genome "
        f"({quote_some(list(genome.contigs))}). Do both files name contigs alike (chr1 or 1)?"
    )


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a plain or gzipped file for reading bytes; damage is the user's to mend."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if packed else path.open("rb") as source:
            yield source  # type: ignore[misc]
    except (FileNotFoundError, IsADirectoryError) as error:
        raise InputError(f"{path}: there is no such file.") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path.name}: damaged or truncated gzip file ({error}).") from error
