"""Changes of protein in listed genes: from the bases of an alignment, and from the calls of other callers.

None of them is a finding: RNA of one sample cannot tell an inherited variant from a mutation.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.tables.mutations import MUTATION_CALLS, MUTATION_CANDIDATES, MUTATION_GENES
from leukoscope.tables.variants import HOTSPOTS, VARIANTS
from leukoscope.variants.consequence import CodingIndex, Consequence

if TYPE_CHECKING:
    import pandas as pd

MIN_DEPTH, MIN_FRAGMENTS, MIN_FRACTION = 20, 5, 0.1
MAX_EDGE_SHARE = 0.8  #: of the fragments, within five bases of an end of their read
MAX_STRAND_P = 1e-3
HOMOPOLYMER = 6  #: equal bases in a row
EDITING_WINDOW, EDITING_SITES = 100, 3  #: bases, A>G changes among them
CLUSTER_WINDOW, CLUSTER_SITES = 15, 3  #: bases, changes among them: a misaligned insertion or duplication
UNCONFIRMED = "germline or somatic is not known"
EDITING = "A>G in the RNA: RNA editing looks the same"
ALIGNMENT = "alignment"


def scan_genes(
    counts: NDArray[np.uint16],
    reference: NDArray[np.uint8],
    places: tuple[NDArray[np.str_], NDArray[np.int64]],
    index: CodingIndex,
    around: Callable[[str, int, int], str],
) -> pd.DataFrame:
    """Return the substitutions that fragments show in coding sequence.

    Parameters
    ----------
    counts : uint16[4, n, 4]
        Fragments by kind (2 if reverse, plus 1 near an end of the read), cell and base.
    reference : uint8[n]
        Base of the reference: A 0, C 1, G 2, T 3, else 4.
    places
        Name of the contig and position of each cell.
    index
        Transcripts in which codons are counted.
    around
        Bases of a contig from a start to an end, such as ``Genome.fetch``.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.mutations.MUTATION_CANDIDATES` with one row for each; synonymous
        ones are left out, those that look like artefacts say so in ``rejected_by``.
    """
    seen = counts.sum(axis=0, dtype=np.int64)
    depth = seen.sum(axis=1)
    others = seen.copy()
    known = reference < 4
    others[np.flatnonzero(known), reference[known]] = 0
    enough = (others >= MIN_FRAGMENTS) & (others >= MIN_FRACTION * depth[:, None])
    cells, bases = np.nonzero(enough & (depth >= MIN_DEPTH)[:, None] & known[:, None])
    names, positions = places
    found = [
        (str(names[cell]), int(positions[cell]), int(cell), int(base))
        for cell, base in zip(cells.tolist(), bases.tolist(), strict=True)
    ]
    edited = _edited(found, reference, index)
    clustered = _crowded(
        {(contig, position) for contig, position, *_ in found}, CLUSTER_WINDOW, CLUSTER_SITES
    )
    rows = []
    for contig, position, cell, base in found:
        letters = "ACGT"[reference[cell]], "ACGT"[base]
        artefacts = _artefacts(counts[:, cell, :].astype(np.int64), int(reference[cell]), base)
        if _in_homopolymer(around(contig, position - HOMOPOLYMER, position + HOMOPOLYMER + 1), letters[1]):
            artefacts.append("homopolymer")
        for consequence in index.consequences(contig.removeprefix("chr"), position, *letters):
            is_editing = _is_a_to_g(letters, index.transcripts[consequence.gene].forward)
            crowds = ["editing_cluster"] if is_editing and (contig, position) in edited else []
            crowds += ["cluster"] if (contig, position) in clustered else []
            rows.append(
                _row(consequence, contig, position, letters)
                | {
                    "depth": float(depth[cell]),
                    "alternative_fragments": float(seen[cell, base]),
                    "fraction": float(seen[cell, base] / depth[cell]),
                    "caller": ALIGNMENT,
                    "rejected_by": ",".join([*artefacts, *crowds]),
                    "note": "; ".join(
                        [
                            UNCONFIRMED,
                            *([EDITING] if is_editing and seen[cell, base] < 0.9 * depth[cell] else []),
                        ]
                    ),
                }
            )
    return _table(rows)


def _artefacts(kinds: NDArray[np.int64], reference: int, base: int) -> list[str]:
    """Return what speaks against one substitution; `kinds` is int64[4, 4], kind and base."""
    from scipy.stats import fisher_exact

    artefacts = []
    alternative, usual = kinds[:, base], kinds[:, reference]
    if alternative[[1, 3]].sum() > MAX_EDGE_SHARE * alternative.sum():
        artefacts.append("read_ends")
    strands = np.array([[side[:2].sum(), side[2:].sum()] for side in (alternative, usual)])
    if strands[0].min() == 0 and fisher_exact(strands)[1] < MAX_STRAND_P:
        artefacts.append("one_strand")
    return artefacts


def _in_homopolymer(bases: str, alternative: str) -> bool:
    """Tell whether the middle base, or its change, stands in or beside a run of equal bases."""
    middle = len(bases) // 2
    changed = bases[:middle] + alternative + bases[middle + 1 :]
    runs = [base * HOMOPOLYMER for base in "ACGT"]
    return any(run in text for run in runs for text in (bases[:-1], bases[1:], changed))


def _is_a_to_g(letters: tuple[str, str], forward: bool) -> bool:
    return letters == (("A", "G") if forward else ("T", "C"))


def _edited(
    found: Iterable[tuple[str, int, int, int]], reference: NDArray[np.uint8], index: CodingIndex
) -> set[tuple[str, int]]:
    """Return the places of A>G changes that stand in a crowd of such changes."""
    changes = {
        (contig, position)
        for contig, position, cell, base in found
        for gene, _ in index.places.get((contig.removeprefix("chr"), position), ())
        if _is_a_to_g(("ACGT"[reference[cell]], "ACGT"[base]), index.transcripts[gene].forward)
    }
    return _crowded(changes, EDITING_WINDOW, EDITING_SITES)


def _crowded(places: set[tuple[str, int]], window: int, sites: int) -> set[tuple[str, int]]:
    """Return the places with so many others, themselves among them, within the window on either side."""
    ordered = sorted(places)
    return {
        (contig, here)
        for contig, here in ordered
        if bisect_right(ordered, (contig, here + window)) - bisect_left(ordered, (contig, here - window))
        >= sites
    }


def annotate_calls(calls: pd.DataFrame, index: CodingIndex) -> pd.DataFrame:
    """Return what the calls of other callers do to the proteins of the index.

    Parameters
    ----------
    calls
        :data:`~leukoscope.tables.mutations.MUTATION_CALLS` of one sample.  A protein change that the
        caller states is kept as it is.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.mutations.MUTATION_CANDIDATES`, with the codon in a column ``codon``.
    """
    rows, codons = [], []
    for call in MUTATION_CALLS.check(calls).to_dict("records"):
        letters = str(call["reference"]), str(call["alternative"])
        for consequence in index.consequences(str(call["contig"]), int(call["position"]), *letters):
            if consequence.kind == "synonymous":
                continue
            numbers = {"depth": call["depth"], "alternative_fragments": call["alternative_reads"]}
            codons.append(consequence.codon)
            rows.append(
                _row(consequence, str(call["contig"]), int(call["position"]), letters)
                | numbers
                | {
                    "protein_change": call["protein_change"] or consequence.protein_change,
                    "fraction": call["alternative_reads"] / call["depth"] if call["depth"] else float("nan"),
                    "caller": call["caller"],
                    "rejected_by": call["rejected_by"],
                    "note": UNCONFIRMED,
                }
            )
    return _table(rows, unique=False).assign(codon=codons)


def _row(consequence: Consequence, contig: str, position: int, letters: tuple[str, str]) -> dict[str, Any]:
    return {
        "gene": consequence.gene,
        "protein_change": consequence.protein_change,
        "consequence": consequence.kind,
        "transcript_id": consequence.transcript_id,
        "locus": f"{contig.removeprefix('chr')}:{position + 1}",
        "reference": letters[0],
        "alternative": letters[1],
        "meaning": "",
    }


def _table(rows: list[dict[str, Any]], *, unique: bool = True) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(rows, columns=MUTATION_CANDIDATES.names)
    if not unique:
        return frame
    return MUTATION_CANDIDATES.check(frame[frame["consequence"] != "synonymous"])


def finish_candidates(
    tables: Iterable[pd.DataFrame], genes: pd.DataFrame, normals: Iterable[pd.DataFrame] = ()
) -> pd.DataFrame:
    """Return all candidates in one table, with the meaning of their genes; those of normal samples rejected.

    Parameters
    ----------
    tables
        Candidates of one sample by source (:data:`~leukoscope.tables.mutations.MUTATION_CANDIDATES`).
    genes
        The listed genes (:data:`~leukoscope.tables.mutations.MUTATION_GENES`).
    normals
        Candidates of samples without leukaemia: remissions, healthy donors.
    """
    import pandas as pd

    parts = [table for table in tables if not table.empty]
    joined = pd.concat(parts, ignore_index=True) if parts else MUTATION_CANDIDATES.empty()
    joined = joined.drop_duplicates(list(MUTATION_CANDIDATES.key))
    key = ["locus", "alternative"]
    usual = {place for normal in normals for place in normal[key].itertuples(index=False, name=None)}
    in_normals = [place in usual for place in joined[key].itertuples(index=False, name=None)]
    rejected = [
        ",".join(filter(None, [text, "normal_samples" if usually else ""]))
        for text, usually in zip(joined["rejected_by"], in_normals, strict=True)
    ]
    meaning = MUTATION_GENES.check(genes).set_index("gene")["meaning"]
    return MUTATION_CANDIDATES.check(
        joined.assign(rejected_by=rejected, meaning=joined["gene"].map(meaning).fillna(""))
    )


def add_calls(variants: pd.DataFrame, hotspots: pd.DataFrame, called: pd.DataFrame) -> pd.DataFrame:
    """Return the hot spots with the mutations that other callers found there.

    A call that passed its filters makes its hot spot *detected*; what the alignment says of the same
    change stands, and a hot spot that it read without the change is told with both.

    Parameters
    ----------
    variants
        Hot spots as the alignment shows them (:data:`~leukoscope.tables.variants.VARIANTS`).
    hotspots
        :data:`~leukoscope.tables.variants.HOTSPOTS`.
    called
        From :func:`annotate_calls`.
    """
    import pandas as pd

    asked = {(row["gene"], row["codon"]): row for row in HOTSPOTS.check(hotspots).to_dict("records")}
    known = {(row["gene"], row["codon"]): row for row in variants.to_dict("records")}
    detected = variants[variants["status"] == "detected"]
    there: set[Any] = set(zip(detected["gene"], detected["protein_change"], strict=True))
    added, replaced = [], set()
    for call in called[called["rejected_by"] == ""].to_dict("records"):
        place, name = (call["gene"], call["codon"]), (call["gene"], call["protein_change"])
        if place not in asked or name in there:
            continue
        there.add(name)
        replaced.add(place)
        added.append(_called_hotspot(asked[place], known.get(place), call))
    places = list(zip(variants["gene"], variants["codon"], strict=True))
    kept = variants[
        (variants["status"] == "detected") | np.array([place not in replaced for place in places])
    ]
    return VARIANTS.check(pd.concat([kept, pd.DataFrame(added)], ignore_index=True) if added else kept)


def _called_hotspot(
    asked: dict[Any, Any], read: dict[Any, Any] | None, call: dict[Any, Any]
) -> dict[str, Any]:
    residue = str(call["protein_change"])[-1]
    expected = not asked["alternatives"] or residue in asked["alternatives"]
    seen = (
        ""
        if read is None or read["status"] != "not detected"
        else f"; {read['depth']} fragments of RNA lack it"
    )
    depth, fragments = (0 if n != n else int(n) for n in (call["depth"], call["alternative_fragments"]))
    return {
        "gene": call["gene"],
        "codon": call["codon"],
        "protein_change": call["protein_change"],
        "status": "detected",
        "reason": f"called in {call['caller']}{seen}",
        "transcript_id": call["transcript_id"],
        "contig": str(call["locus"]).split(":")[0],
        "position": str(call["locus"]).split(":")[1],
        "reference_codon": read["reference_codon"] if read else "",
        "alternative_codon": "",
        "depth": depth,
        "alternative_fragments": fragments,
        "fraction": fragments / depth if depth else float("nan"),
        "forward": 0,
        "significance": asked["significance"] if expected else "unknown",
        "meaning": asked["meaning"]
        if expected
        else "Another change of a hot-spot codon; its effect is not known",
        "evidence": asked["evidence"],
        "source": asked["source"],
    }
