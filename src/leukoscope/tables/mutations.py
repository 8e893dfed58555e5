"""Contracts of mutations beyond hot spots: genes looked through, calls of other callers, candidates."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

MUTATION_GENES = Table(
    "mutation-genes",
    1,
    ("gene",),
    (
        Column("gene", "str", "", "HGNC symbol"),
        Column("group", "str", "", "RAS, JAK-STAT, kinase, B-cell factor, ..."),
        Column("meaning", "str", "", "What a mutation of this gene does"),
        Column("evidence", "str", "", "verified: the source was read; remembered: research only"),
        Column("source", "str", "", "PMID, PMC or DOI"),
    ),
)
"""Genes whose coding sequence is looked through."""

MUTATION_CALLS = Table(
    "mutation-calls",
    1,
    (),
    (
        Column("sample", "str", "", "Sample, as the file names it"),
        Column("contig", "str", "", "Contig, without 'chr'"),
        Column("position", "int64", "", "First base of the reference allele, from 0"),
        Column("reference", "str", "", "Bases of the reference"),
        Column("alternative", "str", "", "Bases of the mutation"),
        Column("depth", "float64", "reads", "Reads; missing if the file does not say"),
        Column(
            "alternative_reads", "float64", "reads", "Reads of the mutation; missing if the file does not say"
        ),
        Column("rejected_by", "str", "", "Filters of the caller; missing if it passed"),
        Column("protein_change", "str", "", "As the caller says; missing if it does not"),
        Column("caller", "str", "", "Name of the file"),
    ),
)
"""Mutations of other callers, from VCF or MAF."""

MUTATION_CANDIDATES = Table(
    "mutation-candidates",
    1,
    ("gene", "locus", "alternative", "caller"),
    (
        Column("gene", "str", "", "HGNC symbol"),
        Column("protein_change", "str", "", "p.G12D, p.R213*, p.L120fs; p.? where it cannot be told"),
        Column("consequence", "str", "", "missense, nonsense, start lost, stop lost, frameshift, in-frame"),
        Column("transcript_id", "str", "", "Transcript whose codons are counted"),
        Column("locus", "str", "", "contig:position, first base 1"),
        Column("reference", "str", "", "Bases of the reference on the forward strand"),
        Column("alternative", "str", "", "Bases of the mutation on the forward strand"),
        Column("depth", "float64", "fragments", "Fragments or reads; missing if the caller does not say"),
        Column("alternative_fragments", "float64", "fragments", "Of these, with the mutation"),
        Column("fraction", "float64", "", "Their share; of expressed alleles, not of cells"),
        Column("caller", "str", "", "alignment, or the file of another caller"),
        Column("rejected_by", "str", "", "Why it is probably no mutation; missing if it stands"),
        Column("note", "str", "", "What limits the statement"),
        Column("meaning", "str", "", "What a mutation of this gene does"),
    ),
)
"""Changes of protein in listed genes: candidates, germline or somatic, not confirmed."""
