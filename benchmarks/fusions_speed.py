"""What calling fusions costs: CPU beside samtools, wall of two threads, memory, and the steps.

    python benchmarks/fusions_speed.py --copies 10 one.bam ten.bam
    python benchmarks/fusions_speed.py --gtf annotation.gtf --fasta genome.fa 1=one.bam 10=ten.bam
    python benchmarks/fusions_speed.py --gtf annotation.gtf --fasta genome.fa --arriba arriba 1=one.bam 10=ten.bam
    python benchmarks/fusions_speed.py --gtf annotation.gtf --fasta genome.fa --steps one.bam
    python benchmarks/fusions_speed.py --gtf annotation.gtf --fasta genome.fa --memory few.bam more.bam many.bam
    python benchmarks/fusions_speed.py --human

`--copies` writes the reads of a BAM file several times under new names.  Each BAM file is given with its
pairs in millions.  The caller on one thread, on two, and `samtools view -c` run `--repeats` times in turn
on the same file; the least of each is printed.  With `--arriba PATH` Arriba takes its turn too, on the same
BAM file, annotation and genome, without a blacklist: a program of its own, which the user installs (the
figures in the docs are of 2.5.1).  `--memory` tells how the peak grows with the chimeric
fragments of files that differ in them alone.  `--human` tells time and memory of what does not depend on
the reads, with a made-up annotation of human size (60,000 genes, 250,000 transcripts).

The commands find the byte code of Python compiled, as after an installation.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pysam

N_GENES, N_TRANSCRIPTS, N_CONTIGS, CONTIG = 60_000, 250_000, 25, 120_000_000
MEAN_EXONS, EXON, INTRON = 6.5, 150, 4_000


class Cost(NamedTuple):
    """Least cost of several runs."""

    cpu: float  #: seconds, user and system
    wall: float  #: seconds
    memory: float  #: GB


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bams", nargs="*", metavar="MILLIONS=BAM")
    parser.add_argument("--gtf", type=Path)
    parser.add_argument("--fasta", type=Path)
    parser.add_argument("--steps", type=Path, metavar="BAM")
    parser.add_argument("--memory", type=Path, nargs="+", metavar="BAM")
    parser.add_argument("--copies", nargs=3, metavar=("N", "BAM", "OUT"))
    parser.add_argument("--arriba", type=Path, metavar="PATH", help="the program arriba, timed beside ours")
    parser.add_argument("--human", action="store_true")
    parser.add_argument("--repeats", type=int, default=2)
    args = parser.parse_args()
    if args.copies:
        write_copies(int(args.copies[0]), *args.copies[1:])
    if args.memory:
        print_memory(args.memory, args.gtf, args.fasta)
    if args.bams:
        print_growth(args)
    if args.steps:
        print_steps(args.steps, args.gtf, args.fasta)
    if args.human:
        print_human()


def write_copies(n: int, source: str, target: str) -> None:
    """Write the reads of a BAM file `n` times, each time under new names."""
    with pysam.AlignmentFile(source) as reads:
        header = reads.header
    with pysam.AlignmentFile(target, "wb", header=header, format_options=[b"level=1"]) as sink:
        for copy in range(n):
            with pysam.AlignmentFile(source) as reads:
                for read in reads.fetch(until_eof=True):
                    read.query_name = f"{read.query_name}_{copy}"
                    sink.write(read)


def print_growth(args: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.bam"
        header = subprocess.run(["samtools", "view", "-H", args.bams[0].split("=")[1]], check=True, stdout=-1)
        subprocess.run(["samtools", "view", "-b", "-o", empty, "-"], input=header.stdout, check=True)
        caller = caller_command(args.gtf, args.fasta, folder)
        [start] = least([[*caller, 1, empty]], args.repeats, folder)
        print(f"start-up: {start.cpu:.2f} CPU s, {start.memory:.2f} GB\n")
        heads = ["pairs", "`samtools view -c`, CPU s", "caller, CPU s", "of it beyond start-up", "ratio, all"]
        heads += [
            "ratio, beyond start-up",
            "wall, 1 thread",
            "wall, 2 threads",
            "memory, GB, 1 and 2 threads",
        ]
        heads += ["Arriba, CPU s", "wall", "memory, GB"] if args.arriba else []
        print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
        for millions, bam in (word.split("=") for word in args.bams):
            commands = [["samtools", "view", "-c", bam], [*caller, 1, bam], [*caller, 2, bam]]
            if args.arriba:
                commands.append([*arriba_command(args, folder), bam])
            floor, one, two, *arriba = least(commands, args.repeats, folder)
            beyond = one.cpu - start.cpu
            print(
                f"| {millions} M | {floor.cpu:.2f} | {one.cpu:.2f} | {beyond:.2f} | {one.cpu / floor.cpu:.2f} "
                f"| {beyond / floor.cpu:.2f} | {one.wall:.2f} | {two.wall:.2f} ({two.wall / one.wall:.2f} x) "
                f"| {one.memory:.2f}, {two.memory:.2f} |"
                + "".join(f" {cost.cpu:.2f} | {cost.wall:.2f} | {cost.memory:.2f} |" for cost in arriba),
                flush=True,
            )


def print_memory(bams: list[Path], gtf: Path, fasta: Path) -> None:
    """Print the peak memory of files that differ in their chimeric fragments, and its slope."""
    from leukoscope.formats.bam import scan_alignments
    from leukoscope.formats.gene_model_cache import open_gene_model
    from leukoscope.kernels import bam_records as records

    model, fragments, peaks = open_gene_model(gtf), [], []
    print("| chimeric fragments kept | memory, GB |\n|---|---|")
    for bam in bams:
        rows = scan_alignments(bam, model).rows
        chimeric = rows[:, records.KIND] & (records.SPLIT | records.DISCORDANT) > 0
        fragments.append(len(np.unique(rows[chimeric, records.NAME_HASH])))
        with tempfile.TemporaryDirectory() as folder:
            peaks.append(least([[*caller_command(gtf, fasta, folder), 1, bam]], 1, folder)[0].memory)
        print(f"| {fragments[-1]} | {peaks[-1]:.3f} |", flush=True)
    slope, _ = np.polyfit(np.array(fragments) / 1e6, peaks, 1)
    print(f"\n{slope:.2f} GB per million chimeric fragments")


def caller_command(gtf: Path, fasta: Path, folder: str) -> list[Any]:
    caller = [sys.executable, "-m", "leukoscope", "fusions", "--gtf", gtf, "--fasta", fasta]
    return [*caller, "--output", Path(folder) / "fusions.tsv", "--threads"]


def arriba_command(args: argparse.Namespace, folder: str) -> list[Any]:
    """Return Arriba's command up to its BAM file."""
    tables = ["-o", Path(folder) / "arriba.tsv", "-f", "blacklist"]  # none is supplied
    return [args.arriba, "-g", args.gtf, "-a", args.fasta, *tables, "-x"]


def least(commands: list[list[Any]], repeats: int, folder: str) -> list[Cost]:
    """Run commands in turn, once for the caches and then several times; return the least of each."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "byte-code")
    costs: list[list[Cost]] = [[] for _ in commands]
    for _ in range(repeats + 1):
        for command, found in zip(commands, costs, strict=True):
            began = time.perf_counter()
            words = [str(word) for word in command]
            process = subprocess.Popen(words, stdout=subprocess.DEVNULL, env=environment)
            _, status, used = os.wait4(process.pid, 0)
            if status:
                raise SystemExit(f"{command[0]} failed")
            wall = time.perf_counter() - began
            found.append(Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1e6))
    return [Cost(*(min(values) for values in zip(*found[1:], strict=True))) for found in costs]


def print_steps(bam: Path, gtf: Path, fasta: Path) -> None:
    """Print the CPU seconds of each step, each the least of three."""
    from leukoscope.formats.bam import scan_alignments
    from leukoscope.formats.bgzf import Blocks
    from leukoscope.formats.fasta import open_genome
    from leukoscope.formats.gene_model_cache import open_gene_model
    from leukoscope.fusions.calling import call_fusions
    from leukoscope.kernels import bam_records
    from leukoscope.knowledge import read_knowledge
    from leukoscope.tables.driver_fusions import DRIVER_FUSIONS

    walked = [0.0]
    walk = bam_records.walk_records

    def timed_walk(*arguments: Any) -> Any:
        began = time.process_time()
        found = walk(*arguments)
        walked[0] += time.process_time() - began
        return found

    bam_records.walk_records = timed_walk
    model, genome, drivers = open_gene_model(gtf), open_genome(fasta), read_knowledge(DRIVER_FUSIONS)
    costs = []
    for _ in range(3):
        walked[0] = 0.0
        with Blocks(bam) as blocks:
            inflate = cpu(lambda: [part.inflate(blocks.source).free() for part in blocks])[0]
        scan, alignments = cpu(lambda: scan_alignments(bam, model))
        judge, _ = cpu(lambda: call_fusions(alignments, open_gene_model(gtf), genome, drivers=drivers))  # noqa: B023
        costs.append((inflate, walked[0], max(scan - inflate - walked[0], 0.0), judge))
    steps = (
        "inflate and check BGZF blocks",
        "walk over the records",
        "copying between them",
        "group and judge",
    )
    print("| step | CPU s |\n|---|---|")
    for name, values in zip(steps, zip(*costs, strict=True), strict=True):
        print(f"| {name} | {min(values):.2f} |")
    print(f"\n{len(alignments.rows)} records kept, {alignments.rows.nbytes + alignments.store.nbytes} bytes")
    one, two = (min(wall(lambda: scan_alignments(bam, model, threads=n)) for _ in range(3)) for n in (1, 2))  # noqa: B023
    print(f"reading takes {one:.2f} s of wall on one thread, {two / one:.2f} times that on two")


def cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the CPU seconds of a call, and what it returned."""
    began = time.process_time()
    found = work()
    return time.process_time() - began, found


def wall(work: Callable[[], Any]) -> float:
    """Return how many seconds a call takes by the clock."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def print_human() -> None:
    from leukoscope.formats.bam import _gene_arrays, _intron_table
    from leukoscope.formats.gtf import load_gene_model, write_gene_model
    from leukoscope.fusions.loci import Loci

    with tempfile.TemporaryDirectory() as folder:
        cached = Path(folder) / "genes.npz"
        write_gene_model(human_size_model(), cached)
        one, two = (memory_without_reads(cached, threads, folder) for threads in (1, 2))
        print(f"gene model and introns: {one:.2f} GB on one thread, {two:.2f} GB on two\n")
        print("| step | CPU s |\n|---|---|")
        load, model = cpu(lambda: load_gene_model(cached))
        print(f"| load the cached gene model ({cached.stat().st_size / 1e6:.0f} MB) | {load:.2f} |")
    contigs = tuple(model.contigs.tolist())
    _intron_table(contigs, load_small(model))  # compiled kernels
    tables = cpu(lambda: (_gene_arrays(contigs, model), _intron_table(contigs, model)))[0]
    print(f"| genes and annotated introns for the walk | {tables:.2f} |")
    loci = Loci(model, contigs)
    for name in ("weights", "partner", "receptor_spans", "splice_sites", "searched_stretches"):
        print(f"| {name.replace('_', ' ')} | {cpu(lambda: getattr(loci, name))[0]:.2f} |")  # noqa: B023


def memory_without_reads(cached: Path, threads: int, folder: str) -> float:
    """Return the peak, in GB, of reading a gene model and a BAM file of its contigs without records."""
    empty = Path(folder) / "empty.bam"
    contigs = [{"SN": f"chr{i + 1}", "LN": CONTIG} for i in range(N_CONTIGS)]
    pysam.AlignmentFile(str(empty), "wb", header={"SQ": contigs}).close()
    read = (
        "import sys\nfrom leukoscope.formats.bam import scan_alignments\n"
        "from leukoscope.formats.gtf import load_gene_model\n"
        "scan_alignments(sys.argv[1], load_gene_model(sys.argv[2]), threads=int(sys.argv[3]))"
    )
    return least([[sys.executable, "-c", read, empty, cached, threads]], 1, folder)[0].memory


def load_small(model: Any) -> Any:
    """Return a model of no exons."""
    from dataclasses import replace

    none = np.zeros(0, dtype=np.int32)
    return replace(
        model, exon_start=none, exon_end=none, transcript_exons=np.zeros_like(model.transcript_exons)
    )


def human_size_model() -> Any:
    """Return a made-up gene model: exons of 150 bases, shared by the transcripts of a gene."""
    from leukoscope.genemodel import GeneModel

    rng = np.random.default_rng(1)
    contig = np.sort(rng.integers(N_CONTIGS, size=N_GENES)).astype(np.int32)
    start = np.sort(contig.astype(np.int64) * (CONTIG << 8) + rng.integers(CONTIG, size=N_GENES)) % (
        CONTIG << 8
    )
    gene = np.sort(np.append(np.arange(N_GENES), rng.integers(N_GENES, size=N_TRANSCRIPTS - N_GENES)))
    n_exons = np.minimum(rng.geometric(1 / MEAN_EXONS, N_TRANSCRIPTS), 60)
    offsets = np.append(0, np.cumsum(n_exons)).astype(np.int32)
    transcript = np.repeat(np.arange(N_TRANSCRIPTS), n_exons)
    number = np.arange(offsets[-1]) - offsets[transcript] + rng.integers(2, size=N_TRANSCRIPTS)[transcript]
    exon_start = (start[gene[transcript]] + number * (EXON + INTRON)).astype(np.int32)
    most = np.zeros(N_GENES, dtype=np.int64)
    np.maximum.at(most, gene, n_exons)
    end = start + (most + 1) * (EXON + INTRON)
    coding = (rng.random(N_TRANSCRIPTS) < 0.4)[transcript]
    tags = np.array(
        ["", "basic", "basic,Ensembl_canonical,MANE_Select,appris_principal_1,CCDS,GENCODE_Primary"]
    )
    kinds = np.array(["protein_coding", "lncRNA", "transcribed_unprocessed_pseudogene"])
    return GeneModel(
        contigs=np.array([f"chr{i + 1}" for i in range(N_CONTIGS)]),
        gene_id=np.array([f"ENSG{i:011d}" for i in range(N_GENES)]),
        gene_version=np.full(N_GENES, "12"),
        gene_symbol=np.array([f"GENE{i}" for i in range(N_GENES)]),
        gene_biotype=kinds[rng.integers(3, size=N_GENES)],
        gene_hgnc=np.zeros(N_GENES, dtype=np.int32),
        gene_contig=contig,
        gene_strand=rng.choice(np.array([-1, 1], dtype=np.int8), N_GENES),
        gene_start=start.astype(np.int32),
        gene_end=end.astype(np.int32),
        gene_transcripts=np.searchsorted(gene, np.arange(N_GENES + 1)).astype(np.int32),
        transcript_id=np.array([f"ENST{i:011d}" for i in range(N_TRANSCRIPTS)]),
        transcript_version=np.full(N_TRANSCRIPTS, "3"),
        transcript_biotype=kinds[rng.integers(3, size=N_TRANSCRIPTS)],
        transcript_tags=tags[rng.integers(3, size=N_TRANSCRIPTS)],
        transcript_gene=gene.astype(np.int32),
        transcript_start=start[gene].astype(np.int32),
        transcript_end=end[gene].astype(np.int32),
        transcript_exons=offsets,
        exon_start=exon_start,
        exon_end=exon_start + np.int32(EXON),
        exon_cds_start=np.where(coding, exon_start, -1).astype(np.int32),
        exon_cds_end=np.where(coding, exon_start + EXON, -1).astype(np.int32),
        exon_phase=np.where(coding, 0, -1).astype(np.int8),
    )


if __name__ == "__main__":
    main()
