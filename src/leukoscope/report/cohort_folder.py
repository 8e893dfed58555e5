"""Write the report of a cohort: figures, the page, the workbook; from the document alone."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from leukoscope.publishing import publish_text, published
from leukoscope.report.cohort import cohort_chapters, render_cohort
from leukoscope.report.cohort_document import CohortDocument
from leukoscope.report.cohort_figures import plan_figures
from leukoscope.report.cohort_workbook import cohort_workbook
from leukoscope.report.figure_plan import FigurePlan, draw_plan

PAGE = "report.html"


def write_report(
    document: CohortDocument, outdir: Path, *, formats: Sequence[str] = ("svg",), threads: int = 1
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
    threads
        Processes that draw; the files are the same.
    """
    formats = tuple(dict.fromkeys(("svg", *formats)))
    plans = tuple(plan_figures(document))
    folder = outdir / "figures"
    _draw(document, plans, folder, formats, threads)
    publish_text(folder / "index.tsv", _index(plans))
    chapters = cohort_chapters(document, plans, folder, formats)
    publish_text(outdir / PAGE, render_cohort(document, chapters))
    with published(outdir / "report.xlsx") as part:
        part.write_bytes(cohort_workbook(document))
    return outdir / PAGE


def _draw(
    document: CohortDocument, plans: Sequence[FigurePlan], folder: Path, formats: Sequence[str], threads: int
) -> None:
    if threads <= 1 or len(plans) < 8:
        for plan in plans:
            draw_plan(plan, folder, formats)
        return
    arguments = (document, folder, tuple(formats), threads)
    with ProcessPoolExecutor(threads, mp_context=get_context("spawn")) as pool:
        for done in [pool.submit(_draw_share, *arguments, share) for share in range(threads)]:
            done.result()


def _draw_share(
    document: CohortDocument, folder: Path, formats: Sequence[str], threads: int, share: int
) -> None:
    """Draw every `threads`-th figure, from the `share`-th on."""
    for plan in tuple(plan_figures(document))[share::threads]:
        draw_plan(plan, folder, formats)


def _index(plans: Sequence[FigurePlan]) -> str:
    """Return a table of the figures: file, title, how it was made, what it was drawn from."""
    rows = [
        (plan.stem, plan.title, plan.method, ", ".join(f"tables/{s}.tsv" for s in plan.sources))
        for plan in plans
    ]
    return "".join("\t".join(row) + "\n" for row in [("figure", "title", "method", "data"), *rows])
