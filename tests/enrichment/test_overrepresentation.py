"""Over-representation against a literal R transcription of DOSE's rules, groups, the shipped sets, GMT files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy import stats

from leukoscope.enrichment import find_overrepresented, group_terms
from leukoscope.enrichment.grouping import _kappa
from leukoscope.errors import InputError
from leukoscope.formats.gmt import read_gmt
from leukoscope.genesets import gather_gene_sets, join_gene_sets
from leukoscope.knowledge.genesets import COLLECTIONS, gene_families, shipped_gene_sets
from leukoscope.report.figures_enrichment import dot_plot

GOLDEN = Path(__file__).parents[1] / "golden" / "r-4.2.2"


def random_sets(n_sets: int = 80, n_genes: int = 600, seed: int = 1):
    rng = np.random.default_rng(seed)
    genes = np.array([f"g{i}" for i in range(n_genes)])
    rows = [
        (f"s{i}", f"set {i}", list(rng.choice(genes, rng.integers(3, 90), replace=False)))
        for i in range(n_sets)
    ]
    return gather_gene_sets("random", rows), list(genes)


def as_lines(restricted: bool, seed: int) -> str:
    """Return the input of ``overrepresentation.R``: sets, a query, and a universe if it is restricted."""
    gene_sets, genes = random_sets(seed=seed)
    rng = np.random.default_rng(seed + 2)
    query = [*gene_sets.members_of(0)[:25], *rng.choice(genes, 30), "unknown"]
    universe = [*rng.choice(genes, 380, replace=False), "elsewhere"] if restricted else None
    lines = [[name, *gene_sets.members_of(i)] for i, name in enumerate(gene_sets.names)]
    lines += [["QUERY", *query]] + ([["UNIVERSE", *universe]] if universe else [])
    return "".join(" ".join(map(str, line)) + "\n" for line in lines)


def assert_same_as_r(lines: str, answers: str) -> None:
    columns = ["set", "count", "size", "universe", "query", "p_value", "p_adjusted", "q_value"]
    rows = [line.split() for line in answers.splitlines()]
    expected = pd.DataFrame(rows, columns=columns).set_index("set").astype(float)
    given = {name: genes for name, *genes in (line.split() for line in lines.splitlines())}
    query, universe = given.pop("QUERY"), given.pop("UNIVERSE", None)
    gene_sets = gather_gene_sets("random", [(name, "", genes) for name, genes in given.items()])
    ours = find_overrepresented(query, gene_sets, universe=universe).table.set_index("set")
    assert set(ours.index) == set(expected.index)
    np.testing.assert_allclose(ours.loc[expected.index, columns[1:]], expected, rtol=1e-9)


@pytest.mark.parametrize("case", ["all_genes", "universe"])
def test_same_sets_and_numbers_as_the_rules_of_dose(case):
    names = (f"overrepresentation_{case}{part}.txt" for part in ("", ".expected"))
    assert_same_as_r(*((GOLDEN / name).read_text() for name in names))


@pytest.mark.r
@pytest.mark.parametrize("restricted", [False, True], ids=["all annotated genes", "a universe"])
def test_r_itself_agrees_today(restricted):
    lines = as_lines(restricted, seed=11)
    script = ["Rscript", str(GOLDEN / "overrepresentation.R")]
    run = subprocess.run(script, input=lines, text=True, capture_output=True, check=True)
    assert_same_as_r(lines, run.stdout)


def test_counts_are_those_of_sets_and_scipy():
    gene_sets, genes = random_sets(20, 200, 5)
    query, universe = genes[:40], genes[:150]
    found = find_overrepresented(query, gene_sets, universe=universe, min_size=5)
    annotated = set(gene_sets.genes)
    for row in found.table.itertuples():
        members = set(gene_sets.members_of(gene_sets.names.index(row.set))) & set(universe)
        assert row.size == len(members) and row.count == len(members & set(query))
        expected = stats.hypergeom.sf(
            row.count - 1, len(annotated & set(universe)), row.size, len(annotated & set(query))
        )
        assert row.p_value == pytest.approx(expected, rel=1e-9)
        assert row.genes.split(",") == sorted(members & set(query))


def test_what_was_left_out_is_told():
    gene_sets, genes = random_sets()
    found = find_overrepresented(["x", genes[0], genes[1]], gene_sets, universe=genes[1:], max_size=40)
    assert found.unannotated == ("x",) and found.outside == (genes[0],)
    assert found.n_size > 0


@pytest.mark.parametrize(
    ("query", "universe", "words"),
    [
        pytest.param([], None, "holds no gene", id="empty query"),
        pytest.param(["ENSG1"], None, "same identifiers", id="other identifiers"),
        pytest.param(["g1"], ["ENSG1"], "universe", id="other universe"),
    ],
)
def test_bad_query(query, universe, words):
    with pytest.raises(InputError, match=words):
        find_overrepresented(query, random_sets()[0], universe=universe)


def test_one_family_is_flagged():
    fingers = [f"ZNF{i}" for i in range(100, 160)]
    others = [f"A{i}" for i in range(400)]
    rows = [("herpes", "", [*fingers, *others[:10]]), ("mixed", "", others[:50]), ("rest", "", others)]
    gene_sets = gather_gene_sets("toy", rows)
    found = find_overrepresented([*fingers[:15], *others[20:30]], gene_sets, families=gene_families()).table
    row = found.set_index("set").loc["herpes"]
    assert row["family"].startswith("ZNF") and row["family_count"] == 15
    assert row["p_value"] < 1e-5 and row["family_p"] > 0.1
    assert found.set_index("set").loc["mixed", "family"] == ""


def test_families_match_what_they_name():
    import re

    patterns = dict(zip(gene_families()["family"], gene_families()["pattern"], strict=True))
    members = {
        "histones": ["H2BC5", "H1-4", "HIST1H1C", "H4C3", "H3C2", "H2AZ1"],
        "immunoglobulins": ["IGHV3-23", "IGKC", "IGLV1-40", "IGHM", "IGHG1"],
        "HOX": ["HOXA9"],
    }
    for family, symbols in members.items():
        assert all(re.fullmatch(patterns[family], symbol) for symbol in symbols), family
    strangers = [
        "HRAS",
        "HES1",
        "IGF1R",
        "IGFBP3",
        "TRAF2",
        "TRAP1",
        "RPRD1A",
        "H6PD",
        "HBEGF",
        "HBP1",
        "IGLL1",
    ]
    for symbol in strangers:
        assert not [family for family, pattern in patterns.items() if re.fullmatch(pattern, symbol)], symbol


def test_kappa_is_that_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    gene_sets, _ = random_sets(6, 120, 8)
    kappa = _kappa(list(gene_sets.names), gene_sets)
    marks = [gene_sets.marks(gene_sets.members_of(i)) for i in range(6)]
    for i in range(6):
        for j in range(6):
            assert kappa[i, j] == pytest.approx(metrics.cohen_kappa_score(marks[i], marks[j]), abs=1e-6)


def test_similar_sets_form_one_group_with_the_best_in_front():
    genes = [f"g{i}" for i in range(300)]
    rows = [("a", "", genes[:30]), ("a2", "", genes[:28]), ("b", "", genes[100:130]), ("all", "", genes)]
    gene_sets = gather_gene_sets("toy", rows)
    enriched = find_overrepresented([*genes[:20], *genes[100:112]], gene_sets, max_size=100).table
    groups = group_terms(enriched, gene_sets).set_index("set")
    assert groups.loc["a", "group"] == groups.loc["a2", "group"] == 1
    assert groups.loc["b", "group"] == 2
    assert groups["representative"].to_dict() == {"a2": True, "a": False, "b": True}
    assert group_terms(enriched.iloc[:0], gene_sets).empty


def test_gmt_corners(tmp_path):
    path = tmp_path / "sets.gmt"
    path.write_text("a\tfirst\tX\tY\tX\t\n\nb\tnone\na\tsecond\tZ,1.0\n")
    found = read_gmt(path)
    assert found.names == ("a (first)", "a (second)")
    assert found.members_of(0) == ["X", "Y"] and found.members_of(1) == ["Z"]
    assert found.empty == ("b",)
    path.write_text("a\tspaces\tA\tB C\t\n")
    assert read_gmt(path).genes == ("A", "B C")
    for text, words in (
        ("a\n", "line 1 is no gene set"),
        ("a\tx\tG\na\tx\tH\n", "repeat"),
        ("", "no gene set"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=words):
            read_gmt(path)


def test_joined_collections_keep_their_sets():
    one, two = random_sets(3, 50, 1)[0], gather_gene_sets("two", [("t", "", ["g1", "new"])])
    joined = join_gene_sets([one, two])
    assert (len(joined) == 4 and joined.members_of(3) == ["g1", "new"]) or set(joined.members_of(3)) == {
        "g1",
        "new",
    }


@pytest.mark.parametrize("name", ["go_mf", "go_cc"])
def test_shipped_ontology_is_that_of_bioconductor(shared, name):
    ours, theirs = shipped_gene_sets(name), read_gmt(shared / "genesets" / f"{name}.symbol.gmt.gz")
    position = {term: i for i, term in enumerate(theirs.names)}
    assert set(ours.names) == set(position)
    for i, term in enumerate(ours.names):
        assert set(ours.members_of(i)) == set(theirs.members_of(position[term])), term


def test_shipped_biological_processes_are_as_many_as_bioconductors():
    processes = shipped_gene_sets("go_bp")  # numbers of org.Hs.eg.db 3.16.0's go_bp_all, by symbol
    assert (len(processes), len(processes.genes)) == (15_975, 18_903)
    assert set(COLLECTIONS) == {"go_bp", "go_mf", "go_cc"}


def test_no_such_collection():
    with pytest.raises(InputError, match="no collection 'kegg'"):
        shipped_gene_sets("kegg")


def test_the_dot_plot_tells_what_size_and_colour_mean():
    sets, genes = random_sets()
    table = find_overrepresented(genes[:60], sets, min_size=3).table
    ax = Figure().subplots()
    dot_plot(ax, table)
    told = [int(text.get_text()) for text in ax.get_legend().get_texts()]
    assert told[-1] == table["count"].head(20).max()
    assert told == sorted(told)
    assert "adjusted p" in ax.figure.axes[1].get_ylabel()
