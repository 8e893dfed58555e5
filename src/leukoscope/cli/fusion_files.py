"""``leukoscope convert-fusions`` and ``leukoscope draw``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.cli import at_least
from leukoscope.cli.reference import open_annotated_genome

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.formats.fasta import Genome
    from leukoscope.fusions.structure import FusionStructure
    from leukoscope.genemodel import GeneModel

CALLERS = ("arriba", "starfusion", "fusioncatcher", "cicero")


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verbs."""
    _add_convert(verbs)
    _add_draw(verbs)


def _add_convert(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser(
        "convert-fusions",
        help="read any caller's fusions, annotate them, write them in other formats",
        description="Read the fusion table of leukoscope, Arriba, STAR-Fusion, FusionCatcher or CICERO, annotate "
        "it, and write it in the format of each output's name: .tsv (leukoscope), .starfusion.tsv, .vcf, .vcf.gz "
        "(breakends), .bedpe, _mqc.json (MultiQC), .json, or .bam (the supporting reads). Without a reference "
        "they stay as their caller described them.",
        epilog="Example: leukoscope convert-fusions fusions.tsv --reference REF --sample P1 "
        "--output P1.vcf.gz --output P1.bedpe",
    )
    parser.add_argument("fusions", type=Path, metavar="FUSIONS", help="table of any of the callers")
    parser.add_argument(
        "--output",
        type=Path,
        action="append",
        required=True,
        metavar="FILE",
        help="may be given several times",
    )
    parser.add_argument("--caller", choices=CALLERS, default="", help="instead of telling by the header")
    parser.add_argument("--sample", default="sample", metavar="NAME", help="name of the sample")
    parser.add_argument("--fragments", type=at_least(1), metavar="N", help="sequenced fragments, for FFPM")
    parser.add_argument("--alignments", type=Path, metavar="BAM", help="for the supporting reads")
    parser.add_argument("--panel", type=Path, metavar="TSV", help="fusions of normal samples")
    _add_genome(parser)
    parser.set_defaults(run=_convert)


def _add_draw(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser(
        "draw",
        help="draw each fusion, and all of them in a circle",
        description="Draw every fusion of a table as SVG: genes with exons, what is kept, the fused transcript, the "
        "junction, the support; and all of them on a circle of chromosomes (circos.svg).",
        epilog="Example: leukoscope draw fusions.tsv --reference REF --alignments Aligned.out.bam --outdir drawings",
    )
    parser.add_argument("fusions", type=Path, metavar="FUSIONS", help="table of any of the callers")
    parser.add_argument("--outdir", type=Path, required=True, metavar="DIR", help="folder to fill")
    parser.add_argument("--caller", choices=CALLERS, default="", help="instead of telling by the header")
    parser.add_argument(
        "--cytobands", type=Path, metavar="TSV", help="bands of the chromosomes (UCSC or Arriba)"
    )
    parser.add_argument("--alignments", type=Path, metavar="BAM", help="draw the coverage of the genes")
    parser.add_argument(
        "--most", type=at_least(1), default=50, metavar="N", help="draw the first N fusions (default 50)"
    )
    _add_genome(parser)
    parser.set_defaults(run=_draw)


def _add_genome(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reference", type=Path, metavar="REF", help="made by 'reference build'")
    parser.add_argument("--gtf", type=Path, metavar="GTF", help="annotation, instead of a reference")
    parser.add_argument("--fasta", type=Path, metavar="FASTA", help="genome, instead of a reference")
    parser.add_argument("--domains", type=Path, metavar="GFF3", help="protein domains (GFF3 or a table)")


def _convert(args: argparse.Namespace) -> None:
    from leukoscope.formats.fusion_tables import read_fusions
    from leukoscope.tables.driver_fusions import FUSION_PANEL

    told = args.reference or args.gtf or args.fasta or args.domains or args.panel
    place = open_annotated_genome(args) if told else None
    calls = read_fusions(args.fusions, caller=args.caller)
    if place:
        calls = _annotated(calls, args, *place, FUSION_PANEL.read(args.panel) if args.panel else None)
    for output in args.output:
        _write(calls, output, args, place)


def _draw(args: argparse.Namespace) -> None:
    from leukoscope.formats.fusion_tables import read_fusions
    from leukoscope.formats.genome_features import read_cytobands
    from leukoscope.publishing import publish_text
    from leukoscope.report.circos import circos_svg
    from leukoscope.report.fusion_drawing import drawing_names, fusion_svg

    model, genome = open_annotated_genome(args)
    calls = _annotated(read_fusions(args.fusions, caller=args.caller), args, model, genome, None)
    bands = read_cytobands(args.cytobands) if args.cytobands else None
    structures = _structures(calls.head(args.most), args, model, bands)
    for name, structure in zip(drawing_names(structures), structures, strict=True):
        publish_text(args.outdir / name, fusion_svg(structure))
    lengths = {contig: place.length for contig, place in genome.contigs.items()}
    publish_text(args.outdir / "circos.svg", circos_svg(calls, lengths, cytobands=bands))


def _structures(
    calls: pd.DataFrame, args: argparse.Namespace, model: GeneModel, bands: pd.DataFrame | None
) -> list[FusionStructure]:
    from leukoscope.formats.coverage import read_coverage
    from leukoscope.formats.genome_features import read_protein_domains
    from leukoscope.fusions.structure import fusion_structures

    domains = read_protein_domains(args.domains) if args.domains else None
    structures = fusion_structures(calls, model, domains=domains, cytobands=bands)
    if not args.alignments:
        return structures
    coverage = read_coverage(args.alignments, [region for s in structures for region in s.regions])
    return fusion_structures(calls, model, domains=domains, cytobands=bands, coverage=coverage)


def _annotated(
    calls: pd.DataFrame,
    args: argparse.Namespace,
    model: GeneModel,
    genome: Genome,
    panel: pd.DataFrame | None,
) -> pd.DataFrame:
    from leukoscope.formats.genome_features import read_protein_domains
    from leukoscope.fusions.annotation import annotate_calls
    from leukoscope.knowledge import read_knowledge
    from leukoscope.tables.driver_fusions import DRIVER_FUSIONS

    domains = read_protein_domains(args.domains) if args.domains else None
    drivers = read_knowledge(DRIVER_FUSIONS)
    return annotate_calls(calls, model, genome, drivers=drivers, domains=domains, panel=panel)


def _write(
    calls: pd.DataFrame, path: Path, args: argparse.Namespace, place: tuple[GeneModel, Genome] | None
) -> None:
    from leukoscope.errors import InputError
    from leukoscope.formats.fusion_exports import fusions_content, write_bedpe, write_fusions_json
    from leukoscope.formats.fusion_vcf import write_fusion_vcf
    from leukoscope.formats.minibam import write_mini_bam
    from leukoscope.formats.starfusion import write_starfusion
    from leukoscope.publishing import publish_text
    from leukoscope.tables.fusions import FUSIONS

    name, sample, fragments = path.name, args.sample, args.fragments
    if name.endswith((".vcf", ".vcf.gz")) and place:
        model, genome = place
        write_fusion_vcf(calls, path, sample=sample, genome=genome, gene_model=model, fragments=fragments)
    elif name.endswith((".vcf", ".vcf.gz")):
        raise InputError(
            f"{name}: breakends need bases of the genome: give --reference REF, or --gtf and --fasta."
        )
    elif name.endswith(".starfusion.tsv"):
        write_starfusion(calls, path, fragments=fragments)
    elif name.endswith((".tsv", ".tsv.gz")):
        FUSIONS.write(calls, path)
    elif name.endswith(".bedpe"):
        write_bedpe(calls, path)
    elif name.endswith("_mqc.json"):
        publish_text(path, fusions_content(sample, calls))
    elif name.endswith(".json"):
        write_fusions_json(calls, path, sample=sample)
    elif name.endswith(".bam") and args.alignments:
        write_mini_bam(calls, args.alignments, path)
    elif name.endswith(".bam"):
        raise InputError(f"{path.name}: for the supporting reads give --alignments BAM.")
    else:
        raise InputError(
            f"{path.name}: an output ends in .tsv, .vcf, .vcf.gz, .bedpe, .json, _mqc.json or .bam."
        )
