"""Contracts of consensus clustering."""

from __future__ import annotations

from collections.abc import Sequence

from leukoscope.tables.contract import Column, Table

_K = Column("k", "int64", "clusters", "Number of clusters asked for")
_SAMPLE = Column("sample", "str", "", "Sample")

CLUSTER_CHOICE = Table(
    "cluster_choice",
    1,
    ("k",),
    (
        _K,
        Column("area", "float64", "", "Area under the cumulative distribution of the consensus"),
        Column("delta_area", "float64", "", "The area at the first K, then its relative change"),
        Column("pac", "float64", "", "Share of sample pairs with consensus in (0.1, 0.9]; low is clear"),
        Column("silhouette", "float64", "", "Mean silhouette of the consensus classes on the distance used"),
        Column("smallest", "int64", "samples", "Samples of the smallest class"),
        Column(
            "null_pac",
            "float64",
            "",
            "Mean PAC of data with the same covariance and no clusters",
            optional=True,
        ),
        Column("null_p", "float64", "", "Share of such data with a PAC as low", optional=True),
        Column("stability_index", "float64", "", "log10(null PAC / PAC)", optional=True),
    ),
)
"""How clear each number of clusters is."""

CLUSTER_CLASSES = Table(
    "cluster_classes",
    1,
    ("k", "sample"),
    (
        _K,
        _SAMPLE,
        Column("cluster", "int64", "", "Consensus class, 1-based, numbered by first appearance"),
        Column("colour", "str", "", "Colour of the class in the tracking plot"),
        Column("position", "int64", "", "Place in the consensus tree, 1-based"),
        Column("consensus", "float64", "", "Mean consensus with the other members of the class"),
        Column("next_consensus", "float64", "", "Highest mean consensus with another class"),
        Column("next_cluster", "int64", "", "That class"),
        Column("stability", "float64", "", "consensus - next_consensus; near 0 or below: not settled"),
        Column("silhouette", "float64", "", "Silhouette on the distance used"),
    ),
)
"""Class of each sample at each K, and how firmly it belongs there."""

CLUSTER_CONSENSUS = Table(
    "cluster_consensus",
    1,
    ("k", "cluster"),
    (
        _K,
        Column("cluster", "int64", "", "Consensus class"),
        Column("n_samples", "int64", "samples", "Its members"),
        Column("cluster_consensus", "float64", "", "Mean consensus of its pairs; missing for one member"),
    ),
)
"""Consensus within each class."""

ITEM_CONSENSUS = Table(
    "item_consensus",
    1,
    ("k", "cluster", "sample"),
    (
        _K,
        Column("cluster", "int64", "", "Consensus class"),
        _SAMPLE,
        Column("item_consensus", "float64", "", "Mean consensus of the sample with the members of the class"),
    ),
)
"""Consensus of each sample with each class."""


def consensus_matrix(samples: Sequence[str]) -> Table:
    """Return the contract of a consensus matrix of these samples, in their order."""
    shares = [Column(name, "float64", "", f"Share of resamples together with {name}") for name in samples]
    return Table("consensus_matrix", 1, (), (_SAMPLE, *shares))
