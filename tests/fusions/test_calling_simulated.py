"""The whole caller on simulated reads that STAR has aligned: one event of each class, and a sample without any."""

from __future__ import annotations

import subprocess

import pytest

from leukoscope.formats.bam import scan_alignments
from leukoscope.formats.fasta import open_genome
from leukoscope.formats.gtf import read_gene_model
from leukoscope.fusions.calling import call_fusions
from leukoscope.knowledge import read_knowledge
from leukoscope.simulation.runs import ReadsRequest, run_reads
from leukoscope.simulation.scoring import score_calls
from leukoscope.simulation.truth import read_truth
from leukoscope.tables.driver_fusions import DRIVER_FUSIONS, FUSION_PROBABILITY

INDEX = (
    "STAR --runMode genomeGenerate --genomeDir star --genomeFastaFiles events/genome.fa "
    "--sjdbGTFfile events/annotation.gtf --sjdbOverhang 100 --genomeSAindexNbases 9 --outFileNamePrefix star/"
)
ALIGN = (
    "STAR --genomeDir star --readFilesIn {0}/sample_R1.fastq.gz {0}/sample_R2.fastq.gz --readFilesCommand zcat "
    "--outFileNamePrefix {0}/ --outSAMtype BAM Unsorted --outSAMattributes NH HI AS nM NM MD ch --chimSegmentMin 10 "
    "--chimOutType WithinBAM HardClip Junctions --chimJunctionOverhangMin 10 --chimScoreDropMax 30 "
    "--chimScoreJunctionNonGTAG 0 --chimScoreSeparation 1 --chimSegmentReadGapMax 30 --chimMultimapNmax 50 "
    "--peOverlapNbasesMin 10 --alignSplicedMateMapLminOverLmate 0.5 --alignSJstitchMismatchNmax 5 -1 5 5 "
    "--outFilterMultimapNmax 50"
)

pytestmark = pytest.mark.tools


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Return calls and truth of a sample with events and of one without, on one genome."""
    folder = tmp_path_factory.mktemp("simulated")
    shared = {"fillers": 20, "genome_seed": 11, "per_class": 1, "support": (8, 40)}
    run_reads(ReadsRequest(folder / "events", 25_000, 11, chimeras=0.002, **shared))
    run_reads(ReadsRequest(folder / "none", 25_000, 12, chimeras=0.01, negative=True, **shared))
    for command in (INDEX, ALIGN.format("events"), ALIGN.format("none")):
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    model = read_gene_model(folder / "events" / "annotation.gtf")
    genome = open_genome(folder / "events" / "genome.fa")
    tables = {"drivers": read_knowledge(DRIVER_FUSIONS), "odds": read_knowledge(FUSION_PROBABILITY)}
    return {
        name: (
            call_fusions(scan_alignments(folder / name / "Aligned.out.bam", model), model, genome, **tables),
            read_truth(folder / name / "truth.json"),
        )
        for name in ("events", "none")
    }


def test_nearly_every_class_is_found_and_placed(found):
    calls, truth = found["events"]
    matches = score_calls(truth, calls.calls).matches
    matches = matches[(matches["junction_fragments"] >= 5) & (matches["class"] != "read_through")]
    assert len(matches) >= 12
    assert matches["found"].mean() >= 0.9
    assert matches["exact"].sum() >= 0.9 * matches["found"].sum()


def test_nearly_every_call_is_true(found):
    calls, truth = found["events"]
    scores = score_calls(truth, calls.calls).scores
    of_all = scores[(scores["measure"] == "precision") & (scores["group"] == "all")].iloc[0]
    assert of_all["total"] - of_all["hits"] <= 1
    high = scores[(scores["measure"] == "precision") & (scores["group"] == "high")].iloc[0]
    assert high["hits"] == high["total"]


def test_calls_carry_a_probability(found):
    calls, _ = found["events"]
    assert calls.calls["probability"].between(0, 1).all()
    assert (calls.calls.loc[calls.calls["confidence"] == "high", "probability"] >= 0.9).all()
    assert len(calls.features) == len(calls.calls) + len(calls.discarded)


def test_a_sample_without_events_has_no_sure_call(found):
    calls, _ = found["none"]
    assert not (calls.calls["confidence"] == "high").any()
