"""What a cohort report calls columns of the sample sheet, contrasts and numbers of things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from leukoscope.contrasts import IN_GROUP

STEPS = ("onset", "remission", "relapse")
_VARIABLES = {
    "age": "age (years)",
    "wbc": "white blood cells (10⁹/L)",
    "day8_blasts": "blasts in blood on day 8 (10⁹/L)",
    "ras": "RAS pathway",
    "flt3": "FLT3",
    "kras": "KRAS",
    "nras": "NRAS",
    "cdkn2a": "CDKN2A",
    "ikzf1": "IKZF1",
    "fish": "FISH",
    "blast_fraction": "blasts (share, estimated)",
    "blast_percent": "blasts (%, stated)",
    "subtype": "stated subtype",
    **{f"mrd_day{day}": f"MRD on day {day} (%)" for day in (15, 19, 33, 46)},
    **{f"mrd_day{day}_class": f"MRD on day {day}" for day in (15, 19, 33, 46)},
}
CRITERIA = {
    "day8_blasts": "prednisone response",
    "mrd_day15": "MRD on day 15",
    "mrd_day33": "MRD on day 33",
}


def variable_name(column: str) -> str:
    """Return what a column of the sample sheet is called.

    Examples
    --------
    >>> variable_name("mrd_day33"), variable_name("bone_marrow")
    ('MRD on day 33 (%)', 'bone marrow')
    """
    return _VARIABLES.get(column, column.replace("_", " "))


def compared(contrast: Mapping[str, Any]) -> str:
    """Return what a contrast compares.

    Examples
    --------
    >>> compared({"variable": "timepoint", "levels": ["onset", "remission"]})
    'remission over onset'
    >>> compared({"variable": "group", "levels": ["1", "2"]})
    'group 2 over group 1'
    >>> compared({"variable": "in_group_3", "levels": ["no", "yes"]})
    'group 3 over all others'
    >>> compared({"variable": "ras", "levels": ["no", "yes"]})
    'RAS pathway: yes over no'
    """
    variable, (reference, target) = str(contrast["variable"]), contrast["levels"]
    if variable == "timepoint":
        return f"{target} over {reference}"
    if variable == "group":
        return f"group {target} over group {reference}"
    if variable.startswith(IN_GROUP):
        return f"group {variable.removeprefix(IN_GROUP)} over all others"
    return f"{variable_name(variable)}: {target} over {reference}"


def is_of_groups(contrast: Mapping[str, Any]) -> bool:
    """Tell whether a contrast compares expression groups, which the analysis made itself."""
    return contrast["variable"] == "group" or str(contrast["variable"]).startswith(IN_GROUP)


def rise_and_fall(up: int, down: int) -> str:
    """Return how many genes rise and fall.

    Examples
    --------
    >>> rise_and_fall(1015, 1)
    '1,015 genes rise and 1 falls'
    """
    return f"{many(up, 'gene')} rise{'s' if up == 1 else ''} and {down:,} fall{'s' if down == 1 else ''}"


def many(count: int, word: str) -> str:
    """Return a number of things.

    Examples
    --------
    >>> many(1, "patient"), many(2000, "gene")
    ('1 patient', '2,000 genes')
    """
    return f"{count:,} {word}" + ("" if count == 1 else "s")


def in_time(courses: pd.DataFrame) -> pd.DataFrame:
    """Return rows of two time points, ``earlier`` and ``later``, in the order of time."""
    order = [courses[step].map(STEPS.index) for step in ("earlier", "later")]
    keys = pd.concat(order, axis=1).sort_values(["earlier", "later"], kind="stable")
    return courses.loc[keys.index]
