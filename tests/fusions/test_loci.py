"""Where antigen-receptor loci lie."""

from __future__ import annotations

import numpy as np

from leukoscope.formats.gtf import read_gene_model
from leukoscope.fusions.loci import RECEPTOR_FLANK, Loci


def test_orphons_of_a_receptor_locus_do_not_stretch_it(tmp_path):
    """BCR lies between human IGL and its orphons, which GENCODE and Ensembl list on the same contig."""
    genes = [(22_000_000, "IGLV1-1"), (22_520_000, "IGLJ1"), (22_900_000, "IGLC7")]
    genes += [(23_180_000, "BCR"), (25_400_000, "IGLVIVOR22-1"), (32_200_000, "IGLCOR22-1")]
    lines = []
    for start, symbol in genes:
        biotype = "protein_coding" if symbol == "BCR" else f"IG_{symbol[3]}_gene"
        names = (
            f'gene_id "{symbol}"; transcript_id "{symbol}"; gene_name "{symbol}"; gene_biotype "{biotype}";'
        )
        lines.append(f"22\tx\texon\t{start + 1}\t{start + 500}\t.\t+\t.\t{names}\n")
    (tmp_path / "a.gtf").write_text("".join(lines))
    loci = Loci(read_gene_model(tmp_path / "a.gtf"), ("22",))
    assert loci.receptor_spans == [("IGL", 0, 22_000_000 - RECEPTOR_FLANK, 22_900_500 + RECEPTOR_FLANK)]
    places = np.array([22_520_100, 23_180_100, 25_400_100])
    assert loci.receptor_at(np.zeros(3, dtype=np.int64), places).tolist() == [0, -1, -1]
