"""Ranked enrichment: scores against the full running sum, small p-values against brute force, the command."""

from __future__ import annotations

import numba
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leukoscope.cli import main
from leukoscope.enrichment import enrich_ranked, running_sum
from leukoscope.errors import InputError
from leukoscope.genesets import gather_gene_sets
from leukoscope.kernels.enrichment import peak, rare_peaks
from leukoscope.kernels.r_random import seeded
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


def test_small_p_values_agree_with_brute_force():
    rng = np.random.default_rng(1)
    weight = np.sort(np.abs(rng.normal(size=400)))[::-1].copy()
    size, n_sets = 20, 200_000
    heights = np.empty(n_sets)
    for begin in range(0, n_sets, 20_000):
        draws = np.sort(np.argpartition(rng.random((20_000, 400)), size, axis=1)[:, :size], axis=1)
        hits = np.cumsum(weight[draws], axis=1)
        walk = hits / hits[:, -1:] - (draws - np.arange(size)) / (400 - size)
        heights[begin : begin + 20_000] = np.maximum(walk.max(axis=1), 0.0)
    for share in (1e-2, 1e-3):
        score = np.quantile(heights, 1 - share)
        states = np.stack([seeded(s) for s in range(12)])
        log_p, variance = rare_peaks(weight, np.full(12, size), np.full(12, score), states, 101, 1e-50)
        error = np.sqrt(variance.mean() / 12 + 1 / (share * n_sets))
        assert abs(log_p.mean() - np.log(share)) < 4 * error, share


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


def test_command(tmp_path, capsys):
    genes, sets = tmp_path / "up.txt", tmp_path / "sets.gmt"
    genes.write_text("".join(f"g{i}\n" for i in range(15)))
    sets.write_text(
        "top\tthe top\t"
        + "\t".join(f"g{i}" for i in range(20))
        + "\n"
        + "rest\t\t"
        + "\t".join(f"g{i}" for i in range(90))
        + "\n"
    )
    out, groups, figure = tmp_path / "e.tsv", tmp_path / "g.tsv", tmp_path / "e.svg"
    words = ["enrich", str(genes), "--gene-sets", str(sets), "--output", str(out)]
    assert main([*words, "--groups", str(groups), "--figure", str(figure)]) == 0
    assert list(ENRICHMENT.read(out)["set"]) == ["top", "rest"]
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
    assert list(RANKED_ENRICHMENT.read(out)["set"]) == ["top"]
    assert (
        main(
            ["enrich", str(genes), "--gene-sets", str(tmp_path / "none.gmt"), "--output", str(tmp_path / "x")]
        )
        == 2
    )
    assert "there is no such file" in capsys.readouterr().err
