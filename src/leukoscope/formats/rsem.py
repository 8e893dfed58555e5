"""RSEM's ``genes.results``: expected counts, TPM and FPKM of one sample."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = {
    "gene_id": "gene_id",
    "effective_length": "effective_length",
    "expected_count": "count",
    "TPM": "tpm",
    "FPKM": "fpkm",
}
_VERSION = re.compile(r"^(ENS[A-Z]*G\d{11})\.\d+(_PAR_Y)?$")


def is_rsem_genes(path: Path) -> bool:
    """Tell whether a file has the header of RSEM's ``genes.results``."""
    with path.open("rb") as source:
        return source.readline().startswith(b"gene_id\ttranscript_id(s)\t")


def read_rsem_genes(path: Path) -> pd.DataFrame:
    """Read RSEM's genes (written against RSEM 1.3.3).

    Returns columns ``gene_id`` (Ensembl's without version), ``effective_length``, ``count``,
    ``tpm``, ``fpkm``.

    Raises
    ------
    InputError
        If the file is missing, cut off, or not such a table.
    """
    import pandas as pd

    try:
        table = pd.read_csv(path, sep="\t", dtype={"gene_id": str}, keep_default_na=False)
        found = table[list(_COLUMNS)].rename(columns=_COLUMNS)
        numbers = found.drop(columns="gene_id").astype(float)
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file.") from error
    except (ValueError, KeyError) as error:
        raise InputError(f"{path.name}: not RSEM's genes.results ({error}).") from error
    return numbers.assign(gene_id=[without_gene_version(name) for name in found["gene_id"]])


def without_gene_version(name: str) -> str:
    """Return an Ensembl identifier as the gene model spells it: without version, with ``_PAR_Y``."""
    versioned = _VERSION.match(name)
    return versioned[1] + (versioned[2] or "") if versioned else name
