"""The reads that support fusions, as a BAM file small enough to look at."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.errors import InputError
from leukoscope.publishing import published

if TYPE_CHECKING:
    import pandas as pd

FUSION_TAG = "XF"  # fusions that the fragment supports: BCR::ABL1,...


def supporting_reads(calls: pd.DataFrame) -> dict[str, str]:
    """Return the fusions that each fragment supports, by its name."""
    found: dict[str, list[str]] = {}
    for fusion, names in zip(calls["fusion"], calls["read_identifiers"], strict=True):
        for name in str(names).split(","):
            if name:
                found.setdefault(name, []).append(str(fusion))
    return {name: ",".join(dict.fromkeys(fusions)) for name, fusions in found.items()}


def write_mini_bam(calls: pd.DataFrame, alignments: Path | str, path: Path | str) -> int:
    """Write every record of the supporting fragments, sorted and indexed, and return their number.

    Each record says in its tag ``XF`` which fusions it supports.  Equal input gives equal bytes.

    Parameters
    ----------
    calls
        Fusion calls with ``read_identifiers`` (:data:`~leukoscope.tables.fusions.FUSIONS`).
    alignments
        BAM file that they were called from, in any order.
    path
        BAM file to write; its index gets the ending ``.bai``.

    Raises
    ------
    InputError
        If the alignments are missing or unreadable, or hold none of the reads.
    """
    import pysam

    wanted = supporting_reads(calls)
    target = Path(path)
    with tempfile.TemporaryDirectory() as folder:
        unsorted = Path(folder) / "unsorted.bam"
        try:
            with pysam.AlignmentFile(str(alignments), "rb", check_sq=False) as source:
                header = source.header.to_dict() | {"PG": [], "CO": []}
                kept = _copy(source, wanted, unsorted, {k: v for k, v in header.items() if v})
        except FileNotFoundError as error:
            raise InputError(f"{alignments}: there is no such file.") from error
        except (OSError, ValueError) as error:
            raise InputError(f"{Path(alignments).name}: not a readable BAM file ({error}).") from error
        if wanted and not kept:
            raise InputError(
                f"{Path(alignments).name}: holds none of the {len(wanted)} supporting fragments, "
                f"e.g. '{next(iter(wanted))}'. Were the fusions called from another file?"
            )
        with published(target) as part:
            pysam.sort("--no-PG", "-o", str(part), str(unsorted))
        pysam.index(str(target))
    return kept


def _copy(source: object, wanted: dict[str, str], path: Path, header: dict[str, object]) -> int:
    import pysam

    kept = 0
    with pysam.AlignmentFile(str(path), "wb", header=header) as sink:
        for record in source.fetch(until_eof=True):  # type: ignore[attr-defined]
            fusions = wanted.get(record.query_name)
            if fusions is not None:
                record.set_tag(FUSION_TAG, fusions)
                sink.write(record)
                kept += 1
    return kept
