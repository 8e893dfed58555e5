"""The quality gate: what was measured of one sample, and what it means for the report.

Measuring and judging are apart.  The ``measure_…`` functions return values by metric name;
:func:`assess_quality` holds them against a table of thresholds, so that a laboratory can bring
its own.  What nobody measured is *not assessable*, which is neither a pass nor a failure.
"""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leukoscope.errors import InputError, quote_some
from leukoscope.formats.fastp import FastpSummary
from leukoscope.formats.star_log import StarLog
from leukoscope.tables.quality import GENE_EXPRESSION, QUALITY, QUALITY_THRESHOLDS

if TYPE_CHECKING:
    import pandas as pd

PASS, WARN, FAIL, NOT_ASSESSABLE = "PASS", "WARN", "FAIL", "NOT ASSESSABLE"

#: Genes of the first pseudo-autosomal region that B-ALL diagnostics reads.
PAR1_GENES = ("CRLF2", "P2RY8", "IL3RA", "CSF2RA", "DHRSX", "CD99")
HAEMOGLOBIN_GENES = ("HBA1", "HBA2", "HBB", "HBD", "HBE1", "HBG1", "HBG2", "HBM", "HBQ1", "HBZ")
_RIBOSOMAL = re.compile(r"RNA(45S|28S|18S|5-8S|5S)[A-Z0-9-]*")
_STRANDS = ("unstranded", "forward", "reverse")
_TOO_FEW_STRANDED_READS = 1000


@dataclass(frozen=True, slots=True)
class QualityReport:
    """The checks of one sample."""

    sample: str
    table: pd.DataFrame  #: one row per check, see :data:`leukoscope.tables.quality.QUALITY`

    @property
    def verdict(self) -> str:
        """The worst verdict; NOT ASSESSABLE if no check could be made."""
        return worst_verdict(self.table["verdict"])

    def failed(self, metric: str) -> bool:
        """Whether the check of this metric failed."""
        return bool(((self.table["metric"] == metric) & (self.table["verdict"] == FAIL)).any())


def worst_verdict(verdicts: pd.Series | list[str]) -> str:
    """Return FAIL, WARN, PASS or NOT ASSESSABLE, the first that occurs."""
    found = set(verdicts)
    return next((verdict for verdict in (FAIL, WARN, PASS) if verdict in found), NOT_ASSESSABLE)


def assess_quality(sample: str, measured: Mapping[str, float], thresholds: pd.DataFrame) -> QualityReport:
    """Hold the measured values of one sample against the thresholds.

    Parameters
    ----------
    sample
        Name of the sample.
    measured
        Value of each metric, in the unit of the thresholds; absent or NaN if it was not measured.
    thresholds
        Checks to make (:data:`~leukoscope.tables.quality.QUALITY_THRESHOLDS`).

    Raises
    ------
    InputError
        If a metric was measured that the thresholds do not know, or a threshold has no direction.
    """
    thresholds = QUALITY_THRESHOLDS.check(thresholds)
    unknown = sorted(set(measured) - set(thresholds["metric"]))
    if unknown:
        raise InputError(f"{thresholds.shape[0]} quality thresholds, but none for {quote_some(unknown)}.")
    odd = thresholds.loc[~thresholds["better"].isin(["higher", "lower"]), "metric"].tolist()
    if odd:
        raise InputError(
            f"quality-thresholds: column better of {quote_some(odd)} is neither higher nor lower."
        )
    checks = thresholds.to_dict("records")
    values = [float(measured.get(check["metric"], math.nan)) for check in checks]
    verdicts = [
        judge(value, check["better"], check["warn"], check["fail"])
        for value, check in zip(values, checks, strict=True)
    ]
    consequences = [_consequence(verdict, check) for verdict, check in zip(verdicts, checks, strict=True)]
    table = thresholds.assign(sample=sample, value=values, verdict=verdicts, consequence=consequences)
    return QualityReport(sample, QUALITY.check(table))


def judge(value: float, better: str, warn: float, fail: float) -> str:
    """Return the verdict on one value; a value at a threshold passes it.

    Examples
    --------
    >>> judge(12e6, "higher", 30e6, 10e6)
    'WARN'
    >>> judge(float("nan"), "higher", 30e6, 10e6)
    'NOT ASSESSABLE'
    """
    if math.isnan(value):
        return NOT_ASSESSABLE
    sign = 1 if better == "higher" else -1
    if sign * value < sign * fail:
        return FAIL
    return WARN if sign * value < sign * warn else PASS


def _consequence(verdict: str, check: Mapping[Hashable, Any]) -> str:
    if verdict == NOT_ASSESSABLE:
        return "Not measured with the files that were given."
    return "" if verdict == PASS else str(check[f"{verdict.lower()}_consequence"])


def measure_reads(fastp: FastpSummary) -> dict[str, float]:
    """Return what fastp tells of the library."""
    return {
        "read_pairs": float(fastp.fragments),
        "passed_filter_percent": _percent(fastp.passed_reads, fastp.reads),
        "q30_percent": 100 * fastp.q30_share,
        "duplication_percent": 100 * fastp.duplicate_share,
        "insert_ratio": fastp.insert_median / fastp.read_length if fastp.read_length else math.nan,
    }


def measure_alignment(star: StarLog) -> dict[str, float]:
    """Return what STAR tells of the alignment; "reads" are pairs if the library is paired."""
    return {
        "read_pairs": float(star.input_reads),
        "uniquely_mapped_percent": _percent(star.uniquely_mapped, star.input_reads),
        "chimeric_percent": _percent(star.chimeric, star.input_reads),
    }


def measure_expression(genes: pd.DataFrame) -> dict[str, float]:
    """Return what the expression of the genes tells of the sample.

    Parameters
    ----------
    genes
        Expression of one sample (:data:`~leukoscope.tables.quality.GENE_EXPRESSION`).  Figures
        whose genes the annotation lacks, or of a sample without any expression, are NaN.
    """
    genes = GENE_EXPRESSION.check(genes)
    tpm, symbol = genes["tpm"], genes["symbol"]
    total = float(tpm.sum())

    def share(rows: pd.Series) -> float:
        return _percent(float(tpm[rows].sum()), total) if rows.any() else math.nan

    par1 = symbol.isin(PAR1_GENES)
    whole = set(PAR1_GENES) <= set(symbol)
    return {
        "genes_detected": float((tpm >= 1).sum()) if len(genes) else math.nan,
        "haemoglobin_percent": share(symbol.isin(HAEMOGLOBIN_GENES)),
        "ribosomal_percent": share(symbol.str.fullmatch(_RIBOSOMAL.pattern)),
        "par1_tpm": float(tpm[par1].sum()) if whole and total > 0 else math.nan,
    }


def measure_strands(counted: pd.DataFrame, declared: str, uniquely_mapped: int) -> dict[str, float]:
    """Compare STAR's counts per strand with the declared strandedness.

    Parameters
    ----------
    counted
        STAR's ``ReadsPerGene.out.tab`` as :func:`leukoscope.formats.star_log.read_strand_counts`
        returns it: columns ``gene_id``, ``unstranded``, ``forward``, ``reverse``, genes only.
    declared
        ``unstranded``, ``forward``, ``reverse``, or anything else if nobody knows (``auto``).
    uniquely_mapped
        Uniquely mapped reads of the run.
    """
    forward, reverse = float(counted["forward"].sum()), float(counted["reverse"].sum())
    outside = _percent(uniquely_mapped - float(counted["unstranded"].sum()), uniquely_mapped)
    if declared not in _STRANDS or forward + reverse < _TOO_FEW_STRANDED_READS:
        return {"no_feature_percent": outside, "strand_agreement_percent": math.nan}
    share = 100 * reverse / (forward + reverse)
    agreement = {"forward": 100 - share, "reverse": share, "unstranded": 100 - 2 * abs(share - 50)}
    return {"no_feature_percent": outside, "strand_agreement_percent": agreement[declared]}


def _percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole else math.nan
