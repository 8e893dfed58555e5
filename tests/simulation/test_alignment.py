"""STAR on simulated reads: each class leaves the kind of evidence that it leaves in real samples."""

from __future__ import annotations

import subprocess

import pysam
import pytest

from leukoscope.cli import main
from leukoscope.simulation.runs import ReadsRequest, run_reads
from leukoscope.simulation.truth import read_truth
from leukoscope.tables.simulation import EVIDENCE

CHIMERIC = (
    "--chimSegmentMin 10 --chimOutType WithinBAM HardClip Junctions --chimJunctionOverhangMin 10 "
    "--chimScoreDropMax 30 --chimScoreJunctionNonGTAG 0 --chimScoreSeparation 1 --chimSegmentReadGapMax 30 "
    "--chimMultimapNmax 50 --peOverlapNbasesMin 10 --alignSplicedMateMapLminOverLmate 0.5 "
    "--alignSJstitchMismatchNmax 5 -1 5 5 --outFilterMultimapNmax 50"
)
CLASSES = "fusion,fusion_in_exon,internal_tandem_duplication,intragenic_deletion,neighbour_deletion"


@pytest.fixture(scope="module")
def aligned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("aligned")
    run_reads(ReadsRequest(folder, 25_000, 3, fillers=10, events=CLASSES, per_class=2, support=(30, 60)))
    subprocess.run(
        f"STAR --runMode genomeGenerate --genomeDir star --genomeFastaFiles genome.fa --sjdbGTFfile annotation.gtf "
        f"--sjdbOverhang 100 --genomeSAindexNbases 9 --runThreadN 1 --outFileNamePrefix star/ "
        f"&& STAR --genomeDir star --readFilesIn sample_R1.fastq.gz sample_R2.fastq.gz --readFilesCommand zcat "
        f"--outSAMtype BAM Unsorted --outSAMattributes NH HI AS nM NM MD ch --runThreadN 1 {CHIMERIC}",
        shell=True,
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder, read_truth(folder / "truth.json")


def _chimeric(folder):
    rows = [line.split("\t") for line in (folder / "Chimeric.out.junction").read_text().splitlines()]
    return {row[9] for row in rows if len(row) > 10 and row[6].lstrip("-").isdigit() and int(row[6]) >= 0}


def _share(aligned, kind):
    folder, truth = aligned
    names = [n for e in truth["events"] if e["class"] == kind for n in e["junction_fragments"]]
    assert len(names) >= 30
    return len(set(names) & _chimeric(folder)) / len(names)


pytestmark = pytest.mark.tools


def test_nearly_all_pairs_are_aligned(aligned):
    log = (aligned[0] / "Log.final.out").read_text()
    line = next(line for line in log.splitlines() if "Uniquely mapped reads %" in line)
    assert float(line.split("|")[1].strip(" \t%")) > 95


def test_fusions_are_chimeric(aligned):
    """The share in the literature of this project: 77 % of fragments across an exon-exon junction."""
    assert 0.6 < _share(aligned, "fusion") < 0.98
    assert 0.6 < _share(aligned, "fusion_in_exon") < 0.98


def test_tandem_duplications_within_an_exon_are_soft_clips(aligned):
    """About 8 % are chimeric; the rest stands in clips at the breakpoints."""
    folder, truth = aligned
    assert _share(aligned, "internal_tandem_duplication") < 0.3
    names = {
        n
        for e in truth["events"]
        if e["class"] == "internal_tandem_duplication"
        for n in e["junction_fragments"]
    }
    with pysam.AlignmentFile(str(folder / "Aligned.out.bam")) as records:
        marked = {
            r.query_name
            for r in records
            if r.query_name in names
            and r.cigartuples
            and any(op in (1, 4, 5) and n > 3 for op, n in r.cigartuples)
        }
    assert len(marked) / len(names) > 0.5


@pytest.mark.parametrize("kind", ["intragenic_deletion", "neighbour_deletion"])
def test_deletions_are_introns_not_chimeras(aligned, kind):
    folder, truth = aligned
    assert _share(aligned, kind) == 0
    introns = {}
    for line in (folder / "SJ.out.tab").read_text().splitlines():
        contig, start, end, *rest = line.split("\t")
        introns[contig, int(start), int(end)] = int(rest[3]) + int(rest[4])
    for event in truth["events"]:
        if event["class"] == kind:
            low, high = sorted((event["breakpoint1"], event["breakpoint2"]))
            moves = range(-10, 11)
            reads = max(introns.get((event["contig1"], low + 1 + m, high - 1 + m), 0) for m in moves)
            assert reads >= 0.7 * len(event["junction_fragments"])


def test_the_evidence_table_agrees_with_reading_the_files(aligned, tmp_path):
    folder, truth = aligned
    output = tmp_path / "evidence.tsv"
    assert (
        main(["simulate", "evidence", str(folder / "truth.json"), str(folder), "--output", str(output)]) == 0
    )
    table = EVIDENCE.read(output).set_index("class")
    for kind, row in table.iterrows():
        events = [e for e in truth["events"] if e["class"] == kind]
        assert row["events"] == len(events)
        assert row["junction_fragments"] == sum(len(e["junction_fragments"]) for e in events)
        assert row["in_split_reads"] / row["junction_fragments"] == pytest.approx(_share(aligned, kind))
        assert row["events_in_introns"] == (row["events"] if "deletion" in kind else 0)


def test_a_folder_without_output_is_refused(aligned, tmp_path, capsys):
    arguments = ["simulate", "evidence", str(aligned[0] / "truth.json"), str(tmp_path)]
    assert main([*arguments, "--output", str(tmp_path / "e.tsv")]) == 2
    assert "it is part of STAR's output" in capsys.readouterr().err
    assert not (tmp_path / "e.tsv").exists()


def test_breakpoints_are_those_that_the_aligner_sees(aligned):
    """STAR names the first intron base of both sides; Arriba's convention is one base inside."""
    folder, truth = aligned
    rows = [line.split("\t") for line in (folder / "Chimeric.out.junction").read_text().splitlines()]
    by_name = {row[9]: row for row in rows if len(row) > 10}
    for event in truth["events"]:
        if event["class"] != "fusion":
            continue
        inside1 = 1 if event["strand1"] == "+" else -1
        inside2 = -1 if event["strand2"] == "+" else 1
        expected = {
            (event["contig1"], event["breakpoint1"] + inside1),
            (event["contig2"], event["breakpoint2"] + inside2),
        }
        rows_of_event = [by_name[n] for n in event["junction_fragments"] if n in by_name]
        seen = [{(r[0], int(r[1])), (r[3], int(r[4]))} for r in rows_of_event if int(r[6]) > 0]
        assert sum(places == expected for places in seen) > 0.9 * len(seen) > 0
