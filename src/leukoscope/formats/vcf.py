"""Allele fractions of single-base variants in a VCF of RNA, whichever caller wrote it.

Depths come from ``AD`` (GATK, DRAGEN, FreeBayes), ``DP4`` (bcftools), ``RO``/``AO`` (FreeBayes),
``AF`` or ``VAF`` with ``DP`` (DRAGEN, DeepVariant), ``FREQ`` with ``DP`` (VarScan); without any of these
a genotype alone tells nothing of fractions, and the site is left out and counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from leukoscope.errors import InputError, quote_some
from leukoscope.tables.identity import GENOTYPES
from leukoscope.tables.karyotype import ALLELE_FRACTIONS
from leukoscope.textfiles import open_text

_CHROMOSOME = re.compile(r"^(?:chr)?(\d{1,2}|X|Y)$", re.IGNORECASE)
_BASES = set("ACGTacgt")


@dataclass(frozen=True, slots=True, eq=False)
class AlleleFractions:
    """Sites that were read, and how many were left out."""

    table: pd.DataFrame  #: :data:`~leukoscope.tables.karyotype.ALLELE_FRACTIONS`
    n_without_depth: int  #: single-base variants whose reads are not stated
    n_other: int  #: indels, several alternative bases, other contigs

    def summary(self) -> str:
        """Return one line for the reader."""
        return (
            f"{len(self.table)} sites with allele fractions; left out: {self.n_without_depth} without read numbers, "
            f"{self.n_other} that are no single-base variant of a chromosome."
        )


def read_allele_fractions(path: Path | str) -> AlleleFractions:
    """Read the single-base variants of every sample of a VCF (plain, gzip or bgzip).

    Positions become 0-based.  A VCF of one sample without a name column is given the sample ``""``.

    Raises
    ------
    InputError
        If the file is missing, is no VCF, or a line is cut off.
    """
    path = Path(path)
    rows: list[tuple[str, str, int, int, int, bool]] = []
    n_without, n_other = 0, 0
    for fields, samples, where in vcf_lines(path):
        found = _site(fields, samples, where)
        if found is None:
            n_other += 1
            continue
        n_without += len(samples) - len(found)
        rows += found
    frame = pd.DataFrame(rows, columns=ALLELE_FRACTIONS.names)
    return AlleleFractions(ALLELE_FRACTIONS.check(frame, source=path.name), n_without, n_other)


def read_fractions(named: Sequence[tuple[str, Path]]) -> pd.DataFrame:
    """Return the allele fractions of several files (:data:`~leukoscope.tables.karyotype.ALLELE_FRACTIONS`).

    Parameters
    ----------
    named
        Files with the sample that each belongs to, or ``""`` to take the names of the VCF.  Of a VCF of
        several samples the named one is taken, the only sample of a VCF whatever it is called.  A file that
        ends in ``.tsv`` or ``.tsv.gz`` is a table that ``leukoscope genotypes`` wrote.

    Raises
    ------
    InputError
        As :func:`read_allele_fractions`, or if a VCF lacks the named sample.
    """
    parts = [_fractions_of(name, path) for name, path in named]
    found = [part for part in parts if not part.empty]
    return pd.concat(found, ignore_index=True) if found else ALLELE_FRACTIONS.empty()


def _fractions_of(name: str, path: Path) -> pd.DataFrame:
    if path.name.endswith((".tsv", ".tsv.gz")):
        table = GENOTYPES.read(path)
        seen = table[(table["alternative"] != "") & table["contig"].str.fullmatch(_CHROMOSOME)]
        return ALLELE_FRACTIONS.check(
            pd.DataFrame(
                {
                    "sample": name,
                    "chromosome": seen["contig"].str.upper(),
                    "position": seen["start"],
                    "depth": seen["depth"],
                    "alternative": seen["alternative_reads"],
                    "in_dbsnp": False,
                }
            )
        )
    table = read_allele_fractions(path).table
    names = sorted(set(table["sample"]))
    if not name or not names:
        return table
    if len(names) > 1 and name not in names:
        raise InputError(f"{path.name}: holds no sample '{name}'; there are {quote_some(names)}.")
    own = table if len(names) == 1 else table[table["sample"] == name]
    return own.assign(sample=name)


def vcf_lines(path: Path) -> Iterator[tuple[list[str], list[str], str]]:
    """Yield the fields of each line of a VCF, the names of its samples (``""`` if none), and where it stands.

    Raises
    ------
    InputError
        If the file is missing, is no VCF, or a line is cut off.
    """
    samples: list[str] | None = None
    with open_text(path) as source:
        for number, line in enumerate(source, start=1):
            if line.startswith("##") or not line.strip():
                continue
            fields = line.rstrip("\n").rstrip("\r").split("\t")
            if line.startswith("#CHROM"):
                samples = fields[9:] or [""]
                continue
            if samples is None:
                raise InputError(f"{path.name}: line {number} comes before the #CHROM line: this is no VCF.")
            if len(fields) < 8:
                raise InputError(
                    f"{path.name}: line {number} has {len(fields)} fields, a VCF needs 8: was it cut off?"
                )
            yield fields, samples, f"{path.name}: line {number}"
    if samples is None:
        raise InputError(f"{path.name}: no #CHROM line: this is no VCF.")


def _site(
    fields: list[str], samples: list[str], where: str
) -> list[tuple[str, str, int, int, int, bool]] | None:
    """Return one row per sample with known reads; None if the line is no single-base variant."""
    chromosome = _CHROMOSOME.match(fields[0])
    alternatives = [a for a in fields[4].split(",") if a not in {"<*>", "<NON_REF>", "*"}]
    single = len(alternatives) == 1 and len(alternatives[0]) == 1 and alternatives[0] in _BASES
    if chromosome is None or not single or len(fields[3]) != 1:
        return None
    try:
        position = int(fields[1]) - 1
    except ValueError:
        raise InputError(f"{where}: POS is '{fields[1]}', not a number.") from None
    info = dict(part.partition("=")[::2] for part in fields[7].split(";"))
    keys = fields[8].split(":") if len(fields) > 8 else []
    rows = []
    for at, sample in enumerate(samples):
        texts = fields[9 + at].split(":") if len(fields) > 9 + at else []
        reads = read_numbers(dict(zip(keys, texts, strict=False)), info if len(samples) == 1 else {})
        if reads is not None and sum(reads) > 0:
            rows.append(
                (
                    sample,
                    chromosome.group(1).upper(),
                    position,
                    sum(reads),
                    reads[1],
                    fields[2].startswith("rs"),
                )
            )
    return rows


def read_numbers(values: dict[str, str], info: dict[str, str], allele: int = 1) -> tuple[int, int] | None:
    """Return reads of the reference and of an alternative allele, from the first field that states them.

    Parameters
    ----------
    values, info
        Fields of the sample, and of the line where they may be taken from it.
    allele
        Number of the alternative; of a second one only ``AD`` tells.
    """
    pair = _whole(values.get("AD", info.get("AD", "")))
    if pair is not None and len(pair) > allele:
        return pair[0], pair[allele]
    if allele > 1:
        return None
    strands = _whole(values.get("DP4", info.get("DP4", "")))
    if strands is not None and len(strands) == 4:
        return strands[0] + strands[1], strands[2] + strands[3]
    reference, alternative = (_whole(values.get(key, info.get(key, ""))) for key in ("RO", "AO"))
    if reference and alternative:
        return reference[0], alternative[0]
    depth = _whole(values.get("DP", info.get("DP", "")))
    fraction = next(
        (values.get(k) or info.get(k) for k in ("AF", "VAF", "FREQ") if values.get(k) or info.get(k)), None
    )
    if not depth or fraction is None or ("AF" in info and "AF" not in values and "VAF" not in values):
        return None  # AF of the INFO field is a population or genotype frequency
    try:
        share = float(fraction.split(",")[0].rstrip("%")) / (100 if "%" in fraction else 1)
    except ValueError:
        return None
    n_alternative = round(depth[0] * min(max(share, 0.0), 1.0))
    return depth[0] - n_alternative, n_alternative


def _whole(text: str) -> list[int] | None:
    try:
        return [int(part) for part in text.split(",")] if text else None
    except ValueError:
        return None
