"""Fit the probability of fusion calls to simulated samples, and say how well it is calibrated.

    python curation/fusion_probability.py DIR [DIR ...] [--held-out DIR ...]

Each DIR is a sample of `benchmarks/fusions.py` (truth.json, annotation.gtf, genome.fa, Aligned.out.bam).
Fitted are the events that stand and those of at least two fragments that only support or chance rejects;
planted read-throughs are left out.  A ridge of 1 on standardised features keeps rare ones small.  The table
goes to the knowledge folder; run `curation/register_knowledge.py` afterwards.  Without a DIR nothing is fitted
and the shipped table is held against the held-out samples.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from leukoscope.formats.bam import scan_alignments
from leukoscope.formats.fasta import open_genome
from leukoscope.formats.gtf import read_gene_model
from leukoscope.fusions.calling import call_fusions
from leukoscope.fusions.probability import INTERCEPT, probability, probability_features
from leukoscope.knowledge import knowledge_path, read_knowledge
from leukoscope.simulation.scoring import DECOYS, planted_class
from leukoscope.simulation.truth import read_truth
from leukoscope.tables.driver_fusions import DRIVER_FUSIONS, FUSION_PROBABILITY

SOFT = {"abundant_partners", "relative_support", "template_switch", "min_support", "improbable"}
RIDGE = 1.0
BINS = (0, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 1)


def main() -> None:
    """Fit if there is anything to fit to, then print the calibration."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--held-out", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    if args.folders:
        train_model(args.folders)
    if args.held_out:
        held = pd.concat([labelled_events(folder) for folder in args.held_out], ignore_index=True)
        told = probability(held, read_knowledge(FUSION_PROBABILITY))
        print("held-out samples\n" + reliability(held, told))


def train_model(folders: list[Path]) -> None:
    """Fit, write the table, print how each sample fares with a model of the others."""
    train = pd.concat([labelled_events(folder) for folder in folders], ignore_index=True)
    odds = fit(train)
    FUSION_PROBABILITY.write(odds, knowledge_path("fusion_probability.tsv"))
    print(odds.to_string())
    left_out = np.concatenate(
        [
            probability(part, fit(train[train["sample"] != name]))
            for name, part in train.groupby("sample", sort=False)
        ]
    )
    print("each sample with a model of the others\n" + reliability(train, left_out))


def labelled_events(folder: Path) -> pd.DataFrame:
    """Return the features of a sample's events, with `is_true` and `stands`."""
    model, genome = read_gene_model(folder / "annotation.gtf"), open_genome(folder / "genome.fa")
    alignments = scan_alignments(folder / "Aligned.out.bam", model)
    found = call_fusions(alignments, model, genome, drivers=read_knowledge(DRIVER_FUSIONS))
    truth = read_truth(folder / "truth.json")
    rows = [*found.calls.to_dict("records"), *found.discarded.to_dict("records")]
    planted = [planted_class(row, truth) for row in rows]
    events = found.features.reset_index(drop=True).assign(
        sample=str(folder), planted=planted, is_true=[name != "" for name in planted]
    )
    reasons = [set(text.split(",")) - {""} for text in events["rejected_by"]]
    soft = np.array([names <= SOFT for names in reasons]) & (events["total"] >= 2).to_numpy()
    events["stands"] = [not names for names in reasons]
    return events[(events["stands"] | soft) & ~events["planted"].isin(DECOYS)]


def fit(events: pd.DataFrame) -> pd.DataFrame:
    """Return the coefficients (:data:`FUSION_PROBABILITY`) that fit labelled events."""
    features = probability_features(events)
    mean, spread = features.mean(), features.std().replace(0.0, 1.0)
    design = np.column_stack([np.ones(len(features)), (features - mean) / spread])
    sign = np.where(events["is_true"], 1.0, -1.0)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        logit = design @ weights
        pull = RIDGE * np.concatenate([[0.0], weights[1:]])
        gradient = design.T @ (1 / (1 + np.exp(-logit)) - (sign > 0)) + pull
        return float(np.logaddexp(0, -sign * logit).sum() + weights @ pull / 2), gradient

    weights = minimize(loss, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B").x
    slopes = weights[1:] / spread.to_numpy()
    intercept = weights[0] - float(slopes @ mean.to_numpy())
    return FUSION_PROBABILITY.check(
        pd.DataFrame(
            {
                "feature": [INTERCEPT, *features.columns],
                "coefficient": np.round([intercept, *slopes], 4),
            }
        )
    )


def reliability(events: pd.DataFrame, told: np.ndarray) -> str:
    """Return a table of told probability and true share, for all events and for those that stand."""
    parts = []
    for name, use in (("all", np.ones(len(events), dtype=bool)), ("standing", events["stands"].to_numpy())):
        grouped = pd.DataFrame({"told": told[use], "true": events["is_true"].to_numpy()[use]})
        grouped = grouped.groupby(pd.cut(grouped["told"], BINS), observed=True)
        table = grouped.agg(events=("true", "size"), share_true=("true", "mean"), mean_told=("told", "mean"))
        parts.append(f"{name}\n{table.round(3).to_string()}")
    return "\n".join(parts)


if __name__ == "__main__":
    main()
