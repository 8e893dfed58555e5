"""CICERO's ``final_fusions.txt``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.errors import InputError
from leukoscope.formats.fusion_rows import ToolRow, directions, event_type, fusion_table, read_tool_rows

if TYPE_CHECKING:
    import pandas as pd

REQUIRED = ("geneA", "chrA", "posA", "ortA", "geneB", "chrB", "posB", "ortB", "readsA", "readsB")
SITES = {
    "coding": "CDS",
    "5utr": "5'UTR",
    "3utr": "3'UTR",
    "intron": "intron",
    "exon": "exon",
    "intergenic": "intergenic",
}
RATINGS = {"HQ": "high", "LQ": "low"}


def read_cicero(path: Path | str) -> pd.DataFrame:
    """Read final fusions of CICERO 0.2 to 1.8.

    ``posA`` and ``posB`` count from 1.  ``ortA`` and ``ortB`` are the strands of the assembled contig; they
    are the transcribed strands where ``sv_ort`` is ``>`` and unknown where it is ``?``.  ``readsA`` and
    ``readsB`` are soft-clipped reads at each side; CICERO counts no discordant mates.  The rating
    ``HQ`` is read as high, ``LQ`` as low, every other as missing.

    Raises
    ------
    InputError
        If the file is no such table or was cut off; the text names the line.
    """
    rows = read_tool_rows(path, tool="CICERO", required=REQUIRED)
    return fusion_table([_fusion(row) for row in rows], source=Path(path).name)


def _fusion(row: ToolRow) -> dict[str, object]:
    side1, side2 = _position(row, "A"), _position(row, "B")
    strands = row.text("ortA"), row.text("ortB")
    direction1, direction2 = directions(*strands)
    known = row.values.get("sv_ort", ">") == ">"
    strand1, strand2 = strands if known else (".", ".")
    gene1, gene2 = row.text("geneA"), row.text("geneB")
    kind = event_type(side1, side2, direction1, direction2, same_gene=gene1 == gene2)
    if "ITD" in row.text("type") or "internal" in row.text("type").lower():
        kind = "duplication/ITD"
    return {
        "gene1": gene1,
        "gene2": gene2,
        "strand1(gene/fusion)": f"./{strand1}",
        "strand2(gene/fusion)": f"./{strand2}",
        "breakpoint1": f"{side1[0]}:{side1[1]}",
        "breakpoint2": f"{side2[0]}:{side2[1]}",
        "site1": SITES.get(row.text("featureA"), ""),
        "site2": SITES.get(row.text("featureB"), ""),
        "type": kind,
        "split_reads1": row.count("readsA"),
        "split_reads2": row.count("readsB"),
        "coverage1": row.count("coverageA"),
        "coverage2": row.count("coverageB"),
        "confidence": RATINGS.get(row.text("rating"), ""),
        "reading_frame": _frame(row.text("frame") or row.text("sv_inframe")),
        "transcript_id1": row.text("sv_refseqA").split(",")[0],
        "transcript_id2": row.text("sv_refseqB").split(",")[0],
        "direction1": direction1,
        "direction2": direction2,
        "fusion_transcript": "",
    }


def _position(row: ToolRow, side: str) -> tuple[str, int]:
    contig, position = row.text(f"chr{side}"), row.text(f"pos{side}")
    if not contig or not position.isascii() or not position.isdigit():
        raise InputError(
            f"{row.where}: chr{side} and pos{side} hold '{contig}' and '{position}', not a position."
        )
    return contig, int(position)


def _frame(codes: str) -> str:
    """Return in-frame if any pair of transcripts is (code 1), out-of-frame if none is (0), else missing."""
    values = [code for code in codes.split(",") if code]
    if not values:
        return ""
    return "in-frame" if "1" in values else "out-of-frame" if set(values) == {"0"} else ""
