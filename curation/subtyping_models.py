"""What the training scripts of subtyping share: ridge classifiers, and how a model is written."""

from __future__ import annotations

import hashlib
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.publishing import publish_text
from leukoscope.tables.contract import Column, Table

KNOWLEDGE = Path(__file__).parents[1] / "src/leukoscope/knowledge"
FACTS = KNOWLEDGE / "subtype_models.toml"


def ridge_classifier(
    features: NDArray[np.float64], truth: NDArray[np.intp], n_classes: int, penalty: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return weights[class, feature] and intercepts of a ridge regression on +1/-1, classes weighted equally.

    Solved in sample space, since there are more genes than samples.
    """
    weight = truth.size / (n_classes * np.bincount(truth, minlength=n_classes)[truth])
    target = np.where(truth[:, None] == np.arange(n_classes), 1.0, -1.0)
    feature_mean = weight @ features / weight.sum()
    target_mean = weight @ target / weight.sum()
    root = np.sqrt(weight)[:, None]
    centred = (features - feature_mean) * root
    inner = centred @ centred.T + penalty * np.eye(truth.size)
    weights = (centred.T @ np.linalg.solve(inner, (target - target_mean) * root)).T
    return weights, target_mean - weights @ feature_mean


def publish_model(
    name: str,
    features: list[str],
    classes: list[str],
    centre: NDArray[np.float64],
    spread: NDArray[np.float64],
    weights: NDArray[np.float64],
    intercept: NDArray[np.float64],
    facts: dict[str, Any],
) -> None:
    """Write a model's table (five digits) and its section of ``subtype_models.toml``."""
    body = pd.DataFrame({"feature": features, "centre": centre, "spread": spread})
    body = pd.concat([body, pd.DataFrame(weights.T, columns=classes)], axis=1)
    head = pd.DataFrame([["intercept", 0.0, 1.0, *intercept]], columns=body.columns)
    frame = pd.concat([head, body], ignore_index=True)
    numbers = frame.columns[1:]
    frame[numbers] = frame[numbers].map(lambda value: float(f"{value:.5g}"))
    path = KNOWLEDGE / (f"{name}.tsv.gz" if len(features) > 100 else f"{name}.tsv")
    columns = (Column("feature", "str", "", ""), *(Column(c, "float64", "", "") for c in numbers))
    Table(name, 1, (), columns).write(frame, path)
    facts = {
        "trained": datetime.now(UTC).date().isoformat(),
        "classes": classes,
        "n_features": len(features),
        **facts,
        "file": path.name,
        "file_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    record_facts(name, facts)


def record_facts(name: str, facts: dict[str, Any]) -> None:
    """Set one section of ``subtype_models.toml``."""
    known = tomllib.loads(FACTS.read_text()) if FACTS.is_file() else {}
    known[name] = facts
    lines = ["# Fitted models of subtyping; each section is written by the script that it names.", ""]
    for section in sorted(known):
        lines.append(f"[{section}]")
        lines += [f"{key} = {_toml(value)}" for key, value in known[section].items()]
        lines.append("")
    publish_text(FACTS, "\n".join(lines))


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value)
