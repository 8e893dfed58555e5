"""Table contracts."""

from __future__ import annotations

import pandas as pd
import pytest

from leukoscope.errors import InputError
from leukoscope.tables import Column, Table, contracts

RANKED = Table(
    "ranked-gene",
    1,
    ("gene_id",),
    (Column("gene_id", "str", "", "Gene"), Column("score", "float64", "", "Signed ranking statistic")),
)


def test_round_trip_sorts_and_keeps_every_digit(tmp_path):
    frame = pd.DataFrame({"score": [0.1 + 0.2, float("nan")], "gene_id": ["B", "A"]})
    RANKED.write(frame, tmp_path / "r.tsv.gz")
    again = RANKED.read(tmp_path / "r.tsv.gz")
    assert list(again["gene_id"]) == ["A", "B"]
    assert again["score"][1] == 0.1 + 0.2
    assert pd.isna(again["score"][0])


def test_equal_tables_are_equal_bytes(tmp_path):
    frame = pd.DataFrame({"gene_id": ["A", "B"], "score": [1.0, 2.0]})
    RANKED.write(frame, tmp_path / "one.tsv.gz")
    RANKED.write(frame.iloc[::-1], tmp_path / "two.tsv.gz")
    assert (tmp_path / "one.tsv.gz").read_bytes() == (tmp_path / "two.tsv.gz").read_bytes()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "gene\tscore\nA\t1\n", "needs the column(s) gene_id; found gene, score", id="column missing"
        ),
        pytest.param(
            "gene_id\tscore\nA\thigh\n", "column score holds 'high' at row 1, not a number", id="not a number"
        ),
        pytest.param(
            "gene_id\tscore\nA\t1\nA\t2\n", "1 row(s) repeat the key gene_id, e.g. 'A'", id="repeated key"
        ),
        pytest.param("", "not a readable ranked-gene table", id="empty file"),
    ],
)
def test_broken_contract_is_refused_in_one_line(tmp_path, text, message):
    (tmp_path / "r.tsv").write_text(text)
    with pytest.raises(InputError) as raised:
        RANKED.read(tmp_path / "r.tsv")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_missing_file():
    with pytest.raises(InputError, match="there is no such file"):
        RANKED.read("absent.tsv")


def test_no_rows_is_an_ordinary_table(tmp_path):
    RANKED.write(RANKED.empty(), tmp_path / "r.tsv")
    assert RANKED.read(tmp_path / "r.tsv").empty


def test_whole_numbers_beyond_double_precision_survive():
    table = Table("t", 1, (), (Column("n", "int64", "", "Number"),))
    big = 2**53 + 1
    assert table.check(pd.DataFrame({"n": [big]}))["n"][0] == big


@pytest.mark.parametrize("table", contracts(), ids=lambda t: t.name)
def test_every_contract_is_described(table):
    assert len(set(table.names)) == len(table.names)
    assert set(table.key) <= set(table.names)
    assert all(column.meaning for column in table.columns)


def test_a_whole_number_beyond_64_bits_is_refused(tmp_path):
    counts = Table("count", 1, (), (Column("n", "int64", "", "Number of reads"),))
    (tmp_path / "n.tsv").write_text("n\n9223372036854774784\n99999999999999999999\n")
    with pytest.raises(InputError, match="'99999999999999999999' at row 2, not a whole number"):
        counts.read(tmp_path / "n.tsv")
