"""The verb `compile`: kernels compiled ahead, by each analysis of many samples once on made-up numbers."""

from __future__ import annotations

import argparse
import io
import os
import shlex
import tempfile
import time
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

_COMMANDS = (
    "differential counts.tsv --samples samples.tsv --design '~ group' --contrast group,b,a --output contrast.tsv",
    "normalise counts.tsv --to rlog --output rlog.tsv",
    "cluster matrix.tsv --max-k 3 --resamplings 10 --seed 1 --outdir hc",
    "cluster matrix.tsv --max-k 3 --resamplings 10 --seed 1 --algorithm km --outdir km",
    "cluster matrix.tsv --max-k 3 --resamplings 10 --seed 1 --algorithm pam --outdir pam",
    "enrich list.txt --gene-sets sets.gmt --min-size 2 --output sets.tsv --groups groups.tsv",
    "enrich ranking.tsv --ranked --gene-sets sets.gmt --output ranked.tsv",
    "score matrix.tsv --gene-sets sets.gmt --method singscore --output singscore.tsv",
    "score matrix.tsv --gene-sets sets.gmt --method ssgsea --output ssgsea.tsv",
    "score matrix.tsv --gene-sets sets.gmt --method gsva --output gsva.tsv",
    "network matrix.tsv --outdir network",
)


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb ``compile``."""
    parser = verbs.add_parser(
        "compile",
        help="compile the kernels of the cohort's analyses now, once after an install",
        description="Compile the kernels of the analyses of many samples and keep them, so that no first run waits "
        "for it: beside the program, in the user's cache, or where NUMBA_CACHE_DIR says. Exit status 3 if none of "
        "these can be written; every run then compiles what it needs.",
        epilog="Example: leukoscope compile",
    )
    parser.set_defaults(run=_compile)


def _compile(args: argparse.Namespace) -> int:
    for command, seconds in compile_kernels():
        print(f"{seconds:5.1f} s CPU  {command}", flush=True)
    folder = cache_folder()
    if folder is None:
        print("Not kept: no folder for them can be written. Name one by the variable NUMBA_CACHE_DIR.")
        return 3
    print(f"Kept in {folder}.")
    return 0


def compile_kernels() -> Iterator[tuple[str, float]]:
    """Run each command once on made-up numbers; yield it, and the CPU seconds that it took."""
    from leukoscope.cli import main

    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        _write_inputs()
        for command in _COMMANDS:
            began = time.process_time()
            said = io.StringIO()
            with redirect_stdout(said), redirect_stderr(said):
                failed = main(shlex.split(command))
            if failed:
                raise RuntimeError(f"leukoscope {command}: {said.getvalue()}")
            yield command, time.process_time() - began


def cache_folder() -> str | None:
    """Return where compiled kernels are kept; None if no folder for them can be written."""
    from leukoscope.kernels.nb_irls import fit_coefficients

    found = fit_coefficients.stats.cache_path  # type: ignore[attr-defined]
    return None if found is None else os.fspath(found)


def _write_inputs() -> None:
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(1)
    samples = pd.DataFrame({"sample": [f"s{i}" for i in range(12)], "group": list("ab") * 6})
    genes = pd.Index([f"g{i}" for i in range(400)], name="gene_id")
    base = np.exp(rng.normal(4.0, 1.5, genes.size))
    counts = rng.negative_binomial(4, 4 / (4 + base[:, None]), (genes.size, len(samples)))
    counts[:20, 0] *= 30  # outliers, for the second fit
    tables = {
        "samples.tsv": samples,
        "counts.tsv": pd.DataFrame(counts, genes, samples["sample"]).reset_index(),
        "matrix.tsv": pd.DataFrame(np.log2(counts + 1.0), genes, samples["sample"]).reset_index(),
        "ranking.tsv": pd.DataFrame({"gene": genes, "score": rng.normal(size=genes.size)}),
    }
    for name, table in tables.items():
        table.to_csv(name, sep="\t", index=False)
    sets = ["\t".join([f"set{k}", "", *genes[k * 10 : k * 10 + 60]]) for k in range(20)]
    Path("sets.gmt").write_text("\n".join(sets) + "\n")
    Path("list.txt").write_text("\n".join(genes[:50]) + "\n")
