"""The gene model of a GTF file, kept in the user's cache so that the file is taken apart only once.

The entry is found by the checksum of the GTF file's bytes and of the code that reads it: a file that
changed, under whatever name and date, is read anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from leukoscope import genemodel
from leukoscope.errors import InputError, ReferenceDataError
from leukoscope.formats import gtf
from leukoscope.formats.user_cache import cache_folder
from leukoscope.genemodel import GeneModel

LARGE = 10 * 2**20  #: bytes, packed or not, of a file that takes seconds to read


def open_gene_model(path: Path | str, *, say: Callable[[str], None] = lambda text: None) -> GeneModel:
    """Return the gene model of a GTF file, from the cache if these bytes were read before.

    A cache that cannot be written is done without.

    Parameters
    ----------
    path
        The GTF file, plain or gzipped.
    say
        Told before a large file is read anew: one of human size takes half a minute.

    Raises
    ------
    InputError
        As :func:`leukoscope.formats.gtf.read_gene_model`.
    """
    kept = cache_folder("gene-models") / f"{_checksum(Path(path))}.npz"
    try:
        return gtf.load_gene_model(kept)
    except ReferenceDataError:  # not there yet, or damaged
        if Path(path).stat().st_size >= LARGE:
            say(f"reading {Path(path).name} for the first time (the result is kept in {kept.parent})")
        model = gtf.read_gene_model(path)
    try:
        gtf.write_gene_model(model, kept)
    except OSError:  # no room, or a home that is not ours to write to
        return model
    return model


def _checksum(path: Path) -> str:
    try:
        with path.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise InputError(f"{path}: there is no such file.") from error
    for module in (genemodel, gtf):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()
