"""The verb `run`: from a sample sheet to reports."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from leukoscope.cli import at_least
from leukoscope.cli.reference import add_reference_cohort

_EPILOG = """\
example:
  leukoscope run samples.csv --reference grch38 --outdir out --threads 8
  leukoscope run samples.csv --reference grch38 --outdir out --threads 8 -- --executor slurm --jobs 50 --retries 2
  leukoscope run counts_and_fusions.csv --outdir out

A run that was interrupted goes on where it stopped when it is started again. Samples that fail do not
stop the others; they are named at the end, and the exit status is 3.
"""


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb ``run``."""
    parser = verbs.add_parser(
        "run",
        help="reads of patients to reports",
        usage="leukoscope run SAMPLES.csv [--reference REF] --outdir OUT [OPTIONS] [-- SNAKEMAKE OPTIONS]",
        description="Trim, align, count, call fusions and report, for every sample and patient of a sample sheet.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "samples", type=Path, metavar="SAMPLES.csv", help="sample sheet, see docs/pipeline.md"
    )
    parser.add_argument(
        "--reference", type=Path, help="folder made by 'reference build'; counts and fusion tables do without"
    )
    parser.add_argument("--outdir", type=Path, required=True, help="output folder")
    parser.add_argument(
        "--threads",
        type=at_least(1),
        default=1,
        help="threads to use on this machine, or of one step on a cluster (default 1)",
    )
    parser.add_argument("--profile", help="profile of Snakemake, e.g. for a cluster")
    parser.add_argument("--dry-run", action="store_true", help="show what would be done")
    parser.add_argument(
        "--keep", action="store_true", help="keep trimmed reads and other large intermediates"
    )
    parser.add_argument(
        "--fusion-caller", choices=("leukoscope", "arriba"), default="leukoscope", help="default: our own"
    )
    parser.add_argument("--seed", type=at_least(0), default=1, help="of STAR and RSEM (default 1)")
    add_reference_cohort(parser)
    parser.set_defaults(run=_run)
    _take_the_rest(parser)


def _take_the_rest(parser: argparse.ArgumentParser) -> None:
    """Keep what follows ``--`` for Snakemake, which argparse alone cannot after an option."""
    parse = parser.parse_known_args

    def parse_known_args(args: Sequence[str] | None = None, namespace: Any = None) -> Any:
        given = list(sys.argv[1:] if args is None else args)
        at = given.index("--") if "--" in given else len(given)
        parsed, unknown = parse(given[:at], namespace)
        parsed.snakemake_options = tuple(given[at + 1 :])
        return parsed, unknown

    parser.parse_known_args = parse_known_args  # type: ignore[method-assign,assignment]


def _run(args: argparse.Namespace) -> None:
    from leukoscope.errors import ToolError
    from leukoscope.pipeline.running import Settings, failure_text, run_pipeline
    from leukoscope.tables.subtyping import REFERENCE_COHORT

    profile = ("--profile", args.profile) if args.profile else ()
    options = (*profile, *args.snakemake_options)
    if args.reference_cohort:
        REFERENCE_COHORT.read(args.reference_cohort)
    settings = Settings(
        args.threads, args.fusion_caller, args.seed, args.keep, args.dry_run, options, args.reference_cohort
    )
    outcome = run_pipeline(args.samples, args.reference, args.outdir, settings, say=_say)
    for report in outcome.reports:
        print(report)
    if outcome.failed or outcome.failures:
        raise ToolError(failure_text(outcome))


def _say(text: str) -> None:
    print(f"leukoscope: {text}", file=sys.stderr)
