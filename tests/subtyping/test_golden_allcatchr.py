"""Against the official output of ALLCatchR on its own ten samples."""

import numpy as np
import pandas as pd
import pytest

from leukoscope.knowledge.subtype_tables import reference_scores
from leukoscope.subtyping.phenotype import blast_fraction, counts_per_million, tell_sex
from leukoscope.subtyping.signatures import STAGES, nearest_references, score_signatures, standardised


@pytest.fixture(scope="module")
def official(shared):
    path = shared / "expression/allcatchr_test10/allcatchr_bcrabl1_official_predictions.tsv"
    return pd.read_csv(path, sep="\t").set_index("sample")


@pytest.fixture(scope="module")
def ten(read_counts_of, express_frame):
    return express_frame(read_counts_of("allcatchr_test10"))


def test_stage_scores_to_every_printed_digit(ten, knowledge, official):
    got = score_signatures(ten, knowledge.signatures, knowledge.signature_genes, kind="stage", names=STAGES)
    np.testing.assert_allclose(standardised(got.raw), official[list(STAGES)], atol=1e-12)


def test_nearest_neighbours_of_the_subtype_scores(ten, knowledge, official, shared):
    """The shares of classes among neighbours 2 to 11, which is what ALLCatchR prints."""
    vectors = pd.read_csv(
        shared / "expression/allcatchr_training_scores/totalscore_scaled_2294.tsv.gz", sep="\t"
    )
    cutoffs = pd.read_csv(shared / "expression/allcatchr_training_scores/cutoffs.tsv", sep="\t")
    printed = cutoffs.set_index("class").subtype
    names = knowledge.scores.features
    got = score_signatures(ten, knowledge.signatures, knowledge.signature_genes, kind="subtype", names=names)
    near = nearest_references(got.scaled, vectors[list(names)].to_numpy(), n=11)[:, 1:]
    for row, sample in enumerate(ten.samples):
        share = vectors.subtype.iloc[near[row]].value_counts() / 10
        for name in sorted(vectors.subtype.unique()):
            assert share.get(name, 0.0) == pytest.approx(official.loc[sample, f"NN_{printed[name]}"]), (
                sample,
                name,
            )


def test_shipped_reference_is_the_published_one(shared, knowledge):
    vectors = pd.read_csv(
        shared / "expression/allcatchr_training_scores/totalscore_scaled_2294.tsv.gz", sep="\t"
    )
    names = list(knowledge.scores.features)
    np.testing.assert_allclose(reference_scores()[names], vectors[names], atol=5.01e-4)


def test_sex_agrees(ten, official):
    got = tell_sex(counts_per_million(ten), ten)
    assert [{"female": "F", "male": "M"}[sex] for sex in got] == official["Sex"].tolist()


def test_blast_fraction_goes_along(ten, knowledge, official):
    got = blast_fraction(counts_per_million(ten), ten, knowledge.cell_markers)
    assert np.corrcoef(got, official["BlastCounts"])[0, 1] > 0.8
