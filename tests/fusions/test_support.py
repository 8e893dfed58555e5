"""How many fragments speak for an event."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from leukoscope.fusions.confidence import drop_echoes, drop_explained
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


def _events(fragments, spliced):
    """Return events that lack nothing else, pairs and evidence: their fragments, and at how many splice sites."""
    rows = [(event, fragment) for event, numbers in enumerate(fragments) for fragment in numbers]
    evidence = pd.DataFrame([_row(fragment, "clip") for _, fragment in rows])
    pairs = pd.DataFrame({"event": [event for event, _ in rows], "evidence": evidence.index})
    events = pd.DataFrame(
        {
            "split_a": 2,
            "split_b": 0,
            "total": [len(numbers) for numbers in fragments],
            "spliced_a": [sites > 0 for sites in spliced],
            "spliced_b": [sites > 1 for sites in spliced],
            "both_spliced": [sites > 1 for sites in spliced],
            "rejected_by": "",
        }
    )
    return events, pairs, evidence


def _explained(fragments, spliced, known=(False, False)):
    return drop_explained(*_events(fragments, spliced), np.array(known))["rejected_by"].tolist()


@pytest.mark.parametrize(
    ("sites", "own", "known", "stands"),
    [
        pytest.param(0, 2, False, False, id="two fragments of its own"),
        pytest.param(0, 3, False, True, id="three of its own"),
        pytest.param(0, 2, True, True, id="two, of a driver pair"),
        pytest.param(0, 1, True, False, id="one, of a driver pair"),
        pytest.param(1, 0, False, False, id="at one splice site"),
        pytest.param(2, 0, False, True, id="at splice sites"),
    ],
)
def test_an_event_needs_fragments_that_no_better_one_explains(sites, own, known, stands):
    """Ten clips read on as two junctions do; the better one has three more."""
    fragments = [range(13), [*range(10), *range(20, 20 + own)]]
    judged = _explained(fragments, [2, sites], (False, known))
    assert judged == ["", "" if stands else "shared_fragments"]


@pytest.mark.parametrize(
    ("sites", "fragments", "rejected"),
    [
        pytest.param([0, 1], [range(5), range(3)], ["", "shared_fragments"], id="one splice site is chance"),
        pytest.param([0, 0], [range(3), range(5)], ["shared_fragments", ""], id="more fragments"),
        pytest.param(
            [0, 2], [range(5), range(3)], ["shared_fragments", ""], id="two splice sites come first"
        ),
    ],
)
def test_the_event_at_splice_sites_or_of_more_fragments_explains_the_other(sites, fragments, rejected):
    assert _explained(fragments, sites) == rejected


def test_a_pair_stands_by_the_breakpoint_that_no_other_event_explains():
    """Of two breakpoints of one pair the better one is an echo of a third event."""
    events, pairs, evidence = _events([range(6), range(4, 8), range(10, 13)], [0, 0, 0])
    places = {"contig_a": 0, "position_a": [100, 500, 900], "direction_a": 1, "locus_a": [1, 2, 2]}
    places |= {"contig_b": 1, "position_b": [300, 700, 800], "direction_b": -1, "locus_b": [3, 4, 4]}
    events = events.assign(**places, same_gene=False)
    judged = drop_echoes(events, pairs, evidence, np.zeros(3, dtype=bool))
    assert judged["rejected_by"].tolist() == ["", "shared_fragments", ""]
