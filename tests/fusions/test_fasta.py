"""Random access to a genome against reading it whole."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from leukoscope.errors import InputError
from leukoscope.formats.fasta import open_genome
from leukoscope.formats.user_cache import cache_folder

FASTA = ">one first contig\nACGTAC\nGTNNac\ngt\n>two\nTTT\n>three\n"


def _slow(text):
    return {block.split(None, 1)[0]: "".join(block.split("\n")[1:]).upper() for block in text.split(">")[1:]}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("packed", [True, False])
def test_any_piece_is_what_reading_whole_gives(tmp_path, ending, last, packed):
    text = FASTA if last else FASTA.removesuffix(">three\n").rstrip("\n")
    raw = text.replace("\n", ending).encode()
    path = tmp_path / ("g.fa.gz" if packed else "g.fa")
    path.write_bytes(gzip.compress(raw) if packed else raw)
    genome = open_genome(path)
    for name, bases in _slow(text).items():
        assert genome.length(name) == len(bases)
        for start in range(len(bases) + 1):
            for end in range(start, len(bases) + 1):
                assert genome.fetch(name, start, end) == bases[start:end]
    names = ("two", "absent", "one")
    start = np.arange(-4, 18)
    for contig, name in enumerate(names):
        windows = genome.windows(names, np.full(len(start), contig), start, 5)
        assert windows.tolist() == [genome.codes(name, at, at + 5).tolist() for at in start.tolist()]
        codes, bounds = genome.stretches(name, start, start + np.arange(len(start)))
        assert codes[bounds[:, 1]].tolist() == [4] * len(start)
        found = [codes[first:stop].tolist() for first, stop in bounds.tolist()]
        assert found == [genome.codes(name, at, at + n).tolist() for n, at in enumerate(start.tolist())]
    assert genome.windows((), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), 5).shape == (0, 5)


def test_outside_is_n(tmp_path):
    (tmp_path / "g.fa").write_text(FASTA)
    genome = open_genome(tmp_path / "g.fa")
    assert genome.fetch("two", -2, 5) == "NNTTTNN"
    assert genome.fetch("nowhere", 0, 3) == "NNN"
    assert genome.codes("one", 4, 10).tolist() == [0, 1, 2, 3, 4, 4]


def test_a_file_is_scanned_once(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "g.fa"
    path.write_text(FASTA)
    scanned = open_genome(path)
    with monkeypatch.context() as patch:
        patch.setattr("leukoscope.formats.fasta.index_fasta", None)  # only the cache may answer
        assert open_genome(path).contigs == scanned.contigs
    for kept in cache_folder("genome-indexes").iterdir():
        kept.write_text("one\t1000000\t5\t60\t61\n")  # damaged
    assert open_genome(path).contigs == scanned.contigs
    path.write_text(FASTA.replace("TTT", "TTTT"))
    assert open_genome(path).length("two") == 4
    monkeypatch.setenv("XDG_CACHE_HOME", str(path))  # a file, not a folder
    assert open_genome(path).length("two") == 4


@pytest.mark.tools
def test_agrees_with_samtools_on_a_real_genome(shared, tmp_path):
    path = tmp_path / "l.fa"
    with gzip.open(shared / "reference" / "leukaemia.fa.gz", "rb") as source, path.open("wb") as sink:
        shutil.copyfileobj(source, sink)
    scanned = open_genome(path)
    subprocess.run(["samtools", "faidx", path], check=True)
    indexed = open_genome(path)
    assert scanned.contigs == indexed.contigs
    rng = np.random.default_rng(1)
    starts = rng.integers(20_000, 30_000, size=20)
    regions = [f"chr1:{start + 1}-{start + 333}" for start in starts]
    shown = subprocess.run(["samtools", "faidx", path, *regions], capture_output=True, text=True, check=True)
    expected = ["".join(block.split("\n")[1:]).upper() for block in shown.stdout.split(">")[1:]]
    assert [indexed.fetch("chr1", start, start + 333) for start in starts] == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("ACGT\n", "begins with '>'", id="no header"),
        pytest.param("", "begins with '>'", id="empty"),
        pytest.param(">a\nAC\n>a\nAC\n", "two contigs are called 'a'", id="twice"),
        pytest.param(">\nAC\n", "has no name", id="no name"),
        pytest.param(">a\nAC\nA\nAC\n", "uneven length", id="uneven"),
        pytest.param(">a\nAC\nACG\n", "uneven length", id="longer last line"),
    ],
)
def test_bad_file_is_refused(tmp_path, text, message):
    (tmp_path / "g.fa").write_text(text)
    with pytest.raises(InputError, match=message):
        open_genome(tmp_path / "g.fa")


def test_foreign_index_is_refused(tmp_path):
    (tmp_path / "g.fa").write_text(FASTA)
    (tmp_path / "g.fa.fai").write_text("one\t5000\t18\t6\t7\n")
    with pytest.raises(InputError, match="does not fit"):
        open_genome(tmp_path / "g.fa")
    with pytest.raises(InputError, match="no such file"):
        open_genome(tmp_path / "absent.fa")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell memory so")
def test_memory_of_what_was_read_is_given_back(tmp_path):
    """Of a human genome, 3 GB."""

    def megabytes():
        [line] = [line for line in Path("/proc/self/status").read_text().split("\n") if "RssFile" in line]
        return int(line.split()[1]) / 1000

    (tmp_path / "g.fa").write_bytes(b">c\n" + b"ACGT" * 8_000_000 + b"\n")
    unread = megabytes()
    genome = open_genome(tmp_path / "g.fa")
    assert megabytes() - unread < 10  # although its lines were measured
    bases = genome.fetch("c", 0, 32_000_000)
    held = megabytes()
    genome.release()
    assert held - megabytes() > 30
    assert genome.fetch("c", 0, 32_000_000) == bases
    packed = tmp_path / "g.fa.gz"
    packed.write_bytes(gzip.compress(b">c\nACGT\n"))
    genome = open_genome(packed)
    genome.release()
    assert genome.fetch("c", 1, 3) == "CG"


def test_a_packed_genome_is_held_once(tmp_path):
    contigs = b"".join(b">%d\n" % i + b"A" * 10_000_000 + b"\n" for i in range(6))
    (tmp_path / "g.fa.gz").write_bytes(gzip.compress(contigs, 1))
    tracemalloc.start()
    data = open_genome(tmp_path / "g.fa.gz").data
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * len(data)
