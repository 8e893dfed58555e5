"""Make the small cases of this folder: simulate counts, then let DESeq2 compute.

``python make.py`` needs numpy, pandas, and Rscript with DESeq2; it rewrites every case.
"""

from __future__ import annotations

import gzip
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent


def simulate(rng, groups, *, n_genes=800, patients=None, outliers=0.0, rising=False):
    """Return counts of genes whose means differ between groups (and patients)."""
    base = np.exp(rng.normal(4.0, 2.0, n_genes))
    trend = 0.02 * base**0.5 if rising else 0.05 + 2.0 / base
    alpha = trend * np.exp(rng.normal(0, 0.5, n_genes))
    groups = np.asarray(groups)
    effects = np.where(rng.random((n_genes, 1)) < 0.2, rng.normal(0, 1.2, (n_genes, groups.max() + 1)), 0.0)
    log_mean = np.log(base)[:, None] + effects[:, groups]
    if patients is not None:
        log_mean += rng.normal(0, 0.5, (n_genes, max(patients) + 1))[:, patients]
    mean = np.exp(log_mean) * np.exp(rng.normal(0, 0.3, groups.size))
    counts = rng.poisson(rng.gamma(1 / alpha[:, None], mean * alpha[:, None]))
    hit = rng.random(counts.shape) < outliers
    counts = np.where(hit, counts * 20 + 100, counts)
    counts[:10] = 0
    return counts


def write(case, counts, samples, design, contrast, reduced=""):
    """Write the inputs of one case and DESeq2's answers."""
    folder = HERE / case
    folder.mkdir(exist_ok=True)
    names = [f"s{i:02d}" for i in range(counts.shape[1])]
    samples = pd.DataFrame({"sample": names, **samples})
    samples.to_csv(folder / "samples.tsv", sep="\t", index=False)
    genes = pd.Index([f"gene{i:04d}" for i in range(len(counts))], name="gene_id")
    text = pd.DataFrame(counts, index=genes, columns=names).to_csv(sep="\t")
    (folder / "counts.tsv.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    (folder / "case.txt").write_text(f"{design}\n{contrast}\n{reduced}\n")
    with tempfile.TemporaryDirectory() as room:
        plain = Path(room) / "counts.tsv"
        plain.write_text(text)
        arguments = [
            plain,
            folder / "samples.tsv",
            design,
            contrast,
            room + "/out",
            *([reduced] if reduced else []),
        ]
        said = subprocess.run(
            ["Rscript", HERE / "reference.R", *arguments], check=True, capture_output=True, text=True
        )
        if not reduced:
            moderated = [*arguments[:4], room + "/out"]
            subprocess.run(["Rscript", HERE / "moderated.R", *moderated], check=True, capture_output=True)
        (HERE / "VERSIONS").write_text(" ".join(said.stdout.split()[1:-2]) + "\n")
        for made in sorted(Path(room, "out").glob("*.gz")):
            data = gzip.decompress(made.read_bytes())
            (folder / made.name).write_bytes(gzip.compress(data, 9, mtime=0))
    sys.stdout.write(f"{case} {said.stdout}")


def main():
    rng = np.random.default_rng(20260101)
    two = np.repeat([0, 1], 8)
    write(
        "replaced",
        simulate(rng, two, outliers=2e-3),
        {"group": np.array(["a", "b"])[two]},
        "~ group",
        "group,b,a",
    )
    pair, time = np.repeat(np.arange(12), 2), np.tile([0, 1], 12)
    write(
        "paired", simulate(rng, time, patients=pair, outliers=5e-4),
        {"patient": [f"p{i:02d}" for i in pair], "timepoint": np.array(["onset", "remission"])[time]},
        "~ patient + timepoint", "timepoint,remission,onset",
    )  # fmt: skip
    cell = np.repeat(np.arange(4), 4)
    factors = {"sex": np.array(["f", "m"])[cell % 2], "group": np.array(["a", "b"])[cell // 2]}
    write("interaction", simulate(rng, cell), factors, "~ sex + group + sex:group", "sexm.groupb")
    five = np.repeat([0, 1], 5)
    ages = {"age": np.round(rng.uniform(1, 17, 10), 1), "group": np.array(["a", "b"])[five]}
    write("covariate", simulate(rng, five), ages, "~ age + group", "group,b,a")
    three = np.repeat([0, 1, 2], 4)
    groups = {"group": np.array(["a", "b", "c"])[three]}
    write("levels", simulate(rng, three, outliers=1e-3), groups, "~ group", "group,c,b")
    write("ratio", simulate(rng, three), groups, "~ group", "group_b_vs_a", "~ 1")
    few = np.array([0, 0, 0, 1, 1])
    write("few", simulate(rng, few), {"group": np.array(["a", "b"])[few]}, "~ group", "group,b,a")
    write(
        "local", simulate(rng, two, rising=True), {"group": np.array(["a", "b"])[two]}, "~ group", "group,b,a"
    )


if __name__ == "__main__":
    main()
