"""Deletions inside a gene, from the introns that reads span: exons that a leukaemia lost are skipped.

A deletion of whole exons (IKZF1 exons 4 to 7 ...) is spliced like an intron, from the exon before to the
exon after.  Its share is held against all other reads at the same two splice sites; natural splicing skips
exons too, so that an intron that the annotation or a panel of normals has needs more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from leukoscope.tables.deletions import DELETION_PANEL, DELETIONS, KNOWN_DELETIONS
from leukoscope.tables.fusions import SPLICE_JUNCTIONS

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.genemodel import GeneModel

MIN_READS = 3
MIN_SHARE = 0.05  #: of a known deletion that no annotated transcript looks like
MIN_NATURAL_SHARE = 0.2  #: where an annotated transcript does
MIN_OTHER_READS, MIN_OTHER_SHARE = 5, 0.1  #: of a deletion that is not listed
MIN_HINT = 2  #: reads of such a deletion from which its absence is not stated
PANEL_FACTOR = 2.0  #: of the highest share in a panel of normals
MIN_DEPTH = 20  #: reads at the splice sites before the absence of a deletion means anything

DETECTED, NOT_DETECTED, NOT_ASSESSABLE = "detected", "not detected", "not assessable"
SPLICING = "not a known deletion: natural splicing that skips exons looks the same"


@dataclass(frozen=True, slots=True)
class Skip:
    """An intron that skips exons of the counted transcript."""

    intron: str  #: contig:first-last base, from 1
    exons: tuple[int, ...]
    reads: int
    usual_reads: float
    annotated: bool
    panel_share: float = float("nan")

    @property
    def share(self) -> float:
        """Share of the copies that skip; NaN without a read."""
        total = self.reads + self.usual_reads
        return self.reads / total if total else float("nan")


@dataclass(frozen=True, slots=True)
class CountedGene:
    """A gene, the transcript in which its exons are counted, and the introns seen in it."""

    symbol: str
    transcript_id: str
    n_exons: int
    skips: tuple[Skip, ...]
    usual: Mapping[int, float]  #: reads across the usual intron after each exon


def call_deletions(
    known: pd.DataFrame, junctions: pd.DataFrame, model: GeneModel, panel: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Say of each known deletion whether it is seen, and name further introns that skip exons.

    Parameters
    ----------
    known
        :data:`~leukoscope.tables.deletions.KNOWN_DELETIONS`.
    junctions
        Reads across introns (:data:`~leukoscope.tables.fusions.SPLICE_JUNCTIONS`).
    model
        Annotation of the reference.
    panel
        :data:`~leukoscope.tables.deletions.DELETION_PANEL`.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.deletions.DELETIONS`, genes in the order of `known`.
    """
    import pandas as pd

    known = KNOWN_DELETIONS.check(known)
    rows: list[dict[str, Any]] = []
    for symbol, asked in known.groupby("gene", sort=False):
        expected = int(asked["exons"].max())
        gene = _with_panel(count_gene(str(symbol), junctions, model, n_exons=expected), panel)
        named = [_known(row, gene) for row in asked.to_dict("records") if row["first_exon"]]
        general = next((row for row in asked.to_dict("records") if not row["first_exon"]), None)
        rows += named
        if general is not None:
            rows += _others(general, gene, {row["deletion"] for row in named})
    return DELETIONS.check(pd.DataFrame(rows, columns=DELETIONS.names))


def count_gene(
    symbol: str, junctions: pd.DataFrame, model: GeneModel, *, n_exons: int = 0
) -> CountedGene | None:
    """Return the introns of a gene that skip exons; None if the annotation lacks it.

    Exons are counted in the transcript that is MANE Select, else the canonical, else the longest
    coding one; one of `n_exons` exons goes before all, if a number is given.
    """
    junctions = SPLICE_JUNCTIONS.check(junctions)
    genes = np.flatnonzero(model.gene_symbol == symbol)
    if not len(genes):
        return None
    gene = int(max(genes, key=lambda g: (model.gene_biotype[g] == "protein_coding", -g)))
    transcript = max(model.transcripts_of(gene), key=lambda t: _preference(model, t, n_exons))
    exons = model.exons_of(transcript)
    numbers = dict(
        zip(
            model.exon_number[exons].tolist(),
            zip(model.exon_start[exons].tolist(), model.exon_end[exons].tolist(), strict=True),
            strict=True,
        )
    )
    introns = {
        pair
        for t in model.transcripts_of(gene)
        for pair in zip(*map(tuple, model.introns_of(t)), strict=True)
    }
    contig = str(model.contigs[model.gene_contig[gene]])
    lefts, rights = {left for left, _ in introns}, {right for _, right in introns}
    near = junctions[(junctions["contig"] == contig) & (junctions["unique"] > 0)]
    near = near[near["start"].isin(lefts) & near["end"].isin(rights)]
    at_left, at_right = near.groupby("start")["unique"].sum(), near.groupby("end")["unique"].sum()
    skips = []
    for left, right, reads in zip(near["start"], near["end"], near["unique"], strict=True):
        lost = tuple(sorted(n for n, (start, end) in numbers.items() if left <= start and end <= right))
        if lost:
            others = (at_left[left] - reads + at_right[right] - reads) / 2
            place = f"{contig}:{left + 1}-{right}"
            skips.append(Skip(place, lost, int(reads), float(others), (left, right) in introns))
    spans = zip(near["start"].tolist(), near["end"].tolist(), strict=True)
    spanned = dict(zip(spans, near["unique"].tolist(), strict=True))
    usual = {n: float(spanned.get(_gap(numbers[n], numbers[n + 1]), 0)) for n in numbers if n + 1 in numbers}
    return CountedGene(symbol, str(model.transcript_id[transcript]), len(numbers), tuple(skips), usual)


def _preference(model: GeneModel, transcript: int, n_exons: int) -> tuple[Any, ...]:
    exons = model.exons_of(transcript)
    tags = str(model.transcript_tags[transcript]).split(",")
    coding = np.maximum(model.exon_cds_end[exons] - model.exon_cds_start[exons], 0).sum()
    length = (model.exon_end[exons] - model.exon_start[exons]).sum()
    return (
        exons.stop - exons.start == n_exons,
        "MANE_Select" in tags,
        "Ensembl_canonical" in tags,
        int(coding),
        int(length),
        -transcript,
    )


def _gap(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """Return the intron between two neighbouring exons on either strand."""
    first, second = sorted((one, other))
    return first[1], second[0]


def _with_panel(gene: CountedGene | None, panel: pd.DataFrame | None) -> CountedGene | None:
    if gene is None or panel is None:
        return gene
    shares = DELETION_PANEL.check(panel).set_index("intron")["highest_share"].to_dict()
    skips = tuple(replace(skip, panel_share=float(shares.get(skip.intron, 0.0))) for skip in gene.skips)
    return replace(gene, skips=skips)


def _known(asked: Mapping[Any, Any], gene: CountedGene | None) -> dict[str, Any]:
    first, last = int(asked["first_exon"]), int(asked["last_exon"])
    row = _row(asked, gene, f"exons {first}-{last}")
    if gene is None:
        return row | {"reason": "the annotation lacks this gene"}
    if gene.n_exons != asked["exons"]:
        return row | {"reason": f"{gene.transcript_id} has {gene.n_exons} exons, not {asked['exons']}"}
    if last == gene.n_exons:
        return row | {"reason": "takes the last exon, which leaves no junction; MLPA or array"}
    found = [skip for skip in gene.skips if skip.exons == tuple(range(first, last + 1))]
    best = max(found, key=lambda skip: skip.reads, default=None)
    if best is not None:
        row |= _seen(best)
        least = MIN_NATURAL_SHARE if best.annotated else MIN_SHARE
        if best.reads >= MIN_READS and best.share >= max(least, _beyond_panel(best)):
            return row | {"status": DETECTED}
    depth = (best.reads if best else 0) + (gene.usual[first - 1] + gene.usual[last]) / 2
    if depth < MIN_DEPTH:
        return row | {"reason": f"only {depth:.0f} of {MIN_DEPTH} reads needed at its splice sites"}
    return row | {"status": NOT_DETECTED, "usual_reads": depth - row["reads"], "share": row["reads"] / depth}


def _others(asked: Mapping[Any, Any], gene: CountedGene | None, known: set[str]) -> list[dict[str, Any]]:
    """Return rows of deletions that are not listed, or one row on the gene as a whole."""
    if gene is None:
        return [_row(asked, gene, "any") | {"reason": "the annotation lacks this gene"}]
    unusual = [
        skip
        for skip in sorted(gene.skips, key=lambda skip: (-skip.reads, skip.intron))
        if _in_words(skip.exons) not in known
        and not skip.annotated
        and skip.share >= max(MIN_OTHER_SHARE, _beyond_panel(skip))
    ]
    found = [
        _row(asked, gene, _in_words(skip.exons)) | _seen(skip) | {"status": DETECTED, "reason": SPLICING}
        for skip in unusual
        if skip.reads >= MIN_OTHER_READS
    ]
    if found:
        return found
    row = _row(asked, gene, "any")
    if unusual and unusual[0].reads >= MIN_HINT:
        hint = f"only {unusual[0].reads} of {MIN_OTHER_READS} reads needed skip {_in_words(unusual[0].exons)}"
        return [row | _seen(unusual[0]) | {"reason": hint}]
    depth = float(np.median(list(gene.usual.values()))) if gene.usual else 0.0
    if gene.n_exons < 3:
        return [row | {"reason": "no exon lies between two others: a deletion leaves no junction"}]
    if depth < MIN_DEPTH:
        return [row | {"reason": f"only {depth:.0f} of {MIN_DEPTH} reads needed across its introns"}]
    whole = "a deletion of the whole gene, or of its first or last exon, leaves no junction"
    return [row | {"status": NOT_DETECTED, "reason": whole, "usual_reads": depth, "share": 0.0}]


def _beyond_panel(skip: Skip) -> float:
    return PANEL_FACTOR * skip.panel_share if skip.panel_share == skip.panel_share else 0.0


def _in_words(exons: tuple[int, ...]) -> str:
    return f"exons {exons[0]}-{exons[-1]}" if len(exons) > 1 else f"exon {exons[0]}"


def _row(asked: Mapping[Any, Any], gene: CountedGene | None, deletion: str) -> dict[str, Any]:
    return {
        "gene": asked["gene"],
        "deletion": deletion,
        "name": asked["name"],
        "status": NOT_ASSESSABLE,
        "reason": "",
        "transcript_id": gene.transcript_id if gene else "",
        "intron": "",
        "reads": 0,
        "usual_reads": float("nan"),
        "share": float("nan"),
        "annotated": False,
        "panel_share": float("nan"),
        "meaning": asked["meaning"],
        "evidence": asked["evidence"],
        "source": asked["source"],
    }


def _seen(skip: Skip) -> dict[str, Any]:
    names = ("intron", "reads", "usual_reads", "share", "annotated", "panel_share")
    return {name: getattr(skip, name) for name in names}


def build_panel(known: pd.DataFrame, samples: Iterable[pd.DataFrame], model: GeneModel) -> pd.DataFrame:
    """Return the introns that skip exons in normal samples, with their highest share.

    Parameters
    ----------
    known
        The genes to look at (:data:`~leukoscope.tables.deletions.KNOWN_DELETIONS`).
    samples
        Reads across introns of each normal sample (:data:`~leukoscope.tables.fusions.SPLICE_JUNCTIONS`).
    model
        Annotation of the reference.
    """
    import pandas as pd

    asked = KNOWN_DELETIONS.check(known).groupby("gene", sort=False)["exons"].max()
    rows = [
        (skip.intron, str(symbol), skip.share)
        for junctions in samples
        for symbol, exons in asked.items()
        if (gene := count_gene(str(symbol), junctions, model, n_exons=int(exons))) is not None
        for skip in gene.skips
    ]
    frame = pd.DataFrame(rows, columns=["intron", "gene", "share"])
    joined = frame.groupby("intron", as_index=False).agg(
        gene=("gene", "first"), samples=("share", "size"), highest_share=("share", "max")
    )
    return DELETION_PANEL.check(joined)
