"""All that a patient report may say, as one frozen value that is also a JSON document."""

from leukoscope.diagnosis.assembly import diagnose
from leukoscope.diagnosis.document import from_json, report_id, schema, to_json
from leukoscope.diagnosis.evidence import Knowledge, SampleEvidence
from leukoscope.diagnosis.values import Diagnosis

__all__ = [
    "Diagnosis",
    "Knowledge",
    "SampleEvidence",
    "diagnose",
    "from_json",
    "report_id",
    "schema",
    "to_json",
]
