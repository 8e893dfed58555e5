"""The analysis of a cohort: patients, fusions, contrasts, expression groups; values in, values out."""

from leukoscope.study.analysis import Options, Study, study_cohort

__all__ = ["Options", "Study", "study_cohort"]
