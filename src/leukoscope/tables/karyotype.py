"""Contracts of the karyotype from expression."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

KARYOTYPE_GENES = Table(
    "karyotype-genes",
    1,
    ("gene_id",),
    (
        Column("gene_id", "str", "", "Ensembl gene identifier"),
        Column("arm", "str", "", "Chromosome arm: 1p, 13q, Xp"),
        Column("log2_cpm", "float64", "log2", "Median of log2(CPM + 1) in B-ALL without copy-number change"),
        Column("weight", "float64", "", "Inverse of its variance there; 0: only the profile is used"),
    ),
)

KARYOTYPE_CHROMOSOMES = Table(
    "karyotype-chromosomes",
    1,
    (),
    (
        Column("chromosome", "str", "", "1 to 22 and X"),
        Column("noise", "float64", "log2", "Standard deviation in B-ALL without copy-number change"),
        Column("technical", "float64", "log2", "Loading on the main technical axis there"),
        Column("hyperdiploid", "float64", "", "How often it is gained in high hyperdiploidy"),
        Column("near_haploid", "float64", "", "How often both copies are kept in near haploidy"),
        Column("low_hypodiploid", "float64", "", "How often both copies are kept in low hypodiploidy"),
    ),
)

KARYOTYPE = Table(
    "karyotype",
    1,
    (),
    (
        Column("sample", "str", "", "Name of the sample"),
        Column("segment", "str", "", "Chromosome (7) or arm (7p)"),
        Column("log2_ratio", "float64", "log2", "Expression against B-ALL without copy-number change"),
        Column("genes", "int64", "genes", "Genes it rests on"),
        Column("z", "float64", "", "log2_ratio in units of the usual scatter"),
        Column("call", "str", "", "gain, high gain, loss, none or not assessable"),
        Column("copies", "str", "", "Copies that fit best, or not assessable"),
        Column("heterozygous_sites", "int64", "sites", "Sites with both alleles (0 without a VCF)"),
        Column("informative_sites", "int64", "sites", "Sites that could tell (0 without a VCF)"),
        Column("allele_imbalance", "float64", "", "Median distance of allele fractions from one half"),
    ),
)

PLOIDY = Table(
    "ploidy",
    1,
    ("sample",),
    (
        Column("sample", "str", "", "Name of the sample"),
        Column(
            "ploidy", "str", "", "diploid, hyperdiploid, low hypodiploid, near haploid, iAMP21, aneuploid"
        ),
        Column("status", "str", "", "detected, not detected or not assessable"),
        Column("probability", "float64", "", "Share of this class in the likelihood of the classes tried"),
        Column("chromosome_number", "str", "", "Estimate, or not assessable"),
        Column(
            "hyperdiploid_index", "float64", "log2", "Chromosomes 4 6 10 14 17 18 21 X against the others"
        ),
        Column("chromosome21", "float64", "log2", "Ratio of chromosome 21 against the middle of all"),
        Column("gained", "str", "", "Chromosomes gained, joined by spaces"),
        Column("lost", "str", "", "Chromosomes lost, joined by spaces"),
        Column("allele_fractions", "str", "", "used, not given or too few"),
        Column("note", "str", "", "What was not assessable, and why"),
    ),
)

ALLELE_FRACTIONS = Table(
    "allele-fractions",
    1,
    (),
    (
        Column("sample", "str", "", "Sample of the VCF"),
        Column("chromosome", "str", "", "1 to 22, X or Y"),
        Column("position", "int64", "bp", "0-based"),
        Column("depth", "int64", "reads", "Reads with either allele"),
        Column("alternative", "int64", "reads", "Reads with the alternative allele"),
        Column("in_dbsnp", "bool", "", "Whether the site has an rs number"),
    ),
)
