"""Contracts of the knowledge that patient reports draw on: one fact a row, each with its source."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

_SOURCE = Column("source", "str", "", "Identifiers of `references`, joined by ;")
_EVIDENCE = Column(
    "evidence", "str", "", "verified: the source was read; remembered: it was not (research only)"
)

REFERENCES = Table(
    "references",
    1,
    ("id",),
    (
        Column("id", "str", "", "PMID:…, PMC…, DOI:…, NCT… or journal:volume:page"),
        Column("title", "str", "", "Title as published; a citation whose title drifted shows"),
        Column("year", "int64", "", "Year of publication"),
        Column("source", "str", "", "Journal, registry or publisher"),
        Column("verified", "str", "", "Where the title was read, and on which day; missing: from memory"),
    ),
)
"""Every publication that a knowledge table cites."""

TARGETS = Table(
    "targets",
    1,
    ("target",),
    (
        Column("target", "str", "", "Name of the lesion, as a report lists it"),
        Column("group", "str", "", "Heading under which a report lists it"),
        Column("kind", "str", "", "fusion: two genes meet; within: an event inside gene5"),
        Column("gene5", "str", "", "Genes of the 5' part, joined by |; * for any partner"),
        Column("gene3", "str", "", "Genes of the 3' part, joined by |; * for any partner"),
        Column("event", "str", "", "What the type of a within event must hold: duplication or deletion"),
        Column(
            "either_order",
            "bool",
            "",
            "Whether the reciprocal counts as well: of named partners only, if some are named beside *",
        ),
        Column("meaning", "str", "", "What it says about the disease"),
        Column("confirm", "str", "", "Method to confirm or to exclude it"),
        Column("caveat", "str", "", "Why RNA sequencing may miss it; missing if it rarely does"),
        _EVIDENCE,
        _SOURCE,
    ),
)
"""Lesions of B-ALL that are looked for in every patient."""

MARKERS = Table(
    "markers",
    1,
    ("gene",),
    (
        Column("gene", "str", "", "HGNC symbol"),
        Column("group", "str", "", "Heading under which a report lists it"),
        Column("why", "str", "", "What its expression says"),
        Column("reference_mean", "float64", "log2 CPM", "Mean in 1,223 B-ALL", optional=True),
        Column("reference_sd", "float64", "log2 CPM", "Standard deviation in 1,223 B-ALL", optional=True),
        _EVIDENCE,
        _SOURCE,
    ),
)
"""Genes whose expression a report shows."""

THERAPIES = Table(
    "therapies",
    1,
    ("id",),
    (
        Column("id", "str", "", "Name of the row"),
        Column("biomarker", "str", "", "fusion, mutation, expression or subtype"),
        Column("genes", "str", "", "Targets, genes or subtypes that the row is about, joined by |"),
        Column("lesion", "str", "", "The biomarker in words"),
        Column("drug_class", "str", "", "Class of drugs"),
        Column("agents", "str", "", "Drugs, joined by ;"),
        Column("direction", "str", "", "sensitivity or resistance"),
        Column("disease", "str", "", "Disease of the evidence: B-ALL, AML, solid tumour, ..."),
        Column("age", "str", "", "paediatric, adult or any"),
        Column("line", "str", "", "newly diagnosed, relapsed or refractory, or any"),
        Column("level", "str", "", "Tier and level of AMP/ASCO/CAP 2017 for B-ALL: I-A … III"),
        Column("statement", "str", "", "What the sources say, in our words"),
        Column("contra", "str", "", "What speaks against it: negative or stopped trials, resistance"),
        Column("caveat", "str", "", "What to mind"),
        _EVIDENCE,
        _SOURCE,
        Column("quote_disease", "str", "", "The disease in the words of the source"),
        Column("as_of", "str", "", "Day on which trial and label status were read"),
    ),
)
"""Candidate drugs by lesion, with evidence for and against."""

RESPONSES = Table(
    "responses",
    1,
    ("subtype", "source"),
    (
        Column("subtype", "str", "", "Subtype, lesion of the panel, or mutated gene"),
        Column(
            "kind",
            "str",
            "",
            "class: it defines the disease, so that others are unlikely; modifier or mutation: it adds to it; "
            "relapse: a mutation that tells of a relapse only",
        ),
        Column("expectation", "str", "", "good, intermediate, slow or poor early response"),
        Column("outcome", "str", "", "favourable, intermediate or unfavourable"),
        Column("statement", "str", "", "What the source reports, in our words"),
        _EVIDENCE,
        _SOURCE,
    ),
)
"""Early response and outcome that a subtype lets expect."""
