"""How many fragments speak for an event."""

from __future__ import annotations

import pandas as pd

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
