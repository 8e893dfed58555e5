"""Fusions over a cohort: which pairs recur, and in whom."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from leukoscope.errors import InputError, quote_some
from leukoscope.formats.fusion_names import fusion_name
from leukoscope.tables.recurrence import EVENT_DISTRIBUTION, FUSION_EVENTS, RANKED_PAIRS

_CLONE_NAME = re.compile(
    r"^(A[CLFP]\d{5,}|RP\d+-|CT[ABCD]-|LINC\d|Z\d{5}|BX\d{5}|ENSG\d)"
)  # no name of its own
_KEEP_TYPE = re.compile(r"^(translocation|deletion|duplication|inversion)(/.*)?$")


def collapse_events(
    calls: Mapping[str, pd.DataFrame],
    samples: pd.DataFrame,
    *,
    genes: pd.DataFrame | None = None,
    confidence: Sequence[str] = ("high", "medium", ""),
) -> pd.DataFrame:
    """Return one row per sample, pair of loci and type of event.

    Rows are one where a reader would count one: ``A::B`` and ``B::A``; all breakpoints and isoforms of a pair;
    pairs whose genes overlap on the genome, as KLF2::EIF4A1, KLF2::SENP3-EIF4A1 and AC016876::KLF2.
    Two genes overlap if their places do, if a breakpoint of one lies within the other, or if one is a
    read-through name that contains the other.  A locus is named after its gene that most patients have, a
    real name before a clone's.

    Parameters
    ----------
    calls
        Fusion calls of each sample (:data:`~leukoscope.tables.fusions.FUSIONS`).
    samples
        Columns ``sample``, ``patient`` and ``timepoint``; samples without calls simply have no events.
    genes
        Places of genes: columns ``symbol``, ``chromosome``, ``start`` and ``end`` (0-based, half-open), as
        :data:`~leukoscope.tables.subtyping.GENE_REFERENCE`; without them only the names tell which overlap.
    confidence
        Grades that count; empty stands for callers that do not grade.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.recurrence.FUSION_EVENTS`.

    Raises
    ------
    InputError
        If calls are given for a sample that the sample table lacks.
    """
    timepoints = samples["timepoint"] if "timepoint" in samples else [""] * len(samples)
    about = {
        str(name): (str(patient), str(timepoint))
        for name, patient, timepoint in zip(samples["sample"], samples["patient"], timepoints, strict=True)
    }
    unknown = [name for name in calls if name not in about]
    if unknown:
        raise InputError(
            f"fusions: {len(unknown)} sample(s) are not in the sample table: {quote_some(unknown)}."
        )
    rows = [row for name in sorted(calls) for row in _call_rows(name, calls[name], *about[name], confidence)]
    if not rows:
        return FUSION_EVENTS.empty()
    frame = pd.DataFrame(rows)
    patients_of_gene = _patients_by_gene(frame)
    names = _locus_pairs(frame, patients_of_gene, genes)
    frame = pd.DataFrame([_ordered(row, names[row["pair"]]) for row in rows])
    return FUSION_EVENTS.check(_merged(frame)).sort_values(list(FUSION_EVENTS.key)).reset_index(drop=True)


def _call_rows(
    sample: str, calls: pd.DataFrame, patient: str, timepoint: str, confidence: Sequence[str]
) -> Iterable[dict[str, Any]]:
    for call in calls.to_dict("records"):
        if call["confidence"] not in confidence or call.get("rejected_by"):
            continue
        genes = tuple(fusion_name(str(call["gene1"]), str(call["gene2"])).split("::"))
        places = [str(call[f"breakpoint{side}"]).rpartition(":")[::2] for side in (1, 2)]
        kind = str(call["type"]) if _KEEP_TYPE.match(str(call["type"])) else "other"
        yield {
            "sample": sample,
            "patient": patient,
            "timepoint": timepoint,
            "pair": genes,
            "places": tuple((contig, int(position)) for contig, position in places),
            "type": kind,
            "fragments": sum(int(call[c]) for c in ("split_reads1", "split_reads2", "discordant_mates")),
            "names": "::".join(genes),
            "driver_class": str(call.get("driver_class") or ""),
            "plausibility": str(call.get("plausibility") or ""),
        }


def _patients_by_gene(frame: pd.DataFrame) -> dict[str, int]:
    seen = {
        (gene, patient)
        for genes, patient in zip(frame["pair"], frame["patient"], strict=True)
        for gene in genes
    }
    return dict(Counter(gene for gene, _ in seen))


Pair = tuple[str, str]


def _locus_pairs(
    frame: pd.DataFrame, patients: dict[str, int], genes: pd.DataFrame | None
) -> dict[Pair, Pair]:
    """Return the name of each called pair: both loci, in the order that most rows have."""
    called = Counter(tuple(pair) for pair in frame["pair"])
    pairs = sorted(called)
    neighbours = _overlaps(frame, genes)
    groups = _grouped(pairs, neighbours)
    names: dict[Pair, Pair] = {}
    for members in groups:
        first, *_ = sorted(members, key=lambda p: (-called[p], p))
        sides: tuple[set[str], set[str]] = (set(), set())
        straight_calls = 0
        for a, b in members:
            straight = a in neighbours[first[0]] and b in neighbours[first[1]]
            straight_calls += called[a, b] if straight else -called[a, b]
            left, right = (a, b) if straight else (b, a)
            sides[0].add(left)
            sides[1].add(right)
        name = (_best_name(sides[0], patients), _best_name(sides[1], patients))
        names |= dict.fromkeys(members, name if straight_calls >= 0 else name[::-1])
    return names


def _grouped(pairs: list[Pair], neighbours: dict[str, set[str]]) -> list[list[Pair]]:
    """Join pairs whose two sides overlap, in either order."""
    group = {pair: i for i, pair in enumerate(pairs)}
    present = set(pairs)
    for a, b in pairs:
        alike = {(c, d) for c in neighbours[a] for d in neighbours[b]}
        for other in sorted((alike | {(d, c) for c, d in alike}) & present):
            low, high = sorted((group[a, b], group[other]))
            if low != high:
                group = {pair: low if g == high else g for pair, g in group.items()}
    return [[p for p in pairs if group[p] == g] for g in sorted(set(group.values()))]


def _overlaps(frame: pd.DataFrame, genes: pd.DataFrame | None) -> dict[str, set[str]]:
    """Return, for each called gene, itself and the others that overlap it."""
    called = {gene for pair in frame["pair"] for gene in pair}
    found = {gene: {gene} for gene in called}
    alike = [(gene, part) for gene in called if "-" in gene for part in called & set(gene.split("-"))]
    if genes is not None:
        alike += _overlaps_by_place(frame, genes[genes["symbol"].isin(called)])
    for one, other in alike:
        found[one].add(other)
        found[other].add(one)
    return found


def _overlaps_by_place(frame: pd.DataFrame, genes: pd.DataFrame) -> list[Pair]:
    """Return the called genes that share a place: known ones their own, and every one its breakpoints."""
    known = pd.DataFrame(
        {"gene": genes["symbol"], "contig": genes["chromosome"].str.removeprefix("chr"),
         "start": genes["start"], "end": genes["end"]}
    )  # fmt: skip
    sides = {
        (gene, contig.removeprefix("chr"), position - 1, position)
        for pair, places in zip(frame["pair"], frame["places"], strict=True)
        for gene, (contig, position) in zip(pair, places, strict=True)
    }
    occupied = pd.concat([known, pd.DataFrame(sorted(sides), columns=known.columns)], ignore_index=True)
    shared = []
    for gene, contig, start, end in known.itertuples(index=False):
        inside = (occupied["contig"] == contig) & (occupied["start"] < end) & (occupied["end"] > start)
        shared += [(gene, str(other)) for other in occupied.loc[inside, "gene"].unique()]
    return shared


def _best_name(genes: set[str], patients: dict[str, int]) -> str:
    return min(genes, key=lambda g: (bool(_CLONE_NAME.match(g)), "-" in g, -patients.get(g, 0), g))


def _ordered(row: Mapping[str, Any], name: Pair) -> dict[str, Any]:
    """Return the row with its sides in the order of the pair's name."""
    genes, places = row["pair"], row["places"]
    swapped = genes[0] != name[0] and (genes[1] == name[0] or genes[0] == name[1])
    first, second = places[::-1] if swapped else places
    return dict(row) | {
        "pair": f"{name[0]}::{name[1]}",
        "locus_a": name[0],
        "locus_b": name[1],
        "contig_a": first[0],
        "position_a": first[1],
        "contig_b": second[0],
        "position_b": second[1],
    }


def _merged(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per sample, pair and type; the breakpoints of the best supported call."""
    best_first = frame.sort_values("fragments", ascending=False, kind="stable")
    groups = best_first.groupby(list(FUSION_EVENTS.key), sort=True)
    first = groups.first()
    joined = {c: groups[c].agg(_joined) for c in ("names", "driver_class", "plausibility")}
    return first.assign(fragments=groups["fragments"].sum(), **joined).reset_index()


def _joined(values: pd.Series) -> str:
    return ",".join(sorted({item for value in values for item in str(value).split(",") if item}))


def gene_features(events: pd.DataFrame) -> pd.DataFrame:
    """Return which samples carry a breakpoint in which locus: columns ``sample`` and ``feature``.

    The form that :func:`leukoscope.association.carriers.count_carriers` takes.
    """
    sides = [
        events[["sample", side]].set_axis(["sample", "feature"], axis=1) for side in ("locus_a", "locus_b")
    ]
    return _features(pd.concat(sides))


def pair_features(events: pd.DataFrame) -> pd.DataFrame:
    """Return which samples carry which pair: columns ``sample`` and ``feature``."""
    return _features(events[["sample", "pair"]].set_axis(["sample", "feature"], axis=1))


def _features(frame: pd.DataFrame) -> pd.DataFrame:
    unique = frame.drop_duplicates().sort_values(["feature", "sample"])
    return unique[unique["feature"] != "?"].reset_index(drop=True)


def ranked_pairs(events: pd.DataFrame, samples: pd.DataFrame, *, by: str) -> pd.DataFrame:
    """Rank the pairs of every group by the patients that have them; one patient counts once.

    Parameters
    ----------
    events
        :data:`~leukoscope.tables.recurrence.FUSION_EVENTS`.
    samples
        Columns ``sample``, ``patient`` and `by`; samples without a group are left out.
    by
        Column of `samples` that holds the group.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.recurrence.RANKED_PAIRS`.
    """
    grouped = samples[samples[by].astype(str) != ""]
    totals = grouped.groupby(by)["patient"].nunique()
    remission = events[events["timepoint"] == "remission"]
    normal = (
        remission.groupby("pair")["patient"].nunique() if not remission.empty else pd.Series(dtype="int64")
    )
    rows = []
    for group, members in grouped.groupby(by):
        inside = events[events["sample"].isin(members["sample"])]
        for pair, found in inside.groupby("pair"):
            rows.append(
                {
                    "group": str(group),
                    "pair": pair,
                    "patients": found["patient"].nunique(),
                    "total": int(totals[group]),
                    "types": _joined(found["type"]),
                    "fragments": float(found["fragments"].median()),
                    "normal_patients": int(normal.get(pair, 0)),
                    "driver_class": _joined(found["driver_class"]),
                    "plausibility": _joined(found["plausibility"]),
                }
            )
    if not rows:
        return RANKED_PAIRS.empty()
    frame = pd.DataFrame(rows)
    ranks = frame.groupby("group")["patients"].rank(method="min", ascending=False).astype("int64")
    return RANKED_PAIRS.check(frame.assign(rank=ranks).sort_values(["group", "rank", "pair"]))


def event_distribution(events: pd.DataFrame, samples: pd.DataFrame, *, by: str) -> pd.DataFrame:
    """Count the events of every group by type and chromosome.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.recurrence.EVENT_DISTRIBUTION`.
    """
    group = samples[samples[by].astype(str) != ""].set_index("sample")[by].astype(str)
    known = events[events["sample"].isin(group.index)]
    columns = ["sample", "patient", "pair", "type"]
    sides = [known[[*columns, side]].rename(columns={side: "contig"}) for side in ("contig_a", "contig_b")]
    places = pd.concat(sides).drop_duplicates()
    if places.empty:
        return EVENT_DISTRIBUTION.empty()
    counted = places.assign(group=places["sample"].map(group)).groupby(["group", "contig", "type"])
    table = counted.agg(events=("pair", "size"), patients=("patient", "nunique")).reset_index()
    return EVENT_DISTRIBUTION.check(table)
