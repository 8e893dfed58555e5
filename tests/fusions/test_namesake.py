"""Breakpoints in copies of DUX4 are told of the gene itself, and end where its bases do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from leukoscope.formats.fasta import Genome, index_fasta
from leukoscope.formats.gtf import read_gene_model
from leukoscope.fusions.evidence import reverse_complement
from leukoscope.fusions.homology import on_namesake
from leukoscope.fusions.loci import Loci

rng = np.random.default_rng(14)
KEPT = 500 + 200 - 1  #: last base of the gene that the fusion keeps


def _random(n):
    return "".join("ACGT"[i] for i in rng.integers(4, size=n))


@pytest.fixture(scope="module")
def loci(tmp_path_factory):
    """The gene on c1; a copy on c2 that has other bases from its 200th on; something else on c3."""
    unit = _random(400)
    other = _random(200).replace(unit[200], "", 1)
    other = next(b for b in "ACGT" if b != unit[200]) + other
    contigs = {
        "c1": _random(500) + unit + _random(500),
        "c2": _random(800) + unit[:200] + other,
        "c3": _random(900),
    }
    fasta = "".join(f">{name}\n{bases}\n" for name, bases in contigs.items()).encode()
    gtf = tmp_path_factory.mktemp("copies") / "a.gtf"
    gtf.write_text(
        "".join(
            f'{contig}\tx\texon\t{start + 1}\t{start + 400}\t.\t+\t.\tgene_id "{name}"; transcript_id "{name}.t"; '
            f'gene_name "{name}";\n'
            for contig, start, name in (("c1", 500, "DUX4"), ("c2", 800, "DUX4L1"))
        )
    )
    return Loci(read_gene_model(gtf), ("c1", "c2", "c3")), Genome(index_fasta(fasta, "made"), fasta)


def _event(loci, side, position, inserted):
    here, there = ("a", "b") if side == "a" else ("b", "a")
    place = {f"contig_{here}": 1, f"position_{here}": position, f"direction_{here}": 1, f"gene_{here}": 1}
    place |= {f"contig_{there}": 2, f"position_{there}": 400, f"direction_{there}": -1, f"gene_{there}": -1}
    place |= {f"locus_{here}": int(loci.partner[1]), f"locus_{there}": -1, "site_a": 0, "site_b": 0}
    place |= {"inserted": len(inserted), "inserted_bases": inserted, "rejected_by": ""}
    return pd.DataFrame([place])


@pytest.mark.parametrize("beyond", [0, 3])
@pytest.mark.parametrize("side", ["a", "b"])
def test_bases_that_only_the_copy_has_are_inserted(loci, side, beyond):
    model, genome = loci
    found = on_namesake(_event(model, side, 999 + beyond, "GATTACA"), model, genome).iloc[0]
    assert (found[f"contig_{side}"], found[f"position_{side}"], found[f"gene_{side}"]) == (0, KEPT, 0)
    bases = genome.fetch("c2", 1000, 1000 + beyond)
    told = bases + "GATTACA" if side == "a" else "GATTACA" + reverse_complement(bases)
    assert (found["inserted_bases"], found["inserted"]) == (told, len(told))


def test_a_copy_that_the_gene_does_not_resemble_stays(loci):
    model, genome = loci
    found = on_namesake(_event(model, "a", 1150, ""), model, genome).iloc[0]
    assert (found["contig_a"], found["position_a"]) == (1, 1150)


def test_an_alignment_without_the_contig_of_the_gene(loci):
    model, genome = loci
    event = _event(model, "a", 999, "").assign(contig_a=0, contig_b=1)
    found = on_namesake(event, Loci(model.model, ("c2", "c3")), genome)
    pd.testing.assert_frame_equal(found, event)
