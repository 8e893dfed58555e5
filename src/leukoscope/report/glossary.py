"""Words of the reports, explained."""

from __future__ import annotations

GLOSSARY = (
    (
        "Breakpoint",
        "Where the two genes are joined: the last base of the 5′ part and the first of the 3′ part.",
    ),
    (
        "Clinical list",
        "Fusions of the panel, or that define a class of B-ALL by a verified source, found with confidence.",
    ),
    ("Confidence", "How sure the caller is that a fusion is real: high, medium or low."),
    ("Detected", "Found with high or medium confidence."),
    ("Discordant mates", "Read pairs whose mates lie on the two sides of the junction."),
    ("e14a2", "Exons joined by a fusion: exon 14 of the first gene to exon 2 of the second."),
    ("In frame", "The protein of the second gene continues in its own reading frame behind the junction."),
    ("MRD", "Minimal residual disease: leukaemic cells left after treatment, in per cent."),
    (
        "Not assessable",
        "It could not be told whether it is there: the data are missing, too few, or of the wrong kind.",
    ),
    (
        "Not detected",
        "Looked for with enough reads and expression, and not found. It is not the same as absent.",
    ),
    ("PPR", "Prednisone poor response: at least 1 × 10⁹/L blasts in blood after seven days of prednisone."),
    ("Research list", "Everything else that was called; not to be used for decisions."),
    ("Split reads", "Reads that run across the junction."),
    (
        "Tier I–III",
        "Strength of evidence for a drug by AMP/ASCO/CAP 2017: I strong, II potential, III unknown.",
    ),
    ("TPM", "Transcripts per million: expression of a gene relative to all others of the sample."),
    (
        "VICC name",
        "Name of a fusion in the nomenclature of the Variant Interpretation for Cancer Consortium.",
    ),
)

#: Words of the report of a cohort.
COHORT_GLOSSARY = (
    (
        "Adjusted p",
        "The p-value adjusted for the number of tests (Benjamini–Hochberg): of all results below 0.05, about 5 % are "
        "expected to be chance. q is Storey's form of the same.",
    ),
    (
        "Consensus",
        "The share of resamplings of the samples in which two samples fell into one group: 1 always, 0 never.",
    ),
    ("Contrast", "Two groups of samples that are compared, gene by gene; given as target over reference."),
    (
        "Covariate",
        "What a contrast adjusts for, so that a difference of it between the groups is not taken for an effect.",
    ),
    (
        "Design",
        "What the model of each gene holds: behind ~ the covariates, the patient if paired, and the variable.",
    ),
    (
        "Driver fusion",
        "A fusion that defines a class of B-ALL by a verified source; warnings from remission samples do not touch it.",
    ),
    ("Hub", "A gene with many neighbours in the network of genes that rise and fall together."),
    ("K", "The number of groups that clustering is asked for."),
    ("log2 change", "Doublings of expression: 1 is twofold, -1 is half."),
    ("MRD", "Minimal residual disease: leukaemic cells left after treatment, in per cent."),
    (
        "NES",
        "Normalised enrichment score: above 0 if the genes of a set gather among those that rise, below if they fall.",
    ),
    (
        "Odds ratio",
        "How much oftener a feature is in the first group than in the second; ∞ if the second has none.",
    ),
    (
        "PAC",
        "Proportion of ambiguous clustering: pairs of samples that are together in some resamplings, apart in others; "
        "0 is a clear grouping.",
    ),
    ("PPR", "Prednisone poor response: at least 1 × 10⁹/L blasts in blood after seven days of prednisone."),
    (
        "Silhouette",
        "How much nearer a sample lies to its own group than to the next: 1 far, 0 between, below 0 misplaced.",
    ),
    (
        "Times expected",
        "Genes of the set among the differential ones, over the number that chance would give.",
    ),
)
