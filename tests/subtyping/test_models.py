"""The shipped models are the ones whose performance is stated, and speak of known classes."""

import hashlib

import numpy as np
import pytest

from leukoscope.knowledge import knowledge_path
from leukoscope.knowledge.subtype_models import LinearModel, model_facts
from leukoscope.subtyping.experts import GROUPS
from leukoscope.subtyping.lineage import tell_lineage
from leukoscope.subtyping.panel import linear_scores, rank_features


@pytest.mark.parametrize("name", ["subtype_panel", "lineage_panel", "subtype_scores"])
def test_checksum_is_of_the_shipped_file(name):
    facts = model_facts()[name]
    assert hashlib.sha256(knowledge_path(facts["file"]).read_bytes()).hexdigest() == facts["file_sha256"]


def test_stated_performance_reaches_the_floor():
    assert model_facts()["subtype_panel"]["nested_accuracy"] >= 0.93
    assert model_facts()["lineage_panel"]["nested_accuracy"] >= 0.99


def test_classes_and_genes_are_known(knowledge):
    groups = set(knowledge.subtypes.group)
    assert set(knowledge.panel.classes) <= set(GROUPS)
    assert set(knowledge.scores.classes) - {"B-other"} <= set(GROUPS) <= groups
    assert set(knowledge.panel.features) <= set(knowledge.genes.gene_id)
    assert knowledge.panel.features == knowledge.lineage_panel.features
    assert set(knowledge.outlier_genes.subtype) - {""} <= set(GROUPS)
    aliases = [a for text in knowledge.subtypes.aliases for a in text.split("|") if a]
    assert len(aliases) == len(set(aliases))


def test_missing_genes_stretch_the_others():
    model = LinearModel(
        ("a", "b"),
        ("x", "y"),
        np.zeros(2),
        np.ones(2),
        np.array([[1.0, 1.0], [1.0, -1.0]]),
        np.array([0.5, 0.0]),
        1.0,
    )
    full = linear_scores(np.array([[2.0, 2.0]]), model)
    half = linear_scores(np.array([[2.0, np.nan]]), model)
    assert full.tolist() == [[4.5, 0.0]]
    assert half.tolist() == [[4.5, 4.0]]
    assert linear_scores(np.full((1, 2), np.nan), model).tolist() == [[0.5, 0.0]]


def test_any_monotone_transformation_gives_the_same_features():
    rng = np.random.default_rng(2)
    values = rng.gamma(1.0, 50.0, (3, 40))
    np.testing.assert_array_equal(rank_features(values), rank_features(np.log2(values + 1) * 7 - 3))


def of_the_panel(knowledge, toward, **levels):
    """One sample whose genes lie as a class has them on average, marker sets at given deviates."""
    model, markers, profiles = knowledge.lineage_panel, knowledge.lineage_markers, knowledge.lineage_profiles
    column = {gene: at for at, gene in enumerate(model.features)}
    sample = profiles[toward].to_numpy(np.float64)[None, :].copy()
    for lineage, level in levels.items():
        sample[:, [column[gene] for gene in markers.gene_id[markers.lineage == lineage]]] = level
    return tell_lineage(sample, model, profiles, markers)


def test_the_mean_of_each_class_is_of_its_lineage(knowledge):
    for toward, lineage in (("b_all", "B"), ("t_all", "T"), ("normal", "normal")):
        got = of_the_panel(knowledge, toward)
        assert got.name(0) == lineage
        assert got.likeness[0] == pytest.approx(1.0)
        assert not got.is_unlike(0)


def test_stroma_and_shuffled_genes_are_of_no_lineage(knowledge):
    stroma = of_the_panel(knowledge, "stroma")
    assert stroma.name(0) == "uncertain"
    assert stroma.is_unlike(0)
    profiles = knowledge.lineage_profiles
    shuffled = np.random.default_rng(1).permutation(profiles["normal"].to_numpy())[None, :]
    got = tell_lineage(shuffled, knowledge.lineage_panel, profiles, knowledge.lineage_markers)
    assert got.is_unlike(0)
    assert got.probability.sum() < 0.01


def test_a_leukaemia_without_b_markers_is_not_of_the_b_lineage(knowledge):
    assert of_the_panel(knowledge, "b_all", B=1.0).name(0) == "B"
    assert of_the_panel(knowledge, "b_all", B=-0.5).probability[0, 0] < 0.1


def test_an_immature_sample_is_not_normal(knowledge):
    assert of_the_panel(knowledge, "normal", immature=0.8).probability[0, 3] < 0.1


def test_markers_of_two_lineages_withdraw_b_all(knowledge):
    myeloid = of_the_panel(knowledge, "b_all", B=1.0, myeloid=2.0)
    assert myeloid.mixed[0, 1] > 0.9
    assert myeloid.name(0) == "uncertain"
    model, markers, profiles = knowledge.lineage_panel, knowledge.lineage_markers, knowledge.lineage_profiles
    both = profiles[["b_all", "t_all"]].to_numpy(np.float64).mean(axis=1)[None, :]
    halves = tell_lineage(both, model, profiles, markers)
    assert halves.mixed[0, 0] > 0.5
    assert halves.probability[0, 0] < 0.5


def test_a_profile_unlike_any_lymphoblast_is_no_b_all(knowledge):
    """The genes lie in the direction of B-ALL, which is also the nearest class, but hardly out of their middle."""
    model, markers, profiles = knowledge.lineage_panel, knowledge.lineage_markers, knowledge.lineage_profiles
    for share, is_b in ((1.0, True), (0.1, False)):
        sample = share * profiles["b_all"].to_numpy(np.float64)[None, :]
        sample[:, np.isin(model.features, markers.gene_id[markers.lineage == "B"])] = 1.0
        got = tell_lineage(sample, model, profiles, markers)
        assert not got.is_unlike(0)
        assert (got.name(0) == "B") is is_b
