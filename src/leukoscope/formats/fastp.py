"""fastp's JSON: what the reads were before alignment."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leukoscope.errors import InputError


@dataclass(frozen=True, slots=True)
class FastpSummary:
    """Figures of one library; NaN where fastp does not tell."""

    paired: bool
    reads: int  #: single reads before filtering, both mates counted
    passed_reads: int
    read_length: float  #: mean length of read 1 before filtering, in bases
    q30_share: float  #: share of bases with quality of at least 30, before filtering
    gc_share: float  #: share of G and C after filtering
    duplicate_share: float
    adapter_share: float  #: share of reads from which an adapter was cut
    insert_median: float  #: bases; NaN if the mates of more than half of the pairs do not overlap

    @property
    def fragments(self) -> int:
        """Read pairs, or reads if the library is single-ended."""
        return self.reads // 2 if self.paired else self.reads


def read_fastp(path: Path) -> FastpSummary:
    """Read fastp's JSON report (written against fastp 0.23.2).

    Raises
    ------
    InputError
        If the file is missing, cut off, or not a report of fastp.
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file.") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name}: not a whole JSON file ({error}). Did fastp finish?") from error
    try:
        return _summary(report)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path.name}: not a report of fastp (trouble with {error}).") from error


def _summary(report: dict[str, Any]) -> FastpSummary:
    before, after = report["summary"]["before_filtering"], report["summary"]["after_filtering"]
    reads = int(before["total_reads"])
    return FastpSummary(
        paired="read2_before_filtering" in report,
        reads=reads,
        passed_reads=int(report["filtering_result"]["passed_filter_reads"]),
        read_length=float(before["read1_mean_length"]),
        q30_share=float(before["q30_rate"]),
        gc_share=float(after["gc_content"]),
        duplicate_share=float(report.get("duplication", {}).get("rate", math.nan)),
        adapter_share=_share(report.get("adapter_cutting", {}).get("adapter_trimmed_reads", math.nan), reads),
        insert_median=_insert_median(report.get("insert_size", {})),
    )


def _share(part: float, whole: int) -> float:
    return float(part) / whole if whole else math.nan


def _insert_median(insert: dict[str, Any]) -> float:
    """Return the median, counting a pair of unknown insert as longer than every known one."""
    histogram = [int(n) for n in insert.get("histogram", [])]
    half = (sum(histogram) + int(insert.get("unknown", 0))) / 2
    running = 0
    for size, pairs in enumerate(histogram):
        running += pairs
        if running and running >= half:
            return float(size)
    return math.nan
