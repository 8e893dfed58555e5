"""A simulated cohort on disk: sample sheet, contrasts, counts, fusions, gene sets, truth."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from leukoscope.errors import InputError
from leukoscope.knowledge import knowledge_path
from leukoscope.publishing import publish_text, published
from leukoscope.simulation.cohort_expression import (
    MARROW,
    PROGRAMMES,
    CohortExpression,
    expected_change,
    simulate_counts,
)
from leukoscope.simulation.cohort_fusions import draw_carriers, fusion_table, persisting, read_recurrent
from leukoscope.simulation.cohort_patients import draw_patients, draw_samples
from leukoscope.tables.contrasts import CONTRASTS
from leukoscope.tables.driver_fusions import DRIVER_FUSIONS
from leukoscope.tables.fusions import FUSIONS
from leukoscope.tables.karyotype import KARYOTYPE_GENES
from leukoscope.tables.subtyping import CELL_MARKERS, GENE_REFERENCE

if TYPE_CHECKING:
    import pandas as pd

CONTRAST_ROWS = (
    ("remission", "timepoint", "onset", "remission", "patient", ""),
    ("remission_unpaired", "timepoint", "onset", "remission", "", ""),
    ("remission_high_risk", "timepoint", "onset", "remission", "patient", "risk=high"),
    ("remission_ras", "timepoint", "onset", "remission", "patient", "ras=yes"),
    ("high_risk", "risk", "non-high", "high", "", "timepoint=onset"),
    ("high_risk_ras", "risk", "non-high", "high", "", "timepoint=onset;ras=yes"),
    ("relapse", "timepoint", "onset", "relapse", "patient", ""),
    ("ras", "ras", "no", "yes", "", "timepoint=onset"),
)
FEWEST_GENES = 8_000
MARROW_CELLS = {
    "T cell": 0.25,
    "NK cell": 0.05,
    "monocyte": 0.25,
    "neutrophil": 0.35,
}  #: shares of normal marrow


def simulate_cohort(outdir: Path, rng: np.random.Generator, n_genes: int = 20_000) -> str:
    """Write a cohort of 45 patients whose every signal is known; return one line on it.

    Files: ``samples.csv`` (with clinical columns, and the paths of the others relative to it),
    ``contrasts.csv``, ``counts.tsv.gz``, ``fusions/<sample>.tsv``, ``gene_sets.gmt`` (the planted
    programmes among decoys), ``truth.json`` and ``truth_genes.tsv.gz`` (per gene its programme
    and the expected log2 fold change in each contrast).

    Parameters
    ----------
    outdir
        Folder to write.
    rng
        Source of chance.
    n_genes
        Genes, up to the 20,062 of the gene reference.

    Raises
    ------
    InputError
        If `n_genes` is out of range.
    """
    people_rng, fusion_rng, count_rng, gene_rng = rng.spawn(4)
    genes = _genes(gene_rng, n_genes)
    samples = draw_samples(people_rng, draw_patients(people_rng))
    carriers = persisting(draw_carriers(fusion_rng, samples), samples)
    etv6 = carriers.loc[(carriers["gene1"] == "ETV6") & (carriers["gene2"] == "RUNX1"), "sample"]
    patients = set(samples.loc[samples["sample"].isin(etv6), "patient"])
    samples["etv6_runx1"] = np.where(samples["patient"].isin(patients), "yes", "no")
    expression = simulate_counts(count_rng, genes, samples)
    private = _spoken_for()
    for sample in samples["sample"]:
        table = fusion_table(fusion_rng, sample, carriers, genes, private)
        FUSIONS.write(table, outdir / "fusions" / f"{sample}.tsv")
    _write_counts(outdir / "counts.tsv.gz", genes, samples, expression)
    _write_sheets(outdir, samples)
    _write_sets(outdir / "gene_sets.gmt", genes, expression)
    _write_truth(outdir, genes, samples, expression, carriers)
    return f"{outdir}: {samples['patient'].nunique()} patients, {len(samples)} samples, {len(genes):,} genes."


def _genes(rng: np.random.Generator, n_genes: int) -> pd.DataFrame:
    table = GENE_REFERENCE.read(knowledge_path("gene_reference.tsv.gz"))
    if not FEWEST_GENES <= n_genes <= len(table):
        raise InputError(
            f"simulate cohort: {n_genes} genes; {FEWEST_GENES} to {len(table)} can be simulated."
        )
    kept = set(rng.choice(len(table), n_genes, replace=False).tolist())
    kept |= set(np.flatnonzero(table["symbol"].isin(["XIST", "RPS4Y1", "DDX3Y"])).tolist())
    table = table.iloc[sorted(kept)].reset_index(drop=True)
    usual = KARYOTYPE_GENES.read(knowledge_path("karyotype_genes.tsv.gz")).set_index("gene_id")["log2_cpm"]
    markers = CELL_MARKERS.read(knowledge_path("cell_markers.tsv"))
    marrow = markers.set_index("gene_id")["cpm"] * markers["cell"].map(MARROW_CELLS).to_numpy()
    of_gene = table["gene_id"]
    return table.assign(log2_cpm=of_gene.map(usual).fillna(0.0), marrow_cpm=of_gene.map(marrow))


def _spoken_for() -> set[str]:
    """Return the genes that no chance fusion may touch: those of planted fusions, and of drivers."""
    drivers = DRIVER_FUSIONS.read(knowledge_path("driver_fusions.tsv"))
    parts = [read_recurrent()[["gene1", "gene2"]], drivers[["gene5", "gene3"]]]
    return {gene for part in parts for gene in part.to_numpy().ravel().tolist()}


def _write_counts(
    path: Path, genes: pd.DataFrame, samples: pd.DataFrame, expression: CohortExpression
) -> None:
    import pandas as pd

    table = pd.DataFrame(expression.counts, columns=samples["sample"].tolist())
    table.insert(0, "symbol", genes["symbol"])
    table.insert(0, "gene_id", genes["gene_id"])
    _write_gzip(path, table.to_csv(sep="\t", index=False, lineterminator="\n"))


def _write_gzip(path: Path, text: str) -> None:
    with (
        published(path) as part,
        part.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as packed,
    ):
        packed.write(text.encode())


def _write_sheets(outdir: Path, samples: pd.DataFrame) -> None:
    import pandas as pd

    sheet = samples.drop(columns=["group", "etv6_runx1"]).assign(
        counts="counts.tsv.gz", fusions=[f"fusions/{name}.tsv" for name in samples["sample"]]
    )
    first = ["sample", "patient", "timepoint", "counts", "fusions"]
    sheet = sheet[first + [name for name in sheet.columns if name not in first]]
    publish_text(outdir / "samples.csv", sheet.to_csv(index=False, lineterminator="\n"))
    contrasts = CONTRASTS.check(pd.DataFrame(CONTRAST_ROWS, columns=CONTRASTS.names[:6]))
    publish_text(outdir / "contrasts.csv", contrasts.to_csv(index=False, lineterminator="\n"))


def _write_sets(path: Path, genes: pd.DataFrame, expression: CohortExpression) -> None:
    symbols = genes["symbol"].to_numpy(dtype=str)
    lines = [
        "\t".join([name, "simulated", *symbols[members]])
        for name, members in sorted((expression.programmes | expression.decoys).items())
    ]
    publish_text(path, "\n".join(lines) + "\n")


def _write_truth(
    outdir: Path,
    genes: pd.DataFrame,
    samples: pd.DataFrame,
    expression: CohortExpression,
    carriers: pd.DataFrame,
) -> None:
    table = genes[["gene_id", "symbol"]].copy()
    programme = np.full(len(genes), "", dtype=object)
    for name, members in expression.programmes.items():
        programme[members] = name
    table["programme"] = programme
    for name, *rest in CONTRAST_ROWS:
        reference, target = (_level(samples, *rest, which=i) for i in (1, 2))
        table[name] = expected_change(expression.expected, reference, target).round(4)
    _write_gzip(outdir / "truth_genes.tsv.gz", table.to_csv(sep="\t", index=False, lineterminator="\n"))
    onset = samples[samples["timepoint"] == "onset"]
    truth: dict[str, Any] = {
        "format": "leukoscope-cohort-truth",
        "version": 1,
        "groups": dict(zip(onset["patient"], onset["group"], strict=True)),
        "etv6_runx1": sorted(onset.loc[onset["etv6_runx1"] == "yes", "patient"]),
        "associated_with_high_risk": ["group", "ikzf1"],
        "not_associated_with_high_risk": ["ras", "cdkn2a", "sex", "age", "wbc"],
        "programmes": [
            {"name": name, "log2_fold_change": effect, "column": column, "level": level}
            for name, _, effect, column, level in PROGRAMMES
        ]
        + [
            {"name": name, "log2_fold_change": effect, "column": "timepoint", "level": "remission"}
            for name, _, effect in MARROW
        ],
        "fusions": [
            {"gene1": a, "gene2": b, "samples": sorted(group["sample"])}
            for (a, b), group in carriers.groupby(["gene1", "gene2"], sort=True)
        ],
    }
    publish_text(outdir / "truth.json", json.dumps(truth, indent=1) + "\n")


def _level(
    samples: pd.DataFrame,
    variable: str,
    reference: str,
    target: str,
    blocking: str,
    subset: str,
    *,
    which: int,
) -> np.ndarray:
    """Return which samples stand on one side (1 reference, 2 target) of a contrast."""
    chosen = (samples[variable] == (reference if which == 1 else target)).to_numpy()
    for term in filter(None, subset.split(";")):
        column, _, value = term.partition("=")
        chosen &= (samples[column] == value).to_numpy()
    if blocking:
        both = samples[samples[variable].isin([reference, target])].groupby(blocking)[variable].nunique()
        chosen &= samples[blocking].isin(both.index[both == 2]).to_numpy()
    return np.asarray(chosen)
