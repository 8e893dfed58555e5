"""Contracts of genotypes and of the comparison of samples by them."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

GENOTYPES = Table(
    "genotypes",
    1,
    ("contig", "start"),
    (
        Column("contig", "str", "", "Contig, without 'chr'"),
        Column("start", "int64", "", "First base, from 0"),
        Column("end", "int64", "", "Base after the last, from 0"),
        Column("depth", "int64", "fragments", "Fragments; the least depth of several bases of reference"),
        Column(
            "alternative", "str", "", "Most frequent other base; missing where only the reference is seen"
        ),
        Column("alternative_reads", "int64", "fragments", "Fragments that show it"),
    ),
)
"""What one sample shows: runs of covered bases without another base, and single positions with one."""

IDENTITY_PAIRS = Table(
    "identity-pairs",
    1,
    ("sample_1", "sample_2"),
    (
        Column("sample_1", "str", "", "Sample"),
        Column("sample_2", "str", "", "Sample"),
        Column("sites", "int64", "", "Positions with a clear genotype in both, another base in at least one"),
        Column("concordant", "int64", "", "Of these, with the same genotype"),
        Column("concordance", "float64", "", "Share of these; missing without a site"),
        Column(
            "opposite", "int64", "", "Positions where one has only the reference, the other only another base"
        ),
        Column("log_likelihood_ratio", "float64", "nats", "One person against the best of kin and strangers"),
        Column("relation", "str", "", "Most likely: same person, parent or child, siblings, unrelated"),
        Column("verdict", "str", "", "same, different or not assessable"),
        Column("expected", "str", "", "same or different, by the patients of the sample sheet; else missing"),
        Column("conflict", "bool", "", "Whether verdict and sample sheet contradict each other"),
    ),
)
"""Every pair of samples, compared by the genotypes that their RNA shows."""

IDENTITY_SAMPLES = Table(
    "identity-samples",
    1,
    ("sample",),
    (
        Column("sample", "str", "", "Sample"),
        Column("patient", "str", "", "Patient, as the sample sheet says"),
        Column("variants", "int64", "", "Positions with another base and enough depth"),
        Column("heterozygous", "int64", "", "Of these, heterozygous"),
        Column("odd_share", "float64", "", "Share of odd allele fractions, median over the chromosomes"),
        Column("mixed", "str", "", "yes, no or not assessable: whether another person's RNA is in it"),
        Column("mixed_with", "str", "", "Sample whose alleles explain the odd fractions"),
        Column("same_as", "str", "", "Samples of the same person"),
        Column(
            "likely_patient", "str", "", "Patient to whom it belongs by genotype, if not as the sheet says"
        ),
        Column("sex_declared", "str", "", "female or male, as the sample sheet says"),
        Column("sex_expressed", "str", "", "female, male or ambiguous, by XIST and the genes of Y"),
        Column("conflicts", "str", "", "What contradicts the sample sheet, in words; '; ' between"),
    ),
)
"""Every sample, with what its genotypes and its expressed sex say against the sample sheet."""
