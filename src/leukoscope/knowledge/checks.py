"""Whether the shipped knowledge is whole: checksums, contracts, citations, and the rules of evidence."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from leukoscope.knowledge import knowledge_path, provenance, read_knowledge
from leukoscope.tables import contracts
from leukoscope.tables.deletions import KNOWN_DELETIONS
from leukoscope.tables.knowledge import MARKERS, REFERENCES, RESPONSES, TARGETS, THERAPIES
from leukoscope.tables.mutations import MUTATION_GENES

if TYPE_CHECKING:
    import pandas as pd

CITING = (TARGETS, MARKERS, THERAPIES, RESPONSES, KNOWN_DELETIONS, MUTATION_GENES)

#: How a source may name a disease that a row codes.
DISEASES = {
    "B-ALL": ("lymphoblastic", " all ", "b-all", "acute leukemia", "bcp-all"),
    "AML": ("myeloid",),
    "CML": ("chronic myeloid", "chronic myelogenous"),
}


def problems() -> list[str]:
    """Return what is wrong with the shipped knowledge, one sentence a problem."""
    return [*_altered(), *_broken_contracts(), *_citations()]


def _altered() -> list[str]:
    told = {name: entry for name, entry in provenance().items() if isinstance(entry, dict)}
    folder = knowledge_path("")
    shipped = {path.name for path in folder.iterdir() if path.suffix in {".tsv", ".gz", ".json"}}
    found = [f"{name} has no section in PROVENANCE.toml" for name in sorted(shipped - set(told))]
    for name, entry in sorted(told.items()):
        path = folder / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif entry["sha256"] != hashlib.sha256(path.read_bytes()).hexdigest():
            found.append(f"{name} differs from its checksum in PROVENANCE.toml")
    return found


def _broken_contracts() -> list[str]:
    from leukoscope.errors import InputError

    found = []
    for table in contracts():
        stem = table.name.replace("-", "_")
        for path in (knowledge_path(f"{stem}.tsv"), knowledge_path(f"{stem}.tsv.gz")):
            try:
                if path.is_file():
                    table.read(path)
            except InputError as error:
                found.append(str(error))
    return found


def _citations() -> list[str]:
    references = read_knowledge(REFERENCES).set_index("id")
    return [
        problem
        for table in CITING
        for row in read_knowledge(table).to_dict("records")
        for problem in row_problems({str(k): v for k, v in row.items()}, references)
    ]


def row_problems(row: dict[str, Any], references: pd.DataFrame) -> list[str]:
    """Return what is wrong with the evidence of one row.

    A verified row cites, each source stands in the references with title, year and where it was
    read, and the disease in the words of the source is the disease that the row codes.
    """
    name = next(iter(row.values()))
    if row["evidence"] not in {"verified", "remembered"}:
        return [f"{name}: evidence is '{row['evidence']}', neither verified nor remembered"]
    cited = [source for source in str(row["source"]).split(";") if source]
    found = [
        f"{name}: cites {source}, which references.tsv lacks"
        for source in cited
        if source not in references.index
    ]
    if row["evidence"] == "remembered":
        return found
    if not cited:
        found.append(f"{name}: is marked verified and cites nothing")
    unread = [
        source for source in cited if source in references.index and not references.at[source, "verified"]
    ]
    found += [f"{name}: is marked verified by {source}, which nobody read" for source in unread]
    if "quote_disease" in row and not names_disease(str(row["quote_disease"]), str(row["disease"])):
        found.append(f"{name}: codes {row['disease']}, but its source says '{row['quote_disease']}'")
    return found


def names_disease(quote: str, disease: str) -> bool:
    """Whether the words of a source name the disease that a row codes.

    Examples
    --------
    >>> names_disease("relapsed acute myeloid leukemia", "B-ALL")
    False
    """
    words = f" {quote.lower()} "
    return any(name in words for name in DISEASES.get(disease, (disease.lower(),)))
