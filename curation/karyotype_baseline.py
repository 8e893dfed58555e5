"""Make the baseline of the expression karyotype.

    python curation/karyotype_baseline.py --data ../shared/data

writes ``karyotype_genes.tsv.gz`` and ``karyotype_chromosomes.tsv``.  Medians, weights and noise are fitted
on 44 B-ALL without large copy-number change (RNAseqCNV's diploid samples, MIT).  How often chromosomes are
gained in high hyperdiploidy is counted in the karyotypes of the Nordic patients (GSE227832).  Which
chromosomes stay disomic in near haploidy follows Brodeur et al. 1981 (all of six patients 21; four each 10,
14, 18, X) and the Atlas of Genetics and Cytogenetics in Oncology (6, 8, 10, 14, 18, 21 and the sex
chromosomes; https://atlasgeneticsoncology.org, id 1145).  The row of low hypodiploidy is remembered (losses
prefer 3, 7, 15, 16, 17): research only.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from subtyping_models import KNOWLEDGE

from leukoscope.expression import express
from leukoscope.karyotype.profile import arm_names, chromosome_of, copy_ratios, medians_by_segment
from leukoscope.tables.karyotype import KARYOTYPE_CHROMOSOMES, KARYOTYPE_GENES
from leukoscope.tables.subtyping import GENE_REFERENCE

CHROMOSOMES = [*(str(n) for n in range(1, 23)), "X"]
LEAST_COUNT = 20.0  # median count of a gene that carries weight
PAR1_END = 2_781_479  # GRCh38
NEAR_HAPLOID = {"21": 0.97, "X": 0.67, "10": 0.67, "14": 0.67, "18": 0.67, "6": 0.4, "8": 0.4}
LOW_HYPODIPLOID = {
    **dict.fromkeys(("1", "5", "6", "8", "10", "11", "18", "19", "21", "22", "X"), 0.8),
    **dict.fromkeys(("3", "7", "15", "16", "17"), 0.1),
}


def main() -> None:
    """Write both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data / "expression"
    reference = GENE_REFERENCE.read(KNOWLEDGE / "gene_reference.tsv.gz")
    counts = pd.read_csv(data / "diploid_balls_hg38/counts.tsv.gz", sep="\t", index_col=0)
    diploid = express(
        counts.to_numpy(np.float64), list(counts.index), list(counts.columns),
        reference=reference, profile=np.full(len(reference), np.nan),
    )  # fmt: skip
    genes = _genes(reference, diploid.values)
    KARYOTYPE_GENES.write(genes, KNOWLEDGE / "karyotype_genes.tsv.gz")
    genes = KARYOTYPE_GENES.read(KNOWLEDGE / "karyotype_genes.tsv.gz")
    used = genes[genes.weight > 0]
    ratios = copy_ratios(diploid.of(used.gene_id.tolist()), used)
    segment = used.arm.map(chromosome_of).map(CHROMOSOMES.index).to_numpy(np.int64)
    ((medians, _),) = medians_by_segment(ratios, used.weight.to_numpy(), segment[None, :])
    frame = _chromosomes(medians, _gain_frequencies(data / "nordic_gse227832/labels.tsv"))
    KARYOTYPE_CHROMOSOMES.write(frame, KNOWLEDGE / "karyotype_chromosomes.tsv")
    print(f"{(genes.weight > 0).sum()} weighted genes of {len(genes)}\n{frame.to_string()}")


def _genes(reference: pd.DataFrame, counts: NDArray[np.float64]) -> pd.DataFrame:
    depth = np.nansum(counts, axis=1, keepdims=True)
    log = np.log2(counts / depth * 1e6 + 1)
    median = np.median(log, axis=0)
    spread = 1.4826 * np.median(np.abs(log - median), axis=0)
    in_par1 = (reference.chromosome == "chrX") & (reference.end <= PAR1_END)
    usable = (
        (np.median(counts, axis=0) >= LEAST_COUNT)
        & (reference.biotype == "protein_coding")
        & (reference.chromosome != "chrY")
        & ~in_par1
    ).to_numpy()
    floor = np.median(spread[usable])
    weight = np.where(usable, floor**2 / (spread**2 + floor**2), 0.0)
    frame = pd.DataFrame(
        {"gene_id": reference.gene_id, "arm": arm_names(reference), "log2_cpm": median, "weight": weight}
    )
    return frame[np.isfinite(median)].round({"log2_cpm": 3, "weight": 3})


def _chromosomes(medians: NDArray[np.float64], gains: pd.Series) -> pd.DataFrame:
    centred = medians - medians.mean(axis=0)
    _, size, axes = np.linalg.svd(centred, full_matrices=False)
    technical = axes[0] * size[0] / np.sqrt(len(medians))
    rest = centred - np.outer(centred @ axes[0], axes[0])
    return pd.DataFrame(
        {
            "chromosome": CHROMOSOMES,
            "noise": rest.std(axis=0, ddof=1).round(4),
            "technical": technical.round(4),
            "hyperdiploid": gains.round(3),
            "near_haploid": [NEAR_HAPLOID.get(c, 0.06) for c in CHROMOSOMES],
            "low_hypodiploid": [LOW_HYPODIPLOID.get(c, 0.35) for c in CHROMOSOMES],
        }
    )


def _gain_frequencies(labels: Path) -> pd.Series:
    """Return how often a chromosome is gained among hyperdiploid patients, with one imagined patient each way."""
    table = pd.read_csv(labels, sep="\t")
    texts = table.karyotype[(table.final == "HeH") & ~table["sample"].str.endswith("_r")].dropna()
    gains = [set(re.findall(r"\+\??(\d+|X)(?=[,\s\[x]|$)", text)) for text in texts]
    gains = [found for found in gains if len(found) >= 4]
    print(f"{len(gains)} hyperdiploid karyotypes counted")
    return pd.Series([(sum(c in found for found in gains) + 1) / (len(gains) + 2) for c in CHROMOSOMES])


if __name__ == "__main__":
    main()
