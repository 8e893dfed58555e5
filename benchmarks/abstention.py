"""Measure what subtype calls must not say: mixtures, normal cells, other tissue, lineages, chosen genes.

    python -m benchmarks.abstention --data ../shared/data/expression [--other TISSUE.tsv ...]

Real counts of patients and of sorted normal cells are mixed in proportion.  Normal cells trained the lineage panel:
here it is trained twice, each time without half of the types of cells, and meets only these.  Matrices given as
``--other`` (genes in rows) are called by the shipped panel; none of their samples is leukaemia or blood.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks.subtyping import CANONICAL_COHORTS, KNOWN, myeloid_stand_ins, read_counts, read_truth

from leukoscope.expression import express
from leukoscope.knowledge.subtype_tables import SubtypeKnowledge
from leukoscope.subtyping.calling import call_subtypes

SURE = ("definite", "probable")
NORMAL = "gse115736_haemopedia_normal"
HALVES = (
    ("CD4T", "MemB", "Mono", "Eo", "myDC", "NK"),
    ("CD8T", "NveB", "Neut", "MonoNonClassical", "pDC", "myDC123"),
)
SHARES = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
MOST_EXPRESSED = (1000, 2000, 3000, 5000, 8000, 12000)


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--other", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    print(
        "| samples | n | B-ALL | T-ALL | myeloid | normal | suggestive | none |\n|---|---|---|---|---|---|---|---|"
    )
    for name, called in _measured(args.data, args.other):
        sure = called[called.tier.isin(SURE)].group
        of = [sure.isin(["T-ALL"]), sure == "Myeloid", sure == "Normal"]
        rest = len(sure) - sum(int(kind.sum()) for kind in of)
        counts = [
            rest,
            *(int(kind.sum()) for kind in of),
            *((called.tier == t).sum() for t in ("suggestive", "none")),
        ]
        print(f"| {name} | {len(called)} | " + " | ".join(map(str, counts)) + " |")


def _measured(data: Path, others: list[Path]) -> Iterator[tuple[str, pd.DataFrame]]:
    patients, truth = _patients(data)
    normal = read_counts(data, NORMAL)
    models = _held_out_models(data)
    of_t, of_b = (truth.index[truth == "T-ALL"], truth.index[truth != "T-ALL"])
    for name, chosen, copies in (("T-ALL", of_t, 5), ("B-ALL", of_b, 1)):
        for share in SHARES:
            yield (
                f"{share:.0%} {name} among normal cells",
                _among_normal(patients[chosen.repeat(copies)], normal, share, models),
            )
    yield "normal cells, mixtures", _among_normal(patients[of_b], normal, 0.0, models)
    yield "normal cells, sorted", _on_held_out(normal, models)
    for most in MOST_EXPRESSED:
        level = (normal / normal.sum()).mean(axis=1)
        yield (
            f"normal cells, {most:,} most expressed genes",
            _on_held_out(normal.loc[level.nlargest(most).index], models),
        )
    rng = np.random.default_rng(2)
    other_lineage = {
        "T-ALL": patients[rng.choice(of_t, len(of_b))],
        "stand-in for AML": _stand_ins(data, patients.index, len(of_b)),
    }
    for name, beside in other_lineage.items():
        for share in (0.1, 0.2, 0.3, 0.5, 0.8):
            both = share * patients[of_b].to_numpy() + (1 - share) * beside.to_numpy()
            mixture = pd.DataFrame(both, index=patients.index, columns=of_b)
            yield f"{share:.0%} B-ALL in {name}", _call(2e7 * mixture, KNOWN)
    for name, frame in (("B-ALL", patients[of_b]), ("normal cells", normal)):
        shuffled = pd.DataFrame(rng.permutation(frame.to_numpy()), index=frame.index, columns=frame.columns)
        yield f"{name}, genes shuffled", _call(shuffled, KNOWN)
    yield "marrow stroma (GSE227832, trained on)", _call(_stroma(data), KNOWN)
    for path in others:
        frame = pd.read_csv(path, sep="\t", index_col=0).select_dtypes("number")
        yield path.name, _call(frame, KNOWN)


def _call(frame: pd.DataFrame, knowledge: SubtypeKnowledge) -> pd.DataFrame:
    names = [str(at) for at in range(frame.shape[1])]
    expression = express(
        frame.to_numpy(np.float64), [str(gene) for gene in frame.index], names, reference=KNOWN.genes,
        profile=KNOWN.profile,
    )  # fmt: skip
    return call_subtypes(expression, knowledge).table


def _patients(data: Path) -> tuple[pd.DataFrame, pd.Series]:
    """Return shares of the reads of every gene that all cohorts measured, and the known class of each patient."""
    gene_of = KNOWN.genes.drop_duplicates("symbol").set_index("symbol").gene_id
    parts, truths = [], []
    for name in CANONICAL_COHORTS:
        truth, frame = read_truth(data, name), read_counts(data, name)
        if not str(frame.index[0]).startswith("ENSG"):
            frame = frame[frame.index.isin(gene_of.index)].rename(index=gene_of)
        parts.append(frame.loc[~frame.index.duplicated(), list(truth.index)])
        truths.append(truth)
    lost = KNOWN.genes.gene_id[KNOWN.genes.chromosome.isin(["chr10", "chr20"])]
    table = pd.concat([*parts, read_counts(data, NORMAL)], axis=1, join="inner").astype(float)
    table = table[~table.index.isin(lost)]  # the normal cells have no read there
    truth = pd.concat(truths)
    return table[truth.index] / table[truth.index].sum(), truth


def _held_out_models(data: Path) -> list[tuple[tuple[str, ...], SubtypeKnowledge]]:
    """Return types of normal cells, and the knowledge of a model that has not seen them."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "curation"))
    from subtyping_lineage import fit_model, mean_profiles, read_samples

    samples = read_samples(data)
    models = []
    for half in HALVES:
        inside = samples[~np.isin(samples.cell, half)]
        model = fit_model(inside, KNOWN.lineage_panel.sharpness)
        models.append((half, replace(KNOWN, lineage_panel=model, lineage_profiles=mean_profiles(inside))))
    return models


def _on_held_out(
    normal: pd.DataFrame, models: list[tuple[tuple[str, ...], SubtypeKnowledge]]
) -> pd.DataFrame:
    kinds = normal.columns.str.partition(".").get_level_values(0)
    return pd.concat([_call(normal.loc[:, kinds.isin(half)], known) for half, known in models])


def _among_normal(
    patients: pd.DataFrame,
    normal: pd.DataFrame,
    share: float,
    models: list[tuple[tuple[str, ...], SubtypeKnowledge]],
) -> pd.DataFrame:
    """Mix each patient with eight normal samples of held-out types, every other patient with the other types."""
    rng = np.random.default_rng(int(1000 * share))
    cells = normal.loc[patients.index] / normal.loc[patients.index].sum()
    kinds = cells.columns.str.partition(".").get_level_values(0)
    parts = []
    for start, (half, known) in enumerate(models):
        own = patients.iloc[:, start::2].to_numpy()
        pool = cells.loc[:, kinds.isin(half)].to_numpy()
        drawn = [
            pool[:, rng.choice(pool.shape[1], 8, replace=False)].mean(axis=1) for _ in range(own.shape[1])
        ]
        mixture = share * own + (1 - share) * np.column_stack(drawn)
        parts.append(_call(pd.DataFrame(2e7 * mixture, index=patients.index).round(), known))
    return pd.concat(parts)


def _stand_ins(data: Path, genes: pd.Index, n: int) -> pd.DataFrame:
    """Return stand-ins for AML, of every kind in turn, as shares of reads."""
    counts = {name: read_counts(data, name) for name in ("diploid_balls_hg38", NORMAL)}
    kinds = list(myeloid_stand_ins(counts, n).values())
    chosen = (
        pd.DataFrame({at: kinds[at % len(kinds)].iloc[:, at] for at in range(n)}).reindex(genes).fillna(0.0)
    )
    return chosen / chosen.sum()


def _stroma(data: Path) -> pd.DataFrame:
    folder = data / "nordic_gse227832"
    values = pd.read_csv(folder / "logcpm.tsv.gz", sep="\t", index_col=0)
    labels = pd.read_csv(folder / "labels.tsv", sep="\t").set_index("sample")
    return values[[name for name in values if name.startswith("S") and labels.cohort[name] == "normal"]]


if __name__ == "__main__":
    main()
