"""Train the lineage panel on leukaemias, normal blood cells, marrow stroma and their mixtures.

    python curation/subtyping_lineage.py --data ../shared/data/expression

writes ``lineage_panel.tsv.gz``, ``lineage_profiles.tsv.gz`` and their sections of ``subtype_models.toml``.  Leukaemias,
lymphocytes and stroma are of GSE227832 and its normal samples, the other blood cells of GSE115736.

A patient's sample holds normal cells too.  Every leukaemia is therefore mixed with normal blood cells in silico, at 10
to 50 % of the RNA, and belongs to its class also then; mixtures of normal cells alone are normal.  The reads of a
mixture are drawn, at depths from poor to rich.  Lymphocytes of
GSE115736 have no reads on two chromosomes, in both data sets: these genes take the mean of the other lymphocytes.

Performance is measured on held-out patients and on normal cells of held-out types, and on mixtures of both.
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from subtyping_models import KNOWLEDGE, publish_model, record_facts, ridge_classifier
from subtyping_panel import FOLDS, SEED, fit_sharpness, make_folds

from leukoscope.expression import express
from leukoscope.knowledge.subtype_models import LinearModel
from leukoscope.knowledge.subtype_tables import subtype_knowledge
from leukoscope.subtyping.panel import rank_features
from leukoscope.tables.subtyping import LINEAGE_PROFILES

Features = NDArray[np.float64]
CLASSES = ["B-ALL", "Normal", "Stroma", "T-ALL"]
COLUMNS = {"B-ALL": "b_all", "Normal": "normal", "Stroma": "stroma", "T-ALL": "t_all"}
PENALTY = 1000.0
#: Share of leukaemic RNA in the mixtures, drawn evenly on a logarithmic scale, and mixtures made of each patient.
DILUTED = (0.1, 0.5)
MIXTURES = {"B-ALL": 1, "T-ALL": 3}
NORMAL_MIXTURES = 72
MOST_CELLS = 8
#: Reads of a mixture, drawn evenly on a logarithmic scale: shallow samples look less like any class.
DEPTH = (2e4, 5e6)


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Expression of the panel genes: CPM, NaN where a gene was not measured."""

    cpm: Features  #: [sample, gene]
    label: NDArray[np.str_]
    source: NDArray[np.str_]
    cell: NDArray[np.str_]  #: type of a sorted normal cell, else empty

    def __getitem__(self, chosen: NDArray[np.bool_]) -> Samples:
        return Samples(self.cpm[chosen], self.label[chosen], self.source[chosen], self.cell[chosen])


def main() -> None:
    """Train, measure and write the model and the profiles."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    samples = read_samples(data)
    sharpness, accuracy = _measure(samples)
    model = fit_model(samples, sharpness)
    files = (
        "nordic_gse227832/logcpm.tsv.gz",
        "nordic_gse227832/labels.tsv",
        "gse115736_haemopedia_normal/counts.tsv.gz",
    )
    sums = [hashlib.sha256((data / name).read_bytes()).hexdigest() for name in files]
    origin = {
        "data": "GEO GSE227832 and its normal samples; labels of the ALLIUM supplement; GEO GSE115736",
        **dict(zip(("data_sha256", "labels_sha256", "cells_sha256"), sums, strict=True)),
        "script": "curation/subtyping_lineage.py",
        "n_samples": len(samples.label),
    }
    facts = {
        "penalty": PENALTY,
        "sharpness": sharpness,
        "nested_accuracy": accuracy,
        "folds": FOLDS,
        "seed": SEED,
    }
    publish_model(
        "lineage_panel", list(model.features), CLASSES, model.centre, model.spread, model.weights, model.intercept,
        origin | facts,
    )  # fmt: skip
    path = KNOWLEDGE / "lineage_profiles.tsv.gz"
    LINEAGE_PROFILES.write(mean_profiles(samples), path)
    file = {"file": path.name, "file_sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    record_facts("lineage_profiles", origin | file)


def read_samples(data: Path) -> Samples:
    """Return all samples but relapses; the eighteen that both data sets hold are taken once."""
    genes = list(subtype_knowledge().panel.features)
    folder = data / "nordic_gse227832"
    values = pd.read_csv(folder / "logcpm.tsv.gz", sep="\t", index_col=0).loc[genes]
    labels = pd.read_csv(folder / "labels.tsv", sep="\t").set_index("sample").loc[values.columns]
    counts = pd.read_csv(data / "gse115736_haemopedia_normal/counts.tsv.gz", sep="\t", index_col=0)
    of_cells = set(counts.columns)
    kept = [name for name in values if not name.endswith("_r") and name not in of_cells]
    normal = labels.cohort[kept] == "normal"
    label = np.where(normal, "Normal", np.where(labels.final[kept] == "T-ALL", "T-ALL", "B-ALL"))
    label[normal & pd.Series(kept, index=kept).str.startswith("S")] = "Stroma"
    known = subtype_knowledge()
    cells = express(
        counts.to_numpy(np.float64),
        list(counts.index),
        list(counts),
        reference=known.genes,
        profile=known.profile,
    )
    depth = np.nansum(cells.values, axis=1, keepdims=True)
    kinds = [str(name).split(".")[0] for name in counts]
    return Samples(
        np.vstack([10.0 ** values[kept].to_numpy(np.float64).T - 1.0, cells.of(genes) / depth * 1e6]),
        np.concatenate([label, np.full(len(kinds), "Normal")]),
        np.concatenate([np.full(len(kept), "GSE227832"), np.full(len(kinds), "GSE115736")]),
        np.array([""] * len(kept) + kinds),
    )


def _filled(features: Features, labels: NDArray[np.str_]) -> Features:
    """Give genes that were not measured the mean that they have in the normal samples where they were."""
    usual = np.nanmean(features[labels == "Normal"], axis=0)
    return np.where(np.isnan(features), usual, features)


def _mixed(samples: Samples, rng: np.random.Generator) -> Samples:
    """Return mixtures: of each leukaemia with normal cells of one source, and of normal cells alone."""
    pools = [
        samples.cpm[(samples.label == "Normal") & (samples.source == name)]
        for name in np.unique(samples.source)
    ]
    pools = [pool for pool in pools if len(pool)]

    def cells(least: int) -> Features:
        pool = pools[rng.integers(len(pools))]
        chosen = rng.choice(len(pool), min(rng.integers(least, MOST_CELLS + 1), len(pool)), replace=False)
        return np.asarray(pool[chosen].mean(axis=0))

    made, labels = [], []
    for label, copies in MIXTURES.items():
        for patient in samples.cpm[samples.label == label]:
            for _ in range(copies):
                share = np.exp(rng.uniform(*np.log(DILUTED)))
                made.append(share * patient + (1.0 - share) * cells(1))
                labels.append(label)
    made += [cells(2) for _ in range(NORMAL_MIXTURES)]
    labels += ["Normal"] * NORMAL_MIXTURES
    none = np.full(len(labels), "")
    return Samples(_sequenced(np.array(made), rng), np.array(labels), none, none)


def _sequenced(cpm: Features, rng: np.random.Generator) -> Features:
    """Return CPM of reads drawn from each sample, NaN where they were."""
    depth = np.exp(rng.uniform(*np.log(DEPTH), (len(cpm), 1)))
    reads = rng.poisson(np.nan_to_num(np.maximum(cpm, 0.0)) * depth / 1e6)
    return np.where(np.isnan(cpm), np.nan, reads / depth * 1e6)


def _training(samples: Samples, rng: np.random.Generator) -> tuple[Features, NDArray[np.str_]]:
    mixed = _mixed(samples, rng)
    labels = np.concatenate([samples.label, mixed.label])
    return _filled(rank_features(np.vstack([samples.cpm, mixed.cpm])), labels), labels


def _fit(features: Features, labels: NDArray[np.str_]) -> tuple[Features, Features]:
    truth = np.array([CLASSES.index(label) for label in labels])
    return ridge_classifier(features, truth, len(CLASSES), PENALTY)


def _measure(samples: Samples) -> tuple[float, float]:
    """Score held-out patients, normal cells of held-out types, and mixtures of both; print what they reach."""
    rng = np.random.default_rng(SEED)
    truth = np.array([CLASSES.index(label) for label in samples.label])
    fold = make_folds(truth, rng)
    kinds = sorted(set(samples.cell) - {""})
    for at, kind in enumerate(kinds):  # a type of cell is held out as a whole
        fold[samples.cell == kind] = at % FOLDS
    rows = []
    for held in range(FOLDS):
        weights, intercept = _fit(*_training(samples[fold != held], rng))
        inside, outside = samples[fold != held], samples[fold == held]
        for name, tested in (("pure", outside), ("mixed", _mixed(outside, rng))):
            usual = _filled(rank_features(inside.cpm), inside.label)[inside.label == "Normal"].mean(axis=0)
            features = rank_features(tested.cpm)
            scores = np.where(np.isnan(features), usual, features) @ weights.T + intercept
            rows.append(pd.DataFrame(scores, columns=CLASSES).assign(label=tested.label, kind=name))
    table = pd.concat(rows, ignore_index=True)
    scores = table[CLASSES].to_numpy()
    truth = np.array([CLASSES.index(label) for label in table.label])
    right = scores.argmax(axis=1) == truth
    pure = (table.kind == "pure").to_numpy()
    sharpness = fit_sharpness(scores, truth)
    print(f"held out: {right[pure].sum()} of {pure.sum()} pure, {right[~pure].sum()} of {(~pure).sum()} mixed; "
          f"sharpness {sharpness:g}")  # fmt: skip
    margin = table.Normal - table[["B-ALL", "T-ALL"]].max(axis=1)
    print("score of normal cells over that of leukaemia, held out: least, 5 %, median, 95 %, greatest")
    for name, rows_of in margin.groupby([table.label, table.kind]):
        print(f"  {name[0]}, {name[1]}:", *np.quantile(rows_of, [0, 0.05, 0.5, 0.95, 1]).round(2))
    return sharpness, round(float(right[pure].mean()), 4)


def fit_model(samples: Samples, sharpness: float) -> LinearModel:
    """Return the model of these samples and of mixtures made of them."""
    features, labels = _training(samples, np.random.default_rng(SEED))
    weights, intercept = _fit(features, labels)
    centre, spread = features.mean(axis=0), features.std(axis=0)
    spread = spread + np.median(spread)  # the table holds weights of standardised genes
    return LinearModel(
        subtype_knowledge().panel.features, tuple(CLASSES), centre, spread, weights * spread,
        intercept + weights @ centre, sharpness,
    )  # fmt: skip


def mean_profiles(samples: Samples) -> pd.DataFrame:
    """Return the mean deviates of each class, undiluted."""
    features = _filled(rank_features(samples.cpm), samples.label)
    means = {
        column: features[samples.label == label].mean(axis=0).round(4) for label, column in COLUMNS.items()
    }
    return pd.DataFrame({"gene_id": subtype_knowledge().panel.features} | means)


if __name__ == "__main__":
    main()
