"""The report of a cohort: chapters of sentences, figures and tables; every value is already text here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from markupsafe import Markup

from leukoscope.report.cohort_data import about_data, page_data
from leukoscope.report.cohort_document import CohortDocument
from leukoscope.report.cohort_summary import summary_sentences
from leukoscope.report.cohort_tables import (
    TableView,
    chapter_tables,
    contrast_tables,
    fusion_tables,
    overview,
    patient_tables,
)
from leukoscope.report.cohort_words import compared, rise_and_fall
from leukoscope.report.figure_plan import FigurePlan
from leukoscope.report.glossary import COHORT_GLOSSARY
from leukoscope.report.rendering import asset, printed_on_every_page, sealed_page

WIDE = 7.0  #: inches, from which a figure takes the whole width
MOST_BYTES = 2_700_000  #: of figures inside the page; further ones are linked

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
    "Whether a group is a class of B-ALL that was known before is asked of every group; the paper does not ask.",
    "Onset against remission mostly compares blasts with normal marrow. Without the share of blasts as a covariate, "
    "differential genes say which cells there are before they say what the cells do.",
    "Genes are searched for enrichment among the genes that were tested, not among all genes, and terms that one "
    "family of similar genes drives are marked.",
    "A fusion counts as cleared only if it would have been seen at the depth of the later sample.",
)
_EXPRESSION = (
    (
        "groups",
        "Expression groups",
        "Onset samples, grouped by consensus clustering of their most variable genes.",
    ),
    (
        "subtypes",
        "Groups and known classes",
        "Is a new group an old class? Every sample is also called by leukoscope.",
    ),
    (
        "clusters",
        "Clusters of genes",
        "Genes that differ between the groups, clustered, and what they are about.",
    ),
)
_FURTHER = (
    (
        "courses",
        "Course of disease",
        "What becomes of fusions, blasts and the signal of the class over time.",
    ),
    ("network", "Co-expression network", "Genes that rise and fall together over the onset samples."),
    (
        "batch",
        "Batch and composition",
        "What the largest differences between samples go with: technique or biology.",
    ),
)


@dataclass(frozen=True, slots=True)
class FigureView:
    """A figure with its data beside it."""

    title: str
    method: str
    address: Markup  #: data address of the picture; empty if the page draws it or only links it
    files: tuple[tuple[str, str], ...]  #: format and file, relative to the page
    sources: tuple[str, ...]  #: tables that it was drawn from
    wide: bool = False  #: whether it needs the whole width of the page
    left_out: bool = False  #: because the page would grow too large


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the report; `sentences` say why where there is nothing to show."""

    anchor: str
    title: str
    lead: str  #: what the chapter shows, in plain words
    sentences: tuple[str, ...]
    figures: tuple[FigureView, ...] = ()
    tables: tuple[TableView, ...] = ()
    notes: tuple[str, ...] = ()  #: technical, folded
    contrast: str = ""  #: drawn by the page itself: volcano and MA of this contrast
    parts: tuple[Chapter, ...] = ()


def cohort_chapters(
    document: CohortDocument, plans: Sequence[FigurePlan], folder: Path, formats: Sequence[str]
) -> tuple[Chapter, ...]:
    """Return the chapters of a report.

    Parameters
    ----------
    document
        What was found.
    plans
        The figures, drawn.
    folder
        Where their files are; SVG files go into the page.
    formats
        In which they were drawn.
    """
    views = _figure_views(plans, folder, formats)
    summary = document.summary

    def chapter(anchor: str, title: str, lead: str, tables: Iterable[TableView], **more: Any) -> Chapter:
        part = summary.get(anchor, {})
        absent, notes = part.get("absent", ""), part.get("notes", ())
        sentences = (absent,) if absent else tuple(notes)
        return Chapter(anchor, title, lead, sentences, views.get(anchor, ()), tuple(tables), **more)

    def also(chapter: Chapter, *sentences: str) -> Chapter:
        return replace(chapter, sentences=(*chapter.sentences, *sentences))

    stated = summary["patients"]["stated_otherwise"]
    disagreement = (
        f"The sheet states another risk than the criteria give for {', '.join(stated)}; the criteria count."
    )
    patients = chapter(
        "patients", "Patients", "Who was studied, and how risk groups differ.", patient_tables(document)
    )
    if stated:
        patients = also(patients, disagreement)
    fusions = chapter(
        "fusions",
        "Fusions",
        "Which genes and pairs break again and again, and in whom.",
        fusion_tables(document),
    )
    sets = summary["fusion_sets"]
    if not summary["fusions"]["absent"]:
        fusions = also(fusions, *([sets["absent"]] if sets["absent"] else sets["notes"]))
    return (
        patients,
        fusions,
        Chapter(
            "contrasts", "Contrasts", "Which genes differ, contrast by contrast, and what they are about.",
            _not_computed(summary["contrasts"]), tables=(overview(document),),
            parts=tuple(_contrast(document, one, views) for one in summary["contrasts"] if not one["absent"]),
        ),
        *(chapter(anchor, title, lead, chapter_tables(document, anchor)) for anchor, title, lead in _EXPRESSION),
        *(chapter(anchor, title, lead, chapter_tables(document, anchor)) for anchor, title, lead in _FURTHER),
    )  # fmt: skip


def render_cohort(document: CohortDocument, chapters: Sequence[Chapter]) -> str:
    """Return the report as one self-contained HTML document."""
    data = page_data(document)
    title = f"Cohort of {document.summary['patients']['total']} patients"
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")) if data else "null"
    return sealed_page(
        "cohort.html.j2",
        style=asset("report.css") + asset("cohort.css") + printed_on_every_page(title),
        script=asset("cohort.js") + asset("cohort_genes.js"),
        images=True,
        title=title,
        intended_use=document.summary["intended_use"],
        summary=summary_sentences(document),
        chapters=chapters,
        about_genes=about_data(document, data),
        searchable=data is not None,
        data=text.replace("<", "\\u003c"),
        methods=document.summary["methods"],
        differences=DIFFERENCES,
        glossary=COHORT_GLOSSARY,
    )


def _not_computed(contrasts: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Say why there are no contrasts, or only some."""
    absent = [one for one in contrasts if one["absent"]]
    if not contrasts:
        return ("No contrast was asked for.",)
    reasons = {one["absent"] for one in absent}
    if len(absent) == len(contrasts) and len(reasons) == 1:
        return (f"None is computed. {reasons.pop()}",)
    return (f"{len(absent)} of {len(contrasts)} are not computed; the table says why.",) if absent else ()


def _contrast(
    document: CohortDocument, one: dict[str, Any], views: dict[str, tuple[FigureView, ...]]
) -> Chapter:
    anchor, title = f"contrast-{one['id']}", one["id"].replace("_", " ")
    about = (
        f"{compared(one)}; {one['samples'][1]} against {one['samples'][0]} samples; design {one['design']}."
    )
    rules = document.summary["rules"]
    found = (
        f"{rise_and_fall(one['up'], one['down'])} (adjusted p below {rules['alpha']:g}, at least "
        f"{2 ** rules['least_change']:.3g}-fold)."
    )
    return Chapter(
        anchor, title, about, (found, *one["caveats"], *one["missing"]), views.get(anchor, ()),
        tuple(contrast_tables(document, one["id"])), tuple(one["notes"]), contrast=one["id"],
    )  # fmt: skip


def _figure_views(
    plans: Sequence[FigurePlan], folder: Path, formats: Sequence[str]
) -> dict[str, tuple[FigureView, ...]]:
    """Return the figures of each chapter; those that do not fit into the page are linked only, of contrasts first."""
    shown = sorted(
        (plan for plan in plans if plan.on_page), key=lambda plan: plan.chapter.startswith("contrast-")
    )
    addresses: dict[str, Markup] = {}
    room = MOST_BYTES
    for plan in shown:
        address = _address((folder / f"{plan.stem}.svg").read_text(encoding="utf-8"))
        if (size := len(address.encode())) <= room:
            room -= size
            addresses[plan.stem] = address
    found: dict[str, list[FigureView]] = {}
    for plan in plans:
        files = tuple((ending.upper(), f"figures/{plan.stem}.{ending}") for ending in formats)
        sources = tuple(f"tables/{source}.tsv" for source in plan.sources)
        address = addresses.get(plan.stem, Markup())
        view = FigureView(
            plan.title, plan.method, address, files, sources, plan.width > WIDE, plan.on_page and not address
        )
        found.setdefault(plan.chapter, []).append(view)
    return {chapter: tuple(figures) for chapter, figures in found.items()}


def _address(svg: str) -> Markup:
    """Return a drawing as a data address within double quotes: its text, a quarter shorter than base64.

    Examples
    --------
    >>> print(_address('<text fill="#000">5 % &lt; 6</text>'))
    data:image/svg+xml,<text fill='%23000'>5 %25 &amp;lt; 6</text>
    """
    return Markup("data:image/svg+xml," + re.sub(r"\s+", " ", svg).translate(_IN_ADDRESS))


_IN_ADDRESS = str.maketrans({"%": "%25", "#": "%23", "'": "&amp;apos;", '"': "'", "&": "&amp;"})
