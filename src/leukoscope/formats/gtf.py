"""GTF annotations (GENCODE and Ensembl), and the gene model's cache file."""

from __future__ import annotations

import itertools
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np

from leukoscope.errors import InputError, ReferenceDataError
from leukoscope.genemodel import GeneModel
from leukoscope.publishing import published
from leukoscope.textfiles import open_text

_ATTRIBUTE = re.compile(r'(\w+)\s+(?:"([^"]*)"|([^\s;]+))')
_VERSIONED = re.compile(r"^(ENS[A-Z]*[GT]\d{11})\.(\d+)(_PAR_Y)?$")
_HGNC = re.compile(r"(?:HGNC:)*(\d+)")
_STRANDS = {"+": 1, "-": -1}
_FEATURES = frozenset({"gene", "transcript", "exon", "CDS"})


def read_gene_model(path: Path | str) -> GeneModel:
    """Read the genes, transcripts, exons and coding parts of a GTF file (plain or gzipped).

    GENCODE (``gene_type``, versions inside the identifiers) and Ensembl (``gene_biotype``, versions
    as attributes) spellings are understood.  Lines for genes and transcripts may be absent: their
    extent is then that of their exons.  GTF counts from 1 and includes the end; the model does not.

    Raises
    ------
    InputError
        If the file is missing, is not a GTF file, has no exon, or contradicts itself.
    """
    path = Path(path)
    reader = _Reader(path.name)
    with open_text(path, "GTF file") as lines:
        reader.read(lines)
    return reader.model()


def write_gene_model(model: GeneModel, path: Path | str) -> None:
    """Write the model's arrays to an uncompressed ``.npz`` cache, by rename."""
    with published(Path(path)) as part, part.open("wb") as sink:
        np.savez(sink, allow_pickle=False, **model.arrays())


def load_gene_model(path: Path | str) -> GeneModel:
    """Load a cache written by :func:`write_gene_model`.

    Raises
    ------
    ReferenceDataError
        If the file is missing, damaged, or of another version of the model.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            return GeneModel(**{name: stored[name] for name in stored.files})
    except FileNotFoundError as error:
        raise ReferenceDataError(f"{path}: there is no such file; build the reference again.") from error
    except (ValueError, TypeError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise ReferenceDataError(
            f"{path}: not a gene model of this version; build the reference again."
        ) from error


@dataclass
class _Gene:
    attributes: dict[str, str]
    contig: int
    strand: int
    start: int
    end: int
    transcripts: list[str] = field(default_factory=list)


@dataclass
class _Transcript:
    attributes: dict[str, str]
    gene: str
    exons: list[tuple[int, int]] = field(default_factory=list)
    coding: list[tuple[int, int, int]] = field(default_factory=list)


class _Reader:
    """Collects what the lines say; one instance reads one file."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.contigs: dict[str, int] = {}
        self.genes: dict[str, _Gene] = {}
        self.transcripts: dict[str, _Transcript] = {}

    def read(self, lines: Iterator[str] | IO[str]) -> None:
        for number, line in enumerate(lines, start=1):
            if line.startswith("#") or not line.strip():
                continue
            fields = line.rstrip("\r\n").split("\t")
            if len(fields) < 9:
                raise self._error(number, f"has {len(fields)} column(s), not the 9 of GTF")
            if fields[2] in _FEATURES:
                self._feature(number, fields)
        if not any(transcript.exons for transcript in self.transcripts.values()):
            raise InputError(f"{self.source}: no exon found; is this a GTF annotation?")

    def _error(self, number: int, what: str) -> InputError:
        return InputError(f"{self.source}: line {number} {what}.")

    def _feature(self, number: int, fields: list[str]) -> None:
        kind, start, end, strand = fields[2], *self._place(number, fields)
        contig = self.contigs.setdefault(fields[0], len(self.contigs))
        gene_id = _value(fields[8], "gene_id")
        if not gene_id:
            raise self._error(number, f"({kind}) has no gene_id")
        gene = self.genes.get(gene_id)
        if gene is None:
            gene = self.genes[gene_id] = _Gene(_attributes(fields[8]), contig, strand, start, end)
        elif (gene.contig, gene.strand) != (contig, strand):
            raise self._error(number, f"puts gene '{gene_id}' on a second contig or strand")
        gene.start, gene.end = min(gene.start, start), max(gene.end, end)
        if kind != "gene":
            self._transcript_feature(number, fields, gene_id, start, end)

    def _transcript_feature(self, number: int, fields: list[str], gene_id: str, start: int, end: int) -> None:
        kind = fields[2]
        transcript_id = _value(fields[8], "transcript_id")
        if not transcript_id:
            raise self._error(number, f"({kind}) has no transcript_id")
        transcript = self.transcripts.get(transcript_id)
        if transcript is None:
            transcript = self.transcripts[transcript_id] = _Transcript(_attributes(fields[8]), gene_id)
            self.genes[gene_id].transcripts.append(transcript_id)
        elif transcript.gene != gene_id:
            raise self._error(number, f"puts transcript '{transcript_id}' into a second gene")
        if kind == "exon":
            transcript.exons.append((start, end))
        elif kind == "CDS":
            if fields[7] not in {"0", "1", "2"}:
                raise self._error(number, f"(CDS) has the phase '{fields[7]}', not 0, 1 or 2")
            transcript.coding.append((start, end, int(fields[7])))

    def _place(self, number: int, fields: list[str]) -> tuple[int, int, int]:
        try:
            start, end = int(fields[3]) - 1, int(fields[4])
        except ValueError:
            raise self._error(number, f"has the coordinates '{fields[3]}', '{fields[4]}'") from None
        if not 0 <= start < end < 2**31:
            raise self._error(number, f"runs from {fields[3]} to {fields[4]}")
        if fields[6] not in _STRANDS:
            raise self._error(number, f"({fields[2]}) has the strand '{fields[6]}', not + or -")
        return start, end, _STRANDS[fields[6]]

    def model(self) -> GeneModel:
        """Return what was collected as arrays."""
        genes = sorted(
            (
                gene
                for gene in self.genes.items()
                if any(self.transcripts[t].exons for t in gene[1].transcripts)
            ),
            key=lambda item: (item[1].contig, item[1].start, item[1].end, item[0]),
        )
        names = [[t for t in gene.transcripts if self.transcripts[t].exons] for _, gene in genes]
        transcripts = [self.transcripts[t] for of_gene in names for t in of_gene]
        exons = [
            self._exons(t, transcript)
            for of_gene in names
            for t in of_gene
            for transcript in [self.transcripts[t]]
        ]
        gene_ids = [_identifier(name, gene.attributes, "gene") for name, gene in genes]
        transcript_ids = [
            _identifier(t, self.transcripts[t].attributes, "transcript") for of_gene in names for t in of_gene
        ]
        exon_rows = np.array([row for rows in exons for row in rows], dtype=np.int32).reshape(-1, 5)
        return GeneModel(
            contigs=np.array(list(self.contigs), dtype=np.str_),
            gene_id=_text([name for name, _ in gene_ids]),
            gene_version=_text([version for _, version in gene_ids]),
            gene_symbol=_text(
                [gene.attributes.get("gene_name") or gene_ids[i][0] for i, (_, gene) in enumerate(genes)]
            ),
            gene_biotype=_text([_biotype(gene.attributes, "gene") for _, gene in genes]),
            gene_hgnc=np.array([_hgnc(gene.attributes) for _, gene in genes], dtype=np.int32),
            gene_contig=np.array([gene.contig for _, gene in genes], dtype=np.int32),
            gene_strand=np.array([gene.strand for _, gene in genes], dtype=np.int8),
            gene_start=np.array([gene.start for _, gene in genes], dtype=np.int32),
            gene_end=np.array([gene.end for _, gene in genes], dtype=np.int32),
            gene_transcripts=_offsets([len(of_gene) for of_gene in names]),
            transcript_id=_text([name for name, _ in transcript_ids]),
            transcript_version=_text([version for _, version in transcript_ids]),
            transcript_biotype=_text([_biotype(t.attributes, "transcript") for t in transcripts]),
            transcript_tags=_text([t.attributes.get("tag", "") for t in transcripts]),
            transcript_gene=np.repeat(np.arange(len(genes), dtype=np.int32), [len(n) for n in names]),
            transcript_start=np.array([rows[0][0] for rows in exons], dtype=np.int32),
            transcript_end=np.array([rows[-1][1] for rows in exons], dtype=np.int32),
            transcript_exons=_offsets([len(rows) for rows in exons]),
            exon_start=exon_rows[:, 0].copy(),
            exon_end=exon_rows[:, 1].copy(),
            exon_cds_start=exon_rows[:, 2].copy(),
            exon_cds_end=exon_rows[:, 3].copy(),
            exon_phase=exon_rows[:, 4].astype(np.int8),
        )

    def _exons(self, name: str, transcript: _Transcript) -> list[tuple[int, int, int, int, int]]:
        """Return (start, end, coding start, coding end, phase) of each exon in ascending order."""
        exons = sorted(set(transcript.exons))
        if any(left[1] > right[0] for left, right in itertools.pairwise(exons)):
            raise InputError(f"{self.source}: exons of transcript '{name}' overlap.")
        coding = sorted(transcript.coding)
        rows: list[tuple[int, int, int, int, int]] = []
        for start, end in exons:
            inside = [part for part in coding if start <= part[0] and part[1] <= end]
            rows.append((start, end, *(inside[0] if inside else (-1, -1, -1))))
        if sum(row[2] >= 0 for row in rows) != len(coding):
            raise InputError(
                f"{self.source}: a CDS of transcript '{name}' does not lie in an exon of its own."
            )
        return rows


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, quoted, bare in _ATTRIBUTE.findall(text):
        value = quoted or bare
        found[key] = f"{found[key]},{value}" if key == "tag" and key in found else value
    return found


def _value(text: str, key: str) -> str:
    """Return one attribute without taking the others apart; empty if it is absent."""
    at = text.find(f'{key} "')
    if at < 0 or (at > 0 and text[at - 1] not in " ;\t"):
        return _attributes(text).get(key, "")
    at += len(key) + 2
    return text[at : text.find('"', at)]


def _identifier(name: str, attributes: dict[str, str], kind: str) -> tuple[str, str]:
    """Return the identifier without its version, and the version."""
    versioned = _VERSIONED.match(name)
    if versioned:
        return versioned[1] + (versioned[3] or ""), versioned[2]
    return name, attributes.get(f"{kind}_version", "")


def _hgnc(attributes: dict[str, str]) -> int:
    """Return the HGNC's number of a gene (GENCODE's ``hgnc_id``), 0 if there is none."""
    found = _HGNC.fullmatch(attributes.get("hgnc_id", ""))
    return int(found[1]) if found else 0


def _biotype(attributes: dict[str, str], kind: str) -> str:
    return attributes.get(f"{kind}_type") or attributes.get(f"{kind}_biotype") or ""


def _text(values: list[str]) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    return np.array(values, dtype=np.str_) if values else np.empty(0, dtype="<U1")


def _offsets(lengths: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
