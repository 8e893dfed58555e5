"""``leukoscope deletions`` and ``leukoscope deletion-panel``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.cli import at_least

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.formats.reference import Reference
    from leukoscope.genemodel import GeneModel


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verbs."""
    parser = verbs.add_parser(
        "deletions",
        help="look for deletions inside IKZF1, PAX5, ERG and BTG1",
        description="Look for deletions of whole exons inside IKZF1 (IK6 and others), PAX5, ERG and BTG1, from reads "
        "across introns. Each known one is detected, not detected, or not assessable with the reason.",
        epilog="Example: leukoscope deletions SJ.out.tab --reference REF --output deletions.tsv",
    )
    _add_input(parser, "SJ.out.tab of STAR, or a BAM file", nargs=None)
    parser.add_argument(
        "--panel", type=Path, metavar="TSV", help="made by 'deletion-panel' from normal samples"
    )
    parser.set_defaults(run=_deletions)
    panel = verbs.add_parser(
        "deletion-panel",
        help="count natural exon skipping in normal samples",
        description="Write down which introns skip exons in normal samples (remissions, donors), and how often.",
        epilog="Example: leukoscope deletion-panel remission*/SJ.out.tab --reference REF --output panel.tsv",
    )
    _add_input(panel, "SJ.out.tab or BAM of normal samples", nargs="+")
    panel.set_defaults(run=_panel)


def _add_input(parser: argparse.ArgumentParser, text: str, *, nargs: str | None) -> None:
    parser.add_argument("junctions", type=Path, nargs=nargs, metavar="SJ", help=text)
    parser.add_argument(
        "--reference", type=Path, required=True, metavar="REF", help="made by 'reference build'"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="TSV", help="table to write")
    parser.add_argument(
        "--known", type=Path, metavar="TSV", help="deletions of your own instead of the shipped"
    )
    parser.add_argument(
        "--threads", type=at_least(1), default=1, metavar="N", help="threads that unpack BAM (default 1)"
    )


def _deletions(args: argparse.Namespace) -> None:
    from leukoscope.formats.reference import open_reference
    from leukoscope.tables.deletions import DELETION_PANEL, DELETIONS
    from leukoscope.variants.deletions import call_deletions

    reference = open_reference(args.reference)
    model = reference.gene_model()
    panel = DELETION_PANEL.read(args.panel) if args.panel else None
    junctions = _read_junctions(args.junctions, model, reference, args.threads)
    DELETIONS.write(call_deletions(_known(args.known), junctions, model, panel), args.output)


def _panel(args: argparse.Namespace) -> None:
    from leukoscope.formats.reference import open_reference
    from leukoscope.tables.deletions import DELETION_PANEL
    from leukoscope.variants.deletions import build_panel

    reference = open_reference(args.reference)
    model = reference.gene_model()
    samples = (_read_junctions(path, model, reference, args.threads) for path in args.junctions)
    DELETION_PANEL.write(build_panel(_known(args.known), samples, model), args.output)


def _known(path: Path | None) -> pd.DataFrame:
    from leukoscope.knowledge import read_knowledge
    from leukoscope.tables.deletions import KNOWN_DELETIONS

    return KNOWN_DELETIONS.read(path) if path else read_knowledge(KNOWN_DELETIONS)


def _read_junctions(path: Path, model: GeneModel, reference: Reference, threads: int) -> pd.DataFrame:
    from leukoscope.formats.bam import refuse_other_genome, scan_alignments, splice_junctions
    from leukoscope.formats.star import read_splice_junctions

    if path.suffix == ".bam":
        refuse_other_genome(path, reference.genome())
        return splice_junctions(scan_alignments(path, model, threads=threads))
    return read_splice_junctions(path)
