"""Karyotypes of real patients, and allele fractions of any caller."""

import numpy as np
import pandas as pd
import pytest

from leukoscope.errors import InputError
from leukoscope.formats.vcf import read_allele_fractions
from leukoscope.karyotype.calling import call_karyotypes
from leukoscope.karyotype.profile import CHROMOSOMES
from leukoscope.subtyping.calling import call_subtypes


@pytest.fixture(scope="module")
def four(read_counts_of, express_frame):
    return express_frame(read_counts_of("rnaseqcnv_karyotypes"))


@pytest.fixture(scope="module")
def called(four, knowledge):
    return call_karyotypes(four, knowledge.karyotype_genes, knowledge.karyotype_chromosomes)


def _sites(sample, both_parents, rng, n=30):
    """Variant sites as a VCF of RNA holds them: none heterozygous where one parent's copy is left."""
    rows = []
    for chromosome in CHROMOSOMES:
        for at in range(n):
            is_both = chromosome in both_parents and rng.random() < 0.6
            fraction = rng.normal(0.5, 0.08) if is_both else rng.uniform(0.97, 1.0)
            rows.append((sample, chromosome, 1000 * at, 60, round(60 * min(max(fraction, 0), 1)), True))
    return pd.DataFrame(
        rows, columns=["sample", "chromosome", "position", "depth", "alternative", "in_dbsnp"]
    )


def test_four_known_karyotypes(called):
    ploidy = called.ploidy.set_index("sample")
    assert ploidy.loc["diploid", ["ploidy", "status", "chromosome_number"]].tolist() == [
        "diploid",
        "not detected",
        "46",
    ]
    assert ploidy.loc["high_hyperdiploid", ["ploidy", "status"]].tolist() == ["hyperdiploid", "detected"]
    assert ploidy.loc["high_hyperdiploid", "gained"] == "4 6 8 10 12 14 17 18 21 X"
    assert ploidy.loc["low_hypodiploid", ["ploidy", "status"]].tolist() == ["low hypodiploid", "detected"]
    assert ploidy.loc["low_hypodiploid", "lost"] == "2 3 7 12 13 15 16 17 20"
    assert ploidy.loc["near_haploid", "status"] == "not assessable"
    assert "allele fractions" in ploidy.loc["near_haploid", "note"]


def test_near_haploid_is_settled_by_allele_fractions(four, knowledge):
    rng = np.random.default_rng(5)
    kept = {"6", "10", "18", "21", "X"}
    for parents, ploidy in ((kept, "near haploid"), (set(CHROMOSOMES), "hyperdiploid")):
        sites = _sites("near_haploid", parents, rng)
        got = call_karyotypes(four, knowledge.karyotype_genes, knowledge.karyotype_chromosomes, sites)
        row = got.ploidy.set_index("sample").loc["near_haploid"]
        assert (row["ploidy"], row["status"], row["allele_fractions"]) == (ploidy, "detected", "used")
    table = call_subtypes(four, knowledge, allele_fractions=_sites("near_haploid", kept, rng)).table
    call = table.set_index("sample").loc["near_haploid"]
    assert (call["group"], call["tier"]) == ("Near haploid", "definite")


def test_near_haploid_is_never_called_hyperdiploid_without_a_warning(four, knowledge):
    call = call_subtypes(four, knowledge).table.set_index("sample").loc["near_haploid"]
    assert call["tier"] in {"suggestive", "none"}
    assert "allele fractions" in call["notes"]


def test_few_genes_are_not_assessable(read_counts_of, express_frame, knowledge):
    genes = knowledge.karyotype_genes
    counts = read_counts_of("rnaseqcnv_karyotypes").reindex(genes.gene_id[genes.arm == "7q"])
    got = call_karyotypes(
        express_frame(counts.dropna()), knowledge.karyotype_genes, knowledge.karyotype_chromosomes
    )
    assert (got.ploidy.status == "not assessable").all()
    assert set(got.segments.segment[got.segments.call != "not assessable"]) <= {"7", "7q"}


def test_the_baseline_itself_is_diploid(read_counts_of, express_frame, knowledge):
    """44 B-ALL without large copy-number change; they made the medians, so this is a floor, not a measure."""
    diploid = express_frame(read_counts_of("diploid_balls_hg38"))
    got = call_karyotypes(diploid, knowledge.karyotype_genes, knowledge.karyotype_chromosomes)
    assert (got.ploidy.ploidy == "diploid").sum() >= 42


HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n"


@pytest.mark.parametrize(
    ("line", "reads"),
    [
        pytest.param("chr1\t11\trs1\tA\tG\t9\tPASS\tDP=50\tGT:AD:DP\t0/1:30,20:50", (50, 20), id="GATK"),
        pytest.param("1\t11\t.\tA\tG\t9\t.\tDP=50;DP4=20,10,15,5\tGT:PL\t0/1:9,0,9", (50, 20), id="bcftools"),
        pytest.param("1\t11\t.\tA\tG\t9\t.\t.\tGT:AF:DP\t0/1:0.4:50", (50, 20), id="DRAGEN without AD"),
        pytest.param("1\t11\t.\tA\tG\t9\t.\t.\tGT:DP:FREQ\t0/1:50:40%", (50, 20), id="VarScan"),
        pytest.param("1\t11\t.\tA\tG\t9\t.\t.\tGT:RO:AO\t0/1:30:20", (50, 20), id="FreeBayes"),
        pytest.param("1\t11\t.\tA\tG,<NON_REF>\t9\t.\t.\tGT:AD\t0/1:30,20,0", (50, 20), id="gVCF"),
    ],
)
def test_reads_of_every_caller(tmp_path, line, reads):
    path = tmp_path / "rna.vcf"
    path.write_text(HEADER + line + "\n")
    row = read_allele_fractions(path).table.iloc[0]
    assert (row["sample"], row["chromosome"], row["position"]) == ("S1", "1", 10)
    assert (row["depth"], row["alternative"]) == reads


def test_what_tells_nothing_is_counted(tmp_path):
    path = tmp_path / "rna.vcf"
    path.write_text(
        HEADER
        + "1\t11\t.\tA\tG\t9\t.\tAF=0.5\tGT:DP\t0/1:50\n"
        + "1\t12\t.\tAT\tG\t9\t.\t.\tGT:AD\t0/1:3,4\n"
        + "GL000008.2\t5\t.\tA\tG\t9\t.\t.\tGT:AD\t0/1:3,4\n"
    )
    got = read_allele_fractions(path)
    assert (len(got.table), got.n_without_depth, got.n_other) == (0, 1, 2)


@pytest.mark.parametrize(
    "text", ["", "1\t2\t3\n", HEADER + "1\t11\t.\tA\n", HEADER + "1\tx\t.\tA\tG\t.\t.\t.\n"]
)
def test_no_vcf_is_one_line(tmp_path, text):
    path = tmp_path / "rna.vcf"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_allele_fractions(path)
    assert "\n" not in str(caught.value)
