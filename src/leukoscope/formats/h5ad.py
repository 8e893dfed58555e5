"""Export of a cohort to .h5ad (extra ``h5ad``)."""

from __future__ import annotations

from pathlib import Path

from leukoscope.cohort import Cohort
from leukoscope.errors import InputError
from leukoscope.publishing import published


def write_h5ad(cohort: Cohort, path: Path | str) -> None:
    """Write counts, samples (``obs``) and genes (``var``) as AnnData, samples in rows.

    Raises
    ------
    InputError
        If the package anndata is not installed.
    """
    try:
        import anndata
    except ImportError as error:
        raise InputError("the export to .h5ad needs the extra 'h5ad': install leukoscope[h5ad].") from error
    samples = cohort.samples.set_index("sample").astype(str)
    genes = cohort.genes.set_index("gene_id").astype(str)
    with published(Path(path)) as part:
        anndata.AnnData(X=cohort.counts.T.copy(), obs=samples, var=genes).write_h5ad(part)
