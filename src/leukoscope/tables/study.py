"""Contracts of a cohort analysis: groups and known subtypes, courses, sets of fusion genes, clusters, batches."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

_ODDS = (
    Column("odds_ratio", "float64", "", "Conditional maximum likelihood"),
    Column("odds_ratio_low", "float64", "", "Exact 95 % confidence limit"),
    Column("odds_ratio_high", "float64", "", "Exact 95 % confidence limit"),
)
_P = (
    Column("p_value", "float64", "", "Fisher's exact test, two-sided"),
    Column("p_adjusted", "float64", "", "Benjamini–Hochberg over the rows"),
)

GROUP_SUBTYPES = Table(
    "group-subtypes",
    1,
    ("group", "subtype"),
    (
        Column("group", "str", "", "Expression group"),
        Column("subtype", "str", "", "Known class that samples were called"),
        Column("samples", "int64", "samples", "Samples of the group that are of the class"),
        Column("group_samples", "int64", "samples", "Samples of the group with a class"),
        Column("subtype_samples", "int64", "samples", "Samples of the class in all groups"),
        *_ODDS,
        *_P,
    ),
)
"""Expression groups against known classes, every combination."""

GROUP_VERDICTS = Table(
    "group-verdicts",
    1,
    ("group",),
    (
        Column("group", "str", "", "Expression group"),
        Column("samples", "int64", "samples", "Samples of the group"),
        Column("assessed", "int64", "samples", "Those with a known class"),
        Column("subtype", "str", "", "The class that most of them are"),
        Column("share", "float64", "", "Share of the assessed samples that are of it (precision)"),
        Column("captured", "float64", "", "Share of the samples of the class that are in the group (recall)"),
        Column("p_adjusted", "float64", "", "Of this group and class, as in group-subtypes"),
        Column(
            "verdict",
            "str",
            "",
            "one known class, several known classes, enriched for a class, no known class, not assessable",
        ),
        Column("statement", "str", "", "One sentence"),
    ),
)
"""Whether each expression group is a class that was known before."""

COURSE_SAMPLES = Table(
    "course-samples",
    1,
    ("sample",),
    (
        Column("sample", "str", "", "Sample"),
        Column("patient", "str", "", "Patient with samples of more than one time point"),
        Column("timepoint", "str", "", "onset, remission or relapse"),
        Column("step", "int64", "", "0 onset, 1 remission, 2 relapse"),
        Column("reads", "float64", "reads", "Counted reads; missing without counts"),
        Column("blast_fraction", "float64", "", "Leukaemic cells, estimated from expression"),
        Column("blast_percent", "float64", "%", "Blasts that the sample sheet states"),
        Column("subtype", "str", "", "Class that was called at the patient's first time point"),
        Column("probability", "float64", "", "Probability of that class in this sample"),
    ),
)
"""Blasts and the signal of the class along the time points of each patient."""

COURSE_FUSIONS = Table(
    "course-fusions",
    1,
    ("patient", "pair", "earlier", "later"),
    (
        Column("patient", "str", "", "Patient"),
        Column("pair", "str", "", "Pair of loci"),
        Column("earlier", "str", "", "Time point"),
        Column("later", "str", "", "The time point that follows"),
        Column("status", "str", "", "cleared, persisting, new or not assessable"),
        Column("fragments_earlier", "int64", "fragments", "Support at the earlier time point"),
        Column("fragments_later", "int64", "fragments", "Support at the later one"),
        Column(
            "expected_later",
            "float64",
            "fragments",
            "Support to expect later had nothing changed but sequencing depth",
        ),
        Column(
            "detectable_share",
            "float64",
            "",
            "Smallest share of the earlier level that would be seen with 95 % probability; above 1: none would",
        ),
        Column("driver_class", "str", "", "Class of B-ALL that it defines"),
        Column("plausibility", "str", "", "Warnings seen, joined by commas"),
    ),
)
"""What becomes of each fusion of each patient from one time point to the next."""

COURSE_TESTS = Table(
    "course-tests",
    1,
    ("earlier", "later", "feature"),
    (
        Column("earlier", "str", "", "Time point"),
        Column("later", "str", "", "The time point that follows"),
        Column("feature", "str", "", "Pair of loci, or any fusion, any driver fusion"),
        Column("patients", "int64", "patients", "Patients with both time points"),
        Column("persisting", "int64", "patients", "Found at both; of several fusions, one of them"),
        Column(
            "cleared",
            "int64",
            "patients",
            "None persists, and one is not found later although it would be seen",
        ),
        Column("new", "int64", "patients", "Found later only"),
        Column("not_assessable", "int64", "patients", "Found earlier, too weak to be seen later for sure"),
        Column("mcnemar_p", "float64", "", "Exact McNemar test of cleared, and none later, against new"),
        Column("p_adjusted", "float64", "", "Benjamini–Hochberg over the pairs of the two time points"),
    ),
)
"""Clearance over the cohort, patient by patient."""

FUSION_SETS = Table(
    "fusion-sets",
    1,
    ("sets",),
    (
        Column("sets", "str", "", "Groups that share the genes, joined by &; no other group has them"),
        Column("n_sets", "int64", "groups", "How many groups these are"),
        Column("size", "int64", "genes", "Genes with a breakpoint in exactly these groups"),
        Column("genes", "str", "", "The genes, comma-separated"),
    ),
)
"""Exclusive intersections of the breakpoint genes of groups: the bars of an UpSet plot, the fields of a Venn."""

SHARED_GENES = Table(
    "shared-fusion-genes",
    1,
    ("gene",),
    (
        Column("gene", "str", "", "Gene with a breakpoint in more than one group"),
        Column("patients", "int64", "patients", "Patients that carry one at any time"),
        Column("onset", "str", "patients", "Carriers/assessed at onset"),
        Column("high_risk", "str", "patients", "The same of high risk, at onset"),
        Column("non_high_risk", "str", "patients", "The same of non-high risk, at onset"),
        Column("remission", "str", "patients", "Carriers/assessed in remission"),
        Column("relapse", "str", "patients", "Carriers/assessed at relapse"),
        *_ODDS,
        *_P,
        Column("plausibility", "str", "", "Warnings seen, joined by commas"),
    ),
)
"""Genes that groups share, with carriers; the test is high against non-high risk at onset."""

FUSION_LOCI = Table(
    "fusion-loci",
    1,
    ("locus", "type"),
    (
        Column("locus", "str", "", "Gene or gap with a breakpoint"),
        Column("type", "str", "", "translocation, deletion, duplication, inversion or other"),
        Column("contig", "str", "", "Contig"),
        Column("position", "int64", "bp", "Median breakpoint, first base 1"),
        Column("onset", "int64", "patients", "Carriers at onset"),
        Column("onset_total", "int64", "patients", "Patients assessed at onset"),
        Column("remission", "int64", "patients", "Carriers in remission"),
        Column("remission_total", "int64", "patients", "Patients assessed in remission"),
        Column(
            "change",
            "str",
            "",
            "more at onset, more in remission, unchanged; not compared if one has no samples",
        ),
        Column("p_value", "float64", "", "Fisher's exact test of the shares, two-sided"),
    ),
)
"""Breakpoints over the genome by type of event, at onset and in remission."""

GENE_CLUSTERS = Table(
    "gene-clusters",
    1,
    ("gene",),
    (
        Column("gene", "str", "", "Symbol, or identifier where there is none"),
        Column("cluster", "int64", "", "Cluster of genes, 1 the largest"),
        Column("f", "float64", "", "F statistic over the expression groups"),
        Column("p_value", "float64", "", "Of the F statistic, one-way analysis of variance"),
        Column("p_adjusted", "float64", "", "Benjamini–Hochberg over all genes that were tested"),
        Column("highest", "str", "", "Group of the highest mean"),
    ),
    open=True,
)
"""Genes that differ between expression groups; further columns ``mean_<group>`` hold mean z-scores."""

CLUSTER_TERMS = Table(
    "cluster-terms",
    1,
    ("cluster", "set"),
    (
        Column("cluster", "int64", "", "Cluster or module of genes"),
        Column("set", "str", "", "Gene set"),
        Column("description", "str", "", "What it holds"),
        Column("count", "int64", "genes", "Genes of the cluster in the set"),
        Column("set_size", "int64", "genes", "Genes of the set in the universe"),
        Column("fold", "float64", "", "Found over expected"),
        Column("p_value", "float64", "", "Hypergeometric"),
        Column("p_adjusted", "float64", "", "Benjamini–Hochberg over the sets of the cluster"),
        Column("genes", "str", "", "The genes, as the enrichment gives them"),
    ),
)
"""Gene sets that are over-represented in clusters of genes."""

NETWORK_MODULES = Table(
    "network-modules",
    1,
    ("module",),
    (
        Column("module", "int64", "", "Module, 1 the largest"),
        Column("genes", "int64", "genes", "Its genes"),
        Column("hubs", "str", "", "Its best connected genes, best first, comma-separated"),
        Column("term", "str", "", "Gene set that is most over-represented; missing if none is"),
        Column("description", "str", "", "What that set holds"),
        Column("term_p_adjusted", "float64", "", "Its adjusted p-value"),
        Column("group_p", "float64", "", "Kruskal–Wallis test of the module's mean z-score over the groups"),
        Column("highest", "str", "", "Expression group in which it is highest"),
    ),
)
"""Modules of the co-expression network and what they mean."""

SAMPLE_COMPONENTS = Table(
    "sample-components",
    1,
    ("component", "sample"),
    (
        Column("component", "int64", "", "Principal component, 1 the largest"),
        Column("sample", "str", "", "Sample"),
        Column("value", "float64", "", "Its coordinate"),
        Column("explained", "float64", "", "Share of the variance that the component explains"),
    ),
)
"""Principal components of the most variable genes over all samples."""

COMPONENT_TESTS = Table(
    "component-tests",
    1,
    ("component", "variable"),
    (
        Column("component", "int64", "", "Principal component"),
        Column("explained", "float64", "", "Share of the variance that it explains"),
        Column("variable", "str", "", "Column of the sample sheet, or a property of the library"),
        Column("kind", "str", "", "technical, composition or biological"),
        Column("samples", "int64", "samples", "Samples with a value"),
        Column("test", "str", "", "Kruskal–Wallis, or Spearman of numbers"),
        Column("effect", "float64", "", "Share of the component's variance that the variable explains (R²)"),
        Column("p_value", "float64", "", "Of the test"),
        Column("p_adjusted", "float64", "", "Benjamini–Hochberg over the rows"),
    ),
)
"""What the principal components go with: batch, depth, blasts, biology."""

CHECKS = Table(
    "cohort-checks",
    1,
    ("check",),
    (
        Column("check", "str", "", "What was planted"),
        Column("passed", "bool", "", "Whether the analysis found it"),
        Column("found", "str", "", "What was found"),
        Column("expected", "str", "", "What the truth asks for"),
    ),
)
"""An analysis of a simulated cohort against its truth."""
