"""Which figures a cohort report has: contrasts, groups, network, batches (for fusions see `cohort_fusion_figures`)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from leukoscope.report import (
    figures_batch,
    figures_clustering,
    figures_differential,
    figures_enrichment,
    figures_groups,
    figures_network,
    figures_sets,
)
from leukoscope.report.cohort_document import CohortDocument
from leukoscope.report.cohort_fusion_figures import course_figures, fusion_figures
from leukoscope.report.figure_files import widest
from leukoscope.report.figure_plan import FigurePlan, on_axes

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CLOUD = (0.6, 0.2, 0.5, 0.3)  #: margins of figures of all genes


def plan_figures(document: CohortDocument) -> Iterator[FigurePlan]:
    """Yield the figures of a report, chapter by chapter; what has no data has no figure."""
    yield from fusion_figures(document)
    for contrast in document.summary["contrasts"]:
        if not contrast["absent"]:
            yield from _contrast_figures(document, contrast)
    yield from _group_figures(document)
    yield from _cluster_figures(document)
    yield from course_figures(document)
    yield from _network_figures(document)
    tests = document.table("batch/tests")
    if tests is not None:
        yield FigurePlan(
            "batch", "batch/components", "What the principal components go with",
            "Share of the variance of each principal component of all samples that a variable explains (R²); the "
            "number stands where the adjusted p (of ranks) is below 0.05 and R² is at least "
            f"{figures_batch.LEAST_SHARE:g}.",
            ("batch/tests",), on_axes(figures_batch.component_effects, tests),
            6.4, max(2.8, 1.2 + 0.26 * tests["variable"].nunique()),
        )  # fmt: skip


def _contrast_figures(document: CohortDocument, contrast: dict[str, Any]) -> Iterator[FigurePlan]:
    name = contrast["id"]
    chapter, folder = f"contrast-{name}", f"contrasts/{name}"
    genes = document.table(f"{folder}/differential")
    rules = document.summary["rules"]
    alpha, effect = rules["alpha"], rules["least_change"]
    if genes is not None:
        yield FigurePlan(
            chapter, f"{folder}/volcano", "Volcano of all genes, as a file (Fig. 5A, F; 6A, F)",
            f"Wald test of a negative binomial model; dotted: adjusted p {alpha:g} and a {2**effect:.3g}-fold change.",
            (f"{folder}/differential",), on_axes(figures_differential.volcano, genes, alpha=alpha, effect=effect),
            on_page=False, margins=_CLOUD,
        )  # fmt: skip
        yield FigurePlan(
            chapter, f"{folder}/ma", "Change against mean of all genes, as a file (MA)",
            "Log2 fold change against the mean of normalised counts.",
            (f"{folder}/differential",), on_axes(figures_differential.ma, genes, alpha=alpha), on_page=False,
            margins=_CLOUD,
        )  # fmt: skip
    yield from _sample_figures(document, contrast)
    yield from _term_figures(document, chapter, folder)
    overlaps = document.table(f"{folder}/fusion_overlap")
    if overlaps is not None:
        yield FigurePlan(
            chapter, f"{folder}/fusion_overlap", "Fusion genes among the differential ones (Fig. 5D, E, I, J)",
            "Genes with a breakpoint and differential genes among all tested genes; hypergeometric p.",
            (f"{folder}/fusion_overlap",), partial(_draw_overlaps, overlaps=overlaps), 6.4, 2.6,
            margins=(0.2, 0.2, 0.3, 0.1),
        )  # fmt: skip


def _sample_figures(document: CohortDocument, contrast: dict[str, Any]) -> Iterator[FigurePlan]:
    chapter, folder = f"contrast-{contrast['id']}", f"contrasts/{contrast['id']}"
    scores, values = document.table(f"{folder}/scores"), document.table(f"{folder}/heat_map")
    if scores is not None:
        yield FigurePlan(
            chapter, f"{folder}/pca", "Principal components",
            "The samples of the contrast on the 500 genes of largest variance, centred.",
            (f"{folder}/scores",),
            on_axes(figures_differential.sample_scores, scores, contrast["variable"]), 4.6, 4.0,
            margins=(0.7, 0.15, 0.5, 0.55),
        )  # fmt: skip
    if values is not None and scores is not None:
        levels = dict(zip(scores["sample"], scores["level"], strict=True))
        yield FigurePlan(
            chapter, f"{folder}/heat_map", "Heat map of the strongest genes",
            "Up to 50 differential genes of the smallest p, standardised over the samples shown; genes and samples "
            "within their level in the order of trees of average linkage.",
            (f"{folder}/heat_map",),
            partial(figures_differential.heat_map, values=values, levels=levels),
            6.4, 1.6 + 0.1 * max(len(values), 20),
            margins=(0.15 + widest(values["symbol"], figures_differential.symbol_size(len(values))), 0.85, 0.35, 0.3),
        )  # fmt: skip


def _term_figures(document: CohortDocument, chapter: str, folder: str) -> Iterator[FigurePlan]:
    up, down = (document.tables.get(f"{folder}/term_groups_{direction}") for direction in ("up", "down"))
    if up is not None and down is not None and len(up) + len(down):
        shown = min(10, int(up["representative"].sum())) + min(10, int(down["representative"].sum()))
        yield FigurePlan(
            chapter, f"{folder}/terms", "Over-represented terms (Fig. 5B, C, G, H)",
            "Hypergeometric test among the tested genes, Benjamini–Hochberg; the best term of each group of terms "
            "that share genes, and how many more its group has.",
            (f"{folder}/term_groups_up", f"{folder}/term_groups_down"),
            on_axes(figures_enrichment.term_groups, up, down), 6.4, 1.2 + 0.3 * shown,
            margins=(0.15 + widest(figures_enrichment.term_labels(up, down), 7), 0.15, 0.5, 0.1),
        )  # fmt: skip
    curves, ranked = document.table(f"{folder}/running_sums"), document.table(f"{folder}/ranked_enrichment")
    if curves is not None and ranked is not None:
        panels = curves["set"].nunique()
        yield FigurePlan(
            chapter, f"{folder}/running_sums", "Running sums of the best ranked sets",
            "Genes ranked by the Wald statistic; the two best sets of each direction.",
            (f"{folder}/running_sums", f"{folder}/ranked_enrichment"),
            partial(figures_enrichment.running_sums, curves=curves, ranked=ranked), 6.0, 2.2 * -(-panels // 2) + 0.4,
            margins=(0.65, 0.15, 0.5, 0.45),
        )  # fmt: skip


def _draw_overlaps(figure: Figure, overlaps: pd.DataFrame) -> None:
    """Draw a Venn diagram of each pair of sets."""
    for ax, row in zip(
        figure.subplots(1, len(overlaps), squeeze=False)[0], overlaps.to_dict("records"), strict=True
    ):
        first, second = (
            row["first"],
            {"up": "genes that rise", "down": "genes that fall"}.get(row["second"], row["second"]),
        )
        parts = {
            frozenset((first,)): row["n_first"] - row["shared"],
            frozenset((second,)): row["n_second"] - row["shared"],
            frozenset((first, second)): row["shared"],
        }
        figures_sets.venn(ax, {first: row["n_first"], second: row["n_second"]}, parts)
        ax.set_title(f"expected {row['expected']:.1f}, p = {row['p_value']:.2g}", fontsize=8, y=-0.02)


def _group_figures(document: CohortDocument) -> Iterator[FigurePlan]:
    classes, choice = document.table("groups/classes"), document.table("groups/choice")
    if classes is None or choice is None:
        return
    k = document.summary["groups"]["k"]
    matrices = {
        n: document.tables[f"groups/consensus_{n}"]
        for n in choice["k"]
        if f"groups/consensus_{n}" in document.tables
    }
    alone = (
        ""
        if len(matrices) > 1 or len(choice) == 1
        else " Of so many samples the matrices of other K are not kept."
    )
    yield FigurePlan(
        "groups", "groups/consensus", f"Consensus at K = {k} (Fig. 7A)",
        "Share of resamplings in which two samples fell into one class (white: never, blue: always), in the order of "
        f"the consensus tree.{alone}",
        (f"groups/consensus_{k}", "groups/classes"),
        on_axes(_draw_consensus, document.tables[f"groups/consensus_{k}"], classes[classes["k"] == k]), 4.8, 4.8,
    )  # fmt: skip
    if len(matrices) > 1:
        yield FigurePlan(
            "groups", "groups/consensus_panels", "Consensus at every K (Fig. 7A)",
            "As above, for every number of classes that was tried.",
            tuple(f"groups/consensus_{n}" for n in matrices),
            partial(figures_clustering.consensus_panels, matrices=matrices), 6.4, 0.4 + 2.1 * -(-len(matrices) // 3),
        )  # fmt: skip
    yield from _choice_figures(document, classes, choice)
    associations = document.table("groups/associations")
    if associations is not None:
        yield FigurePlan(
            "groups", "groups/composition", "What the groups go with (Fig. 8E)",
            "Patients of each group by level; χ² or Freeman–Halton's exact test; adjusted over the variables.",
            ("groups/associations",), partial(figures_groups.group_composition, associations=associations),
            7.6, 0.4 + 2.5 * -(-len(associations) // 4),
        )  # fmt: skip


def _draw_consensus(ax: Axes, matrix: pd.DataFrame, classes: pd.DataFrame) -> None:
    ordered = classes.set_index("sample").loc[list(matrix["sample"])].reset_index()
    ordered["position"] = range(len(ordered))
    figures_clustering.consensus_matrix(ax, figures_clustering.consensus_values(matrix), ordered)


def _choice_figures(
    document: CohortDocument, classes: pd.DataFrame, choice: pd.DataFrame
) -> Iterator[FigurePlan]:
    curves = document.table("groups/consensus_curves")
    if curves is not None:
        shares = {k: curves.loc[curves["k"] == k, "share"].to_numpy() for k in choice["k"]}
        yield FigurePlan(
            "groups", "groups/cumulative", "Cumulative consensus (Fig. 7B)",
            "Share of pairs of samples up to each consensus; a flat middle is a clear grouping.",
            ("groups/consensus_curves",), on_axes(figures_clustering.cumulative_distribution, shares),
        )  # fmt: skip
    yield FigurePlan(
        "groups", "groups/choice", "Choice of K (Fig. 7C)",
        "Relative change of the area under the cumulative consensus; share of ambiguous pairs (PAC), and the same of "
        "data with the same covariance and no groups.",
        ("groups/choice",), on_axes(figures_clustering.delta_area, choice),
    )  # fmt: skip
    yield FigurePlan(
        "groups", "groups/tracking", "Tracking (Fig. 7D)",
        "Class of every sample at every K.", ("groups/classes",),
        on_axes(figures_clustering.tracking, classes), 6.4, 3.2,
    )  # fmt: skip
    at_k = classes[classes["k"] == document.summary["groups"]["k"]]
    yield FigurePlan(
        "groups", "groups/stability", "How firmly samples belong",
        "Mean consensus of each sample with its own class (bar) and with the next (dot).", ("groups/classes",),
        on_axes(figures_clustering.stability, at_k), 6.4, 3.0,
    )  # fmt: skip


def _cluster_figures(document: CohortDocument) -> Iterator[FigurePlan]:
    table = document.table("subtypes/groups_by_subtype")
    if table is not None:
        yield FigurePlan(
            "subtypes", "subtypes/groups_by_subtype", "Expression groups against known classes",
            "Samples of each expression group by the class that leukoscope calls them.",
            ("subtypes/groups_by_subtype",), on_axes(figures_groups.group_subtypes, table),
            4.6, 1.2 + 0.28 * table["subtype"].nunique(),
        )  # fmt: skip
    values, genes = document.table("clusters/heat_map"), document.table("clusters/genes")
    if values is not None and genes is not None:
        draw = partial(
            figures_groups.gene_clusters, values=values, groups=document.summary["groups"]["members"],
            clusters=dict(zip(genes["gene"], genes["cluster"], strict=True)), terms=document.tables["clusters/terms"],
        )  # fmt: skip
        yield FigurePlan(
            "clusters", "clusters/heat_map", "Clusters of genes over the groups (Fig. 8D)",
            "Genes that differ between the groups (analysis of variance), standardised; the best over-represented "
            "terms of each cluster beside it.",
            ("clusters/heat_map", "clusters/genes", "clusters/terms"), draw, 7.6, 5.4,
        )  # fmt: skip


def _network_figures(document: CohortDocument) -> Iterator[FigurePlan]:
    genes, edges = document.table("network/genes"), document.table("network/edges")
    modules = document.table("network/modules")
    if genes is not None and edges is not None and modules is not None:
        genes = genes[genes["module"].isin(modules["module"])]
        yield FigurePlan(
            "network", "network/hubs", "Hubs of the co-expression network",
            "The best connected genes of each module; red edges: positive correlation, blue: negative; colours of "
            "dots: modules.",
            ("network/genes", "network/edges"), on_axes(figures_network.hub_network, genes, edges), 6.4, 6.0,
        )  # fmt: skip
