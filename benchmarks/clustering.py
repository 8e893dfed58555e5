"""Consensus clustering against ConsensusClusterPlus, alternating in one run: ``python benchmarks/clustering.py``.

CPU seconds of one thread, warm, medians of three rounds.  R is timed inside R around ``ccRun`` (resampling and
consensus matrices, without plots); leukoscope around the whole of ``consensus_cluster``, with final
classes, and the table of areas.  Data: Chiaretti's 128 ALL patients, 5,000 genes, K = 2 … 10.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

R = """
suppressMessages({library(ConsensusClusterPlus); library(ALL)})
a <- commandArgs(TRUE); data(ALL); d <- exprs(ALL)
d <- d[rev(order(apply(d, 1, mad)))[1:5000], ]; d <- sweep(d, 1, apply(d, 1, median))
if (a[1] == "data") { f <- file(a[2], "wb"); writeBin(as.vector(d), f); close(f); q() }
set.seed(1); t0 <- proc.time()
m <- suppressMessages(ConsensusClusterPlus:::ccRun(d = d, maxK = 10, repCount = as.integer(a[2]), diss = FALSE,
  pItem = 0.8, pFeature = 1, innerLinkage = "average", distance = if (a[1] == "km") "euclidean" else "pearson",
  clusterAlg = a[1], verbose = FALSE, corUse = "everything"))
cat(sum((proc.time() - t0)[1:2]))
"""
CASES = (("hc", 1000, 3), ("km", 200, 1), ("pam", 100, 3))  # algorithm, resamplings, rounds


def main() -> None:
    """Print one line per algorithm."""
    import numpy as np
    import pandas as pd

    from leukoscope.clustering import consensus_cluster, describe_choice

    with tempfile.TemporaryDirectory() as folder:
        script, data = Path(folder) / "run.R", Path(folder) / "data.bin"
        script.write_text(R)
        subprocess.run(["Rscript", str(script), "data", str(data)], check=True, capture_output=True)
        expression = pd.DataFrame(np.fromfile(data).reshape(128, -1).T, columns=[f"P{i}" for i in range(128)])
        print("algorithm  resamplings  R [s]    leukoscope [s]  ratio")
        for algorithm, n, rounds in CASES:
            theirs, ours = [], []
            consensus_cluster(expression, n_resamplings=2, r_seed=1, algorithm=algorithm)  # warm
            for _ in range(rounds):
                run = subprocess.run(
                    ["Rscript", str(script), algorithm, str(n)], check=True, capture_output=True
                )
                theirs.append(float(run.stdout))
                began = time.process_time()
                describe_choice(consensus_cluster(expression, n_resamplings=n, r_seed=1, algorithm=algorithm))
                ours.append(time.process_time() - began)
            slow, fast = median(theirs), median(ours)
            print(f"{algorithm:9}  {n:11}  {slow:7.3f}  {fast:14.4f}  {slow / fast:5.1f}", flush=True)


if __name__ == "__main__":
    main()
