"""The row of a call, told from its 5' side whichever side of the event that is."""

from __future__ import annotations

import pandas as pd
import pytest

from leukoscope.formats.gtf import read_gene_model
from leukoscope.fusions.calls import _call
from leukoscope.fusions.loci import Loci
from leukoscope.kernels import fusion_loci as sites


@pytest.mark.parametrize(
    ("five_prime", "breakpoints", "inserted"),
    [(1, ("one:501", "two:301"), "GATTC"), (-1, ("two:301", "one:501"), "GAATC")],
)
def test_inserted_bases_are_written_from_the_five_prime_side(tmp_path, five_prime, breakpoints, inserted):
    """An event holds them from side a to side b; a molecule that begins with b reads the other strand."""
    line = '{}\tx\texon\t101\t900\t.\t+\t.\tgene_id "{}"; transcript_id "T{}";\n'
    (tmp_path / "a.gtf").write_text(line.format("one", "G1", 1) + line.format("two", "G2", 2))
    loci = Loci(read_gene_model(tmp_path / "a.gtf"), ("one", "two"))
    event = {
        "five_prime": five_prime,
        "oriented": True,
        "inserted_bases": "GATTC",
        "rejected_by": "",
        "mates": 2,
    }
    event |= {"confidence": "high", "same_gene": False, "same_contig": False, "distance": 1 << 40}
    event |= {"contig_a": 0, "position_a": 500, "gene_a": 0, "contig_b": 1, "position_b": 300, "gene_b": 1}
    for side in ("a", "b"):
        event |= {f"site_{side}": sites.EXON, f"direction_{side}": 1, f"split_{side}": 3, f"strand_{side}": 1}
        event |= {f"coverage_{side}": 9, f"along_{side}": True, f"spliced_{side}": False}
    call = _call(pd.DataFrame([event]).to_dict("records")[0], [], [], None, loci)
    assert (call["breakpoint1"], call["breakpoint2"]) == breakpoints
    assert call["inserted"] == inserted
