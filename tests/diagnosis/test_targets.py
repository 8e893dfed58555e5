"""The panel: detected, not detected, or not assessable, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leukoscope.diagnosis import SampleEvidence
from leukoscope.diagnosis.targets import loci, matching_targets

from .conftest import BCR_ABL1, EXPRESSED, fusion_table, gene_table, quality_table


def state(diagnosis, target):
    return next((t.status, t.basis) for t in diagnosis.targets if t.target == target)


def test_what_is_seen_is_detected_and_what_is_not_seen_is_excluded_with_its_ground(diagnosed, deep):
    diagnosis = diagnosed(deep)
    assert state(diagnosis, "BCR::ABL1") == ("detected", "BCR::ABL1 e14a2 (21 fragments)")
    status, basis = state(diagnosis, "ETV6::RUNX1")
    assert status == "not detected"
    assert basis == "50.0 million read pairs; ETV6 8.0 TPM, RUNX1 9.0 TPM"


def test_a_fusion_with_a_named_partner_is_not_also_a_fusion_with_any_partner(diagnosed, deep):
    assert state(diagnosed(deep), "ABL1 fusion (not BCR)")[0] == "not detected"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"fusions": None}, "fusions were not searched"),
        (
            {"quality": quality_table("S1", read_pairs=10_848)},
            "read pairs: 10,848, where 10,000,000 are needed",
        ),
        (
            {"quality": quality_table("S1", read_pairs=5e7, blast_percent=5)},
            "blasts .declared.: 5 %, where 20 % are",
        ),
        (
            {"genes": gene_table(**EXPRESSED | {"ETV6": 0.2, "RUNX1": 0.1})},
            "not expressed: ETV6 0.2 TPM, RUNX1 0.1 TPM",
        ),
        ({"genes": gene_table(ETV6=5)}, "lacks RUNX1"),
        ({"timepoint": "remission"}, "remission"),
    ],
)
def test_what_cannot_be_excluded_is_not_assessable_and_says_why(diagnosed, deep, change, reason):
    import re

    status, basis = state(diagnosed(replace(deep, **change)), "ETV6::RUNX1")
    assert status == "not assessable"
    assert re.search(reason, basis), basis


def test_a_given_table_of_fusions_excludes_what_its_caller_looks_for(diagnosed, deep):
    deep = replace(deep, genes=gene_table(**EXPRESSED | {"FLT3": 40.0}))
    given = diagnosed(replace(deep, fusions_given=True))
    status, basis = state(given, "ETV6::RUNX1")
    assert status == "not detected" and basis.startswith(
        "not in the table of fusions that came with the sample; "
    )
    assert state(given, "FLT3-ITD")[0] == "not assessable" != state(diagnosed(deep), "FLT3-ITD")[0]


def test_a_table_of_fusions_of_unknown_depth_and_expression_excludes_nothing(diagnosed, deep):
    alone = replace(deep, fusions_given=True, genes=None, quality=None)
    assert state(diagnosed(alone), "BCR::ABL1")[0] == "detected"
    assert state(diagnosed(alone), "ETV6::RUNX1") == (
        "not assessable",
        "neither the depth of the sample nor the expression of the genes is known",
    )
    of_known_depth = replace(alone, quality=deep.quality)
    assert state(diagnosed(of_known_depth), "ETV6::RUNX1")[0] == "not detected"


def test_a_silent_gene_excludes_a_fusion_that_would_make_it_heard(diagnosed, deep):
    silent = replace(deep, genes=gene_table(**EXPRESSED | {"NTRK3": 0.0, "KMT2A": 0.1}))
    assert state(diagnosed(silent), "NTRK3 fusion") == (
        "not detected",
        "50.0 million read pairs; NTRK3 0.0 TPM",
    )
    assert state(diagnosed(silent), "KMT2A rearrangement")[0] == "not assessable"


def test_what_was_found_stands_even_where_nothing_can_be_excluded(diagnosed, deep):
    shallow = replace(deep, quality=quality_table("S1", read_pairs=10_848))
    assert state(diagnosed(shallow), "BCR::ABL1")[0] == "detected"


def test_a_candidate_of_low_confidence_is_neither_found_nor_excluded(diagnosed, deep):
    doubtful = replace(deep, fusions=fusion_table(BCR_ABL1 | {"confidence": "low"}))
    diagnosis = diagnosed(doubtful)
    status, basis = state(diagnosis, "BCR::ABL1")
    assert status == "not assessable"
    assert "low confidence" in basis
    assert diagnosis.fusions[0].listing == "research"


def test_a_doubtful_event_is_neither_found_nor_excluded(diagnosed, deep):
    back_splice = {
        "gene1": "KMT2A",
        "gene2": "KMT2A",
        "type": "duplication",
        "plausibility": "circular-RNA-like",
    }
    status, basis = state(
        diagnosed(replace(deep, fusions=fusion_table(back_splice))), "KMT2A partial tandem duplication"
    )
    assert status == "not assessable"
    assert basis.startswith("only doubtful candidates (circular-RNA-like): KMT2A::KMT2A")


def test_one_of_two_samples_is_enough_to_exclude(diagnosed, deep):
    shallow = SampleEvidence(
        "S0", "onset", quality=quality_table("S0", read_pairs=10), fusions=fusion_table()
    )
    assert state(diagnosed(deep, shallow), "ETV6::RUNX1")[0] == "not detected"


def test_a_timepoint_that_excludes_nothing_stands_beside_one_that_does(diagnosed, deep):
    shallow = SampleEvidence(
        "S2", "relapse", quality=quality_table("S2", read_pairs=10), fusions=fusion_table()
    )
    status, basis = state(diagnosed(deep, shallow), "ETV6::RUNX1")
    assert status == "not detected"
    assert basis.endswith(
        "RUNX1 9.0 TPM; not assessable in relapse: read pairs: 10, where 10,000,000 are needed"
    )


def test_genes_without_expression_table_are_excluded_on_reads_alone(diagnosed, deep):
    status, basis = state(diagnosed(replace(deep, genes=None)), "ETV6::RUNX1")
    assert (status, basis) == ("not detected", "50.0 million read pairs; expression of the genes not known")


@pytest.mark.parametrize(
    ("call", "targets"),
    [
        ({"gene1": "BCR", "gene2": "ABL1"}, ["BCR::ABL1"]),
        ({"gene1": "ABL1", "gene2": "BCR"}, ["BCR::ABL1"]),
        ({"gene1": "NUP214", "gene2": "ABL1"}, ["ABL1 fusion (not BCR)"]),
        ({"gene1": "ABL1", "gene2": "NUP214"}, []),
        ({"gene1": "EPOR", "gene2": "IGKJ1"}, ["EPOR rearrangement"]),
        ({"gene1": "DUX4L2", "gene2": "IGHM"}, ["DUX4 rearrangement"]),
        ({"gene1": "AFF1", "gene2": "KMT2A"}, ["KMT2A rearrangement"]),
        ({"gene1": "GAPDH", "gene2": "KMT2A"}, []),  # the end of KMT2A behind any gene makes no leukaemia
        ({"gene1": "KMT2A", "gene2": "GAPDH"}, ["KMT2A rearrangement"]),
        ({"gene1": "NUP214", "gene2": "ABL1", "reading_frame": "out-of-frame"}, []),
        ({"gene1": "EXOSC2", "gene2": "ABL1", "type": "deletion/read-through"}, []),
        ({"gene1": "P2RY8", "gene2": "CRLF2", "type": "deletion/read-through"}, ["P2RY8::CRLF2"]),
        ({"gene1": "PAX5", "gene2": "JAK2"}, ["JAK2 fusion", "PAX5 fusion"]),
        ({"gene1": "IGHJ4", "gene2": "DUX4L9(120),AC123(40)"}, ["DUX4 rearrangement"]),
        ({"gene1": "IGHM", "gene2": "CRLF2(3000),CSF2RA(9000)"}, ["IGH::CRLF2"]),
        ({"gene1": "FLT3", "gene2": "FLT3", "type": "duplication/ITD"}, ["FLT3-ITD"]),
        ({"gene1": "FLT3", "gene2": "FLT3", "type": "deletion"}, []),
        ({"gene1": "KMT2A", "gene2": "AFF1"}, ["KMT2A rearrangement"]),
        ({"gene1": "DHRSX", "gene2": "DHRSX", "type": "duplication"}, []),
        ({"gene1": "IGHMBP2", "gene2": "CRLF2"}, []),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else None,
)
def test_matching(shipped, call, targets):
    row = fusion_table(call).to_dict("records")[0]
    assert [t["target"] for t in matching_targets(shipped.targets, row)] == targets


def test_every_named_gene_of_the_panel_is_a_locus_of_its_own(shipped):
    for side in ("gene5", "gene3"):
        for genes in shipped.targets[side]:
            for gene in genes.split("|"):
                assert gene == "*" or loci(gene) == {gene}
