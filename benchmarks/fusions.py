"""Call fusions on simulated samples: recall and precision against the truth, CPU beside samtools.

    python benchmarks/fusions.py DIR --seeds 808 909 --chimeras 0.001 --pairs 400000

Each sample is a folder DIR/<seed>-<chimeras> of `leukoscope simulate reads`, to which all options that are
not listed here go; STAR runs with the chimeric settings of the pipeline, after fastp if asked.  What exists
already is not made again.  With --arriba PROGRAM its calls on the same alignment are scored as well, without
its blacklist, which knows nothing of made genomes.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
from pathlib import Path

SETTINGS = (
    "--twopassMode Basic --outSAMtype BAM Unsorted --outSAMunmapped Within --outBAMcompression 1 "
    "--outFilterMultimapNmax 50 --peOverlapNbasesMin 10 --alignSplicedMateMapLminOverLmate 0.5 "
    "--alignSJstitchMismatchNmax 5 -1 5 5 --chimSegmentMin 10 --chimOutType WithinBAM HardClip Junctions "
    "--chimJunctionOverhangMin 10 --chimScoreDropMax 30 --chimScoreJunctionNonGTAG 0 --chimScoreSeparation 1 "
    "--chimSegmentReadGapMax 30 --chimMultimapNmax 50 --outSAMattributes NH HI AS nM NM MD ch"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--chimeras", type=float, default=0.001)
    parser.add_argument("--pairs", type=int, default=400_000)
    parser.add_argument("--per-class", type=int, default=6)
    parser.add_argument("--fillers", type=int, default=150)
    parser.add_argument("--trim", action="store_true", help="trim adapters, as the pipeline does")
    parser.add_argument("--arriba", metavar="PROGRAM", help="score this Arriba on the same samples, too")
    args, further = parser.parse_known_args()
    for seed in args.seeds:
        sample = args.folder / f"{seed}-{args.chimeras:g}"
        simulate(sample, seed, args, further)
        align(sample, trim=args.trim)
        measure(sample, args.pairs)
        if args.arriba:
            measure_arriba(sample, args.arriba)


def simulate(sample: Path, seed: int, args: argparse.Namespace, further: list[str]) -> None:
    if not (sample / "truth.json").exists():
        what = ["--pairs", args.pairs, "--seed", seed, "--chimeras", args.chimeras]
        size = ["--per-class", args.per_class, "--fillers", args.fillers]
        run("leukoscope", "simulate", "reads", "--outdir", sample, *what, *size, *further)


def align(sample: Path, *, trim: bool) -> None:
    if (sample / "SJ.out.tab").exists():
        return
    index = sample / "index"
    genome = ["--genomeDir", index, "--genomeFastaFiles", sample / "genome.fa"]
    annotation = [
        "--sjdbGTFfile",
        sample / "annotation.gtf",
        "--sjdbOverhang",
        100,
        "--genomeSAindexNbases",
        11,
    ]
    run("STAR", "--runMode", "genomeGenerate", *genome, *annotation, "--outFileNamePrefix", f"{index}_")
    reads = sorted(sample.glob("*_R?.fastq.gz"))
    if trim:
        trimmed = [sample / f"trimmed_{mate}.fastq.gz" for mate in (1, 2)]
        both = ["--in1", reads[0], "--in2", reads[1], "--out1", trimmed[0], "--out2", trimmed[1]]
        run("fastp", *both, "--json", sample / "fastp.json", "--html", sample / "fastp.html")
        reads = trimmed
    inputs = ["--genomeDir", index, "--readFilesIn", *reads, "--readFilesCommand", "zcat"]
    run("STAR", *inputs, *SETTINGS.split(), "--runThreadN", 2, "--outFileNamePrefix", f"{sample}/")


def measure(sample: Path, pairs: int) -> None:
    bam, calls = sample / "Aligned.out.bam", sample / "fusions.tsv"
    files = ["--gtf", sample / "annotation.gtf", "--fasta", sample / "genome.fa", "--output", calls]
    run("leukoscope", "fusions", bam, *files)  # compiled kernels into the cache
    floor = run("samtools", "view", "-c", bam)
    spent = run("leukoscope", "fusions", bam, *files, "--threads", 1)
    print(f"{sample.name}: {pairs} pairs, {spent:.1f} CPU s; samtools view -c {floor:.1f} CPU s")
    sys.stdout.flush()
    run("leukoscope", "simulate", "score", sample / "truth.json", calls, show=True)


def measure_arriba(sample: Path, program: str) -> None:
    bam, calls = sample / "Aligned.out.bam", sample / "arriba.tsv"
    files = ["-g", sample / "annotation.gtf", "-a", sample / "genome.fa", "-o", calls]
    spent = run(program, "-x", bam, *files, "-f", "blacklist")
    print(f"{sample.name}: Arriba, {spent:.1f} CPU s")
    sys.stdout.flush()
    run("leukoscope", "simulate", "score", sample / "truth.json", calls, show=True)


def run(*command: object, show: bool = False) -> float:
    """Run a command and return its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    output = None if show else subprocess.DEVNULL
    subprocess.run(
        [str(part) for part in command], check=True, stdout=output, env=os.environ | {"PATH": path}
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
