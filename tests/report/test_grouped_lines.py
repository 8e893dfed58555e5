"""Many lesions in few lines: none is lost, and no two states stand in one line."""

from __future__ import annotations

import re
from itertools import groupby

import pandas as pd
import pytest

from leukoscope.diagnosis import SampleEvidence, to_json
from leukoscope.knowledge import read_knowledge
from leukoscope.report.grouped_lines import group_hotspots, group_targets
from leukoscope.report.patient import patient_report
from leukoscope.report.pdf import print_pdf
from leukoscope.tables.deletions import DELETIONS
from leukoscope.tables.variants import HOTSPOTS, VARIANTS

from .conftest import call, gate, onset


def hotspots(*, depth, reason=""):
    """Return every hot spot of the knowledge at one depth; with a reason it is not assessable."""
    rows = [
        {
            "gene": row["gene"],
            "codon": row["codon"],
            "protein_change": f"p.{row['reference']}{row['codon']}=",
            "status": "not assessable" if reason else "not detected",
            "reason": reason,
            "depth": depth + place,
            "fraction": float("nan"),
        }
        for place, row in enumerate(read_knowledge(HOTSPOTS).to_dict("records"))
    ]
    plain = {c.name: "" if c.kind == "str" else 0 for c in VARIANTS.columns}
    return VARIANTS.check(pd.DataFrame([plain | row for row in rows]))


def test_hot_spots_without_a_mutation_are_one_line_that_loses_no_codon(diagnosed):
    diagnosis = diagnosed(onset(variants=hotspots(depth=31)))
    (line,) = group_hotspots(diagnosis.variants)
    assert (line.samples, line.status) == (("S1",), "not detected")
    assert line.basis == "At least 31 fragments at each codon."
    assert "KRAS G12, G13, Q22, A59, Q61, K117, A146" in line.members
    genes = [gene.split(" ", 1) for gene in line.members.split("; ")]
    told = {(gene, codon) for gene, codons in genes for codon in codons.split(", ")}
    assert told == {(v.gene, v.change[2:-1]) for v in diagnosis.variants}


def test_codons_with_too_few_fragments_name_their_number_apart_from_those_read(diagnosed):
    table = hotspots(depth=50)
    shallow = table["gene"] == "ABL1"
    table.loc[shallow, ["status", "depth", "reason"]] = [
        "not assessable", 7, "only 7 of 20 fragments needed",
    ]  # fmt: skip
    first, second = group_hotspots(diagnosed(onset(variants=table)).variants)
    assert (first.status, first.members) == ("not assessable", "ABL1 T315 (7)")
    assert "20 fragments needed" in first.basis
    assert second.status == "not detected"
    assert "ABL1" not in second.members


def test_samples_of_which_the_same_holds_share_a_line(diagnosed):
    relapse = SampleEvidence("S2", "relapse", quality=gate(read_pairs=5e7), variants=hotspots(depth=31))
    deeper = SampleEvidence("S3", "", quality=gate(read_pairs=5e7), variants=hotspots(depth=90))
    lines = group_hotspots(diagnosed(onset(variants=hotspots(depth=31)), relapse, deeper).variants)
    assert [line.samples for line in lines] == [("S1", "S2"), ("S3",)]


def test_another_annotation_is_one_reason(diagnosed):
    table = hotspots(depth=0, reason="x")
    table["reason"] = [
        f"no transcript reads {change[2]} at codon {change[3:-1]}: T{place} reads W"
        for place, change in enumerate(table["protein_change"])
    ]
    (line,) = group_hotspots(diagnosed(onset(variants=table)).variants)
    assert line.basis == "No transcript of the annotation reads the expected amino acid."


def test_one_reason_of_many_codons_is_told_once(diagnosed):
    table = hotspots(depth=0, reason="no alignment was read")
    (line,) = group_hotspots(diagnosed(onset(variants=table)).variants)
    assert (line.status, line.basis) == ("not assessable", "No alignment was read.")


def _without_methods(members, targets):
    """Return the lesions of a line, separated by commas."""
    for target in targets:
        members = members.replace(f" ({target.confirm})", "")
    return members.replace("; ", ", ").replace(" and ", ", ")


@pytest.mark.parametrize(
    "sample",
    [
        pytest.param(onset(fusions=call("BCR", "ABL1")), id="deep"),
        pytest.param(onset(quality=gate(read_pairs=10)), id="too few reads"),
        pytest.param(onset(fusions=None), id="fusions not searched"),
    ],
)
def test_every_lesion_that_was_not_found_stands_in_one_line_of_its_state(diagnosed, sample):
    diagnosis = diagnosed(sample)
    missing = [target for target in diagnosis.targets if target.status != "detected"]
    lines = group_targets(diagnosis.targets)
    told = {line: f", {_without_methods(line.members, missing)}," for line in lines}
    for target in missing:
        assert [line.status for line in lines if f", {target.target}," in told[line]] == [target.status]
    states = [state for state, _ in groupby(lines, key=lambda line: line.status)]
    assert states in (["not assessable"], ["not assessable", "not detected"])


def test_what_rna_can_miss_is_told_apart_with_its_method(diagnosed):
    lines = group_targets(diagnosed(onset()).targets)
    missed = next(line for line in lines if "RNA can miss it" in line.basis)
    assert missed.status == "not detected"
    assert "KMT2A rearrangement (FISH (break-apart))" in missed.members
    clear = next(line for line in lines if "not seen." in line.basis)
    assert "KMT2A rearrangement" not in clear.members


def test_what_the_relapse_cannot_exclude_is_not_told_as_excluded(diagnosed):
    poor = SampleEvidence("S2", "relapse", quality=gate(read_pairs=10), fusions=onset().fusions)
    (line,) = [li for li in group_targets(diagnosed(onset(), poor).targets) if "ETV6::RUNX1" in li.members]
    assert line.basis.startswith("Looked for and not seen; not assessable in relapse: read pairs: 10")


def test_a_gene_without_a_deletion_inside_may_still_be_lost_as_a_whole(diagnosed):
    columns = {c.name: "" if c.kind == "str" else 0.0 for c in DELETIONS.columns}
    seen = {"gene": "IKZF1", "deletion": "any", "status": "not detected", "usual_reads": 50.0}
    table = pd.DataFrame([columns | seen]).astype({"reads": "int64", "annotated": bool})
    lines = group_targets(diagnosed(onset(deletions=table)).targets)
    (line,) = [line for line in lines if "IKZF1 deletion" in line.members]
    assert line.status == "not detected"
    assert line.basis.endswith("The loss of a whole gene is not assessable from RNA.")
    assert line.members == "IKZF1 deletion (MLPA or array)"


@pytest.mark.browser
def test_a_course_of_three_samples_prints_on_ten_pages(diagnosed, tmp_path):
    genes = pd.DataFrame(
        {"gene_id": [f"E{i}" for i in range(20)], "symbol": list("ABCDEFGHIJKLMNOPQRST"), "tpm": 50.0}
    )
    told = {"quality": gate(read_pairs=5e7), "genes": genes, "variants": hotspots(depth=40)}
    many = pd.concat([call(f"G{i}", f"H{i}") for i in range(60)])
    course = (
        onset(fusions=pd.concat([call("BCR", "ABL1"), many]), **told),
        SampleEvidence("S2", "remission", fusions=many, **told),
        SampleEvidence("S3", "relapse", fusions=call("PAX5", "JAK2"), **told),
    )
    printed = print_pdf(patient_report(to_json(diagnosed(*course))))
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 10
