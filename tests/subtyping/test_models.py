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


def test_a_leukaemia_without_b_markers_is_not_of_the_b_lineage(knowledge):
    model, markers = knowledge.lineage_panel, knowledge.lineage_markers
    column = {gene: at for at, gene in enumerate(model.features)}
    b_genes = [column[g] for g in markers.loc[markers.lineage == "B", "gene_id"] if g in column]
    row = model.weights[model.classes.index("B-ALL")]
    like_b_all = np.sign(row)[None, :].copy()
    like_b_all[:, [column[g] for g in markers.gene_id if g in column]] = 0.0
    like_b_all[:, [column[g] for g in markers.gene_id[markers.lineage == "white"]]] = 1.0
    with_b, without_b = like_b_all.copy(), like_b_all.copy()
    with_b[:, b_genes], without_b[:, b_genes] = 1.0, -0.5
    assert tell_lineage(with_b, model, markers).name(0) == "B"
    assert tell_lineage(without_b, model, markers).name(0) == "myeloid"


def of_the_panel(knowledge, toward, **levels):
    """One sample whose genes lie as a class of the lineage panel has them, marker sets at given deviates."""
    model, markers = knowledge.lineage_panel, knowledge.lineage_markers
    column = {gene: at for at, gene in enumerate(model.features)}
    sample = np.sign(model.weights[model.classes.index(toward)])[None, :]
    for lineage in ("B", "T", "myeloid", "immature", "white"):
        genes = [column[gene] for gene in markers.gene_id[markers.lineage == lineage]]
        sample[:, genes] = levels.get(lineage, 0.0)
    return tell_lineage(sample, model, markers)


def test_what_resembles_no_blood_cell_is_of_no_lineage(knowledge):
    assert of_the_panel(knowledge, "Normal", white=1.0, immature=-1.0).name(0) == "normal"
    assert of_the_panel(knowledge, "Normal", white=-0.5, immature=-1.0).name(0) == "uncertain"


def test_an_immature_sample_is_not_normal(knowledge):
    immature = of_the_panel(knowledge, "Normal", white=1.0, immature=0.8, B=-0.5, T=-0.5, myeloid=1.0)
    assert immature.name(0) == "myeloid"


def test_a_profile_unlike_any_lymphoblast_is_no_b_all(knowledge):
    """The nearest of the three classes is B-ALL, and B antigens are there, but the score is no B-ALL's."""
    model, markers = knowledge.lineage_panel, knowledge.lineage_markers
    column = {gene: at for at, gene in enumerate(model.features)}
    row = model.weights[model.classes.index("B-ALL")] / model.spread
    sample = np.where(np.isin(model.features, markers.gene_id), 0.0, model.centre)
    for lineage in ("B", "white"):
        sample[[column[gene] for gene in markers.gene_id[markers.lineage == lineage]]] = 1.0
    free = ~np.isin(model.features, markers.gene_id)
    for score, is_b in ((0.9, True), (0.0, False)):
        now = linear_scores(sample[None, :], model)[0, 0]
        sample[free] += (score - now) * np.sign(row[free]) / np.abs(row[free]).sum()
        got = tell_lineage(sample[None, :], model, markers)
        assert linear_scores(sample[None, :], model).argmax() == 0
        assert (got.name(0) == "B") is is_b
