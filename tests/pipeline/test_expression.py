"""Strandedness, expression from counts, and the matrices of a cohort."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from leukoscope.errors import InputError
from leukoscope.formats.rsem import read_rsem_genes, without_gene_version
from leukoscope.pipeline.expression import (
    genes_by_name,
    genes_from_counts,
    genes_from_rsem,
    genes_from_rsem_by_name,
    infer_strandedness,
    join_samples,
    write_matrices,
)
from leukoscope.tables.expression import REFERENCE_GENES, SAMPLE_GENES


def strands(forward: int, reverse: int) -> pd.DataFrame:
    return pd.DataFrame({"forward": [forward, 0], "reverse": [0, reverse]})


@pytest.mark.parametrize(
    ("forward", "reverse", "expected"),
    [
        pytest.param(950, 50, "forward", id="forward"),
        pytest.param(50, 950, "reverse", id="dUTP"),
        pytest.param(520, 480, "unstranded", id="unstranded"),
        pytest.param(700, 300, "unstranded", id="badly stranded"),
        pytest.param(50, 0, "unstranded", id="too few to tell"),
        pytest.param(0, 0, "unstranded", id="nothing"),
    ],
)
def test_strandedness(forward, reverse, expected):
    assert infer_strandedness(strands(forward, reverse)) == expected


@pytest.fixture
def genes() -> pd.DataFrame:
    return REFERENCE_GENES.check(
        pd.DataFrame(
            {
                "gene_id": ["ENSG00000000001", "ENSG00000000002", "ENSG00000000003"],
                "symbol": ["A", "B", "C"],
                "biotype": "",
                "contig": "chr1",
                "start": 0,
                "end": 10,
                "strand": "+",
                "length": [1000, 2000, 500],
            }
        )
    )


def test_tpm_and_fpkm_follow_from_counts_and_lengths(genes):
    """The definitions, written out: TPM shares a million by count per base; FPKM divides by kilobases and millions."""
    found = genes_from_counts({"ENSG00000000001": 100.0, "B": 300.0}, genes).set_index("symbol")
    assert list(found.index) == ["A", "B"]
    density = {"A": 100 / 1000, "B": 300 / 2000}
    for name, count, kilobases in (("A", 100, 1.0), ("B", 300, 2.0)):
        assert found.loc[name, "tpm"] == pytest.approx(1e6 * density[name] / sum(density.values()))
        assert found.loc[name, "fpkm"] == pytest.approx(count / kilobases / (400 / 1e6))


def test_sample_without_a_single_count_is_ordinary(genes):
    found = genes_from_counts({"A": 0.0, "B": 0.0, "C": 0.0}, genes)
    assert found[["count", "tpm", "fpkm"]].to_numpy().tolist() == [[0.0] * 3] * 3


def test_counts_of_another_species_are_refused(genes):
    with pytest.raises(
        InputError, match=r"2 of 3 counted genes are not in the reference, e\.g\. 'Abl1', 'Bcr'"
    ):
        genes_from_counts({"A": 1.0, "Abl1": 2.0, "Bcr": 3.0}, genes)


def known_genes() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "gene_id": ["ENSG00000000001", "ENSG00000000002", "ENSG00000000003"],
            "symbol": ["A", "B", "C"],
            "entrez": ["11", "12", "13"],
            "aliases": ["OLD", "", ""],
            "length": [1000.0, np.nan, 500.0],
        }
    )


def test_genes_are_known_by_name_without_a_reference():
    """Rows of one gene are summed; the gene without a length takes the median of the others, 750 bases."""
    found = genes_by_name({"OLD": 4.0, "ENSG00000000002.7": 3.0, "12": 1.5, "LINC9": 8.0}, known_genes())
    assert found["symbol"].tolist() == ["A", "B"]
    assert found["count"].tolist() == [4.0, 4.5]
    density = np.array([4.0 / 1000, 4.5 / 750])
    np.testing.assert_allclose(found["tpm"], 1e6 * density / density.sum())


def test_no_known_name_is_refused():
    with pytest.raises(
        InputError, match=r"none of 2 counted genes is a known human gene, e\.g\. 'Abl1', 'Bcr'"
    ):
        genes_by_name({"Abl1": 1.0, "Bcr": 3.0}, known_genes())


RSEM = (
    "gene_id\ttranscript_id(s)\tlength\teffective_length\texpected_count\tTPM\tFPKM\n"
    "ENSG00000000001.7\tT1,T2\t900.00\t750.50\t12.30\t400000.00\t20.00\n"
    "ENSG00000000003.2_PAR_Y\tT3\t500.00\t300.00\t0.00\t0.00\t0.00\n"
)


def test_rsem_keeps_unknown_genes_under_their_identifier(tmp_path):
    (tmp_path / "x.genes.results").write_text(RSEM.replace("0003.2_PAR_Y", "9999.2"))
    found = genes_from_rsem_by_name(read_rsem_genes(tmp_path / "x.genes.results"), known_genes())
    assert found["symbol"].tolist() == ["A", "ENSG00000009999"]


def test_rsem_is_read_and_named(genes, tmp_path):
    (tmp_path / "x.genes.results").write_text(RSEM.replace("_PAR_Y", ""))
    found = genes_from_rsem(read_rsem_genes(tmp_path / "x.genes.results"), genes)
    assert found.iloc[0].to_dict() == {
        "gene_id": "ENSG00000000001", "symbol": "A", "effective_length": 750.5,
        "count": 12.3, "tpm": 400_000.0, "fpkm": 20.0,
    }  # fmt: skip


def test_genes_of_another_annotation_are_refused(genes, tmp_path):
    (tmp_path / "x.genes.results").write_text(RSEM)
    with pytest.raises(
        InputError, match=r"1 of 2 genes are not in the reference, e\.g\. 'ENSG00000000003_PAR_Y'"
    ):
        genes_from_rsem(read_rsem_genes(tmp_path / "x.genes.results"), genes)


@pytest.mark.parametrize("text", ["", "gene_id\tcount\nA\t1\n", RSEM.replace("12.30", "x")])
def test_what_is_not_rsem_is_refused(text, tmp_path):
    (tmp_path / "x").write_text(text)
    with pytest.raises(InputError, match=r"x: not RSEM's genes\.results"):
        read_rsem_genes(tmp_path / "x")


def test_versions_go_but_par_y_stays():
    assert without_gene_version("ENSG00000182378.15_PAR_Y") == "ENSG00000182378_PAR_Y"
    assert without_gene_version("RP11-34P13.7") == "RP11-34P13.7"


def one_sample(counts: dict[str, float]) -> pd.DataFrame:
    table = pd.DataFrame({"gene_id": list(counts), "count": list(counts.values())})
    return SAMPLE_GENES.check(
        table.assign(symbol=table["gene_id"], effective_length=1.0, tpm=np.nan, fpkm=0.0)
    )


def test_matrices_hold_the_genes_of_every_sample(tmp_path):
    joined = join_samples({"s2": one_sample({"b": 1, "a": 2.5}), "s1": one_sample({"c": 1, "a": 3, "b": 4})})
    assert joined.left_out == ("c",)
    assert joined.tables["counts"].to_dict("list") == {
        "gene_id": ["a", "b"], "symbol": ["a", "b"], "s2": [2.5, 1.0], "s1": [3.0, 4.0]
    }  # fmt: skip
    write_matrices(joined, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["counts.tsv.gz", "fpkm.tsv.gz", "tpm.tsv.gz"]
    assert pd.read_csv(tmp_path / "counts.tsv.gz", sep="\t")["s2"].tolist() == [2.5, 1.0]
