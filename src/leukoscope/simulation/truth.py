"""The truth of a simulated sample as JSON: events in Arriba's convention and who supports them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from leukoscope.errors import InputError
from leukoscope.publishing import publish_text
from leukoscope.simulation.events import (
    Event,
    absorbed_bases,
    directions,
    equivalent_shifts,
    reading_frame,
    rearrangement_type,
)
from leukoscope.simulation.structures import Gene, Genome, read_pieces

FORMAT = "leukoscope-truth"
VERSION = 1


def event_tag(number: int) -> str:
    """Return the identifier of an event, which read names carry too."""
    return f"E{number:03d}"


def describe_event(genome: Genome, event: Event, number: int) -> dict[str, Any]:
    """Return what is known of an event before any read is drawn.

    Breakpoints are Arriba's: 1-based, the last base of the 5' side and the first base of the 3'
    side.  ``shift_left`` and ``shift_right`` say by how many bases both can move together, in
    the direction of transcription, without changing the sequence; ``inserted_like_side1`` and
    ``inserted_like_side2`` how many bases of the insert are also those of the genome beside it.
    """
    left, right = event.left, event.right
    to_left, to_right = equivalent_shifts(genome.contigs, event)
    first, last = absorbed_bases(genome.contigs, event)
    toward = directions(event)
    start = event.junction + (1 if event.inserted else 0)
    return {
        "id": event_tag(number),
        "class": event.kind,
        "related": None if event.partner is None else event_tag(event.partner + 1),
        "gene1": event.gene5.symbol,
        "gene2": event.gene3.symbol,
        "gene_id1": event.gene5.id,
        "gene_id2": event.gene3.id,
        "aliases1": _aliases(genome, event.gene5, left.contig, left.last),
        "aliases2": _aliases(genome, event.gene3, right.contig, right.first),
        "type": rearrangement_type(event),
        "contig1": left.contig,
        "breakpoint1": left.last + 1,
        "strand1": "+" if left.strand > 0 else "-",
        "direction1": toward[0],
        "contig2": right.contig,
        "breakpoint2": right.first + 1,
        "strand2": "+" if right.strand > 0 else "-",
        "direction2": toward[1],
        "shift_left": to_left,
        "shift_right": to_right,
        "inserted": event.inserted,
        "inserted_like_side1": first,
        "inserted_like_side2": last,
        "reading_frame": reading_frame(genome, event),
        "share": event.share,
        "sequence": (
            read_pieces(genome.contigs, event.pieces[: event.junction])[-50:].tobytes().decode()
            + f"|{event.inserted}|"
            + read_pieces(genome.contigs, event.pieces[start:])[:50].tobytes().decode()
        ),
    }


def _aliases(genome: Genome, gene: Gene, contig: str, position: int) -> list[str]:
    """Return the names under which a caller may rightly report one side of an event."""
    names = {gene.symbol, *genome.overlapping(contig, position)}
    families = {g.family for g in genome.genes if g.symbol in names and g.family in ("IGH", "DUX4")}
    loci = {name for family in families for name in (family, f"{family}@")}
    return sorted(names | loci | {g.symbol for g in genome.genes if g.family in families})


def truth_document(
    sample: str,
    settings: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]],
    artefacts: Mapping[str, int],
    families: Sequence[Sequence[str]],
) -> dict[str, Any]:
    """Return the truth of one sample."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "sample": sample,
        "settings": dict(settings),
        "events": [dict(event) for event in events],
        "artefacts": dict(artefacts),
        "families": [list(family) for family in families],
    }


def write_truth(document: Mapping[str, Any], path: Path) -> None:
    """Write a truth document, by rename."""
    publish_text(path, json.dumps(document, indent=1) + "\n")


def read_truth(path: Path) -> dict[str, Any]:
    """Read a truth document.

    Raises
    ------
    InputError
        If the file is missing or is no truth document.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file.") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name}: not JSON ({error}).") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(
            f"{path.name}: not the truth of a simulation; 'leukoscope simulate reads' writes one."
        )
    if document.get("version") != VERSION:
        raise InputError(
            f"{path.name}: truth version {document.get('version')}; this release reads {VERSION}."
        )
    return document
