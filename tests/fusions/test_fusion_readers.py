"""Other callers' tables become fusion tables, or are refused with the line that is wrong."""

from __future__ import annotations

import gzip

import pytest

from leukoscope.errors import InputError
from leukoscope.formats.arriba import read_arriba
from leukoscope.formats.cicero import read_cicero
from leukoscope.formats.fusion_rows import event_type
from leukoscope.formats.fusioncatcher import read_fusioncatcher
from leukoscope.formats.starfusion import read_starfusion, write_starfusion
from leukoscope.tables.fusions import FUSIONS

STARFUSION = (
    "#FusionName\tJunctionReadCount\tSpanningFragCount\tSpliceType\tLeftGene\tLeftBreakpoint\tRightGene\t"
    "RightBreakpoint\tLargeAnchorSupport\tFFPM\tLeftBreakDinuc\tLeftBreakEntropy\tRightBreakDinuc\t"
    "RightBreakEntropy\tannots\n"
    "BCR--ABL1\t90\t39\tONLY_REF_SPLICE\tBCR^ENSG00000186716.21\tchr22:23290413:+\tABL1^ENSG00000097007.19\t"
    "chr9:130854064:+\tYES_LDAS\t38.9\tGT\t1.9\tAG\t1.7\t[]\n"
    "SPECC1L-ADORA2A--NTRK2\t3\t6\tINCL_NON_REF_SPLICE\tSPECC1L-ADORA2A^ENSG00000258555.6\tchr22:24334573:+\t"
    "NTRK2^ENSG00000148053.16\tchr9:84861040:-\tYES_LDAS\t2.6\tGT\t1.9\tAG\t1.7\t[]\n"
)
FUSIONCATCHER = (
    "Gene_1_symbol(5end_fusion_partner)\tGene_2_symbol(3end_fusion_partner)\tFusion_description\t"
    "Counts_of_common_mapping_reads\tSpanning_pairs\tSpanning_unique_reads\tLongest_anchor_found\t"
    "Fusion_finding_method\tFusion_point_for_gene_1(5end_fusion_partner)\t"
    "Fusion_point_for_gene_2(3end_fusion_partner)\tGene_1_id(5end_fusion_partner)\t"
    "Gene_2_id(3end_fusion_partner)\tExon_1_id(5end_fusion_partner)\tExon_2_id(3end_fusion_partner)\t"
    "Fusion_sequence\tPredicted_effect\n"
    "ETV6\tRUNX1\tknown,exon-exon\t0\t9\t10\t30\tBOWTIE\t12:11869969:+\t21:34887096:-\tENSG00000139083\t"
    "ENSG00000159216\tENSE1\tENSE2\tACTAAG*GCCACT\tin-frame\n"
    "IGH@\tDUX4\tknown\t0\t2\t3\t20\tBOWTIE+BLAT\t14:105864254:-\t4:190173774:+\tENSG1\tENSG2\t\t\t"
    "ACT*GCC\tintergenic/CDS(truncated)\n"
)
CICERO = (
    "sample\tgeneA\tchrA\tposA\tortA\tfeatureA\tgeneB\tchrB\tposB\tortB\tfeatureB\tsv_ort\treadsA\treadsB\t"
    "coverageA\tcoverageB\ttype\trating\tframe\tsv_refseqA\tsv_refseqB\n"
    "S1\tP2RY8\tchrX\t1536919\t-\t5utr\tCRLF2\tchrX\t1212750\t-\tcoding\t>\t10\t15\t57\t90\tDEL\tHQ\t0,1\t"
    "NM_178129\tNM_022148\n"
    "S1\tNA\tchr14\t105864254\t+\tintergenic\tEPOR\tchr19\t11378000\t-\tcoding\t?\t4\t0\t5\t9\tCTX\tLQ\t\t\t\n"
)


def _written(folder, text, name="fusions.tsv"):
    path = folder / name
    path.write_text(text)
    return path


def test_starfusion(tmp_path):
    calls = read_starfusion(_written(tmp_path, STARFUSION))
    first, second = calls.iloc[0], calls.iloc[1]
    assert (first.fusion, first.gene_id1) == ("BCR::ABL1", "ENSG00000186716.21")
    assert (first.breakpoint1, first.breakpoint2) == ("chr22:23290413", "chr9:130854064")
    assert (first.direction1, first.direction2, first.type) == ("downstream", "upstream", "translocation")
    assert (first.split_reads1, first.split_reads2, first.discordant_mates) == (90, 0, 39)
    assert first.site1 == "exon/splice-site"
    assert list(calls.confidence) == ["medium", "medium"]
    few = read_starfusion(_written(tmp_path, STARFUSION.replace("NTRK2\t3\t", "NTRK2\t2\t")))
    assert list(few.confidence) == ["medium", "low"]
    assert (second.gene1, second.site1, second.direction2) == ("SPECC1L-ADORA2A", "", "downstream")


def test_starfusion_round_trip(tmp_path):
    calls = read_starfusion(_written(tmp_path, STARFUSION))
    write_starfusion(calls, tmp_path / "again.tsv", fragments=10_000_000)
    again = read_starfusion(tmp_path / "again.tsv")
    assert again.drop(columns=["site1", "site2"]).equals(calls.drop(columns=["site1", "site2"]))
    assert "\t12.9000\t" in (tmp_path / "again.tsv").read_text()


def test_fusioncatcher(tmp_path):
    calls = read_fusioncatcher(_written(tmp_path, FUSIONCATCHER))
    first, second = calls.iloc[0], calls.iloc[1]
    assert (first.fusion, first.reading_frame, first.site1) == ("ETV6::RUNX1", "in-frame", "CDS/splice-site")
    assert (first.split_reads1, first.discordant_mates) == (10, 9)
    assert (first.direction1, first.direction2) == ("downstream", "downstream")
    assert first.fusion_transcript == "ACTAAG|GCCACT"
    assert (second.fusion, second.site1, second.site2) == ("IGH::DUX4", "intergenic", "CDS")
    assert first.confidence == "medium"


def test_fusioncatcher_doubts_its_own_calls(tmp_path):
    doubted = FUSIONCATCHER.replace("exon-exon", "exon-exon,banned")
    assert read_fusioncatcher(_written(tmp_path, doubted)).iloc[0].confidence == "low"


def test_cicero(tmp_path):
    calls = read_cicero(_written(tmp_path, CICERO))
    first, second = calls.iloc[0], calls.iloc[1]
    assert (first.fusion, first.type, first.confidence) == ("P2RY8::CRLF2", "deletion/read-through", "high")
    assert (first.split_reads1, first.split_reads2, first.coverage2) == (10, 15, 90)
    assert (first.site1, first.reading_frame) == ("5'UTR", "in-frame")
    assert (second.fusion, second["strand1(gene/fusion)"], second.direction2) == (
        "?::EPOR",
        "./.",
        "downstream",
    )


@pytest.mark.parametrize("name", ["bcr_abl1", "flt3_itd", "breast_cell_lines"])
def test_arriba_tables_pass_through_unchanged(name, shared, tmp_path):
    """Every field but a coverage that Arriba could not tell, which becomes 0."""
    for source in ("fusions.tsv", "fusions.discarded.tsv"):
        path = shared / "arriba-2.5.1" / name / source
        FUSIONS.write(read_arriba(path), tmp_path / source)
        given = [line.split("\t") for line in path.read_text().splitlines()]
        kept = [line.split("\t")[:30] for line in (tmp_path / source).read_text().splitlines()]
        for line in given[1:]:
            line[12:14] = [text.replace(".", "0") for text in line[12:14]]
        assert kept == given


def test_arriba_reasons_of_rejection(shared):
    discarded = read_arriba(shared / "arriba-2.5.1" / "breast_cell_lines" / "fusions.discarded.tsv")
    assert (discarded.rejected_by != "").all()
    assert not discarded.rejected_by.str.contains(r"\(").any()


def test_old_arriba_without_later_columns(tmp_path):
    header = "gene1\tgene2\tbreakpoint1\tbreakpoint2\ttype\tsplit_reads1\tsplit_reads2\tcoverage1"
    path = _written(tmp_path, f"#{header}\nBCR\tABL1\t22:10\t9:20\ttranslocation\t1\t2\t.\n")
    call = read_arriba(path).iloc[0]
    assert (call.fusion, call.coverage1, call.reading_frame) == ("BCR::ABL1", 0, "")


@pytest.mark.parametrize("read", [read_arriba, read_starfusion, read_fusioncatcher, read_cicero])
def test_header_only_is_no_fusion(read, tmp_path):
    headers = {
        read_starfusion: STARFUSION,
        read_fusioncatcher: FUSIONCATCHER,
        read_cicero: CICERO,
        read_arriba: "#" + "\t".join(FUSIONS.names),
    }
    path = _written(tmp_path, headers[read].splitlines()[0] + "\n")
    assert read(path).empty


def test_gzipped(tmp_path):
    path = tmp_path / "f.tsv.gz"
    path.write_bytes(gzip.compress(STARFUSION.encode()))
    assert len(read_starfusion(path)) == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "is empty", id="empty"),
        pytest.param("a\tb\n1\t2\n", "line 1: .* needs the column.* found 'a', 'b'", id="foreign"),
        pytest.param(STARFUSION[:-60], "line 3: 7 field.* names 15; was the file cut off", id="truncated"),
        pytest.param(
            STARFUSION.replace("\t90\t", "\tmany\t"), "line 2: column JunctionReadCount", id="count"
        ),
        pytest.param(
            STARFUSION.replace("chr9:130854064:+", "chr9"), "line 2: .*not contig:position", id="point"
        ),
        pytest.param(STARFUSION.replace("23290413", "-5"), "line 2: .*not contig:position", id="negative"),
    ],
)
def test_refused(text, told, tmp_path):
    with pytest.raises(InputError, match=told):
        read_starfusion(_written(tmp_path, text))


def test_binary_and_broken_gzip_are_refused(tmp_path):
    whole = gzip.compress(STARFUSION.encode())
    for content in (b"\x00\xff\xfe\x80", whole[: len(whole) // 2]):
        path = tmp_path / "f.tsv"
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"f\.tsv: not a readable"):
            read_starfusion(path)


def test_missing_file():
    with pytest.raises(InputError, match="no such file"):
        read_cicero("nowhere.txt")


@pytest.mark.parametrize(
    ("first", "second", "directions", "same", "kind"),
    [
        (("1", 10), ("2", 20), ("downstream", "upstream"), False, "translocation"),
        (("1", 10), ("1", 900_000), ("downstream", "upstream"), False, "deletion"),
        (("1", 900), ("1", 10), ("upstream", "downstream"), False, "deletion/read-through"),
        (("1", 10), ("1", 900), ("downstream", "upstream"), True, "deletion"),
        (("1", 900), ("1", 10), ("downstream", "upstream"), True, "duplication"),
        (("1", 10), ("1", 900), ("upstream", "upstream"), False, "inversion"),
        (("1", 10), ("1", 900), ("", ""), False, ""),
    ],
)
def test_event_type(first, second, directions, same, kind):
    assert event_type(first, second, *directions, same_gene=same) == kind
