"""The report of a cohort: chapters of sentences, figures and tables; every value is already text here."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leukoscope.report.cohort_figures import Drawn
from leukoscope.report.rendering import asset, sealed_page

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.study import Study
    from leukoscope.study.expression import ContrastFindings

MAX_ROWS = 25  #: of a table on the page; the file beside it has all

DIFFERENCES = (
    "Onset and remission come from the same patients, so expression is compared within patients; the paper's "
    "unpaired design can be asked for as a contrast of its own.",
    "Carriers are compared by the paper's uncorrected χ² and, beside it, by Fisher's exact test wherever an expected "
    "count is below 5, by the exact McNemar test of the pairs, and with Benjamini–Hochberg adjustment; the paper "
    "adjusts nothing.",
    "A fusion that is also seen in remission samples is marked: neighbouring genes and intragenic duplications that "
    "normal marrow shows too are no sign of leukaemia.",
    "Loci that overlap and both orders of a pair count once, and a patient counts once.",
    "The number of expression groups is compared with data without groups; the paper chose three by eye.",
    "Onset against remission mostly compares blasts with normal marrow. Without the share of blasts as a covariate, "
    "differential genes say which cells there are before they say what the cells do.",
)


@dataclass(frozen=True, slots=True)
class FigureView:
    """A figure with its data beside it."""

    title: str
    address: str  #: data address of the picture
    picture: str  #: file
    source: str  #: table that it was drawn from


@dataclass(frozen=True, slots=True)
class TableView:
    """A table as the reader sees it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    source: str
    left_out: int  #: rows that only the file has


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the report; `sentences` say why where there is nothing to show."""

    anchor: str
    title: str
    sentences: tuple[str, ...]
    figures: tuple[FigureView, ...]
    tables: tuple[TableView, ...]


def cohort_chapters(study: Study, figures: Sequence[Drawn], folder: Path) -> tuple[Chapter, ...]:
    """Return the report of a study.

    Parameters
    ----------
    study
        What was found.
    figures
        What :func:`~leukoscope.report.cohort_figures.draw_cohort` drew.
    folder
        Where the figures are.
    """
    views: dict[str, list[FigureView]] = {}
    for drawn in figures:
        views.setdefault(drawn.chapter, []).append(_figure(drawn, folder))

    def chapter(anchor: str, title: str, sentences: Sequence[str], tables: Iterable[TableView]) -> Chapter:
        return Chapter(anchor, title, tuple(sentences), tuple(views.get(anchor, ())), tuple(tables))

    chapters = [
        chapter("patients", "Patients", _about_patients(study), _patient_tables(study)),
        chapter("fusions", "Fusions", _or(study.fusions.absent, study.fusions.notes), _fusion_tables(study)),
        chapter(
            "plan",
            "Contrasts",
            ("What each contrast has in it.",),
            [_view("Contrasts", study.plan, "contrasts/plan")],
        ),
    ]
    for found in study.contrasts:
        name = found.comparison.contrast
        chapters.append(
            chapter(f"contrast-{name}", f"Contrast {name}", _about_contrast(found), _contrast_tables(found))
        )
    chapters.append(
        chapter(
            "groups", "Expression groups", _or(study.groups.absent, study.groups.notes), _group_tables(study)
        )
    )
    chapters.append(chapter("differences", "Where this differs from the paper, and why", DIFFERENCES, ()))
    return tuple(chapters)


def render_cohort(
    chapters: Sequence[Chapter], *, title: str, intended_use: str, methods: Sequence[str]
) -> str:
    """Return the report as one self-contained HTML document."""
    return sealed_page(
        "cohort.html.j2",
        style=asset("report.css") + asset("cohort.css"),
        script=asset("cohort.js"),
        images=True,
        chapters=chapters,
        title=title,
        intended_use=intended_use,
        methods=methods,
    )


def _about_patients(study: Study) -> list[str]:
    sentences = list(study.patients.notes)
    if study.patients.disagreements:
        sentences.append(
            "The sample sheet states another risk than the criteria give for: "
            + ", ".join(study.patients.disagreements)
            + ". The criteria count here."
        )
    return sentences


def _about_contrast(found: ContrastFindings) -> list[str]:
    comparison = found.comparison
    about = (
        f"{comparison.target} ({comparison.n_target} samples) over {comparison.reference} "
        f"({comparison.n_reference} samples) of {comparison.variable}; design {comparison.design}."
    )
    return [about, *_or(found.absent, found.notes)]


def _or(absent: str, notes: Sequence[str]) -> Sequence[str]:
    return (absent,) if absent else notes


def _patient_tables(study: Study) -> Iterator[TableView]:
    yield _view("Baseline by risk", study.patients.baseline_by_risk, "patients/baseline_by_risk", most=60)


def _fusion_tables(study: Study) -> Iterator[TableView]:
    if study.fusions.absent:
        return
    tests = study.fusions.genes_by_timepoint.sort_values(["chi2_p", "feature"])
    shown = [
        "feature",
        "carriers",
        "chi2_p",
        "exact_p",
        "mcnemar_p",
        "p_value",
        "p_adjusted",
        "odds_ratio",
        "test",
    ]
    yield _view("Genes with a breakpoint, onset/remission", tests[shown], "fusions/genes_by_timepoint")
    risk = study.fusions.pairs_by_risk.sort_values(["p_value", "feature"])
    shown = [
        "feature",
        "carriers",
        "exact_p",
        "p_adjusted",
        "odds_ratio",
        "odds_ratio_low",
        "odds_ratio_high",
    ]
    yield _view("Pairs at onset, high/non-high risk", risk[shown], "fusions/pairs_by_risk")
    shown = [
        "group",
        "rank",
        "pair",
        "patients",
        "total",
        "normal_patients",
        "types",
        "driver_class",
        "plausibility",
    ]
    for name, ranked in study.fusions.ranked.groupby("group", sort=False):
        yield _view(f"Pairs: {name}", ranked[shown], "fusions/ranked_pairs", most=12)


def _contrast_tables(found: ContrastFindings) -> Iterator[TableView]:
    if found.absent:
        return
    folder = f"contrasts/{found.comparison.contrast}"
    genes = found.table.sort_values(["p_value", "gene_id"])
    shown = [
        c
        for c in ("gene_id", "symbol", "base_mean", "log2_fold_change", "p_value", "p_adjusted")
        if c in genes
    ]
    yield _view("Genes", genes[shown], f"{folder}/differential")
    for direction, groups in (("up", found.groups_up), ("down", found.groups_down)):
        if not groups.empty:
            best = groups[groups["representative"]][
                ["set", "description", "count", "fold", "p_value", "q_value"]
            ]
            yield _view(
                f"Terms of the genes that go {direction}", best, f"{folder}/term_groups_{direction}", most=12
            )
    if not found.ranked.empty:
        shown = ["set", "description", "size", "normalised_score", "p_value", "p_adjusted"]
        yield _view("Ranked gene sets", found.ranked[shown], f"{folder}/ranked_enrichment", most=12)
    yield _view("Fusion genes among them", found.overlaps, f"{folder}/fusion_overlap")


def _group_tables(study: Study) -> Iterator[TableView]:
    if study.groups.absent:
        return
    yield _view("Number of groups", study.groups.choice, "groups/choice")
    shown = ["variable", "levels", "counts", "missing", "test", "p_value", "p_adjusted"]
    yield _view("Groups against what is known", study.groups.associations[shown], "groups/associations")


def _view(title: str, frame: pd.DataFrame, source: str, *, most: int = MAX_ROWS) -> TableView:
    rows = tuple(tuple(_cell(value) for value in row) for row in frame.head(most).itertuples(index=False))
    columns = tuple(str(name).replace("_", " ") for name in frame.columns)
    return TableView(title, columns, rows, f"tables/{source}.tsv", max(0, len(frame) - most))


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "–" if value != value else f"{value:.3g}"
    return str(value)


def _figure(drawn: Drawn, folder: Path) -> FigureView:
    content = base64.b64encode((folder / drawn.file).read_bytes()).decode()
    kind = "svg+xml" if drawn.file.endswith(".svg") else "png"
    return FigureView(
        drawn.title,
        f"data:image/{kind};base64,{content}",
        f"figures/{drawn.file}",
        f"tables/{drawn.source}.tsv",
    )
