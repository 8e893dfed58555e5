"""Score fusion calls against the truth of a simulated sample."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leukoscope.tables.simulation import MATCHES, SCORES

if TYPE_CHECKING:
    import pandas as pd

EXACT = 2  #: bases by which both breakpoints may be off and still be exact
BESIDE = 1_000  #: bases by which a breakpoint that names two neighbours may be off
NEAR = 10  #: bases by which the breakpoints of an event within one gene may be off
THRESHOLDS = (1, 3, 5, 10)
CONFIDENCES = ("high", "medium", "low")
DECOYS = frozenset({"read_through"})  #: planted, but neither to be found nor held against a caller
AT_LEAST = 3  #: junction fragments of the events that curves and precision look at

_DISTANCE = re.compile(r"\(\d+\)")


@dataclass(frozen=True, slots=True)
class Call:
    """One row of a fusion table, as scoring sees it."""

    genes1: frozenset[str]
    genes2: frozenset[str]
    place1: tuple[str, int]
    place2: tuple[str, int]
    confidence: str
    probability: float
    support: int
    frame: str
    reads: tuple[str, ...]

    @property
    def pair(self) -> tuple[str, str]:
        """Return the two sides by name, in alphabetical order."""
        one, two = sorted((",".join(sorted(self.genes1)), ",".join(sorted(self.genes2))))
        return one, two

    def rank(self) -> tuple[float, int, int]:
        """Return what calls are ordered by: probability, confidence, support."""
        probability = self.probability if self.probability == self.probability else -1.0
        return -probability, _confidence_rank(self.confidence), -self.support


@dataclass(frozen=True, slots=True)
class Score:
    """What :func:`score_calls` found."""

    scores: pd.DataFrame  #: see :data:`leukoscope.tables.simulation.SCORES`
    matches: pd.DataFrame  #: see :data:`leukoscope.tables.simulation.MATCHES`


def score_calls(truth: Mapping[str, Any], fusions: pd.DataFrame) -> Score:
    """Compare calls with the planted events of one sample.

    An event between two genes is found if a call names both (any gene that overlaps the planted
    breakpoint, and any member of the immunoglobulin or DUX4 family, is as good as the gene
    itself), in either order; a call that lies between genes and names both neighbours must have its
    breakpoint within 1,000 bases.  An event within one gene is found if a call of that gene has both
    breakpoints within 10 bases.  Breakpoints are exact within 2 bases, after moving both
    by as many bases as leave the sequence unchanged.  Precision counts pairs of genes (events
    within a gene: calls), each at its best confidence; calls with a ``rejected_by`` are left out.
    Read-through transcripts are decoys: they have a recall of their own, but do not count in
    that of all classes, and a call of one is neither true nor false.

    Parameters
    ----------
    truth
        Document read by :func:`leukoscope.simulation.truth.read_truth`.
    fusions
        Calls (:data:`leukoscope.tables.fusions.FUSIONS`).
    """
    calls = [_call(row) for row in fusions.to_dict("records") if not str(row.get("rejected_by") or "")]
    events: list[Mapping[str, Any]] = list(truth["events"])
    hits = {id(call): [e["id"] for e in events if names_event(call, e)] for call in calls}
    found = [_match(event, [c for c in calls if event["id"] in hits[id(c)]]) for event in events]
    wanted = {e["id"] for e in events if e["class"] not in DECOYS}
    decoys = {key for key, ids in hits.items() if ids and not wanted & set(ids)}
    judged = [call for call in calls if id(call) not in decoys]
    groups = _by_pair(judged, {key for key, ids in hits.items() if ids})
    strong = {e["id"] for e in events if len(e["junction_fragments"]) >= AT_LEAST} & wanted
    rows = [*_recalls(found), *_precisions(groups), *_curve(groups, hits, strong)]
    rows += _false_positives(groups, int(truth["settings"]["pairs"]))
    return Score(_table(SCORES, rows), _table(MATCHES, found))


def _table(contract: Any, rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    import pandas as pd

    return contract.check(pd.DataFrame(rows)) if rows else contract.empty()  # type: ignore[no-any-return]


def _call(row: Mapping[Any, Any]) -> Call:
    probability = row.get("probability")
    return Call(
        _names(row["gene1"]),
        _names(row["gene2"]),
        _place(row["breakpoint1"]),
        _place(row["breakpoint2"]),
        str(row["confidence"]),
        float(probability) if probability not in (None, "") else float("nan"),
        int(row["split_reads1"]) + int(row["split_reads2"]) + int(row["discordant_mates"]),
        str(row["reading_frame"]),
        tuple(str(row["read_identifiers"]).split(",")),
    )


def _names(text: str) -> frozenset[str]:
    """Return the genes that one side names: ``A(1200),B(310)`` names A and B."""
    return frozenset(name for name in _DISTANCE.sub("", str(text)).split(",") if name)


def _place(text: str) -> tuple[str, int]:
    contig, _, position = str(text).rpartition(":")
    return contig, int(position)


def planted_class(row: Mapping[Any, Any], truth: Mapping[str, Any]) -> str:
    """Return the class of the first planted event that a row of a fusion table names; empty if none."""
    call = _call(row)
    return next((str(e["class"]) for e in truth["events"] if names_event(call, e)), "")


def names_event(call: Call, event: Mapping[str, Any]) -> bool:
    """Return whether a call names a planted event; a call beside a gene must also be near it."""
    sides = ((call.genes1, call.place1), (call.genes2, call.place2))
    named = any(_names_side(*a, event, "1") and _names_side(*b, event, "2") for a, b in (sides, sides[::-1]))
    if event["gene_id1"] == event["gene_id2"]:
        return named and breakpoints_agree(call, event, NEAR)
    return named


def _names_side(genes: frozenset[str], place: tuple[str, int], event: Mapping[str, Any], side: str) -> bool:
    if not genes & set(event[f"aliases{side}"]):
        return False
    contig, position = event[f"contig{side}"], event[f"breakpoint{side}"]
    return len(genes) == 1 or (place[0] == contig and abs(place[1] - position) <= BESIDE)


def breakpoints_agree(call: Call, event: Mapping[str, Any], tolerance: int) -> bool:
    """Return whether both breakpoints of a call lie within `tolerance` bases of the planted ones.

    The two breakpoints may stand in either order; both may be moved together along the
    transcript by as many bases as leave its sequence unchanged; and each may take in the bases
    of the insert that are also those of the genome beside it.
    """
    sign1, sign2 = (1 if event[key] == "+" else -1 for key in ("strand1", "strand2"))
    for a, b in ((call.place1, call.place2), (call.place2, call.place1)):
        if (a[0], b[0]) != (event["contig1"], event["contig2"]):
            continue
        off1 = (a[1] - event["breakpoint1"]) * sign1
        off2 = (b[1] - event["breakpoint2"]) * sign2
        if any(
            move - tolerance <= off1 <= move + event["inserted_like_side1"] + tolerance
            and move - event["inserted_like_side2"] - tolerance <= off2 <= move + tolerance
            for move in range(-event["shift_left"], event["shift_right"] + 1)
        ):
            return True
    return False


def _match(event: Mapping[str, Any], calls: Sequence[Call]) -> dict[str, object]:
    exact = [call for call in calls if breakpoints_agree(call, event, EXACT)]
    best = min(exact or calls, key=Call.rank, default=None)
    return {
        "id": event["id"],
        "class": event["class"],
        "genes": f"{event['gene1']}::{event['gene2']}",
        "breakpoint1": f"{event['contig1']}:{event['breakpoint1']}",
        "breakpoint2": f"{event['contig2']}:{event['breakpoint2']}",
        "junction_fragments": len(event["junction_fragments"]),
        "spanning_fragments": len(event["spanning_fragments"]),
        "found": bool(calls),
        "exact": bool(exact),
        "confidence": min((c.confidence for c in calls), key=_confidence_rank, default=""),
        "reading_frame": event["reading_frame"],
        "called_frame": "" if best is None or best.frame == "." else best.frame,
    }


def _confidence_rank(confidence: str) -> int:
    return CONFIDENCES.index(confidence) if confidence in CONFIDENCES else len(CONFIDENCES)


def _row(
    measure: str, group: str, threshold: float, hits: int, total: int, value: float | None = None
) -> dict[str, object]:
    share = hits / total if total else float("nan")
    return {
        "measure": measure,
        "group": group,
        "threshold": threshold,
        "hits": hits,
        "total": total,
        "value": share if value is None else value,
        "recall": float("nan"),
    }


def _recalls(found: Sequence[Mapping[str, Any]]) -> Iterable[dict[str, object]]:
    classes = ["all", *dict.fromkeys(m["class"] for m in found)]
    for name in classes:
        for least in THRESHOLDS:
            group = [m for m in found if _belongs(m, name) and m["junction_fragments"] >= least]
            seen = [m for m in group if m["found"]]
            framed = [m for m in seen if m["exact"] and m["reading_frame"]]
            yield _row("recall", name, least, len(seen), len(group))
            yield _row("exact_breakpoints", name, least, sum(m["exact"] for m in seen), len(seen))
            agreed = sum(m["reading_frame"] == m["called_frame"] for m in framed)
            yield _row("frame", name, least, agreed, len(framed))


def _belongs(match: Mapping[str, Any], group: str) -> bool:
    return match["class"] not in DECOYS if group == "all" else match["class"] == group


@dataclass(frozen=True, slots=True)
class _Pair:
    """Calls of one gene pair, best first, and whether any of them is true."""

    calls: tuple[Call, ...]
    is_true: bool


def _by_pair(calls: Sequence[Call], true: set[int]) -> list[_Pair]:
    """Group calls by gene pair; calls within a gene stand alone."""
    groups: dict[tuple[object, ...], list[Call]] = {}
    for number, call in enumerate(calls):
        own = (number,) if call.genes1 & call.genes2 else ()
        groups.setdefault((*call.pair, *own), []).append(call)
    pairs = [
        _Pair(tuple(sorted(group, key=Call.rank)), any(id(call) in true for call in group))
        for group in groups.values()
    ]
    return sorted(pairs, key=lambda pair: (pair.calls[0].rank(), pair.calls[0].pair))


def _precisions(pairs: Sequence[_Pair]) -> Iterable[dict[str, object]]:
    for name in ("all", *CONFIDENCES):
        group = [p for p in pairs if name in ("all", _best_confidence(p))]
        yield _row("precision", name, 0, sum(p.is_true for p in group), len(group))


def _best_confidence(pair: _Pair) -> str:
    return min((call.confidence for call in pair.calls), key=_confidence_rank)


def _curve(
    pairs: Sequence[_Pair], hits: Mapping[int, Sequence[str]], wanted: set[str]
) -> Iterable[dict[str, object]]:
    """Yield precision and recall after every pair, best first, and the area under the curve."""
    seen: set[str] = set()
    true, area = 0, 0.0
    for rank, pair in enumerate(pairs, start=1):
        true += pair.is_true
        before = len(seen & wanted)
        seen.update(event for call in pair.calls for event in hits[id(call)])
        gained = len(seen & wanted)
        area += (gained - before) / max(1, len(wanted)) * true / rank
        row = _row("precision_recall", "all", rank, true, rank)
        yield row | {"recall": gained / len(wanted) if wanted else float("nan")}
    if wanted:
        yield _row("average_precision", "all", AT_LEAST, len(seen & wanted), len(wanted), area)


def _false_positives(pairs: Sequence[_Pair], n_pairs: int) -> Iterable[dict[str, object]]:
    """Yield false pairs per 10 million read pairs, and what their reads come from."""
    false = [pair for pair in pairs if not pair.is_true]
    for name in ("all", *CONFIDENCES):
        group = [p for p in false if name in ("all", _best_confidence(p))]
        rate = len(group) * 1e7 / n_pairs
        yield _row("false_positives_per_10m_pairs", name, 0, 0, len(group), rate)
    causes = Counter(_cause(pair) for pair in false)
    for cause, count in sorted(causes.items()):
        yield _row("false_positive_cause", cause, 0, 0, count, count / len(false))


def _cause(pair: _Pair) -> str:
    """Return the commonest origin of a pair's reads, from their names; unknown if they do not say."""
    tags = Counter(
        read.rpartition(":")[2] for call in pair.calls for read in call.reads if read.count(":") >= 2
    )
    return min(tags, key=lambda tag: (-tags[tag], tag)) if tags else "unknown"


def summary(score: Score) -> str:
    """Return a text table: per class the events found at 3, 5 and 10 fragments; then precision."""
    rows: list[dict[Any, Any]] = score.scores.to_dict("records")
    cells = {
        (row["measure"], row["group"], row["threshold"]): f"{row['hits']}/{row['total']}" for row in rows
    }
    lines = [f"{'class':30s} {'>=3':>9s} {'>=5':>9s} {'>=10':>9s} {'exact':>9s}"]
    for name in dict.fromkeys(row["group"] for row in rows if row["measure"] == "recall"):
        found = [cells["recall", name, least] for least in (3, 5, 10)]
        found.append(cells["exact_breakpoints", name, 3])
        lines.append(f"{name:30s} " + " ".join(f"{cell:>9s}" for cell in found))
    lines += [f"{'precision, ' + n:30s} {cells['precision', n, 0]:>9s}" for n in ("all", *CONFIDENCES)]
    for measure, group in (("average_precision", "all"), ("false_positives_per_10m_pairs", "all")):
        values = [row["value"] for row in rows if (row["measure"], row["group"]) == (measure, group)]
        lines += [f"{measure:30s} {value:>9.3f}" for value in values]
    causes = [f"{row['group']} {row['total']}" for row in rows if row["measure"] == "false_positive_cause"]
    return "\n".join([*lines, *(["false calls come from: " + ", ".join(causes)] if causes else [])])
