"""What the sample sheet says against what the RNA says: sex, subtype, other samples of the patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from leukoscope.subtyping.integration import PROBABLE_P, SUGGESTIVE_P, Call


class Names:
    """Names of subtypes: canonical ones, groups, and those of the classifications."""

    def __init__(self, subtypes: pd.DataFrame) -> None:
        self.group = dict(zip(subtypes["subtype"], subtypes["group"], strict=True))
        self.who = dict(zip(subtypes["subtype"], subtypes["who_haem5"], strict=True))
        self.icc = dict(zip(subtypes["subtype"], subtypes["icc"], strict=True))
        aliases = {
            alias: subtype
            for subtype, text in zip(subtypes["subtype"], subtypes["aliases"], strict=True)
            for alias in text.split("|")
            if alias
        }
        self.canonical = aliases | {name: name for name in subtypes["subtype"]}


def sheet_conflicts(
    samples: Sequence[str],
    calls: Sequence[Call],
    sexes: Sequence[str],
    names: Names,
    sheet: Mapping[str, Mapping[str, str]],
) -> list[list[str]]:
    """Return, for every sample, what contradicts the sheet.

    Parameters
    ----------
    samples, calls, sexes
        Names, calls and expressed sex, in one order.
    names
        Names of subtypes in use.
    sheet
        Columns of the sample sheet per sample; ``sex``, ``subtype`` and ``patient`` are read.
    """
    rows = [sheet.get(sample, {}) for sample in samples]
    found = [_own_conflicts(row, call, sex, names) for row, call, sex in zip(rows, calls, sexes, strict=True)]
    by_patient: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        if row.get("patient"):
            by_patient.setdefault(row["patient"], []).append(at)
    for patient, members in by_patient.items():
        for at in members:
            found[at] += [
                f"{samples[other]} of the same patient {patient} is {_what(calls[other], sexes[other])}, this "
                f"sample is {_what(calls[at], sexes[at])}"
                for other in members
                if _disagree(calls[at], sexes[at], calls[other], sexes[other])
            ]
    return found


def _own_conflicts(row: Mapping[str, str], call: Call, sex: str, names: Names) -> list[str]:
    found = []
    told_sex = {"f": "female", "m": "male"}.get(row.get("sex", "").strip().lower()[:1], "")
    if told_sex and sex in {"female", "male"} and sex != told_sex:
        found.append(f"The sample sheet says {told_sex}, expression says {sex}: is this the right sample?")
    told = names.canonical.get(row.get("subtype", "").strip(), "")
    if told and names.group[told] != call.group and call.probability >= SUGGESTIVE_P and told != "B-other":
        found.append(f"The sample sheet says {told}, the RNA says {call.group} ({call.probability:.0%})")
    return found


def _disagree(one: Call, sex_one: str, other: Call, sex_other: str) -> bool:
    """Whether two samples cannot be of one patient; a remission is normal and contradicts nothing."""
    known = {"female", "male"}
    if sex_one in known and sex_other in known and sex_one != sex_other:
        return True
    sure = min(one.probability, other.probability) >= PROBABLE_P
    return sure and one.group != other.group and "Normal" not in (one.group, other.group)


def _what(call: Call, sex: str) -> str:
    return f"{call.group or 'of no class'}, {sex}"
