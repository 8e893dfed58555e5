"""Whatever the matrix looks like, the same genes come out."""

import numpy as np
import pandas as pd
import pytest

from leukoscope.errors import InputError
from leukoscope.expression import COUNTS, LENGTH_NORMALISED, express, match_genes
from leukoscope.formats.expression import read_expression

REFERENCE = pd.DataFrame(
    {
        "gene_id": ["ENSG00000000001", "ENSG00000000002", "ENSG00000000003"],
        "symbol": ["CD19", "PAX5", "ABL1"],
        "entrez": ["930", "5079", "25"],
        "aliases": ["B4", "BSAP|SHARED", "JTK7|SHARED"],
        "chromosome": "chr1",
        "arm": "p",
        "start": 0,
        "end": 9,
        "biotype": "protein_coding",
        "length": [1000.0, 2000.0, 500.0],
    }
)


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        pytest.param(["ENSG00000000001.12", "ENSG00000000003_PAR_Y"], [0, 2], id="Ensembl with version"),
        pytest.param(["930", "25", "7"], [0, 2, -1], id="Entrez"),
        pytest.param(["BSAP", "CD19"], [1, 0], id="former symbol"),
        pytest.param(["BSAP", "PAX5"], [-1, 1], id="the present symbol wins"),
        pytest.param(["SHARED"], [-1], id="a name of two genes names none"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_match_genes(names, rows):
    assert match_genes(names, REFERENCE).tolist() == rows


def _express(values, names=("CD19", "PAX5", "ABL1")):
    return express(
        np.array(values, dtype=float), list(names), ["s"], reference=REFERENCE, profile=np.full(3, np.nan)
    )


def test_repeated_genes_are_summed_and_missing_values_stay_missing():
    got = _express([[5], [7], [np.nan]], ("CD19", "ENSG00000000001", "PAX5")).values
    assert got[0, 0] == 12
    assert np.isnan(got[0, 1:]).all()


def test_logarithms_are_undone():
    counts = np.array([[1e5], [3e5], [0.0]])
    got = _express(np.log2(counts + 1))
    assert got.logarithm_base == 2.0
    assert got.values[0] == pytest.approx(counts[:, 0])


def test_centred_values_are_refused():
    with pytest.raises(InputError, match="negative"):
        _express([[-1.0], [0.5], [-2.0]])


def test_unknown_genes_are_refused():
    with pytest.raises(InputError, match="none of the 1 genes"):
        _express([[1.0]], ["Cd19_mouse"])


def test_units_are_told(knowledge, read_counts_of, express_frame):
    counts = read_counts_of("allsorts20")
    assert set(express_frame(counts).units) == {COUNTS}
    length = knowledge.genes.drop_duplicates("symbol").set_index("symbol")["length"].reindex(counts.index)
    known = length.notna().to_numpy()
    tpm = counts[known].div(length[known], axis=0)
    assert set(express_frame(tpm / tpm.sum() * 1e6).units) == {LENGTH_NORMALISED}


TABLE = "gene_id\ts1\ts2\nCD19\t5\t6\nPAX5\t1.5\t\nABL1\t0\t2\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TABLE, id="tab"),
        pytest.param(TABLE.replace("\t", ","), id="comma"),
        pytest.param(TABLE.replace("gene_id\t", ""), id="R without corner"),
        pytest.param("# made by a program\n" + TABLE, id="comment"),
        pytest.param("#" + TABLE, id="marked header"),
        pytest.param(
            "Geneid\tChr\tStart\tLength\ts1\ts2\nCD19\tchr1\t1\t9\t5\t6\nPAX5\tchr9\t1\t9\t1.5\tNA\n"
            "ABL1\tchr9\t1\t9\t0\t2\n",
            id="featureCounts",
        ),
        pytest.param(
            "id,symbol,s1,s2\n1,CD19,5,6\n2,PAX5,1.5,NA\n3,ABL1,0,2\n".replace(",", "\t"), id="row numbers"
        ),
        pytest.param(TABLE.replace("\t", ";").replace("1.5", "1,5"), id="decimal commas"),
        pytest.param(TABLE.replace("\t", ";"), id="semicolons"),
        pytest.param("sample,CD19,PAX5,ABL1\ns1,5,1.5,0\ns2,6,,2\n", id="samples in rows"),
    ],
)
def test_any_shape_reads_the_same(tmp_path, text):
    path = tmp_path / "matrix.txt"
    path.write_text(text)
    got = read_expression(path)
    keep = [s for s in ("s1", "s2") if s in got.samples]
    values = got.values[:, [got.samples.index(s) for s in keep]]
    assert keep == ["s1", "s2"]
    assert got.genes == ("CD19", "PAX5", "ABL1")
    np.testing.assert_array_equal(values, [[5, 6], [1.5, np.nan], [0, 2]])


def test_a_gene_may_repeat_in_columns(tmp_path):
    path = tmp_path / "matrix.csv"
    path.write_text("sample,CD19,PAX5,CD19\ns1,5,1,3\ns2,6,2,4\n")
    assert read_expression(path).genes == ("CD19", "PAX5", "CD19")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "header", id="empty"),
        pytest.param("gene\ts\ts\nCD19\t1\t2\n", "repeat", id="sample twice"),
        pytest.param("CD19 1 2\nPAX5 3 4\n", "no tab", id="spaces"),
        pytest.param("gene\tname\nCD19\tx\n", "no column of numbers", id="no numbers"),
        pytest.param("gene\ts\tt\nCD19\t1\t2\nPAX5\t3\n", "line 3 has 2 of 3 fields", id="broken off"),
        pytest.param(
            "gene\ts\nCD19\t1\nPAX5\tinf\n", r"1 cell\(s\) are no number, e.g. 'inf' of 'PAX5'", id="infinite"
        ),
    ],
)
def test_no_matrix_is_one_line(tmp_path, text, message):
    path = tmp_path / "matrix.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_expression(path)
    assert "\n" not in str(caught.value)


def test_a_word_among_numbers_is_refused(tmp_path):
    path = tmp_path / "matrix.tsv"
    rows = [f"ENSG{at:011d}\t{at}\t{at}" for at in range(20)]
    path.write_text("\n".join(["gene\ts\tt", *rows, "CD19\t3\tfive"]) + "\n")
    with pytest.raises(InputError, match=r"'five' of 'CD19' in column 't'"):
        read_expression(path)
