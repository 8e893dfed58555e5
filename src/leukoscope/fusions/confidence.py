"""Which of several breakpoints of a pair of genes stand, and how sure each call is."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.fusions.candidates import JOINED
from leukoscope.fusions.features import SWITCH_COPIES
from leukoscope.fusions.filters import MIN_SUPPORT_ELSEWHERE, is_repaired_at_receptor
from leukoscope.fusions.known import MIN_READS

HIGH, MEDIUM, LOW = "high", "medium", "low"


def keep_best_breakpoints(events: pd.DataFrame) -> pd.DataFrame:
    """Reject all but the best breakpoint of a pair of loci and directions, unless it is an isoform.

    Events at splice sites come first, then the better supported.  A further breakpoint of a pair that
    stands is an isoform if both its ends are splice sites, or if split reads support it well.
    """
    ranked = rank(events)
    standing = ranked[ranked["rejected_by"] == ""]
    pair = ["locus_a", "direction_a", "locus_b", "direction_b"]
    best = standing.groupby(pair, sort=False).head(1).index
    split = standing["split_a"] + standing["split_b"]
    isoform = standing["both_spliced"] | (split >= 10)
    further = standing.index[~standing.index.isin(best) & ~isoform]
    rejected = events["rejected_by"].copy()
    rejected[further] = "select_best"
    return events.assign(rejected_by=rejected)


_WEAK = frozenset({"min_support", "relative_support", "abundant_partners", "improbable"})
RARE_CHANCE = 0.01  #: e-value from which a join away from splice sites is not high
SURE = 0.9  #: probability below which no call is high
SHARED = 5  #: times the support from which one of two events with a common breakpoint is the other's echo
SAME_DUPLICATION = 60  #: bases by which the breakpoints of one tandem duplication may be misplaced


def drop_echoes(
    events: pd.DataFrame, pairs: pd.DataFrame, evidence: pd.DataFrame, known: NDArray[np.bool_]
) -> pd.DataFrame:
    """Reject echoes of other events, then all but the best of what is left of each pair of loci and its isoforms.

    Parameters
    ----------
    events, pairs, evidence, known
        See :func:`drop_explained`.
    """
    events = drop_shifted_duplications(drop_shared_breakpoints(events))
    events = drop_explained(events, pairs, evidence, known)
    return recover_isoforms(keep_best_breakpoints(events))


def drop_shared_breakpoints(events: pd.DataFrame) -> pd.DataFrame:
    """Reject weak events that share a breakpoint with a far stronger one and are not spliced.

    A read that crosses a true junction with a few bases finds those few bases anywhere.
    """
    standing = events[events["rejected_by"] == ""]
    strongest: dict[tuple[int, ...], int] = {}
    places = {
        side: [
            (contig, position // 10, direction)
            for contig, position, direction in zip(
                standing[f"contig_{side}"],
                standing[f"position_{side}"],
                standing[f"direction_{side}"],
                strict=True,
            )
        ]
        for side in ("a", "b")
    }
    for side in ("a", "b"):
        for place, total in zip(places[side], standing["total"], strict=True):
            strongest[place] = max(strongest.get(place, 0), int(total))
    stronger = np.array(
        [max(strongest[a], strongest[b]) for a, b in zip(places["a"], places["b"], strict=True)],
        dtype=np.int64,
    )
    echo = standing.index[
        ((stronger >= SHARED * standing["total"].to_numpy()) & ~standing["both_spliced"].to_numpy())
    ]
    rejected = events["rejected_by"].copy()
    rejected[echo] = "shared_breakpoint"
    return events.assign(rejected_by=rejected)


def drop_shifted_duplications(events: pd.DataFrame) -> pd.DataFrame:
    """Reject tandem duplications of the same length beside a better supported one.

    A base that differs between the copies lets some reads place the same duplication elsewhere.
    """
    tandem = (events["rejected_by"] == "") & events["same_gene"] & ~events["both_spliced"]
    tandem &= (events["direction_a"] < 0) & (events["direction_b"] > 0)
    shifted = []
    kept: list[tuple[int, int, int]] = []
    for number, event in events[tandem].sort_values("total", ascending=False, kind="stable").iterrows():
        place = (int(event["contig_a"]), int(event["position_a"]), int(event["distance"]))
        same = [
            one
            for one in kept
            if one[0] == place[0]
            and abs(one[1] - place[1]) <= SAME_DUPLICATION
            and abs(one[2] - place[2]) <= 3
        ]
        if same:
            shifted.append(number)
        else:
            kept.append(place)
    return events.assign(rejected_by=events["rejected_by"].mask(events.index.isin(shifted), "merge_adjacent"))


def drop_explained(
    events: pd.DataFrame, pairs: pd.DataFrame, evidence: pd.DataFrame, known: NDArray[np.bool_]
) -> pd.DataFrame:
    """Reject events away from splice sites whose fragments a better event that stands explains as well.

    A short clip that belongs to one junction reads on like another by chance.  What remains must be as many
    fragments as an event needs.  Events at two splice sites come first, then those of more fragments: one
    splice site is had by chance.

    Parameters
    ----------
    events
        Judged events.
    pairs
        Pairs (event, index of `evidence`).
    evidence
        Fragments with the column `rejected`.
    known
        Which events join a known driver pair, see :func:`leukoscope.fusions.known.is_known_pair`.
    """
    needed = pd.Series(np.where(known, MIN_READS, MIN_SUPPORT_ELSEWHERE), index=events.index)
    standing = rank(events[events["rejected_by"] == ""])
    standing = standing.sort_values(["both_spliced", "total"], ascending=False, kind="stable")
    pairs = pairs[pairs["event"].isin(standing.index)]
    kept = evidence.loc[pairs["evidence"], ["fragment", "source", "rejected"]]
    kept = kept.assign(event=pairs["event"].to_numpy())[(kept["rejected"] == "").to_numpy()]
    of_event = _fragments(kept)
    crossing = _fragments(kept[kept["source"].isin(JOINED)])
    told: set[int] = set()
    explained = []
    for event, spliced in zip(standing.index.tolist(), standing["both_spliced"].tolist(), strict=True):
        shared = crossing.get(event, set()) & told
        if shared and not spliced and len(of_event[event] - told) < needed[event]:
            explained.append(event)
        else:
            told |= crossing.get(event, set())
    return events.assign(
        rejected_by=events["rejected_by"].mask(events.index.isin(explained), "shared_fragments")
    )


def _fragments(rows: pd.DataFrame) -> dict[int, set[int]]:
    """Return the fragments of each event."""
    found: dict[int, set[int]] = {}
    for event, fragment in zip(rows["event"].tolist(), rows["fragment"].tolist(), strict=True):
        found.setdefault(event, set()).add(fragment)
    return found


def recover_isoforms(events: pd.DataFrame) -> pd.DataFrame:
    """Take back spliced breakpoints of pairs that stand: one split read is enough for an isoform.

    `is_isoform` tells those, and others that stand beside a better one of their pair.
    """
    pair = ["locus_a", "direction_a", "locus_b", "direction_b"]
    standing = events[(events["rejected_by"] == "") & ~events["same_gene"]]
    known = pd.MultiIndex.from_frame(standing[pair])
    of_known = pd.MultiIndex.from_frame(events[pair]).isin(known)
    split = events["split_a"] + events["split_b"]
    weak = pd.Series(
        [bool(names) and set(names.split(",")) <= _WEAK for names in events["rejected_by"]],
        index=events.index,
    )
    take = of_known & weak & events["both_spliced"] & (split >= 1)
    best = rank(standing).groupby(pair, sort=False).head(1).index
    further = of_known & (events["rejected_by"] == "") & ~events.index.isin(best)
    return events.assign(
        rejected_by=events["rejected_by"].where(~take, ""),
        is_isoform=take | (further & events["both_spliced"]),
    )


def rank(events: pd.DataFrame) -> pd.DataFrame:
    """Return the events in order: standing first, then at splice sites, then by support."""
    keys = (
        -events["total"],
        events["split_a"] + events["split_b"] == 0,
        -(events["spliced_a"].astype(int) + events["spliced_b"].astype(int)),
        events["rejected_by"] != "",
    )
    return events.iloc[np.lexsort(keys)]


def assess(events: pd.DataFrame) -> pd.Series:
    """Return high, medium or low for each event.

    High needs an exact junction and five distinct fragments (fewer may come from spliceosomes that
    join two transcripts now and then); unless both ends are splice sites or inserted bases lie at an
    antigen-receptor locus, more than one switched molecule leaves, three of them split reads.
    It also needs that no ordinary explanation holds (an event inside one gene, a neighbour on the same
    strand), unless a large share of the copies carry it, and that the event is probable.
    """
    split = events["split_a"] + events["split_b"]
    spliced = events["both_spliced"]
    ordinary = events["same_gene"] | (
        (events["distance"] <= 400_000) & (events["donor_share"] < 0.3) & (events["direction_a"] > 0)
    )
    repaired = is_repaired_at_receptor(events)
    many = (events["total"] > SWITCH_COPIES) | repaired | events["same_gene"]
    unlikely = (events["e_value"] < RARE_CHANCE) | repaired
    strong = (events["total"] >= 5) & (
        (spliced & (split >= 1) & (events["starts"] >= 2)) | ((split >= 3) & unlikely & many)
    )
    fair = (spliced & (events["total"] >= 3)) | ((split >= 2) & (events["total"] >= 3))
    heavy = (split >= 10) & (events["donor_share"] >= 0.1)
    improbable = events["probability"] < SURE  # not where it is unknown
    high = strong & (~ordinary | heavy) & ~improbable
    medium = (strong & (ordinary | improbable)) | fair | events["is_isoform"]
    return pd.Series(np.select([high, medium], [HIGH, MEDIUM], LOW), index=events.index)
