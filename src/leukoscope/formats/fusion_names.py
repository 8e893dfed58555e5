"""Names of genes in fusion tables: neighbours of a breakpoint, loci of many genes."""

from __future__ import annotations

import re

_RECEPTOR = re.compile(
    r"^(?:(IG[HKL])(?:@|$|[VDJ][\dI(]|C\d?$|[MDE]$|[AG][\dP])|(TR[ABGD])(?:@|$|[VDJ][\dAP(]|C\d?$))"
)
_DUX4 = re.compile(r"^DUX4(L\d+)?$")
_NEIGHBOUR = re.compile(r"([^,()]+)\((\d+)\)")


def nearest_gene(gene: str) -> str:
    """Return the gene itself, or the nearer of the neighbours of an intergenic breakpoint.

    Examples
    --------
    >>> nearest_gene("AL683807.2(442713),DHRSX(8017)")
    'DHRSX'
    >>> nearest_gene("BCR")
    'BCR'
    """
    neighbours = [(int(distance), symbol) for symbol, distance in _NEIGHBOUR.findall(gene)]
    return min(neighbours)[1] if neighbours else gene


def genes_at(gene: str, *, within: int = 10**9) -> tuple[str, ...]:
    """Return every gene that a gene column names, the nearest first, neighbours only up to a distance.

    Examples
    --------
    >>> genes_at("AL683807.2(442713),DHRSX(8017)")
    ('DHRSX', 'AL683807.2')
    >>> genes_at("AL683807.2(442713),DHRSX(8017)", within=100_000)
    ('DHRSX',)
    >>> genes_at("")
    ()
    """
    neighbours = sorted((int(distance), symbol) for symbol, distance in _NEIGHBOUR.findall(gene))
    if neighbours:
        return tuple(symbol for distance, symbol in neighbours if distance <= within)
    return (gene,) if gene else ()


def locus_name(symbol: str) -> str:
    """Return the locus that a gene stands for: IGH for its segments, DUX4 for its copies, else the gene.

    Examples
    --------
    >>> locus_name("IGHJ5"), locus_name("TRBC1"), locus_name("DUX4L2"), locus_name("IGHMBP2")
    ('IGH', 'TRB', 'DUX4', 'IGHMBP2')
    """
    receptor = _RECEPTOR.match(symbol)
    if receptor:
        return receptor.group(1) or receptor.group(2)
    return "DUX4" if _DUX4.match(symbol) else symbol


def is_receptor_locus(symbol: str) -> bool:
    """Tell whether a symbol belongs to a locus that lymphocytes rearrange (IG or TR)."""
    return _RECEPTOR.match(symbol) is not None


def is_immunoglobulin(symbol: str) -> bool:
    """Tell whether a symbol belongs to an immunoglobulin locus (IGH, IGK, IGL).

    Examples
    --------
    >>> is_immunoglobulin("IGHV3-23"), is_immunoglobulin("IGH"), is_immunoglobulin("IGHMBP2")
    (True, True, False)
    """
    return is_receptor_locus(symbol) and symbol.startswith("IG")


def fusion_name(gene5: str, gene3: str) -> str:
    """Return the name that the HGNC recommends: both symbols with a double colon [1]_.

    An intergenic breakpoint is named after its nearest gene, an unknown partner ``?``.  Segments of a
    receptor locus and copies of DUX4 stand for their locus, unless both sides lie in one.

    References
    ----------
    .. [1] Bruford et al., Leukemia 35 (2021) 3040, doi:10.1038/s41375-021-01436-6

    Examples
    --------
    >>> fusion_name("BCR", "ABL1"), fusion_name("IGHJ5", "DUX4L2"), fusion_name("IGHV1-2", "IGHJ5")
    ('BCR::ABL1', 'IGH::DUX4', 'IGHV1-2::IGHJ5')
    """
    genes = nearest_gene(gene5) or "?", nearest_gene(gene3) or "?"
    loci = locus_name(genes[0]), locus_name(genes[1])
    return "::".join(genes if loci[0] == loci[1] else loci)
