"""Counts as a laboratory has them: a matrix, an .h5ad, a folder of one file a sample, or a list of such files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from leukoscope.errors import InputError, quote_some
from leukoscope.formats.counts import CountsRead, read_counts
from leukoscope.formats.featurecounts import read_featurecounts
from leukoscope.formats.h5ad import read_h5ad
from leukoscope.formats.sample_counts import Strandedness, read_htseq, read_rsem, read_star
from leukoscope.textfiles import open_text

CountFileKind = Literal["RSEM", "STAR", "HTSeq", "featureCounts", "matrix"]

_ENDINGS = re.compile(
    r"([._-]?(genes\.results|ReadsPerGene\.out\.tab|htseq|counts?|tsv|txt|tab|out|gz))+$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class CountFiles:
    """Counts, and how they came."""

    read: CountsRead
    origin: str  #: in words
    left_out: tuple[str, ...] = ()  #: files of a folder that hold no counts

    def summary(self) -> str:
        """Return one line for the reader."""
        others = (
            f" ({len(self.left_out)} other file(s) there: {quote_some(self.left_out)})"
            if self.left_out
            else ""
        )
        return f"{self.origin}{others}: {self.read.summary()}"


def read_count_files(path: Path | str, *, strandedness: Strandedness = "unstranded") -> CountFiles:
    """Read counts from whatever `path` is.

    A matrix, featureCounts' table, an ``.h5ad``; a folder with RSEM's ``genes.results``, STAR's
    ``ReadsPerGene.out.tab`` or htseq-count's files, at any depth; or a table of samples with a column ``counts``
    that names such a file for each, relative to the table.

    Parameters
    ----------
    path
        File or folder.
    strandedness
        Which column of STAR's counts is taken.

    Raises
    ------
    InputError
        If nothing there holds counts, or files of several programs stand together.
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        kinds = {file: count_file_kind(file) for file in files}
        found = {file: kind for file, kind in kinds.items() if kind in {"RSEM", "STAR", "HTSeq"}}
        left_out = tuple(str(file.relative_to(path)) for file in files if file not in found)
        if not found:
            raise InputError(
                f"{path}: none of the {len(files)} file(s) there is RSEM's genes.results, STAR's "
                "ReadsPerGene.out.tab or of htseq-count. Give the matrix itself if there is one."
            )
        return _join(_named(found), path.name, strandedness, left_out)
    if path.suffix == ".h5ad":
        return CountFiles(read_h5ad(path), ".h5ad")
    kind = count_file_kind(path)
    if kind in {"RSEM", "STAR", "HTSeq"}:
        return _join(_named({path: kind}), path.name, strandedness)
    if kind == "featureCounts":
        return CountFiles(read_featurecounts(path), "featureCounts")
    listed = _listed(path)
    if listed:
        return _join(
            {sample: (file, count_file_kind(file)) for sample, file in listed.items()},
            path.name,
            strandedness,
        )
    return CountFiles(read_counts(path), "matrix")


def is_plain_matrix(path: Path | str) -> bool:
    """Return whether `path` is a table of values, which need not be counts, and nothing else that is read here."""
    path = Path(path)
    if path.is_dir() or path.suffix == ".h5ad":
        return False
    return count_file_kind(path) == "matrix" and not _listed(path)


def count_file_kind(path: Path) -> CountFileKind:
    """Return which program wrote a file, told from its first lines; what is none of them is a matrix.

    Raises
    ------
    InputError
        If there is no such file.
    """
    try:
        with open_text(path) as source:
            first = source.readline(10_000).rstrip("\r\n")
    except InputError:
        if not path.is_file():
            raise
        return "matrix"
    cells = first.split("\t")
    if first.startswith("# Program:featureCounts") or cells[:3] == ["Geneid", "Chr", "Start"]:
        return "featureCounts"
    if cells[0] == "gene_id" and "expected_count" in cells:
        return "RSEM"
    if cells[0] == "N_unmapped" and len(cells) == 4:
        return "STAR"
    if len(cells) == 2 and cells[1].isdecimal() and cells[0].lower() not in {"", "gene", "gene_id", "geneid"}:
        return "HTSeq"
    return "matrix"


def _named(found: Mapping[Path, CountFileKind]) -> dict[str, tuple[Path, CountFileKind]]:
    """Return the files by sample: the file's name without endings, or its folder's if that leaves nothing."""
    named: dict[str, tuple[Path, CountFileKind]] = {}
    for file, kind in found.items():
        sample = _ENDINGS.sub("", file.name) or file.parent.name
        if sample in named:
            raise InputError(
                f"{named[sample][0]} and {file}: both would be sample '{sample}'. List the files in a table with "
                "columns sample and counts."
            )
        named[sample] = (file, kind)
    return named


def _join(
    files: Mapping[str, tuple[Path, CountFileKind]],
    source: str,
    strandedness: Strandedness,
    left_out: tuple[str, ...] = (),
) -> CountFiles:
    kinds = sorted({kind for _, kind in files.values()})
    paths = {sample: file for sample, (file, _) in files.items()}
    if len(kinds) > 1:
        examples = [next(file.name for file, of in files.values() if of == kind) for kind in kinds]
        raise InputError(
            f"{source}: holds counts of {' and '.join(kinds)} (e.g. {quote_some(examples)}); the counts of different "
            "programs cannot be compared. Give the files of one."
        )
    if kinds == ["RSEM"]:
        return CountFiles(read_rsem(paths), f"{len(paths)} RSEM file(s)", left_out)
    if kinds == ["HTSeq"]:
        return CountFiles(read_htseq(paths), f"{len(paths)} htseq-count file(s)", left_out)
    if kinds == ["STAR"]:
        read = read_star(paths, strandedness=strandedness)
        return CountFiles(read, f"{len(paths)} STAR file(s), column '{strandedness}'", left_out)
    raise InputError(
        f"{source}: lists files that are no counts of one sample, e.g. {quote_some(list(map(str, paths.values())))}."
    )


def _listed(path: Path) -> dict[str, Path]:
    """Return the files of a table with columns sample and counts; nothing if it is no such table."""
    with open_text(path) as source:
        header = source.readline().rstrip("\r\n").split("\t")
        if not {"sample", "counts"} <= set(header):
            return {}
        rows = pd.read_csv(source, sep="\t", names=header, dtype=str, keep_default_na=False)
    repeated = sorted(rows.loc[rows["sample"].duplicated(), "sample"].unique())
    if repeated:
        raise InputError(f"{path.name}: {len(repeated)} sample(s) stand twice: {quote_some(repeated)}.")
    return {sample: path.parent / name for sample, name in zip(rows["sample"], rows["counts"], strict=True)}
