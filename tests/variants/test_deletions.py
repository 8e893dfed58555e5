"""Deletions inside genes: numbered by the annotation, held against usual splicing and a panel of normals."""

from __future__ import annotations

import pandas as pd
import pytest

from leukoscope.cli import main
from leukoscope.formats.gtf import read_gene_model
from leukoscope.knowledge import read_knowledge
from leukoscope.tables.deletions import DELETION_PANEL, DELETIONS, KNOWN_DELETIONS
from leukoscope.tables.fusions import SPLICE_JUNCTIONS
from leukoscope.variants.deletions import build_panel, call_deletions, count_gene

EXONS = [(100 * n, 100 * n + 40) for n in range(1, 9)]  # exon n begins at 100 n


def gtf_lines(gene, contig, strand, transcripts):
    """Return GTF lines of a gene; `transcripts` names exons by place, with tags."""
    for number, (places, tag) in enumerate(transcripts):
        names = f'gene_id "{gene}"; transcript_id "{gene}.{number}"; gene_name "{gene}"; '
        names += f'gene_biotype "protein_coding"; {tag}'
        spans = [EXONS[place - 1] for place in places]
        rows = [("gene", 100, 840)] * (number == 0) + [("transcript", spans[0][0], spans[-1][1])]
        rows += [(kind, start, end) for start, end in spans for kind in ("exon", "CDS")]
        for kind, start, end in rows:
            yield f"{contig}\tx\t{kind}\t{start + 1}\t{end}\t.\t{strand}\t0\t{names}\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    mane = 'tag "MANE_Select";'
    path = tmp_path_factory.mktemp("gtf") / "a.gtf"
    everything = range(1, 9)
    path.write_text(
        "".join(
            [
                *gtf_lines(
                    "IKZF1",
                    "chr7",
                    "+",
                    [((1, 2, 3, 4, 8), ""), (everything, mane), ((1, 2, 3, 5, 6, 7, 8), "")],
                ),
                *gtf_lines("PAX5", "chr9", "-", [(everything, mane)]),
                *gtf_lines("ERG", "chr21", "+", [(everything, mane)]),
                *gtf_lines("BTG1", "chr12", "-", [((1, 2), mane)]),
            ]
        )
    )
    return read_gene_model(path)


def junctions(*skips, depth=50, contig="chr7"):
    """Return usual introns of one depth, and introns from one exon place to another with their reads."""
    rows = [(contig, EXONS[i][1], EXONS[i + 1][0], "+", depth, 0, 30) for i in range(7)]
    rows += [(contig, EXONS[a - 1][1], EXONS[b - 1][0], "+", reads, 0, 30) for a, b, reads in skips]
    return SPLICE_JUNCTIONS.check(pd.DataFrame(rows, columns=SPLICE_JUNCTIONS.names))


def call(model, table, panel=None):
    return call_deletions(read_knowledge(KNOWN_DELETIONS), table, model, panel)


def of(found, gene, deletion):
    return found[(found["gene"] == gene) & (found["deletion"] == deletion)].iloc[0]


def test_ik6_is_named_with_its_share_and_place(model):
    row = of(call(model, junctions((3, 8, 25))), "IKZF1", "exons 4-7")
    assert (row["status"], row["name"], row["reads"], row["share"]) == (
        "detected",
        "IK6",
        25,
        pytest.approx(1 / 3),
    )
    assert row["intron"] == "chr7:341-800"  # base after exon 3, last base before exon 8, from 1
    assert row["transcript_id"] == "IKZF1.1"


@pytest.mark.parametrize(
    ("skips", "depth", "deletion", "status", "reason"),
    [
        pytest.param([(1, 8, 9)], 50, "exons 2-7", "detected", "", id="2 to 7"),
        pytest.param([(1, 4, 9)], 50, "exons 2-3", "detected", "", id="2 to 3"),
        pytest.param([(3, 8, 2)], 50, "exons 4-7", "not detected", "", id="two reads"),
        pytest.param(
            [(3, 8, 4)], 900, "exons 4-7", "not detected", "", id="a trace, as natural splicing makes"
        ),
        pytest.param([], 50, "exons 4-7", "not detected", "", id="nothing"),
        pytest.param([], 19, "exons 4-7", "not assessable", "only 19 of 20", id="shallow"),
        pytest.param([], 0, "exons 2-3", "not assessable", "only 0 of 20", id="silent"),
        pytest.param([], 50, "exons 4-8", "not assessable", "takes the last exon", id="4 to 8"),
    ],
)
def test_known_deletions_have_three_states(model, skips, depth, deletion, status, reason):
    row = of(call(model, junctions(*skips, depth=depth)), "IKZF1", deletion)
    assert row["status"] == status
    assert row["reason"].startswith(reason)


def test_exons_are_counted_from_the_promoter_on_the_reverse_strand(model):
    found = call(model, junctions((2, 6, 30), contig="chr9"))
    row = found[found["gene"] == "PAX5"].iloc[0]  # places 3 to 5 of 8 are exons 6 to 4
    assert (row["deletion"], row["status"]) == ("exons 4-6", "detected")
    assert row["reason"].startswith("not a known deletion")


def test_skipping_that_the_annotation_knows_is_no_deletion(model):
    found = call(model, junctions((4, 8, 40), (3, 5, 40)))
    assert not found["deletion"].isin(["exons 5-7", "exon 4"]).any()
    assert of(found, "IKZF1", "any")["status"] == "not detected"


def test_few_reads_of_a_deletion_leave_it_open(model):
    row = of(call(model, junctions((2, 6, 4), depth=20)), "IKZF1", "any")
    assert row["status"] == "not assessable"
    assert row["reason"] == "only 4 of 5 reads needed skip exons 3-5"


def test_panel_of_normals_raises_the_bar(model):
    known = read_knowledge(KNOWN_DELETIONS)
    panel = build_panel(known, [junctions((3, 8, 10)), junctions((3, 8, 5)), junctions()], model)
    assert panel[["gene", "samples"]].to_numpy().tolist() == [["IKZF1", 2]]
    assert panel["highest_share"][0] == pytest.approx(1 / 6)
    low, high = (of(call(model, junctions((3, 8, reads)), panel), "IKZF1", "exons 4-7") for reads in (20, 30))
    assert (low["status"], high["status"]) == ("not detected", "detected")
    assert low["panel_share"] == pytest.approx(1 / 6)
    assert build_panel(known, [], model).empty


def test_gene_that_is_absent_or_too_short_says_so(model):
    found = call(model, junctions(depth=30, contig="chr12"))
    assert of(found, "BTG1", "any")["reason"].startswith("no exon lies between")
    known = read_knowledge(KNOWN_DELETIONS).assign(gene="NONE")[:1]
    assert call_deletions(known, junctions(), model)["reason"][0] == "the annotation lacks this gene"


def test_other_number_of_exons_is_not_assessable(model):
    known = read_knowledge(KNOWN_DELETIONS)
    known = known[known["name"] == "IK6"].assign(exons=9)
    assert call_deletions(known, junctions(), model)["reason"][0] == "IKZF1.1 has 8 exons, not 9"
    assert count_gene("IKZF1", junctions(), model, n_exons=5).transcript_id == "IKZF1.0"


def test_empty_junction_table_is_ordinary(model):
    found = call(model, SPLICE_JUNCTIONS.empty())
    assert set(found["status"]) == {"not assessable"}
    assert len(found) == 9


def test_ik6_and_its_numbering_in_the_human_annotation(shared):
    """Of the genes in the real mini annotation none is listed: all rows say so, none crashes."""
    real = read_gene_model(shared / "reference" / "leukaemia.gtf.gz")
    gene = count_gene("FLT3", SPLICE_JUNCTIONS.empty(), real)
    assert gene.n_exons == 24
    assert set(call(real, SPLICE_JUNCTIONS.empty())["reason"]) == {"the annotation lacks this gene"}


def test_commands_read_star_tables(model, tmp_path, monkeypatch):
    from leukoscope.formats import reference

    class Reference:
        def gene_model(self):
            return model

    monkeypatch.setattr(reference, "open_reference", lambda folder: Reference())
    table = junctions((3, 8, 25))
    lines = [f"{r.contig}\t{r.start + 1}\t{r.end}\t1\t1\t1\t{r.unique}\t0\t30\n" for r in table.itertuples()]
    (tmp_path / "SJ.out.tab").write_text("".join(lines))
    words = [str(tmp_path / "SJ.out.tab"), "--reference", "REF", "--output"]
    assert main(["deletions", *words, str(tmp_path / "d.tsv")]) == 0
    assert of(DELETIONS.read(tmp_path / "d.tsv"), "IKZF1", "exons 4-7")["status"] == "detected"
    assert main(["deletion-panel", *words, str(tmp_path / "p.tsv")]) == 0
    assert len(DELETION_PANEL.read(tmp_path / "p.tsv")) == 1
