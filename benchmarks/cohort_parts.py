"""The parts of `leukoscope cohort` that peers do as well, one by one on one thread: CPU seconds of each.

    python benchmarks/cohort_parts.py COHORT SETS.gmt REPORT

COHORT holds samples.csv and contrasts.csv, REPORT what ``leukoscope cohort`` made of it (for groups and figures).
Starting and reading are counted as a part.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"  # before numpy is imported

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from leukoscope.clustering import consensus_cluster, select_variable_genes  # noqa: E402
from leukoscope.contrasts import read_contrasts  # noqa: E402
from leukoscope.differential import contrast_genes, fit_model  # noqa: E402
from leukoscope.enrichment import enrich_ranked, find_overrepresented  # noqa: E402
from leukoscope.formats.cohort_sheet import (  # noqa: E402
    read_cohort_sheet,
    read_contrast_sheet,
    read_sheet_counts,
)
from leukoscope.formats.gmt import read_gmt  # noqa: E402
from leukoscope.report.cohort_document import read_document  # noqa: E402
from leukoscope.report.cohort_figures import plan_figures  # noqa: E402
from leukoscope.report.figure_plan import draw_plan  # noqa: E402
from leukoscope.study.analysis import clustered_expression  # noqa: E402
from leukoscope.study.expression import gene_names, ranked_genes  # noqa: E402

FIGURES = ("volcano", "ma", "pca", "heat_map")
spent: dict[str, float] = {}


def main() -> None:
    """Compute the parts and print what each cost."""
    folder, sets, report = (Path(name) for name in sys.argv[1:4])
    samples = read_cohort_sheet(folder / "samples.csv")
    cohort = read_sheet_counts(samples, folder)
    gene_sets = read_gmt(sets)
    asked = read_contrast_sheet(folder / "contrasts.csv")
    spent["reading"] = time.process_time()
    document = read_document(report / "cohort.json")  # the peers have none
    onset = samples.loc[samples["timepoint"] == "onset", "sample"].tolist()
    with timed("consensus"):
        chosen = select_variable_genes(clustered_expression(cohort, None)[0][onset], n_genes=5000)
        consensus_cluster(chosen, max_k=10, n_resamplings=1000, r_seed=1)
    grouped = samples.assign(group=samples["sample"].map(document.summary["groups"]["members"]).fillna(""))
    between = [
        {"id": one["id"], "variable": "group", "reference": one["levels"][0], "target": one["levels"][1]}
        for one in document.summary["contrasts"]
        if one["variable"] == "group"
    ]
    contrasts = pd.concat([asked, pd.DataFrame(between)], ignore_index=True).fillna("")
    for one in read_contrasts(contrasts, grouped):
        with timed("contrasts"):
            levels = {one.variable: [one.reference, one.target]}
            model = fit_model(cohort.described_by(one.samples), one.design, levels=levels)
            found = contrast_genes(model, [one.variable, one.target, one.reference], alpha=0.05).table
        names, change = gene_names(found), found["log2_fold_change"]
        called = (found["p_adjusted"] < 0.05) & (change.abs() >= 1)
        tested = set(names[found["p_adjusted"].notna()])
        with timed("over-representation"):
            for side in (change > 0, change < 0):
                if (called & side).any():
                    find_overrepresented(list(names[called & side]), gene_sets, universe=tested)
        with timed("ranked enrichment"):
            enrich_ranked(ranked_genes(found), gene_sets, rng=np.random.default_rng(1), least_p=1e-10)
    drawn = [plan for plan in plan_figures(document) if plan.stem.split("/")[-1] in FIGURES]
    with TemporaryDirectory() as name, timed("figures of contrasts"):
        for _ in map(partial(draw_plan, folder=Path(name), formats=("pdf",)), drawn):
            pass
    for part, seconds in spent.items():
        print(part, f"{seconds:.2f}", sep="\t")


@contextmanager
def timed(part: str) -> Iterator[None]:
    """Add the CPU seconds of a block to those of its part."""
    began = time.process_time()
    yield
    spent[part] = spent.get(part, 0.0) + time.process_time() - began


if __name__ == "__main__":
    main()
