"""The sample sheet: which files belong to which sample of which patient."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.errors import InputError, quote_some
from leukoscope.formats.fastq import mate_problem, measure
from leukoscope.tables.samples import RUN_SAMPLES, STRANDEDNESS, TIMEPOINTS
from leukoscope.textfiles import open_text

if TYPE_CHECKING:
    import pandas as pd

SMALL = 64 * 2**20  #: FASTQ files up to this size are read whole when the sheet is read

ALIASES: Mapping[str, tuple[str, ...]] = {
    "sample": ("sample_id", "sample_name", "id"),
    "patient": ("patient_id", "subject", "subject_id", "individual"),
    "timepoint": ("time_point", "condition", "stage"),
    "fastq_1": ("fastq1", "fastq_r1", "read1", "read_1", "r1", "left", "fq1"),
    "fastq_2": ("fastq2", "fastq_r2", "read2", "read_2", "r2", "right", "fq2"),
    "strandedness": ("strand", "library_strandedness"),
}
FILE_COLUMNS = ("fastq_1", "fastq_2", "bam", "counts", "fusions", "vcf")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TIMEPOINTS = {name: name for name in TIMEPOINTS} | {"diagnosis": "onset"}
_SEX = {"f": "female", "female": "female", "m": "male", "male": "male", "": "", "unknown": "", "na": ""}


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample and its files."""

    name: str
    patient: str
    timepoint: str
    strandedness: str
    lanes: tuple[tuple[Path, Path], ...] = ()  #: FASTQ files of first and second mates
    bam: Path | None = None
    counts: Path | None = None
    fusions: Path | None = None
    vcf: Path | None = None

    @property
    def entry(self) -> str:
        """The rung of the ladder on which the sample enters: fastq, bam or tables."""
        return "fastq" if self.lanes else "bam" if self.bam else "tables"


@dataclass(frozen=True, slots=True)
class SampleSheet:
    """The samples in the order of the sheet, and what the sheet says of them besides files."""

    samples: tuple[Sample, ...]
    table: pd.DataFrame  #: one row per sample, see :data:`leukoscope.tables.samples.RUN_SAMPLES`

    @property
    def patients(self) -> tuple[str, ...]:
        """Patients in the order of their first sample."""
        return tuple(dict.fromkeys(sample.patient for sample in self.samples))


@dataclass(slots=True)
class _Row:
    line: int
    values: dict[str, str]


@dataclass(slots=True)
class _Problems:
    source: str
    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, text: str) -> None:
        if (line, text) not in self.found:
            self.found.append((line, text))

    def refuse(self) -> None:
        """Raise what was found, one line each."""
        if not self.found:
            return
        lines = [f"line {line}: {text}." for line, text in sorted(self.found)]
        if len(lines) == 1:
            raise InputError(f"{self.source}: {lines[0]}")
        raise InputError("\n  ".join([f"{self.source}: {len(lines)} problems.", *lines]))


def read_sample_sheet(path: Path | str, *, check_reads: bool = True) -> SampleSheet:
    """Read a sample sheet (CSV or TSV) and check it and the files it names.

    Columns are ``sample,patient,timepoint,fastq_1,fastq_2,strandedness`` and optionally ``bam``,
    ``counts``, ``fusions``, ``vcf`` and the user's own; only ``sample`` and one file are needed.
    Rows that repeat a sample are its lanes.  Relative file names start at the sheet's folder.

    Parameters
    ----------
    path
        The sheet.
    check_reads
        Look into BAM files: their header; and FASTQ files: gzip, FASTQ, mates.  Those above 64 MB are only looked at
        their beginning; the pipeline reads them whole.

    Raises
    ------
    InputError
        With every violation, each with the number of its line.
    """
    path = Path(path)
    rows, problems = _read_rows(path)
    problems.refuse()
    for row in rows:
        _check_values(row, problems)
        _check_files(row, path.parent, problems)
    _check_lanes(rows, path.parent, problems)
    if check_reads and not problems.found:
        for row in rows:
            _check_reads(row, path.parent, problems)
    problems.refuse()
    samples = _samples(rows, path.parent)
    return SampleSheet(samples, _table(rows, samples))


def _read_rows(path: Path) -> tuple[list[_Row], _Problems]:
    problems = _Problems(path.name)
    try:
        rows = _without_empty_columns(list(_cells(path)))
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file.") from error
    except IsADirectoryError as error:
        raise InputError(f"{path}: is a folder, not a file.") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name}: not in UTF-8 ({error.reason}). In Excel save it as 'CSV UTF-8'."
        ) from error
    except csv.Error as error:
        raise InputError(f"{path.name}: not a readable CSV or TSV file ({error}).") from error
    if not rows:
        raise InputError(f"{path.name}: is empty.")
    (_, header), *body = rows
    names = [name.lower().replace(" ", "_") for name in header]
    columns = _columns(names, problems)
    found = []
    for line, cells in body:
        if len(cells) != len(names):
            problems.add(line, f"has {len(cells)} fields where the header has {len(names)}")
        else:
            found.append(_Row(line, dict(zip(columns, cells, strict=True))))
    if not found and not problems.found:
        problems.add(1, "no sample follows the header")
    return found, problems


def _cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the cells of each line that holds any."""
    with path.open("rb") as raw:
        if raw.read(2) == b"PK":
            raise InputError(f"{path.name}: an Excel workbook; save the sheet as CSV.")
    with path.open(encoding="utf-8-sig", newline="") as source:
        header = source.readline()
        delimiter = max("\t,;", key=header.count)
        source.seek(0)
        reader = csv.reader(source, delimiter=delimiter, strict=True)
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield reader.line_num, cells


def _without_empty_columns(rows: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Return the rows without columns at their end that have no name and no cell: Excel saves what once held a cell."""
    width = max([len(cells) for _, cells in rows], default=0)
    used = max([at for _, cells in rows for at, cell in enumerate(cells, start=1) if cell], default=0)
    return [(line, cells[:used] if len(cells) == width else cells) for line, cells in rows]


def _columns(names: list[str], problems: _Problems) -> list[str]:
    """Return the names of the columns with aliases replaced."""
    meant = {alias: name for name, aliases in ALIASES.items() for alias in aliases}
    columns = [meant.get(name, name) for name in names]
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    if repeated:
        problems.add(1, f"{len(repeated)} column(s) stand twice: {quote_some(repeated)}")
    if "" in columns:
        problems.add(1, f"column {columns.index('') + 1} has no name")
    if "sample" not in columns:
        problems.add(1, f"no column 'sample'; found {quote_some(columns, limit=8)}")
    elif not set(FILE_COLUMNS) & set(columns):
        problems.add(1, "no column that names a file: fastq_1 and fastq_2, bam, counts or fusions")
    return columns


def _check_values(row: _Row, problems: _Problems) -> None:
    values = row.values
    for column in ("sample", "patient"):
        name = values.get(column)
        if name is not None and not _NAME.fullmatch(name):
            problems.add(
                row.line,
                f"the {column} '{name}' is not made of A-Z, a-z, 0-9, '.', '_', '-' with a letter or digit first"
                if name
                else f"the {column} is empty",
            )
    values.setdefault("patient", values["sample"])
    timepoint = values.get("timepoint")
    if timepoint is not None and timepoint.lower() not in _TIMEPOINTS:
        problems.add(row.line, f"unknown timepoint '{timepoint}'; known: {', '.join(TIMEPOINTS)}")
    values["timepoint"] = _TIMEPOINTS.get((timepoint or "").lower(), "")
    values["strandedness"] = values.get("strandedness", "").lower() or "auto"
    if values["strandedness"] not in STRANDEDNESS:
        problems.add(
            row.line, f"unknown strandedness '{values['strandedness']}'; known: {', '.join(STRANDEDNESS)}"
        )
    _check_person(row, problems)


def _check_person(row: _Row, problems: _Problems) -> None:
    values = row.values
    if "sex" in values:
        if values["sex"].lower() not in _SEX:
            problems.add(row.line, f"unknown sex '{values['sex']}'; known: female, male, or empty")
        values["sex"] = _SEX.get(values["sex"].lower(), "")
    if values.get("age") and not _lies_within(values["age"], 130):
        problems.add(row.line, f"the age '{values['age']}' is not a number of years")
    if "blast_percent" in values:
        told = values["blast_percent"].removesuffix("%").strip()
        values["blast_percent"] = "" if told.lower() in {"na", "unknown"} else told
        if values["blast_percent"] and not _lies_within(told, 100):
            problems.add(row.line, f"blast_percent '{told}' is not a number from 0 to 100")


def _lies_within(text: str, most: float) -> bool:
    try:
        return 0 <= float(text) <= most
    except ValueError:
        return False


def _check_files(row: _Row, folder: Path, problems: _Problems) -> None:
    values = row.values
    named = {column: values[column] for column in FILE_COLUMNS if values.get(column)}
    if not named:
        problems.add(row.line, f"sample '{values['sample']}' names no file")
    for one, other in (("fastq_1", "fastq_2"), ("fastq_2", "fastq_1")):
        if one in named and other not in named:
            problems.add(row.line, f"{other} is empty; paired reads are needed")
    for column, name in named.items():
        if (folder / name).is_dir():
            problems.add(row.line, f"{column}: '{name}' is a folder, not a file")
        elif not (folder / name).is_file():
            where = (
                "" if folder == Path() or Path(name).is_absolute() else f" in the sheet's folder '{folder}'"
            )
            problems.add(row.line, f"{column}: there is no file '{name}'{where}")


def _has_column(path: Path, sample: str) -> bool:
    """Whether a count matrix names the sample in its header."""
    try:
        with open_text(path) as source:
            header = source.readline()
    except (InputError, OSError):
        return False
    return sample in {name.strip(' "\r\n') for name in re.split("[\t,;]", header)}


def _check_lanes(rows: list[_Row], folder: Path, problems: _Problems) -> None:
    """Rows of one sample must agree in all but their FASTQ files, and no file but a matrix may stand twice."""
    first: dict[str, _Row] = {}
    users: dict[str, int] = {}
    for row in rows:
        for column in ("fastq_1", "fastq_2", "bam", "counts"):
            name = row.values.get(column)
            if name and name in users:
                if column != "counts" or not _has_column(folder / name, row.values["sample"]):
                    lacks = f", and has no column '{row.values['sample']}'" if column == "counts" else ""
                    problems.add(row.line, f"{column} '{name}' was already used in line {users[name]}{lacks}")
            elif name:
                users[name] = row.line
        known = first.setdefault(row.values["sample"], row)
        if known is row:
            continue
        differing = [
            column
            for column, value in row.values.items()
            if column not in {"fastq_1", "fastq_2", "lane"} and value != known.values[column]
        ]
        if differing:
            problems.add(
                row.line,
                f"sample '{row.values['sample']}' stands in line {known.line} with another {', '.join(differing)}",
            )
        elif not row.values.get("fastq_1"):
            problems.add(row.line, f"sample '{row.values['sample']}' already stands in line {known.line}")


def _check_reads(row: _Row, folder: Path, problems: _Problems) -> None:
    """Look into the files of reads: the header of a BAM file, both mates of FASTQ files."""
    from leukoscope.formats.bam import read_bam_contigs

    if name := row.values.get("bam"):
        try:
            read_bam_contigs(folder / name)
        except InputError as error:
            problems.add(row.line, str(error).removesuffix("."))
    _check_mates(row, folder, problems)


def _check_mates(row: _Row, folder: Path, problems: _Problems) -> None:
    if not row.values.get("fastq_1"):
        return
    path1, path2 = folder / row.values["fastq_1"], folder / row.values["fastq_2"]
    try:
        if problem := mate_problem(path1, path2):
            problems.add(row.line, problem)
        elif max(path1.stat().st_size, path2.stat().st_size) <= SMALL:
            reads1, reads2 = measure(path1).reads, measure(path2).reads
            if reads1 != reads2:
                problems.add(row.line, unequal_mates(path1, path2, reads1, reads2))
    except InputError as error:
        problems.add(row.line, str(error).removesuffix("."))


def unequal_mates(path1: Path, path2: Path, reads1: int, reads2: int) -> str:
    """Say that two files of mates hold different numbers of reads."""
    return f"{path1.name} holds {reads1} reads and {path2.name} {reads2}; one of them is incomplete"


def _samples(rows: list[_Row], folder: Path) -> tuple[Sample, ...]:
    by_name: dict[str, list[_Row]] = {}
    for row in rows:
        by_name.setdefault(row.values["sample"], []).append(row)
    return tuple(_sample(group, folder) for group in by_name.values())


def _sample(rows: list[_Row], folder: Path) -> Sample:
    values = rows[0].values
    folder = folder.resolve()
    files = {column: folder / values[column] for column in FILE_COLUMNS if values.get(column)}
    return Sample(
        values["sample"],
        values["patient"],
        values["timepoint"],
        values["strandedness"],
        tuple(
            (folder / row.values["fastq_1"], folder / row.values["fastq_2"])
            for row in rows
            if row.values.get("fastq_1")
        ),
        files.get("bam"),
        files.get("counts"),
        files.get("fusions"),
        files.get("vcf"),
    )


def _table(rows: list[_Row], samples: tuple[Sample, ...]) -> pd.DataFrame:
    import pandas as pd

    first = {row.values["sample"]: row.values for row in reversed(rows)}
    described = pd.DataFrame(
        [
            {
                **{c: v for c, v in first[sample.name].items() if c not in {*FILE_COLUMNS, "lane"}},
                "entry": sample.entry,
                "lanes": len(sample.lanes),
            }
            for sample in samples
        ]
    )
    return RUN_SAMPLES.check(described, source="sample sheet")
