"""``leukoscope genotypes`` and ``leukoscope identity``: whose sample it is."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.cli import at_least

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.formats.fasta import Genome

EXAMPLE = """examples:
  leukoscope identity P1_onset=a.bam P1_relapse=b.bam --reference REF --samples samples.csv --output identity.tsv
  leukoscope identity cohort.vcf.gz --samples samples.csv --output identity.tsv --figure identity.svg
  leukoscope identity --evidence out --samples out/samples.tsv --output identity.tsv --pairs pairs.tsv
"""


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verbs."""
    genotypes = verbs.add_parser(
        "genotypes",
        help="write down the genotypes that an alignment shows, to compare samples by",
        description="Write down where the RNA of a sample shows another base than the reference in coding sequence, "
        "and which bases are covered without one. The BAM file need not be sorted.",
        epilog="Example: leukoscope genotypes Aligned.out.bam --reference REF --output genotypes.tsv.gz",
    )
    genotypes.add_argument("bam", type=Path, metavar="BAM", help="alignment of one sample")
    _add_places(genotypes)
    genotypes.add_argument("--output", type=Path, required=True, metavar="TSV", help="table to write")
    genotypes.set_defaults(run=_genotypes)
    identity = verbs.add_parser(
        "identity",
        help="tell swapped and mixed samples by their genotypes and their expressed sex",
        description="Compare every pair of samples by the SNPs in their RNA: one person, two, or not assessable. "
        "Samples that contradict the sample sheet, and samples that hold the RNA of two people, are named.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    identity.add_argument(
        "files", nargs="*", metavar="[NAME=]FILE", help="BAM, VCF, or table of 'leukoscope genotypes'"
    )
    identity.add_argument(
        "--evidence", type=Path, metavar="OUT", help="folder of a run: its genotypes and expressed sex"
    )
    identity.add_argument(
        "--samples", type=Path, metavar="S", help="table with sample, patient and, if known, sex"
    )
    _add_places(identity)
    identity.add_argument(
        "--output", type=Path, required=True, metavar="TSV", help="table of the samples to write"
    )
    identity.add_argument("--pairs", type=Path, metavar="TSV", help="table of all pairs to write")
    identity.add_argument(
        "--figure", type=Path, metavar="F", help="heat map of all pairs (.svg, .png or .pdf)"
    )
    identity.add_argument(
        "--min-sites",
        type=at_least(1),
        default=30,
        metavar="N",
        help="positions that a pair needs (default 30)",
    )
    identity.set_defaults(run=_identity)


def _add_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--reference", type=Path, metavar="REF", help="made by 'reference build'; for BAM files"
    )
    parser.add_argument(
        "--sites",
        type=Path,
        metavar="VCF",
        help="look at these positions only, instead of all coding sequence",
    )
    parser.add_argument(
        "--threads", type=at_least(1), default=1, metavar="N", help="threads that unpack BAM (default 1)"
    )


def _genotypes(args: argparse.Namespace) -> None:
    from leukoscope.tables.identity import GENOTYPES

    GENOTYPES.write(_pile_up(args.bam, _Places(args), args.threads), args.output)


class _Places:
    """The positions that are looked at in BAM files, made when the first is read."""

    def __init__(self, args: argparse.Namespace) -> None:
        import numpy as np

        from leukoscope.errors import InputError
        from leukoscope.formats.fasta import BASE_CODES
        from leukoscope.formats.genotypes import read_sites
        from leukoscope.formats.pileup import coding_regions, merge_regions
        from leukoscope.formats.reference import open_reference

        self.genome: Genome | None = None
        if args.sites:
            sites = read_sites(args.sites)
            self.regions = merge_regions((contig, position, position + 1) for contig, position, _ in sites)
            self.bases = BASE_CODES[
                np.frombuffer("".join(base for *_, base in sites).encode(), dtype=np.uint8)
            ]
        elif args.reference:
            reference = open_reference(args.reference)
            self.genome = reference.genome()
            self.regions = coding_regions(reference.gene_model())
            self.bases = self.regions.reference(self.genome)
        else:
            raise InputError("a BAM file needs --reference, or --sites with a VCF of common variants.")


def _pile_up(bam: Path, places: _Places, threads: int) -> pd.DataFrame:
    from leukoscope.formats.bam import refuse_other_genome
    from leukoscope.formats.pileup import read_pileup
    from leukoscope.identity.genotypes import tabulate_genotypes

    if places.genome:
        refuse_other_genome(bam, places.genome)
    counts = read_pileup(bam, places.regions, threads=threads)[0]
    return tabulate_genotypes(counts, places.bases, (places.regions.contigs, *places.regions.positions()))


def _identity(args: argparse.Namespace) -> None:
    import sys

    from leukoscope.formats.sample_tables import read_sample_facts
    from leukoscope.identity import compare_samples
    from leukoscope.tables.identity import IDENTITY_PAIRS, IDENTITY_SAMPLES

    facts = read_sample_facts(args.samples) if args.samples else {}
    found = compare_samples(
        _read_genotypes(args, facts),
        patients={name: told["patient"] for name, told in facts.items() if told.get("patient")},
        declared_sex={name: told.get("sex", "") for name, told in facts.items()},
        expressed_sex=_expressed_sexes(args.evidence) if args.evidence else {},
        min_sites=args.min_sites,
    )
    IDENTITY_SAMPLES.write(found.samples, args.output)
    if args.pairs:
        IDENTITY_PAIRS.write(found.pairs, args.pairs)
    if args.figure:
        from leukoscope.report.figures_identity import draw_identity

        draw_identity(found.samples, found.pairs, args.figure)
    told = found.samples[found.samples["conflicts"] != ""]
    for row in told.to_dict("records"):
        print(f"{row['sample']}: {row['conflicts']}")
    print(
        f"{len(found.samples)} sample(s), {len(found.pairs)} pair(s), {found.n_sites} sites; "
        f"{len(told)} sample(s) with a conflict.",
        file=sys.stderr,
    )


def _read_genotypes(args: argparse.Namespace, facts: Collection[str]) -> dict[str, pd.DataFrame]:
    from leukoscope.errors import InputError
    from leukoscope.formats.genotypes import add_samples, is_alignment, read_genotypes

    named = [_named(text) for text in args.files]
    if args.evidence:
        tables = sorted((args.evidence / "samples").glob("*/genotypes.tsv.gz"))
        named += [(path.parent.name, path) for path in tables if not facts or path.parent.name in facts]
    if not named:
        raise InputError("identity: no sample; give BAM files, VCFs or genotype tables, or --evidence OUT.")
    places = _Places(args) if any(is_alignment(path) for _, path in named) else None
    samples: dict[str, pd.DataFrame] = {}
    for name, path in named:
        found = {name: _pile_up(path, places, args.threads)} if places and is_alignment(path) else {}
        add_samples(samples, found or read_genotypes(path, name), path.name)
    return samples


def _named(text: str) -> tuple[str, Path]:
    """Return name and path of ``NAME=FILE``; without a name, that of the file up to its first dot."""
    name, equals, path = text.partition("=")
    return (name, Path(path)) if equals else (Path(text).name.split(".")[0], Path(text))


def _expressed_sexes(folder: Path) -> dict[str, str]:
    from leukoscope.identity import expressed_sex
    from leukoscope.tables.quality import GENE_EXPRESSION

    tables = sorted((folder / "samples").glob("*/genes.tsv"))
    return {path.parent.name: expressed_sex(GENE_EXPRESSION.read(path)) for path in tables}
