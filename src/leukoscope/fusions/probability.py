"""How probable it is that an event is no artefact of the bench or the aligner: a logistic model.

Its coefficients are a table of the knowledge folder, fitted by ``curation/fusion_probability.py`` to
simulated samples.  It is asked after the filters: a call may be high only if it is probable, and what is
improbable is rejected.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.fusions.features import MIN_ADDED

FloatArray = NDArray[np.float64]

INTERCEPT = "intercept"
LONGEST_HOMOLOGY = 8  #: bases of micro-homology that count
RAREST = 1e-4  #: share of the copies below which it counts as this
LEAST_CHANCE = 1e-6  #: chance joins expected, below which they count as this


def probability_features(events: pd.DataFrame) -> pd.DataFrame:
    """Return what the model looks at, one column a feature.

    ``support`` log2 of the fragments; ``splice_sites`` sides at one (0 to 2); ``chance`` log10 of the
    chance joins of such a kind and support expected in this sample; ``homology`` bases that could
    belong to either side; ``inserted`` whether bases are; ``rarity`` log10 of the share of the more
    abundant partner's copies; ``mates_only`` whether no read crosses; ``within`` whether both sides lie
    in one gene; ``along`` sides transcribed along their gene (0 to 2).
    """
    coverage = events[["coverage_a", "coverage_b"]].max(axis=1)
    share: pd.Series = events["total"] / np.maximum(events["total"] + coverage, 1)
    return pd.DataFrame(
        {
            "support": np.log2(events["total"].clip(lower=1)),
            "splice_sites": events["spliced_a"].astype(int) + events["spliced_b"].astype(int),
            "chance": np.log10(events["chance"].clip(lower=LEAST_CHANCE)),
            "homology": events["homology"].clip(upper=LONGEST_HOMOLOGY),
            "inserted": (events["inserted"] >= MIN_ADDED).astype(int),
            "rarity": np.log10(share.clip(lower=RAREST)),
            "mates_only": (events["split_a"] + events["split_b"] == 0).astype(int),
            "within": events["same_gene"].astype(int),
            "along": events["along_a"].astype(int) + events["along_b"].astype(int),
        },
        index=events.index,
    ).astype(np.float64)


def probability(events: pd.DataFrame, odds: pd.DataFrame | None) -> FloatArray:
    """Return the probability of each event, NaN without a model.

    Parameters
    ----------
    events
        Events with their features.
    odds
        :data:`~leukoscope.tables.driver_fusions.FUSION_PROBABILITY`.
    """
    if odds is None or events.empty:
        return np.full(len(events), np.nan)
    coefficient = odds.set_index("feature")["coefficient"]
    features = probability_features(events)
    logit = features.to_numpy() @ coefficient[features.columns].to_numpy() + coefficient[INTERCEPT]
    return np.asarray(1 / (1 + np.exp(-logit)), dtype=np.float64)
