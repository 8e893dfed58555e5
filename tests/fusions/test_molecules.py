"""Unique molecular identifiers: where they stand, and what they keep from being a duplicate."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pysam
import pytest

from leukoscope.errors import InputError
from leukoscope.formats.bam import scan_alignments
from leukoscope.formats.gtf import read_gene_model
from leukoscope.fusions.candidates import mark_duplicates
from leukoscope.fusions.evidence import molecule_identifiers
from leukoscope.kernels import bam_records as records

NAMES = ["A00:1:HX:2:ACGTACGT", "A00:1:HX:3:ACGT-GGTA", "read7_TTTTACGA", "A00:1:HX:2:1101"]


def _evidence(n, **columns):
    place = {"contig_a": 0, "position_a": 500, "direction_a": 1, "contig_b": 1, "position_b": 900}
    place |= {"direction_b": -1, "outer_1": 400, "outer_2": 990, "source": "split"}
    return pd.DataFrame({"fragment": range(n), "row": range(n)} | place | columns)


def test_the_identifier_ends_the_name():
    alignments = SimpleNamespace(name=NAMES.__getitem__)
    found = molecule_identifiers(alignments, _evidence(4), "name")
    assert found.tolist() == ["ACGTACGT", "ACGT-GGTA", "TTTTACGA", ""]


def test_names_without_identifiers_are_refused():
    alignments = SimpleNamespace(name=lambda row: "A00:1:HX:2:1101")
    with pytest.raises(InputError, match=r"none of the 3 chimeric reads .* 'A00:1:HX:2:1101'"):
        molecule_identifiers(alignments, _evidence(3), "name")


@pytest.mark.parametrize("tag", ["RX", "UB"])
def test_the_tag_is_read_from_the_file(tag, tmp_path):
    gtf, bam = tmp_path / "a.gtf", tmp_path / "a.bam"
    gtf.write_text('one\tx\texon\t101\t400\t.\t+\t.\tgene_id "G1"; transcript_id "T1";\n')
    with pysam.AlignmentFile(str(bam), "wb", reference_names=["one"], reference_lengths=[5000]) as out:
        for number, umi in enumerate(["ACGT", "ACGT", "GGTA", None]):
            read = pysam.AlignedSegment(out.header)
            read.query_name, read.query_sequence, read.cigarstring = f"r{number}", "ACGTA" * 10, "25M25S"
            read.reference_id, read.reference_start, read.flag = 0, 150, 0
            if umi:
                read.set_tag(tag, umi)
            out.write(read)
    found = scan_alignments(bam, read_gene_model(gtf))
    umi = molecule_identifiers(found, _evidence(4), "tag")
    assert umi[0] == umi[1] != umi[2]
    assert umi[3] == 0
    assert (found.rows[:3, records.UMI] != 0).all()


def test_fragments_of_one_place_are_duplicates_unless_their_molecules_differ():
    evidence = _evidence(4)
    assert mark_duplicates(evidence).tolist() == [False, True, True, True]
    told = evidence.assign(umi=["ACGT", "ACGT", "GGTA", "TTTT"])
    assert mark_duplicates(told).tolist() == [False, True, False, False]
    elsewhere = told.assign(outer_1=np.arange(4))
    assert not mark_duplicates(elsewhere).any()
