"""Contracts of subtyping: what ships, and what `leukoscope subtype` says of each sample."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

NORMAL = "Normal"  #: the group of a sample whose expression shows no leukaemia
UNMEASURED = " expression could not be assessed"  #: follows a gene in the notes of a call

GENE_REFERENCE = Table(
    "gene-reference",
    1,
    ("gene_id",),
    (
        Column("gene_id", "str", "", "Ensembl gene identifier without version"),
        Column("symbol", "str", "", "Current gene symbol"),
        Column("entrez", "str", "", "NCBI Gene identifier"),
        Column("aliases", "str", "", "Former symbols and synonyms, joined by |"),
        Column("chromosome", "str", "", "Chromosome of GRCh38, with chr"),
        Column("arm", "str", "", "p or q"),
        Column("start", "int64", "bp", "First base, 0-based"),
        Column("end", "int64", "bp", "Behind the last base"),
        Column("biotype", "str", "", "Ensembl biotype"),
        Column("length", "float64", "bp", "Median length of its longer transcripts"),
    ),
)

SUBTYPES = Table(
    "subtypes",
    1,
    ("subtype",),
    (
        Column("subtype", "str", "", "Canonical name of the class or member"),
        Column("group", "str", "", "Coarser class that expression can tell"),
        Column("lineage", "str", "", "B, T, myeloid or normal"),
        Column("lesion", "str", "", "What defines it"),
        Column("who_haem5", "str", "", "Name in WHO-HAEM5"),
        Column("icc", "str", "", "Name in the International Consensus Classification 2022"),
        Column("aliases", "str", "", "Other names in use, joined by |"),
        Column("source", "str", "", "Where the names and the lesion are stated"),
    ),
)

SIGNATURES = Table(
    "subtype-signatures",
    1,
    ("signature", "direction", "symbol"),
    (
        Column("signature", "str", "", "Class or B-cell stage that the genes mark"),
        Column("direction", "str", "", "up or down"),
        Column("symbol", "str", "", "Gene symbol, as published"),
        Column("gene_id", "str", "", "Ensembl gene identifier"),
        Column("kind", "str", "", "subtype or stage"),
    ),
)

SIGNATURE_GENES = Table(
    "signature-genes",
    1,
    ("symbol",),
    (
        Column("symbol", "str", "", "Gene symbol, as published"),
        Column("gene_id", "str", "", "Ensembl gene identifier"),
        Column("length", "float64", "bp", "Length by which the published scores divide counts"),
        Column("in_scores", "bool", "", "Whether subtype scores rank it too; stage scores rank all"),
    ),
)

LINEAGE_MARKERS = Table(
    "lineage-markers",
    1,
    ("lineage", "symbol"),
    (
        Column("lineage", "str", "", "B, T, myeloid; immature: of immature cells"),
        Column("symbol", "str", "", "Gene symbol"),
        Column("gene_id", "str", "", "Ensembl gene identifier"),
        Column("source", "str", "", "Where it is described as a marker of the lineage"),
    ),
)

LINEAGE_PROFILES = Table(
    "lineage-profiles",
    1,
    ("gene_id",),
    (
        Column("gene_id", "str", "", "Ensembl gene identifier"),
        Column("b_all", "float64", "", "Mean normal deviate of the gene's rank in B-ALL"),
        Column("normal", "float64", "", "The same in normal blood cells"),
        Column("stroma", "float64", "", "The same in stroma of bone marrow"),
        Column("t_all", "float64", "", "The same in T-ALL"),
    ),
)

CELL_MARKERS = Table(
    "cell-markers",
    1,
    ("cell", "symbol"),
    (
        Column("cell", "str", "", "Normal cell"),
        Column("symbol", "str", "", "Gene that it has and blasts lack"),
        Column("gene_id", "str", "", "Ensembl gene identifier"),
        Column("cpm", "float64", "CPM", "Usual expression in the pure cell"),
        Column("source", "str", "", "Where it was measured"),
    ),
)

OUTLIER_GENES = Table(
    "outlier-genes",
    1,
    ("symbol",),
    (
        Column("symbol", "str", "", "Gene whose overexpression points to a lesion"),
        Column("gene_id", "str", "", "Ensembl gene identifier"),
        Column("subtype", "str", "", "Class that it supports; empty if it only informs"),
        Column("minimum_cpm", "float64", "CPM", "Least expression that is an outlier"),
        Column("log_odds", "float64", "ln", "Weight for the class when it is one"),
        Column("absent_cpm", "float64", "CPM", "Expression below which the class is unlikely"),
        Column("absent_log_odds", "float64", "ln", "Weight for the class then"),
        Column("in_par1", "bool", "", "Whether it lies in the pseudoautosomal region 1"),
        Column("reference_mean", "float64", "log2 CPM", "Mean in 1,223 B-ALL"),
        Column("reference_sd", "float64", "log2 CPM", "Standard deviation in 1,223 B-ALL"),
        Column("source", "str", "", "Where the association is described"),
    ),
)

REFERENCE_COHORT = Table(
    "reference-cohort",
    1,
    ("gene_id",),
    (
        Column("gene_id", "str", "", "Ensembl gene identifier"),
        Column("symbol", "str", "", "HGNC symbol"),
        Column("samples", "int64", "samples", "Samples in which it was measured"),
        Column("mean", "float64", "log2 CPM", "Mean over these"),
        Column("sd", "float64", "log2 CPM", "Standard deviation over these"),
        Column("cohort", "str", "", "Name of the cohort"),
        Column("checksum", "str", "", "SHA-256 of the matrix that it was made from"),
        Column(
            "made",
            "str",
            "",
            "When, from SOURCE_DATE_EPOCH; missing without it, so that equal runs are equal",
        ),
    ),
)
"""Expression of marker genes in a user's own cohort, made by ``leukoscope reference cohort``."""

DRIVER_EVIDENCE = Table(
    "driver-evidence",
    1,
    (),
    (
        Column("sample", "str", "", "Name of the sample"),
        Column("fusion", "str", "", "HGNC name: BCR::ABL1"),
        Column("driver_class", "str", "", "Class of B-ALL that it defines or supports"),
        Column("fragments", "int64", "fragments", "Supporting fragments"),
        Column("doubt", "str", "", "Why it may be no rearrangement; empty if nothing says so"),
    ),
)
"""Fusions that bear on the class of B-ALL, of many samples."""

VARIANT_EVIDENCE = Table(
    "variant-evidence",
    1,
    (),
    (
        Column("sample", "str", "", "Name of the sample"),
        Column("gene", "str", "", "HGNC symbol"),
        Column("codon", "int64", "", "Codon of the protein, first codon 1"),
        Column("protein_change", "str", "", "p.P80R"),
        Column("status", "str", "", "detected, not detected or not assessable"),
    ),
)
"""Mutations at hot spots, of many samples."""

SUBTYPE_CALLS = Table(
    "subtype-call",
    1,
    ("sample",),
    (
        Column("sample", "str", "", "Name of the sample"),
        Column(
            "group", "str", "", "Best class (see subtypes.tsv), empty if nothing tells; read it with its tier"
        ),
        Column("subtype", "str", "", "Member of the class; the class itself where evidence does not tell"),
        Column("probability", "float64", "", "Calibrated probability of the group"),
        Column("tier", "str", "", "definite, probable, suggestive or none"),
        Column("lineage", "str", "", "B, T, myeloid, normal or uncertain"),
        Column("member_status", "str", "", "established, likely or not assessable"),
        Column("second_group", "str", "", "Next best class"),
        Column("second_probability", "float64", "", "Its probability"),
        Column("second_drivers", "str", "", "Further lesions that define a class of their own, joined by ;"),
        Column("who_haem5", "str", "", "Name in WHO-HAEM5"),
        Column("icc", "str", "", "Name in the International Consensus Classification 2022"),
        Column("blast_fraction", "float64", "", "Estimated fraction of leukaemic cells"),
        Column("sex", "str", "", "female, male, uncertain or not assessable"),
        Column("immunophenotype", "str", "", "pro-B, common/pre-B or not assessable"),
        Column("stage", "str", "", "B-cell stage of the highest stage score"),
        Column("chromosome_number", "str", "", "Estimated from expression, or not assessable"),
        Column(
            "hyperdiploid_index", "float64", "log2", "Chromosomes gained in hyperdiploidy against the rest"
        ),
        Column("outliers", "str", "", "Overexpressed marker genes, joined by ;"),
        Column("unit", "str", "", "counts or length-normalised, as told from the values"),
        Column("panel_genes", "int64", "genes", "Panel genes that were measured"),
        Column("evidence", "str", "", "What speaks for the call, joined by ;"),
        Column("conflicts", "str", "", "What contradicts it or each other, joined by ;"),
        Column("notes", "str", "", "What could not be assessed and why, joined by ;"),
        Column("reason", "str", "", "Why the tier is none; empty otherwise", optional=True),
    ),
)
"""One row per sample.  `group` is the best guess if there is any; whether it may be reported is the tier's business."""

SUBTYPE_PROBABILITIES = Table(
    "subtype-probability",
    1,
    ("sample", "group"),
    (
        Column("sample", "str", "", "Name of the sample"),
        Column("group", "str", "", "Class"),
        Column("probability", "float64", "", "From all evidence"),
        Column("panel", "float64", "", "From the panel expert alone; NaN if it does not know the class"),
        Column(
            "score", "float64", "", "From the score-space expert alone; NaN if it does not know the class"
        ),
    ),
)

SUBTYPE_EVIDENCE = Table(
    "subtype-evidence",
    1,
    (),
    (
        Column("sample", "str", "", "Name of the sample"),
        Column("kind", "str", "", "expression, lineage, karyotype, outlier, fusion, variant, sex, quality"),
        Column("status", "str", "", "detected, not detected or not assessable"),
        Column("subtype", "str", "", "Class or member that it speaks for or against; empty if none"),
        Column("log_odds", "float64", "ln", "Its weight; NaN if it only informs"),
        Column("statement", "str", "", "One sentence"),
    ),
)
"""Every piece of evidence, most telling first within a sample."""
