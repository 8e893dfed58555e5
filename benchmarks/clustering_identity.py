"""Is every bit that of ConsensusClusterPlus?  Chiaretti's ALL, 5,000 genes, K = 2 … 10, 1,000 resamplings.

    python benchmarks/clustering_identity.py --algorithms hc pam km --seeds 1 2

R runs ``tests/golden/consensusclusterplus-1.62.0/make.R``; k-means takes it about four minutes a seed.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from leukoscope.clustering import consensus_cluster, describe_choice

SCRIPT = Path(__file__).parents[1] / "tests" / "golden" / "consensusclusterplus-1.62.0" / "make.R"
N, MAX_K = 128, 10


def main() -> None:
    """Print one line per algorithm and seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--algorithms", nargs="+", default=["hc", "pam", "km"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--resamplings", type=int, default=1000)
    args = parser.parse_args()
    for algorithm in args.algorithms:
        for seed in args.seeds:
            print(f"{algorithm} seed {seed}: {compare(algorithm, seed, args.resamplings)}", flush=True)


def compare(algorithm: str, seed: int, n: int) -> str:
    """Cluster in R and here, and tell what differs."""
    distance = "euclidean" if algorithm == "km" else "pearson"
    with tempfile.TemporaryDirectory() as folder:
        stem = Path(folder, "r")
        options = [algorithm, n, seed, "average", distance, 1.0, MAX_K, 5000]
        subprocess.run(["Rscript", SCRIPT, stem, *map(str, options)], check=True, capture_output=True)
        data = np.fromfile(stem.with_name("r.data.bin")).reshape(N, -1).T
        values = np.fromfile(stem.with_suffix(".bin"))
    frame = pd.DataFrame(data, columns=[f"P{i}" for i in range(N)])
    found = consensus_cluster(
        frame, max_k=MAX_K, n_resamplings=n, r_seed=seed, algorithm=algorithm, distance=distance
    )
    n_k, per_k = MAX_K - 1, N * N + 2 * N
    of_k = values[: per_k * n_k].reshape(n_k, per_k)
    area = np.abs(describe_choice(found)["area"] - values[per_k * n_k :][:n_k]).max()
    parts = {
        "consensus matrices": (found.matrices.reshape(n_k, -1), of_k[:, : N * N]),
        "classes": (found.classes, of_k[:, N * N : N * N + N]),
        "tree orders": (found.orders + 1, of_k[:, N * N + N :]),
    }
    told = [
        f"{name} {'equal' if np.array_equal(ours, theirs) else 'DIFFER'}"
        for name, (ours, theirs) in parts.items()
    ]
    return f"{', '.join(told)}; areas within {area:.1g}"


if __name__ == "__main__":
    main()
