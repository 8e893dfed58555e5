"""Matrices of real patients, brought to the gene reference once."""

import numpy as np
import pandas as pd
import pytest

from leukoscope.expression import express
from leukoscope.knowledge.subtype_tables import subtype_knowledge


@pytest.fixture(scope="session")
def knowledge():
    return subtype_knowledge()


@pytest.fixture(scope="session")
def read_counts_of(shared):
    def read(name, file="counts.tsv.gz"):
        return pd.read_csv(shared / "expression" / name / file, sep="\t", index_col=0)

    return read


@pytest.fixture(scope="session")
def express_frame(knowledge):
    def expressed(frame):
        return express(
            frame.to_numpy(np.float64),
            [str(name) for name in frame.index],
            list(frame.columns),
            reference=knowledge.genes,
            profile=knowledge.profile,
        )

    return expressed
