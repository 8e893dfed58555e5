"""Gene sets against R and gseapy, in one run: ``python benchmarks/enrichment.py [--gseapy PYTHON] [--rounds N]``.

CPU seconds of one thread, warm, least of some rounds; the shipped GO processes, simulated genes with 200 raised sets.

- Over-representation: DOSE is no package of Debian.  R runs what its ``enricher_internal`` computes, restated in
  ``overrepresentation.R`` without building its objects: the ratio is therefore a lower bound.
- Ranked enrichment: gseapy's ``prerank(method="multilevel")`` (a port of fgsea's) in the Python given, which must
  have gseapy; both with 1,000 permutations, for a random part of the sets, with another seed in each round.  Beside
  the time: how far log2 p scatters over the rounds (root of the mean variance, for sets below p = 1e-3 and for the
  others), and how far the two are apart in the mean.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"  # before numpy is imported

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from leukoscope.enrichment import enrich_ranked, find_overrepresented  # noqa: E402
from leukoscope.formats.gmt import read_gmt  # noqa: E402
from leukoscope.genesets import GeneSets  # noqa: E402
from leukoscope.knowledge.genesets import shipped_gene_sets  # noqa: E402

R = """
a <- commandArgs(TRUE); source(a[3]); sets <- read_sets(a[1]); query <- readLines(a[2])
t <- proc.time(); found <- over_represented(query, sets); cat(sum((proc.time() - t)[1:2]), nrow(found))
"""
GSEAPY = """
import sys, time, pandas, gseapy
rank = pandas.read_csv(sys.argv[2], sep="\\t")
sets = {l.split("\\t")[0]: l.rstrip("\\n").split("\\t")[2:] for l in open(sys.argv[1])}
t = time.process_time()
found = gseapy.prerank(rnk=rank, gene_sets=sets, threads=1, permutation_num=1000, no_plot=True, outdir=None,
                       seed=int(sys.argv[3]), method="multilevel", min_size=15, max_size=500)
print(time.process_time() - t)
found.res2d[["Term", "ES", "NOM p-val"]].to_csv(sys.argv[4], sep="\\t", index=False)
"""


def main() -> None:
    """Print one line per question."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gseapy", metavar="PYTHON", default=sys.executable, help="a Python that has gseapy")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sets", type=int, default=300, help="sets of the ranked comparison")
    args = parser.parse_args()
    gene_sets = shipped_gene_sets("go_bp")
    ranked = simulate_ranking(gene_sets)
    query = list(ranked["gene"][:1500])
    with tempfile.TemporaryDirectory() as folder:
        sets, genes, ranks = (Path(folder, name) for name in ("sets.gmt", "genes.txt", "ranks.tsv"))
        write_sets(gene_sets, range(len(gene_sets)), sets)
        genes.write_text("\n".join(query) + "\n")
        ranked.to_csv(ranks, sep="\t", index=False)
        report(
            "over-representation, restated in R",
            lambda: run("Rscript", "-e", R, sets, genes, Path(__file__).with_name("overrepresentation.R")),
            lambda: find_overrepresented(query, gene_sets),
            args.rounds,
        )
        if subprocess.run([args.gseapy, "-c", "import gseapy"], capture_output=True, check=False).returncode:
            print(f"ranked: {args.gseapy} has no gseapy; not compared")
            return
        sizes = np.diff(gene_sets.begins)
        usual = np.flatnonzero((sizes >= 15) & (sizes <= 500))
        write_sets(gene_sets, np.random.default_rng(7).choice(usual, args.sets, replace=False), sets)
        compare_ranked(args.gseapy, sets, ranks, args.rounds)


def write_sets(gene_sets: GeneSets, chosen: Iterable[int], path: Path) -> None:
    """Write some sets as GMT."""
    lines = ("\t".join((gene_sets.names[i], "", *gene_sets.members_of(int(i)))) for i in chosen)
    path.write_text("".join(f"{line}\n" for line in lines))


def compare_ranked(python: str, sets: Path, ranks: Path, rounds: int) -> None:
    """Print times of ranked enrichment in both programs, and how far their p-values scatter and differ."""
    ranked, some = pd.read_csv(ranks, sep="\t"), read_gmt(sets)
    enrich_ranked(ranked, some, rng=np.random.default_rng(0))
    slow, fast, theirs, ours = [], [], [], []
    for seed in range(1, rounds + 1):
        table = sets.with_suffix(".tsv")
        slow.append(run(python, "-c", GSEAPY, sets, ranks, seed, table))
        theirs.append(pd.read_csv(table, sep="\t", index_col="Term"))
        began = time.process_time()
        found = enrich_ranked(ranked, some, rng=np.random.default_rng(seed))
        fast.append(time.process_time() - began)
        ours.append(found.table.set_index("set").loc[theirs[0].index])
    scores = (ours[0]["enrichment_score"] - theirs[0]["ES"]).abs().max()
    print(
        f"ranked, {len(some)} sets: gseapy's multilevel {min(slow):.2f} s, leukoscope {min(fast):.3f} s, ratio "
        f"{min(slow) / min(fast):.1f}; scores within {scores:.0e}"
    )
    mine = np.log2([found["p_value"] for found in ours])
    other = np.log2([found.loc[theirs[0].index, "NOM p-val"].astype(float) for found in theirs])
    small = (mine.mean(axis=0) + other.mean(axis=0)) / 2 < np.log2(1e-3)
    for name, part in (("p < 1e-3", small), ("other", ~small)):
        scatter = (np.sqrt(values[:, part].var(axis=0, ddof=1).mean()) for values in (other, mine))
        apart = (mine - other).mean(axis=0)[part]
        print(
            f"  {part.sum()} sets, {name}: log2 p scatters by {', '.join(f'{s:.2f}' for s in scatter)} (gseapy, "
            f"leukoscope) over {rounds} seeds; leukoscope less gseapy {apart.mean():+.2f}, at most "
            f"{np.abs(apart).max():.2f}"
        )


def simulate_ranking(gene_sets: GeneSets) -> pd.DataFrame:
    """Return scores of all annotated genes; those of 200 sets are raised or lowered."""
    rng = np.random.default_rng(1)
    score = pd.Series(rng.normal(0.0, 2.0, len(gene_sets.genes)), index=list(gene_sets.genes))
    sizes = np.diff(gene_sets.begins)
    for s in rng.choice(np.flatnonzero((sizes >= 15) & (sizes <= 200)), 200, replace=False):
        score[gene_sets.members_of(int(s))] += rng.normal(0.0, 1.0)
    ranked = score.sort_values(ascending=False)
    return pd.DataFrame({"gene": ranked.index, "score": ranked.to_numpy()})


def run(*command: object) -> float:
    """Return the CPU seconds that a program measured itself."""
    done = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
    return float(done.stdout.split()[0])


def report(name: str, theirs: Callable[[], float], ours: Callable[[], object], rounds: int) -> None:
    """Time both in turn and print the least of each and their ratio."""
    ours()
    slow, fast = [], []
    for _ in range(rounds):
        slow.append(theirs())
        began = time.process_time()
        ours()
        fast.append(time.process_time() - began)
    print(
        f"{name}: {min(slow):.3f} s, leukoscope {min(fast):.4f} s, ratio {min(slow) / min(fast):.1f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
