"""The first step of a sample: its FASTQ files read whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from leukoscope.errors import InputError
from leukoscope.formats.fastq import measure
from leukoscope.formats.samplesheet import unequal_mates
from leukoscope.publishing import publish_text


def check_reads(fastq: Sequence[Path]) -> list[dict[str, Any]]:
    """Return name, number of reads and checksum of each file; first and second mates stand in turn.

    Raises
    ------
    InputError
        If a file is damaged, or two files of mates hold different numbers of reads.
    """
    if len(fastq) % 2:
        raise InputError(f"{len(fastq)} FASTQ files; first and second mates come in pairs.")
    contents = [measure(path) for path in fastq]
    for at in range(0, len(fastq), 2):
        first, second = contents[at].reads, contents[at + 1].reads
        if first != second:
            raise InputError(unequal_mates(fastq[at], fastq[at + 1], first, second) + ".")
    return [
        {"name": path.name, "reads": content.reads, "sha256": content.sha256}
        for path, content in zip(fastq, contents, strict=True)
    ]


def write_reads(files: Sequence[dict[str, Any]], path: Path) -> None:
    """Write what :func:`check_reads` found."""
    publish_text(path, json.dumps({"files": list(files)}, indent=1) + "\n")


def read_checksums(path: Path) -> dict[str, str]:
    """Return the checksums that :func:`write_reads` wrote, by file name with its place in front."""
    files = json.loads(path.read_text(encoding="utf-8"))["files"]
    return {f"{place}:{file['name']}": file["sha256"] for place, file in enumerate(files, start=1)}
