"""``leukoscope cohort``: the analysis of many patients."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leukoscope.genesets import GeneSets
    from leukoscope.study import Study

_EPILOG = """example:
  leukoscope simulate cohort --outdir cohort --seed 1
  leukoscope cohort cohort/samples.csv --contrasts cohort/contrasts.csv \\
      --gene-sets cohort/gene_sets.gmt --outdir report

Columns of the sample sheet: sample, patient, timepoint (onset, remission, relapse), counts and
fusions (files, relative to the sheet), day8_blasts, mrd_day15, mrd_day33, relapse, and others of
your own that contrasts may name. What is absent is said in the report.
"""


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "cohort",
        help="analyse many patients: fusions, contrasts, expression groups",
        description="Analyse a cohort: baseline and risk groups, recurrent fusions, differential expression with "
        "enrichment, expression groups and what they go with. Leaves tables, figures, cohort.json and report.html.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=_cohort)
    parser.add_argument("samples", type=Path, metavar="SAMPLES.csv", help="one row a sample")
    parser.add_argument(
        "--contrasts", type=Path, required=True, metavar="CSV", help="what is compared, one row each"
    )
    parser.add_argument("--outdir", type=Path, required=True, metavar="OUT", help="folder to write")
    parser.add_argument("--tpm", type=Path, metavar="TSV", help="TPM matrix for the expression groups")
    parser.add_argument("--gene-sets", type=Path, metavar="GMT", help="instead of the shipped Gene Ontology")
    parser.add_argument("--resamplings", type=int, default=1000, metavar="N", help="of the consensus (1000)")
    parser.add_argument("--max-k", type=int, default=10, metavar="K", help="largest number of groups (10)")
    parser.add_argument(
        "--groups", type=int, default=0, metavar="K", help="report K groups (default: choose)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of everything random (1)")
    parser.add_argument(
        "--threads", type=int, default=1, metavar="N", help="threads; the result is the same (1)"
    )
    parser.add_argument("--dry-run", action="store_true", help="print what each contrast has in it, and stop")


def _cohort(args: argparse.Namespace) -> None:
    from leukoscope.formats.cohort_sheet import read_cohort_sheet, read_contrast_sheet

    sheet, contrasts = read_cohort_sheet(args.samples), read_contrast_sheet(args.contrasts)
    if args.dry_run:
        _print_plan(sheet, contrasts)
        return
    _write(_study(args, sheet, contrasts), args)
    print(args.outdir / "report.html")


def _print_plan(sheet: Any, contrasts: Any) -> None:
    from leukoscope.contrasts import plan, read_contrasts
    from leukoscope.study.patients import describe_patients, with_risk

    samples = with_risk(sheet, describe_patients(sheet))
    print(plan(read_contrasts(contrasts, samples)).to_csv(sep="\t", index=False), end="")


def _study(args: argparse.Namespace, sheet: Any, contrasts: Any) -> Study:
    import numpy as np

    from leukoscope.formats.cohort_sheet import read_sheet_counts, read_sheet_fusions
    from leukoscope.formats.matrix import read_expression
    from leukoscope.study import Options, study_cohort
    from leukoscope.study.expression import ContrastRules

    folder = args.samples.parent
    return study_cohort(
        sheet, contrasts,
        cohort=read_sheet_counts(sheet, folder),
        tpm=read_expression(args.tpm) if args.tpm else None,
        fusions=read_sheet_fusions(sheet, folder),
        gene_sets=_gene_sets(args.gene_sets),
        rng=np.random.default_rng(args.seed),
        options=Options(
            rules=ContrastRules(n_threads=args.threads), max_k=args.max_k, n_resamplings=args.resamplings,
            k=args.groups, r_seed=args.seed,
        ),
        progress=lambda what: print(f"leukoscope: {what}", file=sys.stderr),
    )  # fmt: skip


def _gene_sets(path: Path | None) -> GeneSets:
    from leukoscope.formats.gmt import read_gmt
    from leukoscope.knowledge.genesets import shipped_gene_sets

    return read_gmt(path) if path else shipped_gene_sets("go_bp")


def _write(study: Study, args: argparse.Namespace) -> None:
    import json

    from leukoscope.publishing import publish_text
    from leukoscope.report.cohort import cohort_chapters, render_cohort
    from leukoscope.report.cohort_figures import draw_cohort
    from leukoscope.study.methods import describe_methods
    from leukoscope.study.results import study_tables, summarise

    for path, table, frame in study_tables(study):
        table.write(frame, args.outdir / "tables" / f"{path}.tsv")
    summary = summarise(study)
    publish_text(args.outdir / "cohort.json", json.dumps(summary, indent=1, ensure_ascii=False) + "\n")
    figures = draw_cohort(study, args.outdir / "figures")
    chapters = cohort_chapters(study, figures, args.outdir / "figures")
    title = f"Cohort of {summary['patients']['total']} patients"
    methods = describe_methods(study)
    page = render_cohort(chapters, title=title, intended_use=summary["intended_use"], methods=methods)
    publish_text(args.outdir / "report.html", page)
