"""A cohort as a workbook (XLSX): its tables as sheets, those of contrasts stacked, for those who sort and filter."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from leukoscope.report.cohort_document import CohortDocument
from leukoscope.report.cohort_summary import summary_sentences
from leukoscope.report.spreadsheet import Sheet, pack_sheets

MOST_ROWS = 20_000  #: of a sheet; the TSV file has all
_SHEETS = {
    "Samples": "samples",
    "Risk": "patients/risk",
    "Baseline": "patients/baseline",
    "Baseline by risk": "patients/baseline_by_risk",
    "Fusion events": "fusions/events",
    "Ranked pairs": "fusions/ranked_pairs",
    "Genes by timepoint": "fusions/genes_by_timepoint",
    "Pairs by risk": "fusions/pairs_by_risk",
    "Shared fusion genes": "fusions/shared_genes",
    "Courses": "courses/fusions",
    "Clearance": "courses/tests",
    "Contrasts": "contrasts/plan",
    "Groups": "groups/classes",
    "Choice of K": "groups/choice",
    "Group associations": "groups/associations",
    "Known classes": "subtypes/calls",
    "Group verdicts": "subtypes/verdicts",
    "Gene clusters": "clusters/genes",
    "Cluster terms": "clusters/terms",
    "Network modules": "network/modules",
    "Network genes": "network/genes",
    "Batch": "batch/tests",
}
_STACKED = {
    "Differential genes": "differential",
    "Terms up": "enriched_up",
    "Terms down": "enriched_down",
    "Ranked sets": "ranked_enrichment",
    "Fusion overlap": "fusion_overlap",
}


def cohort_workbook(document: CohortDocument) -> bytes:
    """Return the tables of a cohort as XLSX; of genes and terms only those with an adjusted p below 0.05."""
    return pack_sheets(_sheets(document), document.summary["intended_use"])


def _sheets(document: CohortDocument) -> Iterator[Sheet]:
    about = [("intended use", document.summary["intended_use"])]
    about += [("finding", sentence) for sentence in summary_sentences(document)]
    about += [("method", sentence) for sentence in document.summary["methods"]]
    yield "Read me", ("what", "text"), about
    for title, path in _SHEETS.items():
        found = document.table(path)
        if found is not None:
            yield _sheet(title, found)
    for title, name in _STACKED.items():
        parts = [
            _significant(document.tables[path]).assign(contrast=one["id"])
            for one in document.summary["contrasts"]
            if (path := f"contrasts/{one['id']}/{name}") in document.tables
        ]
        filled = [part for part in parts if not part.empty]
        if filled:
            joined = pd.concat(filled, ignore_index=True)
            yield _sheet(title, joined[["contrast", *(c for c in joined if c != "contrast")]])


def _significant(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["p_adjusted"] < 0.05] if "p_adjusted" in table else table


def _sheet(title: str, table: pd.DataFrame) -> Sheet:
    return title, [str(name) for name in table.columns], table.head(MOST_ROWS).to_numpy(object).tolist()
