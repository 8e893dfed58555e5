"""Words of the patient report, explained."""

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
