"""`leukoscope subtype` and `leukoscope karyotype` from end to end."""

import json

import pandas as pd
import pytest

from leukoscope.cli import main
from leukoscope.formats.sample_tables import read_fusions_of
from leukoscope.tables.karyotype import KARYOTYPE, PLOIDY
from leukoscope.tables.subtyping import SUBTYPE_CALLS, SUBTYPE_EVIDENCE

FUSIONS = "sample\tgene1\tgene2\tsplit_reads1\tsplit_reads2\tdiscordant_mates\nPh_1\tBCR\tABL1\t9\t8\t7\n"


@pytest.fixture(scope="module")
def matrix(read_counts_of, tmp_path_factory):
    path = tmp_path_factory.mktemp("subtype") / "counts.csv.gz"
    read_counts_of("allsorts20")[["Ph_1", "DUX4_1"]].T.to_csv(path)
    return path


def test_subtype_writes_all_that_was_asked(matrix, tmp_path):
    fusions = tmp_path / "fusions.tsv"
    fusions.write_text(FUSIONS)
    sheet = tmp_path / "samples.csv"
    sheet.write_text("sample,sex\nPh_1,female\nDUX4_1,male\n")
    output = tmp_path / "subtypes.tsv"
    arguments = ["subtype", matrix, "--fusions", fusions, "--samples", sheet, "--output", output]
    arguments += [
        "--json",
        tmp_path / "s.json",
        "--evidence",
        tmp_path / "e.tsv",
        "--figures",
        tmp_path / "figures",
    ]
    assert main([str(a) for a in arguments]) == 0
    table = SUBTYPE_CALLS.read(output).set_index("sample")
    assert table.group.to_dict() == {"DUX4_1": "DUX4", "Ph_1": "Ph group"}
    assert table.loc["Ph_1", "subtype"] == "BCR::ABL1"
    assert "sheet says female" in table.loc["Ph_1", "conflicts"]
    told = {one["sample"]: one for one in json.loads((tmp_path / "s.json").read_text())["subtypes"]}
    assert any("BCR::ABL1" in text for text in told["Ph_1"]["evidence"])
    assert (SUBTYPE_EVIDENCE.read(tmp_path / "e.tsv").kind == "fusion").sum() == 1
    assert {p.name for p in (tmp_path / "figures").iterdir()} == {"Ph_1.subtype.svg", "DUX4_1.subtype.svg"}
    again = tmp_path / "again"
    arguments[arguments.index(tmp_path / "figures")] = again
    main([str(a) for a in arguments])
    for path in again.iterdir():
        assert path.read_bytes() == (tmp_path / "figures" / path.name).read_bytes()


def test_a_table_of_cicero_is_told_from_one_of_many_samples(tmp_path):
    path = tmp_path / "final_fusions.txt"
    path.write_text(
        "sample\tgeneA\tchrA\tposA\tortA\tgeneB\tchrB\tposB\tortB\treadsA\treadsB\trating\n"
        "S1\tBCR\tchr22\t23290413\t+\tABL1\tchr9\t130854064\t+\t10\t15\tHQ\n"
    )
    (calls,) = read_fusions_of(path, ["Ph_1"]).values()
    assert calls["fusion"].tolist() == ["BCR::ABL1"]


def test_karyotype_writes_segments_and_ploidy(matrix, tmp_path):
    arguments = ["karyotype", matrix, "--output", tmp_path / "k.tsv", "--ploidy", tmp_path / "p.tsv"]
    assert main([str(a) for a in [*arguments, "--figures", tmp_path / "figures"]]) == 0
    assert KARYOTYPE.read(tmp_path / "k.tsv").segment.nunique() > 40
    assert PLOIDY.read(tmp_path / "p.tsv").ploidy.tolist() == ["diploid", "diploid"]
    assert len(list((tmp_path / "figures").iterdir())) == 2


def test_empty_fusions_are_a_negative(matrix, tmp_path):
    fusions = tmp_path / "fusions.tsv"
    fusions.write_text(FUSIONS.splitlines()[0] + "\n")
    output = tmp_path / "subtypes.tsv"
    assert main(["subtype", str(matrix), "--fusions", str(fusions), "--output", str(output)]) == 0
    assert SUBTYPE_CALLS.read(output).set_index("sample").loc["Ph_1", "subtype"] == "Ph-like"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("gene\ts1\nFoo\t1\n", "none of the 1 genes", id="no human gene"),
        pytest.param("gene\ts1\nCD19\t-1\nPAX5\t-2\n", "negative", id="centred"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(tmp_path, capsys, text, message):
    path = tmp_path / "counts.tsv"
    path.write_text(text)
    assert main(["subtype", str(path), "--output", str(tmp_path / "out.tsv")]) == 2
    shown = capsys.readouterr().err.strip().splitlines()
    assert len(shown) == 1
    assert message in shown[0]
    assert not (tmp_path / "out.tsv").exists()


def test_one_fusion_table_for_many_samples_is_refused(matrix, tmp_path, capsys):
    fusions = tmp_path / "fusions.tsv"
    fusions.write_text("gene1\tgene2\nBCR\tABL1\n")
    assert main(["subtype", str(matrix), "--fusions", str(fusions), "--output", str(tmp_path / "o.tsv")]) == 2
    assert "column 'sample'" in capsys.readouterr().err


def test_variants_of_a_folder(matrix, tmp_path):
    folder = tmp_path / "samples"
    (folder / "DUX4_1").mkdir(parents=True)
    rows = [("PAX5", 80, "p.P80R", "detected")]
    pd.DataFrame(rows, columns=["gene", "codon", "protein_change", "status"]).to_csv(
        folder / "DUX4_1" / "variants.tsv", sep="\t", index=False
    )
    output = tmp_path / "o.tsv"
    assert main(["subtype", str(matrix), "--variants", str(folder), "--output", str(output)]) == 0
    table = SUBTYPE_CALLS.read(output).set_index("sample")
    assert "PAX5 P80R" in table.loc["DUX4_1", "conflicts"] + table.loc["DUX4_1", "second_drivers"]
