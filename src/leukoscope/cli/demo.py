"""The verb `demo`: simulated patients through the whole pipeline."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from leukoscope.cli import at_least


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb ``demo``."""
    demo = verbs.add_parser(
        "demo",
        help="simulate patients, or a cohort, and run everything",
        description="Simulate a small genome and three patients at onset and remission, two with a planted fusion; "
        "build the reference; run the pipeline; leave a report for each patient. With --cohort: simulate 45 patients "
        "whose every signal is known, analyse them, leave the report of the cohort and check it against the truth.",
        epilog="Examples: leukoscope demo --outdir demo; leukoscope demo --cohort --outdir demo",
    )
    demo.add_argument("--cohort", action="store_true", help="a cohort instead: counts and fusions, no reads")
    demo.add_argument("--outdir", type=Path, default=Path("demo"), help="folder to make (default demo)")
    demo.add_argument("--pairs", type=at_least(1), default=30_000, help="read pairs a sample (default 30000)")
    demo.add_argument("--seed", type=at_least(0), default=1, help="of the simulation (default 1)")
    demo.add_argument("--threads", type=at_least(1), help="threads to use (default: all processors)")
    demo.set_defaults(run=_demo)


def _demo(args: argparse.Namespace) -> int:
    from leukoscope.errors import ToolError
    from leukoscope.pipeline.demonstration import demonstrate
    from leukoscope.pipeline.running import failure_text
    from leukoscope.pipeline.tools import processors

    threads = args.threads or processors()
    if args.cohort:
        return _demo_cohort(args.outdir, args.seed, threads)
    outcome = demonstrate(args.outdir, pairs=args.pairs, seed=args.seed, threads=threads, say=_say)
    print("Open these reports in a browser:")
    for report in outcome.reports:
        print(f"  {report}")
    if outcome.failed or outcome.failures:
        raise ToolError(failure_text(outcome))
    return 0


def _demo_cohort(outdir: Path, seed: int, threads: int) -> int:
    """Run the commands that a user would type, one after the other, until one fails."""
    from leukoscope.cli import main

    simulated, report = f"{outdir}/cohort", f"{outdir}/report"
    inputs = [f"{simulated}/samples.csv", "--contrasts", f"{simulated}/contrasts.csv"]
    inputs += ["--gene-sets", f"{simulated}/gene_sets.gmt"]
    how = ["--seed", str(seed), "--threads", str(threads)]
    commands = (
        ["simulate", "cohort", "--outdir", simulated, "--seed", str(seed)],
        ["cohort", *inputs, "--outdir", report, *how],
        ["simulate", "check", simulated, report],
    )
    for words in commands:
        _say(" ".join(["leukoscope", *words]))
        if status := main(words):
            return status
    return 0


def _say(text: str) -> None:
    print(f"leukoscope: {text}", file=sys.stderr)
