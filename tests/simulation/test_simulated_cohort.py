"""The simulated cohort against its own truth, the paper's counts, and textbook tests."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from leukoscope.cli import main
from leukoscope.clinical import assign_risk
from leukoscope.contrasts import plan, read_contrasts
from leukoscope.errors import InputError
from leukoscope.formats.counts import read_counts
from leukoscope.simulation.cohort_patients import N_HIGH, N_RELAPSE, N_REMISSION
from leukoscope.simulation.cohorts import CONTRAST_ROWS, simulate_cohort
from leukoscope.tables.fusions import FUSIONS


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cohort")
    simulate_cohort(folder, np.random.default_rng(3), 8_000)
    return folder


@pytest.fixture(scope="module")
def samples(cohort):
    return pd.read_csv(cohort / "samples.csv")


@pytest.fixture(scope="module")
def log_counts(cohort, samples):
    counts = read_counts(cohort / "counts.tsv.gz").cohort.described_by(samples)
    assert counts.is_whole
    return np.log2(counts.counts / counts.counts.sum(axis=0) * 1e6 + 1)


@pytest.fixture(scope="module")
def carriers(cohort, samples):
    """Return the sets of carrying patients by gene and timepoint, from the fusion tables alone."""
    found = {}
    for row in samples.itertuples():
        table = FUSIONS.read(cohort / row.fusions)
        for gene in {*table["gene1"], *table["gene2"]}:
            found.setdefault((gene, row.timepoint), set()).add(row.patient)
    return found


def test_numbers_of_samples(samples):
    assert samples["patient"].nunique() == 45
    assert dict(samples["timepoint"].value_counts()) == {
        "onset": 45,
        "remission": N_REMISSION,
        "relapse": N_RELAPSE,
    }


def test_risk_follows_from_the_response(samples):
    onset = samples[samples["timepoint"] == "onset"]
    risk = assign_risk(onset[["patient", "day8_blasts", "mrd_day15", "mrd_day33", "relapse"]])
    told = onset.set_index("patient")["risk"]
    assert dict(zip(risk["patient"], risk["risk"], strict=True)) == dict(told)
    assert (told == "high").sum() == N_HIGH
    relapsed = set(samples.loc[samples["timepoint"] == "relapse", "patient"])
    assert relapsed == set(onset.loc[onset["relapse"] == "yes", "patient"])


def test_mutations_are_as_frequent_as_in_the_paper(samples):
    onset = samples[samples["timepoint"] == "onset"]
    counts = {name: int((onset[name] == "yes").sum()) for name in ("kras", "nras", "flt3", "ras", "cdkn2a")}
    assert counts == {"kras": 12, "nras": 5, "flt3": 5, "ras": 14, "cdkn2a": 8}
    assert ((onset["ras"] == "yes") & (onset["risk"] == "high")).sum() == 4
    either = (onset[["kras", "nras", "flt3"]] == "yes").any(axis=1)
    assert (either == (onset["ras"] == "yes")).all()


def test_carriers_are_those_behind_figure_2a(carriers, shared):
    paper = pd.read_csv(shared.parent / "paper" / "figure-2a.tsv", sep="\t")
    for row in paper.itertuples():
        onset, remission = (len(carriers.get((row.gene, t), ())) for t in ("onset", "remission"))
        assert (onset, remission) == (row.onset_carriers, row.remission_carriers), row.gene
        table = [[onset, 45 - onset], [remission, 25 - remission]]
        p_value = stats.chi2_contingency(table, correction=False)[1]
        assert p_value == pytest.approx(row.published_p, abs=5.1e-6), row.gene


def test_private_fusions_do_not_recur(cohort, carriers):
    truth = json.loads((cohort / "truth.json").read_text())
    recurrent = {gene for pair in truth["fusions"] for gene in (pair["gene1"], pair["gene2"])}
    for (gene, _), patients in carriers.items():
        if gene not in recurrent:
            assert len(patients) == 1


def test_fusions_of_the_onset_return_at_relapse(cohort, samples):
    for patient in samples.loc[samples["timepoint"] == "relapse", "patient"]:
        pairs = [
            {
                (a, b)
                for a, b in FUSIONS.read(cohort / f"fusions/{patient}_{t}.tsv")[["gene1", "gene2"]].values
            }
            for t in ("onset", "relapse")
        ]
        truth = json.loads((cohort / "truth.json").read_text())
        planted = {(p["gene1"], p["gene2"]) for p in truth["fusions"] if f"{patient}_onset" in p["samples"]}
        assert planted <= pairs[0] & pairs[1]


def test_every_programme_is_seen_by_a_t_test(cohort, samples, log_counts):
    """Welch's t on log counts per million: the median planted gene changes as planted, others do not."""
    genes = pd.read_csv(cohort / "truth_genes.tsv.gz", sep="\t", keep_default_na=False)
    onset = (samples["timepoint"] == "onset").to_numpy()
    high, ras = ((samples[c] == v).to_numpy() for c, v in (("risk", "high"), ("ras", "yes")))
    remission = (samples["timepoint"] == "remission").to_numpy()
    for contrast, programme, reference, target in (
        ("high_risk", "RESISTANCE_UP", onset & ~high, onset & high),
        ("high_risk", "RESISTANCE_DOWN", onset & ~high, onset & high),
        ("ras", "RAS_SIGNALLING", onset & ~ras, onset & ras),
        ("remission_unpaired", "ERYTHROID_PROGRAMME", onset, remission),
    ):
        seen = log_counts[:, target].mean(axis=1) - log_counts[:, reference].mean(axis=1)
        mine = (genes["programme"] == programme).to_numpy()
        expected = genes.loc[mine, contrast].median()
        assert abs(expected) > 0.8
        assert np.median(seen[mine]) == pytest.approx(expected, abs=0.25)
        p_values = stats.ttest_ind(log_counts[:, target], log_counts[:, reference], axis=1, equal_var=False)[
            1
        ]
        assert np.median(p_values[mine]) < 1e-3


def test_what_is_not_planted_is_not_there(cohort, samples, log_counts):
    """P-values of genes without any programme are uniform between the risk groups."""
    genes = pd.read_csv(cohort / "truth_genes.tsv.gz", sep="\t", keep_default_na=False)
    null = ((genes["programme"] == "") & (genes["high_risk"].abs() < 0.02)).to_numpy()
    null &= log_counts.mean(axis=1) > 4
    onset = (samples["timepoint"] == "onset").to_numpy()
    high = (samples["risk"] == "high").to_numpy()
    p_values = stats.ttest_ind(
        log_counts[null][:, onset & high], log_counts[null][:, onset & ~high], axis=1, equal_var=False
    )[1]
    assert null.sum() > 500
    assert (p_values < 0.05).mean() == pytest.approx(0.05, abs=0.03)


def test_groups_are_recovered_by_their_genes(cohort, samples, log_counts):
    """Each onset sample is nearest, over the group genes, to the other samples of its own group."""
    truth = json.loads((cohort / "truth.json").read_text())
    genes = pd.read_csv(cohort / "truth_genes.tsv.gz", sep="\t", keep_default_na=False)
    onset = (samples["timepoint"] == "onset").to_numpy()
    group = samples.loc[onset, "patient"].map(truth["groups"]).to_numpy()
    rows = genes["programme"].str.startswith("GROUP").to_numpy()
    near = np.corrcoef(log_counts[rows][:, onset].T - log_counts[rows][:, onset].mean(axis=1))
    np.fill_diagonal(near, np.nan)
    best = [max(sorted(set(group)), key=lambda g, row=row: np.nanmean(row[group == g])) for row in near]
    assert (np.array(best) == group).mean() > 0.95


def test_sex_is_told_by_its_genes(cohort, samples, log_counts):
    symbols = pd.read_csv(cohort / "truth_genes.tsv.gz", sep="\t", keep_default_na=False)["symbol"]
    female = (samples["sex"] == "female").to_numpy()
    xist = log_counts[symbols == "XIST"][0]
    assert xist[female].min() > xist[~female].max()


def test_the_contrasts_can_be_planned_on_the_sheet(cohort, samples):
    contrasts = pd.read_csv(cohort / "contrasts.csv", dtype=str, keep_default_na=False)
    planned = plan(read_contrasts(contrasts, samples))
    assert list(planned["id"]) == [row[0] for row in CONTRAST_ROWS]
    assert (planned["reason"] == "").all()


def test_one_seed_one_cohort(cohort, tmp_path):
    simulate_cohort(tmp_path, np.random.default_rng(3), 8_000)

    def digests(folder):
        return {
            str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in folder.rglob("*")
            if p.is_file()
        }

    assert digests(tmp_path) == digests(cohort)


def test_bad_requests(tmp_path, capsys):
    with pytest.raises(InputError, match="100 genes"):
        simulate_cohort(tmp_path, np.random.default_rng(1), 100)
    with pytest.raises(SystemExit) as stopped:
        main(["simulate", "cohort", "--outdir", str(tmp_path / "x"), "--seed", "-1"])
    assert stopped.value.code == 2
    assert "--seed: -1 is below 0" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
