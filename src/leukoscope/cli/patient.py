"""`leukoscope patient`: the diagnosis of one patient from the tables of a run."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leukoscope.cli.reference import add_reference_cohort

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.diagnosis import Knowledge, SampleEvidence
    from leukoscope.diagnosis.values import Named, Provenance
    from leukoscope.tables import Table

EXAMPLE = """example:
  leukoscope patient --samples out/samples.tsv --patient P1 --evidence out --outdir out/patients/P1

Read are out/samples/<sample>/{quality,fusions,genes,variants,candidates,deletions}.tsv,
out/subtypes.tsv and out/identity.tsv; what is missing is reported as not assessable.
Written are diagnosis.json and report.html.
"""

TABLES = ("quality.tsv", "fusions.tsv", "genes.tsv", "variants.tsv", "candidates.tsv", "deletions.tsv")


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb ``patient``."""
    parser = verbs.add_parser(
        "patient",
        help="put the findings of one patient together in a diagnosis and a report",
        description="Put the tables of a patient's samples together in one diagnosis (JSON) and one report (HTML).",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--samples", type=Path, required=True, metavar="S", help="sample sheet, or samples.tsv of a run"
    )
    parser.add_argument("--patient", required=True, metavar="P", help="patient, as the sheet names it")
    parser.add_argument("--evidence", type=Path, required=True, metavar="OUT", help="folder of the run")
    parser.add_argument(
        "--reference", type=Path, metavar="REF", help="reference of the run, to draw the fusions"
    )
    add_reference_cohort(parser)
    parser.add_argument("--outdir", type=Path, required=True, metavar="D", help="folder to write to")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Read the evidence, diagnose, write JSON and HTML."""
    from leukoscope.diagnosis import diagnose, to_json
    from leukoscope.formats.reference import open_reference
    from leukoscope.publishing import publish_text
    from leukoscope.report.patient import patient_report

    samples = _samples(args.samples, args.patient)
    evidence = [_evidence(args.evidence, row) for row in samples.to_dict("records")]
    knowledge = read_tables()
    provenance = _provenance(args.evidence, samples, knowledge)
    if args.reference_cohort:
        knowledge, provenance = _with_cohort(args.reference_cohort, knowledge, provenance)
    gene_model = open_reference(args.reference).gene_model() if args.reference else None
    document = to_json(diagnose(args.patient, evidence, knowledge, provenance, gene_model=gene_model))
    publish_text(args.outdir / "diagnosis.json", document)
    publish_text(args.outdir / "report.html", patient_report(document))


def _with_cohort(path: Path, knowledge: Knowledge, provenance: Provenance) -> tuple[Knowledge, Provenance]:
    """Return the knowledge with the user's reference cohort of marker genes, and its name in the provenance."""
    from dataclasses import replace

    from leukoscope.diagnosis.values import Named
    from leukoscope.subtyping.reference_cohort import apply_cohort
    from leukoscope.tables.subtyping import REFERENCE_COHORT

    cohort = REFERENCE_COHORT.read(path)
    told = "; ".join(
        sorted({f"{row.cohort}, {row.samples} samples, {row.checksum}" for row in cohort.itertuples()})
    )
    parameters = sorted(
        (*provenance.parameters, Named("reference cohort", told)), key=lambda named: named.name
    )
    return (
        replace(knowledge, markers=apply_cohort(knowledge.markers, cohort, symbol="gene")),
        replace(provenance, parameters=tuple(parameters)),
    )


def read_tables() -> Knowledge:
    """Return the shipped tables that a diagnosis needs, with their checksums."""
    from leukoscope.diagnosis import Knowledge
    from leukoscope.knowledge import knowledge_path, read_knowledge, release
    from leukoscope.provenance import sha256_of
    from leukoscope.tables import driver_fusions, knowledge

    tables = {
        "drivers": driver_fusions.DRIVER_FUSIONS,
        "targets": knowledge.TARGETS,
        "markers": knowledge.MARKERS,
        "therapies": knowledge.THERAPIES,
        "responses": knowledge.RESPONSES,
        "references": knowledge.REFERENCES,
    }
    files = {table.name.replace("-", "_") + ".tsv" for table in tables.values()}
    return Knowledge(
        release=release(),
        checksums={name: sha256_of(knowledge_path(name)) for name in sorted(files)},
        **{name: read_knowledge(table) for name, table in tables.items()},
    )


def _samples(path: Path, patient: str) -> pd.DataFrame:
    from leukoscope.errors import InputError, quote_some
    from leukoscope.formats.samplesheet import read_sample_sheet
    from leukoscope.tables.samples import RUN_SAMPLES

    of_a_run = path.name == "samples.tsv"
    table = RUN_SAMPLES.read(path) if of_a_run else read_sample_sheet(path, check_reads=False).table
    found = table[table["patient"] == patient]
    if found.empty:
        known = sorted(set(table["patient"]))
        raise InputError(f"{path.name}: no sample of a patient '{patient}'; there are {quote_some(known)}.")
    return found


def _evidence(folder: Path, row: dict[Any, Any]) -> SampleEvidence:
    from leukoscope.diagnosis import SampleEvidence
    from leukoscope.tables.deletions import DELETIONS
    from leukoscope.tables.fusions import FUSIONS
    from leukoscope.tables.identity import IDENTITY_SAMPLES
    from leukoscope.tables.mutations import MUTATION_CANDIDATES
    from leukoscope.tables.quality import GENE_EXPRESSION, QUALITY
    from leukoscope.tables.subtyping import SUBTYPE_CALLS
    from leukoscope.tables.variants import VARIANTS

    own = folder / "samples" / str(row["sample"])
    calls = _read(SUBTYPE_CALLS, folder / "subtypes.tsv")
    identity = _read(IDENTITY_SAMPLES, folder / "identity.tsv")
    doubts = () if identity is None else identity.loc[identity["sample"] == row["sample"], "conflicts"]
    return SampleEvidence(
        sample=str(row["sample"]),
        timepoint=str(row["timepoint"]),
        details=_details(row),
        quality=_read(QUALITY, own / "quality.tsv"),
        fusions=_read(FUSIONS, own / "fusions.tsv"),
        fusions_given=str(row.get("entry")) == "tables",
        genes=_read(GENE_EXPRESSION, own / "genes.tsv"),
        variants=_read(VARIANTS, own / "variants.tsv"),
        candidates=_read(MUTATION_CANDIDATES, own / "candidates.tsv"),
        identity=tuple(text for told in doubts for text in told.split("; ") if text),
        deletions=_read(DELETIONS, own / "deletions.tsv"),
        subtype=None if calls is None else calls[calls["sample"] == row["sample"]],
    )


def _details(row: dict[Any, Any]) -> dict[str, str]:
    known = {"sample", "patient", "timepoint", "lanes", "entry"}
    texts = {str(name): value for name, value in row.items() if name not in known and value == value}
    return {name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in texts.items()}


def _read(table: Table, path: Path) -> pd.DataFrame | None:
    return table.read(path) if path.exists() else None


def _provenance(folder: Path, samples: pd.DataFrame, knowledge: Knowledge) -> Provenance:
    from leukoscope.diagnosis.values import FileChecksum, Provenance
    from leukoscope.provenance import read_run, sha256_of_files
    from leukoscope.version import __version__

    of_run = read_run(folder / "run.json") if (folder / "run.json").exists() else None
    own = [folder / "samples" / name / table for name in samples["sample"] for table in TABLES]
    files = [path for path in (*own, folder / "subtypes.tsv", folder / "identity.tsv") if path.exists()]
    return Provenance(
        software="leukoscope",
        version=__version__,
        knowledge_release=knowledge.release,
        tools=_named(of_run.software if of_run else {}),
        parameters=_named({**of_run.parameters, "reference": of_run.reference["name"]} if of_run else {}),
        inputs=tuple(FileChecksum(name, digest) for name, digest in sha256_of_files(folder, files).items()),
        knowledge=tuple(FileChecksum(name, digest) for name, digest in knowledge.checksums.items()),
    )


def _named(told: Mapping[str, object]) -> tuple[Named, ...]:
    from leukoscope.diagnosis.values import Named

    return tuple(Named(name, str(value)) for name, value in sorted(told.items()))
