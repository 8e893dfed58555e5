"""Figures of the course of disease: what becomes of fusions and of the signal of the class."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

STEPS = ("onset", "remission", "relapse")
STATES = {
    "persisting": ("#d55e00", "o"),
    "new": ("#cc79a7", "^"),
    "not assessable": ("#9aa0a6", "s"),
    "cleared": ("#0072b2", "o"),
}


def swimmer(ax: Axes, fusions: pd.DataFrame, samples: pd.DataFrame, *, n_patients: int = 40) -> None:
    """Draw a lane for each patient, onset to relapse, with what became of the fusions at each step.

    Filled marks on the later time point: persisting, new and not assessable fusions, hollow marks: cleared
    ones; the number beside a mark is how many.  Patients with a persisting driver come first.

    Parameters
    ----------
    ax
        Where.
    fusions
        :data:`~leukoscope.tables.study.COURSE_FUSIONS`.
    samples
        :data:`~leukoscope.tables.study.COURSE_SAMPLES`.
    n_patients
        Lanes; further patients are left out.
    """
    patients = _ordered(fusions, samples)[:n_patients]
    for lane, patient in enumerate(patients):
        steps = sorted(set(samples.loc[samples["patient"] == patient, "step"]))
        ax.plot(steps, [lane] * len(steps), color="#cfd6df", linewidth=5, solid_capstyle="round", zorder=1)
        own = fusions[fusions["patient"] == patient]
        for later, inside in own.groupby("later", sort=False):
            _draw_states(ax, inside, STEPS.index(str(later)), lane)
        drivers = sorted({pair for pair, name in zip(own["pair"], own["driver_class"], strict=True) if name})
        ax.text(2.42, lane, ", ".join(drivers), fontsize=6.5, va="center", color="#5a6575")
    ax.set_yticks(range(len(patients)), labels=patients, fontsize=6.5)
    ax.set_xticks(range(3), labels=STEPS)
    ax.set(xlim=(-0.2, 3.1), ylim=(len(patients) - 0.4, -0.6))
    if (fusions["driver_class"] != "").any():
        ax.text(2.42, -0.9, "driver fusions", fontsize=7, color="#5a6575")
    handles = [
        Line2D([], [], marker=marker, linestyle="none", color=colour, label=state,
               markerfacecolor="white" if state == "cleared" else colour, markersize=5)
        for state, (colour, marker) in STATES.items()
    ]  # fmt: skip
    ax.legend(
        handles=handles, frameon=False, fontsize=7, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.02)
    )
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)


def clearance(ax: Axes, tests: pd.DataFrame, *, n_features: int = 20) -> None:
    """Draw what became of the pairs that most patients have, as stacked bars of patients.

    Parameters
    ----------
    ax
        Where.
    tests
        Rows of one step of :data:`~leukoscope.tables.study.COURSE_TESTS`.
    n_features
        Pairs that are shown.
    """
    pairs = tests[~tests["feature"].str.startswith("any ")]
    seen = pairs.assign(total=pairs[["persisting", "cleared", "new", "not_assessable"]].sum(axis=1))
    seen = (
        seen[seen["total"] > 0]
        .sort_values(["total", "feature"], ascending=[False, True])
        .head(n_features)[::-1]
    )
    left = pd.Series(0, index=seen.index)
    for state in ("persisting", "new", "not assessable", "cleared"):
        counts = seen[state.replace(" ", "_")]
        ax.barh(seen["feature"], counts, left=left, color=STATES[state][0], label=state, height=0.7)
        left = left + counts
    ax.tick_params(axis="y", labelsize=7, length=0)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("patients with the pair at either time point")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=7, ncols=4, loc="lower center", bbox_to_anchor=(0.4, 1.0))


def signal_courses(ax: Axes, samples: pd.DataFrame, column: str, label: str) -> None:
    """Draw a line a patient of a number along the time points, their median bold.

    Parameters
    ----------
    ax
        Where.
    samples
        :data:`~leukoscope.tables.study.COURSE_SAMPLES`.
    column, label
        The number, and its name on the axis.
    """
    known = samples.dropna(subset=[column]).sort_values(["patient", "step"])
    for _, own in known.groupby("patient"):
        ax.plot(own["step"], own[column], "-", color="#9ab8d3", linewidth=0.8, marker="o", markersize=2.5)
    middle = known.groupby("step")[column].median()
    ax.plot(middle.index, middle, color="#d55e00", linewidth=2.2, marker="D", markersize=5, label="median")
    present = sorted(set(known["step"]))
    ax.set_xticks(present, labels=[STEPS[step] for step in present])
    ax.set(xlim=(present[0] - 0.15, present[-1] + 0.15), ylabel=label)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=7)


def _ordered(fusions: pd.DataFrame, samples: pd.DataFrame) -> list[str]:
    """Return patients by what they keep: drivers first, then anything, then the others by name."""
    kept = fusions[fusions["status"] == "persisting"]
    with_driver = set(kept.loc[kept["driver_class"] != "", "patient"])
    counts = kept.groupby("patient").size()
    names = sorted(set(samples["patient"]))
    return sorted(names, key=lambda name: (name not in with_driver, -int(counts.get(name, 0)), name))


def _draw_states(ax: Axes, fusions: pd.DataFrame, step: int, lane: int) -> None:
    counts = fusions["status"].value_counts()
    for place, (state, (colour, marker)) in enumerate(STATES.items()):
        if number := int(counts.get(state, 0)):
            x = step - 0.24 + 0.16 * place
            face = "white" if state == "cleared" else colour
            ax.plot(x, lane, marker, color=colour, markerfacecolor=face, markersize=5, zorder=2)
            if number > 1:
                ax.text(x + 0.035, lane, str(number), fontsize=5.5, va="center", zorder=3)
