"""Every figure of a cohort report, drawn to a folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.report import figures_clustering, figures_cohort, figures_differential, figures_enrichment
from leukoscope.report.figure_files import figure_file

if TYPE_CHECKING:
    from leukoscope.study import Study
    from leukoscope.study.expression import ContrastFindings


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure that was drawn."""

    chapter: str  #: anchor of its chapter
    title: str
    file: str  #: in the folder of figures
    source: str  #: table that it shows, without ending


def draw_cohort(study: Study, folder: Path) -> tuple[Drawn, ...]:
    """Draw what there is to see; chapters without data have no figure."""
    return (*_draw_fusions(study, folder), *_draw_contrasts(study, folder), *_draw_groups(study, folder))


def _draw_fusions(study: Study, folder: Path) -> Iterator[Drawn]:
    found = study.fusions
    if not found.genes_by_timepoint.empty:
        with figure_file(folder / "genes_by_timepoint.svg", width=6.4, height=4.6) as ax:
            figures_cohort.mirrored_carriers(ax, found.genes_by_timepoint, ("onset", "remission"))
        yield Drawn(
            "fusions", "Breakpoint genes (Fig. 2A)", "genes_by_timepoint.svg", "fusions/genes_by_timepoint"
        )
    for number, (name, ranked) in enumerate(found.ranked.groupby("group", sort=False), start=1):
        file = f"ranked_pairs_{number}.svg"
        with figure_file(folder / file, width=5.2, height=3.8) as ax:
            figures_cohort.recurrent_pairs(ax, ranked)
        yield Drawn("fusions", f"Pairs: {name} (Fig. 2B–E, 6K)", file, "fusions/ranked_pairs")
    for name in sorted(found.distribution["group"].unique()):
        file = f"events_{name}.svg"
        with figure_file(folder / file, width=6.4, height=2.8) as ax:
            figures_cohort.events_by_chromosome(ax, found.distribution, name)
        yield Drawn("fusions", f"Events by chromosome: {name} (Fig. 1)", file, "fusions/distribution")


def _draw_contrasts(study: Study, folder: Path) -> Iterator[Drawn]:
    for found in study.contrasts:
        if not found.absent:
            yield from _draw_contrast(found, folder)


def _draw_contrast(found: ContrastFindings, folder: Path) -> Iterator[Drawn]:
    name = found.comparison.contrast
    chapter, source = f"contrast-{name}", f"contrasts/{name}/differential"
    with figure_file(folder / f"volcano_{name}.png") as ax:
        figures_differential.volcano(ax, found.table)
    yield Drawn(chapter, "Effect against evidence", f"volcano_{name}.png", source)
    with figure_file(folder / f"ma_{name}.png") as ax:
        figures_differential.ma(ax, found.table)
    yield Drawn(chapter, "Effect against mean", f"ma_{name}.png", source)
    for direction, enriched in (("up", found.enriched_up), ("down", found.enriched_down)):
        if not enriched.empty:
            file = f"terms_{direction}_{name}.svg"
            with figure_file(folder / file, width=6.0, height=4.0) as ax:
                figures_enrichment.dot_plot(ax, enriched, n_sets=15)
            yield Drawn(chapter, f"Terms, {direction}", file, f"contrasts/{name}/enriched_{direction}")


def _draw_groups(study: Study, folder: Path) -> Iterator[Drawn]:
    from leukoscope.clustering.evaluation import cumulative_consensus

    groups = study.groups
    if groups.clustering is None:
        return
    found, at_k = groups.clustering, groups.classes[groups.classes["k"] == groups.k]
    with figure_file(folder / "consensus.png", width=5.0, height=4.4) as ax:
        figures_clustering.consensus_matrix(ax, found.matrices[groups.k - 2], at_k)
    yield Drawn("groups", f"Consensus at K = {groups.k} (Fig. 7A)", "consensus.png", "groups/classes")
    curves = {k: cumulative_consensus(matrix) for k, matrix in zip(found.ks, found.matrices, strict=True)}
    with figure_file(folder / "cumulative.svg") as ax:
        figures_clustering.cumulative_distribution(ax, curves)
    yield Drawn("groups", "Cumulative consensus (Fig. 7B)", "cumulative.svg", "groups/choice")
    with figure_file(folder / "delta_area.svg") as ax:
        figures_clustering.delta_area(ax, groups.choice)
    yield Drawn("groups", "Change of the area (Fig. 7C)", "delta_area.svg", "groups/choice")
    with figure_file(folder / "tracking.png", width=7.0) as ax:
        figures_clustering.tracking(ax, groups.classes)
    yield Drawn("groups", "Tracking (Fig. 7D)", "tracking.png", "groups/classes")
