"""The course of each patient: fusions, blasts and the signal of the class over the time points."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from leukoscope.kernels.contingency import exact_mcnemar
from leukoscope.kernels.multiplicity import benjamini_hochberg
from leukoscope.study.chapters import Longitudinal
from leukoscope.tables.study import COURSE_FUSIONS, COURSE_SAMPLES, COURSE_TESTS

STEPS = ("onset", "remission", "relapse")
SEEN = 3.0  #: fragments to expect for one to be seen with 95 % probability (Poisson: 1 − e⁻³)
ANY_FUSION, ANY_DRIVER = "any fusion", "any driver fusion"
_PAIRS = tuple(combinations(STEPS, 2))
_BY_WEIGHT = (
    "persisting",
    "cleared",
    "not assessable",
    "new",
)  #: what a patient with several fusions counts as


def study_courses(
    events: pd.DataFrame,
    samples: pd.DataFrame,
    *,
    assessed: frozenset[str],
    reads: pd.Series | None,
    calls: pd.DataFrame,
    probabilities: pd.DataFrame,
) -> Longitudinal:
    """Follow each patient with more than one time point.

    A fusion that is absent later is *cleared* if at least three fragments were to be expected had
    its share of the reads not changed, else *not assessable*: absence would mean nothing.

    Parameters
    ----------
    events
        :data:`~leukoscope.tables.recurrence.FUSION_EVENTS`.
    samples
        Columns ``sample``, ``patient``, ``timepoint``, and ``blast_percent`` if known.
    assessed
        Samples in which fusions were looked for.
    reads
        Counted reads of each sample, by sample; None without counts, and depth is taken as equal.
    calls
        :data:`~leukoscope.tables.subtyping.SUBTYPE_CALLS`.
    probabilities
        :data:`~leukoscope.tables.subtyping.SUBTYPE_PROBABILITIES`.
    """
    n_steps = samples.groupby("patient")["timepoint"].nunique()
    followed = samples[samples["patient"].isin(n_steps.index[n_steps > 1])]
    if followed.empty:
        return Longitudinal(absent="No patient has samples of more than one time point.")
    depth = reads if reads is not None else pd.Series(dtype=np.float64)
    looked = followed[followed["sample"].isin(assessed)]
    fusions = _fusion_courses(events[events["sample"].isin(looked["sample"])], looked, depth)
    counted = {pair: _patients_with(looked, pair) for pair in _PAIRS if len(_patients_with(looked, pair))}
    return Longitudinal(
        samples=_sample_courses(followed, depth, calls, probabilities),
        fusions=fusions,
        tests=_course_tests(fusions, counted),
        notes=tuple(_notes(followed, looked, fusions, reads is None)),
    )


def _patients_with(samples: pd.DataFrame, steps: tuple[str, str]) -> set[str]:
    """Return the patients with samples at both time points."""
    earlier, later = (set(samples.loc[samples["timepoint"] == step, "patient"]) for step in steps)
    return earlier & later


def _sample_courses(
    samples: pd.DataFrame, depth: pd.Series, calls: pd.DataFrame, probabilities: pd.DataFrame
) -> pd.DataFrame:
    called = calls.set_index("sample")
    steps = samples["timepoint"].map({step: i for i, step in enumerate(STEPS)})
    ordered = samples.assign(step=steps).sort_values(["patient", "step", "sample"], kind="stable")
    first = ordered.drop_duplicates("patient").set_index("patient")["sample"]
    tiered = called["group"].where(called["tier"] != "none", "")
    subtype = ordered["patient"].map(first).map(tiered).fillna("")
    lookup = probabilities.set_index(["sample", "group"])["probability"]
    keys = pd.MultiIndex.from_arrays([ordered["sample"], subtype])
    stated = ordered["blast_percent"] if "blast_percent" in ordered else pd.Series("", ordered.index)
    return COURSE_SAMPLES.check(
        ordered.assign(
            reads=ordered["sample"].map(depth).astype(np.float64),
            blast_fraction=ordered["sample"].map(called["blast_fraction"]).astype(np.float64),
            blast_percent=pd.to_numeric(stated, errors="coerce"),
            subtype=subtype,
            probability=lookup.reindex(keys).to_numpy(np.float64),
        )
    )


def _fusion_courses(events: pd.DataFrame, samples: pd.DataFrame, depth: pd.Series) -> pd.DataFrame:
    """Compare every two time points of every patient, pair by pair."""
    reads = samples.assign(reads=samples["sample"].map(depth).astype(np.float64))
    total = reads.groupby(["patient", "timepoint"])["reads"].sum(min_count=1).to_dict()
    support: dict[Any, dict[str, int]] = {key: {} for key in total}
    marks: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    for event in events.to_dict("records"):
        own = support[event["patient"], event["timepoint"]]
        own[event["pair"]] = own.get(event["pair"], 0) + int(event["fragments"])
        classes, warnings = marks.setdefault((event["patient"], event["pair"]), (set(), set()))
        classes.update(filter(None, event["driver_class"].split(",")))
        warnings.update(filter(None, event["plausibility"].split(",")))
    rows = []
    for patient in sorted(set(samples["patient"])):
        for earlier, later in _PAIRS:
            before, after = support.get((patient, earlier)), support.get((patient, later))
            if before is None or after is None:
                continue
            ratio = total[patient, later] / total[patient, earlier]
            rows += [
                (patient, pair, earlier, later, *course, *(",".join(sorted(m)) for m in marks[patient, pair]))
                for pair, course in _pair_courses(before, after, 1.0 if np.isnan(ratio) else ratio)
            ]
    return COURSE_FUSIONS.check(pd.DataFrame(rows, columns=COURSE_FUSIONS.names))


def _pair_courses(
    earlier: dict[str, int], later: dict[str, int], ratio: float
) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Yield each pair with its status, support, expectation and detectable share."""
    for pair in sorted({*earlier, *later}):
        before, after = earlier.get(pair, 0), later.get(pair, 0)
        expected = before * ratio
        absent = "cleared" if expected >= SEEN else "not assessable"
        present = "persisting" if before else "new"
        status = present if after else absent
        yield pair, (status, before, after, expected, SEEN / expected if expected else np.nan)


def _course_tests(fusions: pd.DataFrame, patients: dict[tuple[str, str], set[str]]) -> pd.DataFrame:
    rows = []
    for (earlier, later), both in patients.items():
        own = fusions[(fusions["earlier"] == earlier) & (fusions["later"] == later)]
        summed = [(ANY_FUSION, own), (ANY_DRIVER, own[own["driver_class"] != ""])]
        rows += [
            (earlier, later, name, len(both), *_tally(part), np.nan)
            for name, part in summed
            if not part.empty
        ]
        single = [(earlier, later, str(pair), len(both), *_tally(part)) for pair, part in own.groupby("pair")]
        adjusted = benjamini_hochberg(np.array([row[-1] for row in single], dtype=np.float64))
        rows += [(*row, value) for row, value in zip(single, adjusted, strict=True)]
    return COURSE_TESTS.check(pd.DataFrame(rows, columns=COURSE_TESTS.names))


def _tally(courses: pd.DataFrame) -> tuple[int, int, int, int, float]:
    """Count patients by what became of the feature, and test the change.

    A patient with several fusions counts as persisting if one of them persists, else as cleared if one is, else as
    not assessable if there was one; only a patient who had none counts as new.  Tested is whether there is any later:
    patients who lost all, one of them cleared, against new ones.
    """
    of = courses["status"].to_numpy()[:, None] == np.array(_BY_WEIGHT)
    of_patient = pd.DataFrame(of).groupby(courses["patient"].to_numpy()).any().to_numpy()
    heaviest = of_patient.argmax(axis=1)
    has_one_later = of_patient[:, 0] | of_patient[:, 3]
    lost = int((of_patient[:, 1] & ~has_one_later).sum())
    persisting, cleared, not_assessable, new = (int((heaviest == i).sum()) for i in range(len(_BY_WEIGHT)))
    return persisting, cleared, new, not_assessable, exact_mcnemar(lost, new)


def _notes(
    followed: pd.DataFrame, looked: pd.DataFrame, fusions: pd.DataFrame, without_depth: bool
) -> Iterator[str]:
    several = int((looked.groupby("patient")["timepoint"].nunique() > 1).sum())
    yield (
        f"{followed['patient'].nunique()} patients have more than one time point; fusions were looked for at more "
        f"than one in {several} of them."
    )
    if without_depth:
        yield "Without counts the depth of the samples is taken as equal, so clearance is less sure."
    for (earlier, later), own in fusions.groupby(["earlier", "later"], sort=False):
        tally = own["status"].value_counts()
        yield (
            f"{str(earlier).capitalize()} to {later}, fusions of all patients: "
            + ", ".join(
                f"{tally.get(name, 0)} {name}" for name in ("cleared", "persisting", "new", "not assessable")
            )
            + "."
        )
    new = int((fusions["status"] == "new").sum())
    if new:
        yield (
            "A fusion that is new in remission is more often a transcript of recovering marrow, or a chance find, than "
            "a rearrangement."
        )
