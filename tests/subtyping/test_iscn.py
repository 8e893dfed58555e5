"""Karyotypes of the sample sheet against the chromosomes of the RNA; allele fractions of several files."""

from __future__ import annotations

import pandas as pd
import pytest

from leukoscope.cli import main
from leukoscope.errors import InputError
from leukoscope.formats.vcf import read_fractions
from leukoscope.karyotype.iscn import karyotype_conflicts, read_karyotype
from leukoscope.tables.identity import GENOTYPES
from leukoscope.tables.subtyping import SUBTYPE_CALLS


@pytest.mark.parametrize(
    ("text", "number", "gained", "lost"),
    [
        pytest.param("46,XX[20]", "46", "", "", id="normal"),
        pytest.param("55<2n>,XY,+4,+6,+21,+21[8]/46,XY[12]", "55", "21 4 6", "", id="beside normal cells"),
        pytest.param("53-56,XX,add(1)(q?),+4,+?17,+2mar [cp17]", "53-56", "4", "", id="range and doubt"),
        pytest.param("46,XY,del(6)(q13) [20]47,XY,idem,+8 [2]", "47", "8", "", id="clones without a stroke"),
        pytest.param(
            "45,XX,der(9)t(9;14)(p13;q1),del(12)(p12),-14,idic(17)(p11) [36]", "45", "", "14", id="loss"
        ),
        pytest.param("27,X,-Y,+14,+18,+21", "27", "14 18 21", "Y", id="near haploid"),
    ],
)
def test_reading(text, number, gained, lost):
    found = read_karyotype(text)
    assert (found.number, " ".join(sorted(found.gained)), " ".join(sorted(found.lost))) == (
        number,
        gained,
        lost,
    )


@pytest.mark.parametrize("text", ["", "failed", "not done", "normal", "t(9;22)"])
def test_what_is_no_karyotype_says_nothing(text):
    assert read_karyotype(text) is None
    ploidy = {"ploidy": "hyperdiploid", "status": "detected", "chromosome_number": "55"}
    assert karyotype_conflicts(text, ploidy, {}) == []


@pytest.mark.parametrize(
    ("text", "ploidy", "number", "calls", "conflict"),
    [
        pytest.param("55,XY,+4,+6,+10", "hyperdiploid", "55", {"4": "gain"}, "", id="agree"),
        pytest.param("55,XY", "diploid", "46", {}, "has 55 chromosomes, the RNA about 46", id="gains missed"),
        pytest.param("46,XX", "hyperdiploid", "56", {}, "(about 56); the cells that divided", id="failed culture"),
        pytest.param("27,XX", "hyperdiploid", "54", {}, "a doubled clone looks hyperdiploid", id="masked near haploid"),
        pytest.param("46,XX,t(9;22)", "diploid", "46", {}, "", id="diploid"),
        pytest.param("47,XX,+21", "diploid", "46", {"21": "none"}, "", id="one gain may be missed"),
        pytest.param("45,XX,-7", "diploid", "46", {"7": "gain"}, "has -7, the RNA a gain of it", id="opposite"),
        pytest.param("49,XX,+4,+6,+10", "aneuploid", "46", dict.fromkeys(("4", "6", "10"), "none"),
                     "has +4 +6 +10, the RNA none of these gains", id="three gains missed"),
    ],
)  # fmt: skip
def test_conflicts(text, ploidy, number, calls, conflict):
    row = {"ploidy": ploidy, "status": "detected", "chromosome_number": number}
    found = karyotype_conflicts(text, row, calls)
    assert len(found) == bool(conflict)
    assert conflict in "".join(found)
    assert karyotype_conflicts(text, row | {"status": "not assessable"}, calls) == []


def test_real_conflict_is_found_and_no_other(shared, tmp_path):
    """GSE133499: of 24 karyotypes one contradicts its RNA, ALL15, whose DNA index and RNA disagree."""
    folder = shared / "expression" / "gse133499_sciarrillo_gc"
    labels = pd.read_csv(folder / "labels.tsv", sep="\t", dtype=str, keep_default_na=False)
    sheet = labels[["sample"]].assign(karyotype=labels["Karyotype"])
    sheet.to_csv(tmp_path / "s.tsv", sep="\t", index=False)
    words = [
        "subtype",
        folder / "counts.tsv.gz",
        "--samples",
        tmp_path / "s.tsv",
        "--output",
        tmp_path / "o.tsv",
    ]
    assert main([str(word) for word in words]) == 0
    told = SUBTYPE_CALLS.read(tmp_path / "o.tsv").set_index("sample")["conflicts"]
    found = told[told.str.contains("karyotype of the sample sheet")]
    assert found.index.tolist() == ["ALL15"]
    assert "has 53-56 chromosomes, the RNA about 46" in found["ALL15"]


def test_fractions_of_vcfs_and_genotypes_are_joined(tmp_path):
    head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"
    (tmp_path / "one.vcf").write_text(head + "tumour\nchr1\t5\t.\tA\tG\t.\t.\t.\tAD\t6,4\n")
    (tmp_path / "two.vcf").write_text(head + "B\tC\nchr2\t5\t.\tA\tG\t.\t.\t.\tAD\t6,4\t1,9\n")
    rows = [("3", 4, 9, 30, "", 0), ("3", 9, 10, 30, "T", 15), ("MT", 4, 5, 30, "C", 30)]
    GENOTYPES.write(pd.DataFrame(rows, columns=GENOTYPES.names), tmp_path / "d.tsv.gz")
    found = read_fractions(
        [("A", tmp_path / "one.vcf"), ("C", tmp_path / "two.vcf"), ("D", tmp_path / "d.tsv.gz")]
    )
    assert found[["sample", "chromosome", "position", "depth", "alternative"]].to_numpy().tolist() == [
        ["A", "1", 4, 10, 4],
        ["C", "2", 4, 10, 9],
        ["D", "3", 9, 30, 15],
    ]
    with pytest.raises(InputError, match=r"two\.vcf: holds no sample 'X'; there are 'B', 'C'"):
        read_fractions([("X", tmp_path / "two.vcf")])
    assert set(read_fractions([("", tmp_path / "two.vcf")])["sample"]) == {"B", "C"}
    assert read_fractions([]).empty
