"""Contigs with and without ``chr`` in BAM, annotation and genome, and a genome that is another one."""

from __future__ import annotations

import gzip

import pandas as pd
import pysam
import pytest

from leukoscope.errors import InputError
from leukoscope.formats.bam import scan_alignments
from leukoscope.formats.fasta import Genome, index_fasta, open_genome
from leukoscope.formats.gtf import read_gene_model
from leukoscope.formats.star import read_chimeric_junctions, read_splice_junctions
from leukoscope.fusions.calling import call_fusions, call_fusions_lightly, genome_of
from leukoscope.fusions.light import spelled_as
from leukoscope.genemodel import known_contigs

SHOWN = ["gene1", "gene2", "breakpoint1", "breakpoint2", "split_reads1", "split_reads2", "discordant_mates"]


@pytest.fixture(scope="module")
def sample(shared, tmp_path_factory):
    """Return BAM, annotation and genome of the BCR::ABL1 sample, as they are and without ``chr``."""
    folder, recorded = tmp_path_factory.mktemp("names"), shared / "arriba-2.5.1" / "bcr_abl1"
    gtf, fasta = (shared / "reference" / f"leukaemia.{kind}.gz" for kind in ("gtf", "fa"))
    told, bases = gzip.decompress(gtf.read_bytes()), gzip.decompress(fasta.read_bytes())
    (folder / "bare.gtf").write_bytes(told.replace(b"\nchr", b"\n").removeprefix(b"chr"))
    bare = bases.replace(b">chr", b">")
    with pysam.AlignmentFile(str(recorded / "Aligned.out.bam")) as source:
        header = source.header.to_dict()
        header["SQ"] = [line | {"SN": line["SN"].removeprefix("chr")} for line in header["SQ"]]
        with pysam.AlignmentFile(str(folder / "bare.bam"), "wb", header=header) as sink:
            for read in source:
                sink.write(pysam.AlignedSegment.from_dict(_without_chr(read.to_dict()), sink.header))
    return {
        "bam": {True: recorded / "Aligned.out.bam", False: folder / "bare.bam"},
        "model": {True: read_gene_model(gtf), False: read_gene_model(folder / "bare.gtf")},
        "genome": {True: open_genome(fasta), False: Genome(index_fasta(bare, "bare"), bare)},
        "folder": recorded,
    }


def _without_chr(record):
    names = {key: record[key].removeprefix("chr") for key in ("ref_name", "next_ref_name")}
    tags = [tag.replace("SA:Z:chr", "SA:Z:").replace(";chr", ";") for tag in record["tags"]]
    return record | names | {"tags": tags}


@pytest.mark.parametrize(
    ("bam", "annotation", "genome"),
    [
        (False, True, True),
        (True, False, True),
        (True, True, False),
        (False, False, True),
        (True, False, False),
    ],
)
def test_calls_are_the_same_told_as_the_annotation_spells(sample, bam, annotation, genome):
    named = call_fusions(
        scan_alignments(sample["bam"][True], sample["model"][True]),
        sample["model"][True],
        sample["genome"][True],
    ).calls[SHOWN]
    model = sample["model"][annotation]
    found = call_fusions(scan_alignments(sample["bam"][bam], model), model, sample["genome"][genome]).calls
    expected = named if annotation else named.replace("^chr", "", regex=True)
    assert len(expected)
    assert found[SHOWN].equals(expected)
    assert (found["reading_frame"] == "in-frame").any()  # the bases were found too


def test_light_mode_knows_contigs_by_either_name(sample):
    tables = (
        read_chimeric_junctions(sample["folder"] / "Chimeric.out.junction.gz"),
        read_splice_junctions(sample["folder"] / "SJ.out.tab"),
    )
    named, bare = (
        call_fusions_lightly(*tables, sample["model"][own], sample["genome"][own]).calls
        for own in (True, False)
    )
    assert len(named)
    assert bare[SHOWN].equals(named[SHOWN].replace("^chr", "", regex=True))


@pytest.mark.parametrize(
    ("bases", "message"),
    [
        pytest.param(
            b">chr22\nACGT\n", "1 of 1 contigs differ in length .*'chr22', 4 bases", id="other length"
        ),
        pytest.param(b">contig\nACGT\n", "none of the 16 contigs", id="other names"),
    ],
)
def test_a_genome_that_the_reads_were_not_aligned_to_is_refused(sample, bases, message):
    model = sample["model"][True]
    with pytest.raises(InputError, match=message) as raised:
        call_fusions(
            scan_alignments(sample["bam"][True], model), model, Genome(index_fasta(bases, "x"), bases)
        )
    assert "\n" not in str(raised.value)


def test_two_mitochondrial_genomes_are_kept_apart(tmp_path):
    """hg19 has chrM, and since 2020 chrMT beside it, of other lengths."""
    contigs = [{"SN": "chrM", "LN": 30}, {"SN": "chrMT", "LN": 28}]
    header = {"HD": {"VN": "1.6"}, "SQ": contigs}
    pysam.AlignmentFile(str(tmp_path / "a.bam"), "wb", header=header).close()
    (tmp_path / "a.gtf").write_text('chrM\tx\texon\t5\t9\t.\t+\t.\tgene_id "g"; transcript_id "t";\n')
    bases = b">chrM\n" + b"A" * 30 + b"\n>chrMT\n" + b"C" * 28 + b"\n"
    found = scan_alignments(tmp_path / "a.bam", read_gene_model(tmp_path / "a.gtf"))
    assert found.contigs == ("chrM", "chrMT")
    assert genome_of(found, Genome(index_fasta(bases, "x"), bases)).length("chrMT") == 28


@pytest.mark.parametrize(
    ("known", "spelled"),
    [
        pytest.param({"1", "MT"}, ["1", "chrM", "MT"], id="Ensembl"),
        pytest.param({"chr1", "chrM"}, ["chr1", "chrM", "chrMT"], id="UCSC"),
        pytest.param({"1", "M"}, ["1", "M", "chrMT"], id="without chr"),
    ],
)
def test_no_two_contigs_are_told_as_one(known, spelled):
    assert list(known_contigs(["chr1", "chrM", "chrMT"], known).values()) == spelled
    assert list(known_contigs(["chrMT", "chrM", "chr1"], known).values()) == spelled[::-1]


def test_light_mode_keeps_two_mitochondrial_genomes_apart(sample):
    both = pd.DataFrame({"contig_a": ["22", "chrMT"], "contig_b": ["chrM", "9"]})
    spelled = spelled_as(both, sample["model"][True])
    assert spelled.to_numpy().tolist() == [["chr22", "chrM"], ["chrMT", "chr9"]]
    assert spelled_as(both[1:], sample["model"][True]).to_numpy().tolist() == [["chrM", "chr9"]]


@pytest.mark.parametrize(("first", "kind"), [(b"@HD\tVN:1.6\n", "SAM"), (b"CRAM\x03\x00", "CRAM")])
def test_other_alignment_files_are_named(tmp_path, first, kind):
    (tmp_path / "a.bam").write_bytes(first + bytes(40))
    with pytest.raises(InputError, match=f"a {kind} file; 'samtools view -b' makes"):
        scan_alignments(tmp_path / "a.bam", None)
