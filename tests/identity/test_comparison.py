"""Identity against simulated people whose relation is known, and the command on BAM, VCF and tables."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leukoscope.cli import main
from leukoscope.identity import compare_samples
from leukoscope.identity.genotypes import genotype_of, join_genotypes, tabulate_genotypes
from leukoscope.identity.relation import HYPOTHESES, log_likelihoods
from leukoscope.tables.identity import GENOTYPES, IDENTITY_PAIRS, IDENTITY_SAMPLES

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "identity.py"


@pytest.fixture(scope="module")
def population():
    return runpy.run_path(str(BENCHMARK))["Population"](np.random.default_rng(11), 3_000)


def verdict(one, other):
    return compare_samples({"a": one, "b": other}).pairs.iloc[0]


@pytest.mark.parametrize("purity", [1.0, 0.9])
def test_one_person_is_recognised_even_where_the_leukaemia_lost_every_chromosome_once(population, purity):
    person, stranger = population.person(), population.person()
    onset, haploid = population.sample(person, lost=range(22), purity=purity), population.sample(person)
    assert verdict(onset, haploid)["verdict"] == "same"
    assert verdict(onset, population.sample(stranger))["verdict"] == "different"


def test_kin_is_not_the_same_person(population):
    mother, father = population.person(), population.person()
    child = population.child(mother, father)
    pair = verdict(population.sample(child), population.sample(mother))
    assert (pair["verdict"], pair["relation"]) == ("different", "parent or child")
    assert pair["opposite"] < 0.02 * pair["sites"]


def test_swap_is_named(population):
    people = {f"P{i}": population.person() for i in range(3)}
    tables = {
        f"{p}_{t}": population.sample(person) for p, person in people.items() for t in ("onset", "relapse")
    }
    tables["P0_relapse"], tables["P1_relapse"] = tables["P1_relapse"], tables["P0_relapse"]
    patients = {name: name[:2] for name in tables}
    found = compare_samples(tables, patients=patients, declared_sex={"P2_onset": "male"},
                            expressed_sex={"P2_onset": "female"})  # fmt: skip
    samples = found.samples.set_index("sample")
    assert samples.loc["P0_relapse", "likely_patient"] == "P1"
    assert samples.loc["P1_relapse", "likely_patient"] == "P0"
    assert samples.loc["P0_onset", "same_as"] == "P1_relapse"
    assert "another person than P0_onset" in samples.loc["P0_relapse", "conflicts"]
    assert samples.loc["P2_onset", "conflicts"] == "expresses the genes of a female sample, declared male"
    assert found.pairs["conflict"].sum() == 4


def test_mixture_is_noticed_and_its_source_named(population):
    one, other, third = (population.person() for _ in range(3))
    found = (
        compare_samples(
            {
                "mixed": population.sample(one, other=other, share=0.15),
                "pure": population.sample(one),
                "deleted": population.sample(one, lost=range(8), purity=0.8),
                "source": population.sample(other),
                "bystander": population.sample(third),
            }
        )
        .samples.set_index("sample")
        .sort_index()
    )
    assert found.index[found["mixed"] == "yes"].tolist() == ["mixed"]
    assert found.index[found["mixed"] == "no"].tolist() == ["bystander", "deleted", "pure", "source"]
    assert found.loc["mixed", "mixed_with"] == "source"


def test_too_few_sites_decide_nothing(population):
    person = population.person()
    few = population.sample(person).iloc[:20]
    assert verdict(few, population.sample(person))["verdict"] == "not assessable"


def test_one_sample_and_none_are_ordinary(population):
    alone = compare_samples({"a": population.sample(population.person())})
    assert (len(alone.samples), len(alone.pairs)) == (1, 0)
    assert compare_samples({}).samples.empty
    assert (
        compare_samples({"a": GENOTYPES.empty(), "b": GENOTYPES.empty()}).pairs["verdict"][0]
        == "not assessable"
    )


def test_pair_tables_favour_what_made_them():
    allowed = np.ones((3, 3), dtype=bool)
    allowed[0, 0] = False
    same = np.diag([0.0, 60, 40])
    unrelated = np.array([[0.0, 30, 15], [30, 20, 10], [15, 10, 8]])
    assert HYPOTHESES[log_likelihoods(same, allowed).argmax()] == "same person"
    assert HYPOTHESES[log_likelihoods(unrelated, allowed).argmax()] == "unrelated"
    assert (log_likelihoods(np.zeros((3, 3)), allowed) == 0).all()


def test_genotypes_are_runs_of_reference_and_single_variants():
    counts = np.array(
        [[20, 0, 0, 0]] * 3 + [[10, 9, 0, 1]] + [[12, 1, 0, 0]] * 2 + [[3, 0, 0, 0]] + [[0, 0, 30, 0]]
    )
    table = tabulate_genotypes(
        counts.astype(np.uint16), np.zeros(8, np.uint8), (["chr7"], np.zeros(8, int), np.arange(100, 108))
    )
    assert table.to_numpy().tolist() == [
        ["7", 100, 103, 20, "", 0],
        ["7", 103, 104, 20, "C", 9],
        ["7", 104, 106, 13, "", 0],
        ["7", 107, 108, 30, "G", 30],
    ]
    matrix = join_genotypes({"a": table, "b": table.iloc[:1]})
    assert matrix.position.tolist() == [103, 107]
    assert matrix.genotype.tolist() == [[1, 2], [-1, -1]]
    assert genotype_of(np.array([np.nan]), np.array([0])).tolist() == [-1]


def write_vcf(path, tables):
    header = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + "\t".join(
        tables
    )
    lines = {}
    for number, table in enumerate(tables.values()):
        for row in table[table["alternative_reads"] > 3].itertuples():
            cells = lines.setdefault((row.contig, row.start), ["."] * len(tables))
            cells[number] = f"0/1:{row.depth - row.alternative_reads},{row.alternative_reads}"
    body = [
        f"chr{c}\t{p + 1}\t.\tA\tC\t.\t.\t.\tGT:AD\t" + "\t".join(cells) for (c, p), cells in lines.items()
    ]
    path.write_text("\n".join([header, *body]) + "\n")


def test_command_compares_tables_with_a_vcf(population, tmp_path, capsys):
    one, other = population.person(), population.person()
    GENOTYPES.write(population.sample(one), tmp_path / "A1.tsv.gz")
    write_vcf(tmp_path / "b.vcf", {"A2": population.sample(one), "B1": population.sample(other)})
    (tmp_path / "s.csv").write_text("sample,patient\nA1,A\nA2,A\nB1,A\n")
    out = tmp_path / "out.tsv"
    command = ["identity", tmp_path / "A1.tsv.gz", tmp_path / "b.vcf", "--samples", tmp_path / "s.csv"]
    command += ["--output", out, "--pairs", tmp_path / "pairs.tsv", "--figure", tmp_path / "f.svg"]
    assert main([str(word) for word in command]) == 0
    pairs = IDENTITY_PAIRS.read(tmp_path / "pairs.tsv").set_index(["sample_1", "sample_2"])
    assert pairs["verdict"].to_dict() == {
        ("A1", "A2"): "same",
        ("A1", "B1"): "different",
        ("A2", "B1"): "different",
    }
    assert "B1: another person than A1" in capsys.readouterr().out
    assert IDENTITY_SAMPLES.read(out).set_index("sample").loc["B1", "conflicts"]
    assert (tmp_path / "f.svg").stat().st_size > 1_000


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        pytest.param([], "no sample; give BAM files", id="nothing"),
        pytest.param(["a.bam"], "a BAM file needs --reference", id="no reference"),
        pytest.param(["a=t.tsv", "a=t.tsv"], "were given before: 'a'", id="one name twice"),
        pytest.param(["a=t.tsv", "missing.vcf"], "missing.vcf", id="no such file"),
    ],
)
def test_bad_input_is_one_line(words, complaint, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    GENOTYPES.write(GENOTYPES.empty(), tmp_path / "t.tsv")
    assert main(["identity", *words, "--output", "o.tsv"]) == 2
    assert complaint in capsys.readouterr().err


def test_real_bam_at_given_sites_needs_no_reference(shared, tmp_path):
    """Without a site list a reference is needed; with one, the VCF names the bases."""
    bam = shared / "arriba-2.5.1" / "flt3_itd" / "Aligned.out.bam"
    (tmp_path / "sites.vcf").write_text(
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nchrNone\t5\t.\tA\tG\t.\t.\t.\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "leukoscope", "genotypes", bam, "--sites", tmp_path / "sites.vcf", "--output",
         tmp_path / "o.tsv"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "do both use the same names" in done.stderr


def test_odd_tables_are_refused():
    with pytest.raises(Exception, match="contig"):
        compare_samples({"a": pd.DataFrame({"x": [1]})})
