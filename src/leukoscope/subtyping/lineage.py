"""The lineage gate: B, T, myeloid or normal, before any subtype is believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from leukoscope.knowledge.subtype_models import LinearModel
from leukoscope.subtyping.panel import linear_scores

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
#: The score of B-ALL in the lineage panel: what is nearer to B-ALL than to the others need not be B-ALL.
#: Held-out Nordic B-ALL reach 0.30 (lowest of 292; 0.73 in 95 %) to 1.42.
B_MIDDLE, B_SLOPE = 0.2, 12.0
#: Much above it, the whole profile outweighs myeloid antigens, which B-ALL (ZNF384 above all) may have.
B_USUAL, PROFILE_SLOPE = 0.5, 10.0
#: Myeloid markers above those of the B lineage beside the profile of B-ALL: two lineages.  Of 292 Nordic B-ALL
#: 2 % lie beyond, of 96 others one.
MIXED_MIDDLE, MIXED_SLOPE = -0.3, 8.0
#: Score of T-ALL beside that of B-ALL: two lineages.  Held-out Nordic B-ALL reach at most -0.57.
MIXED_T_MIDDLE, MIXED_T_SLOPE = -0.4, 12.0
#: How far the score of normal cells must exceed those of leukaemia.  Sorted normal cells of held-out types reach at
#: least 1.1; with a tenth of T-ALL or B-ALL among them, none is called normal (docs/subtyping.md).
NORMAL_MIDDLE, NORMAL_SLOPE = 0.8, 8.0
#: Mean of the genes of immature cells: sorted blood cells reach -0.26, of 292 Nordic B-ALL none is as low.
MATURE_MIDDLE, MATURE_SLOPE = 0.1, 15.0
#: Least cosine of the panel genes with B-ALL, T-ALL or normal blood: what is less like them, or more like stroma,
#: is of no lineage.  Samples of every open cohort and normal cells of held-out types reach 0.62, patients of another
#: laboratory simulated by factors of 1.4 (ln) 0.56; other tissues 0.44 or less, or 0.49 where they are nearer to
#: stroma (smooth muscle), shuffled genes 0.06.
LIKE_LEAST, LIKE_SLOPE = 0.5, 40.0
#: A leukaemia with markers of no lineage is rather myeloid than T-ALL.
RATHER_MYELOID = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Lineage:
    """What lineage each sample is of."""

    probability: (
        FloatArray  #: [sample, lineage], in the order of LINEAGES; what they lack of 1 is of no known one
    )
    markers: FloatArray  #: [sample, 3] mean deviates of B, T and myeloid markers; NaN if too few
    likeness: (
        FloatArray  #: [sample] cosine with the nearest of B-ALL, T-ALL and normal blood; NaN if not measured
    )
    stroma: FloatArray  #: [sample] the same with stroma of bone marrow
    mixed: FloatArray  #: [sample, 2] probability that T, or myeloid, cells are beside those of B-ALL

    def name(self, sample: int) -> str:
        """Return the lineage of a sample, or ``uncertain``."""
        best = int(self.probability[sample].argmax())
        return LINEAGES[best] if self.probability[sample, best] >= 0.5 else "uncertain"

    def is_unlike(self, sample: int) -> bool:
        """Whether a sample resembles neither leukaemia nor normal blood."""
        return bool(self.likeness[sample] < max(LIKE_LEAST, self.stroma[sample]))


def tell_lineage(
    features: FloatArray, model: LinearModel, profiles: pd.DataFrame, markers: pd.DataFrame
) -> Lineage:
    """Weigh a linear model (B-ALL, T-ALL, normal, stroma) with sets of marker genes.

    The model has seen no myeloid leukaemia, so that the markers alone speak for it.  It says which class
    a sample is nearest to; a sample far from all of them is of no lineage: B-ALL needs the score of a B-ALL,
    normal cells must be mature and far from leukaemia, and all must resemble blood.

    Parameters
    ----------
    features
        ``[sample, gene]`` deviates of the panel genes (:func:`~leukoscope.subtyping.panel.rank_features`).
    model
        The lineage panel.
    profiles
        :data:`~leukoscope.tables.subtyping.LINEAGE_PROFILES`
    markers
        :data:`~leukoscope.tables.subtyping.LINEAGE_MARKERS`
    """
    scores = linear_scores(features, model)
    b_score, t_score, n_score = (scores[:, model.classes.index(c)] for c in ("B-ALL", "T-ALL", "Normal"))
    place = {gene: at for at, gene in enumerate(model.features)}
    b_mean, t_mean, m_mean, immature = (
        _mean(features, markers, name, place) for name in ("B", "T", "myeloid", "immature")
    )
    mixed = _mixed(b_mean, m_mean, t_score)
    is_b = expit(B_SLOPE * (b_score - B_MIDDLE)) * (1 - mixed).prod(axis=1)
    b_rather_than_t = expit(model.sharpness * (b_score - t_score))
    rather_myeloid = np.nan_to_num(expit(MYELOID_SLOPE * (m_mean - t_mean + RATHER_MYELOID)), nan=0.5)
    t_markers = np.nan_to_num(expit(T_SLOPE * (T_MIDDLE - (2 * b_mean - t_mean)))) * (1 - rather_myeloid)
    not_b = _not_b(b_mean, m_mean, b_score)
    t_support = (1 - b_rather_than_t + t_markers) / 2
    is_mature = 1 - np.nan_to_num(expit(MATURE_SLOPE * (immature - MATURE_MIDDLE)))
    normal = is_mature * expit(NORMAL_SLOPE * (n_score - np.maximum(b_score, t_score) - NORMAL_MIDDLE))
    leukaemic = np.column_stack(
        [
            b_rather_than_t * (1 - t_markers) * (1 - not_b) * is_b,
            t_support,
            not_b * rather_myeloid * (1 - t_support),
        ]
    )
    likeness, stroma = _likeness(features, profiles)
    is_known = expit(LIKE_SLOPE * (likeness - np.maximum(LIKE_LEAST, stroma)))
    weight = np.nan_to_num(is_known)[:, None] * np.column_stack([(1 - normal)[:, None] * leukaemic, normal])
    weight /= np.maximum(weight.sum(axis=1, keepdims=True), 1.0)
    weight[np.isnan(features).all(axis=1)] = 1.0 / len(LINEAGES)
    return Lineage(weight, np.column_stack([b_mean, t_mean, m_mean]), likeness, stroma, mixed)


def _not_b(b_mean: FloatArray, m_mean: FloatArray, b_score: FloatArray) -> FloatArray:
    """Return how surely markers deny the B lineage: myeloid ones outweigh it, or it has none."""
    of_profile = PROFILE_SLOPE * np.maximum(b_score - B_USUAL, 0.0)
    myeloid = expit(MYELOID_SLOPE * (MYELOID_MIDDLE - (2 * b_mean - m_mean)) - of_profile)
    without = expit(NO_B_SLOPE * (NO_B_MIDDLE - b_mean))
    return np.asarray(np.maximum(np.nan_to_num(myeloid), np.nan_to_num(without)))


def _mixed(b_mean: FloatArray, m_mean: FloatArray, t_score: FloatArray) -> FloatArray:
    """Return ``[sample, 2]`` how surely cells of the T, and of the myeloid, lineage are beside those of B-ALL."""
    of_t = expit(MIXED_T_SLOPE * (t_score - MIXED_T_MIDDLE))
    myeloid = np.nan_to_num(expit(MIXED_SLOPE * (MIXED_MIDDLE - (b_mean - m_mean))))
    return np.column_stack([of_t, myeloid])


def _likeness(features: FloatArray, profiles: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Return the cosine with the nearest of leukaemia and blood, and with stroma, over the genes measured."""
    means = profiles[["b_all", "t_all", "normal", "stroma"]].to_numpy(np.float64).T
    cosine = np.full((len(features), len(means)), np.nan)
    for row, values in enumerate(features):
        measured = ~np.isnan(values)
        if not measured.any():
            continue
        sample = values[measured] - values[measured].mean()
        centred = means[:, measured] - means[:, measured].mean(axis=1, keepdims=True)
        length = np.sqrt((sample**2).sum() * (centred**2).sum(axis=1))
        cosine[row] = (centred * sample).sum(axis=1) / np.where(length > 0, length, np.inf)
    return cosine[:, :3].max(axis=1), cosine[:, 3]


def _mean(features: FloatArray, markers: pd.DataFrame, lineage: str, place: dict[str, int]) -> FloatArray:
    genes = markers.loc[markers["lineage"] == lineage, "gene_id"]
    values = features[:, [place[gene] for gene in genes if gene in place]]
    measured = ~np.isnan(values)
    n = measured.sum(axis=1)
    total = np.where(measured, values, 0.0).sum(axis=1)
    return np.where(n >= LEAST_MARKERS, total / np.maximum(n, 1), np.nan)
