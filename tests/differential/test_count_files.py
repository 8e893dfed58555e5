"""Counts in whatever form a laboratory has them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from deseq2_cases import golden_case

from leukoscope.cli import main
from leukoscope.cohort import Cohort
from leukoscope.errors import InputError
from leukoscope.formats.count_files import read_count_files
from leukoscope.formats.counts import read_counts
from leukoscope.formats.h5ad import write_h5ad

GENES = ["ENSG00000000003", "ENSG00000000005"]
RSEM = "gene_id\ttranscript_id(s)\tlength\teffective_length\texpected_count\tTPM\tFPKM\n"


def write(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def write_star(path, first, second):
    return write(path, f"N_unmapped\t1\t1\t1\n{GENES[0]}\t{first}\t1\t7\n{GENES[1]}\t{second}\t0\t8\n")


def test_folder_of_star(tmp_path):
    write_star(tmp_path / "P1" / "ReadsPerGene.out.tab", 10, 20)
    write_star(tmp_path / "P2" / "P2.ReadsPerGene.out.tab", 30, 40)
    write(tmp_path / "P2" / "Log.out", "STAR\n")
    found = read_count_files(tmp_path)
    assert list(found.read.cohort.sample_names) == ["P1", "P2"]
    assert found.read.cohort.counts.tolist() == [[10, 30], [20, 40]]
    assert found.summary().startswith(
        "2 STAR file(s), column 'unstranded' (1 other file(s) there: 'P2/Log.out'): 2 genes"
    )
    assert read_count_files(tmp_path, strandedness="reverse").read.cohort.counts.tolist() == [[7, 7], [8, 8]]


def test_folder_of_rsem_and_of_htseq(tmp_path):
    for name, count in (("a", 2.5), ("b", 3)):
        write(tmp_path / "rsem" / f"{name}.genes.results", RSEM + f"{GENES[0]}.4\tT\t9\t8\t{count}\t1\t1\n")
        write(tmp_path / "htseq" / f"{name}.counts.txt", f"{GENES[0]}\t{int(count)}\n__no_feature\t3\n")
    rsem, htseq = read_count_files(tmp_path / "rsem"), read_count_files(tmp_path / "htseq")
    assert rsem.read.cohort.counts.tolist() == [[2.5, 3.0]]
    assert htseq.read.cohort.counts.tolist() == [[2, 3]]
    assert list(rsem.read.cohort.sample_names) == list(htseq.read.cohort.sample_names) == ["a", "b"]


def test_list_of_files_names_the_samples(tmp_path):
    write_star(tmp_path / "runs" / "x.ReadsPerGene.out.tab", 1, 2)
    sheet = write(tmp_path / "list.tsv", "sample\tcounts\nP7\truns/x.ReadsPerGene.out.tab\n")
    assert list(read_count_files(sheet).read.cohort.sample_names) == ["P7"]


def test_h5ad_with_a_sparse_layer(tmp_path):
    anndata = pytest.importorskip("anndata")
    from scipy.sparse import csr_matrix

    counts = np.array([[0, 4], [5, 0], [1, 2]])
    data = anndata.AnnData(
        np.log1p(counts), obs=pd.DataFrame(index=list("abc")), var=pd.DataFrame(index=GENES)
    )
    data.layers["counts"] = csr_matrix(counts)
    data.write_h5ad(tmp_path / "c.h5ad")
    read = read_count_files(tmp_path / "c.h5ad").read.cohort
    assert read.counts.T.tolist() == counts.tolist()
    assert read.is_whole


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "none of the 0 file(s) there is RSEM's"),
        ({"a.tab": f"N_unmapped\t1\t1\t1\n{GENES[0]}\t1\t1\t1\n", "b.tab": f"{GENES[0]}\t4\n"}, "of HTSeq and STAR"),
        ({"a.txt": f"{GENES[0]}\t4\n", "a.tsv": f"{GENES[0]}\t4\n"}, "both would be sample 'a'"),
    ],
)  # fmt: skip
def test_folders_that_are_no_cohort(tmp_path, files, message):
    for name, text in files.items():
        write(tmp_path / name, text)
    with pytest.raises(InputError) as raised:
        read_count_files(tmp_path)
    assert message in str(raised.value)


def test_every_form_gives_the_same_table(tmp_path, capsys):
    pytest.importorskip("anndata")
    case = golden_case("levels")
    cohort = read_counts(case.counts).cohort
    names = [f"ENSG{i:011d}" for i in range(len(cohort.genes))]
    cohort = Cohort(cohort.counts, pd.DataFrame({"gene_id": names}), cohort.samples)
    write_h5ad(cohort, tmp_path / "c.h5ad")
    for column, sample in enumerate(cohort.sample_names):
        rows = zip(cohort.gene_ids, cohort.counts[:, column], strict=True)
        write(tmp_path / "htseq" / f"{sample}.txt", "".join(f"{gene}\t{count}\n" for gene, count in rows))
    symbols = "gene_id\tsymbol\n" + "".join(f"{name}\tG{i}\n" for i, name in enumerate(names[:700]))
    write(tmp_path / "identifiers.tsv", symbols)
    for counts, more in (
        ("c.h5ad", []),
        ("htseq", []),
        ("htseq", ["--identifiers", str(tmp_path / "identifiers.tsv")]),
    ):
        arguments = [
            "differential",
            str(tmp_path / counts),
            "--samples",
            str(case.samples),
            "--design",
            case.design,
        ]
        arguments += [
            "--contrast",
            case.contrast,
            "--output",
            str(tmp_path / f"{counts}{len(more)}.tsv"),
            *more,
        ]
        assert main(arguments) == 0
    assert (tmp_path / "c.h5ad0.tsv").read_bytes() == (tmp_path / "htseq0.tsv").read_bytes()
    assert (
        "700 genes from ensembl identifiers; 100 of about 800 unknown and dropped" in capsys.readouterr().err
    )
