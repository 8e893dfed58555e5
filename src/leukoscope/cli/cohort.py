"""``leukoscope cohort``: the analysis of many patients."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leukoscope.cli import at_least

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.cohort import Cohort
    from leukoscope.genesets import GeneSets
    from leukoscope.report.cohort_document import CohortDocument
    from leukoscope.study.analysis import Options
    from leukoscope.workers import Each

COHORT_MODULES = ("leukoscope.study", "leukoscope.report.cohort_figures")  #: that worker processes need

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
        help="analyse many patients: fusions, contrasts, expression groups, subtypes, courses",
        description="Analyse a cohort: baseline and risk groups, recurrent fusions, differential expression with "
        "enrichment, expression groups and the known subtypes among them, gene clusters, co-expression, the course "
        "from onset to relapse, batches. Leaves tables, figures, cohort.json, report.html and report.xlsx; "
        "'leukoscope report cohort.json' makes the report again without the analysis.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=_cohort)
    parser.add_argument(
        "samples",
        type=Path,
        metavar="SAMPLES.csv",
        help="one row a sample; or the folder of a leukoscope run",
    )
    parser.add_argument(
        "--contrasts", type=Path, metavar="CSV", help="what is compared, one row each (default: the paper's)"
    )
    parser.add_argument("--outdir", type=Path, required=True, metavar="OUT", help="folder to write")
    parser.add_argument("--config", type=Path, metavar="YAML", help="what differs from the defaults")
    parser.add_argument(
        "--tpm",
        type=Path,
        metavar="TSV",
        help="TPM, other normalised values or their logarithms, for the groups",
    )
    parser.add_argument(
        "--gene-sets", nargs="+", metavar="GMT", help="files, or go_bp, go_mf, go_cc (default go_bp)"
    )
    parser.add_argument("--resamplings", type=at_least(1), metavar="N", help="of the consensus (1000)")
    parser.add_argument("--max-k", type=at_least(2), metavar="K", help="largest number of groups (10)")
    parser.add_argument("--groups", type=at_least(0), metavar="K", help="report K groups (default: choose)")
    parser.add_argument("--seed", type=at_least(0), metavar="S", help="of everything random (1)")
    parser.add_argument(
        "--threads", type=at_least(1), metavar="N", help="threads; the result is the same (1)"
    )
    parser.add_argument(
        "--figures", default="svg", metavar="LIST", help="formats of the figures: svg,pdf,png (svg)"
    )
    parser.add_argument(
        "--gtf", type=Path, metavar="GTF", help="annotation: draw the fusions that recur most"
    )
    parser.add_argument("--h5ad", action="store_true", help="also write cohort.h5ad (needs leukoscope[h5ad])")
    parser.add_argument("--dry-run", action="store_true", help="print what each contrast has in it, and stop")


def _cohort(args: argparse.Namespace) -> None:
    from leukoscope.cli.report import figure_formats
    from leukoscope.formats.cohort_sheet import read_cohort_sheet, read_contrast_sheet
    from leukoscope.study.settings import options_of
    from leukoscope.workers import open_workers

    settings = read_cohort_settings(args)
    sheet = read_cohort_sheet(args.samples)
    contrasts = read_contrast_sheet(args.contrasts) if args.contrasts else None
    if args.dry_run:
        _print_plan(sheet, contrasts, options_of(settings))
        return
    formats = figure_formats(args.figures)
    with open_workers(settings["threads"], COHORT_MODULES) as each:
        _write(_document(args, sheet, contrasts, settings, each), args.outdir, formats, each)
    print(args.outdir / "report.html")


def read_cohort_settings(args: argparse.Namespace) -> dict[str, Any]:
    """Return the defaults, with what the file says instead, and with what the command line says instead of that.

    Gene-set files that the file names stand relative to it.
    """
    from leukoscope.formats.settings import read_settings
    from leukoscope.knowledge.genesets import COLLECTIONS
    from leukoscope.study.settings import default_settings

    given = default_settings()
    if args.config:
        given = read_settings(args.config, given)
        folder = args.config.parent
        given["gene_sets"] = [
            name if name in COLLECTIONS else str(folder / name) for name in given["gene_sets"]
        ]
    groups = {"k": args.groups, "max_k": args.max_k, "resamplings": args.resamplings}
    given["groups"] = given["groups"] | {name: value for name, value in groups.items() if value is not None}
    own = {"seed": args.seed, "threads": args.threads, "gene_sets": args.gene_sets}
    return given | {name: value for name, value in own.items() if value is not None}


def _gene_sets(names: list[str]) -> GeneSets:
    from leukoscope.formats.gmt import read_gmt
    from leukoscope.genesets import join_gene_sets
    from leukoscope.knowledge.genesets import COLLECTIONS, shipped_gene_sets

    parts = [shipped_gene_sets(name) if name in COLLECTIONS else read_gmt(Path(name)) for name in names]
    return parts[0] if len(parts) == 1 else join_gene_sets(parts)


def _print_plan(sheet: pd.DataFrame, contrasts: pd.DataFrame | None, options: Options) -> None:
    from leukoscope.contrasts import default_contrasts, plan, read_contrasts
    from leukoscope.study.patients import describe_patients, with_risk

    patients = describe_patients(sheet, options.criteria)
    samples = with_risk(sheet, patients)
    if "blast_fraction" not in samples:
        samples = samples.assign(blast_fraction="estimated")
    for line in _inventory(sheet, patients.notes):
        print(f"leukoscope: {line}", file=sys.stderr)
    asked = default_contrasts(samples) if contrasts is None else contrasts
    print(plan(read_contrasts(asked, samples)).to_csv(sep="\t", index=False), end="")


def _inventory(sheet: pd.DataFrame, notes: tuple[str, ...]) -> list[str]:
    """Return what the sample sheet has, in sentences."""
    steps = ", ".join(f"{n} {step}" for step, n in sheet["timepoint"].value_counts().items())
    files = [
        f"{(sheet[name] != '').sum() if name in sheet else 0} with {name}" for name in ("counts", "fusions")
    ]
    first = f"{sheet['patient'].nunique()} patients, {len(sheet)} samples ({steps}); {', '.join(files)}."
    return [first, *notes]


def _document(
    args: argparse.Namespace, sheet: Any, contrasts: pd.DataFrame | None, settings: dict[str, Any], each: Each
) -> CohortDocument:
    """Analyse the cohort and return what its report is made from."""
    import numpy as np

    from leukoscope.formats.cohort_sheet import read_sheet_counts, read_sheet_fusions
    from leukoscope.formats.gtf import read_gene_model
    from leukoscope.formats.h5ad import write_h5ad
    from leukoscope.formats.matrix import read_expression
    from leukoscope.knowledge import read_knowledge
    from leukoscope.knowledge.genesets import gene_families
    from leukoscope.knowledge.subtype_tables import subtype_knowledge
    from leukoscope.report.cohort_document import document_of, exemplars_of
    from leukoscope.study import study_cohort
    from leukoscope.study.settings import options_of
    from leukoscope.tables.driver_fusions import DRIVER_FUSIONS

    folder = args.samples if args.samples.is_dir() else args.samples.parent
    collections = each(_gene_sets, [settings["gene_sets"]])  # a worker reads them beside the rest
    cohort = read_sheet_counts(sheet, folder)
    tpm = read_expression(args.tpm) if args.tpm else None
    if args.h5ad:
        _check_export(cohort)
    fusions = read_sheet_fusions(sheet, folder)
    model = read_gene_model(args.gtf) if args.gtf else None
    gene_sets = next(collections)
    study = study_cohort(
        sheet, contrasts, cohort=cohort, tpm=tpm, gene_sets=gene_sets,
        fusions=fusions,
        families=gene_families(),
        rng=np.random.default_rng(settings["seed"]),
        knowledge=subtype_knowledge(),
        drivers=read_knowledge(DRIVER_FUSIONS),
        options=options_of(settings),
        progress=_say,
        each=each,
    )  # fmt: skip
    if args.h5ad and cohort is not None:
        known = study.samples[study.samples["sample"].isin(cohort.sample_names)]
        write_h5ad(cohort.described_by(known), args.outdir / "cohort.h5ad")
    exemplars = exemplars_of(study, fusions, model) if model and fusions else ()
    return document_of(study, cohort=cohort, tpm=tpm, gene_sets=gene_sets, exemplars=exemplars)


def _check_export(cohort: Cohort | None) -> None:
    """Refuse an export that cannot be made before the analysis, not after it."""
    from importlib.util import find_spec

    from leukoscope.errors import InputError

    if cohort is None:
        raise InputError("--h5ad: the sample sheet names no counts to export.")
    if find_spec("anndata") is None:
        raise InputError("--h5ad: needs the extra 'h5ad': install leukoscope[h5ad].")


def _write(document: CohortDocument, outdir: Path, formats: tuple[str, ...], each: Each) -> None:
    from leukoscope.report.cohort_document import write_document
    from leukoscope.report.cohort_folder import write_report

    _say("tables, figures and the page")
    write_document(document, outdir, each=each)
    write_report(document, outdir, formats=formats, each=each)


def _say(what: str) -> None:
    print(f"leukoscope: {what}", file=sys.stderr)
