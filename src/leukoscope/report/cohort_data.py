"""The numbers that the page of a cohort draws itself: expression of genes, and their place in every contrast."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.report.cohort_document import CohortDocument
from leukoscope.report.cohort_words import compared, variable_name

MOST_BYTES = 1_400_000  #: of packed numbers, before base64
MISSING_CHANGE, MISSING_EVIDENCE = -32768, 65535
#: Columns of the sample sheet by which box plots may be grouped: first in the menu; those of the user's own follow.
GROUPINGS = (
    *("timepoint", "group", "risk", "subtype", "prednisone_response", "relapse", "ras", "kras", "nras"),
    *("cdkn2a", "ikzf1", "hyperdiploid", "sex", "tissue", "batch"),
)
_NEVER = {"sample", "patient", "counts", "fusions", "bam", "vcf"}
MOST_LEVELS = 12


def page_data(document: CohortDocument) -> dict[str, Any] | None:
    """Return what the script of the page reads, or None if there is no expression.

    Expression is packed as one byte a value, between the least and the largest value of the gene; log2 fold
    changes in steps of 0.001, −log10 of adjusted p in steps of 0.005, log10 of mean counts in steps of 0.0001.
    Genes are left out from the end of the list (the weakest evidence) where the page would grow too large.
    """
    shown = document.table("expression/shown")
    if shown is None:
        return None
    known = set(document.tables["samples"]["sample"])
    names = [name for name in shown.columns if name in known]
    contrasts = [one for one in document.summary["contrasts"] if not one["absent"]]
    most = MOST_BYTES // (len(names) + 6 * len(contrasts) + 24)
    genes = shown.head(most)
    values = genes[names].to_numpy(np.float64)
    low, span = values.min(axis=1), np.ptp(values, axis=1)
    scaled = (values - low[:, None]) / np.where(span > 0, span, 1.0)[:, None] * 255
    return {
        "unit": document.summary["groups"]["expression"] or "log2 expression",
        "genes": "\n".join(genes["gene_id"]),
        "symbols": "\n".join(genes["symbol"]),
        "leftOut": len(shown) - len(genes),
        "leastEvidence": round(-math.log10(document.summary["rules"]["alpha"]), 5),
        "leastChange": document.summary["rules"]["least_change"],
        "samples": names,
        "low": [round(float(x), 3) for x in low],
        "span": [round(float(x), 3) for x in span],
        "values": _packed(np.rint(scaled).astype(np.uint8)),
        "groupings": _groupings(document.tables["samples"], names),
        "contrasts": [_contrast(document, one, genes["gene_id"]) for one in contrasts],
    }


def about_data(document: CohortDocument, data: dict[str, Any] | None) -> str:
    """Return which genes the page holds, in a sentence."""
    shown = document.table("expression/shown")
    if data is None or shown is None:
        return "There is no expression matrix, so there is no gene to search."
    counts = shown["chosen_as"].value_counts()
    variable = int(counts.get("variable", 0) + counts.get("both", 0))
    differential = int(counts.get("differential", 0) + counts.get("both", 0))
    chosen = f"the {variable:,} genes that vary most"
    if differential:
        chosen += f" and the {differential:,} that are differential in some contrast"
    text = f"This page holds {chosen}"
    if data["leftOut"]:
        text = f"This page holds the first {len(data['low']):,}, to stay small, of {chosen}, the most variable first"
    return text + ". All genes stand in the tables beside the page."


def _contrast(document: CohortDocument, one: dict[str, Any], genes: pd.Series) -> dict[str, Any]:
    table = document.tables[f"contrasts/{one['id']}/differential"].set_index("gene_id").reindex(genes)
    change = np.clip(table["log2_fold_change"].to_numpy(np.float64) * 1000, -32767, 32767)
    p_value = np.maximum(table["p_adjusted"].to_numpy(np.float64), np.finfo(np.float64).tiny)
    mean = np.log10(np.maximum(table["base_mean"].to_numpy(np.float64), 0.01)) + 2.0
    tested = table["p_adjusted"].notna().to_numpy()
    return {
        "id": one["id"],
        "compared": compared(one),
        "tested": int(document.tables[f"contrasts/{one['id']}/differential"]["p_adjusted"].notna().sum()),
        "change": _packed(_filled(np.rint(change), MISSING_CHANGE).astype("<i2")),
        "evidence": _packed(
            np.where(tested, np.rint(-np.log10(p_value) * 200), MISSING_EVIDENCE).astype("<u2")
        ),
        "mean": _packed(_filled(np.clip(np.rint(mean * 8000), 0, 65535), 0).astype("<u2")),
    }


def _filled(values: NDArray[np.float64], missing: int) -> NDArray[np.float64]:
    return np.where(np.isnan(values), missing, values)


def _groupings(samples: pd.DataFrame, names: list[str]) -> list[dict[str, Any]]:
    """Return the columns that group the samples, with the level of each sample; -1 where it is missing."""
    by_name = samples.set_index("sample").loc[names]
    found = []
    own = [name for name in by_name.columns if name not in {*GROUPINGS, *_NEVER}]
    for column in [name for name in (*GROUPINGS, *own) if name in by_name]:
        values = by_name[column].astype(str)
        levels = sorted(set(values) - {"", "nan"})
        if column == "timepoint":
            levels = [level for level in ("onset", "remission", "relapse") if level in levels]
        if (2 if column in own else 1) <= len(levels) <= MOST_LEVELS:
            place = {level: i for i, level in enumerate(levels)}
            codes = [place.get(value, -1) for value in values]
            found.append({"name": variable_name(column), "levels": levels, "codes": codes})
    return found


def _packed(values: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
