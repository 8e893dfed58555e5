"""STAR-Fusion's ``star-fusion.fusion_predictions.tsv`` (also abridged and with coding effect)."""

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
from leukoscope.publishing import publish_text

if TYPE_CHECKING:
    import pandas as pd

REQUIRED = (
    "JunctionReadCount",
    "SpanningFragCount",
    "LeftGene",
    "LeftBreakpoint",
    "RightGene",
    "RightBreakpoint",
)
FRAMES = {"INFRAME": "in-frame", "FRAMESHIFT": "out-of-frame"}

WRITTEN = (
    "FusionName", "JunctionReadCount", "SpanningFragCount", "SpliceType", "LeftGene", "LeftBreakpoint",
    "RightGene", "RightBreakpoint", "LargeAnchorSupport", "FFPM", "annots",
)  # fmt: skip


def read_starfusion(path: Path | str) -> pd.DataFrame:
    """Read STAR-Fusion 1.4 to 1.13 predictions.

    ``LeftBreakpoint`` is the last base of the left exon, ``RightBreakpoint`` the first of the right one,
    both counted from 1, as in the contract.  STAR-Fusion does not say on which side a junction read
    is anchored: all stand in ``split_reads1``.  It grades nothing: ``confidence`` follows from the junction reads
    (:func:`~leukoscope.formats.fusion_rows.grade`).

    Raises
    ------
    InputError
        If the file is no such table or was cut off; the text names the line.
    """
    rows = read_tool_rows(path, tool="STAR-Fusion", required=REQUIRED)
    return fusion_table([_fusion(row) for row in rows], source=Path(path).name)


def _fusion(row: ToolRow) -> dict[str, object]:
    contig1, position1, strand1 = row.breakpoint("LeftBreakpoint")
    contig2, position2, strand2 = row.breakpoint("RightBreakpoint")
    gene1, _, id1 = row.text("LeftGene").partition("^")
    gene2, _, id2 = row.text("RightGene").partition("^")
    direction1, direction2 = directions(strand1, strand2)
    site = "/splice-site" if row.text("SpliceType") == "ONLY_REF_SPLICE" else ""
    reads = [r for column in ("JunctionReads", "SpanningFrags") for r in row.text(column).split(",") if r]
    return {
        "gene1": gene1,
        "gene2": gene2,
        "strand1(gene/fusion)": f"{strand1}/{strand1}",
        "strand2(gene/fusion)": f"{strand2}/{strand2}",
        "breakpoint1": f"{contig1}:{position1}",
        "breakpoint2": f"{contig2}:{position2}",
        "site1": f"exon{site}" if site else "",
        "site2": f"exon{site}" if site else "",
        "type": event_type(
            (contig1, position1), (contig2, position2), direction1, direction2, same_gene=gene1 == gene2
        ),
        "split_reads1": row.count("JunctionReadCount"),
        "discordant_mates": row.count("SpanningFragCount"),
        "confidence": grade(row.count("JunctionReadCount")),
        "reading_frame": FRAMES.get(row.text("PROT_FUSION_TYPE"), ""),
        "gene_id1": id1,
        "gene_id2": id2,
        "transcript_id1": row.text("CDS_LEFT_ID"),
        "transcript_id2": row.text("CDS_RIGHT_ID"),
        "direction1": direction1,
        "direction2": direction2,
        "read_identifiers": ",".join(dict.fromkeys(reads)),
    }


def write_starfusion(calls: pd.DataFrame, path: Path | str, *, fragments: int | None = None) -> None:
    """Write calls in STAR-Fusion's abridged columns, for tools that read nothing else.

    Parameters
    ----------
    calls
        Fusion calls (:data:`~leukoscope.tables.fusions.FUSIONS`).
    path
        Where to write.
    fragments
        Sequenced fragments of the sample; without them FFPM (fusion fragments per million) is ``NA``.
    """
    records = ({str(key): value for key, value in call.items()} for call in calls.to_dict("records"))
    lines = ["#" + "\t".join(WRITTEN), *("\t".join(_starfusion_fields(call, fragments)) for call in records)]
    publish_text(Path(path), "\n".join(lines) + "\n")


def _starfusion_fields(call: dict[str, object], fragments: int | None) -> list[str]:
    junction = int(str(call["split_reads1"])) + int(str(call["split_reads2"]))
    mates = int(str(call["discordant_mates"]))
    spliced = all(str(call[site]).endswith("splice-site") for site in ("site1", "site2"))
    strand1 = str(call["strand1(gene/fusion)"]).rpartition("/")[2] or "."
    strand2 = str(call["strand2(gene/fusion)"]).rpartition("/")[2] or "."
    return [
        f"{call['gene1']}--{call['gene2']}",
        str(junction),
        str(mates),
        "ONLY_REF_SPLICE" if spliced else "INCL_NON_REF_SPLICE",
        f"{call['gene1']}^{call['gene_id1'] or '.'}",
        f"{call['breakpoint1']}:{strand1}",
        f"{call['gene2']}^{call['gene_id2'] or '.'}",
        f"{call['breakpoint2']}:{strand2}",
        "NA",
        f"{(junction + mates) * 1e6 / fragments:.4f}" if fragments else "NA",
        "[" + ",".join(f'"{t}"' for t in (call.get("driver_class"), call["type"]) if t) + "]",
    ]
