"""What the pipeline's tests share: a command run as a user does, and small intact inputs to break."""

from __future__ import annotations

import gzip
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PUBLISHED = (
    "samples.tsv",
    "run.json",
    "samples/*/*.tsv",
    "samples/*/alignment/*[bn]",
    "expression/*",
    "patients/*/*",
)

GTF_LINE = (
    "{contig}\ttest\t{kind}\t{start}\t{end}\t.\t+\t.\t"
    'gene_id "{gene}"; transcript_id "{gene}.t"; gene_name "{gene}";\n'
)


def run_leukoscope(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a command as a user does."""
    command = [sys.executable, "-m", "leukoscope", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def published_bytes(outdir: Path) -> dict[str, bytes]:
    """Return every file whose bytes follow from the inputs."""
    files = {path for pattern in PUBLISHED for path in outdir.glob(pattern) if path.is_file()}
    return {str(path.relative_to(outdir)): path.read_bytes() for path in files}


@dataclass(frozen=True)
class RealRun:
    sheet: Path
    reference: Path
    outdir: Path
    finished: subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class SmallInputs:
    """Intact inputs; each test of a bad one breaks one of them."""

    folder: Path
    fasta: Path
    gtf: Path
    reads: tuple[Path, Path]


def write_fastq(path: Path, names: list[str], *, length: int = 30) -> None:
    with gzip.open(path, "wt") as sink:
        sink.writelines(f"@{name}\n{'ACGTT' * (length // 5)}\n+\n{'I' * length}\n" for name in names)
