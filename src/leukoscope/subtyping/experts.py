"""What expression alone says: the panel expert and the score-space expert, pooled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.expression import Expression
from leukoscope.knowledge.subtype_tables import SubtypeKnowledge
from leukoscope.subtyping.panel import class_probabilities, linear_scores, rank_features
from leukoscope.subtyping.signatures import SignatureScores, score_signatures

FloatArray = NDArray[np.float64]

#: Classes of B-ALL that calls are made among.
GROUPS = (
    "BCL2/MYC", "CDX2/UBTF", "DUX4", "ETV6 group", "HLF", "Hyperdiploid", "IGH::IL3", "IKZF1 N159Y", "KMT2A",
    "Low hypodiploid", "MEF2D", "NUTM1", "Near haploid", "PAX5 P80R", "PAX5alt", "Ph group", "TCF3::PBX1",
    "ZEB2/CEBP", "ZNF384", "iAMP21",
)  # fmt: skip
#: Share of the panel or of the ranked signature genes below which an expert keeps silent.
LEAST_SHARE = 0.05
LEAST_SIGNATURE_SHARE = 0.4
#: A sample in which fewer genes were seen at all cannot be told.
LEAST_EXPRESSED = 300
#: The panel was calibrated on held-out patients of its own cohort; in another laboratory it is trusted less.  A
#: judgement: no open cohort is large enough to fit it.
ELSEWHERE = 0.65
#: No expert is surer than this that a class is not the one.
FLOOR = 0.003
#: A class that the panel has never seen is taken for this likely by it: rare, not excluded.
UNSEEN = 0.02
#: The score-space expert was fitted on samples from which its signatures were chosen: it counts for less.
SCORE_WEIGHT = 0.7
#: IGH::IL3 has no signature, and is rare.
NO_SIGNATURE_LOG_ODDS = -5.0


@dataclass(frozen=True, slots=True, eq=False)
class ExpressionVote:
    """Log weights of the classes from expression, and the experts they come from."""

    log_weight: FloatArray  #: [sample, group], in the order of GROUPS; not normalised
    panel: FloatArray  #: [sample, group] probabilities; NaN where the panel does not know the class
    score: FloatArray  #: [sample, group] probabilities; NaN where the scores do not
    unassigned: FloatArray  #: [sample] probability of no class, of the score-space expert
    features: FloatArray  #: [sample, panel gene] deviates
    n_panel: NDArray[np.int64]  #: [sample] panel genes measured
    signatures: SignatureScores


def vote(expression: Expression, knowledge: SubtypeKnowledge) -> ExpressionVote:
    """Ask both experts.

    An expert that lacks too many of its genes in a sample keeps silent there.
    """
    panel = knowledge.panel
    features = rank_features(expression.of(panel.features), panel.centre, _usual_spread(panel.spread))
    features[(expression.values > 0).sum(axis=1) < LEAST_EXPRESSED] = np.nan
    n_panel = (~np.isnan(features)).sum(axis=1)
    panel_p = class_probabilities(ELSEWHERE * linear_scores(features, panel), panel)
    panel_p[n_panel < LEAST_SHARE * len(panel.features)] = np.nan
    scored = score_signatures(
        expression,
        knowledge.signatures,
        knowledge.signature_genes,
        kind="subtype",
        names=knowledge.scores.features,
    )
    score_p = class_probabilities(linear_scores(scored.scaled, knowledge.scores), knowledge.scores)
    n_ranked = int(knowledge.signature_genes["in_scores"].sum())
    score_p[(scored.n_genes < LEAST_SIGNATURE_SHARE * n_ranked) | (n_panel == 0)] = np.nan
    by_panel, by_score = _by_group(panel_p, panel.classes), _by_group(score_p, knowledge.scores.classes)
    unassigned = score_p[:, knowledge.scores.classes.index("B-other")]
    return ExpressionVote(
        _pool(by_panel, by_score), by_panel, by_score, unassigned, features, n_panel.astype(np.int64), scored
    )


def _usual_spread(floored: FloatArray) -> FloatArray:
    """Return standard deviations from what the model divides by, which adds their median."""
    return np.asarray(np.maximum(floored - np.median(floored) / 2, 1e-3))


def _by_group(probability: FloatArray, classes: tuple[str, ...]) -> FloatArray:
    columns = [
        probability[:, classes.index(group)] if group in classes else np.full(len(probability), np.nan)
        for group in GROUPS
    ]
    return np.column_stack(columns)


def _pool(panel: FloatArray, score: FloatArray) -> FloatArray:
    """Add the logarithms of both experts; a silent expert adds nothing."""
    panel_spoke = ~np.isnan(panel).all(axis=1, keepdims=True)
    score_spoke = ~np.isnan(score).all(axis=1, keepdims=True)
    from_panel = np.log(np.where(np.isnan(panel), UNSEEN, panel) + FLOOR)
    from_score = SCORE_WEIGHT * np.log(np.where(np.isnan(score), FLOOR, score) + FLOOR)
    weight = np.where(panel_spoke, from_panel, 0.0) + np.where(score_spoke, from_score, 0.0)
    # Near haploidy has the expression pattern of hyperdiploidy: the chromosomes tell them apart.
    weight[:, GROUPS.index("Near haploid")] = weight[:, GROUPS.index("Hyperdiploid")]
    weight[:, GROUPS.index("IGH::IL3")] = np.median(weight, axis=1) + NO_SIGNATURE_LOG_ODDS
    return np.asarray(weight)
