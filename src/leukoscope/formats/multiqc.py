"""MultiQC custom content: our own results as sections of MultiQC's report."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from leukoscope.tables.quality import QUALITY
from leukoscope.version import RESEARCH_USE

if TYPE_CHECKING:
    import pandas as pd


def quality_content(sample: str, quality: pd.DataFrame) -> str:
    """Return the quality gate as MultiQC content (``…_mqc.json``, MultiQC ≥ 1.20).

    The files of several samples share one section id, so MultiQC joins them in one table.
    Checks that could not be assessed are left out of it.

    Parameters
    ----------
    sample
        Name of the sample.
    quality
        Its checks (:data:`~leukoscope.tables.quality.QUALITY`).
    """
    quality = QUALITY.check(quality)
    checks = quality.to_dict("records")
    worst = next((v for v in ("FAIL", "WARN", "PASS") if v in set(quality["verdict"])), "NOT ASSESSABLE")
    content = {
        "id": "leukoscope_quality",
        "section_name": "leukoscope: quality gate",
        "description": f"Checks of the quality gate. {RESEARCH_USE}",
        "plot_type": "table",
        "pconfig": {
            "id": "leukoscope_quality_table",
            "title": "leukoscope: quality gate",
            "namespace": "leukoscope",
        },
        "headers": {
            "verdict": {"title": "Gate", "description": "The worst verdict of all checks"},
            **{
                check["metric"]: {"title": check["label"], "suffix": check["unit"] and f" {check['unit']}"}
                for check in checks
            },
        },
        "data": {
            sample: {"verdict": worst}
            | {check["metric"]: check["value"] for check in checks if not math.isnan(check["value"])},
        },
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
