"""The cohort, plain count matrices, and gene identifiers."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from leukoscope.cohort import Cohort
from leukoscope.errors import InputError
from leukoscope.formats.counts import read_counts, write_counts
from leukoscope.formats.identifiers import map_genes


def make(counts, genes=("A", "B"), samples=("s1", "s2", "s3")):
    return Cohort(
        np.array(counts), pd.DataFrame({"gene_id": list(genes)}), pd.DataFrame({"sample": list(samples)})
    )


def test_select_and_describe_keep_the_order_asked_for():
    cohort = make([[1, 2, 3], [4, 5, 6]])
    assert cohort.select(genes=["B"], samples=["s3", "s1"]).counts.tolist() == [[6, 4]]
    assert cohort.select(samples=np.array([True, False, True])).counts.tolist() == [[1, 3], [4, 6]]
    sheet = pd.DataFrame({"sample": ["s2", "s1"], "sex": ["f", "m"]})
    described = cohort.described_by(sheet)
    assert described.counts.tolist() == [[2, 1], [5, 4]]
    assert list(described.samples["sex"]) == ["f", "m"]


def test_it_cannot_be_changed():
    given = np.array([[1, 2, 3], [4, 5, 6]])
    cohort = make(given)
    given[0, 0] = 99
    assert cohort.counts[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        cohort.counts[0, 0] = 2


@pytest.mark.parametrize(
    ("action", "message"),
    [
        pytest.param(lambda: make([[1, 2, 3]]), "1 × 3, but there are 2 genes", id="shape"),
        pytest.param(lambda: make([[1, 2, 3], [4, -5, 6]]), "-5 of gene 'B' in sample 's2'", id="negative"),
        pytest.param(lambda: make([[1, 2, 3], [4, np.nan, 6]]), "nan of gene 'B' in sample 's2'", id="NaN"),
        pytest.param(lambda: make([[1, 2, 3]] * 2, genes="AA"), "repeat the key gene_id", id="gene twice"),
        pytest.param(
            lambda: make([[1, 2, 3]] * 2).select(genes=["C"]), "not in the cohort: 'C'", id="absent"
        ),
        pytest.param(
            lambda: make([[1, 2, 3]] * 2).described_by(pd.DataFrame({"sample": ["s1", "x"]})),
            "1 of 2 samples of the sample sheet have no count column: 'x'",
            id="sheet",
        ),
    ],
)
def test_refuses(action, message):
    with pytest.raises(InputError) as raised:
        action()
    assert message in str(raised.value)


def test_zero_genes_and_one_sample_are_ordinary():
    assert make(np.zeros((0, 1)), genes=(), samples=("s",)).counts.shape == (0, 1)


def test_halves_are_rounded_to_even_as_in_r():
    assert make([[0.5, 1.5, 2.5], [0.4, 0.6, 1e6]]).rounded().counts.tolist() == [[0, 2, 2], [0, 1, 10**6]]


TABLE = [("", "s1", "s2"), ("ENSG00000000003.15", 1, 2), ("ENSG00000000005.6", 3, 4), ("__no_feature", 9, 9)]


@pytest.mark.parametrize("delimiter", ["\t", ",", ";"])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_every_layout_reads_the_same(tmp_path, delimiter, transposed, packed):
    rows = list(zip(*TABLE, strict=True)) if transposed else TABLE
    text = "".join(delimiter.join(map(str, row)) + "\n" for row in rows)
    path = tmp_path / "counts"
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    read = read_counts(path)
    assert read.cohort.counts.tolist() == [[1, 2], [3, 4]]
    assert list(read.cohort.gene_ids) == ["ENSG00000000003", "ENSG00000000005"]
    assert list(read.cohort.sample_names) == ["s1", "s2"]
    assert read.summary_rows == ("__no_feature",)
    assert read.kind == "ensembl"
    assert read.orientation == ("samples-in-rows" if transposed else "genes-in-rows")


def test_header_of_r_write_table_and_describing_columns(tmp_path):
    (tmp_path / "c.tsv").write_text(
        "gene_name\ts1\ts2\n7157\tTP53\t1.5\t2\n672\tBRCA1\t0\t7\n672\tBRCA1\t1\t1\n"
    )
    read = read_counts(tmp_path / "c.tsv")
    assert read.kind == "entrez"
    assert list(read.cohort.genes["symbol"]) == ["TP53", "BRCA1"]
    assert read.cohort.counts.tolist() == [[1.5, 2], [1, 8]]
    assert read.repeated_genes == ("672",)
    assert not read.cohort.is_whole


def test_what_is_written_reads_back(tmp_path):
    cohort = make([[1, 2, 3], [4, 5, 6]])
    write_counts(cohort, tmp_path / "c.tsv.gz")
    again = read_counts(tmp_path / "c.tsv.gz").cohort
    assert again.counts.tolist() == cohort.counts.tolist()
    assert again.counts.dtype == np.int64


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("g\ta\tb\nA\t1\tmany\n", "column 'b' holds 'many' at 'A', not a count", id="text"),
        pytest.param("g\ta\tb\nA\t1\t\n", "1 cell(s) are empty or NA, e.g. 'A' in 'b'", id="empty cell"),
        pytest.param("g\ta\ta\nA\t1\t2\n", "1 column name(s) repeat: 'a'", id="sample twice"),
        pytest.param("g\ta\tb\nA\t1\t-2\n", "negative, missing or infinite", id="negative"),
        pytest.param("g\ta\tb\n", "needs a header and at least one row", id="no row"),
        pytest.param("just words\nno table\n", "no tab, comma or semicolon", id="no table"),
        pytest.param("g\ta\tb\nA\t1\n", "the header has 3 columns, the first row 2", id="short row"),
        pytest.param("g\ta\tb\nA\t1\t2\nB\t1\t2\t3\n", "not a readable count matrix", id="long row"),
    ],
)
def test_what_is_no_matrix_is_refused_in_one_line(tmp_path, text, message):
    (tmp_path / "c.tsv").write_text(text)
    with pytest.raises(InputError) as raised:
        read_counts(tmp_path / "c.tsv")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("scale", "message"),
    [
        pytest.param(lambda counts: counts / counts.sum() * 1e6, "these are TPM or CPM", id="TPM"),
        pytest.param(lambda counts: np.log2(counts + 1), "these are logarithms", id="logarithms"),
        pytest.param(lambda counts: counts + 0.25, "", id="expected counts"),
        pytest.param(lambda counts: counts * 0.0, "", id="nothing"),
    ],
)
def test_other_scales_are_no_counts(tmp_path, scale, message):
    genes = [f"ENSG{i:011d}" for i in range(1200)]
    counts = pd.DataFrame(np.random.default_rng(1).poisson(500, (1200, 3)), genes, ["s1", "s2", "s3"])
    scale(counts).to_csv(tmp_path / "m.tsv", sep="\t")
    if not message:
        assert read_counts(tmp_path / "m.tsv").cohort.counts.shape == (1200, 3)
        return
    with pytest.raises(InputError, match=message):
        read_counts(tmp_path / "m.tsv")


def test_truncated_gzip_is_refused(tmp_path):
    (tmp_path / "c.gz").write_bytes(gzip.compress(b"g\ta\nA\t1\n" * 500)[:-20])
    with pytest.raises(InputError, match="not a readable count matrix"):
        read_counts(tmp_path / "c.gz")


IDENTIFIERS = pd.DataFrame(
    {
        "gene_id": ["ENSG1", "ENSG2", "ENSG3", "ENSG4"],
        "symbol": ["KMT2A", "CRLF2", "CRLF2", "P2RY8"],
        "entrez": ["4297", "64109", "", "286530"],
        "aliases": ["MLL|HRX", "", "", ""],
    }
)


def test_mapping_says_what_it_lost():
    cohort = make([[1], [10], [100], [1000]], genes=["MLL", "KMT2A", "CRLF2", "WHAT"], samples=["s"])
    mapped = map_genes(cohort, IDENTIFIERS)
    assert dict(zip(mapped.cohort.gene_ids, mapped.cohort.counts[:, 0], strict=True)) == {
        "ENSG1": 11,
        "ENSG2": 100,
    }
    assert mapped.kind == "symbol"
    assert mapped.unmapped == ("WHAT",)
    assert mapped.ambiguous == ("CRLF2",)
    assert mapped.merged == ("ENSG1",)


def test_mapping_from_entrez_to_symbols():
    mapped = map_genes(make([[1], [2]], genes=["4297", "286530"], samples=["s"]), IDENTIFIERS, to="symbol")
    assert list(mapped.cohort.gene_ids) == ["KMT2A", "P2RY8"]


def test_mapping_of_another_species_is_refused():
    with pytest.raises(InputError, match="none of the 2 genes"):
        map_genes(make([[1], [2]], genes=["Trp53", "Kmt2a"], samples=["s"]), IDENTIFIERS)


def test_real_matrices(shared):
    read = read_counts(shared / "expression" / "diploid_balls_hg38" / "counts.tsv.gz")
    assert read.cohort.counts.shape == (60616, 44)
    assert len(read.summary_rows) == 6
    assert read.kind == "ensembl"
    table = pd.read_csv(shared / "expression" / "gene_annotation_ensembl_hg38.tsv.gz", sep="\t", dtype=str)
    identifiers = table.rename(columns={"gene_name": "symbol"})[["gene_id", "symbol"]]
    symbols = read_counts(shared / "expression" / "allsorts20" / "counts.tsv.gz")
    assert symbols.kind == "symbol"
    mapped = map_genes(symbols.cohort, identifiers)
    lost = sum(symbols.cohort.select(genes=list(mapped.unmapped)).counts.sum(axis=1))
    assert lost + mapped.cohort.counts.sum() == symbols.cohort.counts.sum()
    assert len(mapped.unmapped) < 0.2 * len(symbols.cohort.genes)
