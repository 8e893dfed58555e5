"""What a fusion call means: transcripts, exons, reading frame, sequence, names, class, warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.formats.fasta import Genome
    from leukoscope.genemodel import GeneModel


def annotate_calls(
    calls: pd.DataFrame,
    gene_model: GeneModel,
    genome: Genome,
    *,
    drivers: pd.DataFrame | None = None,
    domains: pd.DataFrame | None = None,
    panel: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the calls with everything that follows from their breakpoints filled in.

    Filled are ``transcript_id1/2``, ``reading_frame``, ``fusion_transcript``, ``peptide_sequence``,
    ``retained_protein_domains``, ``fusion``, ``exons``, ``vicc``, ``driver_class``, ``plausibility`` and
    ``panel_frequency``.  What the caller knows is read and kept: genes, strands, breakpoints, sites,
    type, directions, counts, ``inserted``.

    Parameters
    ----------
    calls
        Fusion calls (:data:`~leukoscope.tables.fusions.FUSIONS`), of leukoscope or any other caller.
    gene_model
        The annotation that the breakpoints are explained with.
    genome
        Random access to the bases.
    drivers
        Known B-ALL driver fusions; without them ``driver_class`` stays empty.
    domains
        Protein domains on the genome; without them ``retained_protein_domains`` stays as it is.
    panel
        Fusions seen in normals; without them ``panel_frequency`` stays as it is.
    """
    raise NotImplementedError
