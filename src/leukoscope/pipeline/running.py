"""One run: from a sample sheet and a reference to evidence, reports and their provenance."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leukoscope.errors import InputError
from leukoscope.formats.reference import DESCRIPTION, Reference
from leukoscope.formats.samplesheet import Sample, SampleSheet, read_sample_sheet
from leukoscope.knowledge import release
from leukoscope.pipeline.lock import held
from leukoscope.pipeline.reads import read_checksums
from leukoscope.pipeline.reference import check_reference
from leukoscope.pipeline.tools import machine_memory, require_tools
from leukoscope.pipeline.workflow import STATE, Failure, run_workflow
from leukoscope.provenance import Run, created_now, package_versions, sha256_of, sha256_of_files
from leukoscope.tables.samples import RUN_SAMPLES

PUBLISHED = (
    "samples.tsv",
    "samples/*/fusions.tsv",
    "samples/*/fusions.discarded.tsv",
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run left."""

    reports: tuple[Path, ...]
    failures: tuple[Failure, ...]
    failed: tuple[str, ...]  #: samples and patients without a result


def run_pipeline(
    sheet: Path, reference: Path, outdir: Path, settings: Settings, *, say: Callable[[str], None]
) -> Outcome:
    """Run the pipeline on the samples of a sheet.

    Parameters
    ----------
    sheet
        Sample sheet, see :func:`leukoscope.formats.samplesheet.read_sample_sheet`.
    reference
        Folder made by ``leukoscope reference build``; every byte of it is compared first.
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
    checked = check_reference(reference)
    versions = _versions(samples, settings)
    if outdir.exists() and not outdir.is_dir():
        raise InputError(f"{outdir}: is a file, not a folder.")
    with held(outdir / STATE / "lock"):
        say(
            f"{len(samples.samples)} sample(s) of {len(samples.patients)} patient(s), reference {checked.name}"
        )
        return _Pipeline(samples, checked, outdir, settings, versions).run()


def _versions(sheet: SampleSheet, settings: Settings) -> dict[str, str]:
    entries = {sample.entry for sample in sheet.samples}
    needed = {"fastp", "STAR", "RSEM"} if "fastq" in entries else set()
    if settings.fusion_caller == "arriba" and entries & {"fastq", "bam"}:
        needed.add("arriba")
    return require_tools(*needed)


@dataclass(frozen=True, slots=True)
class _Pipeline:
    sheet: SampleSheet
    reference: Reference
    outdir: Path
    settings: Settings
    versions: Mapping[str, str]

    def run(self) -> Outcome:
        self._link()
        failures = self._make("samples", self.sheet.samples)
        if self.settings.dry_run:
            return Outcome((), (), ())
        lost = {failure.subject for failure in failures}
        finished = [s for s in self.sheet.samples if s.name not in lost and self._is_complete(s)]
        failed = [s.name for s in self.sheet.samples if s not in finished]
        self._forget(failed)
        self._tabulate(finished)
        self._describe(finished, failed).write(self.outdir / "run.json")
        if finished:
            failures += self._make("cohort", finished)
        patients = dict.fromkeys(sample.patient for sample in finished)
        reports = {patient: self.outdir / "patients" / patient / "report.html" for patient in patients}
        failed += [patient for patient, path in reports.items() if not path.is_file()]
        self._describe(finished, failed, published=True).write(self.outdir / "run.json")
        return Outcome(
            tuple(path for path in reports.values() if path.is_file()), tuple(failures), tuple(failed)
        )

    def _make(self, target: str, samples: Sequence[Sample]) -> list[Failure]:
        options = ["--dry-run"] if self.settings.dry_run else []
        options += ["--notemp"] if self.settings.keep else []
        return run_workflow(
            self.outdir,
            target,
            self._config(samples),
            threads=self.settings.threads,
            memory_mb=machine_memory() // 10**6,
            options=[*options, *self.settings.options],
        )

    def _config(self, samples: Sequence[Sample]) -> dict[str, Any]:
        sexes = dict(zip(self.sheet.table["sample"], self.sheet.table.get("sex", ""), strict=False))
        patients: dict[str, list[str]] = {}
        for sample in samples:
            patients.setdefault(sample.patient, []).append(sample.name)
        return {
            "samples": {
                sample.name: {
                    "lanes": [[str(path) for path in lane] for lane in sample.lanes],
                    "bam": str(sample.bam or ""),
                    "counts": str(sample.counts or ""),
                    "fusions": str(sample.fusions or ""),
                    "strandedness": sample.strandedness,
                    "sex": sexes.get(sample.name, ""),
                    "outputs": sample_outputs(sample),
                }
                for sample in samples
            },
            "patients": patients,
            "expressed": [sample.name for sample in samples if sample.lanes or sample.counts],
            "reference_description": str(self.reference.folder.resolve() / DESCRIPTION),
            "star_memory_mb": self.reference.memory_mb,
            "fusion_caller": self.settings.fusion_caller,
            "seed": self.settings.seed,
            "threads": self.settings.threads,
        }

    def _link(self) -> None:
        """Name the reference and the reads within the output folder: tools write down their command."""
        _link(self.outdir / STATE / "reference", self.reference.folder.resolve())
        for sample in self.sheet.samples:
            if len(sample.lanes) == 1:
                for mate, path in enumerate(sample.lanes[0], start=1):
                    _link(self.outdir / STATE / "reads" / f"{sample.name}_{mate}.fastq.gz", path)

    def _is_complete(self, sample: Sample) -> bool:
        return all((self.outdir / path).exists() for path in sample_outputs(sample))

    def _forget(self, failed: Sequence[str]) -> None:
        """Remove the reports of patients with a failed sample: they may tell of older inputs."""
        for sample in self.sheet.samples:
            if sample.name in failed:
                shutil.rmtree(self.outdir / "patients" / sample.patient, ignore_errors=True)

    def _tabulate(self, finished: Sequence[Sample]) -> None:
        """Write the table of finished samples, if it differs from the one that is there."""
        path, names = self.outdir / "samples.tsv", [sample.name for sample in finished]
        table = self.sheet.table[self.sheet.table["sample"].isin(names)]
        fresh = self.outdir / STATE / "samples.tsv"
        RUN_SAMPLES.write(table, fresh)
        if not path.is_file() or path.read_bytes() != fresh.read_bytes():
            fresh.replace(path)

    def _describe(self, finished: Sequence[Sample], failed: Sequence[str], *, published: bool = False) -> Run:
        files = [path for pattern in PUBLISHED for path in self.outdir.glob(pattern)] if published else []
        kept = {"samples": {s.name for s in finished}, "patients": {s.patient for s in finished}}
        own = [path for path in files if _is_current(path, self.outdir, kept)]
        description = self.reference.description
        return Run(
            software={**package_versions(), **self.versions},
            parameters={"fusion_caller": self.settings.fusion_caller},
            reference={
                "name": self.reference.name,
                "sha256": sha256_of(self.reference.folder / DESCRIPTION),
                "inputs": description["inputs"],
                "software": description["software"],
            },
            knowledge={"release": release()},
            seed=self.settings.seed,
            inputs=self._inputs(finished),
            outputs=sha256_of_files(self.outdir, own),
            failed=tuple(failed),
            created=created_now(),
        )

    def _inputs(self, finished: Sequence[Sample]) -> dict[str, str]:
        """Return the checksums of the samples' files by sample and file name."""
        found: dict[str, str] = {}
        for sample in finished:
            if sample.lanes:
                checksums = read_checksums(self.outdir / "samples" / sample.name / "reads.json")
                found |= {f"{sample.name}:{name}": checksum for name, checksum in checksums.items()}
            for path in (sample.bam, sample.counts, sample.fusions, sample.vcf):
                if path is not None:
                    found[f"{sample.name}:{path.name}"] = sha256_of(path)
        return found


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
    if sample.lanes or sample.counts:
        found += [f"{folder}/genes.tsv", f"{folder}/quality.tsv"]
    return found


def _is_current(path: Path, outdir: Path, kept: Mapping[str, set[str]]) -> bool:
    """Tell whether a file belongs to a sample or patient of this run, not of an earlier sheet."""
    top, *rest = path.relative_to(outdir).parts
    return top not in kept or rest[0] in kept[top]


def _link(link: Path, target: Path) -> None:
    """Make a symbolic link, unless it is there and right."""
    if link.is_symlink() and link.readlink() == target:
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def failure_text(outcome: Outcome) -> str:
    """Say in one line what failed, with one example."""
    first = outcome.failures[0] if outcome.failures else None
    example = f" {first.step} of {first.subject}: {first.error} (log: {first.log})" if first else ""
    names = ", ".join(outcome.failed)
    return f"{len(outcome.failed)} not finished: {names}.{example}" if names else f"a step failed.{example}"
