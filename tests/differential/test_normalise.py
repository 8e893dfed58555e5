"""The command ``normalise``, and the commands that take counts where they take a matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from deseq2_cases import GOLDEN, read_r

from leukoscope.cli import main
from leukoscope.cohort import Cohort
from leukoscope.formats.h5ad import write_h5ad
from leukoscope.formats.matrix import read_expression

CASE = GOLDEN / "replaced"


@pytest.mark.parametrize(
    ("scale", "trend", "name"),
    [
        ("vst", "parametric", "vst_parametric"),
        ("vst", "local", "vst_local"),
        ("vst", "mean", "vst_mean"),
        ("rlog", "parametric", "rlog"),
    ],
)
def test_matrix_is_deseq2s(tmp_path, scale, trend, name):
    theirs = read_r(CASE, "moderated").set_index("gene_id").filter(regex=rf"^{name}\.")
    out, factors = tmp_path / "m.tsv.gz", tmp_path / "f.tsv"
    words = ["normalise", str(CASE / "counts.tsv.gz"), "--to", scale, "--trend", trend, "--output", str(out)]
    assert main([*words, "--factors", str(factors)]) == 0
    ours = read_expression(out)
    np.testing.assert_allclose(ours.loc[theirs.index].iloc[:, : theirs.shape[1]], theirs, atol=1e-6)
    counts = pd.read_csv(CASE / "counts.tsv.gz", sep="\t", index_col=0)
    assert pd.read_csv(factors, sep="\t")["sample"].tolist() == list(counts.columns)
    assert main([*words[:2], "--to", "normalised", "--output", str(out)]) == 0
    depth = pd.read_csv(factors, sep="\t")["size_factor"].to_numpy()
    np.testing.assert_allclose(read_expression(out) * depth, counts, atol=1e-9)


@pytest.mark.parametrize("scale", ["vst", "rlog"])
def test_matrix_by_a_design_is_deseq2s(tmp_path, capsys, scale):
    theirs = read_r(CASE, "moderated").set_index("gene_id").filter(regex=rf"^{scale}_design\.")
    out, factors = tmp_path / "m.tsv", tmp_path / "f.tsv"
    words = [
        "normalise",
        str(CASE / "counts.tsv.gz"),
        "--to",
        scale,
        "--output",
        str(out),
        "--design",
        "~ group",
    ]
    assert main(words) == 2
    assert "--samples" in capsys.readouterr().err
    words += ["--samples", str(CASE / "samples.tsv"), "--factors", str(factors)]
    assert main(words) == 0
    np.testing.assert_allclose(
        read_expression(out).loc[theirs.index].iloc[:, : theirs.shape[1]], theirs, atol=1e-6
    )
    expected = read_r(CASE, "samples")["size_factor"]
    assert pd.read_csv(factors, sep="\t")["size_factor"].to_numpy() == pytest.approx(expected.to_numpy())
    assert main([*words, "--to", "normalised"]) == 2


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_h5ad_holds_values_counts_and_samples(tmp_path):
    anndata = pytest.importorskip("anndata")
    words = [
        "normalise",
        str(CASE / "counts.tsv.gz"),
        "--design",
        "~ group",
        "--samples",
        str(CASE / "samples.tsv"),
    ]
    assert main([*words, "--output", str(tmp_path / "m.tsv")]) == 0
    assert main([*words, "--output", str(tmp_path / "m.h5ad")]) == 0
    data, values = anndata.read_h5ad(tmp_path / "m.h5ad"), read_expression(tmp_path / "m.tsv")
    np.testing.assert_allclose(data.X.T, values, rtol=1e-12)
    assert list(data.var_names) == list(values.index)
    counts = pd.read_csv(CASE / "counts.tsv.gz", sep="\t", index_col=0)
    assert (counts.to_numpy() == data.layers["counts"].T).all()
    assert set(data.obs["group"]) == {"a", "b"}


def test_whole_numbers_that_are_taken_as_expression_are_spoken_of(tmp_path, capsys):
    counts = CASE / "counts.tsv.gz"
    words = ["--genes", "50", "--resamplings", "5", "--max-k", "2", "--outdir", str(tmp_path / "c")]
    assert main(["cluster", str(counts), *words]) == 0
    assert "counts.tsv.gz holds whole numbers only" in capsys.readouterr().err
    assert main(["cluster", str(counts), "--counts", "normalised", *words]) == 0
    assert "whole numbers only" not in capsys.readouterr().err


def test_tpm_needs_lengths_and_adds_up(tmp_path, capsys):
    counts = pd.DataFrame({"gene_id": ["a", "b", "c"], "S1": [10, 20, 0], "S2": [5, 0, 5]})
    counts.to_csv(tmp_path / "counts.tsv", sep="\t", index=False)
    words = ["normalise", str(tmp_path / "counts.tsv"), "--to", "tpm", "--output", str(tmp_path / "t.tsv")]
    assert main(words) == 2
    assert "length of every gene" in capsys.readouterr().err
    (tmp_path / "l.tsv").write_text("gene_id\tlength\na\t1000\nb\t500\n")
    assert main([*words, "--lengths", str(tmp_path / "l.tsv")]) == 2
    assert "1 of 3 genes have no positive length: 'c'" in capsys.readouterr().err
    (tmp_path / "l.tsv").write_text("gene_id\tlength\na\t1000\nb\t500\nc\t100\n")
    assert main([*words, "--lengths", str(tmp_path / "l.tsv")]) == 0
    found = read_expression(tmp_path / "t.tsv")
    np.testing.assert_allclose(found["S1"], [2e5, 8e5, 0])
    np.testing.assert_allclose(found.sum(), 1e6)


def test_lengths_and_counts_may_name_versions(tmp_path):
    """As GENCODE does, which also has genes of chrX twice."""
    (tmp_path / "c.tsv").write_text("gene_id\tS1\nENSG00000000003.15\t10\nENSG00000002586.20\t20\n")
    lengths = "ENSG00000000003.16\t1000\nENSG00000002586.20\t500\nENSG00000002586.20_PAR_Y\t400\n"
    (tmp_path / "l.tsv").write_text("gene_id\tlength\n" + lengths)
    words = ["normalise", str(tmp_path / "c.tsv"), "--to", "tpm", "--lengths", str(tmp_path / "l.tsv")]
    assert main([*words, "--output", str(tmp_path / "t.tsv")]) == 0
    np.testing.assert_allclose(read_expression(tmp_path / "t.tsv")["S1"], [2e5, 8e5])


@pytest.mark.parametrize(
    ("table", "words"),
    [
        pytest.param("gene_id\tS1\na\t3\nb\t5\n", "two samples at least", id="one sample"),
        pytest.param(
            "gene_id\tS1\tS2\na\t3\t0\nb\t5\t0\n",
            "1 sample(s) have no count at all: 'S2'; leave them out",
            id="an empty sample",
        ),
        pytest.param("gene_id\tS1\tS2\na\t3\t0\nb\t0\t4\n", "poscounts", id="a zero in every gene"),
        pytest.param("gene_id\tS1\tS2\na\t3\t-1\n", "negative", id="a negative count"),
    ],
)
def test_bad_counts(tmp_path, capsys, table, words):
    (tmp_path / "c.tsv").write_text(table)
    assert main(["normalise", str(tmp_path / "c.tsv"), "--output", str(tmp_path / "o.tsv")]) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1 and not (tmp_path / "o.tsv").exists()


def test_cluster_network_and_score_take_counts(tmp_path, capsys):
    rng = np.random.default_rng(4)
    names = [f"g{i}" for i in range(120)]
    counts = rng.negative_binomial(4, 0.02, (120, 8))
    samples = [f"S{i}" for i in range(8)]
    write_h5ad(
        Cohort(counts, pd.DataFrame({"gene_id": names}), pd.DataFrame({"sample": samples})),
        tmp_path / "c.h5ad",
    )
    folder = tmp_path / "htseq"
    folder.mkdir()
    for sample, column in zip(samples, counts.T, strict=True):
        text = "".join(f"{gene}\t{n}\n" for gene, n in zip(names, column, strict=True))
        (folder / f"{sample}.htseq").write_text(text + "__no_feature\t7\n")
    (tmp_path / "sets.gmt").write_text("top\t\t" + "\t".join(names[:12]) + "\n")
    written = []
    for source in (tmp_path / "c.h5ad", folder):
        out = tmp_path / source.name.replace(".", "_")
        assert main(["network", str(source), "--max-edges", "20", "--max-q", "1", "--outdir", str(out)]) == 0
        words = ["score", str(source), "--gene-sets", str(tmp_path / "sets.gmt")]
        assert main([*words, "--output", str(out / "scores.tsv")]) == 0
        written.append([(out / name).read_bytes() for name in ("edges.tsv", "scores.tsv")])
    assert written[0] == written[1]
    words = ["cluster", str(folder), "--max-k", "2", "--resamplings", "5", "--counts", "normalised", "--log2"]
    assert main([*words, "--outdir", str(tmp_path / "clusters")]) == 0
    said = capsys.readouterr().err
    assert said.count("scale 'vst'") == 4 and said.count("scale 'normalised'") == 1


@pytest.mark.parametrize("delimiter", ["\t", ",", ";"])
def test_matrices_are_read_whatever_parts_their_columns(tmp_path, delimiter):
    path = tmp_path / "m.txt"
    path.write_text("gene_id\tsymbol\tS1\tS2\na\tA\t1.5\t2\nb\tB\t-3\t0\n".replace("\t", delimiter))
    found = read_expression(path, by_symbol=True)
    assert found.to_dict("list") == {"S1": [1.5, -3.0], "S2": [2.0, 0.0]} and list(found.index) == ["A", "B"]
