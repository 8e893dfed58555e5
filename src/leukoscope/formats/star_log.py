"""`Log.final.out` and `ReadsPerGene.out.tab`: what STAR did with the reads of one sample."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.errors import InputError
from leukoscope.tables.contract import Column, Table
from leukoscope.textfiles import open_text

if TYPE_CHECKING:
    import pandas as pd

_NAMES = {
    "input_reads": "Number of input reads",
    "average_input_length": "Average input read length",
    "uniquely_mapped": "Uniquely mapped reads number",
    "average_mapped_length": "Average mapped length",
    "splices": "Number of splices: Total",
    "annotated_splices": "Number of splices: Annotated (sjdb)",
    "mismatch_percent": "Mismatch rate per base, %",
    "multi_mapped": "Number of reads mapped to multiple loci",
    "too_many_loci": "Number of reads mapped to too many loci",
    "unmapped_mismatches": "Number of reads unmapped: too many mismatches",
    "unmapped_short": "Number of reads unmapped: too short",
    "unmapped_other": "Number of reads unmapped: other",
    "chimeric": "Number of chimeric reads",
}


@dataclass(frozen=True, slots=True)
class StarLog:
    """Counts of one STAR run.  A "read" of STAR is a read pair if the library is paired."""

    input_reads: int
    average_input_length: float  #: bases, both mates together
    uniquely_mapped: int
    average_mapped_length: float
    splices: int
    annotated_splices: int  #: splices known to the annotation (in 2-pass mode also of the first pass)
    mismatch_percent: float
    multi_mapped: int
    too_many_loci: int
    unmapped_mismatches: int
    unmapped_short: int
    unmapped_other: int
    chimeric: int


def read_star_log(path: Path) -> StarLog:
    """Read STAR's final log (written against STAR 2.7.10b).

    Percentages that STAR rounds to two digits are not read; they follow from the counts.

    Raises
    ------
    InputError
        If the file is missing, or is not the whole log of a finished run.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name}: not a text file, so not STAR's Log.final.out.") from error
    told = {
        key.strip(): value.strip()
        for key, bar, value in (line.partition("|") for line in text.splitlines())
        if bar
    }
    numbers = {field.name: _number(told, _NAMES[field.name], path) for field in fields(StarLog)}
    whole = {field.name for field in fields(StarLog) if field.type == "int"}
    return StarLog(**{name: int(value) if name in whole else value for name, value in numbers.items()})  # type: ignore[arg-type]


def _number(told: dict[str, str], name: str, path: Path) -> float:
    if name not in told:
        raise InputError(
            f"{path.name}: STAR's Log.final.out should have the line '{name}'. Did the STAR run finish?"
        )
    try:
        return float(told[name].removesuffix("%"))
    except ValueError as error:
        raise InputError(f"{path.name}: '{name}' is '{told[name]}', not a number.") from error


_STRAND_COUNTS = Table(
    "strand-count",
    1,
    (),
    (
        Column("gene_id", "str", "", "Gene"),
        Column("unstranded", "int64", "reads", "Reads of either strand"),
        Column("forward", "int64", "reads", "Reads whose first mate lies on the gene's strand"),
        Column("reverse", "int64", "reads", "Reads whose first mate lies on the other strand"),
    ),
)


def read_strand_counts(path: Path) -> pd.DataFrame:
    """Read STAR's ``ReadsPerGene.out.tab``: reads per gene, counted three ways.

    Returns columns ``gene_id`` (version removed), ``unstranded``, ``forward`` (read 1 on the
    strand of the gene) and ``reverse``.  The four summary lines ``N_…`` are left out.

    Raises
    ------
    InputError
        If the file is missing, or not such a table.
    """
    import pandas as pd

    with open_text(path, "ReadsPerGene.out.tab of STAR") as source:
        counted = pd.read_csv(source, sep="\t", header=None, dtype=str, keep_default_na=False)
    is_gene = ~counted[0].str.startswith("N_")
    if counted.shape[1] != len(_STRAND_COUNTS.columns) or is_gene.all() or not is_gene.any():
        raise InputError(
            f"{path.name}: not STAR's ReadsPerGene.out.tab (N_unmapped …, then genes with three counts)."
        )
    genes = _STRAND_COUNTS.check(counted[is_gene].set_axis(_STRAND_COUNTS.names, axis=1), source=path.name)
    return genes.assign(gene_id=genes["gene_id"].str.partition(".")[0])
