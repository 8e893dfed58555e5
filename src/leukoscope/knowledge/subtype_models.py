"""The fitted models of subtyping, as values of arrays.

They ship as tables of coefficients; ``curation/subtyping_*.py`` made them, and
``subtype_models.toml`` says from what, when, and how well they did.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.knowledge import knowledge_path


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """A linear model over named features, with calibrated class probabilities.

    The score of a class is ``intercept + weights @ (value - centre) / spread``; probabilities are
    the softmax of ``sharpness * score``.
    """

    features: tuple[str, ...]
    classes: tuple[str, ...]
    centre: NDArray[np.float64]  #: [feature]
    spread: NDArray[np.float64]  #: [feature], never 0
    weights: NDArray[np.float64]  #: [class, feature]
    intercept: NDArray[np.float64]  #: [class]
    sharpness: float


@lru_cache(maxsize=1)
def model_facts() -> dict[str, Any]:
    """Return ``subtype_models.toml``: training data, dates, checksums and performance."""
    return tomllib.loads(knowledge_path("subtype_models.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=4)
def linear_model(name: str) -> LinearModel:
    """Return a shipped linear model.

    Parameters
    ----------
    name
        ``subtype_panel``, ``lineage_panel`` or ``subtype_scores``: a TSV with the columns feature, centre,
        spread and one per class; its first row holds the intercepts.
    """
    file = "subtype_scores.tsv" if name == "subtype_scores" else f"{name}.tsv.gz"
    frame = pd.read_csv(knowledge_path(file), sep="\t", dtype={"feature": str}, float_precision="round_trip")
    classes = tuple(frame.columns[3:])
    head, body = frame.iloc[0], frame.iloc[1:]
    return LinearModel(
        features=tuple(body["feature"]),
        classes=classes,
        centre=body["centre"].to_numpy(np.float64),
        spread=body["spread"].to_numpy(np.float64),
        weights=np.ascontiguousarray(body[list(classes)].to_numpy(np.float64).T),
        intercept=head[list(classes)].to_numpy(np.float64),
        sharpness=float(model_facts()[name]["sharpness"]),
    )
