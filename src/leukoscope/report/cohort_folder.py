"""Write the report of a cohort: figures, the page, the workbook; from the document alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from leukoscope.publishing import publish_text, published
from leukoscope.report.cohort import cohort_chapters, render_cohort
from leukoscope.report.cohort_document import CohortDocument
from leukoscope.report.cohort_figures import plan_figures
from leukoscope.report.cohort_workbook import cohort_workbook
from leukoscope.report.figure_files import FORMATS
from leukoscope.report.figure_plan import FigurePlan, draw_plan
from leukoscope.workers import Each

PAGE = "report.html"


def write_report(
    document: CohortDocument, outdir: Path, *, formats: Sequence[str] = ("svg",), each: Each = map
) -> Path:
    """Write ``figures/``, ``report.html`` and ``report.xlsx`` below `outdir` and return the page.

    Parameters
    ----------
    document
        What was found.
    outdir
        Folder; the page links ``tables/`` there.
    formats
        Of the figures, beside SVG, which the page needs.
    each
        How figures are drawn: one after another, or by :func:`~leukoscope.workers.open_workers`.
    """
    formats = tuple(dict.fromkeys(("svg", *formats)))
    plans = tuple(plan_figures(document))
    folder = outdir / "figures"
    drawn = each(partial(draw_plan, folder=folder, formats=formats), plans)
    with published(outdir / "report.xlsx") as part:
        part.write_bytes(cohort_workbook(document))
    publish_text(folder / "index.tsv", _index(plans))
    for _ in drawn:
        pass
    publish_text(outdir / PAGE, render_cohort(document, cohort_chapters(document, plans, folder, formats)))
    return outdir / PAGE


def is_page_of(page: str, document: CohortDocument, *, each: Each = map) -> bool:
    """Tell whether a page is what the document gives, figures and all; they are drawn again."""
    formats = tuple(one for one in FORMATS if re.search(rf'href="figures/[^"]+\.{one}"', page))
    plans = tuple(plan_figures(document))
    shown = [plan for plan in plans if plan.on_page]
    with TemporaryDirectory() as name:
        for _ in each(partial(draw_plan, folder=Path(name), formats=("svg",)), shown):
            pass
        return page == render_cohort(document, cohort_chapters(document, plans, Path(name), formats))


def _index(plans: Sequence[FigurePlan]) -> str:
    """Return a table of the figures: file, title, how it was made, what it was drawn from."""
    rows = [
        (plan.stem, plan.title, plan.method, ", ".join(f"tables/{s}.tsv" for s in plan.sources))
        for plan in plans
    ]
    return "".join("\t".join(row) + "\n" for row in [("figure", "title", "method", "data"), *rows])
