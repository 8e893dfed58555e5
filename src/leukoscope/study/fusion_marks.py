"""Calls of a cohort with what speaks for and against them, filled in where the caller says nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from leukoscope.fusions.drivers import driver_rows, find_driver
from leukoscope.fusions.panel import build_panel, is_in_panel, leave_out
from leukoscope.fusions.plausibility import (
    is_antisense,
    is_circular_rna_like,
    is_mitochondrial,
    is_read_through_like,
    is_receptor_recombination,
)

IN_NORMALS = "seen-in-normals"
_WARNINGS: tuple[tuple[str, Callable[[Mapping[str, Any]], bool]], ...] = (
    ("circular-RNA-like", is_circular_rna_like),
    ("read-through-like", is_read_through_like),
    ("receptor-recombination", is_receptor_recombination),
    ("antisense", is_antisense),
    ("mitochondrial", is_mitochondrial),
)


def mark_calls(
    calls: Mapping[str, pd.DataFrame], samples: pd.DataFrame, drivers: pd.DataFrame | None
) -> dict[str, pd.DataFrame]:
    """Return the calls with ``driver_class`` and ``plausibility`` filled.

    Warnings that need no genome are derived from the call itself.  The remission samples of *other*
    patients are the panel of normals: an event that recurs there is marked, unless it is a driver,
    whose breakpoints at exon ends are the same in every patient with residual disease.

    Parameters
    ----------
    calls
        :data:`~leukoscope.tables.fusions.FUSIONS` of each sample.
    samples
        Columns ``sample``, ``patient`` and ``timepoint``.
    drivers
        :data:`~leukoscope.tables.driver_fusions.DRIVER_FUSIONS`; None to tell no driver.
    """
    rows = driver_rows(drivers) if drivers is not None else []
    patient = dict(zip(samples["sample"], samples["patient"], strict=True))
    normal = [name for name in samples.loc[samples["timepoint"] == "remission", "sample"] if name in calls]
    shared = build_panel({name: calls[name] for name in normal})
    own: dict[str, dict[str, pd.DataFrame]] = {}
    for name in normal:
        own.setdefault(patient[name], {})[name] = calls[name]
    panels = {who: leave_out(shared, len(normal), events) for who, events in own.items()}
    return {
        name: _marked(table, panels.get(patient.get(name, ""), shared), rows) for name, table in calls.items()
    }


def _marked(calls: pd.DataFrame, panel: pd.DataFrame, drivers: list[dict[str, Any]]) -> pd.DataFrame:
    if calls.empty:
        return calls
    records = [{str(key): value for key, value in row.items()} for row in calls.to_dict("records")]
    classes = [str(call.get("driver_class") or "") or _driver(call, drivers) for call in records]
    normal = is_in_panel(calls, panel)
    warnings = [
        ",".join([*_warnings(call), *([IN_NORMALS] if seen and not driver else [])])
        for call, seen, driver in zip(records, normal, classes, strict=True)
    ]
    return calls.assign(driver_class=classes, plausibility=warnings)


def _driver(call: Mapping[str, Any], drivers: list[dict[str, Any]]) -> str:
    kind, frame = str(call.get("type") or ""), str(call.get("reading_frame") or "")
    found = find_driver(str(call["gene1"]), str(call["gene2"]), kind, frame, drivers)
    return "" if found is None else found.label


def _warnings(call: Mapping[str, Any]) -> list[str]:
    stated = [name for name in str(call.get("plausibility") or "").split(",") if name and name != IN_NORMALS]
    return list(dict.fromkeys([*stated, *(name for name, applies in _WARNINGS if applies(call))]))
