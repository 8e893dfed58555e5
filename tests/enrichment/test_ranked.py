"""Ranked enrichment: scores against the full running sum, small p-values against brute force, the command."""

from __future__ import annotations

import math

import numba
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leukoscope.cli import main
from leukoscope.enrichment import enrich_ranked, running_sum
from leukoscope.enrichment.random_sets import sample_tail, split_tail
from leukoscope.errors import InputError
from leukoscope.genesets import gather_gene_sets
from leukoscope.kernels.enrichment import peak
from leukoscope.kernels.r_random import seeded
from leukoscope.tables.differential import DIFFERENTIAL
from leukoscope.tables.enrichment import ENRICHMENT, RANKED_ENRICHMENT


def slow_peak(weight: np.ndarray, positions: np.ndarray) -> float:
    """Walk every gene."""
    inside = np.isin(np.arange(weight.size), positions)
    sums = np.cumsum(np.where(inside, weight / weight[inside].sum(), -1.0 / (~inside).sum()))
    return sums.max() if sums.max() > -sums.min() else sums.min()


@settings(deadline=None)
@given(st.data())
def test_peak_is_that_of_the_whole_walk(data):
    n = data.draw(st.integers(3, 40))
    positions = np.array(sorted(data.draw(st.sets(st.integers(0, n - 1), min_size=1, max_size=n - 1))))
    weight = np.array(data.draw(st.lists(st.floats(0.01, 10), min_size=n, max_size=n)))
    score, at = peak(weight, positions, n)
    slow = slow_peak(weight, positions)
    assert abs(score) == pytest.approx(abs(slow), abs=1e-12)
    assert 0 <= at < positions.size


@pytest.mark.parametrize("positions", [[], [0, 1, 2]], ids=["no gene", "every gene"])
def test_peak_corner(positions):
    assert np.isnan(peak(np.ones(3), np.array(positions, dtype=np.int64), 3)[0])


def ranking(n: int = 1500, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"gene": [f"g{i}" for i in range(n)], "score": rng.normal(size=n)})


@pytest.fixture(scope="module")
def brute_force() -> tuple[np.ndarray, np.ndarray]:
    """Weights of 400 genes, and the signed scores of 200,000 random sets of 20."""
    rng = np.random.default_rng(1)
    weight = np.abs(np.sort(rng.normal(size=400)))[::-1].copy()
    scores = []
    for _ in range(10):
        draws = np.sort(np.argpartition(rng.random((20_000, 400)), 20, axis=1)[:, :20], axis=1)
        hits = np.cumsum(weight[draws], axis=1)
        misses = (draws - np.arange(20)) / 380
        highest = (hits / hits[:, -1:] - misses).max(axis=1)
        lowest = ((hits - weight[draws]) / hits[:, -1:] - misses).min(axis=1)
        scores.append(np.where(highest > -lowest, highest, lowest))
    return weight, np.concatenate(scores)


def states(n: int) -> np.ndarray:
    return np.stack([seeded(s) for s in range(n)])


@pytest.mark.parametrize("share", [1e-2, 1e-3, 2e-4])
def test_small_p_values_agree_with_brute_force(brute_force, share):
    weight, scores = brute_force
    score = np.quantile(scores, 1 - share)
    n, error = 40, 1 / np.sqrt(share * scores.size)
    repeated = (weight, np.full(n, 20), np.full(n, score))
    log_p, variance = sample_tail(*repeated, np.full(n, 80), states(n), 128)
    assert np.log(np.exp(log_p).mean() / share) == pytest.approx(
        0, abs=4 * np.hypot(log_p.std() / 40**0.5, error)
    )
    assert log_p.std() < 2 * np.sqrt(variance.mean()), "the stated error is the spread of repeated runs"
    log_p, variance = split_tail(*repeated, states(n), 101, 1e-50)
    assert log_p.mean() == pytest.approx(np.log(share), abs=4 * np.hypot((variance.mean() / n) ** 0.5, error))


def test_both_samplers_agree_far_out():
    n, weight = 64, np.abs(np.linspace(4.0, -4.0, 3000))
    repeated = (weight, np.full(n, 40), np.full(n, 0.62))
    sampled = np.exp(sample_tail(*repeated, np.full(n, 700), states(n), 128)[0])
    split = np.exp(split_tail(*repeated, states(n), 101, 1e-50)[0])
    assert sampled.mean() < 1e-7
    error = np.hypot(*(p.std() / p.mean() / n**0.5 for p in (sampled, split)))
    assert np.log(sampled.mean() / split.mean()) == pytest.approx(0, abs=4 * error)


def test_the_largest_score_is_that_of_one_set_only():
    ranked = pd.DataFrame({"gene": [f"g{i:02d}" for i in range(60)], "score": np.linspace(3, -3, 60)})
    gene_sets = gather_gene_sets("toy", [("a", "", [f"g{i:02d}" for i in range(15)])])
    row = enrich_ranked(ranked, gene_sets, rng=np.random.default_rng(1)).table.iloc[0]
    exact = 1 / math.comb(60, 15)  # of the scores, about half are positive
    assert row["enrichment_score"] == 1.0
    assert abs(np.log2(row["p_value"] / exact) - 1.0) < 4 * row["log2_error"] + 0.5


def test_scores_rise_where_genes_were_raised_and_p_is_uniform_elsewhere():
    ranked = ranking()
    rng = np.random.default_rng(4)
    rows = [(f"s{i}", "", list(rng.choice(ranked["gene"], 40, replace=False))) for i in range(150)]
    gene_sets = gather_gene_sets("toy", rows)
    raised = ranked.copy()
    raised.loc[raised["gene"].isin(rows[0][2]), "score"] += 1.5
    found = enrich_ranked(raised, gene_sets, rng=np.random.default_rng(2)).table
    assert found.iloc[0]["set"] == "s0" and found.iloc[0]["p_value"] < 1e-6
    assert found.iloc[0]["enrichment_score"] > 0.5 and found.iloc[0]["normalised_score"] > 1.5
    null = enrich_ranked(ranked, gene_sets, rng=np.random.default_rng(2)).table["p_value"]
    from scipy import stats

    assert stats.kstest(null, "uniform").pvalue > 1e-3


def test_reversing_the_ranking_turns_the_scores():
    ranked = ranking(400)
    gene_sets = gather_gene_sets(
        "toy", [("a", "", [f"g{i}" for i in range(0, 60, 2)]), ("b", "", [f"g{i}" for i in range(30)])]
    )
    forwards = enrich_ranked(ranked, gene_sets, rng=np.random.default_rng(1)).table.set_index("set")
    turned = ranked.assign(score=-ranked["score"])
    backwards = enrich_ranked(turned, gene_sets, rng=np.random.default_rng(1)).table.set_index("set")
    np.testing.assert_allclose(
        forwards["enrichment_score"], -backwards["enrichment_score"].loc[forwards.index]
    )


def test_leading_edge_and_running_sum_meet_at_the_peak():
    ranked = ranking(300)
    gene_sets = gather_gene_sets("toy", [("a", "", [f"g{i}" for i in range(25)])])
    row = enrich_ranked(ranked, gene_sets, rng=np.random.default_rng(1)).table.iloc[0]
    sums, ranks = running_sum(ranked, gene_sets, "a")
    extreme = sums[row["peak"] - 1] if row["enrichment_score"] > 0 else sums[row["peak"] - 2]
    assert extreme == pytest.approx(row["enrichment_score"])
    edge = row["leading_edge"].split(",")
    assert (
        len(edge) == (ranks <= row["peak"] - 1).sum()
        if row["enrichment_score"] > 0
        else (ranks >= row["peak"] - 1).sum()
    )


def test_threads_do_not_matter():
    gene_sets = gather_gene_sets(
        "toy", [(f"s{i}", "", [f"g{j}" for j in range(i, i + 30)]) for i in range(20)]
    )
    before, tables = numba.get_num_threads(), []
    try:
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            tables.append(enrich_ranked(ranking(), gene_sets, rng=np.random.default_rng(5)).table)
    finally:
        numba.set_num_threads(before)
    pd.testing.assert_frame_equal(*tables, check_exact=True)


def test_missing_scores_and_ties_are_counted():
    ranked = ranking(100)
    ranked.loc[:3, "score"] = np.nan
    ranked.loc[10:12, "score"] = 0.5
    gene_sets = gather_gene_sets("toy", [("a", "", [f"g{i}" for i in range(40)])])
    found = enrich_ranked(ranked, gene_sets, rng=np.random.default_rng(1))
    assert (found.n_ranked, found.missing, found.tied) == (96, 4, 3)
    with pytest.raises(InputError, match="same identifiers"):
        enrich_ranked(ranked.assign(gene=ranked["gene"] + "x"), gene_sets, rng=np.random.default_rng(1))


def test_scores_that_rank_nothing():
    gene_sets = gather_gene_sets("toy", [("a", "", [f"g{i}" for i in range(30)])])
    flat = enrich_ranked(ranking(100).assign(score=0.0), gene_sets, rng=np.random.default_rng(1)).table
    missing = ["enrichment_score", "normalised_score", "p_value", "log2_error", "p_adjusted"]
    assert flat[missing].isna().all(axis=None)
    with pytest.raises(InputError, match="no gene with a score"):
        enrich_ranked(ranking(5).assign(score=np.nan), gene_sets, rng=np.random.default_rng(1))
    endless = ranking(100)
    endless.loc[3, "score"] = np.inf
    with pytest.raises(InputError, match="infinite score: 'g3'"):
        enrich_ranked(endless, gene_sets, rng=np.random.default_rng(1))


def test_command(tmp_path, capsys):
    genes, sets = tmp_path / "up.txt", tmp_path / "sets.gmt"
    genes.write_text("".join(f"g{i}\n" for i in range(15)))
    sets.write_text(
        "GO:0000001\tthe top\t"
        + "\t".join(f"g{i}" for i in range(20))
        + "\n"
        + "rest\t\t"
        + "\t".join(f"g{i}" for i in range(90))
        + "\n"
    )
    out, groups, figure = tmp_path / "e.tsv", tmp_path / "g.tsv", tmp_path / "e.svg"
    words = ["enrich", str(genes), "--gene-sets", str(sets), "--output", str(out)]
    assert main([*words, "--groups", str(groups), "--figure", str(figure)]) == 0
    assert list(ENRICHMENT.read(out)["set"]) == ["GO:0000001", "rest"]
    assert "the top" in figure.read_text() and groups.is_file()
    ranked = tmp_path / "r.tsv"
    ranking(90).to_csv(ranked, sep="\t", index=False)
    words = [
        "enrich",
        str(ranked),
        "--ranked",
        "--gene-sets",
        str(sets),
        "--output",
        str(out),
        "--figure",
        str(figure),
    ]
    assert main(words) == 0
    assert list(RANKED_ENRICHMENT.read(out)["set"]) == ["GO:0000001"]
    assert (
        main(
            ["enrich", str(genes), "--gene-sets", str(tmp_path / "none.gmt"), "--output", str(tmp_path / "x")]
        )
        == 2
    )
    assert "is no file and no shipped collection (go_bp, go_mf, go_cc)" in capsys.readouterr().err


def test_the_table_of_differential_is_a_ranking(tmp_path, capsys):
    scores = ranking(90)
    table = pd.DataFrame({
        "gene_id": [f"ENSG{i:011d}" for i in range(90)], "symbol": scores["gene"], "base_mean": 10.0,
        "log2_fold_change": scores["score"], "standard_error": 1.0, "statistic": scores["score"], "p_value": 0.1,
        "p_adjusted": 0.1, "status": "tested", "fit": "reweighted", "refitted": False, "dispersion_gene": 0.1,
        "dispersion_trend": 0.1, "dispersion": 0.1, "dispersion_outlier": False,
    })  # fmt: skip
    DIFFERENTIAL.write(table, tmp_path / "d.tsv")
    scores.to_csv(tmp_path / "r.tsv", sep="\t", index=False)
    (tmp_path / "s.gmt").write_text("top\t\t" + "\t".join(scores["gene"][:20]) + "\n")
    for name in ("d", "r"):
        words = ["enrich", str(tmp_path / f"{name}.tsv"), "--ranked", "--gene-sets", str(tmp_path / "s.gmt")]
        assert main([*words, "--output", str(tmp_path / f"{name}.out")]) == 0
    assert (tmp_path / "d.out").read_bytes() == (tmp_path / "r.out").read_bytes()
    assert capsys.readouterr().err.count("90 genes ranked") == 2
