"""Write the mean and standard deviation of each marker gene in 1,223 B-ALL into ``markers.tsv``.

    python curation/marker_reference.py --data ../shared/data/expression

The population is that of ALLSorts (Oshlack/ALLSorts, MIT): means and standard deviations of log2
normalised expression.  One shift moves them to the scale of log2 counts per million: the median
difference to the baseline of 44 B-ALL in ``karyotype_genes.tsv.gz``, over genes above 16 CPM.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from leukoscope.knowledge import knowledge_path, read_knowledge
from leukoscope.tables.karyotype import KARYOTYPE_GENES
from leukoscope.tables.knowledge import MARKERS


def main() -> None:
    """Fill the columns ``reference_mean`` and ``reference_sd``."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    folder = parser.parse_args().data / "allsorts_gene_stats_1223"
    population = pd.read_csv(folder / "gene_mean_sd.tsv.gz", sep="\t").set_index("gene")
    symbols = pd.read_csv(knowledge_path("gene_reference.tsv.gz"), sep="\t", dtype=str)
    symbol = symbols.drop_duplicates("gene_id").set_index("gene_id")["symbol"]
    baseline = KARYOTYPE_GENES.read(knowledge_path("karyotype_genes.tsv.gz"))
    cpm = baseline.assign(symbol=baseline["gene_id"].map(symbol)).dropna(subset="symbol")
    cpm = cpm.drop_duplicates("symbol").set_index("symbol")["log2_cpm"]
    shared = [name for name in cpm.index[cpm > 4] if name in population.index]
    shift = float(np.median(population.loc[shared, "mean_log2norm"] - cpm[shared]))
    markers = read_knowledge(MARKERS)
    at = population.reindex(markers["gene"])
    filled = markers.assign(
        reference_mean=(at["mean_log2norm"] - shift).round(2).to_numpy(),
        reference_sd=at["sd"].round(2).to_numpy(),
    )
    MARKERS.write(filled, knowledge_path("markers.tsv"))
    print(f"shift {shift:.3f} from {len(shared)} genes; {at['sd'].notna().sum()} of {len(markers)} markers")


if __name__ == "__main__":
    main()
