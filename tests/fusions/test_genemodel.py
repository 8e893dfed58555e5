# ruff: noqa: E501 - lines of GTF are long
"""Gene models from GTF: both spellings, look-ups against a slow twin, and bad files."""

from __future__ import annotations

import gzip
import os

import numpy as np
import pytest

from leukoscope.errors import InputError, ReferenceDataError
from leukoscope.formats.gene_model_cache import open_gene_model
from leukoscope.formats.gtf import load_gene_model, read_gene_model, write_gene_model
from leukoscope.formats.user_cache import cache_folder

ENSEMBL = """\
#!genome-build GRCh38
1\thavana\tgene\t101\t500\t.\t-\t.\tgene_id "ENSG00000000001"; gene_version "4"; gene_name "AAA"; gene_biotype "protein_coding";
1\thavana\ttranscript\t101\t500\t.\t-\t.\tgene_id "ENSG00000000001"; gene_version "4"; transcript_id "ENST00000000001"; transcript_version "2"; gene_name "AAA"; gene_biotype "protein_coding"; transcript_biotype "protein_coding"; tag "basic"; tag "Ensembl_canonical";
1\thavana\texon\t401\t500\t.\t-\t.\tgene_id "ENSG00000000001"; transcript_id "ENST00000000001"; exon_number "1";
1\thavana\tCDS\t401\t450\t.\t-\t0\tgene_id "ENSG00000000001"; transcript_id "ENST00000000001"; exon_number "1";
1\thavana\texon\t101\t200\t.\t-\t.\tgene_id "ENSG00000000001"; transcript_id "ENST00000000001"; exon_number "2";
1\thavana\tCDS\t151\t200\t.\t-\t1\tgene_id "ENSG00000000001"; transcript_id "ENST00000000001"; exon_number "2";
"""

GENCODE = """\
chrX\tHAVANA\texon\t11\t20\t.\t+\t.\tgene_id "ENSG00000182378.15_PAR_Y"; transcript_id "ENST00000000009.3_PAR_Y"; gene_type "lncRNA"; gene_name "PLCXD1"; exon_number 1; hgnc_id "HGNC:23148";
chrX\tHAVANA\texon\t31\t40\t.\t+\t.\tgene_id "ENSG00000182378.15_PAR_Y"; transcript_id "ENST00000000009.3_PAR_Y"; gene_type "lncRNA"; gene_name "PLCXD1"; exon_number 2;
"""


def _model(tmp_path, text):
    (tmp_path / "a.gtf").write_text(text)
    return read_gene_model(tmp_path / "a.gtf")


def test_ensembl_spelling(tmp_path):
    model = _model(tmp_path, ENSEMBL)
    assert model.contigs.tolist() == ["1"]
    assert (model.gene_id[0], model.gene_version[0]) == ("ENSG00000000001", "4")
    assert (model.gene_symbol[0], model.gene_biotype[0]) == ("AAA", "protein_coding")
    assert (model.gene_strand[0], model.gene_start[0], model.gene_end[0]) == (-1, 100, 500)
    assert model.gene_hgnc.tolist() == [0]
    assert model.transcript_tags[0] == "basic,Ensembl_canonical"
    assert list(zip(model.exon_start, model.exon_end, model.exon_number, strict=True)) == [
        (100, 200, 2),
        (400, 500, 1),
    ]
    assert model.exon_cds_start.tolist() == [150, 400]
    assert model.exon_cds_end.tolist() == [200, 450]
    assert model.exon_phase.tolist() == [1, 0]
    assert [array.tolist() for array in model.introns_of(0)] == [[200], [400]]
    assert model.exonic_length.tolist() == [200]


def test_gencode_spelling_without_gene_and_transcript_lines(tmp_path):
    model = _model(tmp_path, GENCODE)
    assert (model.gene_id[0], model.gene_version[0]) == ("ENSG00000182378_PAR_Y", "15")
    assert (model.transcript_id[0], model.transcript_version[0]) == ("ENST00000000009_PAR_Y", "3")
    assert (model.gene_start[0], model.gene_end[0], model.gene_biotype[0]) == (10, 40, "lncRNA")
    assert model.exon_number.tolist() == [1, 2]
    assert not model.is_coding(0)
    assert model.gene_hgnc.tolist() == [23148]


def test_cache_round_trip(tmp_path):
    model = _model(tmp_path, ENSEMBL + GENCODE)
    write_gene_model(model, tmp_path / "genes.npz")
    again = load_gene_model(tmp_path / "genes.npz")
    for name, array in model.arrays().items():
        assert np.array_equal(array, again.arrays()[name]), name
        assert array.dtype == again.arrays()[name].dtype, name


@pytest.mark.parametrize("content", [None, b"PK nothing", b""])
def test_damaged_cache(tmp_path, content):
    if content is not None:
        (tmp_path / "genes.npz").write_bytes(content)
    with pytest.raises(ReferenceDataError, match="build the reference again"):
        load_gene_model(tmp_path / "genes.npz")


def test_the_model_cannot_be_changed(tmp_path):
    with pytest.raises(ValueError, match="read-only"):
        _model(tmp_path, ENSEMBL).gene_start[0] = 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "no exon found", id="empty"),
        pytest.param("1\tx\texon\t5\n", "line 1 has 4 column", id="short line"),
        pytest.param(
            ENSEMBL.replace("\t401\t500", "\tabc\t500"),
            "line 4 has the coordinates 'abc', '500'",
            id="no number",
        ),
        pytest.param(ENSEMBL.replace("\t401\t500", "\t501\t500"), "runs from 501 to 500", id="backwards"),
        pytest.param(ENSEMBL.replace("\t-\t.", "\t?\t."), "has the strand '?'", id="strand"),
        pytest.param(GENCODE.replace("gene_id", "gene"), "has no gene_id", id="no gene_id"),
        pytest.param(
            GENCODE.replace("transcript_id", "transcript"), "has no transcript_id", id="no transcript_id"
        ),
        pytest.param(GENCODE + GENCODE.replace("chrX", "chrY"), "second contig or strand", id="two contigs"),
        pytest.param(GENCODE.replace("31\t40", "15\t40"), "exons of transcript", id="overlapping exons"),
        pytest.param(ENSEMBL.replace("\t-\t1", "\t-\t."), "has the phase '.'", id="no phase"),
        pytest.param(
            ENSEMBL.replace("CDS\t151\t200", "CDS\t151\t260"), "does not lie in an exon", id="CDS outside"
        ),
    ],
)
def test_bad_file_is_refused_in_one_line(tmp_path, text, message):
    with pytest.raises(InputError) as raised:
        _model(tmp_path, text)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_missing_and_truncated_files(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_gene_model(tmp_path / "absent.gtf")
    (tmp_path / "cut.gtf.gz").write_bytes(gzip.compress(ENSEMBL.encode())[:-20])
    with pytest.raises(InputError, match="not a readable GTF"):
        read_gene_model(tmp_path / "cut.gtf.gz")


def test_look_ups_agree_with_looking_at_every_gene(shared):
    model = read_gene_model(shared / "reference" / "leukaemia.gtf.gz")
    rng = np.random.default_rng(5)
    for _ in range(400):
        contig = int(rng.integers(len(model.contigs)))
        start = int(rng.integers(model.gene_end.max() + 1000))
        end = start + int(rng.integers(1, 50_000))
        of_contig = model.gene_contig == contig
        overlapping = of_contig & (model.gene_start < end) & (model.gene_end > start)
        assert model.genes_overlapping(contig, start, end).tolist() == np.flatnonzero(overlapping).tolist()
        left, right = model.nearest_genes(contig, start)
        before = [(model.gene_end[g], -g) for g in np.flatnonzero(of_contig & (model.gene_end <= start))]
        after = [(model.gene_start[g], g) for g in np.flatnonzero(of_contig & (model.gene_start > start))]
        assert left == (-max(before)[1] if before else -1)
        assert right == (min(after)[1] if after else -1)


def test_real_annotations(shared):
    leukaemia = read_gene_model(shared / "reference" / "leukaemia.gtf.gz")
    abl1 = leukaemia.gene_symbol.tolist().index("ABL1")
    assert leukaemia.gene_id[abl1] == "ENSG00000097007"
    assert leukaemia.contigs[leukaemia.gene_contig[abl1]] == "chr9"
    assert any(leukaemia.is_coding(t) for t in leukaemia.transcripts_of(abl1))
    breast = read_gene_model(shared / "reference" / "breast.gtf.gz")
    assert "AHCTF1" in breast.gene_symbol
    assert not any(breast.is_coding(t) for t in range(breast.n_transcripts))


def test_the_users_cache_follows_the_bytes_of_the_gtf(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    gtf = tmp_path / "a.gtf"
    gtf.write_text(ENSEMBL)
    said = []
    monkeypatch.setattr("leukoscope.formats.gene_model_cache.LARGE", len(ENSEMBL))
    first = open_gene_model(gtf, say=said.append)
    assert said == [f"reading a.gtf for the first time (the result is kept in {cache_folder('gene-models')})"]
    assert len(list(cache_folder("gene-models").iterdir())) == 1
    monkeypatch.setattr("leukoscope.formats.gtf.read_gene_model", None)  # only the cache may answer
    again = open_gene_model(gtf, say=said.append)
    assert len(said) == 1
    assert all(np.array_equal(array, again.arrays()[name]) for name, array in first.arrays().items())
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    stamp = gtf.stat().st_mtime_ns
    gtf.write_text(ENSEMBL.replace("protein_coding", "lincRNA_coded"))  # as long, and as old
    os.utime(gtf, ns=(stamp, stamp))
    assert "lincRNA_coded" in open_gene_model(gtf).gene_biotype.tolist()


def test_a_damaged_or_unwritable_cache_is_done_without(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    gtf = tmp_path / "a.gtf"
    gtf.write_text(ENSEMBL)
    genes = open_gene_model(gtf).gene_id.tolist()
    for kept in cache_folder("gene-models").iterdir():
        kept.write_bytes(b"PK nothing")
    assert open_gene_model(gtf).gene_id.tolist() == genes
    monkeypatch.setenv("XDG_CACHE_HOME", str(gtf))  # a file, not a folder
    assert open_gene_model(gtf).gene_id.tolist() == genes
    with pytest.raises(InputError, match="no such file"):
        open_gene_model(tmp_path / "absent.gtf")
