"""The shipped tables: contracts, checksums, citations, and rules that a wrong row breaks."""

from __future__ import annotations

import re
from datetime import date

import pytest

from leukoscope.cli import main
from leukoscope.knowledge import checks, knowledge_path, provenance, read_knowledge, release
from leukoscope.tables.knowledge import MARKERS, REFERENCES, RESPONSES, TARGETS, THERAPIES

REFERENCE_TABLE = read_knowledge(REFERENCES).set_index("id")
ROWS = [
    pytest.param({str(k): v for k, v in row.items()}, id=f"{table.name}: {next(iter(row.values()))}")
    for table in checks.CITING
    for row in read_knowledge(table).to_dict("records")
]


@pytest.mark.parametrize("row", ROWS)
def test_every_citation_resolves_and_every_verified_row_cites(row):
    assert checks.row_problems(row, REFERENCE_TABLE) == []


def test_references_have_title_year_and_the_day_on_which_they_were_read():
    for reference in REFERENCE_TABLE.itertuples():
        assert len(str(reference.title)) > 20, reference.Index
        assert 1950 < int(str(reference.year)) <= int(release()[:4]), reference.Index
        assert re.search(r"read.*, \d{4}-\d{2}-\d{2}$", str(reference.verified)), reference.Index


def verified(**change):
    row = read_knowledge(THERAPIES).to_dict("records")[0]
    return {str(k): v for k, v in row.items()} | {"evidence": "verified", "disease": "B-ALL"} | change


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"source": "PMID:99999999"}, "which references.tsv lacks"),
        ({"source": ""}, "cites nothing"),
        (
            {"quote_disease": "relapsed or refractory acute myeloid leukemia"},
            "codes B-ALL, but its source says",
        ),
        ({"evidence": "certain"}, "neither verified nor remembered"),
    ],
)
def test_a_wrong_row_is_noticed(change, problem):
    assert any(problem in found for found in checks.row_problems(verified(**change), REFERENCE_TABLE))


def test_a_source_that_nobody_read_verifies_nothing():
    unread = REFERENCE_TABLE.assign(verified="")
    assert any("nobody read" in found for found in checks.row_problems(verified(), unread))


def test_verified_drug_rows_are_dated():
    for row in read_knowledge(THERAPIES).to_dict("records"):
        if row["evidence"] == "verified":
            assert date.fromisoformat(row["as_of"]) <= date.fromisoformat(release())


def test_genes_and_lesions_of_one_table_are_known_to_the_others():
    targets = set(read_knowledge(TARGETS)["target"])
    for row in read_knowledge(THERAPIES).to_dict("records"):
        if row["biomarker"] == "fusion":
            assert set(row["genes"].split("|")) <= targets, row["id"]
        if row["biomarker"] == "expression":
            assert set(row["genes"].split("|")) <= set(read_knowledge(MARKERS)["gene"]), row["id"]
    subtypes = set(read_knowledge(RESPONSES)["subtype"])
    assert {"DUX4 rearrangement", "ETV6::RUNX1", "P2RY8::CRLF2"} <= subtypes


def test_symbols_are_those_of_the_gene_table():
    import pandas as pd

    known = set(
        pd.read_csv(knowledge_path("gene_reference.tsv.gz"), sep="\t", usecols=["symbol"])["symbol"].astype(
            str
        )
    )
    loci = {"*", "IGH", "IGK", "IGL"}
    targets = read_knowledge(TARGETS)
    named = {
        gene for side in ("gene5", "gene3") for genes in targets[side] for gene in genes.split("|")
    } - loci
    assert named | set(read_knowledge(MARKERS)["gene"]) <= known


def test_every_file_is_registered_with_origin_licence_and_date():
    for name, entry in provenance().items():
        if name != "release":
            assert {"title", "origin", "licence", "made", "script", "sha256"} <= set(entry), name
            assert entry["title"], name
            assert entry["licence"], name


def test_the_command_finds_an_altered_file(monkeypatch, capsys):
    assert main(["knowledge", "list"]) == 0
    assert f"release {release()}" in capsys.readouterr().out
    told = provenance()
    told["targets.tsv"]["sha256"] = "0" * 64
    monkeypatch.setattr(checks, "provenance", lambda: told)
    assert main(["knowledge", "check"]) == 3
    assert "targets.tsv differs from its checksum" in capsys.readouterr().err


def test_the_shipped_knowledge_is_whole(capsys):
    assert main(["knowledge", "check"]) == 0, capsys.readouterr().err
