"""Contracts of deletions inside genes."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

KNOWN_DELETIONS = Table(
    "known-deletions",
    1,
    ("gene", "first_exon", "last_exon"),
    (
        Column("gene", "str", "", "HGNC symbol"),
        Column("first_exon", "int64", "", "First exon that is lost; 0 for any deletion inside the gene"),
        Column("last_exon", "int64", "", "Last exon that is lost; 0 for any"),
        Column("exons", "int64", "", "Exons of the transcript that is counted in; 0 if it does not matter"),
        Column("name", "str", "", "What it is called, if it has a name"),
        Column("meaning", "str", "", "What the deletion says"),
        Column("evidence", "str", "", "verified: the source was read; remembered: research only"),
        Column("source", "str", "", "PMID, PMC or DOI"),
    ),
)
"""Deletions that are asked about in every sample."""

DELETIONS = Table(
    "deletions",
    1,
    (),
    (
        Column("gene", "str", "", "HGNC symbol"),
        Column(
            "deletion", "str", "", "Exons that are lost: exons 4-7; any for a whole gene that was looked at"
        ),
        Column("name", "str", "", "What it is called: IK6"),
        Column("status", "str", "", "detected, not detected or not assessable"),
        Column("reason", "str", "", "Why it could not be assessed, or what limits the statement"),
        Column("transcript_id", "str", "", "Transcript in which exons are counted"),
        Column(
            "intron", "str", "", "Intron of the deletion as STAR writes it: contig:first-last base, from 1"
        ),
        Column("reads", "int64", "reads", "Uniquely aligned reads across it"),
        Column("usual_reads", "float64", "reads", "Mean of all other reads at its two splice sites"),
        Column("share", "float64", "", "Reads over reads and usual reads; of RNA, not of cells"),
        Column("annotated", "bool", "", "Whether a transcript of the annotation has this intron"),
        Column(
            "panel_share", "float64", "", "Highest share in the panel of normals; missing without a panel"
        ),
        Column("meaning", "str", "", "What the deletion says"),
        Column("evidence", "str", "", "verified: the source was read; remembered: research only"),
        Column("source", "str", "", "PMID, PMC or DOI"),
    ),
)
"""Each known deletion with what was seen of it, and further introns that skip exons of these genes."""

DELETION_PANEL = Table(
    "deletion-panel",
    1,
    ("intron",),
    (
        Column("intron", "str", "", "Intron that skips exons: contig:first-last base, from 1"),
        Column("gene", "str", "", "HGNC symbol"),
        Column("samples", "int64", "samples", "Normal samples with this intron"),
        Column("highest_share", "float64", "", "Highest share among all of them"),
    ),
)
"""Introns that skip exons in samples without leukaemia: natural splicing."""
