"""The whole cohort step beside peers that do the same work, in one run.

    python benchmarks/cohort.py [--gseapy PYTHON] [--genes 20000] [--threads 2] [--without-peers]
    python benchmarks/cohort.py --patients 45 200 1223 --without-peers    # growth: time, memory, page

A simulated cohort (45 patients, 76 samples, eight contrasts and those between the groups, seed 1), GO BP, K 2-10 x
1,000 resamplings of 5,000 genes.  leukoscope is timed as a user runs it: start, reading, every chapter, tables,
figures, page and workbook.  Peers, in CPU seconds:

- R (``cohort.R``): DESeq2 for every contrast, ConsensusClusterPlus with its own plots, over-representation of rising
  and falling genes with DOSE's semantics (restated in base R, for DOSE is no package of Debian), and volcano, MA, PCA
  and heat map of every contrast as PDF in base R.
- gseapy's ``prerank(method="multilevel")`` of the PYTHON given, one thread, on R's ranks of every contrast: for 150 and
  for 300 random sets, from which the time of all sets is told by a straight line (its start is not counted again).

Fusions, courses, subtypes, network, batches, page and workbook have no peer here: leukoscope's whole has them, the
peers' has not.  ``cohort_parts.py`` times leukoscope's functions for the parts that both do, on one thread.
More patients than 45 are the same ones again, their counts drawn anew (Poisson), their fusions as they were.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from leukoscope.genesets import GeneSets
from leukoscope.knowledge.genesets import shipped_gene_sets

PR_SET_CHILD_SUBREAPER = 36

HERE = Path(__file__).parent
LEUKOSCOPE = [sys.executable, "-m", "leukoscope"]
SAMPLED = (150, 300)  #: sets that gseapy scores
GSEAPY = """
import sys, time, pandas, gseapy
sets = {l.split("\\t")[0]: l.rstrip("\\n").split("\\t")[2:] for l in open(sys.argv[1])}
spent = 0.0
for path in sys.argv[2:]:
    rank = pandas.read_csv(path, sep="\\t")
    began = time.process_time()
    gseapy.prerank(rnk=rank, gene_sets=sets, threads=1, permutation_num=1000, no_plot=True, outdir=None, seed=1,
                   method="multilevel", min_size=15, max_size=500)
    spent += time.process_time() - began
print(spent)
"""


def main() -> None:
    """Run both and print their cost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--genes", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--without-peers", action="store_true")
    parser.add_argument("--gseapy", metavar="PYTHON", default=sys.executable, help="a Python that has gseapy")
    parser.add_argument("--patients", type=int, nargs="+", default=[45])
    args = parser.parse_args()
    if args.patients != [45] and not args.without_peers:
        parser.error("peers are compared at 45 patients only: --without-peers")
    with tempfile.TemporaryDirectory() as name:
        cohort = Path(name) / "cohort"
        simulate = ["simulate", "cohort", "--outdir", str(cohort), "--seed", "1", "--genes", str(args.genes)]
        subprocess.run([*LEUKOSCOPE, *simulate], check=True)
        for patients in args.patients:
            report = Path(name) / f"report{patients}"
            ours = analyse(cohort, patients, args.threads, report)
        if not args.without_peers:
            compare(cohort, report, ours, args.gseapy)


def analyse(cohort: Path, patients: int, threads: int, report: Path) -> float:
    """Run `leukoscope cohort` and print what it costs; return its CPU seconds."""
    sheet = cohort / "samples.csv" if patients == 45 else enlarge(cohort, patients)
    options = ["--contrasts", str(cohort / "contrasts.csv"), "--threads", str(threads)]
    command = [*LEUKOSCOPE, "cohort", str(sheet), *options, "--outdir", str(report)]
    spent, wall = cost(["/usr/bin/time", "-f", "largest process: %M kB", *command])
    print(
        f"leukoscope cohort, {patients} patients, {threads} thread(s): {spent:.0f} CPU s, {wall:.0f} s by the clock, "
        f"page {(report / 'report.html').stat().st_size / 1e6:.1f} MB",
        flush=True,
    )
    return spent


def compare(cohort: Path, report: Path, whole: float, gseapy: str) -> None:
    """Print what each part costs peers and leukoscope, and the ratio of the whole to the whole."""
    gene_sets = shipped_gene_sets("go_bp")
    sets, out = cohort / "go_bp.gmt", cohort / "peers"
    out.mkdir()
    write_sets(gene_sets, range(len(gene_sets)), sets)
    ours = read_parts(run(sys.executable, HERE / "cohort_parts.py", cohort, sets, report))
    k = json.loads((report / "cohort.json").read_text())["groups"]["k"]
    r = ["Rscript", HERE / "cohort.R", cohort, sets, k, out, HERE / "overrepresentation.R"]
    theirs = read_parts(run(*r))
    peers = dict.fromkeys(theirs, "R")
    if subprocess.run([gseapy, "-c", "import gseapy"], capture_output=True, check=False).returncode:
        print(f"{gseapy} has no gseapy: ranked enrichment is not compared")
    else:
        n_sets, theirs["ranked enrichment"] = time_gseapy(gseapy, gene_sets, out)
        peers["ranked enrichment"] = f"gseapy (from {SAMPLED[0]} and {SAMPLED[1]} of {n_sets:,} sets)"
    for part, seconds in theirs.items():
        beside = f", leukoscope {ours[part]:.1f}, ratio {seconds / ours[part]:.1f}" if part in ours else ""
        print(f"{part}: {peers[part]} {seconds:.1f} CPU s{beside}", flush=True)
    total, both = sum(theirs.values()), theirs.keys() & ours.keys()
    equal = sum(ours[part] for part in both)
    print(
        f"peers together {total:.0f} CPU s; ratio to the whole of leukoscope ({whole:.0f} CPU s) {total / whole:.1f}, "
        f"to the same parts ({equal:.0f} CPU s) {sum(theirs[part] for part in both) / equal:.1f}"
    )


def time_gseapy(python: str, gene_sets: GeneSets, ranks: Path) -> tuple[int, float]:
    """Return how many sets have a usual size, and what gseapy would take for them in all contrasts, told from some."""
    sizes = np.diff(gene_sets.begins)
    usual = np.flatnonzero((sizes >= 15) & (sizes <= 500))
    order = np.random.default_rng(7).permutation(usual)
    path, spent = ranks / "some.gmt", []
    for n in SAMPLED:
        write_sets(gene_sets, order[:n], path)
        spent.append(float(run(python, "-c", GSEAPY, path, *sorted(ranks.glob("*.rnk")))))
    slope = (spent[1] - spent[0]) / (SAMPLED[1] - SAMPLED[0])
    return usual.size, spent[1] + slope * (usual.size - SAMPLED[1])


def write_sets(gene_sets: GeneSets, chosen: Iterable[int], path: Path) -> None:
    """Write some sets as GMT."""
    lines = ("\t".join((gene_sets.names[i], "", *gene_sets.members_of(int(i)))) for i in chosen)
    path.write_text("".join(f"{line}\n" for line in lines))


def run(*command: object) -> str:
    """Return what a program prints."""
    parts = [str(part) for part in command]
    return subprocess.run(parts, check=True, stdout=subprocess.PIPE, text=True).stdout


def read_parts(text: str) -> dict[str, float]:
    """Return the seconds of each part from lines of part and seconds."""
    rows = (line.split("\t") for line in text.splitlines())
    return {row[0]: float(row[1]) for row in rows if len(row) == 2}


def enlarge(cohort: Path, patients: int) -> Path:
    """Write a sheet and a matrix of `patients` patients beside those of 45, and return the sheet."""
    rng = np.random.default_rng(1)
    sheet = pd.read_csv(cohort / "samples.csv", dtype=str, keep_default_na=False)
    counts = pd.read_csv(cohort / "counts.tsv.gz", sep="\t", index_col="gene_id")
    sheets, matrices = [], []
    for first in range(0, patients, 45):
        kept = sheet["patient"].isin(sheet["patient"].unique()[: patients - first])
        tag = f"C{first // 45}_"
        sheets.append(sheet[kept].assign(sample=tag + sheet["sample"], patient=tag + sheet["patient"]))
        part = counts[sheet.loc[kept, "sample"]].astype(np.float64)
        matrices.append(pd.DataFrame(rng.poisson(part), index=counts.index, columns=tag + part.columns))
    others = counts.columns.difference(sheet["sample"], sort=False)
    name = f"counts{patients}.tsv.gz"
    pd.concat([counts[others], *matrices], axis=1).to_csv(
        cohort / name, sep="\t", compression={"method": "gzip", "compresslevel": 1}
    )
    path = cohort / f"samples{patients}.csv"
    pd.concat(sheets, ignore_index=True).assign(counts=name).to_csv(path, index=False)
    return path


def cost(command: list[str]) -> tuple[float, float]:
    """Return CPU seconds and wall seconds of a command and what it started."""
    ctypes.CDLL(None).prctl(
        PR_SET_CHILD_SUBREAPER, 1
    )  # the server of its workers, which outlives it, is left to us
    before, began = os.times(), time.perf_counter()
    subprocess.run(command, check=True)
    wall = time.perf_counter() - began
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system, wall


if __name__ == "__main__":
    main()
