"""Simulated reads against the sequence they come from, and against slow twins."""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from leukoscope.errors import InputError
from leukoscope.formats.samplesheet import read_sample_sheet
from leukoscope.simulation.fragments import Fragments, Library, draw_fragments, pool_molecules
from leukoscope.simulation.haplotypes import Haplotype, draw_haplotypes
from leukoscope.simulation.planting import EventMolecule, classify, draw_support
from leukoscope.simulation.runs import ReadsRequest, run_reads
from leukoscope.simulation.sequences import as_bases, as_text, random_bases, reverse_complement
from leukoscope.simulation.sequencing import ADAPTERS, add_errors, draw_qualities, read_mates
from leukoscope.simulation.structures import Piece
from leukoscope.simulation.truth import read_truth


def _records(path: Path):
    lines = gzip.decompress(path.read_bytes()).decode().split("\n")
    assert lines.pop() == ""
    return [tuple(lines[i : i + 4]) for i in range(0, len(lines), 4)]


@pytest.fixture(scope="module")
def mates(sample):
    folder, _ = sample
    return _records(folder / "sample_R1.fastq.gz"), _records(folder / "sample_R2.fastq.gz")


def test_both_files_hold_the_same_pairs_in_the_same_order(sample, mates):
    first, second = mates
    pairs = sample[1]["settings"]["pairs"]
    assert len(first) == len(second) == pairs
    assert [r[0] for r in first] == [r[0] for r in second]
    assert len({r[0] for r in first}) == pairs
    for name, bases, plus, quality in first + second:
        assert name.startswith("@sample:")
        assert plus == "+"
        assert len(bases) == len(quality) == 101
        assert set(bases) <= set("ACGTN")


def test_supporting_fragments_hold_the_junction(sample, mates):
    """A read that is said to cross a junction holds ten bases of both sides and the insert."""
    _, truth = sample
    by_name = {a[0][1:]: (a[1], b[1]) for a, b in zip(*mates, strict=True)}
    seen = held = 0
    for event in truth["events"]:
        before, inserted, after = event["sequence"].split("|")
        word = before[-10:] + inserted + after[:10]
        for name in event["junction_fragments"]:
            one, two = by_name[name]
            texts = (one, two, *(as_text(reverse_complement(as_bases(t))) for t in (one, two)))
            seen += 1
            held += any(_holds(text, word) for text in texts)
    assert seen > 200
    assert held / seen > 0.97  # the rest carry an indel of the haplotype or several errors


def _holds(text, word):
    """Return whether `word` stands in `text` with at most a tenth of its letters changed."""
    allowed = max(1, len(word) // 10)
    pattern = np.frombuffer(word.encode(), dtype=np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(np.frombuffer(text.encode(), np.uint8), len(word))
    return bool(((windows != pattern).sum(axis=1) <= allowed).any())


def test_truth_and_read_names_agree(sample, mates):
    _, truth = sample
    tags = Counter(record[0].rpartition(":")[2] for record in mates[0])
    for event in truth["events"]:
        unique = sum(len(event[k]) for k in event if k.endswith("_fragments") and k != "other_fragments")
        assert unique + event["other_fragments"] + len(event["copies"]) <= tags[event["id"]]
        crossing = unique
        assert 3 <= crossing <= 30
    assert set(truth["artefacts"]) <= {*tags, "TSPL", "HOPP", "RTHR", "CIRC", "POLY", "SNPC", "HAIR"}
    assert tags["CHIM"] >= truth["artefacts"]["CHIM"] > 0.003 * truth["settings"]["pairs"]


def test_one_seed_the_same_bytes_and_another_one_others(tmp_path):
    def digest(folder, seed):
        run_reads(ReadsRequest(folder, 3_000, seed, fillers=5, per_class=1, support=(1, 3)))
        files = sorted(p for p in folder.iterdir())
        return [(p.name, hashlib.sha256(p.read_bytes()).hexdigest()) for p in files]

    one, two, other = (digest(tmp_path / n, s) for n, s in (("a", 1), ("b", 1), ("c", 2)))
    assert one == two
    assert {name for name, _ in one} == {name for name, _ in other}
    assert [a[0] for a, b in zip(one, other, strict=True) if a == b] == ["samples.csv"]


def test_the_genome_does_not_depend_on_the_number_of_pairs(tmp_path):
    for pairs in (500, 900):
        run_reads(ReadsRequest(tmp_path / str(pairs), pairs, 1, fillers=5, events="none"))
    assert (tmp_path / "500" / "genome.fa").read_bytes() == (tmp_path / "900" / "genome.fa").read_bytes()


def test_a_negative_sample_and_its_panel(tmp_path):
    run_reads(ReadsRequest(tmp_path, 1_000, 1, fillers=5, negative=True, panel=2))
    assert read_truth(tmp_path / "truth.json")["events"] == []
    one, two = (tmp_path / "panel" / f"normal_0{i}_R1.fastq.gz" for i in (1, 2))
    assert len(_records(one)) == 1_000
    assert one.read_bytes() != two.read_bytes()
    assert read_truth(tmp_path / "panel" / "normal_02.truth.json")["events"] == []
    for sheet, names in (("samples.csv", ["sample"]), ("panel/samples.csv", ["normal_01", "normal_02"])):
        assert [s.name for s in read_sample_sheet(tmp_path / sheet).samples] == names


def test_without_artefacts_there_is_none(tmp_path):
    run_reads(ReadsRequest(tmp_path, 2_000, 1, fillers=5, events="fusion", per_class=1, chimeras=0))
    tags = {r[0].rpartition(":")[2] for r in _records(tmp_path / "sample_R1.fastq.gz")}
    assert tags == {"B000", "E001"}


def test_fragments_shorter_than_the_reads_run_into_the_adapter(tmp_path):
    shares = []
    for length in (60, 400):
        run_reads(
            ReadsRequest(tmp_path / str(length), 500, 1, fillers=5, negative=True, fragment_length=length)
        )
        with gzip.open(tmp_path / str(length) / "sample_R1.fastq.gz", "rt") as reads:
            shares.append(sum("AGATCGGAAGAGC" in line for line in reads) / 500)
    assert shares[0] > 0.5
    assert shares[1] < 0.05


def test_one_pair_is_a_sample(tmp_path):
    run_reads(ReadsRequest(tmp_path, 1, 0, fillers=0, events="none", chimeras=0))
    assert len(_records(tmp_path / "sample_R2.fastq.gz")) == 1


def test_more_events_than_pairs_are_refused_and_nothing_appears(tmp_path):
    with pytest.raises(InputError, match="Ask for more pairs"):
        run_reads(ReadsRequest(tmp_path / "x", 500, 1, support=(100, 150)))
    assert not list(tmp_path.rglob("*.*"))


def _slow_mates(text, fragment_start, length, flipped, cycles):
    piece = text[fragment_start : fragment_start + length]
    back = as_text(reverse_complement(as_bases(piece)))
    one, two = (piece, back) if flipped else (back, piece)
    tails = [adapter + "G" * cycles for adapter in ADAPTERS]
    return (one + tails[0])[:cycles], (two + tails[1])[:cycles]


def test_mates_agree_with_cutting_text():
    rng = np.random.default_rng(3)
    molecules = [random_bases(rng, int(n)) for n in rng.integers(60, 500, 40)]
    pool = pool_molecules(molecules, margin=101)
    fragments = draw_fragments(rng, pool, rng.integers(0, 40, 500), Library(strandedness="unstranded"), 0)
    assert (fragments.length < 101).any()
    first, second = read_mates(pool, fragments, 101)
    for i in range(fragments.size):
        text = as_text(molecules[fragments.molecule[i]])
        expected = _slow_mates(text, fragments.start[i], fragments.length[i], fragments.flipped[i], 101)
        assert (as_text(first[i]), as_text(second[i])) == expected


@pytest.mark.parametrize("strandedness", ["reverse", "forward", "unstranded"])
def test_strandedness(strandedness):
    pool = pool_molecules([random_bases(np.random.default_rng(1), 2_000)], margin=101)
    fragments = draw_fragments(
        np.random.default_rng(2), pool, np.zeros(5_000, dtype=np.int64), Library(strandedness=strandedness), 0
    )
    expected = {"reverse": 0.01, "forward": 0.99, "unstranded": 0.5}[strandedness]
    assert fragments.flipped.mean() == pytest.approx(expected, abs=0.03)


def test_errors_come_as_often_as_the_qualities_promise():
    rng = np.random.default_rng(4)
    qualities = draw_qualities(rng, 101, 1)
    reads = np.full((40_000, 101), ord("A"), dtype=np.uint8)
    letters = add_errors(rng, reads, qualities)
    wrong = reads != ord("A")
    promised = 10.0 ** (-(letters.astype(int) - 33) / 10)
    for low, high in ((2, 3), (8, 9), (12, 13), (22, 33)):
        of_bin = (letters >= low + 33) & (letters < high + 33)
        if low == 2:  # at an expected 0.63 errors a base, some fall on the same base
            assert 0.40 < wrong[of_bin].mean() < 0.64
        else:
            assert wrong[of_bin].mean() == pytest.approx(promised[of_bin].mean(), rel=0.1)


def test_qualities_resemble_real_ones(shared):
    """Mean quality and error rate per mate within reach of 2 × 151 reads of a HiSeq 4000."""
    for mate in (0, 1):
        path = shared / "reads" / "bcr_abl1" / f"R{mate + 1}.fastq.gz"
        real = np.array([list(r[3].encode()) for r in _records(path)]) - 33
        ours = draw_qualities(np.random.default_rng(1), 151, mate).letters.astype(int) - 33
        assert np.abs(real.mean(axis=0) - ours.mean(axis=0))[:120].max() < 4
        assert 0.3 < (10.0 ** (-real / 10)).mean() / (10.0 ** (-ours / 10)).mean() < 3


def test_support_is_log_uniform():
    drawn = draw_support(np.random.default_rng(1), 20_000, 1, 150)
    assert (drawn.min(), drawn.max()) == (1, 150)
    assert np.log(drawn + 0.5).mean() == pytest.approx(np.log(151) / 2, abs=0.1)


@pytest.mark.parametrize(
    ("start", "length", "kind"),
    [
        pytest.param(0, 90, 0, id="before the junction"),
        pytest.param(60, 200, 3, id="first mate crosses"),
        pytest.param(5, 200, 2, id="both mates end in the insert"),
        pytest.param(0, 113, 1, id="five bases beyond"),
        pytest.param(0, 350, 2, id="mates on the two sides"),
        pytest.param(150, 80, 0, id="after the insert"),
    ],
)
def test_kinds_of_support(start, length, kind):
    """A junction after 100 bases, an insert of 8, reads of 100."""
    one = np.array([start]), np.array([length])
    fragments = Fragments(np.zeros(1, np.int64), *one, np.zeros(1, bool), np.ones(1, np.int64))
    molecule = EventMolecule(np.zeros(400, np.uint8), 100, 108)
    assert classify(fragments, molecule, 100)[0] == kind


def _slow_haplotype(haplotype, piece):
    """Apply every variant to the letters of the contig, one by one, then cut."""
    variants = haplotype.variants[piece.contig]
    letters = list(as_text(haplotype.contigs[piece.contig]))
    for at, base in zip(variants.snp_at, variants.snp_base, strict=True):
        letters[at] = chr(base)
    done = piece.start
    for at, deleted, inserted in zip(variants.indel_at, variants.deleted, variants.inserted, strict=True):
        if not piece.start + 1 <= at < piece.end - 8 or at < done:
            continue
        letters[at] = as_text(inserted) + letters[at] if deleted == 0 else ""
        for gone in range(at + 1, at + deleted):
            letters[gone] = ""
        done = at + deleted
    text = "".join(letters[piece.start : piece.end])
    return text if piece.strand > 0 else as_text(reverse_complement(as_bases(text)))


def test_haplotypes_agree_with_editing_letters():
    rng = np.random.default_rng(6)
    contigs = {"c": random_bases(rng, 5_000)}
    haplotype = draw_haplotypes(rng, contigs, snp_rate=0.01, indel_rate=0.01)[0]
    lengths = set()
    for _ in range(100):
        start = int(rng.integers(0, 4_800))
        piece = Piece("c", start, start + int(rng.integers(5, 200)), int(rng.choice([-1, 1])))
        bases, ends = haplotype.read([piece])
        assert as_text(bases) == _slow_haplotype(haplotype, piece)
        lengths.add(int(ends[0]) - (piece.end - piece.start))
    assert min(lengths) < 0 < max(lengths)


def test_reference_haplotype_is_the_reference():
    contigs = {"c": as_bases("AACCGGTT")}
    bases, _ = Haplotype(contigs, {}).read([Piece("c", 2, 6, -1)])
    assert as_text(bases) == "CCGG"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"pairs": 0}, "at least 1", id="no pairs"),
        pytest.param({"seed": -1}, "whole numbers from 0", id="negative seed"),
        pytest.param({"sample": "a b"}, "letters, digits", id="bad name"),
        pytest.param({"fasta": Path("x.fa")}, "go together", id="genome without annotation"),
        pytest.param({"chimeras": 2.0}, "share from 0 to 0.5", id="rate"),
        pytest.param({"read_length": 20}, "35 to 300", id="short reads"),
        pytest.param({"fragment_length": 20}, "at least 35", id="short fragments"),
        pytest.param({"support": (5, 2)}, "the lower first", id="support"),
        pytest.param({"events": "fusion,sneeze"}, "no class 'sneeze'", id="unknown class"),
        pytest.param(
            {"fasta": Path("x.fa"), "gtf": Path("x.gtf")}, "there is no such file", id="absent genome"
        ),
    ],
)
def test_bad_requests_are_refused_in_one_line(tmp_path, options, message):
    with pytest.raises(InputError) as raised:
        run_reads(ReadsRequest(**({"outdir": tmp_path / "o", "pairs": 10, "seed": 1} | options)))
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.rglob("*.gz"))


def test_an_annotation_of_another_assembly_is_refused(shared, tmp_path):
    fasta, gtf = (shared / "reference" / name for name in ("leukaemia.fa.gz", "breast.gtf.gz"))
    with pytest.raises(InputError, match="belong to one assembly"):
        run_reads(ReadsRequest(tmp_path / "o", 100, 1, fasta=fasta, gtf=gtf))


def test_real_genomes_can_be_used(shared, tmp_path):
    reference = shared / "reference"
    for name in ("leukaemia", "breast"):
        request = ReadsRequest(
            tmp_path / name,
            15_000,
            1,
            fasta=reference / f"{name}.fa.gz",
            gtf=reference / f"{name}.gtf.gz",
            per_class=1,
            support=(3, 5),
        )
        run_reads(request)
        truth = read_truth(tmp_path / name / "truth.json")
        assert len({event["class"] for event in truth["events"]}) >= 5
