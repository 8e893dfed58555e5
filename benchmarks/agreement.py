"""Differential expression beside DESeq2's on a simulated cohort: the same genes, and how far apart.

    python benchmarks/agreement.py FOLDER [--pairs 45] [--genes 20000] [--design '~ patient + timepoint']

Counts and R's tables are kept in FOLDER, so that R, which takes minutes, runs once.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from differential import simulated
from leukoscope.differential import contrast_genes, fit_model

SCRIPT = Path(__file__).parents[1] / "tests" / "golden" / "deseq2-1.38.3" / "reference.R"
CONTRAST = ["timepoint", "remission", "onset"]


def main() -> None:
    """Print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=int, default=45)
    parser.add_argument("--genes", type=int, default=20_000)
    parser.add_argument("--design", default="~ patient + timepoint")
    args = parser.parse_args()
    cohort = simulated(args.pairs, paired="patient" in args.design, n_genes=args.genes)
    if not (args.folder / "r" / "genes.tsv.gz").exists():
        args.folder.mkdir(parents=True, exist_ok=True)
        counts, samples = args.folder / "counts.tsv", args.folder / "samples.tsv"
        index = pd.Index(cohort.gene_ids, name="gene_id")
        pd.DataFrame(cohort.counts, index, cohort.sample_names).to_csv(counts, sep="\t")
        cohort.samples.to_csv(samples, sep="\t", index=False)
        contrast = ",".join(CONTRAST)
        subprocess.run(
            ["Rscript", SCRIPT, counts, samples, args.design, contrast, args.folder / "r"], check=True
        )
    theirs = pd.read_csv(args.folder / "r" / "genes.tsv.gz", sep="\t", index_col="gene_id", low_memory=False)
    ours = (
        contrast_genes(fit_model(cohort, args.design), CONTRAST).table.set_index("gene_id").loc[theirs.index]
    )
    sys.stdout.write(compare(ours, theirs) + "\n")


def compare(ours: pd.DataFrame, theirs: pd.DataFrame) -> str:
    """Return in words how two tables of the same genes differ."""
    same_path = (ours["fit"] == "reweighted") & (theirs["betaIter"] < 100)
    effect = (ours["log2_fold_change"] - theirs["log2FoldChange"]).abs()
    adjusted = (ours["p_adjusted"] / theirs["padj"].where(theirs["padj"] > 1e-290) - 1).abs()
    called = [
        set(theirs.index[(p < 0.05) & (e.abs() >= 1)])
        for p, e in (
            (ours["p_adjusted"], ours["log2_fold_change"]),
            (theirs["padj"], theirs["log2FoldChange"]),
        )
    ]
    pairs = (("log2_fold_change", "log2FoldChange"), ("p_value", "pvalue"), ("p_adjusted", "padj"))
    missing = [int((ours[a].isna() != theirs[b].isna()).sum()) for a, b in pairs]
    other = effect[~same_path].dropna()
    return (
        f"{len(ours)} genes; called {len(called[1])} by R, {len(called[0] ^ called[1])} by one only; missing effect, "
        f"p, adjusted p in one only: {missing}; |difference of effects| {effect[same_path].max():.1e} and relative "
        f"difference of adjusted p {np.nanmax(adjusted[same_path]):.1e} where R's reweighting converged; "
        f"{other.size} other gene(s){f': {other.max():.1e}' if other.size else ''}"
    )


if __name__ == "__main__":
    main()
