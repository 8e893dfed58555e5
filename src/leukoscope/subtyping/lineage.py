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
#: The score of B-ALL in the lineage panel: what is nearer to B-ALL than to T-ALL and normal cells need not be B-ALL.
#: Held-out Nordic B-ALL reach 0.36 (lowest of 292) to 1.26, those of other laboratories at least 0.71.
B_MIDDLE, B_SLOPE = 0.2, 12.0
#: Much above it, the whole profile outweighs myeloid antigens, which B-ALL (ZNF384 above all) may have.
B_USUAL, PROFILE_SLOPE = 0.5, 10.0
#: Mean of the genes of immature cells: sorted blood cells reach -0.11, of 292 Nordic B-ALL one is lower.
MATURE_MIDDLE, MATURE_SLOPE = 0.1, 15.0
#: Mean of the genes of all white cells: 0.71 to 2.4 in leukaemia, 0.5 to 2.3 in normal blood cells, about 0 in noise.
WHITE_MIDDLE, WHITE_SLOPE = 0.2, 8.0
#: A leukaemia with markers of no lineage is rather myeloid than T-ALL.
RATHER_MYELOID = 0.25
#: Where what resembles nothing known is put, in the order of LINEAGES: no lineage is told.
UNKNOWN = (0.2, 0.2, 0.2, 0.4)


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
    """Weigh a linear model (B-ALL, T-ALL, normal) with sets of marker genes.

    The model has seen no myeloid leukaemia, so that the markers alone speak for it.  It says which of
    three a sample is nearest to; a sample far from all of them is of no lineage: B-ALL needs the score of
    a B-ALL, a normal cell must be mature, and what has no score of a leukaemia needs the genes of white cells.

    Parameters
    ----------
    features
        ``[sample, gene]`` deviates of the panel genes (:func:`~leukoscope.subtyping.panel.rank_features`).
    model
        The lineage panel.
    markers
        :data:`~leukoscope.tables.subtyping.LINEAGE_MARKERS`
    """
    scores = linear_scores(features, model)
    b_score, t_score = (scores[:, model.classes.index(name)] for name in ("B-ALL", "T-ALL"))
    b_rather_than_t = expit(model.sharpness * (b_score - t_score))
    place = {gene: at for at, gene in enumerate(model.features)}
    b_mean, t_mean, m_mean, immature, white = (
        _mean(features, markers, name, place) for name in ("B", "T", "myeloid", "immature", "white")
    )
    is_b_profile = expit(B_SLOPE * (b_score - B_MIDDLE))
    rather_myeloid = np.nan_to_num(expit(MYELOID_SLOPE * (m_mean - t_mean + RATHER_MYELOID)), nan=0.5)
    t_markers = np.nan_to_num(expit(T_SLOPE * (T_MIDDLE - (2 * b_mean - t_mean)))) * (1 - rather_myeloid)
    m_markers = np.nan_to_num(
        expit(
            MYELOID_SLOPE * (MYELOID_MIDDLE - (2 * b_mean - m_mean))
            - PROFILE_SLOPE * np.maximum(b_score - B_USUAL, 0.0)
        )
    )
    no_b = np.nan_to_num(expit(NO_B_SLOPE * (NO_B_MIDDLE - b_mean)))
    is_mature = 1 - np.nan_to_num(expit(MATURE_SLOPE * (immature - MATURE_MIDDLE)))
    is_white = np.nan_to_num(expit(WHITE_SLOPE * (white - WHITE_MIDDLE)), nan=1.0)
    is_white = np.maximum(is_white, expit(B_SLOPE * (np.maximum(b_score, t_score) - B_MIDDLE)))
    t_support = (1 - b_rather_than_t + t_markers) / 2
    normal = class_probabilities(scores, model)[:, model.classes.index("Normal")] * is_mature
    not_b = np.maximum(m_markers, no_b)
    leukaemic = np.column_stack(
        [
            b_rather_than_t * (1 - t_markers) * (1 - not_b) * is_b_profile,
            t_support,
            not_b * rather_myeloid * (1 - t_support),
        ]
    )
    weight = is_white[:, None] * np.column_stack([(1 - normal)[:, None] * leukaemic, normal])
    weight += np.maximum(1 - weight.sum(axis=1, keepdims=True), 0.0) * UNKNOWN
    weight[np.isnan(features).all(axis=1)] = 1.0
    return Lineage(weight / weight.sum(axis=1, keepdims=True), np.column_stack([b_mean, t_mean, m_mean]))


def _mean(features: FloatArray, markers: pd.DataFrame, lineage: str, place: dict[str, int]) -> FloatArray:
    genes = markers.loc[markers["lineage"] == lineage, "gene_id"]
    values = features[:, [place[gene] for gene in genes if gene in place]]
    measured = ~np.isnan(values)
    n = measured.sum(axis=1)
    total = np.where(measured, values, 0.0).sum(axis=1)
    return np.where(n >= LEAST_MARKERS, total / np.maximum(n, 1), np.nan)
