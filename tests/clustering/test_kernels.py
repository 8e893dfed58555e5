"""Clustering kernels against slow twins, scipy and scikit-learn."""

from __future__ import annotations

import numba
import numpy as np
import pandas as pd
import pytest
from scipy.cluster.hierarchy import linkage as scipy_linkage
from scipy.spatial.distance import squareform

from leukoscope.clustering import (
    compare_with_null,
    consensus_cluster,
    describe_choice,
    describe_classes,
    select_variable_genes,
)
from leukoscope.clustering.distance import sample_distance, scalar_products
from leukoscope.clustering.evaluation import item_consensus, silhouettes
from leukoscope.errors import InputError
from leukoscope.kernels.consensus import count_together, draw
from leukoscope.kernels.hclust import LINKAGES, agglomerate
from leukoscope.kernels.kmeans import hartigan_wong
from leukoscope.kernels.pam import build, swap
from leukoscope.kernels.r_random import seeded


def three_groups(n: int = 45, genes: int = 200, apart: float = 2.0) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    centres = rng.normal(size=(genes, 3)) * apart
    values = centres[:, np.arange(n) % 3] + rng.normal(size=(genes, n))
    return pd.DataFrame(values, columns=[f"S{i}" for i in range(n)])


def test_the_groups_that_made_the_data_come_back():
    found = consensus_cluster(three_groups(), max_k=6, n_resamplings=60, r_seed=1)
    at_3 = describe_classes(found).query("k == 3")
    assert (at_3["cluster"].to_numpy() == np.arange(45) % 3 + 1).all()
    assert (at_3["stability"] > 0.99).all()
    choice = describe_choice(found).set_index("k")
    assert choice.loc[3, "pac"] == 0.0 and choice["silhouette"].idxmax() == 3


def test_null_accepts_groups_and_refutes_noise():
    options = {"max_k": 4, "n_resamplings": 40, "r_seed": 1}
    p_values = []
    for apart in (2.0, 0.0):
        data = three_groups(genes=60, apart=apart)
        found = consensus_cluster(data, **options)
        rng = np.random.default_rng(2)
        table = compare_with_null(describe_choice(found), found, data, rng=rng, n_null=19, n_resamplings=40)
        p_values.append(table.set_index("k").loc[3, "null_p"])
    assert p_values[0] == 0.05  # none of nineteen is as clear
    assert p_values[1] > 0.05


@pytest.mark.parametrize("algorithm", ["hc", "km", "pam"])
def test_threads_do_not_matter(algorithm):
    data, before = three_groups(30, 50), numba.get_num_threads()
    tables = []
    try:
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            found = consensus_cluster(data, max_k=5, n_resamplings=70, r_seed=3, algorithm=algorithm)
            tables.append(found.matrices.tobytes())
    finally:
        numba.set_num_threads(before)
    assert tables[0] == tables[1]


@pytest.mark.parametrize("n", [30, 100, 130])
def test_threads_of_the_linear_algebra_do_not_matter(n):
    limits = pytest.importorskip("threadpoolctl").threadpool_limits
    values, found = np.random.default_rng(n).normal(size=(333, n)), []
    for threads in (1, 2):
        with limits(threads):
            found.append(sample_distance(values, "spearman").tobytes() + scalar_products(values).tobytes())
    assert found[0] == found[1]


@pytest.mark.parametrize("linkage", ["single", "complete", "average", "mcquitty", "ward.D2"])
def test_heights_are_those_of_scipy(linkage):
    points = np.random.default_rng(0).normal(size=(40, 5))
    distance = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))
    names = {"mcquitty": "weighted", "ward.D2": "ward"}
    expected = scipy_linkage(squareform(distance, checks=False), names.get(linkage, linkage))[:, 2]
    _, heights = agglomerate(distance.copy(), LINKAGES.index(linkage))
    np.testing.assert_allclose(heights, expected, rtol=1e-10)


def test_counting_is_what_it_says():
    rng = np.random.default_rng(4)
    labels = rng.integers(0, 11, (17, 130)).astype(np.uint8)
    fast = count_together(labels)
    for i in range(17):
        for j in range(17):
            both = (labels[i] > 0) & (labels[j] > 0)
            assert fast[i, j] == (labels[i] == labels[j])[both].mean()
    assert count_together(np.zeros((2, 3), np.uint8)).sum() == 0  # never drawn


def test_draws_do_not_change_with_what_follows():
    items, genes = draw(seeded(1), 20, 16, 10, 10, 5)
    assert genes.shape == (5, 0)
    assert (np.diff(items, axis=1) > 0).all()
    again, parts = draw(seeded(1), 20, 16, 10, 8, 5)
    assert (again[0] == items[0]).all() and parts.shape == (5, 8)


def test_kmeans_ends_where_no_single_move_helps():
    points = np.random.default_rng(8).normal(size=(60, 4))
    points -= points.mean(axis=0)
    cluster = hartigan_wong(points @ points.T, np.array([3, 17, 40]), 50)

    def loss(labels):
        return sum(
            ((points[labels == c] - points[labels == c].mean(axis=0)) ** 2).sum() for c in np.unique(labels)
        )

    best = loss(cluster)
    for i in range(60):
        for c in range(3):
            moved = cluster.copy()
            moved[i] = c
            assert loss(moved) >= best - 1e-9


def test_medoids_end_where_no_swap_helps():
    points = np.random.default_rng(9).normal(size=(40, 3))
    distance = np.abs(points[:, None] - points[None]).sum(axis=2)
    medoids = swap(distance, build(distance, 4))
    best = distance[medoids].min(axis=0).sum()
    for out in range(4):
        for item in range(40):
            tried = medoids.copy()
            tried[out] = item
            assert distance[tried].min(axis=0).sum() >= best - 1e-9


def test_silhouettes_are_those_of_scikit_learn():
    sklearn_metrics = pytest.importorskip("sklearn.metrics")
    data = three_groups(24, 30, 0.4)
    distance = sample_distance(data.to_numpy(), "pearson")
    classes = np.arange(24) % 4 + 1
    expected = sklearn_metrics.silhouette_samples(distance, classes, metric="precomputed")
    np.testing.assert_allclose(silhouettes(distance, classes), expected, atol=1e-12)


def test_item_consensus_of_a_class_of_one_is_missing():
    means = item_consensus(np.array([[1.0, 0.5], [0.5, 1.0]]), np.array([1, 2]))
    assert np.isnan(means[0, 0]) and means[0, 1] == 0.5


@pytest.mark.parametrize("kind", ["pearson", "spearman"])
def test_distances_are_those_of_pandas(kind):
    data = three_groups(12, 40)
    np.testing.assert_allclose(sample_distance(data.to_numpy(), kind), 1 - data.corr(method=kind), atol=1e-12)


def test_variable_genes_ties_are_reversed_and_centred():
    data = pd.DataFrame([[0, 1, 2.0], [5, 6, 7], [0, 0, 0], [0, 9, 18]], index=list("abcd"))
    kept = select_variable_genes(data, n_genes=3)
    assert list(kept.index) == ["d", "b", "a"]
    assert (kept.median(axis=1) == 0).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(lambda d: d.assign(S1=np.nan), "missing or infinite", id="missing value"),
        pytest.param(lambda d: d.set_axis(["a"] * 9, axis=1), "stand twice", id="repeated sample"),
        pytest.param(lambda d: d.assign(S1=1.0), "do not vary", id="flat sample"),
        pytest.param(lambda d: d.iloc[:, :3], "can be 2 to 2", id="K above the samples drawn"),
        pytest.param(lambda d: d.iloc[:1], "too few", id="one gene"),
    ],
)
def test_bad_input_is_one_clear_line(change, words):
    with pytest.raises(InputError, match=words):
        consensus_cluster(change(three_groups(9, 20)), max_k=4, n_resamplings=5, r_seed=1)


@pytest.mark.parametrize("share", [0.0, 1.5, float("nan")])
@pytest.mark.parametrize("of", ["item_share", "gene_share"])
def test_a_share_is_above_nothing_and_at_most_all(of, share):
    with pytest.raises(InputError, match="above 0 and at most 1"):
        consensus_cluster(three_groups(9, 20), max_k=2, n_resamplings=5, r_seed=1, **{of: share})


def test_equal_samples_are_no_obstacle():
    data = three_groups(12, 20)
    data["S3"] = data["S0"]
    for algorithm in ("hc", "km", "pam"):
        found = consensus_cluster(data, max_k=3, n_resamplings=20, r_seed=1, algorithm=algorithm)
        assert found.matrices[0, 0, 3] == 1.0


def test_command_writes_tables_and_figures(tmp_path, capsys):
    from leukoscope.cli import main
    from leukoscope.tables.clustering import CLUSTER_CHOICE, CLUSTER_CLASSES

    matrix = tmp_path / "tpm.tsv"
    three_groups(15, 40).rename_axis("gene_id").to_csv(matrix, sep="\t")
    words = ["cluster", str(matrix), "--max-k", "3", "--resamplings", "20", "--null", "2"]
    assert main([*words, "--outdir", str(tmp_path / "a")]) == 0
    said = capsys.readouterr().err
    assert (
        "15 samples by the 40 most variable of 40 genes; hierarchical (average) on pearson distance" in said
    )
    assert "at K = none (which takes 20 such data sets)" in said
    assert main([*words, "--outdir", str(tmp_path / "b")]) == 0
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert {"consensus_k3.png", "cumulative.svg", "tracking.png", "choice.svg", "stability_k2.svg"} <= set(
        names
    )
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    assert CLUSTER_CHOICE.read(tmp_path / "a" / "choice.tsv")["null_p"].notna().all()
    assert len(CLUSTER_CLASSES.read(tmp_path / "a" / "classes.tsv")) == 30
    assert main(["cluster", str(matrix), "--max-k", "20", "--outdir", str(tmp_path / "c")]) == 2
    assert "--max-k is 20" in capsys.readouterr().err
    assert not (tmp_path / "c").exists()
