"""The real reads through the whole pipeline, once; a small genome for what must be quick."""

from __future__ import annotations

from pathlib import Path

import pytest
from pipeline_inputs import GTF_LINE, RealRun, SmallInputs, run_leukoscope, write_fastq

from leukoscope.pipeline.reference import build_reference


@pytest.fixture(scope="session")
def leukaemia_reference(shared, tmp_path_factory) -> Path:
    folder = shared / "reference"
    target = tmp_path_factory.mktemp("leukaemia") / "ref"
    build_reference(folder / "leukaemia.fa.gz", folder / "leukaemia.gtf.gz", target, threads=2)
    return target


@pytest.fixture(scope="session")
def real_run(shared, leukaemia_reference, tmp_path_factory) -> RealRun:
    """A BCR::ABL1 leukaemia and one with FLT3-ITD, undisturbed."""
    folder = tmp_path_factory.mktemp("real")
    rows = ["sample,patient,timepoint,fastq_1,fastq_2,strandedness"]
    for patient, name in (("P1", "bcr_abl1"), ("P2", "flt3_itd")):
        reads = shared / "reads" / name
        rows.append(f"{name},{patient},onset,{reads / 'R1.fastq.gz'},{reads / 'R2.fastq.gz'},auto")
    sheet = folder / "samples.csv"
    sheet.write_text("\n".join(rows) + "\n")
    finished = run_leukoscope(
        "run", sheet, "--reference", leukaemia_reference, "--outdir", folder / "out", "--threads", 2
    )
    return RealRun(sheet, leukaemia_reference, folder / "out", finished)


@pytest.fixture
def small(tmp_path) -> SmallInputs:
    fasta, gtf = tmp_path / "genome.fa", tmp_path / "genes.gtf"
    fasta.write_text(">chr1 first\n" + "ACGTACGGTTCA" * 100 + "\n>chr2\n" + "ttgacca" * 100 + "\n")
    gtf.write_text(
        "".join(
            GTF_LINE.format(contig=contig, kind=kind, start=start, end=end, gene=gene)
            for contig, start, end, gene in (("chr1", 101, 400, "G1"), ("chr2", 51, 350, "G2"))
            for kind in ("gene", "transcript", "exon")
        )
    )
    reads = (tmp_path / "a_R1.fastq.gz", tmp_path / "a_R2.fastq.gz")
    for mate, path in enumerate(reads, start=1):
        write_fastq(path, [f"r{i}/{mate}" for i in range(5)])
    return SmallInputs(tmp_path, fasta, gtf, reads)
