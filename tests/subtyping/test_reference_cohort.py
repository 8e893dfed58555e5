"""A user's own cohort as the reference of marker genes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from leukoscope.cli import main
from leukoscope.errors import InputError
from leukoscope.expression import express
from leukoscope.knowledge.subtype_tables import subtype_knowledge
from leukoscope.subtyping.outliers import find_outliers
from leukoscope.subtyping.phenotype import counts_per_million
from leukoscope.subtyping.reference_cohort import apply_cohort, build_cohort
from leukoscope.tables.subtyping import REFERENCE_COHORT, SUBTYPE_EVIDENCE

KNOWN = subtype_knowledge()
MARKERS = KNOWN.genes[KNOWN.genes["symbol"].isin(["CRLF2", "CD99", "P2RY8", "EPOR", "CDX2"])]


def counts(n, *, without_par1=0, seed=1):
    """Return counts of 3,000 genes, the markers among them; the first samples lack all PAR1 genes."""
    rng = np.random.default_rng(seed)
    genes = pd.concat([MARKERS, KNOWN.genes[:3_000]]).drop_duplicates("gene_id")
    values = rng.poisson(rng.lognormal(3, 1, len(genes))[:, None] * rng.lognormal(0, 0.3, (len(genes), n)))
    par1 = genes["symbol"].isin(["CRLF2", "CD99", "P2RY8", "IL3RA", "CSF2RA", "DHRSX"]).to_numpy()
    values[np.ix_(par1, np.arange(n) < without_par1)] = 0
    return pd.DataFrame(values, index=genes["gene_id"], columns=[f"S{i}" for i in range(n)])


def expressed(table):
    return express(
        table.to_numpy(float), list(table.index), list(table.columns),
        reference=KNOWN.genes, profile=KNOWN.profile, source="test",
    )  # fmt: skip


def build(table):
    return build_cohort(expressed(table), MARKERS, name="ours", checksum="abc")


def test_figures_are_mean_and_spread_of_log2_cpm():
    table = counts(25)
    found = build(table).set_index("symbol")
    cpm = counts_per_million(expressed(table))
    at = expressed(table).position([MARKERS.set_index("symbol").loc["EPOR", "gene_id"]])[0]
    level = np.log2(cpm[:, at] + 0.05)
    assert found.loc["EPOR", ["mean", "sd"]].tolist() == pytest.approx(
        [level.mean(), level.std(ddof=1)], abs=1e-4
    )
    assert found.loc["EPOR", ["samples", "cohort", "checksum", "made"]].tolist() == [25, "ours", "abc", ""]


def test_samples_whose_par1_was_lost_do_not_count_for_it():
    found = build(counts(30, without_par1=8)).set_index("symbol")["samples"]
    assert (found["CRLF2"], found["CD99"], found["EPOR"]) == (22, 22, 30)
    assert "CRLF2" not in set(build(counts(30, without_par1=11))["symbol"])


def test_small_cohort_is_refused():
    with pytest.raises(InputError, match=r"ours: 19 sample\(s\); a reference cohort needs at least 20"):
        build(counts(19))


def test_quantile_follows_the_cohort_and_says_whose_it_is():
    table = counts(40)
    cohort = build(table)
    genes = apply_cohort(KNOWN.outlier_genes, cohort)
    expression = expressed(table)
    found = [
        next(gene for gene in sample if gene.symbol == "EPOR")
        for sample in find_outliers(counts_per_million(expression), expression, genes)
    ]
    assert np.mean([gene.quantile for gene in found]) == pytest.approx(0.5, abs=0.08)
    assert {gene.population for gene in found} == {"40 patients of ours"}
    assert set(genes.loc[~genes["symbol"].isin(cohort["symbol"]), "population"]) == {"1,223 B-ALL"}
    assert genes["minimum_cpm"].equals(KNOWN.outlier_genes["minimum_cpm"])


def test_commands_make_and_use_a_cohort(shared, tmp_path, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    matrix = shared / "expression" / "gse133499_sciarrillo_gc" / "counts.tsv.gz"
    command = ["reference", "cohort", str(matrix), "--name", "ours", "--output"]
    assert main([*command, str(tmp_path / "c.tsv")]) == 0
    assert main([*command, str(tmp_path / "again.tsv")]) == 0
    assert (tmp_path / "c.tsv").read_bytes() == (tmp_path / "again.tsv").read_bytes()
    cohort = REFERENCE_COHORT.read(tmp_path / "c.tsv")
    assert not {"CRLF2", "P2RY8"} & set(cohort["symbol"])  # all PAR1 genes of this cohort read zero
    assert set(cohort["samples"]) == {42}
    one = shared / "expression" / "allsorts20" / "counts.tsv.gz"
    words = [
        "subtype",
        str(one),
        "--reference-cohort",
        str(tmp_path / "c.tsv"),
        "--output",
        str(tmp_path / "s.tsv"),
    ]
    assert main([*words, "--evidence", str(tmp_path / "e.tsv")]) == 0
    told = SUBTYPE_EVIDENCE.read(tmp_path / "e.tsv")["statement"]
    assert told.str.contains("of 42 patients of ours").any()


def test_shipped_knowledge_is_not_changed():
    before = KNOWN.outlier_genes.copy()
    apply_cohort(KNOWN.outlier_genes, build(counts(25)))
    assert KNOWN.outlier_genes.equals(before)
    assert dataclasses.is_dataclass(KNOWN)
