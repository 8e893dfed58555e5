"""Group comparisons: the paper's Figure 2A, categories, baseline table, risk groups, the command."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from leukoscope.association import (
    compare_carriers,
    compare_categories,
    count_carriers,
    describe_baseline,
    measure_overlaps,
    pair_carriers,
)
from leukoscope.cli import main
from leukoscope.clinical import RiskCriteria, assign_risk
from leukoscope.errors import InputError
from leukoscope.tables.association import CARRIER_TESTS, OVERLAPS

FIGURE_2A = """AC005258 0 6 0.00059
ZBTB7A 3 9 0.00181
SLC16A3 0 5 0.00185
MBP 2 7 0.00478
SLC66A2 4 9 0.00519
CTBP1 0 4 0.00572
CDC42 0 4 0.00572
ZNF516 0 4 0.00572
SIN3A 1 5 0.0109
RUNX1 10 0 0.0109
C15orf39 1 5 0.0109
OAZ1 5 9 0.01262
ETV6 9 0 0.0166
DMD 8 0 0.02509
NFATC1 4 7 0.03528
AL591378 7 0 0.03765"""  # gene, carriers of 45 at onset, of 25 at remission, published p (Li et al. 2024)


def figure_2a() -> pd.DataFrame:
    rows = [line.split() for line in FIGURE_2A.splitlines()]
    onset = [(gene, "onset", int(a), 45) for gene, a, _, _ in rows]
    remission = [(gene, "remission", int(b), 25) for gene, _, b, _ in rows]
    return pd.DataFrame(onset + remission, columns=["feature", "group", "carriers", "total"])


def test_the_sixteen_published_p_values_to_the_printed_digits():
    found = compare_carriers(figure_2a(), groups=["onset", "remission"]).set_index("feature")
    assert len(found) == 16
    for line in FIGURE_2A.splitlines():
        gene, _, _, printed = line.split()
        digits = len(printed.split(".")[1])
        assert abs(found.loc[gene, "chi2_p"] - float(printed)) <= 0.5 * 10**-digits + 1e-12, gene


def test_exact_test_and_its_reason_stand_beside_the_published_one():
    found = compare_carriers(figure_2a(), groups=["onset", "remission"]).set_index("feature")
    assert found.loc["ETV6", "test"] == "Fisher exact"
    assert found.loc["ETV6", "rule"] == "an expected count is 3.2, below 5"
    expected = stats.fisher_exact([[9, 0], [36, 25]]).pvalue
    assert found.loc["ETV6", "p_value"] == pytest.approx(expected, rel=1e-10)
    assert found.loc["OAZ1", "test"] == "Pearson χ²"
    assert (found["p_adjusted"] >= found["p_value"]).all()


def samples() -> pd.DataFrame:
    rows = [(f"P{i}_{when}", f"P{i}", when) for i in range(8) for when in ("onset", "remission")]
    return pd.DataFrame(rows, columns=["sample", "patient", "timepoint"])


def test_carriers_are_counted_once_and_pairs_are_respected():
    marks = [(f"P{i}_onset", "ETV6") for i in range(6)] + [("P7_remission", "ETV6"), ("P0_onset", "ETV6")]
    features = pd.DataFrame(marks, columns=["sample", "feature"])
    counts = count_carriers(samples(), features, by="timepoint")
    assert counts["carriers"].tolist() == [6, 1] and counts["total"].tolist() == [8, 8]
    groups = ["onset", "remission"]
    pairs = pair_carriers(samples(), features, by="timepoint", patient="patient", groups=groups)
    row = compare_carriers(counts, groups=groups, pairs=pairs).iloc[0]
    assert (row["only_first"], row["only_second"], row["pairs"]) == (6, 1, 8)
    assert row["mcnemar_p"] == pytest.approx(stats.binomtest(1, 7).pvalue)
    share = stats.binomtest(6, 7).proportion_ci()
    limits = [row[f"paired_odds_ratio{end}"] for end in ("", "_low", "_high")]
    assert limits == pytest.approx([6.0, share.low / (1 - share.low), share.high / (1 - share.high)])
    assert np.isnan(compare_carriers(counts, groups=groups).loc[0, "paired_odds_ratio"])


def test_three_groups_get_a_trend_and_freeman_halton():
    rows = [("KRAS", group, n, 12) for group, n in (("a", 1), ("b", 4), ("c", 9))]
    table = pd.DataFrame(rows, columns=["feature", "group", "carriers", "total"])
    row = compare_carriers(table).iloc[0]
    assert row["test"] == "Freeman–Halton exact" or row["min_expected"] >= 4
    assert row["trend_p"] < row["chi2_p"]
    assert np.isnan(row["odds_ratio"])


def test_no_feature_is_an_empty_table():
    none = count_carriers(samples(), pd.DataFrame({"sample": [], "feature": []}), by="timepoint")
    assert compare_carriers(none).empty


def test_unknown_sample_and_group_are_named():
    with pytest.raises(InputError, match="'P99'"):
        count_carriers(samples(), pd.DataFrame({"sample": ["P99"], "feature": ["X"]}), by="timepoint")
    with pytest.raises(InputError, match="'relapse' not among the groups"):
        compare_carriers(figure_2a(), groups=["onset", "relapse"])


def test_missing_categories_stay_out_and_are_counted():
    table = pd.DataFrame(
        {"risk": ["high"] * 5 + ["non-high"] * 5 + [""], "kras": ["m", "", "w", "m", "m"] + ["w"] * 6}
    )
    row = compare_categories(table, by="risk", variables=["kras"]).iloc[0]
    assert row["missing"] == 2
    assert row["counts"] == "high 3/1; non-high 0/5"
    assert row["p_value"] == pytest.approx(stats.fisher_exact([[3, 1], [0, 5]]).pvalue)


def test_two_categories_have_the_odds_ratio_of_the_first_between_the_groups():
    table = pd.DataFrame(
        {"risk": ["high"] * 9 + ["low"] * 11, "kras": ["m"] * 6 + ["w"] * 3 + ["m"] * 2 + ["w"] * 9}
    )
    table["three"] = (["a", "b", "c"] * 7)[:20]
    found = compare_categories(table, by="risk", variables=["kras", "three"]).set_index("variable")
    theirs = stats.contingency.odds_ratio([[6, 3], [2, 9]])
    limits = theirs.confidence_interval()
    columns = ["odds_ratio", "odds_ratio_low", "odds_ratio_high"]
    assert found.loc["kras", columns].tolist() == pytest.approx(
        [theirs.statistic, limits.low, limits.high], rel=1e-4
    )
    assert found.loc["three", columns].isna().all()


def test_a_constant_variable_is_not_tested():
    row = compare_categories(pd.DataFrame({"g": ["a", "b"], "v": ["x", "x"]}), by="g", variables=["v"]).iloc[
        0
    ]
    assert row["test"] == "none" and np.isnan(row["p_value"])


def test_baseline_describes_numbers_and_levels():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"sex": ["f", "m"] * 10, "age": rng.normal(6, 2, 20), "risk": ["high"] * 8 + ["low"] * 12}
    )
    frame.loc[3, "age"] = np.nan
    table = describe_baseline(frame, variables=["age", "sex"], by="risk").set_index(["variable", "level"])
    assert table.loc[("patients", ""), "high"] == "8"
    assert table.loc[("sex", "f"), "overall"] == "10 (50.0 %)"
    assert table.loc[("age", "missing"), "high"] == "1"
    high, low = (frame.loc[frame.risk == group, "age"].dropna() for group in ("high", "low"))
    assert table.loc[("age", ""), "p_value"] == pytest.approx(
        stats.mannwhitneyu(high, low, method="exact").pvalue
    )


@pytest.mark.parametrize(
    ("row", "risk", "met", "missing"),
    [
        pytest.param((1.0, 0, 0, "no"), "high", "day8_blasts", "", id="the limit counts"),
        pytest.param((0.99, 9.99, 0.099, "no"), "non-high", "", "", id="below every limit"),
        pytest.param((0.5, 2, np.nan, "no"), "not assessable", "", "mrd_day33", id="missing stays missing"),
        pytest.param(
            (0.5, 10, np.nan, ""), "high", "mrd_day15", "mrd_day33,relapse", id="one criterion is enough"
        ),
    ],
)
def test_risk(row, risk, met, missing):
    columns = ["day8_blasts", "mrd_day15", "mrd_day33", "relapse"]
    found = assign_risk(pd.DataFrame([("p", *row)], columns=["patient", *columns])).iloc[0]
    assert (found["risk"], found["criteria_met"], found["criteria_missing"]) == (risk, met, missing)


def test_every_limit_is_a_parameter():
    patient = pd.DataFrame(
        {"patient": ["p"], "day8_blasts": [0.5], "mrd_day15": [1.0], "mrd_day33": [0.0], "relapse": ["no"]}
    )
    assert assign_risk(patient, RiskCriteria(mrd_day15=1.0)).loc[0, "risk"] == "high"
    with pytest.raises(InputError, match="relapse holds 'maybe'"):
        assign_risk(patient.assign(relapse="maybe"))


def test_a_stated_prednisone_response_stands_for_a_missing_count():
    columns = ["patient", "day8_blasts", "prednisone_response", "mrd_day15", "mrd_day33", "relapse"]
    rows = [
        ("a", None, "PPR", 0.0, 0.0, "no"),
        ("b", None, "good", 0.0, 0.0, "no"),
        ("c", 3.0, "good", 0.0, 0.0, "no"),
    ]
    found = assign_risk(pd.DataFrame(rows, columns=columns))
    assert found["risk"].tolist() == ["high", "non-high", "high"]
    assert found["prednisone_response"].tolist() == ["poor", "good", "poor"]
    assert set(found["criteria_missing"]) == {""}
    with pytest.raises(InputError, match="prednisone_response holds 'bad' in 1 patient"):
        assign_risk(pd.DataFrame([("a", None, "bad", 0.0, 0.0, "no")], columns=columns))


def test_overlap_states_its_universe():
    universe = [f"g{i}" for i in range(100)]
    found = measure_overlaps(
        {"fusions": ["g1", "g2", "x"]}, {"up": ["g1", "g2", "g3"]}, universe=universe
    ).iloc[0]
    assert (found["universe"], found["shared"], found["outside"]) == (100, 2, 1)
    assert found["p_value"] == pytest.approx(stats.hypergeom.sf(1, 100, 3, 2))
    with pytest.raises(InputError, match="universe"):
        measure_overlaps({"a": []}, {"b": []}, universe=[])


def test_command(tmp_path, capsys):
    sheet, features, out = tmp_path / "s.tsv", tmp_path / "f.tsv", tmp_path / "o.tsv"
    samples().to_csv(sheet, sep="\t", index=False)
    features.write_text("sample\tfeature\nP1_onset\tETV6\n")
    words = ["associate", str(sheet), "--by", "timepoint", "--output", str(out), "--patient", "patient"]
    assert main([*words, "--features", str(features)]) == 0
    assert CARRIER_TESTS.read(out).loc[0, "carriers"] == "1/8 0/8"
    out.unlink()
    assert (
        main(["associate", str(sheet), "--by", "risk", "--variables", "patient", "--output", str(out)]) == 2
    )
    assert "no column 'risk'" in capsys.readouterr().err
    assert not out.exists()


def test_command_compares_lists_of_genes(tmp_path, capsys):
    lists = {"fused": "A B X", "up": "A B C D", "down": "E", "tested": "A B C D E F G H I J"}
    paths = {name: tmp_path / f"{name}.txt" for name in lists}
    for name, genes in lists.items():
        paths[name].write_text("\n".join(genes.split()) + "\n")
    out = tmp_path / "o.tsv"
    words = [
        "associate",
        str(paths["fused"]),
        "--overlap",
        f"{paths['up']},{paths['down']}",
        "--output",
        str(out),
    ]
    assert main(words) == 2
    assert "--overlap needs --universe" in capsys.readouterr().err
    assert main([*words, "--universe", str(paths["tested"])]) == 0
    table = OVERLAPS.read(out).set_index("second")
    assert table.loc["up.txt", ["universe", "n_first", "n_second", "outside", "shared"]].tolist() == [
        10,
        2,
        4,
        1,
        2,
    ]
    assert table.loc["up.txt", "p_value"] == pytest.approx(stats.hypergeom.sf(1, 10, 4, 2))
    assert table.loc["down.txt", "p_value"] == 1.0
