"""Mutations of other callers: VCF (GATK, bcftools, DRAGEN ...) and MAF."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd

from leukoscope.errors import InputError, quote_some
from leukoscope.formats.vcf import read_numbers, vcf_lines
from leukoscope.tables.mutations import MUTATION_CALLS
from leukoscope.textfiles import open_text

_SEQUENCE = set("ACGTNacgtn")
_MAF_COLUMNS = ("Chromosome", "Start_Position", "Reference_Allele", "Tumor_Seq_Allele2")


def read_vcf_calls(path: Path | str) -> pd.DataFrame:
    """Return the mutations of every sample of a VCF (:data:`~leukoscope.tables.mutations.MUTATION_CALLS`).

    Alleles are parted and trimmed of the bases they share; a genotype without the allele is left out.

    Raises
    ------
    InputError
        If the file is missing, is no VCF, or a line is cut off.
    """
    path = Path(path)
    rows: list[dict[str, Any]] = []
    for fields, samples, where in vcf_lines(path):
        if not fields[1].isdigit():
            raise InputError(f"{where}: POS is '{fields[1]}', not a number.")
        info = dict(part.partition("=")[::2] for part in fields[7].split(";"))
        keys = fields[8].split(":") if len(fields) > 8 else []
        for allele, alternative in enumerate(fields[4].split(","), start=1):
            if not set(alternative) <= _SEQUENCE:
                continue
            for at, sample in enumerate(samples):
                texts = fields[9 + at].split(":") if len(fields) > 9 + at else []
                values = dict(zip(keys, texts, strict=False))
                if "GT" in values and str(allele) not in values["GT"].replace("|", "/").split("/"):
                    continue
                reads = read_numbers(values, info if len(samples) == 1 else {}, allele)
                rows.append(
                    _trimmed(fields[0], int(fields[1]) - 1, fields[3], alternative)
                    | {
                        "sample": sample,
                        "depth": float(sum(reads)) if reads else math.nan,
                        "alternative_reads": float(reads[1]) if reads else math.nan,
                        "rejected_by": "" if fields[6] in {"PASS", ".", ""} else fields[6],
                        "protein_change": "",
                        "caller": path.name,
                    }
                )
    return MUTATION_CALLS.check(pd.DataFrame(rows, columns=MUTATION_CALLS.names), source=path.name)


def _trimmed(contig: str, position: int, reference: str, alternative: str) -> dict[str, Any]:
    """Return the alleles without the bases they share; an empty one becomes ``-`` as in MAF."""
    reference, alternative = reference.upper(), alternative.upper()
    while reference and alternative and reference[-1] == alternative[-1]:
        reference, alternative = reference[:-1], alternative[:-1]
    while reference and alternative and reference[0] == alternative[0]:
        position, reference, alternative = position + 1, reference[1:], alternative[1:]
    return {
        "contig": contig.removeprefix("chr"),
        "position": position,
        "reference": reference or "-",
        "alternative": alternative or "-",
    }


def read_maf(path: Path | str) -> pd.DataFrame:
    """Return the mutations of a MAF (:data:`~leukoscope.tables.mutations.MUTATION_CALLS`).

    Raises
    ------
    InputError
        If the file is missing, lacks a column that a MAF has, or a position is no number.
    """
    path = Path(path)
    with open_text(path) as source:
        frame = pd.read_csv(source, sep="\t", dtype=str, comment="#", keep_default_na=False)
    if missing := [name for name in _MAF_COLUMNS if name not in frame.columns]:
        raise InputError(f"{path.name}: no MAF: it lacks the column(s) {quote_some(missing)}.")
    if (wrong := ~frame["Start_Position"].str.fullmatch(r"\d+")).any():
        example = frame.loc[wrong, "Start_Position"].iloc[0]
        raise InputError(f"{path.name}: {int(wrong.sum())} row(s) have no position, e.g. '{example}'.")

    def column(name: str) -> pd.Series:
        return frame.get(name, pd.Series([""] * len(frame), dtype=object))

    placed = [
        _trimmed(contig, int(position) - (1 if reference != "-" else 0), *_alleles(reference, alternative))
        for contig, position, reference, alternative in zip(*(frame[c] for c in _MAF_COLUMNS), strict=True)
    ]
    rows = pd.DataFrame(placed, columns=["contig", "position", "reference", "alternative"]).assign(
        sample=column("Tumor_Sample_Barcode"),
        depth=pd.to_numeric(column("t_depth"), errors="coerce"),
        alternative_reads=pd.to_numeric(column("t_alt_count"), errors="coerce"),
        rejected_by=column("FILTER").where(~column("FILTER").isin(["PASS", "."]), ""),
        protein_change=column("HGVSp_Short"),
        caller=path.name,
    )
    return MUTATION_CALLS.check(rows, source=path.name)


def _alleles(reference: str, alternative: str) -> tuple[str, str]:
    return reference.replace("-", ""), alternative.replace("-", "")
