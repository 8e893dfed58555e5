"""``leukoscope fusions``: call gene fusions from an alignment."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from leukoscope.cli import at_least
from leukoscope.cli.reference import open_annotated_genome

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.fusions.calling import FusionCalls

EXAMPLE = """examples:
  leukoscope fusions Aligned.out.bam --reference REF --output fusions.tsv --discarded fusions.discarded.tsv
  leukoscope fusions Aligned.out.bam --gtf genes.gtf.gz --fasta genome.fa --output fusions.tsv
  leukoscope fusions Chimeric.out.junction --junctions SJ.out.tab --reference REF --output fusions.tsv
  STAR ... --outStd BAM_Unsorted | leukoscope fusions - --reference REF --output fusions.tsv

STAR must report chimeric reads within the BAM: --chimSegmentMin 10 --chimOutType WithinBAM HardClip Junctions;
docs/fusions.md has all its settings. The best call stands first; read its columns fusion, exons, confidence,
reading_frame, driver_class and plausibility. The other columns are explained in docs/data-model.md.

then:
  leukoscope convert-fusions fusions.tsv --reference REF --output fusions.vcf.gz --output fusions.bedpe
  leukoscope draw fusions.tsv --reference REF --alignments Aligned.out.bam --outdir drawings
  leukoscope fusions panel remission*/fusions.discarded.tsv --output panel.tsv
"""


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verbs ``fusions`` and ``fusions panel``."""
    parser = verbs.add_parser(
        "fusions",
        help="call gene fusions",
        description="Call gene fusions, tandem duplications and deletions between genes from STAR's alignment.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "bam",
        metavar="BAM",
        help="STAR's BAM with chimeric records, in any order; - for standard input; or Chimeric.out.junction alone",
    )
    add("--reference", type=Path, metavar="REF", help="folder made by 'leukoscope reference build'")
    add(
        "--gtf", type=Path, metavar="G", help="annotation, where there is no reference folder (needs --fasta)"
    )
    add("--fasta", type=Path, metavar="F", help="genome, where there is no reference folder")
    add("--output", type=Path, required=True, metavar="TSV", help="table of calls")
    add("--discarded", type=Path, metavar="TSV", help="table of rejected events with their reasons")
    add(
        "--junctions",
        type=Path,
        metavar="SJ",
        help="STAR's SJ.out.tab: take the reads across introns from it",
    )
    add(
        "--panel",
        type=Path,
        metavar="TSV",
        help="events of normal samples, made by 'leukoscope fusions panel'",
    )
    add("--domains", type=Path, metavar="GFF3", help="protein domains on the genome (GFF3 or a table)")
    add(
        "--umi",
        choices=("name", "tag"),
        default="",
        help="molecular identifiers: at the end of the read name (after : or _), or in tag RX or UB; "
        "reads of one place with different ones are no duplicates",
    )
    add(
        "--threads",
        type=at_least(1),
        default=2,
        metavar="N",
        help="threads that unpack the BAM (default: %(default)s)",
    )
    parser.set_defaults(run=_fusions)
    _add_panel(verbs)


def _add_panel(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    panel = verbs.add_parser(
        "fusions panel",
        help="build a panel of normals from fusion tables",
        description="Count in how many normal samples (remissions, healthy donors) each fusion event was seen. "
        "Give one table per sample; those of discarded events catch more.",
        epilog="example: leukoscope fusions panel remission*/fusions.discarded.tsv --output panel.tsv",
    )
    panel.add_argument("tables", type=Path, nargs="+", metavar="TSV", help="fusion tables, one per sample")
    panel.add_argument("--output", type=Path, required=True, metavar="TSV", help="panel to write")
    panel.set_defaults(run=_panel)


def _fusions(args: argparse.Namespace) -> None:
    from leukoscope.formats.genome_features import read_protein_domains
    from leukoscope.tables.driver_fusions import FUSION_PANEL
    from leukoscope.tables.fusions import FUSIONS

    given = {
        "panel": FUSION_PANEL.read(args.panel) if args.panel else None,
        "domains": read_protein_domains(args.domains) if args.domains else None,
        "with_discarded": args.discarded is not None,
    }
    light = args.bam.endswith((".junction", ".junction.gz"))
    found = _call_lightly(args, given) if light else _call(args, given)
    FUSIONS.write(found.calls, args.output)
    if args.discarded:
        FUSIONS.write(found.discarded, args.discarded)


@contextmanager
def _hidden(module: str) -> Iterator[None]:
    """Let imports go without a module that they look for and that this command never uses.

    pandas looks for pyarrow, and numba for a BLAS in scipy and for YAML: found, they are a quarter of the start-up.
    """
    modules = cast("dict[str, Any]", sys.modules)
    if module in modules:
        yield
        return
    modules[module] = None  # as Python marks what cannot be imported
    try:
        yield
    finally:
        del modules[module]


def _call(args: argparse.Namespace, given: dict[str, Any]) -> FusionCalls:
    from leukoscope.formats.bgzf import Blocks

    with Blocks(args.bam, ahead=args.threads > 1) as blocks:  # the file is read while modules are imported
        with _hidden("scipy.linalg.cython_blas"), _hidden("yaml"):
            import numba.np.arraymath  # noqa: F401
        from leukoscope.formats.bam import Scan

        with _hidden("pyarrow"):
            introns = _introns(args.junctions)
        model, genome = open_annotated_genome(args)
        scan = Scan(blocks, model, threads=args.threads)
        with _hidden("pyarrow"):
            from leukoscope.fusions.calling import call_fusions
        tables = given | _knowledge()
        alignments = scan.finish()
    if not alignments.has_chimeric_records():
        print(
            f"leukoscope: {args.bam}: no chimeric record; only clips and mates tell of fusions, many will be missed. "
            "Was STAR run with --chimSegmentMin 10 --chimOutType WithinBAM HardClip?",
            file=sys.stderr,
        )
    if introns is not None:
        from leukoscope.fusions.light import spelled_as, with_junctions

        alignments = with_junctions(alignments, spelled_as(introns, model))
    return call_fusions(alignments, model, genome, umi=args.umi, **tables)


def _introns(path: Path | None) -> pd.DataFrame | None:
    """Return what ``SJ.out.tab`` tells, if it is given; what is wrong with it is said before the BAM is read."""
    if path is None:
        return None
    from leukoscope.formats.star import read_splice_junctions

    return read_splice_junctions(path)


def _call_lightly(args: argparse.Namespace, given: dict[str, Any]) -> FusionCalls:
    from leukoscope.formats.star import read_chimeric_junctions
    from leukoscope.fusions.calling import call_fusions_lightly
    from leukoscope.tables.fusions import SPLICE_JUNCTIONS

    introns = _introns(args.junctions)
    if introns is None:
        introns = SPLICE_JUNCTIONS.empty()
    tables = given | _knowledge() | {"odds": None}  # the model looks at the coverage, which only a BAM has
    return call_fusions_lightly(
        read_chimeric_junctions(args.bam), introns, *open_annotated_genome(args), **tables
    )


def _knowledge() -> dict[str, Any]:
    from leukoscope.knowledge import read_knowledge
    from leukoscope.tables.driver_fusions import DRIVER_FUSIONS, FUSION_PROBABILITY

    return {"drivers": read_knowledge(DRIVER_FUSIONS), "odds": read_knowledge(FUSION_PROBABILITY)}


def _panel(args: argparse.Namespace) -> None:
    from leukoscope.fusions.panel import build_panel
    from leukoscope.tables.driver_fusions import FUSION_PANEL
    from leukoscope.tables.fusions import FUSIONS

    FUSION_PANEL.write(build_panel({str(path): FUSIONS.read(path) for path in args.tables}), args.output)
