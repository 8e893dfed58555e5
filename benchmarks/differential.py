"""Differential expression against DESeq2 in R and PyDESeq2, alternating in one run.

    python benchmarks/differential.py --data ../shared/data/expression --rounds 3 [--only twenty] [--cold]
    python benchmarks/differential.py --data ../shared/data/expression --rounds 1 --only cohort --genes-in-r 1000
    python benchmarks/differential.py --data ../shared/data/expression --only twenty --pydeseq2 ENV/bin/python

CPU seconds of one process each, warm, from the matrix in memory to the result table; R's from
``DESeq`` to ``results``.  Reading is not counted.  One line per case: the least of the rounds
and their ratio; two threads are timed by the clock, and mean something on an idle machine only.
With ``--cold``, also what the first contrast of the case costs more without compiled kernels.
The memory is the most that numpy held at once beside the counts themselves, in units of them.
With ``--genes-in-r`` R gets only the first genes, and its time is multiplied up; the interpreter of
``--pydeseq2`` is that of an environment with PyDESeq2.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd

from leukoscope.cohort import Cohort
from leukoscope.differential import Rules, contrast_genes, fit_model
from leukoscope.formats.counts import read_counts

R = """
suppressPackageStartupMessages(library(DESeq2)); a <- commandArgs(TRUE); f <- strsplit(a[4], ",")[[1]]
d <- suppressMessages(DESeqDataSetFromMatrix(as.matrix(read.delim(a[1], row.names = 1, check.names = FALSE)),
  read.delim(a[2], row.names = 1, stringsAsFactors = TRUE), as.formula(a[3])))
t <- proc.time(); r <- results(DESeq(d, quiet = TRUE), contrast = f); cat(sum((proc.time() - t)[1:2]))
"""

PYDESEQ2 = """
import sys, time, warnings; warnings.simplefilter("ignore")
import pandas as pd; from pydeseq2.dds import DeseqDataSet; from pydeseq2.ds import DeseqStats
from pydeseq2.default_inference import DefaultInference
counts, samples, design, contrast = sys.argv[1:]
counts = pd.read_csv(counts, sep="\\t", index_col=0).T; samples = pd.read_csv(samples, sep="\\t", index_col=0)
start, one = time.process_time(), DefaultInference(n_cpus=1)
data = DeseqDataSet(counts=counts, metadata=samples, design=design, inference=one, quiet=True); data.deseq2()
DeseqStats(data, contrast=contrast.split(","), inference=one, quiet=True).summary()
sys.stderr.write(f"{time.process_time() - start}")
"""


def simulated(n_pairs: int, *, paired: bool, n_genes: int = 20_000) -> Cohort:
    """Return counts of pairs of samples with 20 % differential genes and a few outliers."""
    rng = np.random.default_rng(1)
    patient, time_ = np.repeat(np.arange(n_pairs), 2), np.tile([0, 1], n_pairs)
    base = np.exp(rng.normal(4.5, 2.2, n_genes))
    alpha = (0.05 + 2 / base) * np.exp(rng.normal(0, 0.5, n_genes))
    effect = np.where(rng.random(n_genes) < 0.2, rng.normal(0, 1.0, n_genes), 0.0)
    log_mean = np.log(base)[:, None] + effect[:, None] * time_
    if paired:
        log_mean += rng.normal(0, 0.5, (n_genes, n_pairs))[:, patient]
    mean = np.exp(log_mean) * np.exp(rng.normal(0, 0.3, 2 * n_pairs))
    counts = rng.poisson(rng.gamma(1 / alpha[:, None], mean * alpha[:, None]))
    counts = np.where(rng.random(counts.shape) < 2e-4, counts * 10 + 50, counts)
    samples = {
        "sample": [f"s{i:04d}" for i in range(2 * n_pairs)],
        "patient": [f"p{i:04d}" for i in patient],
        "timepoint": np.array(["onset", "remission"])[time_],
    }
    return Cohort(counts, pd.DataFrame({"gene_id": [f"g{i}" for i in range(n_genes)]}), pd.DataFrame(samples))


def cases(data: Path) -> dict[str, tuple[Cohort, str, str]]:
    """Return cohort, design and contrast of each case."""
    twenty = read_counts(data / "allsorts20" / "counts.tsv.gz").cohort
    two = ["DUX4" if str(name).startswith("DUX4") else "rest" for name in twenty.sample_names]
    diploid = read_counts(data / "diploid_balls_hg38" / "counts.tsv.gz").cohort
    xist, rps4y1 = diploid.select(genes=["ENSG00000229807", "ENSG00000129824"]).counts
    pairs = simulated(45, paired=True)
    cohort = simulated(612, paired=False)
    return {
        "twenty": (twenty.described_by(twenty.samples.assign(two=two)), "~ two", "two,DUX4,rest"),
        "diploid": (
            diploid.described_by(diploid.samples.assign(sex=np.where(xist > rps4y1, "F", "M"))), "~ sex", "sex,F,M"
        ),
        "ninety": (pairs, "~ timepoint", "timepoint,remission,onset"),
        "pairs": (pairs, "~ patient + timepoint", "timepoint,remission,onset"),
        "cohort": (cohort.select(samples=cohort.sample_names[:1223]), "~ timepoint", "timepoint,remission,onset"),
    }  # fmt: skip


def ours(cohort: Cohort, design: str, contrast: str, n_threads: int = 1) -> tuple[float, float]:
    """Return CPU and elapsed seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    contrast_genes(fit_model(cohort, design, rules=Rules(n_threads=n_threads)), contrast.split(","))
    return time.process_time() - cpu, time.perf_counter() - wall


def memory(cohort: Cohort, design: str, contrast: str) -> float:
    """Return the peak of numpy's memory in units of the counts."""
    tracemalloc.start()
    ours(cohort, design, contrast)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return float(peak / cohort.counts.nbytes)


def theirs(cohort: Cohort, design: str, contrast: str, python: str = "") -> float:
    """Return the CPU seconds of R, or of PyDESeq2 in the environment of an interpreter."""
    with tempfile.TemporaryDirectory() as room:
        counts, samples = Path(room, "counts.tsv"), Path(room, "samples.tsv")
        index = pd.Index(cohort.gene_ids, name="gene_id")
        pd.DataFrame(cohort.counts, index, cohort.sample_names).to_csv(counts, sep="\t")
        cohort.samples.to_csv(samples, sep="\t", index=False)
        program = [python, "-c", PYDESEQ2] if python else ["Rscript", "-e", R]
        command = [*program, str(counts), str(samples), design, contrast]
        made = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(made.stderr.split()[-1] if python else made.stdout)


def cold(data: Path, name: str) -> float:
    """Return the CPU seconds that a first contrast costs more than a second one, with no compiled kernel."""
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); import differential as d; "
        "case = d.cases(Path(sys.argv[2]))[sys.argv[3]]; print(d.ours(*case)[0] - d.ours(*case)[0])"
    )
    with tempfile.TemporaryDirectory() as empty:
        command = [sys.executable, "-c", code, str(Path(__file__).parent), data, name]
        environment = {**os.environ, "NUMBA_CACHE_DIR": empty}
        made = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return float(made.stdout)


def main() -> None:
    """Print one line per case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+")
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--genes-in-r", type=int, help="genes that R gets, of a case that takes it too long")
    parser.add_argument("--pydeseq2", default="", metavar="PYTHON")
    args = parser.parse_args()
    for name, case in cases(args.data).items():
        if args.only and name not in args.only:
            continue
        ours(*case)
        if args.cold:
            sys.stdout.write(f"{name}: {cold(args.data, name):.1f} s CPU to compile\n")
        cohort, *question = case
        part = cohort.select(genes=cohort.gene_ids[: args.genes_in_r]) if args.genes_in_r else cohort
        share = len(part.gene_ids) / len(cohort.gene_ids)
        rounds = [
            (theirs(part, *question) / share, *ours(*case), ours(*case, 2)[1]) for _ in range(args.rounds)
        ]
        r, cpu, one, two = (min(column) for column in zip(*rounds, strict=True))
        sys.stdout.write(
            f"{name}: R {r:.2f} s CPU{f' (from {share:.0%} of the genes)' if share < 1 else ''}, leukoscope {cpu:.2f} "
            f"s CPU, ratio {r / cpu:.1f}; two threads {one / two:.2f}× one (elapsed); memory {memory(*case):.1f}×\n"
        )
        if args.pydeseq2:
            seconds = theirs(*case, args.pydeseq2)
            sys.stdout.write(f"{name}: PyDESeq2 {seconds:.1f} s CPU, ratio {seconds / cpu:.1f}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
