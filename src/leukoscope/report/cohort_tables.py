"""Tables of a cohort report as the reader sees them: every value is text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from leukoscope.report.cohort_document import CohortDocument

SHORT = 18  #: characters of a cell that is not broken into lines
MAX_ROWS = 25  #: of a table on the page; the file beside it has all
_LISTS = {
    "hubs",
    "plausibility",
    "types",
    "criteria_met",
    "criteria_missing",
}  #: columns of names joined by commas
_PROBABILITIES = {"p_value", "p_adjusted", "q_value"}
_NAMES = {
    "p_adjusted": "adjusted p",
    "p_value": "p",
    "chi2_p": "p (χ², as the paper)",
    "exact_p": "p (Fisher)",
    "mcnemar_p": "p (McNemar, paired)",
    "q_value": "q",
    "log2_fold_change": "log2 change",
    "base_mean": "mean count",
    "n_reference": "reference samples",
    "n_target": "target samples",
    "n_blocks": "pairs",
    "n_unpaired": "unpaired",
    "n_missing": "missing",
    "odds_ratio": "odds ratio",
    "odds_ratio_low": "95 % from",
    "odds_ratio_high": "95 % to",
    "normalised_score": "NES",
    "normal_patients": "in remission",
    "driver_class": "driver of",
    "feature": "gene or pair",
}


@dataclass(frozen=True, slots=True)
class TableView:
    """A table as the reader sees it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    source: str  #: file with all rows and columns, relative to the page
    left_out: int  #: rows that only the file has
    short: tuple[int, ...]  #: columns, from 1, whose cells need no second line


def patient_tables(document: CohortDocument) -> Iterator[TableView]:
    """Yield the baseline tables (the paper's Tables 1 and 2) and the risk of each patient."""
    columns = ("variable", "level", "overall")
    yield from _views(document, "Table 1. All patients", "patients/baseline", columns, most=80)
    yield from _views(document, "Table 2. Patients by risk", "patients/baseline_by_risk", most=80)
    yield from _views(document, "Risk of each patient, and why", "patients/risk", most=60)


def fusion_tables(document: CohortDocument) -> Iterator[TableView]:
    """Yield what recurs, in whom, and whether it differs."""
    yield from _views(
        document, "Genes with a breakpoint, onset/remission", "fusions/genes_by_timepoint",
        ("feature", "carriers", "chi2_p", "exact_p", "mcnemar_p", "p_adjusted", "odds_ratio", "odds_ratio_low",
         "odds_ratio_high"), by=["chi2_p", "feature"],
    )  # fmt: skip
    yield from _views(
        document, "Pairs at onset, high/non-high risk", "fusions/pairs_by_risk",
        ("feature", "carriers", "exact_p", "p_adjusted", "odds_ratio", "odds_ratio_low", "odds_ratio_high",
         "min_detectable"), by=["p_value", "feature"],
    )  # fmt: skip
    ranked = document.table("fusions/ranked_pairs")
    shown = ["rank", "pair", "patients", "total", "normal_patients", "types", "driver_class", "plausibility"]
    if not document.summary["fusions"]["assessed"].get("remission"):
        shown.remove("normal_patients")
    if ranked is not None:
        for name, inside in ranked.groupby("group", sort=False):
            yield _view(f"Recurrent pairs: {name}", inside[shown], "fusions/ranked_pairs", most=12)
    yield from _views(document, "Breakpoint genes that groups share (Fig. 3)", "fusions/shared_genes",
                      by=["p_value", "gene"])  # fmt: skip


def contrast_tables(document: CohortDocument, name: str) -> Iterator[TableView]:
    """Yield genes, terms, ranked sets and fusion genes of a contrast."""
    folder = f"contrasts/{name}"
    shown = ("gene_id", "symbol", "base_mean", "log2_fold_change", "p_value", "p_adjusted")
    yield from _views(document, "Genes", f"{folder}/differential", shown, by=["p_value", "gene_id"])
    for direction in ("up", "down"):
        groups = document.table(f"{folder}/term_groups_{direction}")
        if groups is not None:
            best = groups.loc[
                groups["representative"], ["set", "description", "count", "fold", "p_value", "q_value"]
            ]
            source = f"{folder}/term_groups_{direction}"
            yield _view(f"Terms of the genes that go {direction}", best, source, most=12)
    shown = ("set", "description", "size", "normalised_score", "p_value", "p_adjusted")
    yield from _views(document, "Ranked gene sets", f"{folder}/ranked_enrichment", shown, most=12)
    yield from _views(document, "Fusion genes among the differential ones", f"{folder}/fusion_overlap")


def chapter_tables(document: CohortDocument, chapter: str) -> Iterator[TableView]:
    """Yield the tables of a chapter that has nothing but tables of its own."""
    for title, path, by in _CHAPTERS[chapter]:
        yield from _views(document, title, path, by=by)


def overview(document: CohortDocument) -> TableView:
    """Return what every contrast has in it and what it found (the paper's Table 3)."""
    plan = document.tables["contrasts/plan"].set_index("id")
    rows = [
        {
            "contrast": one["id"],
            "compared": f"{one['levels'][1]} over {one['levels'][0]} ({one['variable']})",
            "samples": f"{one['samples'][1]} and {one['samples'][0]}",
            "pairs": int(plan.loc[one["id"], "n_blocks"]) or "",
            "genes up": "" if one["absent"] else one["up"],
            "genes down": "" if one["absent"] else one["down"],
            "not computed": one["absent"],
        }
        for one in document.summary["contrasts"]
    ]
    return _view("What each contrast has in it, and found", pd.DataFrame(rows), "contrasts/plan", most=60)


_CHAPTERS: dict[str, tuple[tuple[str, str, Sequence[str]], ...]] = {
    "groups": (
        ("Number of groups", "groups/choice", ()),
        ("Groups against what is known", "groups/associations", ()),
    ),
    "subtypes": (
        ("Is an expression group an old class?", "subtypes/verdicts", ()),
        ("Groups against known classes", "subtypes/groups_by_subtype", ("p_value",)),
    ),
    "clusters": (("Terms of each cluster of genes", "clusters/terms", ("cluster", "p_value")),),
    "courses": (
        ("Clearance over the cohort", "courses/tests", ()),
        ("What became of each fusion", "courses/fusions", ()),
    ),
    "network": (
        ("Modules", "network/modules", ()),
        ("Terms of each module", "network/terms", ("cluster", "p_value")),
    ),
    "batch": (("What the principal components go with", "batch/tests", ("component", "p_value")),),
}
_HIDDEN = {"rule", "min_expected", "yates_p", "trend_p", "leading_edge"}  #: of the file only


def _views(
    document: CohortDocument, title: str, path: str, shown: Sequence[str] = (), *, by: Sequence[str] = (),
    most: int = MAX_ROWS,
) -> Iterator[TableView]:  # fmt: skip
    """Yield the view of a table, if the study has it and it has a row; the chapter says why not."""
    frame = document.table(path)
    if frame is not None:
        ordered = frame.sort_values(list(by), kind="stable") if by else frame
        lists = {name for name in ("genes",) if name in ordered and ordered[name].dtype == object}
        columns = [
            name for name in shown or ordered.columns if name in ordered and name not in _HIDDEN | lists
        ]
        yield _view(title, ordered[columns], path, most=most)


def _view(title: str, frame: pd.DataFrame, source: str, *, most: int = MAX_ROWS) -> TableView:
    names = [str(name) for name in frame.columns]
    rows = tuple(
        tuple(_cell(value, name) for value, name in zip(row, names, strict=True))
        for row in frame.head(most).itertuples(index=False)
    )
    columns = tuple(_NAMES.get(name, name.replace("_", " ")) for name in names)
    short = [n for n, cells in enumerate(zip(*rows, strict=True), 1) if max(map(len, cells)) <= SHORT]
    left_out = max(0, len(frame) - most)
    return TableView(title, columns, rows, f"tables/{source}.tsv", left_out, tuple(short))


def _cell(value: Any, name: str) -> str:
    """Return a value as text that sorts as what it is: plain digits, no separators."""
    if isinstance(value, float):
        if value != value:
            return "–"
        if value == float("inf"):
            return "∞"
        if value == 0.0 and name in _PROBABILITIES:
            return "<1e-300"
        return f"{float(f'{value:.3g}'):.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.3g}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return text.replace(",", ", ") if name in _LISTS else text
