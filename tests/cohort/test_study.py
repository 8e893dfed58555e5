"""The analysis of a cohort finds what was planted, and says why where there is nothing to find."""

from __future__ import annotations

import csv
import json
import re

import numpy as np
import pandas as pd
import pytest

from leukoscope.cli import main
from leukoscope.errors import InputError
from leukoscope.formats.cohort_sheet import (
    read_cohort_sheet,
    read_contrast_sheet,
    read_sheet_counts,
    read_sheet_fusions,
)
from leukoscope.formats.cohort_truth import read_truth_of_cohort
from leukoscope.formats.gmt import read_gmt
from leukoscope.genesets import gather_gene_sets
from leukoscope.knowledge import read_knowledge
from leukoscope.report.cohort_document import CohortDocument
from leukoscope.report.cohort_summary import contrast_sentences, course_sentences, fusion_sentences
from leukoscope.simulation.cohort_scoring import check_cohort
from leukoscope.simulation.cohorts import simulate_cohort
from leukoscope.study import Options, study_cohort
from leukoscope.study.expression import ContrastRules, study_contrast
from leukoscope.study.fusion_sets import compare_fusion_sets
from leukoscope.study.fusions import study_fusions
from leukoscope.study.groups import adjusted_rand, study_groups
from leukoscope.study.patients import describe_patients
from leukoscope.study.results import study_tables, summarise
from leukoscope.tables.driver_fusions import DRIVER_FUSIONS

OPTIONS = Options(max_k=4, n_resamplings=100, n_null=19)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cohort")
    simulate_cohort(folder, np.random.default_rng(20), n_genes=8000)
    return folder


@pytest.fixture(scope="module")
def study(folder):
    sheet = read_cohort_sheet(folder / "samples.csv")
    contrasts = read_contrast_sheet(folder / "contrasts.csv")
    return study_cohort(
        sheet,
        contrasts[contrasts["id"].isin(["remission", "high_risk", "relapse"])],
        cohort=read_sheet_counts(sheet, folder),
        fusions=read_sheet_fusions(sheet, folder),
        gene_sets=read_gmt(folder / "gene_sets.gmt"),
        rng=np.random.default_rng(1),
        drivers=read_knowledge(DRIVER_FUSIONS),
        options=OPTIONS,
    )


@pytest.fixture(scope="module")
def truth(folder):
    return json.loads((folder / "truth.json").read_text())


def test_risk_follows_the_criteria(study):
    assert study.patients.risk["risk"].value_counts().to_dict() == {"non-high": 28, "high": 17}
    assert study.patients.disagreements == ()


def test_planted_groups_are_found_and_more_than_chance(study, truth):
    patients = study.samples.set_index("sample")["patient"]
    planted = [truth["groups"][patients[name]] for name in study.groups.members.index]
    assert study.groups.supported
    assert adjusted_rand(study.groups.members.tolist(), planted) > 0.5


def test_planted_programmes_are_enriched(study):
    found = {one.comparison.contrast: one for one in study.contrasts}
    ranked = found["high_risk"].ranked
    assert {"RESISTANCE_UP", "RESISTANCE_DOWN"} <= set(ranked.loc[ranked["p_adjusted"] < 0.05, "set"])
    assert {"RESISTANCE_UP"} <= set(found["high_risk"].enriched_up["set"].head(3))


def test_every_check_of_the_truth_passes_but_those_of_contrasts_left_out(study, folder):
    truth, genes = read_truth_of_cohort(folder)
    sets = read_gmt(folder / "gene_sets.gmt")
    members = {name: sets.members_of(i) for i, name in enumerate(sets.names)}
    tables = {path: table.check(frame) for path, table, frame in study_tables(study)}
    checks = check_cohort(truth, genes, members, tables)
    failed = set(checks.loc[~checks["passed"], "check"])
    assert failed == {"programme RAS_SIGNALLING"}, checks[~checks["passed"]].to_string()
    nothing = check_cohort(
        truth, genes, members, {"patients/baseline_by_risk": tables["patients/baseline_by_risk"]}
    )
    assert not nothing.loc[nothing["check"].str.startswith("programme"), "passed"].any()


def test_the_papers_p_values_appear_beside_better_ones(study, shared):
    published = pd.read_csv(shared.parent / "paper" / "figure-2a.tsv", sep="\t").set_index("gene")
    tests = study.fusions.genes_by_timepoint.set_index("feature")
    agreeing = 0
    for gene, row in published.iterrows():
        if tests.loc[gene, "carriers"] == f"{int(row.onset_carriers)}/45 {int(row.remission_carriers)}/25":
            digits = len(str(row.published_p).split(".")[1])
            assert round(tests.loc[gene, "chi2_p"], digits) == pytest.approx(row.published_p, abs=10**-digits)
            agreeing += 1
    assert agreeing >= 14
    assert (tests["p_adjusted"] > 0.05).all()


def test_without_remission_samples_no_pair_is_called_absent_from_them(study, folder):
    kept = study.samples[study.samples["timepoint"] != "remission"]
    found = study_fusions(read_sheet_fusions(kept, folder), kept)
    summary = {"fusions": {"absent": "", "assessed": dict(found.assessed)}}
    told = next(fusion_sentences(CohortDocument(summary, {"fusions/ranked_pairs": found.ranked})))
    assert "no remission sample tells whether normal marrow has them too" in told
    assert "never seen in remission" not in told


def test_a_contrast_whose_samples_differ_in_blasts_says_so(study):
    caveats = {one.comparison.contrast: one.caveats for one in study.contrasts}
    assert caveats["high_risk"] == ()
    (told,) = caveats["remission"]
    assert re.match(r"The samples differ in blasts: as stated \d+% in remission and 9\d% in onset", told)
    assert told.endswith("A covariate blast_percent in the table of contrasts adjusts for it.")


def test_genes_of_no_set_and_fusions_not_looked_for_are_said_without_an_error(study, folder):
    sheet = study.samples[study.samples["timepoint"] == "onset"].drop(columns="group")
    symbols = read_sheet_counts(sheet, folder).genes["symbol"].tolist()
    one = next(found for found in study.contrasts if found.comparison.contrast == "high_risk")
    changed = {*one.up, *one.down}
    sets = gather_gene_sets("mine", [("OTHERS", "", [name for name in symbols if name not in changed][:200])])
    found = study_contrast(
        one.comparison, np.random.default_rng(1), cohort=read_sheet_counts(sheet, folder), gene_sets=sets,
        families=None, fusion_genes=None, rules=ContrastRules(),
    )  # fmt: skip
    assert (
        found.missing[0]
        == f"None of the {len(found.up)} genes that rise is in a gene set, so no set can be over-represented."
    )
    assert found.missing[-1] == "Fusions were not looked for, so their genes are not compared with these."
    assert found.overlaps.empty


def test_contrasts_not_computed_for_one_reason_are_named_together_and_groups_apart():
    why = {"levels": ["onset", "relapse"], "absent": "There are no counts."}
    contrasts = [why | {"id": name, "variable": "timepoint"} for name in ("all", "ras")]
    contrasts += [why | {"id": "x", "variable": variable} for variable in ("group", "in_group_1")]
    told = list(contrast_sentences(CohortDocument({"contrasts": contrasts}, {})))
    assert told == ["all (relapse over onset), ras (relapse over onset): There are no counts."]


def test_every_table_keeps_its_contract_and_the_summary_names_it(study):
    tables = {
        path: table.name for path, table, frame in study_tables(study) if table.check(frame) is not None
    }
    assert summarise(study)["tables"] == tables
    json.dumps(summarise(study), allow_nan=False)


def test_little_is_an_ordinary_cohort(tmp_path):
    """One patient, no counts, no fusions, no clinical column: every chapter says why it is empty."""
    (tmp_path / "samples.csv").write_text("sample,patient\na,P1\n")
    (tmp_path / "contrasts.csv").write_text("id,variable,reference,target\nx,timepoint,onset,remission\n")
    status = main(
        [
            "cohort",
            str(tmp_path / "samples.csv"),
            "--contrasts",
            str(tmp_path / "contrasts.csv"),
            "--outdir",
            str(tmp_path / "out"),
        ]
    )
    assert not status
    summary = json.loads((tmp_path / "out" / "cohort.json").read_text())
    assert summary["fusions"]["absent"] == "No sample has a fusion table."
    assert summary["groups"]["absent"] == "There is no expression matrix."
    assert [one["absent"] for one in summary["contrasts"]] == ["There are no counts."]
    assert summary["patients"]["risk"] == {"not assessable": 1}
    assert "No sample has a fusion table." in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("sample,timepoint\na,onset\n", r"lacks the column\(s\) patient", id="no patient"),
        pytest.param("sample,patient\na,P\na,P\n", r"1 sample\(s\) stand there twice: 'a'", id="repeated"),
        pytest.param(
            "sample,patient,timepoint\na,P,day8\n", r"1 unknown timepoint\(s\): 'day8'", id="timepoint"
        ),
        pytest.param("", "not a table", id="empty"),
    ],
)
def test_wrong_sheets_are_refused(tmp_path, text, message):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_cohort_sheet(tmp_path / "s.csv")


def test_columns_of_the_users_own_are_described_and_what_cannot_be_is_named():
    rows = [
        (f"s{i}{step}", f"p{i}", f"46,XY,t({i})", "ab"[i % 2], i / 2, i + step)
        for i in range(22)
        for step in (0, 1)
    ]
    sheet = pd.DataFrame(rows, columns=["sample", "patient", "karyotype", "fish", "bcr_copies", "rin"])
    found = describe_patients(sheet)
    assert set(found.baseline["variable"]) == {
        "patients",
        "fish",
        "bcr_copies",
    }  # rin differs within patients
    told = " ".join(found.notes)
    assert "more than 20 different values: karyotype." in told
    assert "No patient's risk can be told" in told


def test_stated_risk_that_the_criteria_contradict_is_named():
    sheet = pd.DataFrame(
        [
            ("a", "P1", "onset", "high", "0.1", "0.1", "0.0", "no"),
            ("b", "P2", "onset", "high", "5", "", "", "no"),
        ],
        columns=[
            "sample",
            "patient",
            "timepoint",
            "risk",
            "day8_blasts",
            "mrd_day15",
            "mrd_day33",
            "relapse",
        ],
    )
    assert describe_patients(sheet).disagreements == ("P1",)


def test_a_stated_response_that_the_blasts_contradict_is_noted():
    sheet = pd.DataFrame(
        [("a", "P1", "1.5", "PGR"), ("b", "P2", "1.5", "poor"), ("c", "P3", "", "good")],
        columns=["sample", "patient", "day8_blasts", "prednisone_response"],
    )
    told = "contradicts the blasts of day 8 in 1 patient, e.g. P1; the blasts count."
    assert describe_patients(sheet).notes[-1].endswith(told)
    assert not any("contradicts" in note for note in describe_patients(sheet[1:]).notes)


def test_dry_run_prints_the_plan(folder, capsys):
    main(
        [
            "cohort",
            str(folder / "samples.csv"),
            "--contrasts",
            str(folder / "contrasts.csv"),
            "--outdir",
            "x",
            "--dry-run",
        ]
    )
    rows = {row["id"]: row for row in csv.DictReader(capsys.readouterr().out.splitlines(), delimiter="\t")}
    assert rows["remission"]["n_blocks"] == "25"
    assert rows["high_risk"]["n_target"] == "17"


def test_counts_of_several_files_are_joined_on_their_common_genes(tmp_path):
    (tmp_path / "a.tsv").write_text("gene_id\ts1\nENSG00000000003\t1\nENSG00000000005\t2\n")
    (tmp_path / "b.tsv").write_text("gene_id\ts2\nENSG00000000005\t5\n")
    (tmp_path / "s.csv").write_text("sample,patient,counts\ns1,P,a.tsv\ns2,Q,b.tsv\n")
    cohort = read_sheet_counts(read_cohort_sheet(tmp_path / "s.csv"), tmp_path)
    assert cohort.counts.tolist() == [[2, 5]]
    assert cohort.gene_ids.tolist() == ["ENSG00000000005"]
    assert cohort.sample_names.tolist() == ["s1", "s2"]


@pytest.mark.parametrize("k", [1, 4])
def test_groups_that_no_clustering_makes_are_refused(k):
    rng = np.random.default_rng(1)
    names = [f"s{i}" for i in range(8)]
    expression = pd.DataFrame(rng.normal(size=(30, 8)), columns=names)
    samples = pd.DataFrame({"sample": names, "timepoint": "onset"})
    with pytest.raises(InputError, match="of 8 onset samples at most 3 groups"):
        study_groups(expression, samples, rng=rng, max_k=3, n_resamplings=5, k=k)


def test_without_remission_samples_nothing_is_said_of_change(study, folder):
    kept = study.samples[study.samples["timepoint"] == "onset"]
    found = study_fusions(read_sheet_fusions(kept, folder), kept)
    assert set(compare_fusion_sets(found, kept).loci["change"]) == {"not compared"}
    assert found.notes[0] == "Not compared, onset and remission: there are 45 and 0 samples."
    assert "of high risk against" in found.notes[1]


def test_courses_are_told_as_their_table_counts_them(study):
    documents = CohortDocument({}, {"courses/tests": study.courses.tests})
    told = list(course_sentences(documents))
    counts = study.courses.tests.set_index(["earlier", "later", "feature"])
    counts = counts[["persisting", "cleared", "not_assessable"]]
    kept, gone, weak = counts.loc["onset", "remission", "any driver fusion"].tolist()
    assert told[0] == (
        f"Onset to remission: of {kept + gone + weak} patients with a driver fusion at first, one persists in {kept}, "
        f"none does in {gone} although it would have been seen, and it was too weak to tell in {weak}."
    )
