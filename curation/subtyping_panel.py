"""Train the panel expert on the Nordic profiles (GSE227832).

    python curation/subtyping_panel.py --data ../shared/data/expression

writes ``subtype_panel.tsv.gz`` and its section of ``subtype_models.toml``.  Only gene expression and the published
subtype are read.  Diagnosis samples with a class train the subtype panel; relapse samples (``_r``) and samples
without a class do not.

The model is a ridge regression of the classes (one against the rest, classes weighted equally) on
ranks of the panel genes as normal deviates.  Genes are not scaled to one variance: a laboratory shifts
a quiet gene as much as a lively one, and a nearly constant gene must not explode on another platform.
The penalty is chosen in an inner cross-validation whose held-out patients are shifted, each gene by a
random amount, as those of another laboratory are; performance is measured in an outer one without
shifts, and the sharpness of the probabilities is the maximum-likelihood one on its scores.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logsumexp
from subtyping_models import publish_model, ridge_classifier

from leukoscope.subtyping.panel import rank_features

GROUPS = {
    "BCR::ABL1": "Ph group", "BCR::ABL1-like": "Ph group",
    "ETV6::RUNX1": "ETV6 group", "ETV6::RUNX1-like": "ETV6 group",
    "HeH": "Hyperdiploid", "low HeH": "Hyperdiploid",
    "DUX4-r": "DUX4", "ZNF384-r": "ZNF384", "KMT2A-r": "KMT2A", "MEF2D-r": "MEF2D", "NUTM1-r": "NUTM1",
}  # fmt: skip
PENALTIES = (30.0, 100.0, 300.0, 1000.0)
#: Standard deviation over genes of the difference between two laboratories, in normal deviates: patients of one
#: class differ by 0.30 (allsorts20), 0.31 (diploid_balls_hg38) and 0.46 (GSE133499) from the Nordic ones.
LABORATORY_SHIFT, LABORATORIES = 0.4, 5
FOLDS = 5
SEED = 20261122


def main() -> None:
    """Train, measure and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    folder = parser.parse_args().data / "nordic_gse227832"
    values = pd.read_csv(folder / "logcpm.tsv.gz", sep="\t", index_col=0)
    labels = pd.read_csv(folder / "labels.tsv", sep="\t").set_index("sample").loc[values.columns]
    features = rank_features(values.to_numpy(np.float64).T)
    diagnosis = ~labels.index.str.endswith("_r")
    final = labels["final"].replace(GROUPS)
    is_b = diagnosis & final.notna() & ~final.isin(["T-ALL", "ALLIUM B-other"])
    origin = {
        "data": "GEO GSE227832 and its normal samples; labels of the ALLIUM supplement",
        "data_sha256": hashlib.sha256((folder / "logcpm.tsv.gz").read_bytes()).hexdigest(),
        "labels_sha256": hashlib.sha256((folder / "labels.tsv").read_bytes()).hexdigest(),
        "script": "curation/subtyping_panel.py",
    }
    genes = list(values.index)
    train("subtype_panel", features[is_b], final[is_b].to_numpy(), genes, origin)


def train(
    name: str,
    features: NDArray[np.float64],
    labels: NDArray[np.object_],
    genes: list[str],
    origin: dict[str, str],
) -> None:
    """Fit one model, measure it, and write it."""
    classes = sorted(set(labels))
    truth = np.array([classes.index(label) for label in labels])
    rng = np.random.default_rng(SEED)
    outer = make_folds(truth, rng)
    nested = np.zeros((truth.size, len(classes)))
    for fold in range(FOLDS):
        inside, outside = outer != fold, outer == fold
        penalty = _best_penalty(features[inside], truth[inside], classes, rng)
        nested[outside] = _fit_and_score(
            features[inside], truth[inside], features[outside], len(classes), penalty
        )
    penalty = _best_penalty(features, truth, classes, rng)
    sharpness = fit_sharpness(nested, truth)
    weights, intercept = ridge_classifier(features, truth, len(classes), penalty)
    centre, spread = features.mean(axis=0), features.std(axis=0)
    spread = spread + np.median(spread)  # the table holds weights of standardised genes
    weights, intercept = weights * spread, intercept + weights @ centre
    facts = origin | {
        "n_samples": int(truth.size),
        "penalty": penalty,
        "sharpness": sharpness,
        "nested_accuracy": round(float((nested.argmax(1) == truth).mean()), 4),
        "folds": FOLDS,
        "seed": SEED,
    }
    publish_model(name, genes, classes, centre, spread, weights, intercept, facts)
    _print_performance(name, nested, truth, classes, sharpness, penalty)


def make_folds(truth: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the fold of every sample, classes spread evenly."""
    fold = np.empty(truth.size, dtype=np.intp)
    start = 0
    for label in range(truth.max() + 1):
        members = rng.permutation(np.flatnonzero(truth == label))
        fold[members] = (np.arange(members.size) + start) % FOLDS
        start += members.size
    return fold


def _fit_and_score(train_x, train_y, test_x, n_classes: int, penalty: float):  # type: ignore[no-untyped-def]
    weights, intercept = ridge_classifier(train_x, train_y, n_classes, penalty)
    return intercept + test_x @ weights.T


def _best_penalty(features, truth, classes: list[str], rng: np.random.Generator) -> float:  # type: ignore[no-untyped-def]
    """Return the penalty with most held-out patients right in other laboratories; the largest of equals."""
    fold = make_folds(truth, rng)
    shifts = rng.normal(0.0, LABORATORY_SHIFT, (LABORATORIES, features.shape[1]))
    right = dict.fromkeys(PENALTIES, 0)
    for penalty in PENALTIES:
        for inside, outside in ((fold != k, fold == k) for k in range(FOLDS)):
            weights, intercept = ridge_classifier(features[inside], truth[inside], len(classes), penalty)
            scores = (features[outside] @ weights.T + intercept)[:, None] + shifts @ weights.T
            right[penalty] += int((scores.argmax(axis=2) == truth[outside, None]).sum())
    return max(PENALTIES, key=lambda penalty: (right[penalty], penalty))


def _loss(scores: NDArray[np.float64], truth: NDArray[np.intp], sharpness: float) -> float:
    chosen = scores[np.arange(truth.size), truth]
    return float((logsumexp(sharpness * scores, axis=1) - sharpness * chosen).mean())


def fit_sharpness(scores: NDArray[np.float64], truth: NDArray[np.intp]) -> float:
    """Return the sharpness of the probabilities under which the true classes are most likely."""
    tried = np.arange(1.0, 20.0, 0.25)
    return float(tried[int(np.argmin([_loss(scores, truth, k) for k in tried]))])


def _print_performance(name, scores, truth, classes, sharpness, penalty) -> None:  # type: ignore[no-untyped-def]
    probability = np.exp(sharpness * scores - logsumexp(sharpness * scores, axis=1)[:, None])
    confidence, right = probability.max(1), scores.argmax(1) == truth
    print(f"{name}: {truth.size} samples, penalty {penalty:g}, sharpness {sharpness:g}")
    print(f"  nested accuracy {right.mean():.3f} ({right.sum()}/{right.size})")
    for least in (0.5, 0.7, 0.8, 0.9):
        kept = confidence >= least
        print(f"  confidence >= {least}: {kept.mean():.0%} of samples, {right[kept].mean():.3f} right")
    table = pd.crosstab(
        pd.Series(np.array(classes)[truth], name="truth"), np.array(classes)[scores.argmax(1)]
    )
    print(table.to_string())


if __name__ == "__main__":
    main()
