"""The whole cohort step beside R: `leukoscope cohort` against DESeq2 and ConsensusClusterPlus alone, in one run.

    python benchmarks/cohort.py [--genes 20000] [--threads 2] [--without-r]
    python benchmarks/cohort.py --patients 45 200 1223 --without-r      # growth: time, memory and size of the page

A simulated cohort (45 patients, 76 samples, eight contrasts, seed 1).  leukoscope is timed as a user runs it: start,
reading, every chapter, ranked and plain enrichment in GO BP, tables, figures, page and workbook.  R only fits the
same eight contrasts and makes the consensus (hc, K 2-10, 1,000 resamplings, 5,000 genes); no enrichment, no figures.
The library's functions are timed for these parts alone as well, on one thread, start and reading included as for R.
More patients than 45 are the same ones again, their counts drawn anew (Poisson), their fusions as they were.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

PR_SET_CHILD_SUBREAPER = 36

PARTS = """
import sys
from pathlib import Path
import numpy as np
from leukoscope.clustering import consensus_cluster, select_variable_genes
from leukoscope.contrasts import read_contrasts
from leukoscope.differential import contrast_genes, fit_model
from leukoscope.formats.cohort_sheet import read_cohort_sheet, read_contrast_sheet, read_sheet_counts
from leukoscope.study.analysis import clustered_expression
folder = Path(sys.argv[1])
samples = read_cohort_sheet(folder / "samples.csv")
cohort = read_sheet_counts(samples, folder)
for one in read_contrasts(read_contrast_sheet(folder / "contrasts.csv"), samples):
    levels = {one.variable: [one.reference, one.target]}
    model = fit_model(cohort.described_by(one.samples), one.design, levels=levels)
    found = contrast_genes(model, [one.variable, one.target, one.reference], alpha=0.05).table
    called = (found["p_adjusted"] < 0.05) & (found["log2_fold_change"].abs() >= 1)
    print(one.contrast, len(one.samples), called.sum(), flush=True)
onset = samples.loc[samples["timepoint"] == "onset", "sample"].tolist()
chosen = select_variable_genes(clustered_expression(cohort, None)[0][onset], n_genes=5000)
consensus_cluster(chosen, max_k=10, n_resamplings=1000, r_seed=1)
"""

R = """
suppressPackageStartupMessages({library(DESeq2); library(ConsensusClusterPlus)})
folder <- commandArgs(TRUE)[1]
samples <- read.csv(file.path(folder, "samples.csv"))
counts <- read.delim(file.path(folder, "counts.tsv.gz"), row.names = 1, check.names = FALSE)
counts <- as.matrix(counts[, samples$sample])
contrasts <- read.csv(file.path(folder, "contrasts.csv"), colClasses = "character", na.strings = character())
for (i in seq_len(nrow(contrasts))) {
  one <- contrasts[i, ]; chosen <- samples
  for (rule in strsplit(one$subset, ";")[[1]]) {
    parts <- strsplit(rule, "=")[[1]]; chosen <- chosen[chosen[[parts[1]]] == parts[2], ]
  }
  chosen <- chosen[chosen[[one$variable]] %in% c(one$reference, one$target), ]
  if (one$blocking != "") {
    pairs <- table(chosen[[one$blocking]]); chosen <- chosen[chosen[[one$blocking]] %in% names(pairs)[pairs == 2], ]
  }
  if (nrow(chosen) < 3 || length(unique(chosen[[one$variable]])) < 2) next
  chosen[[one$variable]] <- factor(chosen[[one$variable]], c(one$reference, one$target))
  if (one$blocking != "") chosen[[one$blocking]] <- factor(chosen[[one$blocking]])
  design <- reformulate(c(if (one$blocking != "") one$blocking, one$variable))
  data <- suppressMessages(DESeqDataSetFromMatrix(round(counts[, chosen$sample]), chosen, design))
  done <- results(suppressMessages(DESeq(data, quiet = TRUE)))
  called <- sum(done$padj < 0.05 & abs(done$log2FoldChange) >= 1, na.rm = TRUE)
  cat(one$id, nrow(chosen), called, sum(proc.time()[1:2]), "\\n")
}
onset <- counts[, samples$sample[samples$timepoint == "onset"]]
values <- log2(t(t(onset) / colSums(onset)) * 1e6 + 1)
values <- values[order(-apply(values, 1, mad))[1:5000], ]
values <- sweep(values, 1, apply(values, 1, median))
pdf(NULL)
invisible(ConsensusClusterPlus(values, maxK = 10, reps = 1000, pItem = 0.8, clusterAlg = "hc", distance = "pearson",
  innerLinkage = "average", finalLinkage = "average", seed = 1))
cat("consensus", sum(proc.time()[1:2]), "\\n")
"""


def main() -> None:
    """Run both and print their cost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--genes", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--without-r", action="store_true")
    parser.add_argument("--patients", type=int, nargs="+", default=[45])
    args = parser.parse_args()
    leukoscope = [sys.executable, "-m", "leukoscope"]
    with tempfile.TemporaryDirectory() as name:
        cohort = Path(name) / "cohort"
        simulate = ["simulate", "cohort", "--outdir", str(cohort), "--seed", "1", "--genes", str(args.genes)]
        subprocess.run([*leukoscope, *simulate], check=True)
        for patients in args.patients:
            sheet = cohort / "samples.csv" if patients == 45 else enlarge(cohort, patients)
            report = Path(name) / f"report{patients}"
            options = ["--contrasts", str(cohort / "contrasts.csv"), "--threads", str(args.threads)]
            command = [*leukoscope, "cohort", str(sheet), *options, "--outdir", str(report)]
            ours = cost(["/usr/bin/time", "-f", "largest process: %M kB", *command])
            print(
                f"leukoscope cohort, {patients} patients, {args.threads} thread(s): {ours[0]:.0f} CPU s, "
                f"{ours[1]:.0f} s by the clock, page {(report / 'report.html').stat().st_size / 1e6:.1f} MB",
                flush=True,
            )
        parts = cost([sys.executable, "-c", PARTS, str(cohort)])
        only = "leukoscope, contrasts and consensus only"
        print(f"{only}: {parts[0]:.0f} CPU s, {parts[1]:.0f} s by the clock", flush=True)
        if not args.without_r:
            theirs = cost(["Rscript", "-e", R, str(cohort)])
            print(f"R, contrasts and consensus only: {theirs[0]:.0f} CPU s, {theirs[1]:.0f} s by the clock")
            print(
                f"ratio to the whole: {theirs[0] / ours[0]:.1f} of CPU, {theirs[1] / ours[1]:.1f} by the clock"
            )
            print(
                f"ratio of equal parts: {theirs[0] / parts[0]:.1f} of CPU, {theirs[1] / parts[1]:.1f} by the clock"
            )


def enlarge(cohort: Path, patients: int) -> Path:
    """Write a sheet and a matrix of `patients` patients beside those of 45, and return the sheet."""
    rng = np.random.default_rng(1)
    sheet = pd.read_csv(cohort / "samples.csv", dtype=str, keep_default_na=False)
    counts = pd.read_csv(cohort / "counts.tsv.gz", sep="\t", index_col="gene_id")
    sheets, matrices = [], []
    for first in range(0, patients, 45):
        kept = sheet["patient"].isin(sheet["patient"].unique()[: patients - first])
        tag = f"C{first // 45}_"
        sheets.append(sheet[kept].assign(sample=tag + sheet["sample"], patient=tag + sheet["patient"]))
        part = counts[sheet.loc[kept, "sample"]].astype(np.float64)
        matrices.append(pd.DataFrame(rng.poisson(part), index=counts.index, columns=tag + part.columns))
    others = counts.columns.difference(sheet["sample"], sort=False)
    name = f"counts{patients}.tsv.gz"
    pd.concat([counts[others], *matrices], axis=1).to_csv(
        cohort / name, sep="\t", compression={"method": "gzip", "compresslevel": 1}
    )
    path = cohort / f"samples{patients}.csv"
    pd.concat(sheets, ignore_index=True).assign(counts=name).to_csv(path, index=False)
    return path


def cost(command: list[str]) -> tuple[float, float]:
    """Return CPU seconds and wall seconds of a command and what it started."""
    ctypes.CDLL(None).prctl(
        PR_SET_CHILD_SUBREAPER, 1
    )  # the server of its workers, which outlives it, is left to us
    before, began = os.times(), time.perf_counter()
    subprocess.run(command, check=True)
    wall = time.perf_counter() - began
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system, wall


if __name__ == "__main__":
    main()
