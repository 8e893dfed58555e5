"""Group comparisons of yes/no marks, categories and gene sets, each with the rule that chose its test."""

from leukoscope.association.baseline import describe_baseline
from leukoscope.association.carriers import (
    compare_carriers,
    count_carriers,
    minimal_detectable,
    pair_carriers,
)
from leukoscope.association.categories import compare_categories
from leukoscope.association.overlap import measure_overlaps

__all__ = [
    "compare_carriers",
    "compare_categories",
    "count_carriers",
    "describe_baseline",
    "measure_overlaps",
    "minimal_detectable",
    "pair_carriers",
]
