"""What the main differences between samples go with: batch, depth, blasts, or biology."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from leukoscope.association.categories import is_known
from leukoscope.kernels.multiplicity import benjamini_hochberg
from leukoscope.study.chapters import Batch
from leukoscope.study.projection import principal_components
from leukoscope.tables.study import COMPONENT_TESTS, SAMPLE_COMPONENTS

TECHNICAL, COMPOSITION, BIOLOGICAL = "technical", "composition", "biological"
#: Columns of a sample sheet, and of what is measured, whose effect is looked for.
VARIABLES = {
    **dict.fromkeys(
        (
            "batch",
            "lane",
            "run",
            "library",
            "strandedness",
            "centre",
            "platform",
            "rin",
            "reads",
            "genes_detected",
        ),
        TECHNICAL,
    ),
    **dict.fromkeys(("tissue", "blast_percent", "blast_fraction"), COMPOSITION),
    **dict.fromkeys(
        ("timepoint", "risk", "group", "subtype", "sex", "ras", "prednisone_response"), BIOLOGICAL
    ),
}
NUMBERS = {"rin", "reads", "genes_detected", "blast_percent", "blast_fraction"}
N_COMPONENTS = 5
N_GENES = 500
STRONG = 0.3  #: share of a component's variance from which a technical variable is named


def diagnose_batches(expression: pd.DataFrame | None, samples: pd.DataFrame) -> Batch:
    """Test the principal components of all samples against technical and biological columns.

    Parameters
    ----------
    expression
        Logarithms, genes in rows; None if there is none.
    samples
        The sample sheet, with whatever of :data:`VARIABLES` there is.
    """
    if expression is None:
        return Batch(absent="There is no expression matrix.")
    if expression.shape[1] < 3:
        return Batch(absent=f"{expression.shape[1]} sample(s) with expression are too few for components.")
    n = min(N_COMPONENTS, expression.shape[1] - 1)
    scores, share = principal_components(expression.to_numpy(np.float64), N_GENES, n)
    components = pd.concat(
        [
            pd.DataFrame(
                {
                    "component": i + 1,
                    "sample": expression.columns,
                    "value": scores[:, i],
                    "explained": share[i],
                }
            )
            for i in range(n)
        ]
    )
    sheet = samples.set_index("sample").reindex(expression.columns)
    rows = [
        (i + 1, share[i], name, kind, *tested)
        for name, kind in VARIABLES.items()
        if name in sheet
        for i in range(n)
        if (tested := _test(scores[:, i], sheet[name], is_number=name in NUMBERS)) is not None
    ]
    tests = pd.DataFrame(rows, columns=COMPONENT_TESTS.names[:-1])
    tests = tests.assign(p_adjusted=benjamini_hochberg(tests["p_value"].to_numpy(np.float64)))
    checked = COMPONENT_TESTS.check(tests.sort_values(["component", "effect"], ascending=[True, False]))
    return Batch(SAMPLE_COMPONENTS.check(components), checked, notes=_notes(checked))


def _test(scores: np.ndarray, values: pd.Series, *, is_number: bool) -> tuple[int, str, float, float] | None:
    """Return samples, test, explained share of variance and p; None if nothing varies."""
    from scipy import stats

    known = is_known(values).to_numpy()
    if known.sum() < 3 or values[known].nunique() < 2:
        return None
    own = scores[known]
    numbers = pd.to_numeric(values[known], errors="coerce")
    if is_number and numbers.notna().all():
        effect = float(np.corrcoef(numbers, own)[0, 1] ** 2)
        # two of all orders: scipy gives 0 for three in order
        least = 2.0 * math.exp(-math.lgamma(len(own) + 1.0))
        return len(own), "Spearman", effect, max(float(stats.spearmanr(numbers, own).pvalue), least)
    levels = values[known].astype(str).to_numpy()
    parts = [own[levels == level] for level in np.unique(levels)]
    if len(parts) == len(own):
        return None
    total = float(((own - own.mean()) ** 2).sum())
    between = sum(len(part) * float((part.mean() - own.mean()) ** 2) for part in parts)
    return (
        int(known.sum()),
        "Kruskal–Wallis",
        between / total if total else 0.0,
        float(stats.kruskal(*parts).pvalue),
    )


def _notes(tests: pd.DataFrame) -> tuple[str, ...]:
    strong = tests[(tests["p_adjusted"] < 0.05) & (tests["effect"] >= STRONG)]
    notes = []
    for kind, text in (
        (TECHNICAL, "Use it as a covariate of the contrasts, and read the groups with care."),
        (COMPOSITION, "Differences between samples are in part differences in which cells there are."),
    ):
        own = strong[strong["kind"] == kind]
        if len(own):
            named = ", ".join(
                f"{str(row.variable).replace('_', ' ')} ({row.effect:.0%} of component {row.component})"
                for row in own.itertuples()
            )
            notes.append(
                f"{kind.capitalize()} variables explain main differences between samples: {named}. {text}"
            )
    if not len(strong[strong["kind"] == TECHNICAL]):
        tried = sorted(tests.loc[tests["kind"] == TECHNICAL, "variable"].unique())
        notes.append(
            f"No technical variable ({', '.join(tried).replace('_', ' ')}) explains {STRONG:.0%} of a main component."
            if tried
            else "The sample sheet has no technical column (such as batch), so batches cannot be looked for."
        )
    return tuple(notes)
