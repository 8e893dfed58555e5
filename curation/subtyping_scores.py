"""Fit the score-space expert on 2,294 published score vectors, and ship the signatures that it reads.

    python curation/subtyping_scores.py --data ../shared/data/expression

writes ``subtype_signatures.tsv.gz``, ``signature_genes.tsv.gz``, ``subtype_scores.tsv``,
``subtype_reference_scores.tsv.gz`` and a section of ``subtype_models.toml``.  Signatures, gene lengths and
score vectors are those of ALLCatchR (Beder et al., HemaSphere 2023, PMID 37645423; MIT licence); the coefficients
are fitted here: a multinomial logistic regression, classes weighted equally, on the twenty scores.

The signatures were chosen on the same samples, so the cross-validated accuracy printed here is
optimistic; what holds elsewhere is measured by ``benchmarks/subtyping.py``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import TSNE
from sklearn.model_selection import StratifiedKFold
from subtyping_models import KNOWLEDGE, publish_model

from leukoscope.tables.contract import Column, Table
from leukoscope.tables.subtyping import SIGNATURE_GENES, SIGNATURES

CLASSES = {
    "BCL_MYC": "BCL2/MYC", "CEBP": "ZEB2/CEBP", "DUX4": "DUX4", "ETV6.RUNX1": "ETV6 group",
    "ETV6.RUNX1.like": "ETV6 group", "iAMP21": "iAMP21", "IKZF1.N159Y": "IKZF1 N159Y", "KMT2A": "KMT2A",
    "LH.NT": "Low hypodiploid", "MEF2D": "MEF2D", "NH.HeH": "Hyperdiploid", "NUTM1": "NUTM1",
    "PAX5.alt": "PAX5alt", "PAX5.plus": "PAX5 P80R", "Ph.like": "Ph group", "Ph.pos": "Ph group",
    "TCF3.HLF": "HLF", "TCF3.PBX1": "TCF3::PBX1", "UBTF.ATXN7L3": "CDX2/UBTF", "ZNF384": "ZNF384",
    "Unassigned": "B-other",
}  # fmt: skip
FOLDS = 5
SEED = 20261122


def main() -> None:
    """Write the four tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    folder = parser.parse_args().data / "allcatchr_training_scores"
    write_signatures(folder)
    vectors = pd.read_csv(folder / "totalscore_scaled_2294.tsv.gz", sep="\t")
    names = [column for column in vectors.columns if column not in {"row", "subtype"}]
    write_reference(vectors, names)
    fit(vectors, names, folder)


def write_signatures(folder: Path) -> None:
    """Write the gene sets and the genes among which they are ranked."""
    sets = json.loads((folder / "signatures.json").read_text())
    reference = pd.read_csv(KNOWLEDGE / "gene_reference.tsv.gz", sep="\t", dtype=str, keep_default_na=False)
    gene_of = _gene_of_symbol(reference, folder)
    rows = [
        (name, direction, symbol, gene_of[symbol], kind)
        for kind, prefix in (("subtype", ""), ("stage", "stage_"))
        for direction, key in (("up", "up"), ("down", "dn"))
        for name, symbols in sets[prefix + key].items()
        for symbol in symbols
        if symbol in gene_of
    ]
    SIGNATURES.write(pd.DataFrame(rows, columns=SIGNATURES.names), KNOWLEDGE / "subtype_signatures.tsv.gz")
    lengths = pd.read_csv(folder / "cds_length.tsv.gz", sep="\t").drop_duplicates("gene").set_index("gene")
    in_scores = set(pd.read_csv(folder / "id_conversion_15745.tsv.gz", sep="\t").symbol)
    genes = pd.DataFrame({"symbol": sets["stage_universe"]})
    genes["gene_id"] = genes.symbol.map(gene_of)
    genes["length"] = lengths.cds_length.reindex(genes.symbol).to_numpy()
    genes["in_scores"] = genes.symbol.isin(in_scores)
    lost = sorted(genes.symbol[genes.gene_id.isna()])
    print(f"signature genes: {len(genes)}, of which {len(lost)} are not in the gene reference: {lost[:5]}")
    SIGNATURE_GENES.write(genes.dropna(subset="gene_id"), KNOWLEDGE / "signature_genes.tsv.gz")


def _gene_of_symbol(reference: pd.DataFrame, folder: Path) -> dict[str, str]:
    """Return the Ensembl gene of ALLCatchR's symbols: of a present symbol first, then by its own conversion."""
    known = set(reference.gene_id)
    own = pd.read_csv(folder / "id_conversion_15745.tsv.gz", sep="\t")
    first_owner = reference.drop_duplicates("symbol")
    leads = {s: g for s, g in zip(own.symbol, own.ensemble_ID, strict=True) if g in known}
    return leads | dict(zip(first_owner.symbol, first_owner.gene_id, strict=True))


def write_reference(vectors: pd.DataFrame, names: list[str]) -> None:
    """Write the score vectors and classes of the reference samples, three digits, and a map of them."""
    frame = vectors[names].round(3).assign(subtype=vectors.subtype.map(CLASSES), published=vectors.subtype)
    frame.insert(0, "reference", [f"R{number:04d}" for number in vectors.row])
    layout = TSNE(perplexity=30, init="pca", random_state=SEED).fit_transform(vectors[names].to_numpy())
    frame = frame.assign(map_x=layout[:, 0].round(2), map_y=layout[:, 1].round(2))
    columns = (
        Column("reference", "str", "", ""),
        *(Column(name, "float64", "", "") for name in [*names, "map_x", "map_y"]),
        Column("subtype", "str", "", ""),
        Column("published", "str", "", ""),
    )
    table = Table("subtype-reference-scores", 1, ("reference",), columns)
    table.write(frame, KNOWLEDGE / "subtype_reference_scores.tsv.gz")


def fit(vectors: pd.DataFrame, names: list[str], folder: Path) -> None:
    """Fit, cross-validate and write the coefficients."""
    features = vectors[names].to_numpy(np.float64)
    labels = vectors.subtype.map(CLASSES).to_numpy()
    classes = sorted(set(labels))
    probability = np.zeros((len(labels), len(classes)))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    for inside, outside in folds.split(features, labels):
        probability[outside] = _model(features[inside], labels[inside]).predict_proba(
            (features[outside] - features[inside].mean(0)) / features[inside].std(0)
        )
    defined = labels != "B-other"
    best = np.array(classes)[probability.argmax(1)]
    among = probability.copy()
    among[:, classes.index("B-other")] = -1
    best_defined = np.array(classes)[among.argmax(1)]
    facts = {
        "data": "2,294 score vectors of ALLCatchR (PMID 37645423; MIT)",
        "data_sha256": hashlib.sha256((folder / "totalscore_scaled_2294.tsv.gz").read_bytes()).hexdigest(),
        "script": "curation/subtyping_scores.py",
        "n_samples": len(labels),
        "sharpness": 1.0,
        "accuracy_all": round(float((best == labels).mean()), 4),
        "accuracy_defined": round(float((best == labels)[defined].mean()), 4),
        "accuracy_among_defined": round(float((best_defined == labels)[defined].mean()), 4),
        "folds": FOLDS,
        "seed": SEED,
    }
    fitted = _model(features, labels)
    publish_model(
        "subtype_scores",
        names,
        classes,
        features.mean(0),
        features.std(0),
        fitted.coef_,
        fitted.intercept_,
        facts,
    )
    print(facts)


def _model(features: np.ndarray, labels: np.ndarray) -> LogisticRegression:
    standard = (features - features.mean(0)) / features.std(0)
    return LogisticRegression(C=1.0, class_weight="balanced", max_iter=2000).fit(standard, labels)


if __name__ == "__main__":
    main()
