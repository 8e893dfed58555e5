"""Consensus clustering of samples: the numbers of ConsensusClusterPlus, and whether to believe them."""

from leukoscope.clustering.evaluation import (
    describe_choice,
    describe_classes,
    describe_cluster_consensus,
    describe_item_consensus,
)
from leukoscope.clustering.reference import compare_with_null
from leukoscope.clustering.resampling import ConsensusClustering, consensus_cluster
from leukoscope.clustering.selection import select_variable_genes

__all__ = [
    "ConsensusClustering",
    "compare_with_null",
    "consensus_cluster",
    "describe_choice",
    "describe_classes",
    "describe_cluster_consensus",
    "describe_item_consensus",
    "select_variable_genes",
]
