"""``leukoscope associate``: marks, categories and baseline characteristics between groups."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.cli import between

if TYPE_CHECKING:
    import pandas as pd

_EPILOG = """examples:
  leukoscope associate samples.tsv --by timepoint --groups onset,remission --features fusion_genes.tsv \\
      --patient patient --output carriers.tsv
  leukoscope associate samples.tsv --by risk --variables sex,cdkn2a,kras --output risk.tsv
  leukoscope associate samples.tsv --by risk --baseline age,sex,wbc --output table1.tsv
  leukoscope associate patients.tsv --assign-risk --output risk.tsv
  leukoscope associate fusion_genes.txt --overlap up.txt,down.txt --universe tested.txt --output overlap.tsv"""


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``associate``."""
    parser = verbs.add_parser(
        "associate",
        help="compare marks, categories or baseline characteristics between groups",
        description=(
            "Compare who carries what between groups: Pearson's χ² with and without correction, Fisher's exact "
            "test (Freeman–Halton beyond 2 × 2), exact McNemar on patients in both groups, odds ratios, "
            "Benjamini–Hochberg and q; each row says which test was chosen and why. With --overlap: do lists of "
            "genes share more than chance would?"
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "samples",
        metavar="SAMPLES",
        help="TSV with a column sample (patient for --assign-risk); with --overlap one gene a line",
    )
    parser.add_argument("--by", metavar="COLUMN", default="", help="column of SAMPLES that holds the group")
    parser.add_argument(
        "--groups", metavar="A,B", type=_names, default=[], help="groups, in order; default all"
    )
    parser.add_argument("--patient", metavar="COLUMN", default="", help="column that pairs samples (McNemar)")
    parser.add_argument(
        "--min-expected", metavar="N", type=between(0), default=5.0, help="χ² from this expected count on"
    )
    parser.add_argument("--output", metavar="TSV", required=True, help="result table")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--features", metavar="TSV", help="columns sample, feature: who carries what")
    what.add_argument("--variables", metavar="A,B", type=_names, help="categorical columns of SAMPLES")
    what.add_argument("--baseline", metavar="A,B", type=_names, help="columns of SAMPLES to describe")
    what.add_argument(
        "--carriers", action="store_true", help="SAMPLES is a table feature, group, carriers, total"
    )
    what.add_argument(
        "--assign-risk", action="store_true", help="SAMPLES is a table of patients; see the docs"
    )
    what.add_argument(
        "--overlap", metavar="FILE,FILE", type=_names, help="lists of genes to compare SAMPLES with"
    )
    parser.add_argument(
        "--universe", metavar="FILE", help="--overlap: genes that could have been in either list, one a line"
    )
    parser.set_defaults(run=_associate)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _associate(args: argparse.Namespace) -> None:
    from leukoscope.tables import association as tables
    from leukoscope.tables.clinical import BASELINE, RISK

    if args.overlap:
        tables.OVERLAPS.write(_overlaps(args), args.output)
    elif args.assign_risk:
        RISK.write(_risk(args), args.output)
    elif args.baseline:
        BASELINE.write(_baseline(args), args.output)
    elif args.variables:
        tables.CATEGORY_TESTS.write(_categories(args), args.output)
    else:
        tables.CARRIER_TESTS.write(_carriers(args), args.output)


def _overlaps(args: argparse.Namespace) -> pd.DataFrame:
    from leukoscope.association import measure_overlaps
    from leukoscope.errors import InputError
    from leukoscope.textfiles import read_names

    if args.universe is None:
        raise InputError("associate: --overlap needs --universe: which genes could have been in either list?")
    first, *others = (read_names(Path(path)) for path in (args.samples, *args.overlap))
    names = [Path(path).name for path in args.overlap]
    universe = read_names(Path(args.universe))
    return measure_overlaps(
        {Path(args.samples).name: first}, dict(zip(names, others, strict=True)), universe=universe
    )


def _risk(args: argparse.Namespace) -> pd.DataFrame:
    from leukoscope.clinical import assign_risk
    from leukoscope.tables.clinical import PATIENTS

    return assign_risk(PATIENTS.read(args.samples))


def _baseline(args: argparse.Namespace) -> pd.DataFrame:
    from leukoscope.association import describe_baseline

    subjects = _subjects(args, grouped=False)
    return describe_baseline(subjects, variables=args.baseline, by=args.by, min_expected=args.min_expected)


def _categories(args: argparse.Namespace) -> pd.DataFrame:
    from leukoscope.association import compare_categories

    return compare_categories(
        _subjects(args), by=args.by, variables=args.variables, min_expected=args.min_expected
    )


def _carriers(args: argparse.Namespace) -> pd.DataFrame:
    from leukoscope.association import compare_carriers, count_carriers, pair_carriers
    from leukoscope.tables.association import CARRIERS, FEATURES

    if args.carriers:
        counts = CARRIERS.read(args.samples)
        return compare_carriers(counts, groups=args.groups, min_expected=args.min_expected)
    samples, features = _subjects(args), FEATURES.read(args.features)
    counts = count_carriers(samples, features, by=args.by)
    groups = args.groups or sorted(set(counts["group"]))
    pairs = None
    if args.patient and len(groups) == 2:
        pairs = pair_carriers(samples, features, by=args.by, patient=args.patient, groups=groups)
    return compare_carriers(counts, groups=groups, pairs=pairs, min_expected=args.min_expected)


def _subjects(args: argparse.Namespace, *, grouped: bool = True) -> pd.DataFrame:
    from leukoscope.errors import InputError, quote_some
    from leukoscope.tables.association import SUBJECTS

    subjects = SUBJECTS.read(args.samples)
    if grouped and not args.by:
        raise InputError("associate: --by COLUMN is needed: which column of SAMPLES holds the group?")
    absent = [name for name in (args.by, args.patient) if name and name not in subjects.columns]
    if absent:
        found = quote_some(list(subjects.columns), limit=8)
        raise InputError(f"{args.samples}: no column {quote_some(absent)}; found {found}.")
    return subjects
