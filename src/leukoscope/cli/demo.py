"""The verb `demo`: simulated patients through the whole pipeline."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb ``demo``."""
    demo = verbs.add_parser(
        "demo",
        help="simulate a few patients and run everything",
        description="Simulate a small genome and three patients at onset and remission, two with a planted fusion; "
        "build the reference; run the pipeline; leave a report for each patient.",
        epilog="Example: leukoscope demo --outdir demo",
    )
    demo.add_argument("--outdir", type=Path, default=Path("demo"), help="folder to make (default demo)")
    demo.add_argument("--pairs", type=int, default=30_000, help="read pairs a sample (default 30000)")
    demo.add_argument("--seed", type=int, default=1, help="of the simulation (default 1)")
    demo.add_argument("--threads", type=int, help="threads to use (default: all processors)")
    demo.set_defaults(run=_demo)


def _demo(args: argparse.Namespace) -> None:
    from leukoscope.errors import ToolError
    from leukoscope.pipeline.demonstration import demonstrate
    from leukoscope.pipeline.running import failure_text
    from leukoscope.pipeline.tools import processors

    threads = args.threads or processors()
    outcome = demonstrate(args.outdir, pairs=args.pairs, seed=args.seed, threads=threads, say=_say)
    print("Open these reports in a browser:")
    for report in outcome.reports:
        print(f"  {report}")
    if outcome.failed or outcome.failures:
        raise ToolError(failure_text(outcome))


def _say(text: str) -> None:
    print(f"leukoscope: {text}", file=sys.stderr)
