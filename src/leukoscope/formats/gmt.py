"""Gene sets in GMT: one set a line, name, description and genes separated by tabs."""

from __future__ import annotations

from pathlib import Path

from leukoscope.errors import InputError
from leukoscope.genesets import GeneSets, gather_gene_sets
from leukoscope.textfiles import open_text


def read_gmt(path: Path | str) -> GeneSets:
    """Read a GMT file, plain or gzipped.

    Weights after a comma (``GENE,1.0``, as Enrichr writes them) are dropped.  Blank lines are
    skipped; sets without genes are left out and named in the result.

    Raises
    ------
    InputError
        If the file is missing or unreadable, a line has no description, or a set's name and description repeat.
    """
    path = Path(path)
    rows = []
    with open_text(path, "GMT file") as source:
        for number, line in enumerate(source, start=1):
            fields = [field.strip() for field in line.split("\t", 2)]
            if not any(fields):
                continue
            if len(fields) < 2 or not fields[0]:
                raise InputError(
                    f"{path.name}: line {number} is no gene set (name, description, genes, tab-separated): "
                    f"'{line.strip()[:40]}'."
                )
            rows.append((fields[0], fields[1], _genes(fields[2]) if len(fields) > 2 else []))
    found = gather_gene_sets(path.name.removesuffix(".gz").removesuffix(".gmt"), rows)
    if not len(found):
        raise InputError(f"{path.name}: holds no gene set with genes.")
    return found


def _genes(text: str) -> list[str]:
    genes = text.split("\t")
    if "," in text or genes != text.split():  # a weight, a space, or nothing between two tabs
        return [gene.split(",")[0].strip() for gene in genes]
    return genes
