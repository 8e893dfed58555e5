"""`leukoscope simulate`: genomes, reads and cohorts whose truth is known, and scores against it."""

from __future__ import annotations

import argparse
from pathlib import Path

from leukoscope.cli import at_least

READS_EXAMPLE = """example:
  leukoscope simulate reads --outdir sim --pairs 1000000 --seed 7
  leukoscope simulate reads --outdir sim --pairs 300000 --seed 7 --fasta genome.fa --gtf genes.gtf
  leukoscope simulate reads --outdir normal --pairs 1000000 --seed 8 --negative --panel 20

Equal seeds give equal bytes. Read names end in where a pair comes from: B000 background,
E001, E002, … an event of truth.json, else a kind of artefact.
"""

SCORE_EXAMPLE = """example:
  leukoscope simulate score sim/truth.json fusions.tsv --output scores.tsv --matches matches.tsv

The table may be leukoscope's or Arriba's. Read names in it, if the reads were simulated, tell
what the false calls come from.
"""

COHORT_EXAMPLE = """example:
  leukoscope simulate cohort --outdir cohort --seed 1

truth.json and truth_genes.tsv.gz say what was planted; gene_sets.gmt holds the planted
programmes among decoys.
"""


CHECK_EXAMPLE = """example:
  leukoscope simulate cohort --outdir cohort --seed 1
  leukoscope cohort cohort/samples.csv --contrasts cohort/contrasts.csv \\
      --gene-sets cohort/gene_sets.gmt --outdir report
  leukoscope simulate check cohort report

Exit status 4 if a planted signal was missed, or more was found than the stated false discovery rate allows.
"""


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb ``simulate`` with its parts."""
    parser = verbs.add_parser(
        "simulate",
        help="make reads or a cohort whose truth is known; score calls against it",
        description="Simulate leukaemia samples with their truth, and score fusion calls against it.",
    )
    parts = parser.add_subparsers(title="what to simulate", metavar="WHAT", required=True)
    _add_reads(parts)
    _add_score(parts)
    _add_evidence(parts)
    _add_cohort(parts)
    _add_check(parts)


def _add_reads(parts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    reads = parts.add_parser(
        "reads",
        help="paired reads of one sample with planted rearrangements",
        description="Write a genome with annotation (unless one is given), paired reads of one sample, and truth.json.",
        epilog=READS_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = reads.add_argument
    add("--outdir", type=Path, required=True, metavar="D", help="folder to write")
    add("--pairs", type=int, required=True, metavar="N", help="read pairs of the sample")
    add("--seed", type=at_least(0), required=True, metavar="S", help="seed; equal seeds give equal bytes")
    add("--sample", default="sample", help="name of the sample (default: %(default)s)")
    add("--fasta", type=Path, metavar="F", help="genome to use instead of a simulated one (needs --gtf)")
    add("--gtf", type=Path, metavar="G", help="its annotation")
    add("--genome-seed", type=int, metavar="S", help="seed of the simulated genome (default: --seed)")
    add("--fillers", type=int, default=60, metavar="N", help="genes of no name in it (default: %(default)s)")
    add(
        "--gap",
        type=float,
        default=7_000,
        metavar="BP",
        help="mean distance of its genes (default: %(default)s)",
    )
    add("--unmasked-par", action="store_true", help="leave the pseudoautosomal copy on chrY unmasked")
    add("--events", default="all", metavar="LIST", help="all, none, or classes separated by commas")
    add("--per-class", type=int, default=3, metavar="N", help="events of each class (default: %(default)s)")
    add(
        "--support",
        type=int,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="fragments across a junction, log-uniform",
    )
    add("--negative", action="store_true", help="plant nothing: --events none")
    add("--chimeras", type=float, default=0.001, metavar="RATE", help="artefact share (default: %(default)s)")
    add("--read-length", type=int, default=101, metavar="L", help="bases of a read (default: %(default)s)")
    add(
        "--fragment-length",
        type=float,
        metavar="BP",
        help="mean fragment; below the read length reads run into adapters (default: 250, or two reads and 50)",
    )
    add("--strandedness", choices=("reverse", "forward", "unstranded"), default="reverse")
    add("--duplicates", type=float, default=0.15, metavar="RATE", help="PCR copies (default: %(default)s)")
    add("--unspliced", type=float, default=0.06, metavar="RATE", help="pre-mRNA share (default: %(default)s)")
    add("--sex", choices=("female", "male"), default="female", help="default: %(default)s")
    add("--panel", type=int, default=0, metavar="N", help="also write N normal samples into panel/")
    reads.set_defaults(run=simulate_reads)


def simulate_reads(args: argparse.Namespace) -> None:
    """Simulate one sample (and a panel of normals), and say where it stands."""
    from leukoscope.simulation.runs import ReadsRequest, run_reads

    options = {k: v for k, v in vars(args).items() if k in ReadsRequest.__dataclass_fields__}
    print(run_reads(ReadsRequest(**options)))


def _add_score(parts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    score = parts.add_parser(
        "score",
        help="compare fusion calls with the truth of a simulated sample",
        description="Recall, exact breakpoints, precision, and false positives of fusion calls against their truth.",
        epilog=SCORE_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    score.add_argument("truth", type=Path, metavar="TRUTH.json", help="truth of the sample")
    score.add_argument("fusions", type=Path, metavar="FUSIONS.tsv", help="calls of leukoscope or Arriba")
    score.add_argument("--output", type=Path, metavar="F", help="table of all scores")
    score.add_argument("--matches", type=Path, metavar="F", help="table of the planted events: found or not")
    score.set_defaults(run=score_fusions)


def score_fusions(args: argparse.Namespace) -> None:
    """Score a table of calls; print the summary, write the tables asked for."""
    from leukoscope.formats.arriba import read_arriba
    from leukoscope.simulation.scoring import score_calls, summary
    from leukoscope.simulation.truth import read_truth
    from leukoscope.tables.simulation import MATCHES, SCORES

    result = score_calls(read_truth(args.truth), read_arriba(args.fusions))
    if args.output:
        SCORES.write(result.scores, args.output)
    if args.matches:
        MATCHES.write(result.matches, args.matches)
    print(summary(result))


def _add_evidence(parts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    evidence = parts.add_parser(
        "evidence",
        help="where STAR left the evidence of planted events",
        description="Count per class of event in which of STAR's files its fragments stand: a caller's ceiling.",
        epilog="example:\n  leukoscope simulate evidence sim/truth.json star_output --output evidence.tsv",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    evidence.add_argument("truth", type=Path, metavar="TRUTH.json", help="truth of the sample")
    evidence.add_argument("alignment", type=Path, metavar="DIR", help="STAR's output folder")
    evidence.add_argument("--output", type=Path, required=True, metavar="F", help="table to write")
    evidence.set_defaults(run=locate_star_evidence)


def locate_star_evidence(args: argparse.Namespace) -> None:
    """Look for the supporting fragments in STAR's output."""
    from leukoscope.simulation.evidence import locate_evidence
    from leukoscope.simulation.truth import read_truth
    from leukoscope.tables.simulation import EVIDENCE

    EVIDENCE.write(locate_evidence(read_truth(args.truth), args.alignment), args.output)


def _add_cohort(parts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    cohort = parts.add_parser(
        "cohort",
        help="counts, fusions and clinical data of 45 patients",
        description="Simulate a cohort: 45 patients at onset, 25 of them in remission, some at relapse, "
        "with planted groups, programmes, recurrent fusions and causes of poor response.",
        epilog=COHORT_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cohort.add_argument("--outdir", type=Path, required=True, metavar="D", help="folder to write")
    cohort.add_argument(
        "--seed", type=at_least(0), required=True, metavar="S", help="equal seeds give equal bytes"
    )
    cohort.add_argument("--genes", type=int, default=20_000, metavar="N", help="default: %(default)s")
    cohort.set_defaults(run=simulate_a_cohort)


def simulate_a_cohort(args: argparse.Namespace) -> None:
    """Simulate a cohort, and say what it has."""
    import numpy as np

    from leukoscope.errors import InputError
    from leukoscope.simulation.cohorts import simulate_cohort

    if args.seed < 0:
        raise InputError("simulate cohort: --seed is a whole number from 0 on.")
    print(simulate_cohort(args.outdir, np.random.default_rng(args.seed), args.genes))


def _add_check(parts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = parts.add_parser(
        "check",
        help="compare the report of a simulated cohort with its truth",
        description="Print each planted signal and whether the analysis found it, and what it found that is not there.",
        epilog=CHECK_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.add_argument("cohort", type=Path, metavar="COHORT", help="folder of leukoscope simulate cohort")
    check.add_argument("report", type=Path, metavar="REPORT", help="folder of leukoscope cohort")
    check.add_argument("--output", type=Path, metavar="F", help="write the checks as a table")
    check.set_defaults(run=check_report)


def check_report(args: argparse.Namespace) -> int:
    """Compare a report with the truth; print the checks; return 4 if one failed."""
    from leukoscope.formats.cohort_truth import read_report_tables, read_truth_of_cohort
    from leukoscope.formats.gmt import read_gmt
    from leukoscope.simulation.cohort_scoring import check_cohort
    from leukoscope.tables.study import CHECKS

    truth, genes = read_truth_of_cohort(args.cohort)
    sets = read_gmt(args.cohort / "gene_sets.gmt")
    members = {name: sets.members_of(position) for position, name in enumerate(sets.names)}
    found = check_cohort(truth, genes, members, read_report_tables(args.report))
    if args.output:
        CHECKS.write(found, args.output)
    for row in found.itertuples():
        print(f"{'ok    ' if row.passed else 'FAILED'} {row.check}: {row.found} (expected: {row.expected})")
    print(f"{int(found['passed'].sum())} of {len(found)} checks passed.")
    return 0 if found["passed"].all() else 4
