"""Cases that DESeq2 computed, and how to compare with them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from leukoscope.differential import Rules, contrast_genes, fit_model
from leukoscope.formats.counts import read_counts
from leukoscope.tables.cohort import SAMPLES

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "deseq2-1.38.3"


@dataclass(frozen=True)
class Case:
    """What DESeq2 was asked."""

    counts: Path
    samples: Path
    design: str
    contrast: str
    reduced: str | None = None

    @property
    def request(self):
        parts = self.contrast.split(",")
        return parts if len(parts) == 3 else self.contrast


def golden_case(name: str) -> Case:
    """Return a committed case."""
    design, contrast, reduced = (GOLDEN / name / "case.txt").read_text().split("\n")[:3]
    return Case(
        GOLDEN / name / "counts.tsv.gz", GOLDEN / name / "samples.tsv", design, contrast, reduced or None
    )


def run(case: Case, **rules):
    """Return leukoscope's model and result of a case."""
    cohort = read_counts(case.counts).cohort.described_by(SAMPLES.read(case.samples))
    model = fit_model(cohort, case.design, rules=Rules(**rules))
    return model, contrast_genes(model, case.request, reduced=case.reduced)


def read_r(folder: Path, name: str) -> pd.DataFrame:
    """Return a table that reference.R wrote."""
    return pd.read_csv(folder / f"{name}.tsv.gz", sep="\t", na_values=["NA", "NaN"], keep_default_na=False)


def differences(found, expected: pd.DataFrame) -> dict[str, object]:
    """Return how a result differs from R's, rows matched by gene."""
    ours = found.table.set_index("gene_id").loc[expected["gene_id"]]
    theirs = expected.set_index("gene_id")
    same_path = (ours["fit"] == "reweighted").to_numpy()
    effect = (ours["log2_fold_change"] - theirs["log2FoldChange"]).abs().to_numpy()
    adjusted = ((ours["p_adjusted"] - theirs["padj"]).abs() / theirs["padj"].clip(lower=1e-300)).to_numpy()
    adjusted[(theirs["padj"] < 1e-290).to_numpy()] = 0.0
    return {
        "na_effect": int((ours["log2_fold_change"].isna() != theirs["log2FoldChange"].isna()).sum()),
        "na_p": int((ours["p_value"].isna() != theirs["pvalue"].isna()).sum()),
        "na_adjusted": int((ours["p_adjusted"].isna() != theirs["padj"].isna()).sum()),
        "called": called(ours["p_adjusted"], ours["log2_fold_change"])
        ^ called(theirs["padj"], theirs["log2FoldChange"]),
        "effect": float(np.nanmax(effect[same_path], initial=0.0)),
        "adjusted": float(np.nanmax(adjusted[same_path], initial=0.0)),
        "other_effect": float(np.nanmax(effect[~same_path], initial=0.0)),
    }


def called(adjusted: pd.Series, effect: pd.Series) -> set[str]:
    """Return the genes with FDR < 0.05 and at least twofold change."""
    return set(adjusted.index[(adjusted < 0.05) & (effect.abs() >= 1)])


def assert_same_as_r(found, expected: pd.DataFrame) -> None:
    """Check the project's meaning of 'the same as DESeq2'."""
    difference = differences(found, expected)
    assert difference["na_effect"] == difference["na_p"] == difference["na_adjusted"] == 0, difference
    assert difference["called"] == set()
    assert difference["effect"] <= 1e-6
    assert difference["adjusted"] <= 2e-3
    assert difference["other_effect"] <= 2e-2
