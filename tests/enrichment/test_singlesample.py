"""Single-sample scores against GSVA and singscore in R, slow twins, and input that degenerates."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numba
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from leukoscope.cli import main
from leukoscope.enrichment import score_samples
from leukoscope.errors import InputError
from leukoscope.formats.gmt import read_gmt
from leukoscope.genesets import GeneSets, gather_gene_sets

GOLDEN = Path(__file__).parents[1] / "golden" / "gsva-1.46.0"


def read_r(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", index_col=0)


def scores(expression: pd.DataFrame, gene_sets: GeneSets, method: str, **options: object) -> pd.DataFrame:
    table = score_samples(expression, gene_sets, method=method, **options).table
    return table.set_index("set").drop(columns="description")


def assert_same_as_r(folder: Path) -> None:
    expression, gene_sets = read_r(folder / "expression.tsv.gz"), read_gmt(folder / "sets.gmt")
    for method, name, options in (
        ("gsva", "gsva", {}),
        ("ssgsea", "ssgsea", {}),
        ("ssgsea", "ssgsea_raw", {"scaled": False}),
    ):
        theirs = read_r(folder / f"{name}.tsv.gz")
        ours = scores(expression, gene_sets, method, **options)
        assert list(ours.index) == list(theirs.index)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-11, err_msg=name)


def test_golden():
    assert_same_as_r(GOLDEN)


@pytest.mark.r
def test_live(tmp_path):
    code = "q(status = !nzchar(system.file(package = 'GSVA')))"  # loading it takes R half a minute
    if subprocess.run(["Rscript", "-e", code], capture_output=True).returncode:
        pytest.skip("not installed in R: GSVA")
    run = ["Rscript", str(GOLDEN / "make.R"), str(tmp_path), "20260731"]
    subprocess.run(run, check=True, capture_output=True)
    assert_same_as_r(tmp_path)


def test_singscore_is_that_of_the_package_and_pairs_are_differences():
    expression, gene_sets = read_r(GOLDEN / "expression.tsv.gz"), read_gmt(GOLDEN / "sets.gmt")
    theirs = read_r(GOLDEN / "singscore.tsv.gz")
    np.testing.assert_allclose(
        scores(expression, gene_sets, "singscore").loc[theirs.index], theirs, atol=1e-14
    )
    up, down = (gene_sets.members_of(gene_sets.names.index(name)) for name in ("s1", "s2"))
    pair = gather_gene_sets("pair", [("up", "", up), ("down", "", [g for g in down if g not in up])])
    found = scores(expression, pair, "singscore")
    expected = read_r(GOLDEN / "singscore_pair.tsv.gz").iloc[0]
    np.testing.assert_allclose(found.loc["up"] - found.loc["down"], expected, atol=1e-14)


def noise(n_genes: int = 60, n: int = 9, seed: int = 0) -> pd.DataFrame:
    values = np.random.default_rng(seed).normal(size=(n_genes, n))
    return pd.DataFrame(values, index=[f"g{i}" for i in range(n_genes)], columns=[f"S{i}" for i in range(n)])


def random_sets(n_sets: int = 30, n_genes: int = 60, seed: int = 5) -> GeneSets:
    rng = np.random.default_rng(seed)
    return gather_gene_sets(
        "random",
        [
            (f"s{i}", "", [f"g{j}" for j in rng.choice(n_genes, rng.integers(1, 30), replace=False)])
            for i in range(n_sets)
        ],
    )


def slow_gsva(expression: pd.DataFrame, genes: list[str]) -> list[float]:
    """Slow twin: every pair of samples, at distances cut to a thousandth of the bandwidth; the whole running sum."""
    x = expression.to_numpy()
    width = x.std(axis=1, ddof=1)[:, None] / 4
    apart = (x[:, :, None] - x[:, None, :]) / width[:, :, None]
    below = stats.norm.cdf(np.trunc(apart * 1000) / 1000).mean(axis=2)
    found = []
    for column in below.T:
        order = np.argsort(-column, kind="stable")
        inside = np.isin(expression.index[order], genes)
        weight = np.abs(np.arange(len(order), 0, -1) - len(order) / 2) * inside
        running = np.cumsum(weight / weight.sum() - ~inside / (~inside).sum())
        found.append(max(running.max(), 0) + min(running.min(), 0))
    return found


def test_gsva_is_its_slow_twin():
    expression, gene_sets = noise(), random_sets()
    ours = scores(expression, gene_sets, "gsva")
    for i, name in enumerate(gene_sets.names):
        expected = slow_gsva(expression, gene_sets.members_of(i))
        np.testing.assert_allclose(ours.loc[name], expected, atol=1e-9)


@pytest.mark.parametrize("method", ["singscore", "ssgsea", "gsva"])
def test_raised_genes_raise_the_score_of_their_sample_only(method):
    expression, gene_sets = noise(), random_sets()
    genes = gene_sets.members_of(3)
    expression.loc[genes, "S2"] += 4.0
    ours = scores(expression, gene_sets, method, scaled=False).loc["s3"]
    assert ours.idxmax() == "S2" and ours["S2"] > 3 * ours.drop("S2").abs().median()


@pytest.mark.parametrize("method", ["singscore", "ssgsea"])
def test_a_sample_scores_the_same_alone(method):
    expression, gene_sets = noise(), random_sets()
    together = scores(expression, gene_sets, method, scaled=False)
    alone = scores(expression[["S4"]], gene_sets, method, scaled=False)
    np.testing.assert_array_equal(together[["S4"]], alone)


def test_scores_of_random_sets_are_centred():
    """Under the null singscore's mean rank is that of a draw without replacement: mean 0, known variance."""
    n, k = 500, 20
    rng = np.random.default_rng(8)
    rows = [(f"s{i}", "", [f"g{j}" for j in rng.choice(n, k, replace=False)]) for i in range(2000)]
    found = scores(noise(n, 1, 3), gather_gene_sets("null", rows), "singscore")["S0"]
    spread = np.sqrt((n + 1) / (12 * k * (n - k)))
    assert stats.kstest(found / spread, "norm").pvalue > 1e-3


@pytest.mark.parametrize("method", ["singscore", "ssgsea", "gsva"])
def test_threads_do_not_matter(method):
    before, tables = numba.get_num_threads(), []
    try:
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            tables.append(scores(noise(400, 15), random_sets(n_genes=400), method))
    finally:
        numba.set_num_threads(before)
    pd.testing.assert_frame_equal(*tables, check_exact=True)


@pytest.mark.parametrize("method", ["singscore", "ssgsea", "gsva"])
def test_what_cannot_be_scored_is_told(method):
    expression = noise(10, 3)
    expression.iloc[4] = 2.0
    rows = [("all", "", list(expression.index)), ("some", "", ["g0", "g4", "x"]), ("none", "", ["x", "y"])]
    found = score_samples(expression, gather_gene_sets("toy", rows), method=method)
    assert list(found.table["set"]) == ["some"] and found.other_size == ("all", "none")
    assert found.constant == (("g4",) if method == "gsva" else ())
    assert found.table.iloc[:, 2:].notna().all(axis=None)


@pytest.mark.parametrize("method", ["singscore", "ssgsea"])
def test_equal_values_everywhere_score_finitely(method):
    found = scores(noise(n=2) * 0.0, random_sets(), method)
    assert np.isfinite(found.to_numpy()).all()


@pytest.mark.parametrize(
    ("change", "method", "words"),
    [
        pytest.param(lambda d: d.iloc[:, :1], "gsva", "compares samples", id="one sample"),
        pytest.param(lambda d: d.iloc[:, :0], "ssgsea", "0 sample", id="no sample"),
        pytest.param(lambda d: d * 0.0, "gsva", "none of the", id="constant genes"),
        pytest.param(lambda d: d.assign(S0=np.nan), "ssgsea", "missing", id="missing value"),
        pytest.param(lambda d: d.set_axis(["a"] * len(d)), "gsva", "stand twice", id="gene twice"),
        pytest.param(lambda d: d.rename(index=str.upper), "gsva", "same identifiers", id="other names"),
        pytest.param(lambda d: d, "plage", "no method", id="no such method"),
    ],
)
def test_bad_input(change, method, words):
    with pytest.raises(InputError, match=words):
        score_samples(change(noise()), random_sets(), method=method)


def test_command_takes_a_matrix_with_symbols_and_counts(tmp_path, capsys):
    rng = np.random.default_rng(2)
    counts = pd.DataFrame(rng.negative_binomial(3, 0.02, (300, 6)), columns=[f"S{i}" for i in range(6)])
    counts.insert(0, "symbol", [f"g{i // 2}" for i in range(300)])
    counts.insert(0, "gene_id", [f"ENSG{i:011d}" for i in range(300)])
    counts.to_csv(tmp_path / "counts.tsv", sep="\t", index=False)
    shutil.copy(GOLDEN / "sets.gmt", tmp_path / "sets.gmt")
    out, figure = tmp_path / "scores.tsv", tmp_path / "scores.svg"
    words = [
        "score",
        str(tmp_path / "counts.tsv"),
        "--gene-sets",
        str(tmp_path / "sets.gmt"),
        "--output",
        str(out),
    ]
    assert main([*words, "--by-symbol", "--method", "gsva", "--counts", "vst", "--figure", str(figure)]) == 0
    assert list(read_r(out).columns) == ["description", *(f"S{i}" for i in range(6))]
    assert "150 genes ranked" in capsys.readouterr().err and figure.stat().st_size > 1000
    assert main([*words, "--by-symbol", "--log2"]) == 0
    assert main(words) == 2
    assert "same identifiers" in capsys.readouterr().err
    assert main([*words, "--by-symbol", "--counts", "vst", "--log2"]) == 2
    assert "log2 scale already" in capsys.readouterr().err
