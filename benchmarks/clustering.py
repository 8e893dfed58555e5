"""Consensus clustering against ConsensusClusterPlus, alternating in one run: ``python benchmarks/clustering.py``.

CPU seconds of one thread, warm, medians of three rounds.  R is timed inside R around ``ccRun`` (resampling and
consensus matrices, without plots); leukoscope around the whole of ``consensus_cluster``, with final
classes, and the table of areas.  Data: Chiaretti's 128 ALL patients, 5,000 genes, K = 2 … 10; with ``--large``
simulated values of 1,223 samples instead, hierarchical only: R gets 10 and 50 resamplings, whose line is prolonged
to 1,000, and the last column is the peak of numpy's memory beside the matrix, in another run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
import tracemalloc
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

R = """
suppressMessages({library(ConsensusClusterPlus); library(ALL)})
a <- commandArgs(TRUE); data(ALL); d <- exprs(ALL)
d <- d[rev(order(apply(d, 1, mad)))[1:5000], ]; d <- sweep(d, 1, apply(d, 1, median))
if (length(a) > 3) d <- matrix(readBin(a[3], "double", 1e9), ncol = as.integer(a[4]))
if (a[1] == "data") { f <- file(a[2], "wb"); writeBin(as.vector(d), f); close(f); q() }
set.seed(1); t0 <- proc.time()
m <- suppressMessages(ConsensusClusterPlus:::ccRun(d = d, maxK = 10, repCount = as.integer(a[2]), diss = FALSE,
  pItem = 0.8, pFeature = 1, innerLinkage = "average", distance = if (a[1] == "km") "euclidean" else "pearson",
  clusterAlg = a[1], verbose = FALSE, corUse = "everything"))
cat(sum((proc.time() - t0)[1:2]))
"""
CASES = (("hc", 1000, 3), ("km", 200, 1), ("pam", 100, 3))  # algorithm, resamplings, rounds
LARGE = (("hc", 1000, 1),)
FEW = (10, 50)  # resamplings that R gets where it would take minutes


def main() -> None:
    """Print one line per algorithm."""
    import numpy as np
    import pandas as pd

    from leukoscope.clustering import consensus_cluster, describe_choice

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--large", action="store_true", help="1,223 simulated samples")
    large = parser.parse_args().large
    n_samples, cases = (1223, LARGE) if large else (128, CASES)
    with tempfile.TemporaryDirectory() as folder:
        script, data = Path(folder) / "run.R", Path(folder) / "data.bin"
        script.write_text(R)
        if large:
            rng = np.random.default_rng(1)
            centres = rng.normal(size=(6, 5000)) * (rng.random((6, 5000)) < 0.2)
            (centres[np.arange(n_samples) % 6] + rng.normal(size=(n_samples, 5000))).tofile(data)
        else:
            subprocess.run(["Rscript", str(script), "data", str(data)], check=True, capture_output=True)
        values = np.fromfile(data).reshape(n_samples, -1).T
        expression = pd.DataFrame(values, columns=[f"P{i}" for i in range(n_samples)])
        print("algorithm  resamplings  R [s]    leukoscope [s]  ratio")
        for algorithm, n, rounds in cases:
            theirs, ours = [], []
            consensus_cluster(expression, n_resamplings=2, r_seed=1, algorithm=algorithm)  # warm
            for _ in range(rounds):
                command = ["Rscript", str(script), algorithm]
                if large:
                    low, high = (_seconds([*command, str(k), str(data), str(n_samples)]) for k in FEW)
                    theirs.append(low + (high - low) * (n - FEW[0]) / (FEW[1] - FEW[0]))
                else:
                    theirs.append(_seconds([*command, str(n)]))
                began = time.process_time()
                describe_choice(consensus_cluster(expression, n_resamplings=n, r_seed=1, algorithm=algorithm))
                ours.append(time.process_time() - began)
            slow, fast = median(theirs), median(ours)
            peak = f"  {_peak(expression, n, algorithm) / 1e6:.0f} MB" if large else ""
            print(f"{algorithm:9}  {n:11}  {slow:7.3f}  {fast:14.4f}  {slow / fast:5.1f}{peak}", flush=True)


def _seconds(command: list[str]) -> float:
    return float(subprocess.run(command, check=True, capture_output=True).stdout)


def _peak(expression: pd.DataFrame, n: int, algorithm: str) -> float:
    from leukoscope.clustering import consensus_cluster

    tracemalloc.start()
    consensus_cluster(expression, n_resamplings=n, r_seed=1, algorithm=algorithm)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


if __name__ == "__main__":
    main()
