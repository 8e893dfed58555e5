"""The lineage gate: B, T, myeloid or normal, before any subtype is believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from leukoscope.knowledge.subtype_models import LinearModel
from leukoscope.subtyping.panel import class_probabilities, linear_scores

FloatArray = NDArray[np.float64]

LINEAGES = ("B", "T", "myeloid", "normal")
#: A marker set of fewer measured genes says nothing.
LEAST_MARKERS = 3
#: Twice the B markers minus the others': half of samples at these values are of the other lineage.  Of 281 B-ALL of
#: the Nordic cohort 3 lie below the first and none below the second; normal myeloid and T cells lie far below.
MYELOID_MIDDLE, MYELOID_SLOPE = -0.65, 4.0
T_MIDDLE, T_SLOPE = -0.75, 5.0
#: Without B markers a leukaemia is not B-ALL, however few myeloid markers it has (minimally differentiated AML).
#: The lowest of 281 Nordic B-ALL is at 0.07, of 96 others at 0.71.
NO_B_MIDDLE, NO_B_SLOPE = -0.05, 8.0


@dataclass(frozen=True, slots=True, eq=False)
class Lineage:
    """What lineage each sample is of."""

    probability: FloatArray  #: [sample, lineage], in the order of LINEAGES
    markers: FloatArray  #: [sample, 3] mean deviates of B, T and myeloid markers; NaN if too few

    def name(self, sample: int) -> str:
        """Return the lineage of a sample, or ``uncertain``."""
        best = int(self.probability[sample].argmax())
        return LINEAGES[best] if self.probability[sample, best] >= 0.5 else "uncertain"


def tell_lineage(features: FloatArray, model: LinearModel, markers: pd.DataFrame) -> Lineage:
    """Weigh a linear model (B-ALL, T-ALL, normal) with three sets of marker genes.

    The model has seen no myeloid leukaemia, so that the markers alone speak for it.  A sample without
    features is of any lineage.

    Parameters
    ----------
    features
        ``[sample, gene]`` deviates of the panel genes (:func:`~leukoscope.subtyping.panel.rank_features`).
    model
        The lineage panel.
    markers
        :data:`~leukoscope.tables.subtyping.LINEAGE_MARKERS`
    """
    panel = class_probabilities(linear_scores(features, model), model)
    b_panel, normal_panel, t_panel = (
        panel[:, model.classes.index(name)] for name in ("B-ALL", "Normal", "T-ALL")
    )
    place = {gene: at for at, gene in enumerate(model.features)}
    means = np.column_stack([_mean(features, markers, name, place) for name in ("B", "T", "myeloid")])
    b_mean, t_mean, m_mean = means.T
    t_markers = np.nan_to_num(expit(T_SLOPE * (T_MIDDLE - (2 * b_mean - t_mean))))
    m_markers = np.nan_to_num(expit(MYELOID_SLOPE * (MYELOID_MIDDLE - (2 * b_mean - m_mean))))
    no_b = np.nan_to_num(expit(NO_B_SLOPE * (NO_B_MIDDLE - b_mean)))
    m_markers = np.maximum(m_markers, no_b)
    t_support = (t_panel + t_markers) / 2
    weight = np.column_stack(
        [
            b_panel * (1 - t_markers) * (1 - m_markers),
            t_support * (1 - normal_panel),
            m_markers * (1 - t_support) * (1 - normal_panel),
            normal_panel,
        ]
    )
    weight[np.isnan(features).all(axis=1)] = 1.0
    return Lineage(weight / weight.sum(axis=1, keepdims=True), means)


def _mean(features: FloatArray, markers: pd.DataFrame, lineage: str, place: dict[str, int]) -> FloatArray:
    genes = markers.loc[markers["lineage"] == lineage, "gene_id"]
    values = features[:, [place[gene] for gene in genes if gene in place]]
    measured = ~np.isnan(values)
    n = measured.sum(axis=1)
    total = np.where(measured, values, 0.0).sum(axis=1)
    return np.where(n >= LEAST_MARKERS, total / np.maximum(n, 1), np.nan)
