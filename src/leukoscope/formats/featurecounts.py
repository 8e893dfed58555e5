"""Output of Subread's featureCounts (2.x): one table of several samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from leukoscope.errors import InputError
from leukoscope.formats.counts import CountsRead, assemble
from leukoscope.textfiles import open_text

_DESCRIBING = ["Geneid", "Chr", "Start", "End", "Strand", "Length"]


def read_featurecounts(path: Path | str) -> CountsRead:
    """Read the counts of every BAM file; a sample is named after its file, without folder and ``.bam``.

    Raises
    ------
    InputError
        If the columns are not featureCounts'.
    """
    path = Path(path)
    with open_text(path, "count table") as source:
        frame = pd.read_csv(
            source,
            sep="\t",
            comment="#",
            dtype={"Geneid": str, "Chr": str, "Start": str, "End": str, "Strand": str},
        )
    if list(frame.columns[:6]) != _DESCRIBING or frame.shape[1] < 7:
        raise InputError(
            f"{path.name}: not featureCounts output; its columns are {', '.join(_DESCRIBING)} and one per BAM."
        )
    counts = frame.iloc[:, 6:]
    if any(kind.kind not in "if" for kind in counts.dtypes) or counts.isna().to_numpy().any():
        raise InputError(f"{path.name}: a count is missing or no number.")
    samples = [Path(name).name.removesuffix(".bam") for name in counts.columns]
    described = pd.DataFrame({"length": frame["Length"].astype(np.float64)})
    return assemble(counts.to_numpy(), frame["Geneid"].tolist(), samples, described, source=path.name)
