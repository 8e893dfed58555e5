"""How many fragments speak for an event."""

from __future__ import annotations

import pandas as pd
import pytest

from leukoscope.fusions.confidence import drop_explained
from leukoscope.fusions.evidence import SIDES
from leukoscope.fusions.features import support

JUNCTION = dict(zip(SIDES, (0, 500, 1, 1, 900, -1), strict=True))


def _row(fragment, source, length_a=60, length_b=30):
    row = JUNCTION | {"fragment": fragment, "source": source, "length_a": length_a, "length_b": length_b}
    return row | {
        "outer_1": 400 + fragment,
        "outer_2": 990,
        "far_a": 440,
        "far_b": 990,
        "homology": 0,
        "hits": 1,
        "rejected": "",
    }


def test_mates_of_which_one_is_clipped_at_the_junction_are_one_fragment():
    """Fragment 1 has mates on both sides, one of which crosses; fragment 2 is split; fragment 3 has mates only."""
    rows = [_row(1, "clip"), _row(1, "discordant"), _row(2, "split", 20, 70), _row(3, "discordant")]
    evidence = pd.DataFrame(rows)
    pairs = pd.DataFrame({"event": 0, "evidence": evidence.index})
    events = pd.DataFrame([{"n_junction": 0}])
    counted = support(events, pairs, evidence).iloc[0]
    assert counted[["split_a", "split_b", "mates", "total", "linking"]].tolist() == [1, 1, 1, 3, 3]


@pytest.mark.parametrize(
    ("spliced", "own", "stands"),
    [
        pytest.param(False, 2, False, id="two fragments of its own"),
        pytest.param(False, 3, True, id="three of its own"),
        pytest.param(True, 0, True, id="at splice sites"),
    ],
)
def test_an_event_needs_fragments_that_no_better_one_explains(spliced, own, stands):
    """Ten clips read on as two junctions do; the better one has two more."""
    fragments = [
        *((0, n) for n in range(12)),
        *((1, n) for n in range(10)),
        *((1, 20 + n) for n in range(own)),
    ]
    evidence = pd.DataFrame([_row(fragment, "clip") for _, fragment in fragments])
    pairs = pd.DataFrame({"event": [event for event, _ in fragments], "evidence": evidence.index})
    better = {
        "split_a": 6,
        "split_b": 6,
        "total": 12,
        "spliced_a": True,
        "spliced_b": True,
        "rejected_by": "",
    }
    other = better | {"total": 11, "spliced_a": spliced, "spliced_b": spliced}
    events = pd.DataFrame([better | {"both_spliced": True}, other | {"both_spliced": spliced}])
    judged = drop_explained(events, pairs, evidence)
    assert judged["rejected_by"].tolist() == ["", "" if stands else "shared_breakpoint"]
