"""Fusion files are read back by programs that we did not write, and say what the table says."""

from __future__ import annotations

import json

import pandas as pd
import pysam
import pytest

from leukoscope.cli import main
from leukoscope.errors import InputError
from leukoscope.formats.arriba import read_arriba
from leukoscope.formats.coverage import read_coverage
from leukoscope.formats.fasta import open_genome
from leukoscope.formats.fusion_exports import fusions_content, write_bedpe, write_fusions_json
from leukoscope.formats.fusion_rows import fusion_table
from leukoscope.formats.fusion_tables import read_fusions
from leukoscope.formats.fusion_vcf import INFO, breakend, write_fusion_vcf
from leukoscope.formats.genome_features import read_cytobands, read_protein_domains
from leukoscope.formats.gtf import read_gene_model
from leukoscope.formats.minibam import FUSION_TAG, write_mini_bam
from leukoscope.fusions.annotation import annotate_calls
from leukoscope.knowledge import read_knowledge
from leukoscope.tables.driver_fusions import DRIVER_FUSIONS
from leukoscope.tables.fusions import FUSIONS


@pytest.fixture(scope="module")
def reference(shared):
    folder = shared / "reference"
    return read_gene_model(folder / "leukaemia.gtf.gz"), open_genome(folder / "leukaemia.fa.gz")


@pytest.fixture(scope="module")
def calls(shared, reference):
    recorded = read_arriba(shared / "arriba-2.5.1" / "bcr_abl1" / "fusions.tsv")
    return annotate_calls(recorded, *reference, drivers=read_knowledge(DRIVER_FUSIONS))


def test_vcf_is_read_back(calls, reference, tmp_path):
    model, genome = reference
    path = tmp_path / "f.vcf"
    write_fusion_vcf(calls, path, sample="P1", genome=genome, gene_model=model, fragments=10_848)
    with pysam.VariantFile(str(path)) as source:
        assert source.header.version == "VCFv4.3"
        assert list(source.header.samples) == ["P1"]
        assert {name for name, *_ in INFO} <= set(source.header.info)
        records = list(source)
    assert len(records) == 2 * len(calls)
    by_id = {record.id: record for record in records}
    five, three = by_id["fusion1a"], by_id["fusion1b"]
    assert (five.info["MATEID"], three.info["MATEID"]) == (("fusion1b",), ("fusion1a",))
    assert (five.chrom, five.pos, five.ref) == ("chr22", 1993472, genome.fetch("chr22", 1993471, 1993472))
    assert five.alts == (f"{five.ref}[chr9:934578[",)
    assert three.alts == (f"]chr22:1993472]{three.ref}",)
    info = five.info
    assert (info["CHRA"], info["POSA"], info["CHRB"], info["POSB"]) == ("chr22", 1993472, "chr9", 934578)
    assert (info["GENEA"], info["GENEB"], info["ORIENTATION"]) == ("BCR", "ABL1", ("+", "+"))
    assert (info["EXON_NUMBER_A"], info["EXON_NUMBER_B"], info["FRAME_STATUS"]) == (14, 2, "INFRAME")
    assert (info["TRANSCRIPT_ID_A"], info["TRANSCRIPT_VERSION_A"]) == ("ENST00000305877", "13")
    assert (info["FOUND_IN"], info["TOOL_HITS"], info["FOUND_DB"]) == (
        ("leukoscope",),
        1,
        ("leukoscope_drivers",),
    )
    assert "BCR::ABL1" in info["ANNOTATIONS"]
    assert "HGNC_ID_A" not in info  # Ensembl's annotation does not number its genes
    assert (five.samples["P1"]["RV"], five.samples["P1"]["DV"]) == (143, 4)
    assert five.samples["P1"]["FFPM"] == pytest.approx(147e6 / 10_848, rel=1e-4)
    assert list(five.filter) == ["PASS"]


def test_hgnc_numbers_come_from_the_calls(calls, reference, tmp_path):
    numbered = calls.assign(hgnc_id1="HGNC:1014", hgnc_id2="HGNC:76")
    write_fusion_vcf(numbered, tmp_path / "f.vcf", sample="P1", genome=reference[1])
    with pysam.VariantFile(str(tmp_path / "f.vcf")) as source:
        assert {(record.info["HGNC_ID_A"], record.info["HGNC_ID_B"]) for record in source} == {(1014, 76)}


def test_indexed_vcf_and_same_bytes(calls, reference, tmp_path):
    for name in ("a.vcf.gz", "b.vcf.gz"):
        write_fusion_vcf(calls, tmp_path / name, sample="P1", genome=reference[1])
    assert (tmp_path / "a.vcf.gz").read_bytes() == (tmp_path / "b.vcf.gz").read_bytes()
    with pysam.VariantFile(str(tmp_path / "a.vcf.gz")) as source:
        assert {record.info["EVENT"] for record in source.fetch("chr9", 934_000, 935_000)} == {"BCR::ABL1"}


def test_vcf_without_fusions_is_a_vcf(reference, tmp_path):
    for name in ("none.vcf", "none.vcf.gz"):
        write_fusion_vcf(FUSIONS.empty(), tmp_path / name, sample="P1", genome=reference[1])
        with pysam.VariantFile(str(tmp_path / name)) as source:
            assert list(source) == []


@pytest.mark.parametrize(
    ("five_left", "three_left", "five", "three"),
    [
        pytest.param(True, False, "NGG[c2:20[", "]c1:10]GGN", id="both forward"),
        pytest.param(True, True, "NGG]c2:20]", "NCC]c1:10]", id="into a gene on minus"),
        pytest.param(False, False, "[c2:20[CCN", "[c1:10[GGN", id="from a gene on minus"),
        pytest.param(False, True, "]c2:20]CCN", "NCC[c1:10[", id="both on minus"),
    ],
)
def test_breakends_of_every_orientation(five_left, three_left, five, three):
    """Brackets as in section 5.4 of the VCF specification; inserted bases in the orientation of the record."""
    first, second = ("c1", 10, five_left), ("c2", 20, three_left)
    assert breakend("N", first, second, "GG", five=True) == five
    assert breakend("N", second, first, "GG", five=False) == three


def test_bedpe(calls, tmp_path):
    write_bedpe(calls, tmp_path / "f.bedpe")
    table = pd.read_csv(tmp_path / "f.bedpe", sep="\t")
    assert list(table.columns[:10]) == [
        "#chrom1", "start1", "end1", "chrom2", "start2", "end2", "name", "score", "strand1", "strand2"
    ]  # fmt: skip
    assert table.iloc[0, :10].tolist() == [
        "chr22", 1993471, 1993472, "chr9", 934577, 934578, "BCR::ABL1", 147, "+", "+"
    ]  # fmt: skip


def test_json(calls, tmp_path):
    write_fusions_json(calls, tmp_path / "f.json", sample="P1")
    document = json.loads((tmp_path / "f.json").read_text())
    first = document["fusions"][0]
    assert (document["sample"], first["fusion"], first["probability"]) == ("P1", "BCR::ABL1", None)
    assert first["plausibility"] == [] and len(first["read_identifiers"]) > 100
    assert set(first) == set(FUSIONS.names)


def test_multiqc_content(calls):
    row = json.loads(fusions_content("P1", calls))["data"]["P1"]
    assert row == {"high": 2, "medium": 0, "low": 0, "doubtful": 0, "drivers": "BCR::ABL1 (BCR::ABL1)"}
    assert json.loads(fusions_content("P2", FUSIONS.empty()))["data"]["P2"]["drivers"] == "none found"


def test_mini_bam_holds_all_records_of_the_fragments_and_no_other(calls, shared, tmp_path):
    source = shared / "arriba-2.5.1" / "bcr_abl1" / "Aligned.out.bam"
    written = write_mini_bam(calls, source, tmp_path / "a.bam")
    write_mini_bam(calls, source, tmp_path / "b.bam")
    assert (tmp_path / "a.bam").read_bytes() == (tmp_path / "b.bam").read_bytes()
    wanted = {name for names in calls.read_identifiers for name in names.split(",") if name}
    with pysam.AlignmentFile(str(source)) as whole:
        expected = sum(record.query_name in wanted for record in whole)
    with pysam.AlignmentFile(str(tmp_path / "a.bam")) as small:
        records = list(small.fetch("chr22")) + list(small.fetch("chr9"))
    assert written == expected >= len(records) > 0
    assert {record.query_name for record in records} == wanted
    assert {record.get_tag(FUSION_TAG) for record in records} == {"BCR::ABL1"}


def test_mini_bam_of_another_file_is_refused(calls, shared, tmp_path):
    other = shared / "arriba-2.5.1" / "flt3_itd" / "Aligned.out.bam"
    with pytest.raises(InputError, match=r"holds none of the \d+ supporting fragments"):
        write_mini_bam(calls, other, tmp_path / "a.bam")
    assert not (tmp_path / "a.bam").exists()


def test_coverage_agrees_with_pysam(shared, tmp_path):
    source = shared / "arriba-2.5.1" / "bcr_abl1" / "Aligned.out.bam"
    region = ("chr22", 1_993_300, 1_993_500)
    ours = read_coverage(source, [region], bins=200)
    pysam.sort("--no-PG", "-o", str(tmp_path / "s.bam"), str(source))
    pysam.index(str(tmp_path / "s.bam"))
    with pysam.AlignmentFile(str(tmp_path / "s.bam")) as alignments:
        bases = alignments.count_coverage(
            *region, quality_threshold=0, read_callback=lambda r: not r.flag & 0x504
        )
    theirs = [sum(base[i] for base in bases) for i in range(region[2] - region[1])]
    dense = dict(zip(ours.start, ours.depth, strict=True))
    found = [dense.get(region[1] + i, 0.0) for i in range(len(theirs))]
    assert max(abs(a - b) for a, b in zip(found, theirs, strict=True)) <= 2  # N bases do not count there
    assert sum(found) == pytest.approx(sum(theirs), rel=0.001)


def test_cytobands_of_both_kinds(tmp_path):
    (tmp_path / "ucsc.txt").write_text("chr1\t0\t2300000\tp36.33\tgneg\n")
    (tmp_path / "arriba.tsv").write_text("contig\tstart\tend\tname\tgiemsa\n1\t1\t2300000\tp36.33\tgneg\n")
    for name in ("ucsc.txt", "arriba.tsv"):
        band = read_cytobands(tmp_path / name).iloc[0]
        assert (band.start, band.end, band["name"]) == (0, 2_300_000, "p36.33")
    (tmp_path / "bad.txt").write_text("chr1\t0\tx\tp36.33\tgneg\n")
    with pytest.raises(InputError, match=r"bad\.txt line 1"):
        read_cytobands(tmp_path / "bad.txt")


def test_protein_domains_of_gff3(tmp_path):
    line = "9\tpfam\tprotein_domain\t11\t20\t.\t+\t.\tName=SH2 domain;gene_id=ENSG1.5;gene_name=ABL1\n"
    (tmp_path / "d.gff3").write_text("##gff-version 3\n" + line)
    domain = read_protein_domains(tmp_path / "d.gff3").iloc[0]
    assert (domain.start, domain.end, domain.domain, domain.gene_id) == (10, 20, "SH2_domain", "ENSG1")
    (tmp_path / "d.gff3").write_text(line.replace("Name=", "Label="))
    with pytest.raises(InputError, match=r"d\.gff3 line 1: .*no Name"):
        read_protein_domains(tmp_path / "d.gff3")


def test_any_table_is_told_by_its_header(shared, tmp_path):
    assert len(read_fusions(shared / "arriba-2.5.1" / "bcr_abl1" / "fusions.tsv")) == 2
    (tmp_path / "x.tsv").write_text("a\tb\n")
    with pytest.raises(InputError, match="a table of none of arriba, starfusion"):
        read_fusions(tmp_path / "x.tsv")


def test_convert_command_writes_every_format(shared, tmp_path, capsys):
    folder = shared / "reference"
    sample = shared / "arriba-2.5.1" / "bcr_abl1"
    names = ["f.tsv", "f.starfusion.tsv", "f.vcf", "f.vcf.gz", "f.bedpe", "f.json", "f_mqc.json", "f.bam"]
    genome = ["--gtf", str(folder / "leukaemia.gtf.gz"), "--fasta", str(folder / "leukaemia.fa.gz")]
    outputs = [word for name in names for word in ("--output", str(tmp_path / name))]
    arguments = ["convert-fusions", str(sample / "fusions.tsv"), *genome, *outputs]
    assert main([*arguments, "--alignments", str(sample / "Aligned.out.bam")]) == 0
    assert all((tmp_path / name).stat().st_size > 100 for name in names)
    assert FUSIONS.read(tmp_path / "f.tsv").exons.tolist() == ["e14a2", "e14a2"]
    assert main([*arguments[:6], "--output", str(tmp_path / "f.docx")]) == 2
    assert "an output ends in" in capsys.readouterr().err


def test_convert_without_a_genome_is_refused(shared, tmp_path, capsys):
    table = shared / "arriba-2.5.1" / "bcr_abl1" / "fusions.tsv"
    assert main(["convert-fusions", str(table), "--output", str(tmp_path / "f.vcf")]) == 2
    assert "--reference REF" in capsys.readouterr().err
    assert not (tmp_path / "f.vcf").exists()


def test_a_call_with_nothing_known_passes_through(reference, tmp_path):
    call = {
        "gene1": "",
        "gene2": "",
        "breakpoint1": "chrUn:5",
        "breakpoint2": "chr9:10",
        "type": "translocation",
    }
    calls = annotate_calls(fusion_table([call], source="made"), *reference)
    assert calls.iloc[0].fusion == "?::?"
    write_fusion_vcf(calls, tmp_path / "f.vcf", sample="P", genome=reference[1])
    with pysam.VariantFile(str(tmp_path / "f.vcf")) as source:
        assert {record.chrom for record in source} == {"chrUn", "chr9"}
