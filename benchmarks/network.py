"""Gene networks against R's ``cor``, in one run: ``python benchmarks/network.py [--genes 20000] [--samples 100]``.

CPU seconds of one thread, warm, least of two rounds, R before each of ours, and our peak memory beyond the matrix.  R
correlates all pairs and keeps those that reach a limit; leukoscope does that and finds the discovery cut over all
pairs, modules and hubs.  Spearman's correlations are fractions, so that some are 0.6 itself but for rounding: both
sides keep those.
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

from leukoscope.coexpression import build_network  # noqa: E402

R = """
a <- commandArgs(TRUE); n <- as.integer(a[2]); x <- matrix(readBin(a[1], "double", 1e9), nrow = n); t <- proc.time()
r <- cor(x, method = a[3]); e <- which(abs(r) >= 0.6 - 5e-13 & upper.tri(r), arr.ind = TRUE); w <- r[e]
cat(sum((proc.time() - t)[1:2]), nrow(e))
"""


def main() -> None:
    """Print one line per correlation."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--genes", type=int, default=20_000)
    parser.add_argument("--samples", type=int, default=100)
    args = parser.parse_args()
    rng = np.random.default_rng(1)
    factors, loads = rng.normal(size=(30, args.samples)), rng.normal(size=(args.genes, 30))
    loads *= rng.random(loads.shape) < 0.05
    values = loads @ factors + rng.normal(size=(args.genes, args.samples))
    expression = pd.DataFrame(values, index=[f"g{i}" for i in range(args.genes)])
    build_network(expression.iloc[:300], min_correlation=0.6)
    with tempfile.TemporaryDirectory() as folder:
        data, script = Path(folder, "x.bin"), Path(folder, "run.R")
        values.tofile(data)  # rows of genes are R's columns
        script.write_text(R)
        for method in ("pearson", "spearman"):
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            command = ["Rscript", str(script), str(data), str(args.samples), method]
            slow, fast = [], []
            for _ in range(2):
                told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
                slow.append(float(told[0]))
                began = time.process_time()
                edges = build_network(expression, method=method, min_correlation=0.6, max_edges=10**8).edges
                fast.append(time.process_time() - began)
            memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
            print(
                f"{method}: R {min(slow):.2f} s, {told[1]} edges; leukoscope {min(fast):.2f} s, {len(edges)} edges, "
                f"{memory:.0f} MB; ratio {min(slow) / min(fast):.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
