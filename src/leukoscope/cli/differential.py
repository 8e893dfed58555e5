"""``leukoscope differential``: which genes differ between groups of samples."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.cli import at_least, between

if TYPE_CHECKING:
    from leukoscope.cohort import Cohort


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "differential",
        help="genes that differ between groups of samples",
        description="Find genes that differ between groups of samples, with the numbers of the R program DESeq2.",
        epilog="example: leukoscope differential counts.tsv.gz --samples samples.tsv "
        "--design '~ patient + timepoint' --contrast timepoint,remission,onset --output remission.tsv",
    )
    parser.set_defaults(run=_differential)
    parser.add_argument(
        "counts",
        metavar="COUNTS",
        type=Path,
        help="matrix of counts (genes in rows or columns), featureCounts' table, .h5ad, a folder of RSEM, STAR or "
        "htseq-count files, or a TSV of columns sample and counts that lists them",
    )
    parser.add_argument(
        "--samples", type=Path, required=True, help="TSV with a column sample and the covariates"
    )
    parser.add_argument("--design", required=True, help="formula, e.g. '~ patient + timepoint'")
    parser.add_argument(
        "--contrast",
        required=True,
        help="factor,numerator,denominator; or a coefficient; or one number for each",
    )
    parser.add_argument("--output", type=Path, required=True, help="table of the genes (TSV)")
    _add_options(parser)


def _add_options(parser: argparse.ArgumentParser) -> None:
    """Add what has a default."""
    parser.add_argument(
        "--figures", type=Path, help="folder for volcano, MA, dispersion and PCA figures (SVG)"
    )
    parser.add_argument(
        "--reduced", help="formula; a likelihood-ratio test against it instead of the Wald test"
    )
    parser.add_argument(
        "--strandedness", choices=["unstranded", "forward", "reverse"], default="unstranded",
        help="which column of STAR's counts to take (unstranded)",
    )  # fmt: skip
    parser.add_argument(
        "--identifiers", type=Path, metavar="TSV",
        help="table of gene_id, symbol and entrez: lead the genes to Ensembl identifiers, and say what that loses",
    )  # fmt: skip
    parser.add_argument(
        "--reference", action="append", default=[], metavar="FACTOR=LEVEL", help="reference level"
    )
    parser.add_argument(
        "--alpha", type=float, default=0.1, help="false discovery rate to filter for (0.1, as in R)"
    )
    parser.add_argument(
        "--lfc-threshold", type=between(0), default=0.0, help="log2 effect that is not interesting (0)"
    )
    parser.add_argument(
        "--alternative", choices=["greater-abs", "less-abs", "greater", "less"], default="greater-abs",
        help="what is shown about the effect and the threshold",
    )  # fmt: skip
    parser.add_argument(
        "--size-factors",
        choices=["ratio", "poscounts", "iterate"],
        default="ratio",
        help="kind of size factors",
    )
    parser.add_argument(
        "--trend", choices=["parametric", "local", "mean"], default="parametric", help="of dispersion"
    )
    parser.add_argument(
        "--mode", choices=["r", "optimum"], default="r",
        help="r: DESeq2's numbers; optimum: dispersions at the exact maximum of the same posterior",
    )  # fmt: skip
    parser.add_argument(
        "--shrink", choices=["none", "normal", "apeglm"], default="none",
        help="prior that draws noisy fold changes to zero, in columns beside the estimates (none)",
    )  # fmt: skip
    parser.add_argument(
        "--threads", type=at_least(1), default=1, help="threads; the result does not depend on it"
    )


def _differential(args: argparse.Namespace) -> None:
    from dataclasses import replace

    from leukoscope.differential import Rules, contrast_genes, fit_model, shrink_effects
    from leukoscope.formats.count_files import read_count_files
    from leukoscope.tables.cohort import SAMPLES
    from leukoscope.tables.differential import DIFFERENTIAL

    read, sheet = read_count_files(args.counts, strandedness=args.strandedness), SAMPLES.read(args.samples)
    cohort, said = _mapped(read.read.cohort, args.identifiers)
    model = fit_model(
        cohort.described_by(sheet), args.design, levels=_levels(args.reference),
        size_factor_kind=args.size_factors, rules=Rules(args.mode, args.trend, n_threads=args.threads),
    )  # fmt: skip
    found = contrast_genes(
        model, _request(args.contrast), reduced=args.reduced, alpha=_share(args.alpha),
        threshold=args.lfc_threshold, alternative=args.alternative,
    )  # fmt: skip
    said += [model.summary(sorted(set(cohort.sample_names) - set(sheet["sample"]))), found.summary()]
    if args.shrink != "none":
        shrunken = shrink_effects(
            model, found, _request(args.contrast), kind=args.shrink, threshold=args.lfc_threshold
        )
        found, said = replace(found, table=shrunken.table), [*said, shrunken.summary()]
    DIFFERENTIAL.write(found.table, args.output)
    if args.figures:
        from leukoscope.report.figures_differential import draw_all

        draw_all(model, found, args.figures)
    print("\n".join(f"leukoscope: {line}" for line in [read.summary(), *said]), file=sys.stderr)


def _mapped(cohort: Cohort, identifiers: Path | None) -> tuple[Cohort, list[str]]:
    """Return the cohort with Ensembl identifiers if a table leads there, and what was said of it."""
    if identifiers is None:
        return cohort, []
    from leukoscope.formats.identifiers import map_genes
    from leukoscope.tables.cohort import GENE_IDENTIFIERS

    mapped = map_genes(cohort, GENE_IDENTIFIERS.read(identifiers))
    return mapped.cohort, [mapped.summary()]


def _levels(references: list[str]) -> dict[str, list[str]]:
    from leukoscope.errors import InputError

    wrong = [text for text in references if "=" not in text]
    if wrong:
        raise InputError(f"--reference '{wrong[0]}': write FACTOR=LEVEL, as in timepoint=onset.")
    return {factor: [level] for factor, level in (text.split("=", 1) for text in references)}


def _request(text: str) -> str | list[str] | list[float]:
    parts = text.split(",")
    try:
        return [float(part) for part in parts]
    except ValueError:
        return text if len(parts) == 1 else parts


def _share(alpha: float) -> float:
    from leukoscope.errors import InputError

    if not 0 < alpha < 1:
        raise InputError(f"--alpha {alpha:g}: a false discovery rate lies between 0 and 1.")
    return alpha
