"""Expression groups against the classes that were known before: whether a new group is an old subtype."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from leukoscope.association.choice import compare
from leukoscope.association.effect import cramers_v
from leukoscope.errors import InputError
from leukoscope.expression import express
from leukoscope.kernels.fisher import odds_ratio, two_by_two
from leukoscope.kernels.multiplicity import benjamini_hochberg
from leukoscope.knowledge.subtype_tables import SubtypeKnowledge
from leukoscope.study.chapters import KnownSubtypes
from leukoscope.study.groups import adjusted_rand
from leukoscope.subtyping.calling import call_subtypes
from leukoscope.subtyping.drivers import driver_evidence
from leukoscope.tables.study import GROUP_SUBTYPES, GROUP_VERDICTS
from leukoscope.tables.subtyping import SUBTYPE_CALLS, SUBTYPE_PROBABILITIES

SURE_SHARE = 0.8  #: of a group's samples in one class, from which the group is that class
ALPHA = 0.05
FEWEST = 3  #: samples with a class, below which nothing is said of a group


@dataclass(frozen=True, slots=True)
class CalledClasses:
    """The class of every sample with expression."""

    table: pd.DataFrame = field(default_factory=SUBTYPE_CALLS.empty)
    probabilities: pd.DataFrame = field(default_factory=SUBTYPE_PROBABILITIES.empty)
    absent: str = ""  #: why there are none


def call_classes(
    expression: pd.DataFrame | None,
    samples: pd.DataFrame,
    *,
    knowledge: SubtypeKnowledge | None,
    drivers: pd.DataFrame | None,
    fusions: Mapping[str, pd.DataFrame] | None,
) -> CalledClasses:
    """Call the class of every sample with expression, each on its own.

    Parameters
    ----------
    expression
        Counts, TPM or their logarithms, genes in rows; None if there is none.
    samples
        The sample sheet; ``sex``, ``subtype`` and, but in remission, ``blast_percent`` are compared with what is
        found.
    knowledge
        Models and tables of subtyping; None to leave it out.
    drivers
        :data:`~leukoscope.tables.driver_fusions.DRIVER_FUSIONS`; None to leave fusions out.
    fusions
        Fusion calls of each sample.
    """
    if expression is None:
        return CalledClasses(absent="There is no expression matrix.")
    if knowledge is None:
        return CalledClasses(absent="Subtyping was not asked for.")
    try:
        measured = express(
            expression.to_numpy(np.float64), expression.index.tolist(), expression.columns.tolist(),
            reference=knowledge.genes, profile=knowledge.profile,
        )  # fmt: skip
    except InputError as error:
        return CalledClasses(absent=f"Subtypes were not called: {error}")
    looked = {name: calls for name, calls in (fusions or {}).items() if name in set(measured.samples)}
    found = call_subtypes(
        measured,
        knowledge,
        drivers=driver_evidence(looked, drivers) if drivers is not None and fusions is not None else None,
        with_fusions=set(looked),
        known=_stated(samples),
    )
    return CalledClasses(found.table, found.probabilities)


def _stated(samples: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Return what the sheet says of each sample.  Few cells are left in remission, whatever was counted before."""
    columns = [name for name in ("sex", "subtype", "blast_percent") if name in samples]
    stated = samples.set_index("sample")[columns].astype(str)
    if "blast_percent" in stated:
        in_remission = samples["timepoint"].to_numpy() == "remission"
        stated["blast_percent"] = stated["blast_percent"].mask(in_remission, "")
    return {str(name): {str(k): str(v) for k, v in row.items()} for name, row in stated.T.to_dict().items()}


def relate_to_subtypes(called: CalledClasses, samples: pd.DataFrame, members: pd.Series) -> KnownSubtypes:
    """Compare expression groups with called classes, and with the classes that the sheet states.

    A class counts where its call has a tier; a sample without one is not assessed.

    Parameters
    ----------
    called
        What :func:`call_classes` found.
    samples
        The sample sheet.
    members
        Group of each sample, by sample.
    """
    stated = samples.set_index("sample")["subtype"] if "subtype" in samples else pd.Series(dtype=object)
    agreement_stated = _agreement(members, stated)
    if called.absent:
        return KnownSubtypes(stated_agreement=agreement_stated, absent=called.absent)
    calls = called.table
    classes = calls[calls["tier"] != "none"].set_index("sample")["group"]
    notes = [
        f"A class was called with a tier in {len(classes)} of {len(calls)} samples.",
        *_stated_note(agreement_stated),
    ]
    known = classes.reindex(members.index).fillna("")
    if members.empty or (known == "").all():
        reason = "there are no expression groups" if members.empty else "no grouped sample has a class"
        notes.append(f"Groups and classes are not compared: {reason}.")
        return KnownSubtypes(calls=calls, stated_agreement=agreement_stated, notes=tuple(notes))
    cross = pd.crosstab(members[known != ""], known[known != ""])
    counts = cross.to_numpy(np.int64)
    table = _cross_table(cross)
    return KnownSubtypes(
        calls=calls,
        table=table,
        verdicts=_verdicts(table, members.value_counts().sort_index()),
        agreement=_agreement(members, classes),
        stated_agreement=agreement_stated,
        p_value=compare(counts).p_value,
        cramers_v=cramers_v(counts),
        notes=tuple(notes),
    )


def _agreement(members: pd.Series, classes: pd.Series) -> float:
    known = classes.reindex(members.index).fillna("").astype(str)
    both = known != ""
    return adjusted_rand(members[both].tolist(), known[both].tolist()) if both.sum() > 1 else math.nan


def _stated_note(agreement: float) -> list[str]:
    if math.isnan(agreement):
        return ["The sample sheet states no subtypes of grouped samples."]
    return [f"Adjusted Rand index of the groups and the subtypes of the sample sheet: {agreement:.2f}."]


def _cross_table(cross: pd.DataFrame) -> pd.DataFrame:
    total = int(cross.to_numpy().sum())
    rows = []
    for group, row in cross.iterrows():
        for subtype, both in row.items():
            in_group, in_class = int(row.sum()), int(cross[subtype].sum())
            table = np.array([[both, in_group - both], [in_class - both, total - in_group - in_class + both]])
            rows.append(
                (group, subtype, int(both), in_group, in_class, *odds_ratio(table), two_by_two(table))
            )
    frame = pd.DataFrame(rows, columns=GROUP_SUBTYPES.names[:-1])
    return GROUP_SUBTYPES.check(
        frame.assign(p_adjusted=benjamini_hochberg(frame["p_value"].to_numpy(np.float64)))
    )


def _verdicts(table: pd.DataFrame, sizes: pd.Series) -> pd.DataFrame:
    rows = [
        _verdict(str(group), int(size), table[table["group"] == str(group)]) for group, size in sizes.items()
    ]
    return GROUP_VERDICTS.check(pd.DataFrame(rows, columns=GROUP_VERDICTS.names))


def _verdict(group: str, size: int, rows: pd.DataFrame) -> tuple[object, ...]:
    """Judge one group by the classes of its samples."""
    assessed = int(rows["group_samples"].iloc[0]) if len(rows) else 0
    if assessed < FEWEST:
        text = f"Group {group}: only {assessed} of {size} samples have a class, too few to judge."
        return (group, size, assessed, "", math.nan, math.nan, math.nan, "not assessable", text)
    if rows["subtype"].nunique() == 1:
        only = rows["subtype"].iloc[0]
        text = f"Group {group}: every assessed sample of the cohort is {only}, so the class tells no groups apart."
        return (group, size, assessed, "", math.nan, math.nan, math.nan, "not assessable", text)
    best = rows.sort_values(["samples", "p_value", "subtype"], ascending=[False, True, True]).iloc[0]
    share, captured = best["samples"] / assessed, best["samples"] / best["subtype_samples"]
    whole = rows[(rows["samples"] >= SURE_SHARE * rows["subtype_samples"]) & (rows["samples"] >= 2)]
    numbers = (
        f"{best['samples']} of {assessed} samples with a class are {best['subtype']} "
        f"({best['samples']} of {best['subtype_samples']} of that class)"
    )
    enriched = best["p_adjusted"] < ALPHA and not best["odds_ratio"] <= 1.0
    if share >= SURE_SHARE and enriched:
        verdict, text = "one known class", f"Group {group} is a class that was known before: {numbers}."
    elif len(whole) > 1 and whole["samples"].sum() >= SURE_SHARE * assessed:
        names = ", ".join(sorted(whole["subtype"]))
        verdict, text = "several known classes", f"Group {group} joins known classes: {names}; {numbers}."
    elif enriched:
        verdict, text = "enriched for a class", f"Group {group} leans to a known class: {numbers}."
    elif share >= SURE_SHARE:
        verdict, text = "not assessable", f"Group {group}: {numbers}, too few to tell from chance."
    else:
        verdict, text = "no known class", f"Group {group} is no known class: at most {numbers}."
    return (group, size, assessed, best["subtype"], share, captured, best["p_adjusted"], verdict, text)
