"""One run: from a sample sheet and a reference to evidence, reports and their provenance."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leukoscope.errors import InputError, quote_some
from leukoscope.formats.reference import DESCRIPTION, Reference
from leukoscope.formats.samplesheet import Sample, SampleSheet, read_sample_sheet
from leukoscope.knowledge import knowledge_path, release
from leukoscope.pipeline.lock import held
from leukoscope.pipeline.reads import read_checksums
from leukoscope.pipeline.reference import check_reference
from leukoscope.pipeline.tools import machine_memory, require_tools
from leukoscope.pipeline.workflow import STATE, Failure, run_workflow, workflow_checksum
from leukoscope.provenance import Run, created_now, package_versions, sha256_of, sha256_of_files
from leukoscope.tables.samples import RUN_SAMPLES
from leukoscope.version import __version__

PUBLISHED = (
    "samples.tsv",
    "subtypes.tsv",
    "karyotype.tsv",
    "ploidy.tsv",
    "identity.tsv",
    "identity_pairs.tsv",
    "samples/*/fusions.tsv",
    "samples/*/fusions.discarded.tsv",
    "samples/*/variants.tsv",
    "samples/*/candidates.tsv",
    "samples/*/genotypes.tsv.gz",
    "samples/*/deletions.tsv",
    "samples/*/genes.tsv",
    "samples/*/quality.tsv",
    "samples/*/alignment/SJ.out.tab",
    "samples/*/alignment/ReadsPerGene.out.tab",
    "samples/*/alignment/Chimeric.out.junction",
    "expression/*.tsv.gz",
    "patients/*/diagnosis.json",
    "patients/*/report.html",
)
"""Files whose bytes follow from the inputs; logs and alignments also tell the time and the threads."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run."""

    threads: int = 1
    fusion_caller: str = "leukoscope"  #: or "arriba"
    seed: int = 1
    keep: bool = False  #: keep trimmed reads and other large intermediates
    dry_run: bool = False
    options: tuple[str, ...] = ()  #: for Snakemake
    reference_cohort: Path | None = None  #: the user's own patients as the reference of marker genes


_LEAVES = {
    "strandedness",
    "quantify",
    "genes",
    "fusions",
    "arriba",
    "variants",
    "deletions",
    "genotypes",
    "quality",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run left."""

    reports: tuple[Path, ...]
    failures: tuple[Failure, ...]
    failed: tuple[str, ...]  #: samples and patients without a result


def run_pipeline(
    sheet: Path, reference: Path | None, outdir: Path, settings: Settings, *, say: Callable[[str], None]
) -> Outcome:
    """Run the pipeline on the samples of a sheet.

    Parameters
    ----------
    sheet
        Sample sheet, see :func:`leukoscope.formats.samplesheet.read_sample_sheet`.
    reference
        Folder made by ``leukoscope reference build``; every byte of it is compared first.  None if the samples
        enter with counts and fusion tables alone.
    outdir
        Output folder; a run that was interrupted goes on where it stopped.
    settings
        How to run.
    say
        Told about each stage.

    Raises
    ------
    InputError
        If the sheet is faulty, or another run owns `outdir`.
    ReferenceDataError
        If the reference is not as it was built.
    ToolError
        If a tool is missing or Snakemake fails; a failed step is no error but part of the outcome.
    """
    samples = read_sample_sheet(sheet)
    checked = check_reference(reference) if reference else None
    if checked is None:
        _refuse_reads(samples)
    versions = _versions(samples, settings)
    if outdir.exists() and not outdir.is_dir():
        raise InputError(f"{outdir}: is a file, not a folder.")
    with held(outdir / STATE / "lock"):
        say(
            f"{len(samples.samples)} sample(s) of {len(samples.patients)} patient(s), "
            + (f"reference {checked.name}" if checked else "no reference: genes are taken by name")
        )
        return _Pipeline(samples, checked, outdir, settings, versions).run()


def _refuse_reads(sheet: SampleSheet) -> None:
    """Refuse samples that cannot be read without a reference."""
    needing = [sample.name for sample in sheet.samples if sample.lanes or sample.bam or sample.vcf]
    if needing:
        raise InputError(
            f"{len(needing)} sample(s) enter with reads, an alignment or mutations, which need --reference REF: "
            f"{quote_some(needing)}."
        )


def _versions(sheet: SampleSheet, settings: Settings) -> dict[str, str]:
    entries = {sample.entry for sample in sheet.samples}
    needed = {"fastp", "STAR", "RSEM"} if "fastq" in entries else set()
    if settings.fusion_caller == "arriba" and entries & {"fastq", "bam"}:
        needed.add("arriba")
    return require_tools(*needed)


@dataclass(frozen=True, slots=True)
class _Pipeline:
    sheet: SampleSheet
    reference: Reference | None
    outdir: Path
    settings: Settings
    versions: Mapping[str, str]

    def run(self) -> Outcome:
        self._link()
        failures = self._make("samples", {s: sample_outputs(s) for s in self.sheet.samples})
        if self.settings.dry_run:
            return Outcome((), tuple(failures), ())
        failed = self._unfinished(failures)
        for sample in failed:
            self._forget(sample, failures)
        evidence = {s: self._present(s) for s in self.sheet.samples}
        if not _expressed(evidence):
            (self.outdir / "subtypes.tsv").unlink(missing_ok=True)
        self._tabulate()
        self._describe(failed, published=False)
        if any(evidence.values()):
            failures += self._make("cohort", evidence)
        patients = [self.outdir / "patients" / name / "report.html" for name in self.sheet.patients]
        lost = [f"sample {sample.name}" for sample in failed]
        lost += [f"patient {path.parent.name}" for path in patients if not path.is_file()]
        self._describe(failed, published=True)
        return Outcome(tuple(p for p in patients if p.is_file()), tuple(failures), tuple(lost))

    def _unfinished(self, failures: Sequence[Failure]) -> list[Sample]:
        named = {failure.subject for failure in failures}
        return [
            s for s in self.sheet.samples if s.name in named or len(self._present(s)) < len(sample_outputs(s))
        ]

    def _present(self, sample: Sample) -> list[str]:
        return [path for path in sample_outputs(sample) if (self.outdir / path).exists()]

    def _forget(self, sample: Sample, failures: Sequence[Failure]) -> None:
        """Remove what an earlier run left and this one did not renew: it may tell of other reads.

        If a step failed that all others build on, no table of the sample was renewed; else
        each is current, or was removed when its own step began.  The patient's report goes
        in any case; a new one says what is not assessable.
        """
        shutil.rmtree(self.outdir / "patients" / sample.patient, ignore_errors=True)
        steps = {failure.step for failure in failures if failure.subject == sample.name}
        if not steps or not steps <= _LEAVES:
            for path in self._present(sample):
                (self.outdir / path).unlink()

    def _make(self, target: str, evidence: Mapping[Sample, Sequence[str]]) -> list[Failure]:
        options = ["--dry-run"] if self.settings.dry_run else []
        options += ["--notemp"] if self.settings.keep else []
        return run_workflow(
            self.outdir,
            target,
            self._config(evidence),
            threads=self.settings.threads,
            memory_mb=machine_memory() // 10**6,
            options=[*options, *self.settings.options],
        )

    def _config(self, evidence: Mapping[Sample, Sequence[str]]) -> dict[str, Any]:
        sexes = dict(zip(self.sheet.table["sample"], self.sheet.table.get("sex", ""), strict=False))
        blasts = dict(
            zip(self.sheet.table["sample"], self.sheet.table.get("blast_percent", ""), strict=False)
        )
        patients: dict[str, list[str]] = {}
        for sample in evidence:
            patients.setdefault(sample.patient, []).append(sample.name)
        told = {sample.patient for sample, outputs in evidence.items() if outputs}
        used = self.reference
        return {
            "samples": {
                sample.name: {
                    "lanes": [[str(path) for path in lane] for lane in sample.lanes],
                    "bam": str(sample.bam or ""),
                    "counts": str(sample.counts or ""),
                    "fusions": str(sample.fusions or ""),
                    "vcf": str(sample.vcf or ""),
                    "strandedness": sample.strandedness,
                    "sex": sexes.get(sample.name, ""),
                    "blasts": "" if sample.timepoint == "remission" else str(blasts.get(sample.name, "")),
                    "outputs": outputs,
                }
                for sample, outputs in evidence.items()
            },
            "patients": {name: samples for name, samples in patients.items() if name in told},
            "expressed": _expressed(evidence),
            "genotyped": any(f"samples/{s.name}/genotypes.tsv.gz" in paths for s, paths in evidence.items()),
            "software": {"leukoscope": __version__, **self.versions},
            "reference_description": str(used.folder.resolve() / DESCRIPTION) if used else "",
            "star_memory_mb": used.memory_mb if used else 0,
            "fusion_caller": self.settings.fusion_caller,
            "reference_cohort": str(cohort.resolve()) if (cohort := self.settings.reference_cohort) else "",
            "seed": self.settings.seed,
            "threads": self.settings.threads,
        }

    def _link(self) -> None:
        """Name the reference and the reads within the output folder: tools write down their command."""
        if self.reference:
            _link(self.outdir / STATE / "reference", self.reference.folder.resolve())
        for sample in self.sheet.samples:
            if len(sample.lanes) == 1:
                for mate, path in enumerate(sample.lanes[0], start=1):
                    _link(self.outdir / STATE / "reads" / f"{sample.name}_{mate}.fastq.gz", path)

    def _tabulate(self) -> None:
        """Write the table of samples, if it differs from the one that is there."""
        path, fresh = self.outdir / "samples.tsv", self.outdir / STATE / "samples.tsv"
        RUN_SAMPLES.write(self.sheet.table, fresh)
        if not path.is_file() or path.read_bytes() != fresh.read_bytes():
            fresh.replace(path)

    def _describe(self, failed: Sequence[Sample], *, published: bool) -> None:
        """Write ``run.json``: first for the reports, which quote it, then with the checksums of all."""
        run = Run(
            software={**package_versions(), **self.versions},
            parameters={"fusion_caller": self.settings.fusion_caller, "workflow_sha256": workflow_checksum()},
            reference=_provenance(self.reference),
            knowledge={"release": release(), "sha256": sha256_of(knowledge_path("PROVENANCE.toml"))},
            seed=self.settings.seed,
            inputs=self._inputs(),
            outputs=sha256_of_files(self.outdir, self._published()) if published else {},
            failed=tuple(sample.name for sample in failed),
            created=created_now(),
        )
        run.write(self.outdir / "run.json")

    def _published(self) -> list[Path]:
        """Return the published files of this run's samples and patients, none of an earlier sheet."""
        current = {"samples": {s.name for s in self.sheet.samples}, "patients": set(self.sheet.patients)}
        found = [path for pattern in PUBLISHED for path in self.outdir.glob(pattern)]
        places = {path: path.relative_to(self.outdir).parts for path in found}
        return [p for p, (top, *rest) in places.items() if top not in current or rest[0] in current[top]]

    def _inputs(self) -> dict[str, str]:
        """Return the checksums of the samples' files by sample and file name."""
        found: dict[str, str] = {}
        checksums: dict[Path, str] = {}  # samples may share a matrix
        for sample in self.sheet.samples:
            reads = self.outdir / "samples" / sample.name / "reads.json"
            if sample.lanes and reads.is_file():
                found |= {
                    f"{sample.name}:{name}": checksum for name, checksum in read_checksums(reads).items()
                }
            for path in (sample.bam, sample.counts, sample.fusions, sample.vcf):
                if path is not None:
                    checksums[path] = checksums.get(path) or sha256_of(path)
                    found[f"{sample.name}:{path.name}"] = checksums[path]
        return found


def _provenance(reference: Reference | None) -> dict[str, Any]:
    if reference is None:
        return {"name": "none: genes by name"}
    return {
        "name": reference.name,
        "sha256": sha256_of(reference.folder / DESCRIPTION),
        "inputs": reference.description["inputs"],
        "software": reference.description["software"],
    }


def _expressed(evidence: Mapping[Sample, Sequence[str]]) -> list[str]:
    return [s.name for s, outputs in evidence.items() if f"samples/{s.name}/genes.tsv" in outputs]


def sample_outputs(sample: Sample) -> list[str]:
    """Return what the workflow must leave of a sample, by path within the output folder."""
    folder = f"samples/{sample.name}"
    found = []
    if sample.lanes:
        names = (
            "Aligned.out.bam",
            "Log.final.out",
            "SJ.out.tab",
            "ReadsPerGene.out.tab",
            "Chimeric.out.junction",
        )
        found += [
            f"{folder}/reads.json",
            f"{folder}/fastp.json",
            *(f"{folder}/alignment/{name}" for name in names),
        ]
    if sample.lanes or sample.bam or sample.fusions:
        found.append(f"{folder}/fusions.tsv")
    if sample.lanes or sample.bam:
        found += [f"{folder}/genotypes.tsv.gz", f"{folder}/deletions.tsv"]
    if sample.lanes or sample.bam or sample.vcf:
        found += [f"{folder}/variants.tsv", f"{folder}/candidates.tsv"]
    if sample.lanes or sample.counts:
        found += [f"{folder}/genes.tsv", f"{folder}/quality.tsv"]
    return found


def _link(link: Path, target: Path) -> None:
    """Make a symbolic link, unless it is there and right."""
    if link.is_symlink() and link.readlink() == target:
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def failure_text(outcome: Outcome) -> str:
    """Say in one line what failed, with one example."""
    names = ", ".join(outcome.failed)
    told = f"{len(outcome.failed)} not finished: {names}." if names else "a step failed."
    if outcome.failures:
        first, *others = outcome.failures
        told += f" {first.step} of {first.subject}: {first.error} (log: {first.log})"
        told += f"; {len(others)} more failed, see logs/" if others else ""
    return told
