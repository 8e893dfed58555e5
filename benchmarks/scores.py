"""Single-sample scores against R's GSVA, in one run: ``python benchmarks/scores.py [--full]``.

CPU seconds of one thread, warm, least of some rounds; R's are taken inside R around ``gsva()``.  Values are noise, sets
random (4 to 2,000 genes, median 33).  ``--full``: leukoscope alone on 1,223 samples x 20,000 genes x 10,000 sets, and
its peak memory beyond the matrix.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import tempfile
import time
from pathlib import Path

for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"  # before numpy is imported

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from leukoscope.enrichment import score_samples  # noqa: E402
from leukoscope.genesets import GeneSets, gather_gene_sets  # noqa: E402

R = """
suppressMessages(library(GSVA)); a <- commandArgs(TRUE)
x <- matrix(readBin(a[1], "double", 1e9), nrow = as.integer(a[2]), byrow = TRUE)
rownames(x) <- paste0("g", seq_len(nrow(x)) - 1); colnames(x) <- paste0("S", seq_len(ncol(x)))
l <- strsplit(readLines(a[3]), "\\t"); sets <- setNames(lapply(l, `[`, -(1:2)), sapply(l, `[`, 1)); t <- proc.time()
quiet <- capture.output(r <- gsva(x, sets, method = a[4], verbose = FALSE)); s <- sum((proc.time() - t)[1:2])
writeBin(as.vector(r), a[5]); cat(s)
"""


def main() -> None:
    """Print one line per method."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--sets", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=2)
    args = parser.parse_args()
    small = simulate(300, 10, 50)
    for method in ("gsva", "ssgsea", "singscore"):
        score_samples(*small, method=method)  # compile
    if args.full:
        measure_full()
    else:
        compare(args.samples, args.sets, args.rounds)


def simulate(n_genes: int, n_samples: int, n_sets: int) -> tuple[pd.DataFrame, GeneSets]:
    """Return noise and random sets."""
    rng = np.random.default_rng(1)
    names = np.array([f"g{i}" for i in range(n_genes)])
    sizes = np.clip(np.exp(rng.normal(3.5, 1.2, n_sets)).astype(int), 4, min(2000, n_genes // 2))
    rows = [(f"s{i}", "", list(rng.choice(names, size, replace=False))) for i, size in enumerate(sizes)]
    columns = [f"S{i + 1}" for i in range(n_samples)]
    values = pd.DataFrame(rng.normal(size=(n_genes, n_samples)), index=names, columns=columns)
    return values, gather_gene_sets("random", rows)


def compare(n_samples: int, n_sets: int, rounds: int) -> None:
    """Time R and leukoscope in turn."""
    values, gene_sets = simulate(20_000, n_samples, n_sets)
    with tempfile.TemporaryDirectory() as folder:
        data, sets, script, out = (Path(folder, name) for name in ("x.bin", "sets.gmt", "run.R", "out.bin"))
        values.to_numpy().tofile(data)
        lines = ("\t".join((name, "", *gene_sets.members_of(i))) for i, name in enumerate(gene_sets.names))
        sets.write_text("\n".join(lines) + "\n")
        script.write_text(R)
        for method in ("gsva", "ssgsea"):
            theirs, ours = [], []
            for _ in range(rounds):
                command = ["Rscript", script, data, str(len(values)), sets, method, out]
                told = subprocess.run(command, check=True, capture_output=True, text=True)
                theirs.append(float(told.stdout))
                began = time.process_time()
                found = score_samples(values, gene_sets, method=method).table
                ours.append(time.process_time() - began)
            apart = np.abs(found.iloc[:, 2:].to_numpy().T.ravel() - np.fromfile(out)).max()
            print(
                f"{method}, {n_samples} samples x 20000 genes x {n_sets} sets: R {min(theirs):.2f} s, leukoscope "
                f"{min(ours):.2f} s, ratio {min(theirs) / min(ours):.1f}; scores within {apart:.1g}",
                flush=True,
            )


def measure_full() -> None:
    """Time leukoscope on a thousand samples."""
    values, gene_sets = simulate(20_000, 1223, 10_000)
    for method in ("singscore", "ssgsea", "gsva"):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.process_time()
        score_samples(values, gene_sets, method=method)
        spent = time.process_time() - began
        memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        size = values.to_numpy().nbytes / 2**20
        print(
            f"{method}: {spent:.1f} s, {memory:.0f} MB beyond the peak before (matrix {size:.0f} MB)",
            flush=True,
        )


if __name__ == "__main__":
    main()
