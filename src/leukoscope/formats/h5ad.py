"""Cohorts as .h5ad (extra ``h5ad``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.cohort import Cohort
from leukoscope.errors import InputError
from leukoscope.formats.counts import CountsRead, assemble
from leukoscope.publishing import published


def write_h5ad(cohort: Cohort, path: Path | str, values: NDArray[np.float64] | None = None) -> None:
    """Write counts, samples (``obs``) and genes (``var``) as AnnData, samples in rows.

    Parameters
    ----------
    cohort
        Counts, genes and samples.
    path
        Where.
    values
        The counts on another scale, ``[gene, sample]``: they become ``X``, and the counts the layer ``counts``.

    Raises
    ------
    InputError
        If the package anndata is not installed.
    """
    anndata = _anndata()
    samples = cohort.samples.set_index("sample").astype(str)
    genes = cohort.genes.set_index("gene_id").astype(str)
    counts = cohort.counts.T.copy()
    with published(Path(path)) as part:
        data = anndata.AnnData(X=counts if values is None else values.T.copy(), obs=samples, var=genes)
        if values is not None:
            data.layers["counts"] = counts
        data.write_h5ad(part)


def read_h5ad(path: Path | str) -> CountsRead:
    """Read the counts of an AnnData file: the layer ``counts`` if there is one, else ``X``.

    Raises
    ------
    InputError
        If the package anndata is not installed, or the file is none of its kind or holds no counts.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: there is no such file.")
    try:
        data = _anndata().read_h5ad(path)
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{path.name}: not a readable .h5ad ({error}).") from error
    values = data.layers.get("counts", data.X)
    if values is None:
        raise InputError(f"{path.name}: holds neither X nor a layer 'counts'.")
    numbers = np.asarray(values.toarray() if hasattr(values, "toarray") else values).T
    if numbers.dtype.kind == "f" and (numbers == np.rint(numbers)).all():
        numbers = numbers.astype(np.int64)
    described = data.var.reset_index(drop=True)
    described = described[[name for name in described if name in {"symbol", "biotype", "entrez"}]].astype(str)
    return assemble(
        numbers, list(map(str, data.var_names)), list(map(str, data.obs_names)), described, source=path.name
    )


def _anndata() -> Any:
    try:
        import anndata
    except ImportError as error:
        raise InputError("files of .h5ad need the extra 'h5ad': install leukoscope[h5ad].") from error
    return anndata
