"""Light mode: evidence from STAR's two junction files alone, without the alignment.

What it lacks is said in the calls: no clips (few tandem duplications, few junctions with inserted
bases), no coverage, no read-through mates, and the library's strand is not known.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.formats.bam import Alignments, annotated_introns
from leukoscope.fusions.evidence import SIDES
from leukoscope.genemodel import GeneModel, known_contigs
from leukoscope.kernels import bam_records as records

MAX_READS = 300  #: fragments counted for one intron that joins two genes


def named_contigs(chimeric: pd.DataFrame, junctions: pd.DataFrame, model: GeneModel) -> tuple[str, ...]:
    """Return the contigs of the gene model, then others that the tables name."""
    named = [*model.contigs.tolist(), *chimeric["contig_a"], *chimeric["contig_b"], *junctions["contig"]]
    return tuple(dict.fromkeys(named))


def spelled_as(table: pd.DataFrame, model: GeneModel) -> pd.DataFrame:
    """Return the table with its contigs (all columns that name one) spelled as the annotation does."""
    columns = [name for name in table.columns if name.startswith("contig")]
    spelled = known_contigs(pd.unique(table[columns].to_numpy().ravel()), model.contig_index)
    return table.assign(**{name: table[name].map(spelled) for name in columns})


def light_evidence(
    chimeric: pd.DataFrame, junctions: pd.DataFrame, model: GeneModel
) -> tuple[Alignments, pd.DataFrame]:
    """Return empty alignments with the introns of `junctions`, and the evidence of both tables.

    Parameters
    ----------
    chimeric
        :data:`~leukoscope.tables.fusions.CHIMERIC_JUNCTIONS`.
    junctions
        :data:`~leukoscope.tables.fusions.SPLICE_JUNCTIONS`.
    model
        The annotation.
    """
    contigs = named_contigs(chimeric, junctions, model)
    place = {name: i for i, name in enumerate(contigs)}
    introns = _introns(junctions, place, contigs, model)
    crossing = _crossing(introns, model)
    names = [*chimeric["read_name"], *crossing["read_name"]]
    evidence = pd.concat([_chimeric(chimeric, place), crossing.drop(columns="read_name")], ignore_index=True)
    evidence = evidence.assign(
        row=np.arange(len(evidence)), inserted=0, inserted_bases="", mismatches=0, alternative=0
    )
    evidence["fragment"] = pd.factorize(pd.Series(names, dtype=object), sort=True)[0].astype(np.int64)
    return _alignments(contigs, names, introns), _ordered(evidence)


def _chimeric(chimeric: pd.DataFrame, place: dict[str, int]) -> pd.DataFrame:
    spanning = chimeric["junction_type"] < 0
    return chimeric.drop(columns=["read_name", "junction_type", "alternatives"]).assign(
        contig_a=chimeric["contig_a"].map(place).astype(np.int64),
        contig_b=chimeric["contig_b"].map(place).astype(np.int64),
        source=np.where(spanning, "discordant", "split"),
        hits=chimeric["alternatives"],
        aligned=chimeric["length_a"] + chimeric["length_b"],
        five_prime=np.select([chimeric["junction_type"] == 1, chimeric["junction_type"] == 2], [1, -1], 0),
        outer_1=chimeric["far_a"],
        outer_2=chimeric["far_b"],
    )


def _introns(
    junctions: pd.DataFrame, place: dict[str, int], contigs: tuple[str, ...], model: GeneModel
) -> NDArray[np.int64]:
    table = np.zeros((len(junctions), 6), dtype=np.int64)
    contig = junctions["contig"].map(place).to_numpy(np.int64)
    table[:, records.INTRON_KEY] = (contig << 32) | junctions["start"].to_numpy(np.int64)
    table[:, records.INTRON_END] = junctions["end"]
    table[:, records.INTRON_UNIQUE] = junctions["unique"]
    table[:, records.INTRON_MULTIPLE] = junctions["multiple"]
    table[:, records.INTRON_OVERHANG] = junctions["overhang"]
    keys, ends, strands = annotated_introns(contigs, model)
    known = dict(zip(zip(keys.tolist(), ends.tolist(), strict=True), strands.tolist(), strict=True))
    table[:, records.INTRON_STRAND] = [known.get((int(key), int(end)), 0) for key, end in table[:, :2]]
    return table


def _crossing(introns: NDArray[np.int64], model: GeneModel) -> pd.DataFrame:
    """Return one row for each read of an unannotated intron that joins different genes."""
    rows = []
    for key, end, unique, _, overhang, strand in introns.tolist():
        contig, start = key >> 32, key & 0xFFFFFFFF
        if strand or not unique or contig >= len(model.contigs):
            continue
        left = set(model.genes_at(contig, start - 1).tolist())
        right = set(model.genes_at(contig, end).tolist())
        if left & right or not left | right:
            continue
        rows += [
            (f"{contig}:{start}-{end}:{i}", contig, start - 1, 1, contig, end, -1, overhang, i)
            for i in range(min(unique, MAX_READS))
        ]
    columns = ["read_name", *SIDES, "length_a", "outer_1"]
    found = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:], np.int64))
    return found.assign(
        source="crossing",
        hits=1,
        length_b=found["length_a"],
        aligned=2 * found["length_a"],
        far_a=found["position_a"],
        far_b=found["position_b"],
        five_prime=0,
        outer_2=found["outer_1"],
    )


def _ordered(evidence: pd.DataFrame) -> pd.DataFrame:
    """Return the evidence with the smaller side first."""
    a, b = ([f"{name}_{side}" for name in ("contig", "position", "direction")] for side in "ab")
    swap = np.array(
        [
            tuple(one) > tuple(two)
            for one, two in zip(evidence[a].to_numpy(), evidence[b].to_numpy(), strict=True)
        ],
        dtype=bool,
    )
    ordered = evidence.copy()
    for name in ("contig", "position", "direction", "length", "far"):
        one, two = evidence[f"{name}_a"].to_numpy(), evidence[f"{name}_b"].to_numpy()
        ordered[f"{name}_a"], ordered[f"{name}_b"] = np.where(swap, two, one), np.where(swap, one, two)
    ordered["five_prime"] = np.where(swap, -evidence["five_prime"], evidence["five_prime"])
    return ordered


def _alignments(contigs: tuple[str, ...], names: list[str], introns: NDArray[np.int64]) -> Alignments:
    rows = np.zeros((len(names), records.N_COLUMNS), dtype=np.int64)
    encoded = [name.encode("ascii", errors="replace") for name in names]
    rows[:, records.NAME_LENGTH] = [len(name) for name in encoded]
    rows[:, records.NAME_AT] = np.cumsum(rows[:, records.NAME_LENGTH]) - rows[:, records.NAME_LENGTH]
    return Alignments(
        contigs=contigs,
        lengths=(0,) * len(contigs),
        rows=rows,
        store=np.frombuffer(b"".join(encoded), dtype=np.uint8),
        introns=introns,
        coverage=np.zeros(len(contigs), dtype=np.uint32),
        coverage_bounds=np.arange(len(contigs) + 1, dtype=np.int64),
        counters=np.zeros(6, dtype=np.int64),
    )


def with_junctions(alignments: Alignments, junctions: pd.DataFrame) -> Alignments:
    """Return the alignments with the intron counts of ``SJ.out.tab``; introns that it lacks count 0."""
    place = {name: i for i, name in enumerate(alignments.contigs)}
    counts = {
        ((place[contig] << 32) | start, end): unique
        for contig, start, end, unique in zip(
            junctions["contig"], junctions["start"], junctions["end"], junctions["unique"], strict=True
        )
        if contig in place
    }
    introns = alignments.introns.copy()
    introns[:, records.INTRON_UNIQUE] = [counts.get((int(key), int(end)), 0) for key, end in introns[:, :2]]
    return replace(alignments, introns=introns)
