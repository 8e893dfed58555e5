"""Contracts of gene fusion calls: Arriba's thirty columns, then ours."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

ARRIBA_COLUMNS = (
    Column(
        "gene1", "str", "", "Gene at the 5' end, or the genes beside an intergenic breakpoint: A(1200),B(310)"
    ),
    Column("gene2", "str", "", "Gene at the 3' end, written as gene1"),
    Column("strand1(gene/fusion)", "str", "", "Strand of the gene and of the transcribed fusion: +/+"),
    Column("strand2(gene/fusion)", "str", "", "Strand of the gene and of the transcribed fusion: +/+"),
    Column("breakpoint1", "str", "", "Last base of the 5' part, contig:position, first base 1"),
    Column("breakpoint2", "str", "", "First base of the 3' part, contig:position, first base 1"),
    Column("site1", "str", "", "CDS, 5'UTR, 3'UTR, UTR, exon, intron or intergenic, with /splice-site"),
    Column("site2", "str", "", "As site1"),
    Column(
        "type",
        "str",
        "",
        "translocation, deletion, duplication or inversion, with /read-through, /ITD, /5'-5', ...",
    ),
    Column("split_reads1", "int64", "fragments", "Split reads with the longer part in gene 1"),
    Column("split_reads2", "int64", "fragments", "Split reads with the longer part in gene 2"),
    Column("discordant_mates", "int64", "fragments", "Pairs whose mates lie on the two sides"),
    Column("coverage1", "int64", "fragments", "Coverage near breakpoint 1"),
    Column("coverage2", "int64", "fragments", "Coverage near breakpoint 2"),
    Column("confidence", "str", "", "high, medium or low"),
    Column("reading_frame", "str", "", "in-frame, out-of-frame, stop-codon, or missing if it cannot be told"),
    Column("tags", "str", "", "Marks from tables of known fusions"),
    Column("retained_protein_domains", "str", "", "Domains kept by the fusion: gene 1|gene 2"),
    Column(
        "closest_genomic_breakpoint1",
        "str",
        "",
        "Structural variant of the genome near breakpoint 1, and its distance",
    ),
    Column(
        "closest_genomic_breakpoint2",
        "str",
        "",
        "Structural variant of the genome near breakpoint 2, and its distance",
    ),
    Column("gene_id1", "str", "", "Gene identifier"),
    Column("gene_id2", "str", "", "Gene identifier"),
    Column("transcript_id1", "str", "", "Transcript that explains the 5' part best"),
    Column("transcript_id2", "str", "", "Transcript that explains the 3' part best"),
    Column("direction1", "str", "", "Where the partner is attached: downstream or upstream"),
    Column("direction2", "str", "", "Where the partner is attached: downstream or upstream"),
    Column(
        "filters",
        "str",
        "",
        "Filters that removed reads or the event, with the number of reads: duplicates(36)",
    ),
    Column(
        "fusion_transcript",
        "str",
        "",
        "Transcript around the junction: | breakpoint, ___ intron, ... not covered",
    ),
    Column("peptide_sequence", "str", "", "Its translation, if the frame is known"),
    Column("read_identifiers", "str", "", "Names of the supporting fragments"),
)

OWN_COLUMNS = (
    Column("fusion", "str", "", "HGNC name: BCR::ABL1", optional=True),
    Column("hgnc_id1", "str", "", "HGNC identifier of the 5' gene, if the annotation has it", optional=True),
    Column("hgnc_id2", "str", "", "HGNC identifier of the 3' gene", optional=True),
    Column("exons", "str", "", "Exons joined, numbered in the two transcripts: e14a2", optional=True),
    Column(
        "vicc", "str", "", "Name in the VICC gene fusion nomenclature; missing within one gene", optional=True
    ),
    Column("inserted", "str", "", "Bases between the two parts that belong to neither", optional=True),
    Column("probability", "float64", "", "Calibrated probability that the event is real", optional=True),
    Column("driver_class", "str", "", "Class of B-ALL that this fusion defines, if any", optional=True),
    Column(
        "plausibility",
        "str",
        "",
        "Warnings that the event may be no rearrangement of the genome",
        optional=True,
    ),
    Column("panel_frequency", "float64", "", "Share of the panel of normals with this event", optional=True),
    Column(
        "evidence",
        "str",
        "",
        "Fragments per source: chimeric, discordant, intron, clip, junction",
        optional=True,
    ),
    Column("rejected_by", "str", "", "Filters that rejected the event; missing if it stands", optional=True),
)

FUSIONS = Table(
    "fusions",
    1,
    (),
    ARRIBA_COLUMNS + OWN_COLUMNS,
    missing=".",
    header_prefix="#",
)
"""Fusion calls, best first.  The first thirty columns are those of Arriba 2.5 in name and meaning."""

SPLICE_JUNCTIONS = Table(
    "splice-junctions",
    1,
    (),
    (
        Column("contig", "str", "", "Contig"),
        Column("start", "int64", "", "First base of the intron; from 0 in memory, from 1 in STAR's file"),
        Column("end", "int64", "", "Base after the last of the intron, from 0"),
        Column("strand", "str", "", "+, -, or . if the motif does not tell"),
        Column("unique", "int64", "reads", "Uniquely aligned reads across the intron"),
        Column("multiple", "int64", "reads", "Reads across it that align in several places"),
        Column("overhang", "int64", "bp", "Longest overhang"),
    ),
)
"""STAR's ``SJ.out.tab``."""

CHIMERIC_JUNCTIONS = Table(
    "chimeric-junctions",
    1,
    (),
    (
        Column("read_name", "str", "", "Fragment"),
        Column(
            "junction_type", "int64", "", "-1 mates only, 0 no motif, 1 GT/AG, 2 CT/AC (a is the 3' side)"
        ),
        Column("alternatives", "int64", "", "Chimeric alignments of the fragment"),
        *(
            column
            for side in ("a", "b")
            for column in (
                Column(f"contig_{side}", "str", "", "Contig"),
                Column(f"position_{side}", "int64", "", "Outermost base, from 0"),
                Column(f"direction_{side}", "int64", "", "+1 if the partner is attached downstream, else -1"),
                Column(f"length_{side}", "int64", "bp", "Aligned bases next to the junction"),
                Column(f"far_{side}", "int64", "", "Other end of the alignment"),
            )
        ),
    ),
)
"""STAR's ``Chimeric.out.junction``."""
