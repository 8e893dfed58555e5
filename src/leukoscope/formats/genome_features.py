"""Tables of the user's own about the genome: cytogenetic bands and protein domains."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from leukoscope.errors import InputError
from leukoscope.formats.fusion_rows import read_lines
from leukoscope.tables.driver_fusions import CYTOBANDS, PROTEIN_DOMAINS

if TYPE_CHECKING:
    import pandas as pd

_ATTRIBUTE = re.compile(r"\s*([^=;]+)=([^;]*)")


def read_cytobands(path: Path | str) -> pd.DataFrame:
    """Read bands as UCSC's ``cytoBand.txt`` has them (0-based, no header) or Arriba's table (1-based, header).

    Raises
    ------
    InputError
        If a line has other than five fields or a position is no number.
    """
    import pandas as pd

    lines = read_lines(Path(path), "cytoband")
    has_header = bool(lines) and lines[0].split("\t")[:2] == ["contig", "start"]
    rows = []
    for number, line in enumerate(lines, start=1):
        fields = line.split("\t")
        if not line or line.startswith("#") or (has_header and number == 1):
            continue
        if len(fields) != 5 or not fields[1].isdigit() or not fields[2].isdigit():
            raise InputError(f"{Path(path).name} line {number}: not contig, start, end, name and stain.")
        rows.append((fields[0], int(fields[1]) - has_header, int(fields[2]), fields[3], fields[4]))
    frame = pd.DataFrame(rows, columns=CYTOBANDS.names)
    return CYTOBANDS.check(frame.assign(start=frame["start"].clip(lower=0)), source=Path(path).name)


def read_protein_domains(path: Path | str) -> pd.DataFrame:
    """Read domains from GFF3 (as Arriba's ``protein_domains``) or a table with the contract's columns.

    In GFF3 the ninth column names ``Name``, ``gene_id`` and ``gene_name``; positions count from 1.

    Raises
    ------
    InputError
        If a GFF3 line is incomplete, or the table breaks its contract.
    """
    import pandas as pd

    name = Path(path).name
    if ".gff" not in name:
        return PROTEIN_DOMAINS.read(path)
    rows = []
    for number, line in enumerate(read_lines(Path(path), "GFF3"), start=1):
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 9 or not fields[3].isdigit() or not fields[4].isdigit():
            raise InputError(f"{name} line {number}: not nine GFF3 columns with positions.")
        told = {key: unquote(value) for key, value in _ATTRIBUTE.findall(fields[8])}
        if "Name" not in told or not (told.get("gene_id") or told.get("gene_name")):
            raise InputError(f"{name} line {number}: the attributes name no Name and gene_id or gene_name.")
        gene_id = told.get("gene_id", "").partition(".")[0]
        place = (fields[0], int(fields[3]) - 1, int(fields[4]), fields[6])
        rows.append((*place, told["Name"].replace(" ", "_"), gene_id, told.get("gene_name", "")))
    return PROTEIN_DOMAINS.check(pd.DataFrame(rows, columns=PROTEIN_DOMAINS.names), source=name)
