"""Tables of evidence for many samples: one long table, one file per sample, or a folder of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from leukoscope.errors import InputError, quote_some
from leukoscope.formats.fusion_tables import read_fusions
from leukoscope.tables.cohort import SAMPLES
from leukoscope.tables.contract import Column, Table
from leukoscope.tables.subtyping import VARIANT_EVIDENCE
from leukoscope.textfiles import open_text

_LONG_FUSIONS = Table(
    "fusions-of-samples",
    1,
    (),
    (
        Column("sample", "str", "", "Name of the sample"),
        Column("gene1", "str", "", "Gene at the 5' end"),
        Column("gene2", "str", "", "Gene at the 3' end"),
        Column("type", "str", "", "Event type", optional=True),
        Column("reading_frame", "str", "", "Reading frame", optional=True),
        Column("split_reads1", "int64", "fragments", "Split reads", optional=True),
        Column("split_reads2", "int64", "fragments", "Split reads", optional=True),
        Column("discordant_mates", "int64", "fragments", "Discordant mates", optional=True),
        Column("confidence", "str", "", "high, medium or low", optional=True),
        Column("driver_class", "str", "", "Class that it defines", optional=True),
        Column("plausibility", "str", "", "Warnings", optional=True),
    ),
    missing=".",
    header_prefix="#",
)
_NAMES = ("{}/fusions.tsv", "{}.fusions.tsv", "{}.tsv", "samples/{}/fusions.tsv")


def read_fusions_of(path: Path, samples: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the fusions of every sample that has a table.

    Parameters
    ----------
    path
        A table with a column ``sample``; a table of any caller, if there is one sample; or a folder
        with ``<sample>/fusions.tsv``, ``<sample>.fusions.tsv`` or ``<sample>.tsv``.
    samples
        Names of the samples.

    Raises
    ------
    InputError
        If nothing there belongs to any sample, or the table of one sample is given for many.
    """
    if path.is_dir():
        files = _files(path, samples, _NAMES)
        return {sample: read_fusions(file) for sample, file in files.items()}
    if {"sample", "gene1"} <= set(_columns(path)):  # CICERO, too, has a column sample
        table = _LONG_FUSIONS.read(path)
        return {sample: table[table["sample"] == sample] for sample in samples}
    _refuse_many(path, samples)
    return {samples[0]: read_fusions(path)}


def read_variants_of(path: Path, samples: Sequence[str]) -> pd.DataFrame:
    """Return the hot spots of all samples (:data:`~leukoscope.tables.subtyping.VARIANT_EVIDENCE`).

    `path` is as for :func:`read_fusions_of`, of tables that ``leukoscope variants`` wrote.

    Raises
    ------
    InputError
        As :func:`read_fusions_of`.
    """
    own = Table("variants", 1, (), VARIANT_EVIDENCE.columns[1:])
    if path.is_dir():
        names = tuple(name.replace("fusions", "variants") for name in _NAMES)
        parts = [
            own.read(file).assign(sample=sample) for sample, file in _files(path, samples, names).items()
        ]
        return VARIANT_EVIDENCE.check(pd.concat(parts, ignore_index=True))
    if "sample" in _columns(path):
        return VARIANT_EVIDENCE.read(path)
    _refuse_many(path, samples)
    return VARIANT_EVIDENCE.check(own.read(path).assign(sample=samples[0]))


def _files(folder: Path, samples: Sequence[str], names: Sequence[str]) -> dict[str, Path]:
    found = {}
    for sample in samples:
        existing = [
            folder / name.format(sample) for name in names if (folder / name.format(sample)).is_file()
        ]
        if existing:
            found[sample] = existing[0]
    if not found:
        raise InputError(
            f"{folder}: no table of any of the {len(samples)} samples; looked for e.g. '{names[0].format(samples[0])}'."
        )
    return found


def _columns(path: Path) -> list[str]:
    with open_text(path, "table") as source:
        return source.readline().lstrip("#").strip("\r\n").split("\t")


def _refuse_many(path: Path, samples: Sequence[str]) -> None:
    if len(samples) != 1:
        raise InputError(
            f"{path.name}: a table without a column 'sample' belongs to one sample, but there are {len(samples)}: "
            f"{quote_some(list(samples))}. Add the column, or give a folder with one table per sample."
        )


def read_sample_facts(path: Path) -> dict[str, dict[str, str]]:
    """Return what a table says of each sample: sex, subtype, whatever its columns are.

    Raises
    ------
    InputError
        If the file is missing, has no column ``sample``, or names a sample twice.
    """
    with open_text(path, "table") as source:
        header = source.readline()
    delimiter = max("\t,;", key=header.count)
    with open_text(path, "table") as source:
        frame = pd.read_csv(source, sep=delimiter, dtype=str, keep_default_na=False)
    checked = SAMPLES.check(frame, source=path.name)
    return {row["sample"]: {str(k): str(v) for k, v in row.items()} for row in checked.to_dict("records")}
