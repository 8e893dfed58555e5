"""What was done, in sentences for a methods section."""

from __future__ import annotations

from leukoscope.knowledge import release
from leukoscope.provenance import package_versions
from leukoscope.study.analysis import Study
from leukoscope.version import __version__


def describe_methods(study: Study) -> tuple[str, ...]:
    """Return the methods of a study with its own parameters; what was not done is not described."""
    rules = study.options.rules
    sentences = [
        f"Analysed with leukoscope {__version__} ({_versions()}), after Li et al., BMC Medical Genomics 17 (2024) 149, "
        "doi:10.1186/s12920-024-01892-w.",
        "Categories are compared by Pearson's χ² test where every expected count reaches 5, else by Fisher's exact "
        "test (Freeman–Halton beyond two by two); every test is two-sided, adjusted by Benjamini and Hochberg.",
    ]
    if not study.fusions.absent:
        sentences.append(
            "Fusions of high or medium confidence count once per patient; both orders of a pair and overlapping loci "
            "are one."
        )
    if any(not found.absent for found in study.contrasts):
        sentences += [
            "Differential expression follows DESeq2 (Love et al., Genome Biology 15 (2014) 550): negative binomial "
            "models, shrunken dispersions, Wald tests, independent filtering. Genes with an adjusted p below "
            f"{rules.alpha:g} and a change of at least {2**rules.least_change:.3g}-fold are called differential.",
        ]
    if study.gene_sets:
        sentences.append(
            f"Gene sets: {study.gene_sets}. Over-representation follows clusterProfiler (universe: tested genes), "
            "terms are grouped in the manner of Metascape, and ranked enrichment uses the Wald statistic of tested "
            "genes.",
        )
    if study.groups.clustering is not None:
        found = study.groups.clustering.parameters
        sentences.append(
            f"Onset samples were clustered on the most variable genes (median absolute deviation of "
            f"{study.expression_unit}), centred on the median, by consensus clustering as in ConsensusClusterPlus "
            f"(Wilkerson & Hayes, Bioinformatics 26 (2010) 1572): {found['n_resamplings']} resamplings of "
            f"{found['item_share']} of the samples, {found['linkage']} linkage, {str(found['distance']).capitalize()} "
            f"distance, seed {found['r_seed']}."
        )
    return (*sentences, *_chapters(study))


def _chapters(study: Study) -> list[str]:
    """Return the methods of the further chapters that have something in them."""
    said = (
        (
            not study.subtypes.absent,
            "Known subtypes were called from expression and fusions, each sample on its own, and compared with the "
            "groups by Fisher's exact test, the adjusted Rand index and Cramér's V (Bergsma, J Korean Stat Soc 42 "
            "(2013) 323).",
        ),
        (
            not study.courses.fusions.empty,
            "A fusion counts as cleared if three fragments or more were to be expected at the later time point; the "
            "cohort is tested by McNemar's exact test.",
        ),
        (
            not study.clusters.absent,
            "Genes that differ between groups (analysis of variance) were clustered by Ward's method on z-scores of "
            "group means, and the clusters tested for over-represented gene sets.",
        ),
        (
            not study.network.absent,
            "The co-expression network joins the most variable genes by Pearson correlation within a false discovery "
            "rate of 5 %.",
        ),
    )
    return [sentence for there, sentence in said if there]


def _versions() -> str:
    """Return the versions of what computes and of what is known."""
    versions = package_versions()
    packages = ", ".join(
        f"{name} {versions[name]}" for name in ("Python", "numpy", "scipy", "numba", "pandas")
    )
    return f"{packages}; knowledge of {release()}"
