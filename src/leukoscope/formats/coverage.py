"""Coverage of a few regions, from a BAM file in any order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

CONSUMES_REFERENCE = {0, 2, 3, 7, 8}  # M D N = X of a CIGAR
COVERS = {0, 7, 8}  # M = X
SKIPPED_FLAGS = 0x4 | 0x100 | 0x400  # unmapped, secondary, duplicate


def read_coverage(
    path: Path | str, regions: Sequence[tuple[str, int, int]], *, bins: int = 4000
) -> pd.DataFrame:
    """Return the mean number of aligned reads over stretches of each region.

    The file is read once from end to end, so that STAR's unsorted output serves as well as a sorted,
    indexed one; both mates count where they overlap.  Duplicates that are marked and secondary
    alignments do not count, supplementary ones do.

    Parameters
    ----------
    path
        BAM file.
    regions
        Contig, start and end (0-based half-open); regions may overlap.
    bins
        Stretches per region, of equal length.

    Returns
    -------
    Columns contig, start, end, depth; stretches without reads are left out.

    Raises
    ------
    InputError
        If the file is missing or is not BAM.
    """
    import numpy as np
    import pysam

    depths = {region: np.zeros(region[2] - region[1] + 1, dtype=np.int64) for region in regions}
    by_contig: dict[str, list[tuple[str, int, int]]] = {}
    for region in depths:
        by_contig.setdefault(region[0], []).append(region)
    try:
        with pysam.AlignmentFile(str(path), "rb", check_sq=False) as alignments:
            for read in alignments.fetch(until_eof=True):
                if read.flag & SKIPPED_FLAGS or read.reference_name not in by_contig:
                    continue
                for region in by_contig[read.reference_name]:
                    _add(depths[region], region, read.reference_start, read.cigartuples or [])
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{Path(path).name}: not a readable BAM file ({error}).") from error
    return _binned(depths, bins)


def _add(
    depth: NDArray[np.int64], region: tuple[str, int, int], position: int, cigar: Sequence[tuple[int, int]]
) -> None:
    _, start, end = region
    for operation, length in cigar:
        if operation in COVERS and position < end and position + length > start:
            depth[max(position, start) - start] += 1
            depth[min(position + length, end) - start] -= 1
        if operation in CONSUMES_REFERENCE:
            position += length


def _binned(depths: dict[tuple[str, int, int], NDArray[np.int64]], bins: int) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    rows = []
    for (contig, start, end), changes in depths.items():
        depth = np.cumsum(changes[:-1])
        edges = np.unique(np.linspace(0, end - start, min(bins, end - start) + 1).astype(int))
        for left, right in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            mean = float(depth[left:right].mean())
            if mean > 0:
                rows.append((contig, start + left, start + right, round(mean, 3)))
    return pd.DataFrame(rows, columns=["contig", "start", "end", "depth"])
