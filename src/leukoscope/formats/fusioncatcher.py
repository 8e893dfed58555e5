"""FusionCatcher's ``final-list_candidate-fusion-genes.txt``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.formats.fusion_rows import (
    ToolRow,
    directions,
    event_type,
    fusion_table,
    grade,
    read_tool_rows,
)

if TYPE_CHECKING:
    import pandas as pd

GENE1, GENE2 = "Gene_1_symbol(5end_fusion_partner)", "Gene_2_symbol(3end_fusion_partner)"
POINT1, POINT2 = (
    "Fusion_point_for_gene_1(5end_fusion_partner)",
    "Fusion_point_for_gene_2(3end_fusion_partner)",
)
ID1, ID2 = "Gene_1_id(5end_fusion_partner)", "Gene_2_id(3end_fusion_partner)"
REQUIRED = (GENE1, GENE2, POINT1, POINT2, "Spanning_pairs", "Spanning_unique_reads")

SITES = {
    "intergenic": "intergenic",
    "intronic": "intron",
    "exonic(no-known-CDS)": "exon",
    "UTR": "UTR",
    "CDS(truncated)": "CDS",
    "CDS(complete)": "CDS",
    "CDS(not-reliable-start-or-end)": "CDS",
}
#: Labels of which FusionCatcher's manual (table 2) says "a very high probability of being a false positive".
FALSE_LABELS = frozenset(
    (
        "1000genomes", "banned", "bodymap2", "cacg", "conjoing", "cta_gene", "ctb_gene", "ctc_gene", "ctd_gene",
        "distance1000bp", "ensembl_fully_overlapping", "ensembl_same_strand_overlapping", "gtex", "hpa", "mt",
        "pair_pseudo_genes", "paralogs", "refseq_fully_overlapping", "refseq_same_strand_overlapping", "rp11_gene",
        "rp_gene", "rrna", "similar_reads", "similar_symbols",
    )
)  # fmt: skip


def read_fusioncatcher(path: Path | str) -> pd.DataFrame:
    """Read a final list of FusionCatcher 1.0 to 1.33.

    Fusion points are ``contig:position:strand``, counted from 1, contigs named as in Ensembl (without
    ``chr``; they are left so).  ``Spanning_pairs`` are the discordant mates, ``Spanning_unique_reads``
    the split reads.  ``IGH@`` becomes ``IGH``.  The labels of ``Fusion_description`` are kept as tags;
    FusionCatcher grades nothing: ``confidence`` follows from the junction reads
    (:func:`~leukoscope.formats.fusion_rows.grade`), and is low where a label is one of :data:`FALSE_LABELS`.

    Raises
    ------
    InputError
        If the file is no such table or was cut off; the text names the line.
    """
    rows = read_tool_rows(path, tool="FusionCatcher", required=REQUIRED)
    return fusion_table([_fusion(row) for row in rows], source=Path(path).name)


def _fusion(row: ToolRow) -> dict[str, object]:
    contig1, position1, strand1 = row.breakpoint(POINT1)
    contig2, position2, strand2 = row.breakpoint(POINT2)
    gene1, gene2 = row.text(GENE1).removesuffix("@"), row.text(GENE2).removesuffix("@")
    direction1, direction2 = directions(strand1, strand2)
    labels = row.text("Fusion_description")
    frame, site1, site2 = _effect(row.text("Predicted_effect"))
    at_exons = "/splice-site" if "exon-exon" in labels.split(",") else ""
    return {
        "gene1": gene1,
        "gene2": gene2,
        "strand1(gene/fusion)": f"./{strand1 or '.'}",
        "strand2(gene/fusion)": f"./{strand2 or '.'}",
        "breakpoint1": f"{contig1}:{position1}",
        "breakpoint2": f"{contig2}:{position2}",
        "site1": site1 + at_exons if site1 else "",
        "site2": site2 + at_exons if site2 else "",
        "type": event_type(
            (contig1, position1), (contig2, position2), direction1, direction2, same_gene=gene1 == gene2
        ),
        "split_reads1": row.count("Spanning_unique_reads"),
        "discordant_mates": row.count("Spanning_pairs"),
        "confidence": grade(
            row.count("Spanning_unique_reads"), doubted=not FALSE_LABELS.isdisjoint(labels.split(","))
        ),
        "reading_frame": frame,
        "tags": labels,
        "gene_id1": row.text(ID1),
        "gene_id2": row.text(ID2),
        "direction1": direction1,
        "direction2": direction2,
        "fusion_transcript": row.text("Fusion_sequence").replace("*", "|").upper(),
    }


def _effect(effect: str) -> tuple[str, str, str]:
    """Return reading frame and both sites: ``in-frame`` says that both lie in coding sequence."""
    if effect in {"in-frame", "out-of-frame"}:
        return effect, "CDS", "CDS"
    first, _, second = effect.partition("/")
    return "", SITES.get(first, ""), SITES.get(second, "")
