"""Build a reference folder from a genome and an annotation, and check one that was built."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leukoscope.errors import InputError, ReferenceDataError, ToolError, quote_some
from leukoscope.formats.reference import DESCRIPTION, FORMAT, Reference, open_reference
from leukoscope.pipeline.assembly import CopiedAnnotation, CopiedGenome, copy_annotation, copy_genome
from leukoscope.pipeline.lock import held
from leukoscope.pipeline.step import run_tool
from leukoscope.pipeline.tools import machine_memory, require_tools
from leukoscope.provenance import sha256_of, sha256_of_files
from leukoscope.publishing import publish_text
from leukoscope.version import __version__

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class StarIndex:
    """Parameters of STAR's index that follow from the genome, and the memory it takes."""

    index_bases: int  #: genomeSAindexNbases
    bin_bits: int  #: genomeChrBinNbits
    sparsity: int  #: genomeSAsparseD
    overhang: int  #: sjdbOverhang
    memory_mb: int  #: to hold the index while aligning
    building_mb: int  #: to build it


def plan_star_index(contigs: Mapping[str, int], *, read_length: int, sparsity: int = 1) -> StarIndex:
    """Return the parameters of STAR's index for a genome, and the memory it needs.

    The formulas of the first two are those of STAR's manual (2.7, sections 2.2.5 and 2.2.6); the
    memory is the size of the three files that STAR maps (genome, suffix array of 33-bit
    entries on both strands, its prefix index of 35-bit entries) and what it works with.

    Parameters
    ----------
    contigs
        Length of each contig.
    read_length
        Length of the reads to come; the overhang is one less.
    sparsity
        Every how many bases a suffix is indexed: 2 halves the memory and costs speed.
    """
    bases = sum(contigs.values())
    index_bases = max(1, min(14, int(math.log2(bases) / 2 - 1)))
    bin_bits = min(18, max(1, int(math.log2(max(bases / len(contigs), read_length)))))
    padded = sum(math.ceil(length / 2**bin_bits) * 2**bin_bits for length in contigs.values())
    suffixes = 2 * bases / sparsity * 33 / 8
    prefixes = sum(4**length for length in range(1, index_bases + 1)) * 35 / 8
    index = padded + suffixes + prefixes
    return StarIndex(
        index_bases,
        bin_bits,
        sparsity,
        read_length - 1,
        memory_mb=math.ceil(1.1 * index / 1e6) + 500,
        building_mb=math.ceil((1.1 * index + padded) / 1e6) + 500,
    )


def fit_star_index(
    contigs: Mapping[str, int], *, read_length: int, memory: int, sparsity: int | None = None
) -> StarIndex:
    """Return the densest index that can be built in `memory` bytes.

    Raises
    ------
    ToolError
        If none can.
    """
    choices = [sparsity] if sparsity else [1, 2, 3, 4]
    plans = [plan_star_index(contigs, read_length=read_length, sparsity=choice) for choice in choices]
    for plan in plans:
        if plan.building_mb * 1e6 <= memory:
            return plan
    raise ToolError(
        f"STAR needs about {plans[-1].building_mb / 1e3:.1f} GB of memory to index {sum(contigs.values()) / 1e9:.2f} "
        f"Gb of genome (sparsity {plans[-1].sparsity}); this machine has {memory / 1e9:.1f} GB."
    )


def build_reference(
    fasta: Path,
    gtf: Path,
    outdir: Path,
    *,
    name: str = "",
    threads: int = 1,
    read_length: int = 101,
    sparsity: int | None = None,
    replace: bool = False,
    say: Say = lambda _: None,
) -> Reference:
    """Make a reference folder: copies, STAR and RSEM indices, gene tables, checksums.

    It is built in a hidden folder beside `outdir` and appears whole.

    Parameters
    ----------
    fasta, gtf
        Genome and annotation, plain or gzipped.
    outdir
        The folder to make.
    name
        What to call the reference; default is the name of the FASTA file.
    threads
        Threads for STAR; the result does not depend on them.
    read_length
        Length of the reads that will be aligned.
    sparsity
        STAR's genomeSAsparseD; by default the densest index that fits the memory.
    replace
        Replace a reference that is there already.
    say
        Told about each stage.

    Raises
    ------
    InputError
        If an input is unusable, or `outdir` exists and may not be replaced.
    ToolError
        If STAR or RSEM is missing or fails, or the memory does not suffice.
    """
    if not 20 <= read_length <= 1000:
        raise InputError(f"a read length of {read_length} is outside 20 to 1000.")
    _refuse_occupied(outdir, replace=replace)
    versions = require_tools("STAR", "RSEM", "samtools")
    outdir.parent.mkdir(parents=True, exist_ok=True)
    with held(outdir.parent / f".{outdir.name}.lock"):
        work = outdir.parent / f".{outdir.name}.building"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        try:
            say(f"copying {fasta.name} and {gtf.name}")
            genome = copy_genome(fasta, work / "genome.fa")
            annotation = copy_annotation(gtf, work / "annotation.gtf", genome)
            _tabulate_genes(work, gtf.name)
            plan = fit_star_index(
                genome.contigs, read_length=read_length, memory=machine_memory(), sparsity=sparsity
            )
            say(f"indexing {genome.bases / 1e6:.1f} Mb with STAR ({plan.memory_mb / 1e3:.1f} GB of memory)")
            _index(work, plan, threads)
            say("computing checksums")
            inputs = {"fasta": fasta, "gtf": gtf}
            _describe(work, name or _stem(fasta), inputs, versions, plan, genome, annotation)
            _publish(work, outdir)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return open_reference(outdir)


def _refuse_occupied(outdir: Path, *, replace: bool) -> None:
    if not outdir.exists() or (outdir.is_dir() and not any(outdir.iterdir())):
        return
    if not (outdir / DESCRIPTION).is_file():
        raise InputError(f"{outdir}: exists and is no reference; choose another --outdir.")
    if not replace:
        raise InputError(f"{outdir}: a reference is there already; --force replaces it.")


def _tabulate_genes(work: Path, source: str) -> None:
    """Write the gene model and the gene table of the annotation."""
    import numpy as np
    import pandas as pd

    from leukoscope.formats.gtf import read_gene_model, write_gene_model
    from leukoscope.tables.expression import REFERENCE_GENES

    try:
        model = read_gene_model(work / "annotation.gtf")
    except InputError as error:
        raise InputError(str(error).replace("annotation.gtf", source)) from error
    write_gene_model(model, work / "genes.npz")
    genes = pd.DataFrame(
        {
            "gene_id": model.gene_id,
            "symbol": model.gene_symbol,
            "biotype": model.gene_biotype,
            "contig": model.contigs[model.gene_contig],
            "start": model.gene_start,
            "end": model.gene_end,
            "strand": np.where(model.gene_strand > 0, "+", "-"),
            "length": model.exonic_length,
        }
    )
    try:
        REFERENCE_GENES.write(genes, work / "genes.tsv")
    except InputError as error:
        raise InputError(f"{source}: {error}") from error


def _index(work: Path, plan: StarIndex, threads: int) -> None:
    """Run STAR and RSEM inside the folder, so that no path of the machine enters their files."""
    (work / "star").mkdir()
    (work / "rsem").mkdir()
    star = ["STAR", "--runMode", "genomeGenerate", "--genomeDir", "star"]
    star += ["--genomeFastaFiles", "genome.fa", "--sjdbGTFfile", "annotation.gtf"]
    star += ["--sjdbOverhang", str(plan.overhang), "--genomeSAindexNbases", str(plan.index_bases)]
    star += ["--genomeChrBinNbits", str(plan.bin_bits), "--genomeSAsparseD", str(plan.sparsity)]
    star += ["--limitGenomeGenerateRAM", str(max(plan.building_mb * 10**6, 2 * 10**9))]
    star += ["--outTmpDir", ".star-tmp", "--outFileNamePrefix", ".star-log-"]
    run_tool([*star, "--runThreadN", str(threads)], work / ".star.log", folder=work)
    rsem = ["rsem-prepare-reference", "--gtf", "annotation.gtf", "genome.fa", "rsem/reference"]
    run_tool(rsem, work / ".rsem.log", folder=work)
    parameters = work / "star" / "genomeParameters.txt"
    kept = [line for line in parameters.read_text().splitlines(keepends=True) if "--runMode" not in line]
    parameters.write_text("".join(kept))  # the command line names the number of threads
    shutil.rmtree(work / ".star-tmp", ignore_errors=True)
    for log in work.glob(".star*"):
        log.unlink()
    (work / ".rsem.log").unlink()
    (work / "star" / "Log.out").unlink(missing_ok=True)


def _describe(
    work: Path,
    name: str,
    inputs: Mapping[str, Path],
    versions: Mapping[str, str],
    plan: StarIndex,
    genome: CopiedGenome,
    annotation: CopiedAnnotation,
) -> None:
    checksums = sha256_of_files(work, (path for path in work.rglob("*") if path.is_file()))
    description: dict[str, Any] = {
        "format": FORMAT,
        "name": name,
        "assembly": genome.assembly or None,
        "inputs": {role: {"name": path.name, "sha256": sha256_of(path)} for role, path in inputs.items()},
        "software": {"leukoscope": __version__, **versions},
        "star": {
            "genomeSAindexNbases": plan.index_bases,
            "genomeChrBinNbits": plan.bin_bits,
            "genomeSAsparseD": plan.sparsity,
            "sjdbOverhang": plan.overhang,
            "memory_mb": plan.memory_mb,
        },
        "contigs": len(genome.contigs),
        "bases": genome.bases,
        "masked": {contig: [list(region) for region in regions] for contig, regions in genome.masked.items()},
        "annotation": {
            "features": annotation.kept,
            "left_out_on_missing_contigs": annotation.on_missing_contigs,
            "left_out_in_masked_regions": annotation.in_masked_regions,
        },
        "files": {
            file: {"size": (work / file).stat().st_size, "sha256": checksum}
            for file, checksum in checksums.items()
        },
    }
    publish_text(work / DESCRIPTION, json.dumps(description, indent=1) + "\n")


def _publish(work: Path, outdir: Path) -> None:
    old = work.with_name(f".{outdir.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if outdir.exists():
        outdir.rename(old)
    work.rename(outdir)
    shutil.rmtree(old, ignore_errors=True)


def _stem(fasta: Path) -> str:
    return fasta.name.removesuffix(".gz").removesuffix(".fa").removesuffix(".fasta").removesuffix(".fna")


def check_reference(folder: Path) -> Reference:
    """Compare every byte of a reference with the checksums it was built with.

    Raises
    ------
    ReferenceDataError
        If a file is missing, added to the indices, or altered.
    """
    reference = open_reference(folder)
    files = reference.description["files"]
    altered = [name for name, entry in files.items() if sha256_of(folder / name) != entry["sha256"]]
    if altered:
        raise ReferenceDataError(
            f"{folder}: {len(altered)} file(s) changed after the reference was built: {quote_some(altered)}. "
            "Build it again."
        )
    return reference
