"""The verb `compile`: kernels compiled ahead, by each analysis once on made-up numbers and reads."""

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
    "fusions reads.bam --gtf genes.gtf --fasta genome.fa --output fusions.tsv --discarded discarded.tsv",
)


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb ``compile``."""
    parser = verbs.add_parser(
        "compile",
        help="compile the kernels of the analyses now, once after an install",
        description="Compile the kernels of calling fusions and of the analyses of many samples and keep them, so that "
        "no first run waits for it: beside the program, in the user's cache, or where NUMBA_CACHE_DIR says. Exit "
        "status 3 if none of "
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
    _write_alignment()


def _write_alignment() -> None:
    """Write a genome of two genes, and reads of either and across both, spliced, clipped and with an insertion."""
    import numpy as np
    import pysam

    rng = np.random.default_rng(1)
    genome = {name: "".join(rng.choice(list("ACGT"), 6000)) for name in ("chr1", "chr2")}
    Path("genome.fa").write_text("".join(f">{name}\n{bases}\n" for name, bases in genome.items()))
    lines = [
        f'{name}\tmade\texon\t{start}\t{start + 399}\t.\t+\t.\tgene_id "{name}"; transcript_id "{name}";\n'
        for name in genome
        for start in (1001, 3001)
    ]
    Path("genes.gtf").write_text("".join(lines))
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": name, "LN": 6000} for name in genome]}
    with pysam.AlignmentFile("reads.bam", "wb", header=header) as sink:
        for name, flag, contig, start, cigar, bases, other in _records(genome["chr1"], genome["chr2"]):
            record = pysam.AlignedSegment(sink.header)
            record.query_name, record.flag, record.cigarstring, record.query_sequence = (
                name,
                flag,
                cigar,
                bases,
            )
            record.reference_id, record.reference_start, record.mapping_quality = contig, start, 255
            record.next_reference_id, record.next_reference_start = 1, 3200
            tags: list[tuple[str, str | int]] = [("NH", 1), ("HI", 1), ("nM", 0)]
            record.set_tags([*tags, ("SA", other)] if other else tags)
            sink.write(record)


def _records(chr1: str, chr2: str) -> Iterator[tuple[str, int, int, int, str, str, str]]:
    """Yield name, flag, contig, start, CIGAR, bases and SA of records: chr1:1400 is joined to chr2:3001."""
    mate = ("100M", chr2[3200:3300], "")
    for i in range(30):
        left, more = 60 + i, "ACGTTGCA" * (i % 2)
        start, right = 1400 - left, 40 - i
        across = chr1[start:1400] + more + chr2[3000 : 3000 + right]
        one, two = f"{left}M{len(across) - left}S", f"{len(across) - right}H{right}M"
        yield f"split{i}", 99, 0, start, one, across, f"chr2,3001,+,{two.replace('H', 'S')},255,0;"
        yield f"split{i}", 2147, 1, 3000, two, across[-right:], f"chr1,{start + 1},+,{one},255,0;"
        yield f"split{i}", 147, 1, 3200, *mate
        yield f"clip{i}", 99, 0, start, one, across, ""
        yield f"clip{i}", 147, 0, 3100, "100M", chr1[3100:3200], ""
        yield f"apart{i}", 65, 0, 1250 + i, "100M", chr1[1250 + i : 1350 + i], ""
        yield f"apart{i}", 145, 1, 3200, *mate
        yield f"spliced{i}", 99, 0, 1350, "50M1600N50M", chr1[1350:1400] + chr1[3000:3050], ""
        again = chr1[1140 - i % 3 : 1200] + chr1[1180:1220]
        yield f"inserted{i}", 99, 0, 1140 - i % 3, f"{60 + i % 3}M20I20M", again, ""
