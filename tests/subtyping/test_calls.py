"""Calls of real patients against what cytogenetics, immunology or the sorting gate says of them."""

import numpy as np
import pandas as pd
import pytest

from leukoscope.subtyping.calling import call_subtypes

ALLSORTS = {"Ph": "Ph group", "ETV6-RUNX1": "ETV6 group", "TCF3-PBX1": "TCF3::PBX1", "DUX4": "DUX4"}


@pytest.fixture(scope="module")
def allsorts(read_counts_of, express_frame, knowledge):
    return call_subtypes(express_frame(read_counts_of("allsorts20")), knowledge)


@pytest.fixture(scope="module")
def truth(shared):
    labels = pd.read_csv(shared / "expression/allsorts20/labels.tsv", sep="\t").set_index("sample")
    return labels.subtype.map(ALLSORTS)


def test_twenty_of_twenty(allsorts, truth):
    table = allsorts.table.set_index("sample")
    assert (table.group == truth.reindex(table.index)).all()
    assert (table.probability > 0.8).all()
    assert (table.lineage == "B").all()


def test_members_without_fusions_are_not_assessable(allsorts):
    table = allsorts.table
    groups = table[table.group.isin(["Ph group", "ETV6 group"])]
    assert (groups.member_status == "not assessable").all()
    assert groups.notes.str.contains("needs a fusion call").all()


def test_one_sample_is_called_as_in_the_batch(allsorts, read_counts_of, express_frame, knowledge):
    counts = read_counts_of("allsorts20")
    for sample in ("Ph_2", "DUX4_5"):
        alone = call_subtypes(express_frame(counts[[sample]]), knowledge)
        for name in ("table", "probabilities", "evidence"):
            batch = getattr(allsorts, name)
            batch = batch[batch["sample"] == sample].reset_index(drop=True)
            pd.testing.assert_frame_equal(getattr(alone, name), batch, check_exact=True)


def test_half_of_the_genes_and_tpm_change_no_call(allsorts, truth, read_counts_of, express_frame, knowledge):
    counts = read_counts_of("allsorts20")
    half = counts[np.random.default_rng(3).random(len(counts)) < 0.5]
    length = knowledge.genes.drop_duplicates("symbol").set_index("symbol")["length"].reindex(counts.index)
    known = length.notna().to_numpy()
    fpkm = counts[known].div(length[known], axis=0) / counts.sum() * 1e9
    for frame in (half, fpkm, np.log2(fpkm + 1)):
        table = call_subtypes(express_frame(frame), knowledge).table.set_index("sample")
        assert (table.group == truth.reindex(table.index)).all()


def test_healthy_cells_receive_no_leukaemia(read_counts_of, express_frame, knowledge):
    table = call_subtypes(express_frame(read_counts_of("gse115736_haemopedia_normal")), knowledge).table
    assert (table.group == "Normal").all()
    assert (table.blast_fraction < 0.1).all()


def test_t_all_is_named(read_counts_of, express_frame, knowledge, shared):
    labels = pd.read_csv(shared / "expression/gse133499_sciarrillo_gc/labels.tsv", sep="\t").set_index(
        "sample"
    )
    t_all = [*labels.index[labels.IPT == "T"], "CEMWT", "R30dm"]
    counts = read_counts_of("gse133499_sciarrillo_gc")
    table = call_subtypes(express_frame(counts[t_all]), knowledge).table
    assert (table.group == "T-ALL").all()


def test_karyotypes_and_lost_par1(read_counts_of, express_frame, knowledge, shared):
    """Known cytogenetics of GSE133499, whose PAR1 genes are all zero."""
    counts = read_counts_of("gse133499_sciarrillo_gc")
    expected = {
        "ALL3": "Ph group", "ALL22": "TCF3::PBX1", "ALL18": "TCF3::PBX1", "ALL33": "ETV6 group", "ALL21": "ETV6 group",
        "ALL38": "ETV6 group", "ALL8": "Hyperdiploid", "ALL10": "Hyperdiploid", "ALL11": "Hyperdiploid",
        "ALL12": "Hyperdiploid", "ALL13": "Hyperdiploid", "ALL31": "Hyperdiploid", "ALL24": "iAMP21",
    }  # fmt: skip
    called = call_subtypes(express_frame(counts[list(expected)]), knowledge)
    assert called.table.set_index("sample").group.to_dict() == expected
    crlf2 = called.evidence[called.evidence.statement.str.startswith("CRLF2")]
    assert (crlf2.status == "not assessable").all()
    assert len(crlf2) == len(expected)


def test_a_fusion_settles_the_member(read_counts_of, express_frame, knowledge):
    counts = read_counts_of("allsorts20")[["Ph_1", "ETV6-RUNX1_1"]]
    drivers = pd.DataFrame(
        [["Ph_1", "BCR::ABL1", "BCR::ABL1", 40, ""]],
        columns=["sample", "fusion", "driver_class", "fragments", "doubt"],
    )
    table = call_subtypes(express_frame(counts), knowledge, drivers=drivers).table.set_index("sample")
    assert table.loc["Ph_1", ["subtype", "tier", "member_status"]].tolist() == [
        "BCR::ABL1",
        "definite",
        "established",
    ]
    assert "BCR::ABL1" in table.loc["Ph_1", "who_haem5"]
    assert table.loc["ETV6-RUNX1_1", ["subtype", "member_status"]].tolist() == ["ETV6::RUNX1-like", "likely"]


def test_a_sample_without_a_fusion_table_keeps_its_member_open(read_counts_of, express_frame, knowledge):
    counts = read_counts_of("allsorts20")[["ETV6-RUNX1_1", "ETV6-RUNX1_2"]]
    none = pd.DataFrame(columns=["sample", "fusion", "driver_class", "fragments", "doubt"])
    called = call_subtypes(express_frame(counts), knowledge, drivers=none, with_fusions=["ETV6-RUNX1_1"])
    assert called.table.subtype.tolist() == ["ETV6::RUNX1-like", "ETV6 group"]


def test_contradictions_are_named(read_counts_of, express_frame, knowledge):
    counts = read_counts_of("allsorts20")[["DUX4_1"]]
    drivers = pd.DataFrame(
        [["DUX4_1", "KMT2A::AFF1", "KMT2A", 30, ""]],
        columns=["sample", "fusion", "driver_class", "fragments", "doubt"],
    )
    known = {"DUX4_1": {"sex": "female", "subtype": "HeH"}}
    table = call_subtypes(express_frame(counts), knowledge, drivers=drivers, known=known).table
    conflicts = table.conflicts[0]
    assert "The lesion says KMT2A, the expression pattern DUX4" in conflicts
    assert "sheet says female, expression says male" in conflicts
    assert "sheet says Hyperdiploid" in conflicts
    assert table.tier[0] != "definite"


def test_a_sample_of_zeros_is_called_nothing(express_frame, knowledge):
    frame = pd.DataFrame({"empty": 0.0}, index=knowledge.genes.gene_id)
    table = call_subtypes(express_frame(frame), knowledge).table
    assert table.tier[0] == "none"
    assert table.lineage[0] == "uncertain"
    assert (table.group[0], table.subtype[0], table.second_group[0]) == ("", "", "")
    assert table.member_status[0] == "not assessable"


def test_samples_of_one_patient_must_agree(read_counts_of, express_frame, knowledge):
    counts = read_counts_of("allsorts20")[["DUX4_1", "DUX4_2", "Ph_1"]]
    sheet = {sample: {"patient": "P1"} for sample in counts}
    table = call_subtypes(express_frame(counts), knowledge, known=sheet).table.set_index("sample")
    assert table.loc["DUX4_1", "conflicts"].count("of the same patient P1") == 1
    assert table.loc["Ph_1", "conflicts"].count("of the same patient P1") == 2
    assert "Ph_1 of the same patient" in table.loc["DUX4_2", "conflicts"]


def test_unmeasured_lineage_is_no_contradiction_of_a_fusion(read_counts_of, express_frame, knowledge):
    counts = read_counts_of("allsorts20")[["Ph_1"]].loc[["BCR", "ABL1", "FLT3", "TP53"]]
    drivers = pd.DataFrame(
        [["Ph_1", "BCR::ABL1", "BCR::ABL1", 200, ""]],
        columns=["sample", "fusion", "driver_class", "fragments", "doubt"],
    )
    table = call_subtypes(express_frame(counts), knowledge, drivers=drivers).table
    assert table.subtype[0] == "BCR::ABL1"
    assert table.lineage[0] == "uncertain"
    assert "not B-lineage" not in table.conflicts[0]
