"""Readers of count tables, and the .h5ad export."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from leukoscope.cohort import Cohort
from leukoscope.errors import InputError
from leukoscope.formats.featurecounts import read_featurecounts
from leukoscope.formats.h5ad import write_h5ad
from leukoscope.formats.sample_counts import read_htseq, read_rsem, read_star


def write(path, text):
    path.write_text(text)
    return path


def test_htseq(tmp_path):
    a = write(tmp_path / "a", "ENSG00000000003.1\t5\nENSG00000000005.2\t0\n__no_feature\t9\n")
    b = write(tmp_path / "b", "ENSG00000000003.1\t7\nENSG00000000005.2\t1\n__no_feature\t8\n")
    read = read_htseq({"A": a, "B": b})
    assert read.cohort.counts.tolist() == [[5, 7], [0, 1]]
    assert list(read.cohort.sample_names) == ["A", "B"]
    assert read.summary_rows == ("__no_feature",)


def test_star_takes_the_column_of_the_strandedness(tmp_path):
    a = write(tmp_path / "a", "N_unmapped\t1\t1\t1\nENSG00000000003\t10\t1\t9\n")
    assert read_star({"A": a}).cohort.counts.tolist() == [[10]]
    assert read_star({"A": a}, strandedness="reverse").cohort.counts.tolist() == [[9]]


def test_rsem_counts_stay_fractional(tmp_path):
    header = "gene_id\ttranscript_id(s)\tlength\teffective_length\texpected_count\tTPM\tFPKM\n"
    a = write(tmp_path / "a", header + "ENSG00000000003.1\tT\t100\t90\t2.5\t1\t1\n")
    read = read_rsem({"A": a})
    assert read.cohort.counts.tolist() == [[2.5]]
    assert not read.cohort.is_whole
    assert read.cohort.rounded().counts.tolist() == [[2]]


def test_featurecounts(tmp_path):
    header = "# Program:featureCounts v2.0.3\nGeneid\tChr\tStart\tEnd\tStrand\tLength\tbam/a.bam\tbam/b.bam\n"
    path = write(tmp_path / "f", header + "ENSG00000000003\t1;1\t1;9\t5;12\t+;+\t9\t4\t6\n")
    read = read_featurecounts(path)
    assert read.cohort.counts.tolist() == [[4, 6]]
    assert list(read.cohort.sample_names) == ["a", "b"]
    assert list(read.cohort.genes["length"]) == [9.0]


@pytest.mark.parametrize(
    ("action", "message"),
    [
        pytest.param(lambda f: read_star({"A": write(f / "a", "g\t1\n")}), "2 columns instead of 4", id="not STAR"),
        pytest.param(lambda f: read_rsem({"A": write(f / "a", "g\tn\nA\t1\n")}), "no genes.results", id="not RSEM"),
        pytest.param(lambda f: read_featurecounts(write(f / "a", "g\tn\nA\t1\n")), "not featureCounts", id="not fC"),
        pytest.param(lambda f: read_htseq({"A": write(f / "a", "g\tx\n")}), "no number", id="text"),
        pytest.param(lambda f: read_htseq({"A": f / "absent"}), "no such file", id="absent"),
        pytest.param(
            lambda f: read_htseq({"A": write(f / "a", "g\t1\n"), "B": write(f / "b", "h\t1\n")}),
            "its genes are not those of a (2 differ, e.g. 'g', 'h')", id="other annotation",
        ),
        pytest.param(lambda f: read_htseq({}), "no count files", id="none"),
    ],
)  # fmt: skip
def test_refuses(tmp_path, action, message):
    with pytest.raises(InputError) as raised:
        action(tmp_path)
    assert message in str(raised.value)


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_h5ad_round_trip(tmp_path):
    anndata = pytest.importorskip("anndata")
    genes = pd.DataFrame({"gene_id": ["A", "B"], "symbol": ["a", "b"]})
    samples = pd.DataFrame({"sample": ["s1", "s2", "s3"], "sex": ["f", "m", "f"]})
    write_h5ad(Cohort(np.arange(6).reshape(2, 3), genes, samples), tmp_path / "c.h5ad")
    again = anndata.read_h5ad(tmp_path / "c.h5ad")
    assert again.X.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert list(again.obs["sex"]) == ["f", "m", "f"]
    assert list(again.var["symbol"]) == ["a", "b"]
