"""The co-expression network against all pairs written down, R, and planted modules."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy import stats

from leukoscope.cli import main
from leukoscope.coexpression import build_network, modules
from leukoscope.errors import InputError
from leukoscope.kernels.correlation import correlation_p
from leukoscope.report.figures_network import hub_network


def expression(n_genes: int = 90, n: int = 25, seed: int = 0) -> pd.DataFrame:
    """Three planted modules of 20 genes, and noise."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(3, n))
    values = rng.normal(size=(n_genes, n))
    for m in range(3):
        values[20 * m : 20 * m + 20] += 1.5 * factors[m]
    return pd.DataFrame(
        values, index=[f"g{i:03d}" for i in range(n_genes)], columns=[f"S{i}" for i in range(n)]
    )


def all_pairs(data: pd.DataFrame, method: str) -> pd.DataFrame:
    """Slow twin: every pair, scipy's p, Benjamini–Hochberg over all."""
    test = stats.pearsonr if method == "pearson" else stats.spearmanr
    rows = []
    for i in range(len(data)):
        for j in range(i + 1, len(data)):
            r, p = test(data.iloc[i], data.iloc[j])
            rows.append((data.index[i], data.index[j], r, p))
    table = pd.DataFrame(rows, columns=["gene1", "gene2", "correlation", "p_value"])
    return table.assign(p_adjusted=stats.false_discovery_control(table["p_value"]))


@pytest.mark.parametrize("method", ["pearson", "spearman"])
@pytest.mark.parametrize("max_q", [0.05, 0.3])
def test_edges_are_those_of_all_pairs(method, max_q):
    data = expression(70)
    expected = all_pairs(data, method).query("p_adjusted <= @max_q").reset_index(drop=True)
    found = build_network(data, method=method, max_q=max_q, block=16)
    assert found.n_pairs == 70 * 69 // 2 and found.n_significant == len(expected) and not found.truncated
    assert (found.edges[["gene1", "gene2"]] == expected[["gene1", "gene2"]]).all(axis=None)
    for name in ("correlation", "p_value", "p_adjusted"):
        np.testing.assert_allclose(found.edges[name], expected[name], rtol=1e-7, atol=1e-11)


@pytest.mark.r
def test_p_is_that_of_r():
    code = "x <- c(1,4,2,8,5,7,1); y <- c(2,3,3,9,4,9,0); options(digits=17); cat(cor.test(x, y)$p.value)"
    run = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=True)
    r = np.corrcoef([1, 4, 2, 8, 5, 7, 1], [2, 3, 3, 9, 4, 9, 0])[0, 1]
    assert correlation_p(np.array([r]), 7)[0] == pytest.approx(float(run.stdout), rel=1e-10)


def test_limits_cut_the_weakest_and_say_so():
    data = expression()
    whole = build_network(data)
    strongest = build_network(data, max_edges=50)
    assert len(strongest.edges) == 50 and strongest.truncated
    assert strongest.n_significant == whole.n_significant
    kept = whole.edges["correlation"].abs().nlargest(50)
    assert strongest.least_correlation == kept.min()
    high = build_network(data, min_correlation=0.8)
    assert high.edges["correlation"].abs().min() >= 0.8
    assert build_network(data, max_edges=0).edges.empty


def test_a_correlation_that_is_told_as_the_limit_reaches_it():
    """Spearman's of ten samples without ties: 1 - 6 * 66 / 990 = 0.6 but for rounding."""
    rng = np.random.default_rng(0)
    ranks = np.stack([rng.permutation(10) for _ in range(200)]).astype(float)
    data = pd.DataFrame(ranks, index=[f"g{i:03d}" for i in range(200)])
    squares = ((ranks[:, None] - ranks[None]) ** 2).sum(axis=2)[np.triu_indices(200, 1)]
    found = build_network(data, method="spearman", max_q=1.0, min_correlation=0.6)
    assert len(found.edges) == ((squares <= 66) | (squares >= 264)).sum() > (squares < 66).sum()


def test_block_size_does_not_matter():
    data = expression()
    pd.testing.assert_frame_equal(build_network(data, block=7).edges, build_network(data).edges, rtol=1e-9)


def test_planted_modules_come_back():
    found = build_network(expression(), min_correlation=0.45)
    genes = found.genes.set_index("gene")
    for m in range(3):
        mine = genes.reindex([f"g{i:03d}" for i in range(20 * m, 20 * m + 20)])["module"]
        assert mine.value_counts().iloc[0] >= 18
    assert genes.groupby("module")["hub"].sum().max() == 10
    assert genes["degree"].sum() == 2 * len(found.edges)


def test_two_cliques_with_a_bridge_are_two_modules():
    pairs = [(a, b) for half in (range(5), range(5, 10)) for a in half for b in half if a < b] + [(0, 5)]
    first, second = np.array(pairs).T
    found = modules(first, second, np.ones(len(pairs)), 10)
    assert found.tolist() == [1] * 5 + [2] * 5


def test_noise_alone_keeps_its_false_discoveries():
    rng = np.random.default_rng(3)
    found = [build_network(pd.DataFrame(rng.normal(size=(60, 20)))).n_significant > 0 for _ in range(40)]
    assert sum(found) <= 8  # at a rate of 0.05; 9 of 40 has probability 2e-4


def test_constant_genes_are_named_and_one_gene_has_no_edge():
    data = expression(10)
    data.iloc[3] = 1.0
    assert build_network(data).constant == ("g003",)
    assert build_network(data.iloc[:1]).edges.empty
    assert build_network(data.iloc[3:4]).genes.empty


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(lambda d: d.iloc[:, :3], "needs four", id="three samples"),
        pytest.param(lambda d: d.assign(S0=np.nan), "missing", id="missing value"),
        pytest.param(lambda d: d.set_axis(["a"] * len(d)), "stand twice", id="gene twice"),
    ],
)
def test_bad_input(change, words):
    with pytest.raises(InputError, match=words):
        build_network(change(expression()))


@pytest.mark.parametrize("n", [2, 3, 4, 6, 8, 12, 20])
def test_no_name_of_a_hub_points_straight_at_the_name_of_its_module(n):
    genes = pd.DataFrame({"gene": [f"g{i:02d}" for i in range(n)], "degree": n - 1, "module": 1, "hub": True})
    edges = pd.DataFrame({"gene1": ["g00"], "gene2": ["g01"], "correlation": [0.9]})
    ax = Figure().subplots()
    hub_network(ax, genes, edges)
    names = [text for text in ax.texts if text.get_text().startswith("g")]
    assert len(names) == n
    assert all(abs(np.cos(np.radians(text.get_rotation()))) > 0.1 for text in names)


def test_command(tmp_path, capsys):
    matrix, out = tmp_path / "m.tsv", tmp_path / "net"
    data = expression()
    data.insert(0, "symbol", ["<odd & name>"] * len(data))
    data.rename_axis("gene_id").to_csv(matrix, sep="\t")
    assert main(["network", str(matrix), "--min-correlation", "0.6", "--outdir", str(out)]) == 0
    graph = ET.parse(out / "network.graphml").getroot()
    space = "{http://graphml.graphdrawing.org/xmlns}"
    assert len(list(graph.iter(f"{space}edge"))) == len((out / "edges.tsv").read_text().splitlines()) - 1
    assert (out / "network.svg").stat().st_size > 1000
    assert main(["network", str(matrix), "--log2", "--outdir", str(tmp_path / "x")]) == 2
    assert "log scale" in capsys.readouterr().err
