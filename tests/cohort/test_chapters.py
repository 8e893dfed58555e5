"""The further chapters of a cohort against small cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy import stats

from leukoscope.association.effect import cramers_v
from leukoscope.genesets import gather_gene_sets
from leukoscope.knowledge.subtype_tables import subtype_knowledge
from leukoscope.report.figures_batch import LEAST_SHARE, component_effects
from leukoscope.study.batch import diagnose_batches
from leukoscope.study.fusion_marks import mark_calls
from leukoscope.study.fusion_sets import exclusive_intersections
from leukoscope.study.gene_clusters import cluster_genes, compare_groups
from leukoscope.study.known_subtypes import CalledClasses, call_classes, relate_to_subtypes
from leukoscope.study.longitudinal import study_courses
from leukoscope.study.network import study_network
from leukoscope.tables.fusions import FUSIONS
from leukoscope.tables.recurrence import FUSION_EVENTS
from leukoscope.tables.study import COMPONENT_TESTS
from leukoscope.tables.subtyping import SUBTYPE_CALLS, SUBTYPE_PROBABILITIES


def called(groups, tier="definite"):
    """Return subtype calls: class by sample."""
    rows = [
        dict.fromkeys(SUBTYPE_CALLS.names, "")
        | {"sample": sample, "group": group, "tier": tier, "panel_genes": 1}
        | dict.fromkeys(("probability", "second_probability", "blast_fraction", "hyperdiploid_index"), 0.5)
        for sample, group in groups.items()
    ]
    return CalledClasses(SUBTYPE_CALLS.check(pd.DataFrame(rows, columns=SUBTYPE_CALLS.names)))


def sheet(*rows):
    return pd.DataFrame(rows, columns=["sample", "patient", "timepoint"])


def events(*rows):
    """Return events: sample, patient, timepoint, pair, fragments."""
    frame = pd.DataFrame(rows, columns=["sample", "patient", "timepoint", "pair", "fragments"])
    fixed = {"type": "translocation", "contig_a": "chr1", "contig_b": "chr2", "names": "", "plausibility": ""}
    fixed |= {"position_a": 1, "position_b": 2, "driver_class": ""}
    halves = frame["pair"].str.split("::", expand=True)
    return FUSION_EVENTS.check(frame.assign(**fixed, locus_a=halves[0], locus_b=halves[1]))


def test_blasts_of_the_sheet_speak_against_normal_cells(shared):
    """As in the report of one sample; in remission the sheet's blasts may be those of an earlier count."""
    path = shared / "expression" / "gse115736_haemopedia_normal" / "counts.tsv.gz"
    counts = pd.read_csv(path, sep="\t", index_col=0).iloc[:, :3]
    samples = sheet(*zip(counts.columns, "abc", ("onset", "onset", "remission"), strict=True))
    samples = samples.assign(blast_percent=["80", "", "80"])
    found = call_classes(counts, samples, knowledge=subtype_knowledge(), drivers=None, fusions=None).table
    assert (found["group"] == "Normal").all()
    assert (found["tier"] == "none").tolist() == [True, False, False]
    assert found["conflicts"].str.contains("80 % blasts").tolist() == [True, False, False]


class TestKnownSubtypes:
    def relate(self, groups, classes, **kwargs):
        samples = pd.DataFrame({"sample": list(groups)})
        return relate_to_subtypes(called(classes, **kwargs), samples, pd.Series(groups))

    def test_group_that_is_a_class_is_named(self):
        groups = {f"s{i}": "1" if i < 6 else "2" for i in range(12)}
        classes = {f"s{i}": "KMT2A" if i < 6 else ("DUX4" if i < 9 else "ZNF384") for i in range(12)}
        found = self.relate(groups, classes)
        assert found.verdicts["verdict"].tolist() == ["one known class", "several known classes"]
        assert found.verdicts.loc[0, ["subtype", "share", "captured"]].tolist() == ["KMT2A", 1.0, 1.0]
        assert 0.5 < found.agreement < 1.0
        row = found.table.set_index(["group", "subtype"]).loc[("1", "KMT2A")]
        assert row["p_value"] == pytest.approx(stats.fisher_exact([[6, 0], [0, 6]]).pvalue)

    def test_class_spread_over_groups_is_no_old_acquaintance(self):
        groups = {f"s{i}": str(i % 2 + 1) for i in range(12)}
        classes = {f"s{i}": "KMT2A" if i < 6 else "DUX4" for i in range(12)}
        found = self.relate(groups, classes)
        assert set(found.verdicts["verdict"]) == {"no known class"}
        assert found.cramers_v == 0.0

    def test_calls_without_tier_are_not_assessed(self):
        found = self.relate({"a": "1", "b": "2"}, {"a": "KMT2A", "b": "DUX4"}, tier="none")
        assert found.verdicts.empty
        assert "not compared" in found.notes[-1]

    def test_few_samples_of_one_class_prove_neither(self):
        groups = {f"s{i}": "1" if i < 3 else "2" for i in range(10)}
        classes = {f"s{i}": "KMT2A" if i < 7 else "DUX4" for i in range(10)}
        first = self.relate(groups, classes).verdicts.iloc[0]
        assert first["verdict"] == "not assessable"
        assert first["statement"] == (
            "Group 1: 3 of 3 samples with a class are KMT2A (3 of 7 of that class), too few to tell from chance."
        )

    def test_one_class_in_all_samples_tells_nothing(self):
        found = self.relate({c: "12"[c > "d"] for c in "abcdefgh"}, dict.fromkeys("abcdefgh", "KMT2A"))
        assert set(found.verdicts["verdict"]) == {"not assessable"}


def test_cramers_v_of_determined_and_unrelated_tables():
    assert cramers_v(np.diag([10, 10, 10])) == pytest.approx(1.0, abs=0.02)
    assert cramers_v(np.array([[5, 5], [5, 5]])) == 0.0
    assert np.isnan(cramers_v(np.array([[5, 5]])))


class TestCourses:
    samples = sheet(
        ("a0", "A", "onset"), ("a1", "A", "remission"), ("a2", "A", "relapse"),
        ("b0", "B", "onset"), ("b1", "B", "remission"), ("c0", "C", "onset"),
    )  # fmt: skip

    def follow(self, found, reads=None, assessed=None):
        return study_courses(
            found, self.samples,
            assessed=frozenset(assessed or self.samples["sample"]), reads=reads,
            calls=SUBTYPE_CALLS.empty(), probabilities=SUBTYPE_PROBABILITIES.empty(),
        )  # fmt: skip

    def test_statuses(self):
        found = events(
            ("a0", "A", "onset", "X::Y", 40), ("a2", "A", "relapse", "X::Y", 30),
            ("a1", "A", "remission", "N::M", 5), ("b0", "B", "onset", "X::Y", 2), ("c0", "C", "onset", "X::Y", 9),
        )  # fmt: skip
        courses = self.follow(found).fusions.set_index(["patient", "pair", "earlier", "later"])
        status = courses["status"].to_dict()
        assert status["A", "X::Y", "onset", "remission"] == "cleared"
        assert status["A", "X::Y", "remission", "relapse"] == "new"
        assert status["A", "X::Y", "onset", "relapse"] == "persisting"
        assert status["A", "N::M", "onset", "remission"] == "new"
        assert status["B", "X::Y", "onset", "remission"] == "not assessable"
        assert not any(patient == "C" for patient, *_ in status)

    def test_a_shallow_sample_clears_nothing(self):
        reads = pd.Series({"a0": 4e7, "a1": 1e6, "a2": 4e7, "b0": 1.0, "b1": 1.0})
        found = events(("a0", "A", "onset", "X::Y", 40))
        row = self.follow(found, reads).fusions.set_index("later").loc["remission"]
        assert (row["status"], row["expected_later"], row["detectable_share"]) == ("not assessable", 1.0, 3.0)

    def test_mcnemar_counts_patients(self):
        found = events(("a0", "A", "onset", "X::Y", 40), ("b0", "B", "onset", "X::Y", 40))
        tests = self.follow(found).tests.set_index(["earlier", "later", "feature"])
        row = tests.loc[("onset", "remission", "X::Y")]
        assert row[["patients", "cleared", "persisting", "new"]].tolist() == [2, 2, 0, 0]
        assert row["mcnemar_p"] == 0.5
        assert np.isnan(tests.loc[("onset", "remission", "any fusion"), "p_adjusted"])

    def test_another_fusion_later_is_not_the_one_that_persists(self):
        found = events(
            ("a0", "A", "onset", "X::Y", 40), ("a1", "A", "remission", "N::M", 9),
            ("b0", "B", "onset", "X::Y", 40), ("b0", "B", "onset", "P::Q", 40), ("b1", "B", "remission", "P::Q", 9),
        )  # fmt: skip
        tests = self.follow(found).tests.set_index(["earlier", "later", "feature"])
        row = tests.loc[("onset", "remission", "any fusion")]
        assert row[["persisting", "cleared", "new", "not_assessable"]].tolist() == [1, 1, 0, 0]
        assert row["mcnemar_p"] == 1.0  # both have one later

    def test_samples_without_fusion_table_are_not_negative(self):
        found = events(("a0", "A", "onset", "X::Y", 40))
        assert self.follow(found, assessed=["a0", "b0"]).fusions.empty

    def test_one_time_point_says_why(self):
        alone = study_courses(
            FUSION_EVENTS.empty(), sheet(("a", "A", "onset")), assessed=frozenset(), reads=None,
            calls=SUBTYPE_CALLS.empty(), probabilities=SUBTYPE_PROBABILITIES.empty(),
        )  # fmt: skip
        assert alone.absent == "No patient has samples of more than one time point."


def fusion(gene1, gene2, place1, place2, **more):
    text = dict.fromkeys(FUSIONS.names, "")
    numbers = {c.name: 3 for c in FUSIONS.columns if c.kind == "int64"}
    numbers |= {c.name: 0.0 for c in FUSIONS.columns if c.kind == "float64"}
    return (
        text | numbers | {"gene1": gene1, "gene2": gene2, "breakpoint1": place1, "breakpoint2": place2} | more
    )


class TestMarks:
    samples = sheet(
        *((f"r{i}", f"R{i}", "remission") for i in range(3)), ("o0", "R0", "onset"), ("o9", "R9", "onset")
    )

    def test_remission_of_others_is_the_panel_of_normals(self):
        neighbour = fusion("TTYH3", "LFNG", "chr7:100", "chr7:900", type="translocation")
        rare = fusion("A", "B", "chr1:5", "chr2:5", type="translocation")
        calls = {f"r{i}": pd.DataFrame([neighbour]) for i in range(2)}
        calls |= {"o0": pd.DataFrame([neighbour]), "o9": pd.DataFrame([neighbour, rare])}
        found = mark_calls(calls, self.samples, None)
        assert found["o9"]["plausibility"].tolist() == ["seen-in-normals", ""]
        assert found["o0"]["plausibility"].tolist() == [""]  # seen in one other patient only

    def test_residual_disease_makes_no_driver_an_artefact(self):
        driver = fusion(
            "ETV6", "RUNX1", "chr12:1", "chr21:1", type="translocation", driver_class="ETV6::RUNX1"
        )
        calls = {name: pd.DataFrame([driver]) for name in ("r0", "r1", "r2", "o9")}
        assert mark_calls(calls, self.samples, None)["o9"]["plausibility"].tolist() == [""]

    def test_circular_rna_is_told_without_a_genome(self):
        call = fusion(
            "DHRSX",
            "DHRSX",
            "chrX:1",
            "chrX:9",
            type="duplication",
            site1="CDS/splice-site",
            site2="CDS/splice-site",
        )
        found = mark_calls({"o9": pd.DataFrame([call])}, self.samples, None)
        assert found["o9"]["plausibility"].tolist() == ["circular-RNA-like"]


def test_exclusive_intersections_partition_the_genes():
    sets = {"a": {"X", "Y", "Z"}, "b": {"Y", "Z"}, "c": {"Z", "W"}, "d": set()}
    found = exclusive_intersections(sets)
    assert found["size"].sum() == len(set().union(*sets.values()))
    assert dict(zip(found["sets"], found["genes"], strict=True)) == {
        "a": "X",
        "a & b": "Y",
        "a & b & c": "Z",
        "c": "W",
    }
    assert exclusive_intersections({}).empty


def planted(rng, n_genes=200, n_samples=18):
    """Return logarithms in which the first 30 genes rise in group 1 and the next 30 in group 2."""
    members = pd.Series(np.repeat(["1", "2", "3"], n_samples // 3), index=[f"s{i}" for i in range(n_samples)])
    values = rng.normal(6.0, 0.5, (n_genes, n_samples))
    values[:30, members == "1"] += 3.0
    values[30:60, members == "2"] += 3.0
    genes = [f"g{i}" for i in range(n_genes)]
    return pd.DataFrame(values, genes, members.index), pd.Series(genes, genes), members


def gene_sets():
    names = ("FIRST", "SECOND", "REST")
    parts = [[f"g{i}" for i in part] for part in (range(30), range(30, 60), range(60, 90))]
    return gather_gene_sets("test", [(name, "", part) for name, part in zip(names, parts, strict=True)])


class TestGeneClusters:
    def test_planted_clusters_and_their_sets_are_found(self):
        expression, names, members = planted(np.random.default_rng(1))
        found = cluster_genes(expression, names, members, gene_sets())
        cluster = found.genes.set_index("gene")["cluster"]
        assert len({cluster[f"g{i}"] for i in range(30)}) == 1
        assert cluster["g0"] != cluster["g40"]
        best = found.terms.drop_duplicates("cluster").set_index("cluster")["set"]
        assert best[cluster["g0"]] == "FIRST"
        assert best[cluster["g40"]] == "SECOND"
        assert found.scores.columns.tolist() == members.index.tolist()

    def test_f_is_that_of_scipy(self):
        values = np.random.default_rng(2).normal(size=(5, 9))
        masks = [np.repeat([0, 1, 2], 3) == i for i in range(3)]
        f, p = compare_groups(values, masks)
        expected = stats.f_oneway(*(values[:, mask] for mask in masks), axis=1)
        np.testing.assert_allclose(f, expected.statistic)
        np.testing.assert_allclose(p, expected.pvalue)

    @pytest.mark.parametrize("k", [0, 1])
    def test_without_groups_it_says_why(self, k):
        expression, names, members = planted(np.random.default_rng(3))
        members = members.iloc[:0] if k == 0 else pd.Series("1", members.index)
        assert "fewer than two" in cluster_genes(expression, names, members, None).absent

    def test_noise_makes_no_clusters(self):
        expression, names, members = planted(np.random.default_rng(4))
        found = cluster_genes(expression.iloc[60:], names, members, None)
        assert "differ between the groups" in found.absent


class TestNetwork:
    def test_modules_are_the_planted_programmes(self):
        expression, names, members = planted(np.random.default_rng(5))
        found = study_network(expression, names, members, gene_sets(), n_genes=200, max_edges=2000)
        assert set(found.modules["term"].head(2)) == {"FIRST", "SECOND"}
        assert (found.modules["group_p"].head(2) < 0.01).all()
        assert len(found.edges) <= 2000

    @pytest.mark.parametrize(("n", "why"), [(0, "no expression"), (3, "needs four")])
    def test_too_little_says_why(self, n, why):
        expression, names, members = planted(np.random.default_rng(6))
        some = None if n == 0 else expression.iloc[:, :n]
        assert why in study_network(some, names, members, None, n_genes=50, max_edges=10).absent


class TestBatch:
    def test_a_planted_batch_is_named(self):
        rng = np.random.default_rng(7)
        expression, _, _ = planted(rng)
        batch = np.tile(["x", "y"], 9)
        expression.iloc[60:] += np.where(batch == "y", 4.0, 0.0)
        samples = pd.DataFrame({"sample": expression.columns, "batch": batch})
        found = diagnose_batches(expression, samples)
        top = found.tests.iloc[0]
        assert (top["variable"], top["component"]) == ("batch", 1)
        assert top["effect"] > 0.9
        assert "batch" in found.notes[0]

    def test_a_share_that_rounds_to_nothing_has_no_number_however_sure(self):
        rows = [(1, 0.5, name, "technical", 900, "", share, 0.0, adjusted)
                for name, share, adjusted in (("batch", LEAST_SHARE, 0.01), ("depth", LEAST_SHARE / 2, 0.01),
                                              ("centre", 0.4, 0.06))]  # fmt: skip
        ax = Figure().add_subplot()
        component_effects(ax, pd.DataFrame(rows, columns=COMPONENT_TESTS.names))
        assert [text.get_position() for text in ax.texts] == [(0, 0)]
        assert ax.get_yticklabels()[0].get_text().lower().startswith("batch")

    def test_without_technical_columns_it_says_so(self):
        expression, _, _ = planted(np.random.default_rng(8))
        found = diagnose_batches(expression, pd.DataFrame({"sample": expression.columns}))
        assert "no technical column" in found.notes[-1]
        assert diagnose_batches(expression.iloc[:, :2], pd.DataFrame({"sample": ["s0", "s1"]})).absent

    def test_three_samples_in_one_order_prove_nothing(self):
        expression = pd.DataFrame(np.outer([1.0, -1.0, 2.0], [0.0, 1.0, 3.0]), columns=["a", "b", "c"])
        samples = pd.DataFrame({"sample": ["a", "b", "c"], "reads": [10, 20, 30]})
        first = diagnose_batches(expression, samples).tests.iloc[0]
        assert (first["component"], first["p_value"]) == (1, pytest.approx(1 / 3))  # two of six orders
