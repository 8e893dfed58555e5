"""Samples that enter with tables instead of reads, and samples that fail."""

from __future__ import annotations

import gzip
import json
import os
from itertools import islice
from pathlib import Path

import pandas as pd
import pytest
from pipeline_inputs import run_leukoscope

from leukoscope.pipeline.reference import build_reference
from leukoscope.tables.fusions import FUSIONS
from leukoscope.tables.karyotype import PLOIDY
from leukoscope.tables.quality import QUALITY
from leukoscope.tables.variants import VARIANTS

pytestmark = pytest.mark.tools

STARFUSION = (
    "#FusionName\tJunctionReadCount\tSpanningFragCount\test_J\test_S\tSpliceType\tLeftGene\tLeftBreakpoint\t"
    "RightGene\tRightBreakpoint\tLargeAnchorSupport\tFFPM\tLeftBreakDinuc\tLeftBreakEntropy\tRightBreakDinuc\t"
    "RightBreakEntropy\tannots\n"
    "G1--G2\t20\t5\t20\t5\tONLY_REF_SPLICE\tG1^G1\tchr1:300:+\tG2^G2\tchr2:200:+\tYES_LDAS\t1.5\tGT\t1.9\tAG\t1.9\t[]\n"
)


@pytest.fixture
def tables(small):
    """A reference of two genes, counts of two samples, and a fusion that STAR-Fusion called."""
    build_reference(small.fasta, small.gtf, small.folder / "ref")
    (small.folder / "counts.tsv").write_text("gene_id\tx1\tother\nG1\t30\t1\nG2\t10\t2\n")
    (small.folder / "fusions.tsv").write_text(STARFUSION)
    (small.folder / "letters.tsv").write_text("gene_id\tx2\nG1\tmany\nG2\t1\n")
    return small.folder


def check_first_sample(out: Path) -> None:
    calls = FUSIONS.read(out / "samples" / "x1" / "fusions.tsv")
    assert list(zip(calls["gene1"], calls["gene2"], strict=True)) == [("G1", "G2")]
    genes = pd.read_csv(out / "samples" / "x1" / "genes.tsv", sep="\t", index_col="gene_id")
    assert genes["count"].to_dict() == {"G1": 30, "G2": 10}
    assert genes["tpm"].to_dict() == pytest.approx({"G1": 750_000, "G2": 250_000})  # both are 300 bases long
    assert (out / "patients" / "P1" / "report.html").is_file()


def test_tables_become_reports_and_a_failed_sample_does_not_stop_the_other(tables):
    sheet, out = tables / "s.csv", tables / "out"
    sheet.write_text(
        "sample,patient,timepoint,counts,fusions\n"
        "x1,P1,onset,counts.tsv,fusions.tsv\n"
        "x2,P2,onset,letters.tsv,\n"
    )
    command = ("run", sheet, "--reference", tables / "ref", "--outdir", out)
    done = run_leukoscope(*command)
    assert done.returncode == 3
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(
        "leukoscope: 2 not finished: sample x2, patient P2. adopt_counts of x2: letters.tsv: column 'x2' "
    )
    assert "logs/adopt_counts/x2.log" in last
    assert json.loads((out / "run.json").read_text())["failed"] == ["x2"]
    check_first_sample(out)

    before = {path: path.stat().st_mtime_ns for path in (out / "samples" / "x1").iterdir()}
    (tables / "letters.tsv").write_text("gene_id\tx2\nG1\t4\nG2\t1\n")  # mended
    done = run_leukoscope(*command)
    assert done.returncode == 0, done.stderr
    assert {path: path.stat().st_mtime_ns for path in before} == before, "what was finished was done again"
    assert pd.read_csv(out / "expression" / "counts.tsv.gz", sep="\t")["x2"].tolist() == [4, 1]
    assert (out / "patients" / "P2" / "report.html").is_file()


def test_counts_and_fusions_need_no_reference(tmp_path):
    """A matrix of two patients, under former and present names, and a table of STAR-Fusion."""
    genes = ["BCR", "ABL1", "CD19", "ENSG00000196092.14", "MLL", "B2M", "nothing"]
    (tmp_path / "counts.csv").write_text("gene,x1,x2\n" + "".join(f"{gene},50,70\n" for gene in genes))
    names = STARFUSION.replace("G1", "BCR").replace("G2", "ABL1").replace("chr1:300", "chr22:23290413")
    (tmp_path / "fusions.tsv").write_text(names.replace("chr1:200", "chr9:130854064"))
    sheet, out = tmp_path / "s.csv", tmp_path / "out"
    sheet.write_text(
        "sample,patient,timepoint,counts,fusions,blast_percent\n"
        "x1,P1,onset,counts.csv,fusions.tsv,3\n"
        "x2,P2,remission,counts.csv,,1\n"
    )
    done = run_leukoscope("run", sheet, "--outdir", out)
    assert done.returncode == 0, done.stderr
    gates = [
        QUALITY.read(out / "samples" / name / "quality.tsv").set_index("metric") for name in ("x1", "x2")
    ]
    assert [gate.loc["blast_percent", "verdict"] for gate in gates] == ["FAIL", "NOT ASSESSABLE"]
    expressed = pd.read_csv(out / "samples" / "x1" / "genes.tsv", sep="\t", index_col="symbol")
    assert set(expressed.index) == {"BCR", "ABL1", "CD19", "PAX5", "KMT2A", "B2M"}
    diagnosis = json.loads((out / "patients" / "P1" / "diagnosis.json").read_text())
    states = {target["target"]: (target["status"], target["basis"]) for target in diagnosis["targets"]}
    assert states["BCR::ABL1"][0] == "detected"
    assert states["FLT3-ITD"] == (
        "not assessable", "the table of fusions came with the sample: its caller may not look inside genes"
    )  # fmt: skip
    assert (out / "patients" / "P2" / "report.html").is_file()
    assert json.loads((out / "run.json").read_text())["reference"] == {"name": "none: genes by name"}


def test_vcf_of_the_sheet_gives_allele_fractions_and_mutations(tables):
    sheet, out = tables / "s.csv", tables / "out"
    (tables / "v.vcf").write_text(
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ttumour\n"
        "chr1\t110\t.\tA\tG\t50\tPASS\t.\tGT:AD\t0/1:60,40\n"
    )
    sheet.write_text("sample,patient,timepoint,counts,vcf\nx1,P1,onset,counts.tsv,v.vcf\n")
    done = run_leukoscope("run", sheet, "--reference", tables / "ref", "--outdir", out)
    assert done.returncode == 0, done.stderr
    assert set(VARIANTS.read(out / "samples" / "x1" / "variants.tsv")["status"]) == {"not assessable"}
    assert PLOIDY.read(out / "ploidy.tsv")["allele_fractions"].tolist() == ["too few"]
    assert not (out / "identity.tsv").exists()


def test_snakemake_sees_what_follows_the_dashes(tables):
    sheet, out = tables / "s.csv", tables / "out"
    sheet.write_text("sample,counts\nx1,counts.tsv\n")
    done = run_leukoscope("run", sheet, "--reference", tables / "ref", "--outdir", out, "--", "--summary")
    assert "samples/x1/genes.tsv" in (out / "logs" / "snakemake.log").read_text()
    assert not (out / "samples" / "x1" / "genes.tsv").exists()
    assert done.returncode == 3
    wrong = run_leukoscope("run", sheet, "--reference", tables / "ref", "--outdir", out, "--", "--nonsense")
    assert wrong.returncode == 3
    assert "unrecognized arguments: --nonsense" in wrong.stderr


def test_dry_run_makes_nothing(tables):
    sheet, out = tables / "s.csv", tables / "out"
    sheet.write_text("sample,counts\nx1,counts.tsv\n")
    done = run_leukoscope("run", sheet, "--reference", tables / "ref", "--outdir", out, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "adopt_counts" in done.stderr
    assert not (out / "samples").exists()
    assert not (out / "run.json").exists()


def split_lanes(reads: Path, folder: Path, first: int) -> list[list[str]]:
    """Write the first reads of two FASTQ files as one lane and the others as a second."""
    lanes: list[list[str]] = [[], []]
    for mate in (1, 2):
        with gzip.open(reads / f"R{mate}.fastq.gz", "rt") as source:
            for lane, lines in enumerate((islice(source, 4 * first), source)):
                name = f"L{lane + 1}_R{mate}.fastq.gz"
                with gzip.open(folder / name, "wt", compresslevel=1) as sink:
                    sink.writelines(lines)
                lanes[lane].append(name)
    return lanes


def test_lanes_and_bam_give_what_the_reads_gave(real_run, shared, tmp_path):
    """The reads in two lanes; and their alignment alone, which lacks nothing but STAR's table of introns."""
    lanes = split_lanes(shared / "reads" / "bcr_abl1", tmp_path, 4000)
    before = real_run.outdir / "samples" / "bcr_abl1"
    bam = before / "alignment" / "Aligned.out.bam"
    sheet, out = tmp_path / "s.csv", tmp_path / "out"
    sheet.write_text(
        "sample,patient,timepoint,fastq_1,fastq_2,bam\n"
        + "".join(f"lanes,P1,onset,{lane[0]},{lane[1]},\n" for lane in lanes)
        + f"aligned,P2,onset,,,{bam}\n"
    )
    done = run_leukoscope("run", sheet, "--reference", real_run.reference, "--outdir", out, "--threads", 2)
    assert done.returncode == 0, done.stderr
    for name in ("genes.tsv", "fusions.tsv", "variants.tsv", "alignment/SJ.out.tab"):
        assert (out / "samples" / "lanes" / name).read_bytes() == (before / name).read_bytes()
    calls = FUSIONS.read(out / "samples" / "aligned" / "fusions.tsv")
    assert list(calls["fusion"]) == list(FUSIONS.read(before / "fusions.tsv")["fusion"])
    assert not (out / "samples" / "aligned" / "genes.tsv").exists()
    assert not list(out.rglob("lanes_?.fastq.gz"))


def test_arriba_is_called_as_it_wants_to_be(real_run, shared, tmp_path):
    """A stand-in that checks what it is given, and answers with what Arriba 2.5.1 wrote for this alignment."""
    answers = shared / "arriba-2.5.1" / "bcr_abl1"
    (tmp_path / "bin").mkdir()
    arriba = tmp_path / "bin" / "arriba"
    arriba.write_text(
        "#!/bin/bash\n"
        'if [ "$1" = -h ]; then echo "Version: 2.5.1"; exit; fi\n'
        "set -eu; declare -A given; while [ $# -gt 0 ]; do given[$1]=$2; shift 2; done\n"
        'test -s "${given[-x]}"; test -s "${given[-g]}"; test -s "${given[-a]}"; test "${given[-f]}" = blacklist\n'
        f'cp {answers}/fusions.tsv "${{given[-o]}}"; cp {answers}/fusions.discarded.tsv "${{given[-O]}}"\n'
    )
    arriba.chmod(0o755)
    sheet, out = tmp_path / "s.csv", tmp_path / "out"
    bam = real_run.outdir / "samples" / "bcr_abl1" / "alignment" / "Aligned.out.bam"
    sheet.write_text(f"sample,patient,timepoint,bam\na,P1,onset,{bam}\n")
    done = run_leukoscope(
        "run", sheet, "--reference", real_run.reference, "--outdir", out, "--fusion-caller", "arriba",
        env=os.environ | {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    best = FUSIONS.read(out / "samples" / "a" / "fusions.tsv").iloc[0]
    assert (best["fusion"], best["exons"], best["confidence"]) == ("BCR::ABL1", "e14a2", "high")
    run = json.loads((out / "run.json").read_text())
    assert run["software"]["arriba"] == "2.5.1"
    assert run["parameters"]["fusion_caller"] == "arriba"
