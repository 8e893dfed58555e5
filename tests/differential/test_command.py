"""The command ``differential`` and its figures, file to file."""

from __future__ import annotations

import pytest
from deseq2_cases import golden_case, run

from leukoscope.cli import main
from leukoscope.differential import contrast_genes
from leukoscope.report.figures_differential import draw_all
from leukoscope.tables.differential import DIFFERENTIAL


def command(case, folder, *more):
    return main(
        ["differential", str(case.counts), "--samples", str(case.samples), "--design", case.design,
         "--contrast", case.contrast, "--output", str(folder / "d.tsv"), *more]
    )  # fmt: skip


def test_table_and_figures_appear(tmp_path, capsys):
    case = golden_case("replaced")
    assert command(case, tmp_path, "--figures", str(tmp_path / "figures")) == 0
    said = capsys.readouterr().err
    assert "0 fractional counts rounded" in said
    assert "DESeq2's numbers" in said
    assert all(line.startswith("leukoscope: ") for line in said.splitlines())
    table = DIFFERENTIAL.read(tmp_path / "d.tsv")
    expected = run(case)[1].table.set_index("gene_id").loc[table["gene_id"]]
    assert (table["p_adjusted"].isna() == expected["p_adjusted"].isna().to_numpy()).all()
    drawn = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert drawn == ["dispersion.svg", "ma.svg", "pca.svg", "volcano.svg"]
    first = (tmp_path / "figures" / "volcano.svg").read_bytes()
    command(case, tmp_path, "--figures", str(tmp_path / "figures"))
    assert (tmp_path / "figures" / "volcano.svg").read_bytes() == first


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], "group_b_vs_a, Wald test of |log2 fold change| > 0: "),
        (["--lfc-threshold", "0.5", "--alternative", "less"], "Wald test of log2 fold change < -0.5: "),
        (["--reduced", "~ 1"], "group_b_vs_a, likelihood ratio to ~ 1: "),
    ],
)
def test_the_test_is_told(tmp_path, capsys, more, said):
    assert command(golden_case("ratio"), tmp_path, *more) == 0
    assert said in capsys.readouterr().err


def test_bad_input_is_one_line_and_writes_nothing(tmp_path, capsys):
    case = golden_case("replaced")
    assert command(case, tmp_path, "--alpha", "2") == 2
    assert command(case, tmp_path, "--reference", "group") == 2
    with pytest.raises(SystemExit) as stopped:
        command(case, tmp_path, "--threads", "0")
    assert stopped.value.code == 2
    assert capsys.readouterr().err.count("\n") == 3
    assert not (tmp_path / "d.tsv").exists()


def test_volcano_names_called_genes_only():
    from matplotlib.figure import Figure

    from leukoscope.report.figures_differential import volcano

    table = run(golden_case("replaced"))[1].table
    ax = Figure().subplots()
    volcano(ax, table, n_labels=3)
    called = table[(table["p_adjusted"] < 0.05) & (table["log2_fold_change"].abs() >= 1)]
    assert {text.get_text() for text in ax.texts} <= set(called["gene_id"])
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert (
        sum(int(label.rpartition("(")[2].rstrip(")")) for label in labels)
        == table["p_adjusted"].notna().sum()
    )


def test_figures_name_the_contrast_and_colour_samples_by_its_factor(tmp_path):
    case = golden_case("interaction")
    model = run(case)[0]
    draw_all(model, contrast_genes(model, ("sex", "m", "f")), tmp_path)
    for name in ("volcano", "ma"):
        assert ">sex_m_vs_f<" in (tmp_path / f"{name}.svg").read_text()
    drawn = (tmp_path / "pca.svg").read_text()
    assert ">sex<" in drawn
    assert ">group<" not in drawn
