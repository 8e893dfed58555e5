"""The scales and filters that matrices come in: the same patient, the same call."""

import functools

import numpy as np
import pandas as pd
import pytest

from leukoscope.errors import InputError
from leukoscope.subtyping.calling import call_subtypes


def by_edger(counts, prior=2.0):
    """log2 CPM with a prior count in proportion to the library, as edgeR's cpm(log=TRUE) gives it."""
    total = counts.sum()
    added = prior * total / total.mean()
    return np.log2((counts + added) / (total + 2 * added) * 1e6)


def by_voom(counts):
    return np.log2((counts + 0.5) / (counts.sum() + 1) * 1e6)


def natural(counts):
    return np.log(counts / counts.sum() * 1e6 + 0.5)


def stabilised(counts):
    """The variance-stabilising transformation of one dispersion: a gene without reads is at 2.3, as all others."""
    scaled = counts / counts.sum() * counts.sum().median()
    return np.log2((1 + 0.1 * scaled + 2 * np.sqrt(0.05 * scaled * (1 + 0.05 * scaled))) / 0.2)


def thresholded(counts):
    """Compressed logarithms whose background was set to 20, as array values often are."""
    return np.log2(counts / counts.sum() * 1e6 + 20) * 0.7 + 3


def of_zero(counts):
    """log2 CPM with nothing added: -inf where a gene has no reads."""
    with np.errstate(divide="ignore"):
        return np.log2(counts / counts.sum() * 1e6)


def without_rare(counts):
    """Genes of at least 1 CPM in four samples, a usual filter before differential expression."""
    return counts[(counts / counts.sum() * 1e6 >= 1).sum(axis=1) > 3]


def filtered_logarithms(counts):
    kept = without_rare(counts).index
    return by_edger(counts).loc[kept]


def centred(counts):
    values = by_voom(counts)
    return values.sub(values.mean(axis=1), axis=0)


def scaled(counts):
    values = centred(counts)
    return values.div(values.std(axis=1) + 1e-9, axis=0)


SCALES = [by_edger, by_voom, natural, stabilised, of_zero, without_rare, filtered_logarithms]


@pytest.fixture(scope="module")
def called(read_counts_of, express_frame, knowledge):
    @functools.cache
    def call(name, scale, step):
        counts = read_counts_of(name)
        return call_subtypes(express_frame(scale(counts).iloc[:, ::step]), knowledge).table.set_index(
            "sample"
        )

    return call


@pytest.mark.parametrize("scale", SCALES)
def test_a_patient_is_called_the_same_on_every_scale(called, scale):
    usual, found = called("allsorts20", pd.DataFrame, 3), called("allsorts20", scale, 3)
    assert found[["subtype", "tier"]].equals(usual[["subtype", "tier"]])


def test_a_raised_background_changes_no_group(called):
    usual, found = called("allsorts20", pd.DataFrame, 3), called("allsorts20", thresholded, 3)
    assert found["group"].equals(usual["group"])


def test_the_most_expressed_genes_give_normal_cells_no_leukaemia_of_b_cells(called):
    def loudest(counts):
        return counts.loc[counts.mean(axis=1).nlargest(5000).index]

    found = called("gse115736_haemopedia_normal", loudest, 1)
    assert found["group"].isin({"Normal", "Myeloid", "T-ALL"}).all()


@pytest.mark.parametrize("scale", [by_edger, without_rare])
def test_normal_cells_stay_normal_on_every_scale(called, scale):
    found = called("gse115736_haemopedia_normal", scale, 1)
    assert not found["tier"].isin({"suggestive", "probable"})[found["group"] != "Normal"].any()


def test_a_filtered_matrix_says_so(called, read_counts_of, express_frame):
    assert express_frame(read_counts_of("allsorts20")).n_filtered == 0
    (note,) = {text.split("; ")[-1] for text in called("allsorts20", without_rare, 9)["notes"]}
    assert note.startswith("The matrix was filtered by expression: ")


def test_a_chosen_panel_is_not_taken_for_a_filter(read_counts_of, express_frame):
    panel = read_counts_of("nordic_gse227832", "logcpm.tsv.gz").iloc[:, :2]
    assert express_frame(panel).n_filtered == 0


@pytest.mark.parametrize("scale", [centred, scaled])
def test_differences_from_a_mean_are_refused(read_counts_of, express_frame, scale):
    with pytest.raises(InputError, match="centred differences"):
        express_frame(scale(read_counts_of("allsorts20")))
