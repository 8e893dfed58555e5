"""The numbers of ConsensusClusterPlus in R: live where Rscript and the packages are, else the golden table."""

from __future__ import annotations

import gzip
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leukoscope.clustering import (
    consensus_cluster,
    describe_choice,
    describe_cluster_consensus,
    describe_item_consensus,
)
from leukoscope.clustering.colours import track_colours

GOLDEN = Path(__file__).parents[1] / "golden" / "consensusclusterplus-1.62.0"
N = 128  # Chiaretti's patients


def has_r_packages() -> bool:
    if shutil.which("Rscript") is None:
        return False
    code = "q(status = !all(c('ConsensusClusterPlus', 'ALL') %in% rownames(installed.packages())))"
    return subprocess.run(["Rscript", "-e", code], capture_output=True).returncode == 0


def compare(stem: Path, data: np.ndarray, max_k: int, **options: object) -> None:
    frame = pd.DataFrame(data, columns=[f"P{i}" for i in range(N)])
    found = consensus_cluster(frame, max_k=max_k, **options)
    values = np.fromfile(stem.with_suffix(".bin"))
    per_k, n_k = N * N + 2 * N, max_k - 1
    of_k = values[: per_k * n_k].reshape(n_k, per_k)
    np.testing.assert_array_equal(found.matrices, of_k[:, : N * N].reshape(n_k, N, N))
    np.testing.assert_array_equal(found.classes, of_k[:, N * N : N * N + N])
    np.testing.assert_array_equal(found.orders + 1, of_k[:, N * N + N :])
    rest = values[per_k * n_k :]
    np.testing.assert_allclose(describe_choice(found)["area"], rest[:n_k], atol=1e-12)
    n_classes = sum(range(2, max_k + 1))
    ours = describe_cluster_consensus(found)["cluster_consensus"]
    np.testing.assert_allclose(ours, rest[n_k : n_k + n_classes], atol=1e-12)
    items = pd.DataFrame(rest[n_k + n_classes :].reshape(4, -1).T, columns=["k", "cluster", "item", "value"])
    items["sample"] = [f"P{int(i) - 1}" for i in items["item"]]
    both = describe_item_consensus(found).merge(items, on=["k", "cluster", "sample"])
    assert len(both) == n_classes * N
    np.testing.assert_allclose(both["item_consensus"], both["value"], atol=1e-12)
    colours = [line.split("\t") for line in stem.with_suffix(".colours.tsv").read_text().splitlines()]
    assert track_colours(found.classes) == colours


@pytest.mark.parametrize("algorithm", ["hc", "km", "pam"])
def test_golden(tmp_path, algorithm):
    for name in (f"{algorithm}.bin", "data.bin"):
        (tmp_path / name).write_bytes(gzip.decompress((GOLDEN / f"{name}.gz").read_bytes()))
    shutil.copy(GOLDEN / f"{algorithm}.colours.tsv", tmp_path)
    data = np.fromfile(tmp_path / "data.bin").reshape(N, -1).T
    compare(tmp_path / algorithm, data, 4, n_resamplings=25, r_seed=9, algorithm=algorithm)


CASES = [
    pytest.param("hc", 100, 1, "average", "pearson", 1.0, 10, id="hc, 5,000 genes"),
    pytest.param("hc", 20, 4, "ward.D2", "euclidean", 1.0, 4, id="hc, ward.D2, Euclidean"),
    pytest.param("hc", 20, 5, "complete", "spearman", 1.0, 4, id="hc, complete, Spearman"),
    pytest.param("hc", 20, 6, "average", "pearson", 0.8, 4, id="hc, parts of the genes"),
    pytest.param("km", 10, 7, "average", "euclidean", 1.0, 6, id="km"),
    pytest.param("pam", 15, 8, "average", "pearson", 1.0, 6, id="pam"),
]


@pytest.mark.r
@pytest.mark.parametrize(("algorithm", "reps", "seed", "linkage", "distance", "gene_share", "max_k"), CASES)
def test_live(tmp_path, algorithm, reps, seed, linkage, distance, gene_share, max_k):
    if not has_r_packages():
        pytest.skip("not installed in R: ConsensusClusterPlus or ALL")
    n_genes = 5000 if max_k == 10 else 600
    options = [algorithm, reps, seed, linkage, distance, gene_share, max_k, n_genes]
    stem = tmp_path / "r"
    subprocess.run(
        ["Rscript", str(GOLDEN / "make.R"), str(stem), *map(str, options)], capture_output=True, check=True
    )
    data = np.fromfile(tmp_path / "r.data.bin").reshape(N, -1).T
    compare(
        stem,
        data,
        max_k,
        n_resamplings=reps,
        r_seed=seed,
        algorithm=algorithm,
        linkage=linkage,
        distance=distance,
        gene_share=gene_share,
    )


R_TREES = """
options(digits = 17)
d <- as.matrix(read.table(file("stdin")))
for (m in c("ward.D", "single", "complete", "average", "mcquitty", "median", "centroid", "ward.D2")) {
  h <- hclust(as.dist(d), method = m)
  cat(h$height, h$order, cutree(h, 4), "\\n")
}
"""


@pytest.mark.r
@pytest.mark.parametrize("ties", [False, True])
def test_every_linkage_is_that_of_hclust(ties):
    from leukoscope.kernels.hclust import LINKAGES, agglomerate, cut, leaf_order

    rng = np.random.default_rng(5)
    points = rng.integers(0, 4, (30, 3)).astype(float) if ties else rng.normal(size=(30, 3))
    distance = np.abs(points[:, None] - points[None]).sum(axis=2)
    text = "\n".join(" ".join(f"{x:.17g}" for x in row) for row in distance) + "\n"
    run = subprocess.run(["Rscript", "-e", R_TREES], input=text, text=True, capture_output=True, check=True)
    for linkage, line in enumerate(run.stdout.splitlines()):
        numbers = np.array(line.split(), dtype=float)
        merges, heights = agglomerate(distance.copy(), linkage)
        np.testing.assert_allclose(heights, numbers[:29], rtol=1e-12, err_msg=LINKAGES[linkage])
        np.testing.assert_array_equal(leaf_order(merges) + 1, numbers[29:59], err_msg=LINKAGES[linkage])
        np.testing.assert_array_equal(cut(merges, 4) + 1, numbers[59:], err_msg=LINKAGES[linkage])


R_SAMPLE = """
for (s in c(1, 42, 2147483647)) {
  set.seed(s)
  cat(sample(128, 102), sample.int(70000, 5), sample(2, 2), '\\n')
}
"""


@pytest.mark.r
def test_random_sequence_is_that_of_r():
    from leukoscope.kernels.r_random import sample, seeded

    run = subprocess.run(["Rscript", "-e", R_SAMPLE], text=True, capture_output=True, check=True)
    for seed, line in zip((1, 42, 2147483647), run.stdout.splitlines(), strict=True):
        state = seeded(seed)
        ours = [*sample(state, 128, 102), *sample(state, 70000, 5), *sample(state, 2, 2)]
        np.testing.assert_array_equal(np.array(ours) + 1, np.array(line.split(), dtype=int))
