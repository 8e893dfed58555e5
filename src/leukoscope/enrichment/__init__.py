"""Gene-set enrichment: over-representation, groups of similar terms, ranked lists."""

from leukoscope.enrichment.grouping import group_terms
from leukoscope.enrichment.overrepresentation import Overrepresentation, find_overrepresented
from leukoscope.enrichment.ranked import RankedEnrichment, enrich_ranked, running_sum

__all__ = [
    "Overrepresentation",
    "RankedEnrichment",
    "enrich_ranked",
    "find_overrepresented",
    "group_terms",
    "running_sum",
]
