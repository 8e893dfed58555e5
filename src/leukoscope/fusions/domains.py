"""Protein domains that a fusion keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leukoscope.fusions.partners import Partner

if TYPE_CHECKING:
    import pandas as pd

Domain = tuple[str, tuple[tuple[int, int], ...]]  # name, intervals on the genome (0-based half-open)


def domains_by_gene(domains: pd.DataFrame) -> dict[str, list[Domain]]:
    """Return the domains of each gene, by identifier and by symbol, in order of their first base.

    Parameters
    ----------
    domains
        :data:`~leukoscope.tables.driver_fusions.PROTEIN_DOMAINS`.
    """
    intervals: dict[str, dict[str, set[tuple[int, int]]]] = {}
    columns = ("gene_id", "symbol", "domain", "start", "end")
    for gene_id, symbol, name, start, end in zip(*(domains[c] for c in columns), strict=True):
        for key in {gene_id, symbol} - {""}:
            intervals.setdefault(key, {}).setdefault(name, set()).add((int(start), int(end)))
    return {
        key: sorted(
            ((name, tuple(sorted(parts))) for name, parts in found.items()), key=lambda d: (d[1][0], d[0])
        )
        for key, found in intervals.items()
    }


def domains_of(side: Partner | None, by_gene: dict[str, list[Domain]]) -> list[Domain]:
    """Return the domains of a side's gene, in the order of translation."""
    if side is None:
        return []
    found = by_gene.get(side.gene_id) or by_gene.get(side.symbol) or []
    return found if side.strand > 0 else found[::-1]


def retained_share(side: Partner, domain: Domain) -> float:
    """Return the share of a domain's bases that lie on the kept side of the breakpoint."""
    kept = total = 0
    for start, end in domain[1]:
        total += end - start
        kept += max(
            0, min(end, side.breakpoint + 1) - start if side.keeps_left else end - max(start, side.breakpoint)
        )
    return kept / total if total else 0.0


def retained_domains(
    five: Partner | None, three: Partner | None, frame: str, by_gene: dict[str, list[Domain]]
) -> str:
    """Return the domains that are kept, in Arriba's notation: ``SH3(100%),SH2(40%)|Kinase(100%)``.

    Those of the 3' gene are left out if it is not translated in its frame.

    Examples
    --------
    >>> retained_domains(None, None, "", {})
    ''
    """
    told = []
    for side in (five, three):
        shares = [] if side is None else [(d[0], retained_share(side, d)) for d in domains_of(side, by_gene)]
        told.append(",".join(f"{name}({share:.0%})" for name, share in shares if round(share * 100)))
    if frame in {"out-of-frame", "stop-codon"}:
        told[1] = ""
    return "|".join(told) if any(told) else ""
