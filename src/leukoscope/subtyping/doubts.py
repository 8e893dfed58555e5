"""Why a class is not called, and what speaks against the lineage of one that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from leukoscope.expression import Expression
from leukoscope.subtyping.experts import GROUPS
from leukoscope.subtyping.integration import NONE, Call
from leukoscope.subtyping.lineage import LIKE_LEAST, Lineage
from leukoscope.tables.subtyping import NORMAL

#: Share of the RNA below which leukaemic cells can go unseen among normal ones (docs/subtyping.md).
FEW_CELLS = 0.1
UNSEEN = f"Leukaemic cells that make less than {FEW_CELLS:.0%} of the RNA can go unseen"


def held_against_sheet(call: Call, sheet: Mapping[str, str]) -> Call:
    """Withdraw a normal verdict that the blasts stated in the sample sheet contradict.

    Parameters
    ----------
    call
        The call.
    sheet
        Columns of the sample sheet; ``blast_percent`` is read.
    """
    try:
        blasts = float(sheet.get("blast_percent", "").removesuffix("%"))
    except ValueError:
        return call
    if call.group != NORMAL or call.tier == NONE or not blasts >= 100 * FEW_CELLS:
        return call
    conflict = f"The sample sheet says {blasts:g} % blasts, the RNA is that of normal cells"
    return replace(call, tier=NONE, conflicts=(*call.conflicts, conflict))


def other_lineages(lineage: Lineage, row: int, call: Call) -> list[str]:
    """Return the lineages whose markers stand beside those of a class of B-ALL, as conflicts."""
    if call.group not in GROUPS or lineage.is_unlike(row):
        return []
    found = []
    b, _, myeloid = lineage.markers[row]
    if lineage.mixed[row, 0] >= 0.5:
        found.append("The profile has traits of T-ALL beside those of B-ALL")
    if lineage.mixed[row, 1] >= 0.5:
        found.append(
            f"Myeloid markers ({myeloid:+.2f}) outweigh those of the B lineage ({b:+.2f}) as in 2 % of B-ALL"
        )
    meaning = "mixed phenotype, two populations or normal precursors, which flow cytometry has to tell apart"
    return [f"{text}: {meaning}. The class is that of the B lymphoblasts" for text in found]


def why_not_called(expression: Expression, lineage: Lineage, row: int, call: Call) -> str:
    """Return why a sample has no call; empty if it has one."""
    if call.tier != NONE:
        return ""
    if expression.only_loud:
        return "the matrix holds only the most expressed genes: give all genes that were counted"
    if lineage.is_unlike(row):
        likeness, stroma = lineage.likeness[row], lineage.stroma[row]
        if stroma > max(likeness, LIKE_LEAST):
            told = f"nearer to stroma (likeness {stroma:.2f}) than to leukaemia or blood ({likeness:.2f})"
        else:
            told = (
                f"unlike leukaemia and blood (likeness {likeness:.2f}, at least {LIKE_LEAST:g} in patients)"
            )
        return f"expression is {told}"
    if call.group == NORMAL and call.conflicts:
        return "too few leukaemic cells, another sample, or a leukaemia that the reference lacks"
    if call.group in GROUPS and lineage.mixed[row].max() >= 0.5:
        return "markers of two lineages: expression cannot say whether this is B-ALL"
    if not call.group:
        return "too little was measured"
    return "no class has enough evidence"
