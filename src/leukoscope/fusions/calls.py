"""From events to the table of fusion calls, in Arriba's columns and words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from leukoscope.formats.bam import Alignments
from leukoscope.fusions.evidence import reverse_complement
from leukoscope.fusions.loci import Loci, site_name
from leukoscope.tables.fusions import FUSIONS

Event = Mapping[Any, Any]  #: one row of the events with their features

_MAX_READS = 300  #: names listed per event
_AT_ONCE = 1000  #: events whose rows are written out as words at a time, to bound the memory
_STRAND = {1: "+", -1: "-", 0: "."}
_DIRECTION = {1: "downstream", -1: "upstream"}


def event_type(event: Event) -> str:
    """Return Arriba's word for the kind of rearrangement, with what it may be instead."""
    a, b = event["direction_a"], event["direction_b"]
    if not event["same_contig"]:
        kind = "translocation"
    elif a == b:
        kind = "inversion"
    else:
        kind = "deletion" if a > 0 else "duplication"
    along_a, along_b = event["along_a"], event["along_b"]
    genes = event["gene_a"] >= 0 and event["gene_b"] >= 0
    if (
        kind == "duplication"
        and event["same_gene"]
        and not event["both_spliced"]
        and event["distance"] <= 400
    ):
        return kind + "/ITD"
    if event["same_gene"] and event["both_spliced"]:
        return kind + "/non-canonical_splicing"
    if kind == "deletion" and event["distance"] <= 400_000 and along_a and along_b:
        return kind + "/read-through"
    if genes and not (along_a and along_b):
        towards_a = event["strand_a"] == event["direction_a"]
        towards_b = event["strand_b"] == event["direction_b"]
        if towards_a == towards_b:
            return kind + ("/5'-5'" if towards_a else "/3'-3'")
    return kind


def call_table(
    events: pd.DataFrame,
    pairs: pd.DataFrame,
    evidence: pd.DataFrame,
    alignments: Alignments,
    loci: Loci,
) -> pd.DataFrame:
    """Return one row per event (:data:`~leukoscope.tables.fusions.FUSIONS`), in the given order."""
    if events.empty:
        return FUSIONS.empty()
    joined = pairs.merge(evidence[["row", "rejected", "fragment"]], left_on="evidence", right_index=True)
    joined = joined[joined["event"].isin(events.index)]
    reads, reasons = _reads_of_events(joined), _reasons_of_events(joined)
    parts = []
    for first in range(0, len(events), _AT_ONCE):
        some = events.iloc[first : first + _AT_ONCE]
        rows = [
            _call(event, reads.get(number, []), reasons.get(number, []), alignments, loci)
            for number, event in zip(some.index, some.to_dict("records"), strict=True)
        ]
        parts.append(pd.DataFrame(rows))
    return FUSIONS.check(pd.concat(parts, ignore_index=True))


def _reads_of_events(joined: pd.DataFrame) -> dict[int, list[int]]:
    """Return the rows of the first fragments that support each event."""
    kept = joined[joined["rejected"] == ""].drop_duplicates(["event", "fragment"])
    found: dict[int, list[int]] = {}
    for event, row in zip(kept["event"].tolist(), kept["row"].tolist(), strict=True):
        found.setdefault(event, []).append(row)
    return {event: rows[:_MAX_READS] for event, rows in found.items()}


def _reasons_of_events(joined: pd.DataFrame) -> dict[int, list[str]]:
    """Return ``filter(reads)`` for the fragments of each event that a filter removed."""
    counted = joined[joined["rejected"] != ""].groupby(["event", "rejected"], sort=True).size()
    found: dict[int, list[str]] = {}
    for event, name, n in counted.reset_index(name="n").to_numpy().tolist():
        found.setdefault(event, []).append(f"{name}({n})")
    return found


def _call(
    event: Event, reads: list[int], reasons: list[str], alignments: Alignments, loci: Loci
) -> dict[str, object]:
    a_first = event["five_prime"] > 0
    first, second = ("a", "b") if a_first else ("b", "a")
    inserted = str(event["inserted_bases"])
    call: dict[str, object] = {
        "type": event_type(event),
        "discordant_mates": event["mates"],
        "confidence": event["confidence"],
        "filters": ",".join([name for name in event["rejected_by"].split(",") if name] + reasons),
        "read_identifiers": ",".join(sorted(alignments.name(row) for row in reads)),
        "evidence": _sources(event),
        "rejected_by": event["rejected_by"],
        "inserted": inserted if a_first else reverse_complement(inserted),
        "probability": event.get("probability", float("nan")),
    }
    for number, side, part in ((1, first, 1), (2, second, -1)):
        call |= _side(event, number, side, part, loci)
    later = ["reading_frame", "tags", "retained_protein_domains", "closest_genomic_breakpoint1"]
    later += ["closest_genomic_breakpoint2", "transcript_id1", "transcript_id2", "fusion_transcript"]
    return call | dict.fromkeys([*later, "peptide_sequence"], "")


def _side(event: Event, number: int, side: str, part: int, loci: Loci) -> dict[str, object]:
    contig, position, gene = (int(event[f"{what}_{side}"]) for what in ("contig", "position", "gene"))
    transcribed = part * int(event[f"direction_{side}"]) if event["oriented"] else 0
    return {
        f"gene{number}": loci.describe(contig, position, gene),
        f"gene_id{number}": str(loci.model.gene_id[gene]) if gene >= 0 else "",
        f"strand{number}(gene/fusion)": f"{_STRAND[int(event[f'strand_{side}'])]}/{_STRAND[transcribed]}",
        f"breakpoint{number}": f"{loci.contigs[contig]}:{position + 1}",
        f"site{number}": site_name(int(event[f"site_{side}"])),
        f"direction{number}": _DIRECTION[int(event[f"direction_{side}"])],
        f"split_reads{number}": event[f"split_{side}"],
        f"coverage{number}": event[f"coverage_{side}"],
    }


def _sources(event: Event) -> str:
    names = {
        "n_split": "chimeric",
        "n_discordant": "discordant",
        "n_crossing": "intron",
        "n_spanning": "mate_gap",
        "n_clip": "clip",
        "n_insertion": "insertion",
        "n_junction": "junction",
    }
    return ",".join(f"{word}={int(event[name])}" for name, word in names.items() if event.get(name, 0) > 0)
