"""Mutations beyond the alignment's hot spots: consequences, artefacts, and the calls of other callers."""

from __future__ import annotations

import gzip
import shutil

import numpy as np
import pandas as pd
import pytest

from leukoscope.cli import main
from leukoscope.errors import InputError
from leukoscope.formats import reference as reference_module
from leukoscope.formats.fasta import open_genome
from leukoscope.formats.gtf import read_gene_model
from leukoscope.formats.mutation_calls import read_maf, read_vcf_calls
from leukoscope.knowledge import read_knowledge
from leukoscope.tables.mutations import MUTATION_CANDIDATES, MUTATION_GENES
from leukoscope.tables.variants import HOTSPOTS, VARIANTS
from leukoscope.variants.candidates import finish_candidates, scan_genes
from leukoscope.variants.consequence import CodingIndex, choose_transcripts
from leukoscope.variants.hotspots import CodingTranscript

#                                 M  G  R  K  L, forward at 100 to 114, and the same on the reverse strand
FORWARD = CodingTranscript("T1", "chr1", True, list(range(100, 115)), "ATGGGTCGTAAACTA")
REVERSE = CodingTranscript("T2", "chr2", False, list(range(114, 99, -1)), "ATGGGTCGTAAACTA")
INDEX = CodingIndex({"KRAS": FORWARD, "TP53": REVERSE})


@pytest.mark.parametrize(
    ("contig", "position", "alleles", "change", "kind"),
    [
        pytest.param("1", 104, ("G", "A"), "p.G2D", "missense", id="missense"),
        pytest.param("2", 110, ("C", "T"), "p.G2D", "missense", id="missense on the reverse strand"),
        pytest.param("1", 109, ("A", "T"), "p.K4*", "nonsense", id="nonsense"),
        pytest.param("1", 105, ("T", "C"), "p.G2=", "synonymous", id="synonymous"),
        pytest.param("1", 101, ("T", "C"), "p.M1?", "start lost", id="start"),
        pytest.param("1", 104, ("GT", "AC"), "p.G2D", "missense", id="two bases of a codon"),
        pytest.param("1", 105, ("TC", "AA"), "p.G2delins", "missense", id="two bases of two codons"),
        pytest.param("1", 106, ("C", "-"), "p.R3fs", "frameshift", id="one base lost"),
        pytest.param("1", 106, ("CGT", "-"), "p.R3del", "in-frame", id="one codon lost"),
        pytest.param("2", 105, ("-", "AAA"), "p.K4ins", "in-frame", id="one codon more"),
    ],
)
def test_consequence(contig, position, alleles, change, kind):
    (found,) = INDEX.consequences(contig, position, *alleles)
    assert (found.protein_change, found.kind) == (change, kind)


def test_change_outside_the_coding_sequence_has_no_consequence():
    assert INDEX.consequences("1", 115, "A", "G") == []


def test_preferred_transcript_goes_before_the_longest():
    short = CodingTranscript("T0", "chr1", True, [100, 101, 102], "ATG")
    assert choose_transcripts({"A": [short, FORWARD]}, {}).transcripts["A"] is FORWARD
    assert choose_transcripts({"A": [short, FORWARD]}, {"A": "T0"}).transcripts["A"] is short


def scan(*changes, depth=(20, 5, 20, 5), index=INDEX, genome="ACGT" * 60):
    """Scan a pile-up of chr1; a change is position, base, and its fragments by kind."""
    codes = np.array(["ACGT".index(base) for base in FORWARD.bases], dtype=np.uint8)
    counts = np.zeros((4, 15, 4), dtype=np.uint16)
    for kind, number in enumerate(depth):
        counts[kind, np.arange(15), codes] = number
    for position, base, kinds in changes:
        counts[:, position - 100, "ACGT".index(base)] += np.array(kinds, dtype=np.uint16)
    places = np.array(["chr1"] * 15), np.arange(100, 115)
    return scan_genes(counts, codes, places, index, lambda contig, start, end: genome[start:end])


@pytest.mark.parametrize(
    ("kinds", "rejected"),
    [
        pytest.param((10, 2, 9, 2), "", id="sound"),
        pytest.param((0, 12, 0, 12), "read_ends", id="at the ends of reads"),
        pytest.param((20, 3, 0, 0), "one_strand", id="on one strand"),
    ],
)
def test_artefacts_are_named(kinds, rejected):
    found = scan((104, "A", kinds))
    assert found[["protein_change", "rejected_by", "locus"]].to_numpy().tolist() == [
        ["p.G2D", rejected, "1:105"]
    ]
    assert found["fraction"][0] == pytest.approx(sum(kinds) / (50 + sum(kinds)))


@pytest.mark.parametrize(
    ("kinds", "depth"),
    [
        pytest.param((2, 0, 2, 0), (20, 5, 20, 5), id="four fragments"),
        pytest.param((3, 0, 3, 0), (99, 0, 99, 0), id="three in a hundred"),
        pytest.param((3, 0, 3, 0), (5, 0, 5, 0), id="shallow"),
    ],
)
def test_too_little_is_no_candidate(kinds, depth):
    assert scan((104, "A", kinds), depth=depth).empty


def test_synonymous_changes_are_left_out():
    assert scan((105, "C", (10, 0, 10, 0))).empty


def test_crowd_of_a_to_g_is_editing_and_one_is_only_noted():
    sound = (10, 0, 10, 0)
    one = scan((109, "G", sound))
    crowd = scan((100, "G", sound), (109, "G", sound), (110, "G", sound))
    assert (one["rejected_by"][0], "RNA editing" in one["note"][0]) == ("", True)
    assert crowd["rejected_by"].str.contains("editing_cluster").all()


def test_crowd_of_changes_is_a_misaligned_duplication():
    sound = (10, 0, 10, 0)
    found = scan((104, "A", sound), (106, "A", sound), (112, "A", sound))
    assert set(found["rejected_by"]) == {"cluster"}


def test_homopolymer_is_an_artefact():
    assert (
        scan((104, "A", (10, 0, 10, 0)), genome="ACGT" * 26 + "CAAAAAAC" + "ACGT" * 20)["rejected_by"][0]
        == "homopolymer"
    )


def test_normal_samples_reject_what_they_have_too():
    found = scan((104, "A", (10, 0, 10, 0)), (109, "T", (10, 0, 10, 0)))
    genes = read_knowledge(MUTATION_GENES)
    finished = finish_candidates([found, found], genes, [found[found["locus"] == "1:105"]])
    assert finished["rejected_by"].tolist() == ["normal_samples", ""]
    assert finished["meaning"][0].startswith("Activates the RAS pathway")
    assert finish_candidates([], genes).empty


HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{}\n"


@pytest.mark.parametrize(
    ("line", "depth", "reads"),
    [
        pytest.param("PASS\tAC=1\tGT:AD:DP\t0/1:60,40:100", 100, 40, id="GATK"),
        pytest.param(".\tDP4=30,30,20,20\tGT:PL\t0/1:1,2,3", 100, 40, id="bcftools"),
        pytest.param("PASS\tDP=100\tGT:AF:DP\t0/1:0.4:100", 100, 40, id="DRAGEN"),
        pytest.param("PASS\t.\tGT\t0/1", None, None, id="genotype alone"),
    ],
)
def test_vcf_of_each_caller(line, depth, reads, tmp_path):
    (tmp_path / "a.vcf").write_text(HEADER.format("S1") + f"chr1\t105\trs1\tG\tA\t50\t{line}\n")
    (row,) = read_vcf_calls(tmp_path / "a.vcf").to_dict("records")
    assert (row["contig"], row["position"], row["reference"], row["alternative"]) == ("1", 104, "G", "A")
    assert (row["depth"], row["alternative_reads"]) == (depth, reads) or (
        depth is None and row["depth"] != row["depth"]
    )


def test_vcf_alleles_are_parted_and_trimmed(tmp_path):
    body = "chr1\t104\t.\tGGT\tGAT,G\t50\tq10\t.\tGT:AD\t1/2:10,20,30\t0/0:50,0,0\n"
    (tmp_path / "a.vcf").write_text(HEADER.format("S1\tS2") + body)
    found = read_vcf_calls(tmp_path / "a.vcf")
    assert found[
        ["sample", "position", "reference", "alternative", "alternative_reads"]
    ].to_numpy().tolist() == [
        ["S1", 104, "G", "A", 20.0],
        ["S1", 104, "GT", "-", 30.0],
    ]
    assert set(found["rejected_by"]) == {"q10"}


MAF = "#version 2.4\nHugo_Symbol\tChromosome\tStart_Position\tReference_Allele\tTumor_Seq_Allele2\t"
MAF += "Tumor_Sample_Barcode\tt_depth\tt_alt_count\tHGVSp_Short\n"


def test_maf_keeps_the_names_of_its_annotator(tmp_path):
    (tmp_path / "a.maf").write_text(
        MAF + "X\tchr1\t105\tG\tA\tS1\t100\t40\tp.G2D\nX\t1\t105\t-\tAC\tS1\t\t\t\n"
    )
    found = read_maf(tmp_path / "a.maf")
    assert found["position"].tolist() == [104, 105]  # an insertion stands after the base that MAF names
    assert found["protein_change"].tolist() == ["p.G2D", ""]
    assert found["depth"][1] != found["depth"][1]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("a\tb\n1\t2\n", "no MAF: it lacks the column", id="other table"),
        pytest.param(
            MAF + "X\t1\tfive\tG\tA\tS1\t1\t1\tp\n",
            "1 row\\(s\\) have no position, e.g. 'five'",
            id="position",
        ),
    ],
)
def test_bad_maf_is_refused(text, complaint, tmp_path):
    (tmp_path / "a.maf").write_text(text)
    with pytest.raises(InputError, match=complaint):
        read_maf(tmp_path / "a.maf")


@pytest.fixture(scope="module")
def human(shared, tmp_path_factory):
    """The real mini annotation and genome as a reference."""
    folder = tmp_path_factory.mktemp("human")
    with gzip.open(shared / "reference" / "leukaemia.fa.gz") as packed, (folder / "g.fa").open("wb") as plain:
        shutil.copyfileobj(packed, plain)
    model, genome = read_gene_model(shared / "reference" / "leukaemia.gtf.gz"), open_genome(folder / "g.fa")

    class Reference:
        def gene_model(self):
            return model

        def genome(self):
            return genome

    return Reference()


def nras_q61(human):
    """Return contig, position from 1 and bases of the middle of NRAS codon 61."""
    from leukoscope.variants.coding import coding_transcripts

    transcript = coding_transcripts(human.gene_model(), human.genome(), {"NRAS"})["NRAS"][0]
    (_, middle, _), bases = transcript.codon(61)
    assert bases == "CAA"
    assert not transcript.forward
    return transcript.contig, middle + 1


def test_command_joins_alignment_vcf_and_maf(human, shared, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(reference_module, "open_reference", lambda folder: human)
    contig, position = nras_q61(human)
    (tmp_path / "a.vcf").write_text(
        HEADER.format("S1") + f"{contig}\t{position}\t.\tT\tC\t50\tPASS\t.\tGT:AD\t0/1:60,40\n"
    )
    bam = shared / "arriba-2.5.1" / "flt3_itd" / "Aligned.out.bam"
    words = ["variants", str(bam), "--reference", "R", "--vcf", str(tmp_path / "a.vcf")]
    words += ["--output", str(tmp_path / "v.tsv"), "--candidates", str(tmp_path / "c.tsv")]
    assert main(words) == 0
    found = VARIANTS.read(tmp_path / "v.tsv")
    nras = found[(found["gene"] == "NRAS") & (found["codon"] == 61)]
    assert nras[["protein_change", "status", "fraction"]].to_numpy().tolist() == [["p.Q61R", "detected", 0.4]]
    assert nras["reason"].iloc[0].startswith("called in a.vcf")
    assert set(found.loc[found["gene"] == "FLT3", "status"]) == {"not detected"}
    flt3 = MUTATION_CANDIDATES.read(tmp_path / "c.tsv").query("gene == 'FLT3'").set_index("protein_change")
    assert flt3.loc["p.D7G", "fraction"] == 1  # an inherited variant of this patient
    assert set(flt3.drop("p.D7G")["rejected_by"]) == {"cluster"}  # the reads of its ITD
    candidates = MUTATION_CANDIDATES.read(tmp_path / "c.tsv")
    assert candidates.loc[candidates["caller"] == "a.vcf", "protein_change"].tolist() == ["p.Q61R"]
    assert set(candidates["note"].str.split("; ").str[0]) == {"germline or somatic is not known"}


def test_calls_alone_leave_the_rest_not_assessable(human, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(reference_module, "open_reference", lambda folder: human)
    contig, position = nras_q61(human)
    rows = f"X\t{contig}\t{position}\tT\tC\tA\t50\t20\tp.Q61R\nX\t{contig}\t{position}\tT\tG\tB\t50\t20\tp.Q61P\n"
    (tmp_path / "a.maf").write_text(MAF + rows)
    words = [
        "variants",
        "--reference",
        "R",
        "--maf",
        str(tmp_path / "a.maf"),
        "--output",
        str(tmp_path / "v.tsv"),
    ]
    assert main(words) == 2
    assert "holds 2 samples: 'A', 'B'. Choose with --sample." in capsys.readouterr().err
    assert main([*words, "--sample", "A"]) == 0
    found = VARIANTS.read(tmp_path / "v.tsv")
    assert found.loc[found["status"] == "detected", "protein_change"].tolist() == ["p.Q61R"]
    assert set(found.loc[found["gene"] == "FLT3", "status"]) == {"not assessable"}
    assert len(found) == len(read_knowledge(HOTSPOTS))


def test_nothing_given_is_refused(capsys):
    assert main(["variants", "--reference", "R", "--output", "x"]) == 2
    assert "give a BAM file, --vcf or --maf" in capsys.readouterr().err


def test_listed_genes_are_named_once():
    genes = read_knowledge(MUTATION_GENES)
    assert set(read_knowledge(HOTSPOTS)["gene"]) <= set(genes["gene"])
    assert pd.Series(genes["gene"]).is_unique
