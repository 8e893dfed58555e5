"""Tables of a cohort report as the reader sees them: every value is text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from leukoscope.report.cohort_document import CohortDocument
from leukoscope.report.cohort_words import CRITERIA, compared, in_time, variable_name
from leukoscope.tables import Table, contracts

SHORT = 18  #: characters of a cell that is not broken into lines
MAX_ROWS = 25  #: of a table on the page; the file beside it has all
_PROBABILITIES = {"p_value", "p_adjusted", "q_value", "term_p_adjusted"}
LEAST_P = 1e-300  #: smaller probabilities are not told apart
MOST_LEVELS = 6  #: of a variable, beyond which its counts stand in the file only
_LISTS = {"hubs", "plausibility", "types"}  #: columns of names joined by commas
_NAMES = {
    "p_adjusted": "adjusted p",
    "p_value": "p",
    "chi2_p": "p (χ², as the paper)",
    "exact_p": "p (Fisher)",
    "mcnemar_p": "p (McNemar, paired)",
    "q_value": "q",
    "log2_fold_change": "log2 change",
    "base_mean": "mean count",
    "gene_id": "gene id",
    "odds_ratio": "odds ratio",
    "odds_ratio_low": "95 % from",
    "odds_ratio_high": "95 % to",
    "normalised_score": "NES",
    "normal_patients": "in remission",
    "total": "of patients",
    "driver_class": "driver of",
    "plausibility": "warnings",
    "feature": "gene or pair",
    "min_detectable": "carriers needed",
    "fold": "times expected",
    "count": "genes",
    "set_size": "genes of set",
    "family": "mostly family",
    "cramers_v": "Cramér's V",
    "delta_area": "Δ area",
    "pac": "PAC",
    "null_pac": "PAC without groups",
    "null_p": "p without groups",
    "smallest": "smallest group",
    "explained": "share of all variance",
    "effect": "share explained",
    "term_p_adjusted": "adjusted p of term",
    "group_p": "p between groups",
    "highest": "highest in group",
    "detectable_share": "least share seen",
    "expected_later": "expected later",
    "second": "differential genes",
    "universe": "tested genes",
    "n_first": "fusion genes tested",
    "n_second": "differential",
}
#: names that one table needs
_OWN_NAMES = {
    "fusions/genes_by_timepoint": {"carriers": "carriers at onset, in remission"},
    "fusions/shared_genes": {"non_high_risk": "non-high risk"},
    "fusions/pairs_by_risk": {"carriers": "carriers of high, non-high risk"},
    "groups/associations": {"chi2_p": "p (χ²)", "exact_p": "p (exact)"},
    "network/terms": {"cluster": "module"},
}
_WHOLE_IN_PRINT = {"patients/baseline", "patients/baseline_by_risk", "contrasts/plan"}
_BASELINE = (
    "n (%) of the patients with a value, or median (lower–upper quartile); the others count as missing."
)


@dataclass(frozen=True, slots=True)
class TableView:
    """A table as the reader sees it."""

    title: str
    columns: tuple[str, ...]
    meanings: tuple[str, ...]  #: of the columns, as the contract of the table states them
    rows: tuple[tuple[str, ...], ...]
    source: str  #: file with all rows and columns, relative to the page
    left_out: int  #: rows that only the file has
    short: tuple[int, ...]  #: columns, from 1, whose cells need no second line
    note: str = ""  #: how to read it
    whole_in_print: bool = False  #: of others paper shows the first rows only


def patient_tables(document: CohortDocument) -> Iterator[TableView]:
    """Yield the baseline tables (the paper's Tables 1 and 2) and the risk of each patient."""
    overall, by_risk = (document.tables[f"patients/{name}"] for name in ("baseline", "baseline_by_risk"))
    if len(overall) > 1:
        columns = ("variable", "level", "overall")
        yield from _views(
            document, "Table 1. All patients", "patients/baseline", columns, most=80, note=_BASELINE
        )
    if len(by_risk) > 1 and {"high", "non-high"} <= set(by_risk.columns):
        yield from _views(
            document, "Table 2. Patients by risk", "patients/baseline_by_risk", most=80, note=_BASELINE
        )
    if (document.tables["patients/risk"]["risk"] != "not assessable").any():
        yield from _views(document, "Risk of each patient, and why", "patients/risk", most=60)


def fusion_tables(document: CohortDocument) -> Iterator[TableView]:
    """Yield what recurs, in whom, and whether it differs."""
    yield from _views(
        document, "Genes with a breakpoint, onset/remission", "fusions/genes_by_timepoint",
        ("feature", "carriers", "chi2_p", "exact_p", "mcnemar_p", "p_adjusted", "odds_ratio", "odds_ratio_low",
         "odds_ratio_high"), by=["chi2_p", "feature"], note=_CARRIERS,
    )  # fmt: skip
    yield from _views(
        document, "Pairs at onset, high/non-high risk", "fusions/pairs_by_risk",
        ("feature", "carriers", "exact_p", "p_adjusted", "odds_ratio", "odds_ratio_low", "odds_ratio_high",
         "min_detectable"), by=["p_value", "feature"], note=_CARRIERS,
    )  # fmt: skip
    ranked = document.table("fusions/ranked_pairs")
    shown = ["rank", "pair", "patients", "total", "normal_patients", "types", "driver_class", "plausibility"]
    if not document.summary["fusions"]["assessed"].get("remission"):
        shown.remove("normal_patients")
    if ranked is not None:
        for number, (name, inside) in enumerate(ranked.groupby("group", sort=False)):
            title = f"Recurrent pairs: {name}"
            yield _view(
                document,
                title,
                inside[shown],
                "fusions/ranked_pairs",
                most=12,
                note="" if number else _WARNINGS,
            )
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
            source = f"{folder}/term_groups_{direction}"
            best = _with_families(groups[groups["representative"]], document, name, direction)
            yield _view(document, f"Terms of the genes that go {direction}", best, source, most=12)
    shown = ("set", "description", "size", "normalised_score", "p_value", "p_adjusted")
    yield from _views(document, "Ranked gene sets", f"{folder}/ranked_enrichment", shown, most=12)
    overlap = ("second", "universe", "n_first", "n_second", "shared", "expected", "odds_ratio", "odds_ratio_low",
             "odds_ratio_high", "p_value")  # fmt: skip
    yield from _views(
        document, "Fusion genes among the differential ones", f"{folder}/fusion_overlap", overlap
    )


def _with_families(groups: pd.DataFrame, document: CohortDocument, name: str, direction: str) -> pd.DataFrame:
    """Return what is shown of terms, with the gene family that drives one where there is such a term."""
    shown = groups[["set", "description", "count", "fold", "p_value", "q_value"]]
    enriched = document.table(f"contrasts/{name}/enriched_{direction}")
    if enriched is None:
        return shown
    families = shown["set"].map(enriched.set_index("set")["family"]).fillna("")
    return shown.assign(family=families) if (families != "").any() else shown


def chapter_tables(document: CohortDocument, chapter: str) -> Iterator[TableView]:
    """Yield the tables of a chapter that has nothing but tables of its own."""
    for title, path, by in _CHAPTERS[chapter]:
        yield from _views(document, title, path, by=by, note=_NOTES.get(path, ""))


def overview(document: CohortDocument) -> TableView:
    """Return what every contrast has in it and what it found (the paper's Table 3)."""
    plan = document.tables["contrasts/plan"].set_index("id")
    rows = [
        {
            "contrast": one["id"].replace("_", " "),
            "compared": compared(one),
            "samples": f"{one['samples'][1]} and {one['samples'][0]}",
            "pairs": int(plan.loc[one["id"], "n_blocks"]) or "",
            "genes up": "" if one["absent"] else one["up"],
            "genes down": "" if one["absent"] else one["down"],
            "not computed": one["absent"],
        }
        for one in document.summary["contrasts"]
    ]
    return _view(
        document, "What each contrast has in it, and found", pd.DataFrame(rows), "contrasts/plan", most=60
    )


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
_CARRIERS = (
    "Samples with the feature of those in which it was looked for. Carriers needed: how many in the first group, with "
    "none in the second, Fisher's exact test takes to reach p < 0.05. An odds ratio below 1: rarer in the first group."
)
_WARNINGS = (
    "In remission: patients whose remission sample shows the pair. Warnings name what the call may be instead of a "
    "rearrangement: circular-RNA-like (a duplication within a gene, as back-splicing makes), read-through-like "
    "(transcription into the neighbour), seen-in-normals (in remission samples of other patients), antisense, "
    "mitochondrial, receptor-recombination (immune receptor genes)."
)
_NOTES = {
    "groups/choice": "PAC: share of pairs of samples that fall together in some resamplings, apart in others (0: clear)"
    ". Silhouette: 1 if groups lie far apart. p without groups: how often data without groups are as clear.",
    "groups/associations": "Counts: the samples of each group at each level, in the order of the levels.",
    "courses/tests": "Patients with samples at both time points. Not assessable: too weak at first to be missed later.",
    "courses/fusions": "Driver fusions first. Expected later: fragments had nothing changed but depth. Least share "
    "seen: the smallest share of the first level that the later sample would show (above 1: none).",
    "network/modules": "Hubs: the genes with most neighbours in the module.",
    "batch/tests": "Share explained: R², which a few samples can make; p is by ranks, which they cannot.",
}


def _views(
    document: CohortDocument, title: str, path: str, shown: Sequence[str] = (), *, by: Sequence[str] = (),
    most: int = MAX_ROWS, note: str = "",
) -> Iterator[TableView]:  # fmt: skip
    """Yield the view of a table, if the study has it and it has a row; the chapter says why not."""
    frame = document.table(path)
    if frame is not None:
        ordered = frame.sort_values(list(by), kind="stable") if by else frame
        if path in _ORDERED:
            ordered = _ORDERED[path](ordered)
        lists = {name for name in ("genes",) if name in ordered and ordered[name].dtype == object}
        columns = [
            name
            for name in shown or ordered.columns
            if name in ordered and name not in _HIDDEN | lists and not ordered[name].isna().all()
        ]
        yield _view(document, title, ordered[columns], path, most=most, note=note)


def _by_weight(tests: pd.DataFrame) -> pd.DataFrame:
    """Return tests of courses in the order of time, sums first, then what most patients have."""
    carriers = tests[["persisting", "cleared", "new", "not_assessable"]].sum(axis=1)
    summed = tests["feature"].str.startswith("any ")
    first = tests.assign(summed=~summed, few=-carriers).sort_values(
        ["summed", "few", "feature"], kind="stable"
    )
    return in_time(first.drop(columns=["summed", "few"]))


def _drivers_first(fusions: pd.DataFrame) -> pd.DataFrame:
    ordered = in_time(fusions)
    return ordered.loc[(ordered["driver_class"] == "").sort_values(kind="stable").index]


def _counts_that_fit(tests: pd.DataFrame) -> pd.DataFrame:
    """Return tests of categories; the counts of many levels stand in the file only."""
    n_levels = tests["levels"].str.count(", ") + 1
    many = n_levels > MOST_LEVELS
    return tests.assign(
        levels=tests["levels"].where(~many, n_levels.astype(str) + " levels"),
        counts=tests["counts"].where(~many, "in the file"),
    )


_ORDERED: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "courses/tests": _by_weight,
    "courses/fusions": _drivers_first,
    "groups/associations": _counts_that_fit,
}


def _view(
    document: CohortDocument, title: str, frame: pd.DataFrame, source: str, *, most: int = MAX_ROWS, note: str = ""
) -> TableView:  # fmt: skip
    names = [str(name) for name in frame.columns]
    rows = tuple(
        tuple(_cell(value, name) for value, name in zip(row, names, strict=True))
        for row in frame.head(most).itertuples(index=False)
    )
    own = _OWN_NAMES.get(source, {})
    columns = tuple(own.get(name) or _NAMES.get(name, name.replace("_", " ")) for name in names)
    said = {c.name: c.meaning for c in _contract(document.summary["tables"][source]).columns}
    meanings = tuple(said.get(name, "") for name in names)
    short = [n for n, cells in enumerate(zip(*rows, strict=True), 1) if max(map(len, cells)) <= SHORT]
    left_out = max(0, len(frame) - most)
    return TableView(
        title,
        columns,
        meanings,
        rows,
        f"tables/{source}.tsv",
        left_out,
        tuple(short),
        note,
        source in _WHOLE_IN_PRINT,
    )


@cache
def _contract(kind: str) -> Table:
    return next(table for table in contracts() if table.name == kind)


def _cell(value: Any, name: str) -> str:
    """Return a value as text that sorts as what it is: plain digits, no separators."""
    if isinstance(value, float):
        if value != value:
            return "–"
        if value == float("inf"):
            return "∞"
        if value < LEAST_P and (name in _PROBABILITIES or name.endswith("_p")):
            return "<1e-300"
        return f"{float(f'{value:.3g}'):.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.3g}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if name == "variable":
        return variable_name(text)
    if name in {"criteria_met", "criteria_missing"}:
        return ", ".join(CRITERIA.get(one, one) for one in text.split(",") if one)
    return text.replace(",", ", ") if name in _LISTS else text
