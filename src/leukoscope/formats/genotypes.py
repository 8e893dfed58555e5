"""Genotypes of samples from BAM files, VCFs, and tables that were written before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.errors import InputError, quote_some
from leukoscope.formats.vcf import read_allele_fractions
from leukoscope.tables.identity import GENOTYPES

if TYPE_CHECKING:
    import pandas as pd

_VCF = (".vcf", ".vcf.gz", ".vcf.bgz")
_TABLE = (".tsv", ".tsv.gz")


def is_alignment(path: Path) -> bool:
    """Tell whether a file has to be piled up: it is neither VCF nor table by its name."""
    return not path.name.endswith((*_VCF, *_TABLE))


def read_genotypes(path: Path, name: str) -> dict[str, pd.DataFrame]:
    """Return the genotypes of the samples of a VCF, or of the one sample of a table.

    A VCF says nothing of positions that it does not list.

    Parameters
    ----------
    path
        VCF, or a table (:data:`~leukoscope.tables.identity.GENOTYPES`).
    name
        What to call the sample of a table, and of a VCF that holds one sample.

    Raises
    ------
    InputError
        If the file is neither, or the VCF states no read numbers.
    """
    if path.name.endswith(_TABLE):
        return {name: GENOTYPES.read(path)}
    found = read_allele_fractions(path)
    if found.table.empty:
        raise InputError(f"{path.name}: no genotype can be read; {found.summary()}")
    sites = found.table.drop_duplicates(["sample", "chromosome", "position"])
    table = sites.assign(
        contig=sites["chromosome"],
        start=sites["position"],
        end=sites["position"] + 1,
        alternative="N",
        alternative_reads=sites["alternative"],
    )
    parts = {str(sample): GENOTYPES.check(part, source=path.name) for sample, part in table.groupby("sample")}
    return {name: next(iter(parts.values()))} if len(parts) == 1 else parts


def read_sites(path: Path) -> list[tuple[str, int, str]]:
    """Return contig, position (from 0) and reference base of the single-base sites of a VCF.

    Raises
    ------
    InputError
        If the file is no VCF, or has no such site.
    """
    from leukoscope.textfiles import open_text

    sites: dict[tuple[str, int], str] = {}
    with open_text(path) as source:
        for line in source:
            fields = line.split("\t", 5)
            if line.startswith("#") or len(fields) < 5 or not fields[1].isdigit():
                continue
            if fields[3].upper() in set("ACGT") and len(fields[4].strip()) == 1:
                sites[fields[0], int(fields[1]) - 1] = fields[3].upper()
    if not sites:
        raise InputError(f"{path.name}: no single-base site in it; a VCF of common variants is needed.")
    return [(contig, position, base) for (contig, position), base in sorted(sites.items())]


def add_samples(known: dict[str, pd.DataFrame], more: dict[str, pd.DataFrame], source: str) -> None:
    """Add samples to others; their names must differ.

    Raises
    ------
    InputError
        If a name stands for two samples.
    """
    if repeated := sorted(set(known) & set(more)):
        raise InputError(
            f"{source}: {len(repeated)} sample name(s) were given before: {quote_some(repeated)}. "
            "Name them: NAME=FILE."
        )
    known |= more
