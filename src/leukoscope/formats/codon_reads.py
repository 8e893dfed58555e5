"""What the fragments of an alignment show at a few codons."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from leukoscope.errors import InputError
from leukoscope.formats.bgzf import open_bam
from leukoscope.tables.variants import CODON_READS

if TYPE_CHECKING:
    import pandas as pd

_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
_UNUSABLE = 0x4 | 0x100 | 0x200 | 0x400 | 0x800  # unmapped, secondary, failed, duplicate, supplementary


class Place(Protocol):
    """Where a codon lies; an empty contig means nowhere."""

    @property
    def contig(self) -> str:
        """Name of the contig."""

    @property
    def forward(self) -> bool:
        """Whether the gene lies on the forward strand."""

    @property
    def positions(self) -> tuple[int, int, int]:
        """0-based positions of the three bases in the direction of transcription."""


def read_codons(
    bam: Path,
    places: Sequence[Place],
    *,
    threads: int = 1,
    min_base_quality: int = 20,
    min_mapping_quality: int = 10,
) -> pd.DataFrame:
    """Count the codons that the fragments of a BAM show at given places.

    A fragment counts once; mates that disagree are left out, as are reads with an insertion,
    deletion or poor base within the codon.  The file need be neither sorted nor indexed.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.variants.CODON_READS`; ``codon_id`` counts `places`.

    Raises
    ------
    InputError
        If the file is no readable BAM.
    """
    import pandas as pd

    shown: dict[tuple[int, str], tuple[str, bool]] = {}
    disagreeing: set[tuple[int, str]] = set()
    for read in _overlapping(bam, places, threads):
        if read.mapping_quality < min_mapping_quality:
            continue
        for codon, bases in _codons_of(read, places, min_base_quality):
            key = (codon, read.query_name)
            before = shown.setdefault(key, (bases, not read.is_reverse))
            if before[0] != bases:
                disagreeing.add(key)
    counts: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
    for key, (bases, forward) in shown.items():
        if key not in disagreeing:
            count = counts[key[0], bases]
            count[0] += 1
            count[1] += forward
    rows = [(codon, bases, *count) for (codon, bases), count in sorted(counts.items())]
    return CODON_READS.check(pd.DataFrame(rows, columns=CODON_READS.names))


def _overlapping(bam: Path, places: Sequence[Place], threads: int) -> Iterator[Any]:
    """Yield the usable reads of a BAM that overlap one of the places."""
    import pysam

    with open_bam(bam):  # it is there, and can be read
        verbosity = pysam.set_verbosity(0)
    with tempfile.TemporaryDirectory() as folder:
        bed, picked = Path(folder) / "codons.bed", Path(folder) / "picked.bam"
        lines = sorted({(p.contig, at) for p in places if p.contig for at in p.positions})
        if not lines:
            return
        bed.write_text("".join(f"{contig}\t{at}\t{at + 1}\n" for contig, at in lines))
        try:
            pysam.view(
                *(
                    "-b",
                    "-L",
                    str(bed),
                    "-F",
                    str(_UNUSABLE),
                    "-@",
                    str(threads),
                    "-o",
                    str(picked),
                    str(bam),
                ),
                catch_stdout=False,
            )
        except pysam.utils.SamtoolsError as error:
            raise InputError(f"{bam.name}: not a readable BAM file, or cut short.") from error
        finally:
            pysam.set_verbosity(verbosity)
        with pysam.AlignmentFile(str(picked), check_sq=False) as reads:
            yield from reads


def _codons_of(read: Any, places: Sequence[Place], min_base_quality: int) -> Iterator[tuple[int, str]]:
    near = [
        (index, place)
        for index, place in enumerate(places)
        if place.contig == read.reference_name
        and read.reference_start <= min(place.positions)
        and max(place.positions) < read.reference_end
    ]
    if not near:
        return
    at = {reference: query for query, reference in read.get_aligned_pairs(matches_only=True)}
    for index, place in near:
        queries = [at[position] for position in place.positions if position in at]
        if (
            len(queries) < 3 or max(queries) - min(queries) != 2
        ):  # a deletion, an intron or an insertion within
            continue
        if min(read.query_qualities[query] for query in queries) < min_base_quality:
            continue
        bases = "".join(read.query_sequence[query] for query in queries).upper()
        yield index, bases if place.forward else bases.translate(_COMPLEMENT)
