"""Fusions as VCF 4.3 breakends, with the INFO keys that the Scout browser reads."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leukoscope.formats.fusion_names import nearest_gene
from leukoscope.publishing import publish_text, published
from leukoscope.version import RESEARCH_USE

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.formats.fasta import Genome
    from leukoscope.genemodel import GeneModel

INFO = (
    ("SVTYPE", "1", "String", "Type of structural variant"),
    ("MATEID", ".", "String", "ID of the other breakend"),
    ("EVENT", "1", "String", "Fusion: 5' gene::3' gene"),
    ("CHRA", "1", "String", "Contig of the 5' side"),
    ("CHRB", "1", "String", "Contig of the 3' side"),
    ("GENEA", "1", "String", "Gene of the 5' side"),
    ("GENEB", "1", "String", "Gene of the 3' side"),
    ("POSA", "1", "Integer", "Breakpoint of the 5' side"),
    ("POSB", "1", "Integer", "Breakpoint of the 3' side"),
    ("ORIENTATION", ".", "String", "Strands that are transcribed: 5' side, 3' side"),
    ("FOUND_DB", ".", "String", "Tables of known fusions that have it"),
    ("FOUND_IN", ".", "String", "Callers that found it"),
    ("TOOL_HITS", "1", "Integer", "Number of callers that found it"),
    ("SCORE", "1", "Float", "Calibrated probability that the event is real"),
    ("FRAME_STATUS", "1", "String", "Reading frame"),
    ("TRANSCRIPT_ID_A", "1", "String", "Transcript of the 5' side"),
    ("TRANSCRIPT_ID_B", "1", "String", "Transcript of the 3' side"),
    ("TRANSCRIPT_VERSION_A", "1", "String", "Its version"),
    ("TRANSCRIPT_VERSION_B", "1", "String", "Its version"),
    ("HGNC_ID_A", "1", "Integer", "HGNC number of the 5' gene"),
    ("HGNC_ID_B", "1", "Integer", "HGNC number of the 3' gene"),
    ("EXON_NUMBER_A", "1", "Integer", "Last exon of the 5' transcript"),
    ("EXON_NUMBER_B", "1", "Integer", "First exon of the 3' transcript"),
    ("ANNOTATIONS", ".", "String", "Driver class, event type, confidence, warnings"),
)
FORMAT = (
    ("GT", "1", "String", "Genotype; not told from RNA"),
    ("DV", "1", "Integer", "Discordant mates"),
    ("RV", "1", "Integer", "Split reads"),
    ("FFPM", "1", "Float", "Fusion fragments per million fragments"),
)
_COMPLEMENT = str.maketrans("ACGTNacgtn", "TGCANtgcan")
_ESCAPES = {"%": "%25", ";": "%3B", "=": "%3D", ",": "%2C", " ": "_", "\t": "_"}
_EXONS = re.compile(r"^[ei](\d+)[aei](\d+)$")


def write_fusion_vcf(
    calls: pd.DataFrame,
    path: Path | str,
    *,
    sample: str,
    genome: Genome,
    gene_model: GeneModel | None = None,
    fragments: int | None = None,
    caller: str = "leukoscope",
) -> None:
    """Write two breakends per fusion, sorted; a path that ends in ``.gz`` is BGZF with a tabix index.

    Parameters
    ----------
    calls
        Fusion calls (:data:`~leukoscope.tables.fusions.FUSIONS`).
    path
        ``.vcf`` or ``.vcf.gz``.
    sample
        Name of the sample.
    genome
        For the reference bases, and the contigs of the header.
    gene_model
        For the versions of transcripts.
    fragments
        Sequenced fragments of the sample; without them FFPM is missing.
    caller
        What ``FOUND_IN`` says.
    """
    from leukoscope.tables.fusions import FUSIONS

    context = _Context(sample, genome, _versions(gene_model), fragments, caller)
    rows = [{str(k): v for k, v in row.items()} for row in FUSIONS.check(calls).to_dict("records")]
    order = {name: i for i, name in enumerate(genome.contigs)}
    records = [record for n, row in enumerate(rows, start=1) for record in _breakends(row, n, context)]
    records.sort(key=lambda r: (order.get(r[0], len(order)), r[0], int(r[1]), r[2]))
    text = "\n".join([*_header(context, rows), *("\t".join(record) for record in records)]) + "\n"
    if str(path).endswith(".gz"):
        _write_indexed(Path(path), text)
    else:
        publish_text(Path(path), text)


@dataclass(frozen=True)
class _Context:
    """What every record needs besides its call."""

    sample: str
    genome: Genome
    versions: dict[str, str]  #: of transcripts
    fragments: int | None
    caller: str


def _versions(model: GeneModel | None) -> dict[str, str]:
    if model is None:
        return {}
    return dict(zip(model.transcript_id.tolist(), model.transcript_version.tolist(), strict=True))


def _header(context: _Context, rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        "##fileformat=VCFv4.3",
        "##source=leukoscope",
        f"##intendedUse={RESEARCH_USE}",
        '##FILTER=<ID=PASS,Description="All filters passed">',
    ]
    used = {str(row[f"breakpoint{side}"]).rpartition(":")[0] for row in rows for side in (1, 2)}
    lengths = {name: place.length for name, place in context.genome.contigs.items()}
    lines += [f"##contig=<ID={name},length={length}>" for name, length in lengths.items()]
    lines += [f"##contig=<ID={name}>" for name in sorted(used - set(lengths))]
    lines += [
        f'##INFO=<ID={name},Number={count},Type={kind},Description="{meaning}">'
        for name, count, kind, meaning in INFO
    ]
    lines += [
        f'##FORMAT=<ID={name},Number={count},Type={kind},Description="{meaning}">'
        for name, count, kind, meaning in FORMAT
    ]
    reasons = {reason for row in rows for reason in _reasons(row)}
    lines += [f'##FILTER=<ID={reason},Description="Rejected: {reason}">' for reason in sorted(reasons)]
    return [*lines, f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{context.sample}"]


def _breakends(call: dict[str, Any], number: int, context: _Context) -> list[list[str]]:
    places = [_place(call, side) for side in (1, 2)]
    reads = int(call["split_reads1"]) + int(call["split_reads2"])
    mates = int(call["discordant_mates"])
    ffpm = f"{(reads + mates) * 1e6 / context.fragments:.4f}" if context.fragments else "."
    values = f".:{mates}:{reads}:{ffpm}"
    shared = _info(call, places, context)
    records = []
    for side, own, other in ((1, places[0], places[1]), (2, places[1], places[0])):
        contig, position, _ = own
        base = context.genome.fetch(contig, position - 1, position) or "N"
        alternative = breakend(base, own, other, str(call.get("inserted") or ""), five=side == 1)
        mate = f"fusion{number}{'b' if side == 1 else 'a'}"
        info = ";".join(["SVTYPE=BND", f"MATEID={mate}", *shared])
        name = f"fusion{number}{'a' if side == 1 else 'b'}"
        filters = ";".join(_reasons(call)) or "PASS"
        records.append(
            [contig, str(position), name, base, alternative, ".", filters, info, "GT:DV:RV:FFPM", values]
        )
    return records


def breakend(
    base: str, own: tuple[str, int, bool], other: tuple[str, int, bool], inserted: str, *, five: bool
) -> str:
    """Return the ALT field of one breakend.

    Parameters
    ----------
    base
        Reference base at the breakpoint.
    own, other
        Contig, position (first base 1), and whether what lies left of it is kept.
    inserted
        Bases between the sides, as they are transcribed.
    five
        Whether `own` is the 5' side.

    Examples
    --------
    >>> breakend("A", ("chr22", 10, True), ("chr9", 20, False), "", five=True)
    'A[chr9:20['
    >>> breakend("C", ("chr9", 20, False), ("chr22", 10, True), "TTG", five=False)
    ']chr22:10]TTGC'
    """
    contig, position, other_left = other
    bracket = "]" if other_left else "["
    partner = f"{bracket}{contig}:{position}{bracket}"
    own_left = own[2]
    forward = own_left == five  # whether the fusion is transcribed from left to right here
    between = inserted.upper() if forward else inserted.upper().translate(_COMPLEMENT)[::-1]
    return f"{base}{between}{partner}" if own_left else f"{partner}{between}{base}"


def _place(call: dict[str, Any], side: int) -> tuple[str, int, bool]:
    contig, _, position = str(call[f"breakpoint{side}"]).rpartition(":")
    direction = str(call[f"direction{side}"]) or ("downstream" if side == 1 else "upstream")
    return contig, int(position), direction == "downstream"


def _info(call: dict[str, Any], places: list[tuple[str, int, bool]], context: _Context) -> list[str]:
    genes = [nearest_gene(str(call[f"gene{side}"])) for side in (1, 2)]
    strands = [str(call[f"strand{side}(gene/fusion)"]).rpartition("/")[2] or "." for side in (1, 2)]
    exons = _EXONS.match(str(call.get("exons") or ""))
    driver = str(call.get("driver_class") or "")
    probability = float(call["probability"]) if call.get("probability") is not None else math.nan
    values: dict[str, str] = {"EVENT": str(call.get("fusion") or "::".join(genes))}
    for n, letter in enumerate("AB"):
        transcript = str(call[f"transcript_id{n + 1}"])
        values |= {
            f"CHR{letter}": places[n][0],
            f"GENE{letter}": genes[n],
            f"POS{letter}": str(places[n][1]),
            f"TRANSCRIPT_ID_{letter}": transcript.partition(".")[0],
            f"TRANSCRIPT_VERSION_{letter}": context.versions.get(transcript, transcript.partition(".")[2]),
            f"HGNC_ID_{letter}": str(call.get(f"hgnc_id{n + 1}") or "").removeprefix("HGNC:"),
            f"EXON_NUMBER_{letter}": exons.group(n + 1) if exons else "",
        }
    values |= {
        "FOUND_DB": "leukoscope_drivers" if driver and "research" not in driver else "",
        "FOUND_IN": context.caller,
        "TOOL_HITS": "1",
        "SCORE": "" if math.isnan(probability) else f"{probability:.4f}",
        "FRAME_STATUS": {"in-frame": "INFRAME", "out-of-frame": "FRAMESHIFT"}.get(
            str(call["reading_frame"]), str(call["reading_frame"])
        ),
    }
    lists = {
        "ORIENTATION": strands,
        "ANNOTATIONS": [
            driver,
            str(call["type"]),
            str(call["confidence"]),
            *str(call.get("plausibility") or "").split(","),
        ],
    }
    told = {name: _escaped(value) for name, value in values.items() if value}
    told |= {name: ",".join(_escaped(v) for v in some if v) for name, some in lists.items() if any(some)}
    return [f"{name}={told[name]}" for name, *_ in INFO if name in told]


def _escaped(value: str) -> str:
    return "".join(_ESCAPES.get(letter, letter) for letter in value)


def _reasons(call: dict[str, Any]) -> list[str]:
    return [re.sub(r"[^\w.-]", "_", name) for name in str(call.get("rejected_by") or "").split(",") if name]


def _write_indexed(path: Path, text: str) -> None:
    import pysam

    with published(path) as part, pysam.BGZFile(str(part), "wb", None) as sink:
        sink.write(text.encode())
    pysam.tabix_index(str(path), preset="vcf", force=True)
