"""What a cohort analysis compares: contrasts are rows of a table, never implied."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leukoscope.errors import InputError, quote_some
from leukoscope.tables.contrasts import CONTRAST_PLAN, CONTRASTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

#: The paper's contrasts, for cohorts whose user states none.
DEFAULT_CONTRASTS = (
    ("remission", "timepoint", "onset", "remission", "patient", ""),
    ("remission_high_risk", "timepoint", "onset", "remission", "patient", "risk=high"),
    ("remission_ras", "timepoint", "onset", "remission", "patient", "ras=yes"),
    ("relapse", "timepoint", "onset", "relapse", "patient", ""),
    ("high_risk", "risk", "non-high", "high", "", "timepoint=onset"),
    ("high_risk_ras", "risk", "non-high", "high", "", "timepoint=onset;ras=yes"),
)
#: Begin of the columns of the sample sheet that tell one expression group from all others.
IN_GROUP = "in_group_"
_NAME = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The samples that one contrast compares, and how."""

    contrast: str
    variable: str
    reference: str
    target: str
    blocking: str
    covariates: tuple[str, ...]
    subset: str
    samples: pd.DataFrame  #: rows of the sample sheet, in its order
    n_unpaired: int
    n_missing: int

    @property
    def design(self) -> str:
        """Design formula."""
        return "~ " + " + ".join(filter(None, [*self.covariates, self.blocking, self.variable]))

    @property
    def n_reference(self) -> int:
        """Samples at the reference level."""
        return int((self.samples[self.variable] == self.reference).sum())

    @property
    def n_target(self) -> int:
        """Samples at the target level."""
        return int((self.samples[self.variable] == self.target).sum())

    @property
    def n_blocks(self) -> int:
        """Blocks with both levels; 0 without blocking."""
        return int(self.samples[self.blocking].nunique()) if self.blocking else 0

    @property
    def _of_subset(self) -> str:
        return f" of the subset {self.subset}" if self.subset else ""

    @property
    def reason(self) -> str:
        """Why it cannot be computed; empty if it can."""
        if self.n_unpaired and not len(self.samples):
            both = f"samples of both, {self.reference} and {self.target} of {self.variable}"
            return f"no {self.blocking}{self._of_subset} has {both}"
        if not self.n_reference or not self.n_target:
            empty = self.reference if not self.n_reference else self.target
            return f"no sample{self._of_subset} has {self.variable} {empty}"
        if len(self.samples) < 3:
            return f"only {len(self.samples)} samples{self._of_subset}"
        if self.blocking and self.n_blocks < 2:
            return f"only {self.n_blocks} {self.blocking} with both levels"
        return ""


def default_contrasts(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the paper's contrasts, but for those of columns that the sample sheet lacks.

    Parameters
    ----------
    samples
        The sample sheet with ``risk``.
    """
    import pandas as pd

    table = CONTRASTS.check(pd.DataFrame(DEFAULT_CONTRASTS, columns=CONTRASTS.names[:6]))
    return table if "ras" in samples else table[~table["subset"].str.contains("ras=")]


def read_contrasts(contrasts: pd.DataFrame, samples: pd.DataFrame) -> tuple[Comparison, ...]:
    """Select the samples of each contrast.

    With blocking, only blocks that have both levels are compared: the others say nothing about
    a difference within a block.  A sample whose variable or covariate is missing is left out and counted.

    Parameters
    ----------
    contrasts
        :data:`~leukoscope.tables.contrasts.CONTRASTS`.
    samples
        The sample sheet; a column ``sample`` and those that the contrasts name.

    Raises
    ------
    InputError
        If a contrast repeats, or names a column that the sample sheet lacks.
    """
    contrasts = CONTRASTS.check(contrasts)
    _check_names(contrasts["id"].tolist())
    return tuple(_select(row, samples) for row in contrasts.to_dict("records"))


def plan(comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """Return what each contrast has in it (:data:`~leukoscope.tables.contrasts.CONTRAST_PLAN`)."""
    import pandas as pd

    rows = [
        (c.contrast, c.design, c.n_reference, c.n_target, c.n_blocks, c.n_unpaired, c.n_missing, c.reason)
        for c in comparisons
    ]
    return CONTRAST_PLAN.check(pd.DataFrame(rows, columns=CONTRAST_PLAN.names))


def _check_names(names: list[str]) -> None:
    if wrong := [name for name in names if not _NAME.fullmatch(name)]:
        raise InputError(
            f"contrasts: {len(wrong)} id(s) are not letters, digits, '.', '_' or '-': {quote_some(wrong)}. "
            "They become file names."
        )
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(
            f"contrasts: {len(repeated)} id(s) repeat: {quote_some(repeated)}. Give each its own."
        )


def _select(row: dict[Any, Any], samples: pd.DataFrame) -> Comparison:
    blocking, subset = row.get("blocking", ""), row.get("subset", "")
    terms = [term.strip() for term in subset.split(";") if term.strip()]
    for term in terms:
        if "=" not in term:
            raise InputError(f"contrasts: the subset of {row['id']} holds '{term}', not column=value.")
    pairs = [term.split("=", 1) for term in terms]
    covariates = tuple(name.strip() for name in row.get("covariates", "").split(";") if name.strip())
    named = [row["variable"], *([blocking] if blocking else []), *covariates, *(c for c, _ in pairs)]
    _check_columns(row["id"], named, samples)
    chosen = samples
    for column, values in pairs:
        chosen = chosen[chosen[column.strip()].astype(str).isin([v.strip() for v in values.split("|")])]
    known = (chosen[[row["variable"], *covariates]].fillna("").astype(str) != "").all(axis=1)
    compared = chosen[known & chosen[row["variable"]].astype(str).isin([row["reference"], row["target"]])]
    n_before = len(compared)
    if blocking:
        levels = compared.groupby(blocking)[row["variable"]].transform("nunique")
        compared = compared[levels == 2]
    return Comparison(
        contrast=row["id"],
        variable=row["variable"],
        reference=row["reference"],
        target=row["target"],
        blocking=blocking,
        covariates=covariates,
        subset=subset,
        samples=compared.reset_index(drop=True),
        n_unpaired=n_before - len(compared),
        n_missing=int((~known).sum()),
    )


def _check_columns(contrast: str, columns: list[str], samples: pd.DataFrame) -> None:
    absent = [column.strip() for column in columns if column.strip() not in samples.columns]
    if absent:
        found = ", ".join(map(str, samples.columns[:10]))
        raise InputError(
            f"contrasts: {contrast} names {quote_some(absent)}, which the sample sheet lacks (it has {found})."
        )
