"""Which figures of a cohort report show fusions and the course of disease."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, partial
from typing import TYPE_CHECKING

import pandas as pd

from leukoscope.fusions.structure import structure_from_json
from leukoscope.report import figures_cohort, figures_courses, figures_genome, figures_sets
from leukoscope.report.circos import circos_svg
from leukoscope.report.cohort_document import CohortDocument
from leukoscope.report.figure_plan import FigurePlan, on_axes
from leukoscope.report.fusion_drawing import fusion_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PRIMARY = re.compile(r"(chr)?(\d{1,2}|[XY])")
FEWEST_PATIENTS = 2  #: with a pair, from which the circle shows it; drivers always


def fusion_figures(document: CohortDocument) -> Iterator[FigurePlan]:
    """Yield the figures of the fusions."""
    events, tests = document.table("fusions/events"), document.table("fusions/genes_by_timepoint")
    if events is not None:
        yield from _circles(events)
    loci = document.table("fusions/loci")
    if loci is not None:
        lengths = _extents(loci.rename(columns={"contig": "contig_a", "position": "position_a"}), "a")
        yield FigurePlan(
            "fusions", "fusions/genome", "Breakpoints along the genome (Fig. 1B–D)",
            "Share of patients with a breakpoint in each locus, by type of event: onset above, remission below. A "
            "panel each for loci more frequent at onset, in remission, and in neither, where there are such.",
            ("fusions/loci",), partial(figures_genome.genome_breakpoints, loci=loci, lengths=lengths), 9.0, 6.6,
        )  # fmt: skip
    if tests is not None:
        yield FigurePlan(
            "fusions", "fusions/genes_by_timepoint", "Breakpoint genes, onset against remission (Fig. 2A)",
            "Samples with a breakpoint in the gene; beside the bars p of the paper's χ² test and, in brackets, of "
            "Fisher's exact test, both before adjustment.",
            ("fusions/genes_by_timepoint",),
            on_axes(figures_cohort.mirrored_carriers, tests, ("onset", "remission")), 6.4, 4.6,
        )  # fmt: skip
    yield from _exemplars(document)
    yield from _pair_figures(document)
    yield from _set_figures(document)


def _exemplars(document: CohortDocument) -> Iterator[FigurePlan]:
    """Yield the drawings of the pairs that recur most, if a gene model was given."""
    for number, one in enumerate(document.summary.get("exemplars", ()), start=1):
        svg = fusion_svg(structure_from_json(one["structure"]))
        yield FigurePlan(
            "fusions", f"fusions/exemplar_{number}", f"{one['title']} (Fig. 4)",
            "The best supported call of the pair: both genes with exons, what is kept, the fused transcript, the "
            "junction and the reads.",
            ("fusions/events",), None, 7.5, 5.0, svg=svg,
        )  # fmt: skip


def _pair_figures(document: CohortDocument) -> Iterator[FigurePlan]:
    ranked = document.table("fusions/ranked_pairs")
    if ranked is not None:
        normals = bool(document.summary["fusions"]["assessed"].get("remission"))
        grey = (
            "grey pairs are seen in remission samples too" if normals else "no remission sample was looked at"
        )
        for number, (name, inside) in enumerate(ranked.groupby("group", sort=False), start=1):
            yield FigurePlan(
                "fusions", f"fusions/ranked_pairs_{number}", f"Recurrent pairs: {name} (Fig. 2B–E, 6K)",
                f"Patients with the pair, each once; {grey}.", ("fusions/ranked_pairs",),
                on_axes(figures_cohort.recurrent_pairs, inside, with_normals=normals), 5.2, 3.8,
            )  # fmt: skip
    distribution = document.table("fusions/distribution")
    if distribution is not None:
        yield FigurePlan(
            "fusions", "fusions/chromosomes", "Events by chromosome and type (Fig. 1)",
            "Events with a breakpoint on the chromosome; an event on two chromosomes counts on both.",
            ("fusions/distribution",), partial(_draw_chromosomes, distribution=distribution),
            6.4, 0.6 + 2.0 * distribution["group"].nunique(),
        )  # fmt: skip


def _draw_chromosomes(figure: Figure, distribution: pd.DataFrame) -> None:
    names = [name for name in figures_courses.STEPS if (distribution["group"] == name).any()]
    for ax, name in zip(figure.subplots(len(names), 1, squeeze=False)[:, 0], names, strict=True):
        figures_cohort.events_by_chromosome(ax, distribution, name)


def _set_figures(document: CohortDocument) -> Iterator[FigurePlan]:
    sets = document.table("fusions/sets")
    if sets is None:
        return
    parts = {
        frozenset(name.strip() for name in names.split("&")): int(size)
        for names, size in zip(sets["sets"], sets["size"], strict=True)
    }
    names = sorted({name for part in parts for name in part}, key=_group_order)
    sizes = {name: sum(size for part, size in parts.items() if name in part) for name in names}
    if 2 <= len(names) <= 4:
        yield FigurePlan(
            "fusions", "fusions/venn", "Breakpoint genes that groups share (Fig. 3)",
            "Genes with a breakpoint in any sample of the group; the ellipses are not to scale.",
            ("fusions/sets",), on_axes(figures_sets.venn, sizes, parts), 4.8, 4.4,
        )  # fmt: skip
    if len(names) >= 2:
        yield FigurePlan(
            "fusions", "fusions/upset", "The same as bars (UpSet)",
            "Genes that exactly the marked groups have.",
            ("fusions/sets",), partial(figures_sets.upset, sizes=sizes, parts=parts), 6.4, 4.0,
        )  # fmt: skip


def _group_order(name: str) -> tuple[int, str]:
    known = ("high risk", "non-high risk", "remission", "relapse")
    return (known.index(name) if name in known else len(known), name)


def course_figures(document: CohortDocument) -> Iterator[FigurePlan]:
    """Yield the figures of the course of disease."""
    fusions, samples = document.table("courses/fusions"), document.table("courses/samples")
    if fusions is not None and samples is not None:
        lanes = min(samples["patient"].nunique(), 40)
        yield FigurePlan(
            "courses", "courses/swimmer", "Fusions from onset to remission and relapse, patient by patient",
            "A cleared fusion would have been seen had its share not fallen; not assessable: too weak before to say.",
            ("courses/fusions", "courses/samples"), on_axes(figures_courses.swimmer, fusions, samples),
            6.8, 1.2 + 0.17 * lanes,
        )  # fmt: skip
    tests = document.table("courses/tests")
    if tests is not None:
        for (earlier, later), inside in tests.groupby(["earlier", "later"], sort=False):
            shown = min(len(inside), 20)
            yield FigurePlan(
                "courses", f"courses/clearance_{earlier}_{later}",
                f"What became of each pair from {earlier} to {later}",
                "Patients with both time points and the pair at either.",
                ("courses/tests",), on_axes(figures_courses.clearance, inside), 6.4, 1.2 + 0.2 * shown,
            )  # fmt: skip
    for column, label in (
        ("blast_fraction", "leukaemic cells (share)"),
        ("probability", "probability of the class"),
    ):
        if samples is not None and samples[column].notna().sum() > 1:
            yield FigurePlan(
                "courses", f"courses/{column}", f"Course of the {label.partition(' (')[0]}",
                "Estimated from expression; a thin line a patient." if column == "blast_fraction"
                else "Of the class that was called at the first time point; a thin line a patient.",
                ("courses/samples",), on_axes(figures_courses.signal_courses, samples, column, label), 4.2, 3.4,
            )  # fmt: skip


def _circles(events: pd.DataFrame) -> Iterator[FigurePlan]:
    """Yield the circle of each timepoint: pairs of several patients, and every driver."""
    for timepoint in figures_courses.STEPS:
        inside = events[events["timepoint"] == timepoint]
        shown = _circle_calls(inside)
        if shown.empty:
            continue
        lengths = _extents(events, "a", "b")
        title = f"Fusions at {timepoint}" if timepoint != "remission" else "Fusions in remission"
        yield FigurePlan(
            "fusions", f"fusions/circle_{timepoint}", f"{title} (Fig. 1A)",
            f"Pairs of at least {FEWEST_PATIENTS} patients, and every driver fusion; wider lines: more patients. "
            "Chromosomes end at their last gene.",
            ("fusions/events",), None, 6.0, 6.3, svg=circos_svg(shown, lengths, title=title),
        )  # fmt: skip


def _circle_calls(events: pd.DataFrame) -> pd.DataFrame:
    """Return events as the circle takes fusion calls, one row a pair and type with its patients."""
    patients = events.groupby(["pair", "type"])["patient"].transform("nunique")
    kept = events.assign(patients=patients)[(patients >= FEWEST_PATIENTS) | (events["driver_class"] != "")]
    first = kept.drop_duplicates(["pair", "type"])
    return pd.DataFrame(
        {
            "gene1": first["locus_a"], "gene2": first["locus_b"], "fusion": first["pair"], "type": first["type"],
            "breakpoint1": first["contig_a"] + ":" + first["position_a"].astype(str),
            "breakpoint2": first["contig_b"] + ":" + first["position_b"].astype(str),
            "split_reads1": first["fragments"], "split_reads2": 0, "discordant_mates": 0,
            "patients": first["patients"], "driver_class": first["driver_class"],
        }
    )  # fmt: skip


def _extents(events: pd.DataFrame, *ends: str) -> dict[str, int]:
    """Return how far each chromosome reaches: to its last known gene, or to its last breakpoint."""
    found = pd.concat(
        events[[f"contig_{e}", f"position_{e}"]].set_axis(["contig", "end"], axis=1) for e in ends
    )
    known = _gene_ends()
    if not found["contig"].str.startswith("chr").any():
        known = known.assign(contig=known["contig"].str.removeprefix("chr"))
    reach = pd.concat([known, found]).groupby("contig")["end"].max()
    used = set(found["contig"])
    return {str(n): int(end) for n, end in reach.items() if n in used or _PRIMARY.fullmatch(str(n))}


@cache
def _gene_ends() -> pd.DataFrame:
    from leukoscope.knowledge import knowledge_path
    from leukoscope.tables.subtyping import GENE_REFERENCE

    genes = GENE_REFERENCE.read(knowledge_path("gene_reference.tsv.gz"))
    return genes[["chromosome", "end"]].set_axis(["contig", "end"], axis=1)
