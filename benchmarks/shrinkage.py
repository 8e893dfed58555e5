"""Shrunken fold changes of leukoscope beside those of R.

    python benchmarks/shrinkage.py R/moderated.tsv.gz ours.tsv

The first table is of tests/golden/deseq2-1.38.3/moderated.R, the second of ``leukoscope differential --shrink``;
prints how far the effects lie apart, apeglm's if there are s-values, else the normal prior's.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd


def main() -> None:
    """Print quantiles of the differences."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("theirs", type=Path)
    parser.add_argument("ours", type=Path)
    args = parser.parse_args()
    theirs = pd.read_csv(
        args.theirs, sep="\t", index_col="gene_id", keep_default_na=False, na_values=["NA", "NaN"]
    )
    ours = pd.read_csv(args.ours, sep="\t", index_col="gene_id", keep_default_na=False, na_values=["NA"])
    kind = "apeglm" if "s_value" in ours else "normal"
    effect = ours["shrunken_log2_fold_change"].reindex(theirs.index)
    apart = (effect - theirs[kind]).abs()
    quantiles = ", ".join(
        f"{share:.1%} {apart.quantile(share):.2g}" for share in (0.5, 0.9, 0.99, 0.999, 1.0)
    )
    sys.stdout.write(
        f"{kind}: {apart.notna().sum()} genes; |difference| {quantiles}; beyond 0.05: {(apart > 0.05).sum()}; "
        f"missing in one only: {(effect.isna() != theirs[kind].isna()).sum()}\n"
    )


if __name__ == "__main__":
    main()
