"""The folder of a reference: genome, annotation, indices, and the description that vouches for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from leukoscope.errors import ReferenceDataError, quote_some

if TYPE_CHECKING:
    from leukoscope.formats.fasta import Genome
    from leukoscope.genemodel import GeneModel

DESCRIPTION = "reference.json"
FORMAT = 1  #: of the folder; raised when an older folder has to be built again


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference made by ``leukoscope reference build``; opened by :func:`open_reference`."""

    folder: Path
    description: Mapping[str, Any]  #: what ``reference.json`` says

    @property
    def name(self) -> str:
        """What the reference was called when it was built."""
        return str(self.description["name"])

    @property
    def fasta(self) -> Path:
        """Genome, with ``.fai`` beside it."""
        return self.folder / "genome.fa"

    @property
    def gtf(self) -> Path:
        """Annotation, without what lies on masked or missing contigs."""
        return self.folder / "annotation.gtf"

    @property
    def gene_table(self) -> Path:
        """Genes as a table (:data:`leukoscope.tables.expression.REFERENCE_GENES`)."""
        return self.folder / "genes.tsv"

    @property
    def memory_mb(self) -> int:
        """Memory that STAR needs to hold the index, in MB."""
        return int(self.description["star"]["memory_mb"])

    def gene_model(self) -> GeneModel:
        """Return the annotation as arrays."""
        from leukoscope.formats.gtf import load_gene_model

        return load_gene_model(self.folder / "genes.npz")

    def genome(self) -> Genome:
        """Return the sequences, read on demand."""
        from leukoscope.formats.fasta import open_genome

        return open_genome(self.fasta)


def open_reference(folder: Path | str) -> Reference:
    """Open a reference folder; every file must be there and of the size it was built with.

    Contents are compared by :func:`leukoscope.pipeline.reference.check_reference`, which
    reads every byte.

    Raises
    ------
    ReferenceDataError
        If the folder is no reference, or a file is missing or of another size.
    """
    folder = Path(folder)
    description = _read_description(folder)
    files: Mapping[str, Mapping[str, Any]] = description["files"]
    missing = [name for name in files if not (folder / name).is_file()]
    if missing:
        raise ReferenceDataError(
            f"{folder}: {len(missing)} file(s) of the reference are missing: {quote_some(missing)}. Build it again."
        )
    altered = [name for name, entry in files.items() if (folder / name).stat().st_size != entry["size"]]
    if altered:
        raise ReferenceDataError(
            f"{folder}: {len(altered)} file(s) changed after the reference was built: {quote_some(altered)}. "
            "Build it again."
        )
    return Reference(folder, MappingProxyType(description))


def _read_description(folder: Path) -> dict[str, Any]:
    path = folder / DESCRIPTION
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise ReferenceDataError(
            f"{folder}: no reference here (no {DESCRIPTION}). Make one with 'leukoscope reference build'."
        ) from None
    except (OSError, ValueError) as error:
        raise ReferenceDataError(f"{path}: not readable ({error}). Build the reference again.") from None
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise ReferenceDataError(
            f"{folder}: made for another version of leukoscope. Build the reference again."
        )
    if lacking := {"name", "files", "star", "inputs", "software"} - description.keys():
        raise ReferenceDataError(f"{path}: lacks {quote_some(sorted(lacking))}. Build the reference again.")
    return description
