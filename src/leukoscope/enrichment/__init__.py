"""Gene-set enrichment: over-representation, groups of similar terms, ranked lists, scores of single samples."""

from leukoscope.enrichment.grouping import group_terms
from leukoscope.enrichment.overrepresentation import Overrepresentation, find_overrepresented
from leukoscope.enrichment.ranked import RankedEnrichment, enrich_ranked, running_sum
from leukoscope.enrichment.singlesample import SampleScores, score_samples

__all__ = [
    "Overrepresentation",
    "RankedEnrichment",
    "SampleScores",
    "enrich_ranked",
    "find_overrepresented",
    "group_terms",
    "running_sum",
    "score_samples",
]
