"""Settings of a cohort analysis by name, as `cohort.yaml` holds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leukoscope.clinical import RiskCriteria
from leukoscope.study.analysis import Options
from leukoscope.study.expression import ContrastRules


def default_settings() -> dict[str, Any]:
    """Return every setting of `cohort.yaml` with its default."""
    options = Options()
    criteria, rules = options.criteria, options.rules
    return {
        "seed": 1,
        "threads": 1,
        "gene_sets": ["go_bp"],
        "risk": {name: getattr(criteria, name) for name in ("day8_blasts", "mrd_day15", "mrd_day33")},
        "contrasts": {
            "alpha": rules.alpha,
            "least_change": rules.least_change,
            "permutations": rules.n_permutations,
        },
        "groups": {
            "k": options.k,
            "max_k": options.max_k,
            "resamplings": options.n_resamplings,
            "genes": options.n_clustered_genes,
            "null_data": options.n_null,
        },
        "network": {"genes": options.n_network_genes, "edges": options.max_edges},
    }


def options_of(given: Mapping[str, Any]) -> Options:
    """Return the options that settings state; all of :func:`default_settings` are needed."""
    contrasts, groups, network = given["contrasts"], given["groups"], given["network"]
    return Options(
        criteria=RiskCriteria(**given["risk"]),
        rules=ContrastRules(
            alpha=contrasts["alpha"],
            least_change=contrasts["least_change"],
            n_permutations=contrasts["permutations"],
        ),
        max_k=groups["max_k"],
        n_resamplings=groups["resamplings"],
        n_clustered_genes=groups["genes"],
        n_null=groups["null_data"],
        k=groups["k"],
        r_seed=given["seed"],
        n_network_genes=network["genes"],
        max_edges=network["edges"],
    )
