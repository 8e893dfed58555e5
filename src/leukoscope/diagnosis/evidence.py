"""What a diagnosis is made from: the tables of the patient's samples, and the knowledge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from leukoscope.diagnosis.values import NOT_ASSESSABLE, NOT_DETECTED
from leukoscope.tables.subtyping import NORMAL

if TYPE_CHECKING:
    import pandas as pd

TIMEPOINTS = ("onset", "remission", "relapse")
#: The quality check of the leukaemia's share of a sample.
BLASTS = "blast_percent"


@dataclass(frozen=True, slots=True)
class SampleEvidence:
    """One sample of the patient; a table that is ``None`` was not made.

    An empty table of fusions is evidence (they were searched and none was found), a missing
    one is not.
    """

    sample: str
    timepoint: str
    details: Mapping[str, str] = field(default_factory=dict)  #: other columns of the sample sheet
    quality: pd.DataFrame | None = None  #: :data:`leukoscope.tables.quality.QUALITY`
    fusions: pd.DataFrame | None = None  #: :data:`leukoscope.tables.fusions.FUSIONS`
    fusions_given: bool = False  #: the table came with the sample; what its caller left out is not known
    genes: pd.DataFrame | None = None  #: :data:`leukoscope.tables.quality.GENE_EXPRESSION`
    variants: pd.DataFrame | None = None  #: :data:`leukoscope.tables.variants.VARIANTS`
    candidates: pd.DataFrame | None = None  #: :data:`leukoscope.tables.mutations.MUTATION_CANDIDATES`
    identity: tuple[str, ...] = ()  #: what genotype and expressed sex hold against the sample sheet
    deletions: pd.DataFrame | None = None  #: :data:`leukoscope.tables.deletions.DELETIONS`
    subtype: pd.DataFrame | None = None  #: its row of :data:`leukoscope.tables.subtyping.SUBTYPE_CALLS`

    @property
    def order(self) -> tuple[int, str, str]:
        """Onset, remission, relapse, then other timepoints; then by name."""
        place = TIMEPOINTS.index(self.timepoint) if self.timepoint in TIMEPOINTS else len(TIMEPOINTS)
        return place, self.timepoint, self.sample

    @property
    def shows_disease(self) -> bool:
        """Whether leukaemia is expected in the sample, so that its absence is informative."""
        return self.timepoint != "remission"

    def tpm(self) -> dict[str, float]:
        """Return expression by symbol; genes of one symbol are summed."""
        if self.genes is None:
            return {}
        return {str(symbol): float(tpm) for symbol, tpm in self.genes.groupby("symbol")["tpm"].sum().items()}

    def cpm(self) -> dict[str, float]:
        """Return counts per million by symbol; empty without counts."""
        if self.genes is None or "count" not in self.genes or not self.genes["count"].sum() > 0:
            return {}
        counts = self.genes.groupby("symbol")["count"].sum()
        return {str(symbol): float(cpm) for symbol, cpm in (1e6 * counts / counts.sum()).items()}

    def checks(self) -> dict[str, Mapping[str, Any]]:
        """Return the quality checks by metric."""
        return {str(row["metric"]): row for row in records(self.quality)}

    def failure(self, metrics: Sequence[str]) -> str:
        """Return the first of some quality checks that failed, in words; empty if none did."""
        checks = self.checks()
        for metric in metrics:
            told = checks.get(metric, {})
            if told.get("verdict") == "FAIL":
                unit = " %" if told["unit"] == "%" else ""
                needed = f"{told['fail']:,.0f}{unit}"
                return f"{str(told['label']).lower()}: {told['value']:,.0f}{unit}, where {needed} are needed"
        return ""

    def hiding(self, metrics: Sequence[str]) -> str:
        """Return why the sample excludes nothing: a quality check that failed, or no leukaemia in it; else empty."""
        failure = self.failure(metrics)
        if failure or BLASTS not in metrics:
            return failure
        calls = records(self.subtype)
        normal = any(call.get("group") == NORMAL and call.get("tier") != "none" for call in calls)
        return "the sample expresses as normal cells do; no leukaemia is seen in it" if normal else ""

    def searched(self, table: pd.DataFrame | None, metrics: Sequence[str]) -> list[dict[str, Any]]:
        """Return the rows of a search; where the sample excludes nothing, nothing is not detected."""
        failure = self.hiding(metrics)
        hidden = {"status": NOT_ASSESSABLE, "reason": failure}
        return [row | hidden if failure and row["status"] == NOT_DETECTED else row for row in records(table)]


def records(table: pd.DataFrame | None) -> list[dict[str, Any]]:
    """Return the rows of a table by column; none if the table was not made."""
    if table is None:
        return []
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The tables of :mod:`leukoscope.knowledge` that a diagnosis needs."""

    release: str
    drivers: pd.DataFrame  #: :data:`leukoscope.tables.driver_fusions.DRIVER_FUSIONS`
    targets: pd.DataFrame  #: :data:`leukoscope.tables.knowledge.TARGETS`
    markers: pd.DataFrame  #: :data:`leukoscope.tables.knowledge.MARKERS`
    therapies: pd.DataFrame  #: :data:`leukoscope.tables.knowledge.THERAPIES`
    responses: pd.DataFrame  #: :data:`leukoscope.tables.knowledge.RESPONSES`
    references: pd.DataFrame  #: :data:`leukoscope.tables.knowledge.REFERENCES`
    checksums: Mapping[str, str] = field(default_factory=dict)  #: SHA-256 by file name
