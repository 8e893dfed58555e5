r"""Make ``gene_reference.tsv.gz``: names, position and length of the genes that subtyping reads.

Run from the checkout, with the folder of open expression data beside it::

    python curation/subtyping_genes.py --data ../shared/data/expression --lengths ensgene_lengths.tsv

Sources: Ensembl annotation of GRCh38 (positions, symbols, biotypes; open); NCBI Gene through Debian's
``r-bioc-org.hs.eg.db`` 3.16.0 (Entrez identifiers and synonyms; public domain); the symbols of ALLCatchR
(MIT), so that its signatures are found; transcript lengths through Debian's
``r-bioc-genelendatabase`` 1.34.0 (UCSC ensGene of hg19), written to text with::

    Rscript -e 'load("hg19.ensGene.LENGTH.RData"); write.table(hg19.ensGene.LENGTH,
        "ensgene_lengths.tsv", sep="\t", quote=FALSE, row.names=FALSE)'

The length of a gene is the median of its transcripts of at least half the longest one.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd

from leukoscope.tables.subtyping import GENE_REFERENCE

OUTPUT = Path(__file__).parents[1] / "src/leukoscope/knowledge/gene_reference.tsv.gz"
ORG_DB = Path("/usr/lib/R/site-library/org.Hs.eg.db/extdata/org.Hs.eg.sqlite")
ALWAYS = {"XIST", "TSIX", "JPX"}


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--lengths", type=Path, required=True)
    parser.add_argument("--org-db", type=Path, default=ORG_DB)
    args = parser.parse_args()
    annotation = pd.read_csv(args.data / "gene_annotation_ensembl_hg38.tsv.gz", sep="\t")
    annotation = annotation[annotation.chr.str.fullmatch(r"chr(\d+|X|Y)")]
    annotation = annotation.drop_duplicates("gene_id").set_index("gene_id", drop=False)
    signature = _signature_symbols(args.data, annotation)
    panel = pd.read_csv(args.data / "nordic_gse227832/logcpm.tsv.gz", sep="\t", usecols=["gene_id"]).gene_id
    wanted = (
        (annotation.gene_biotype == "protein_coding")
        | annotation.gene_id.isin(signature.index)
        | annotation.gene_id.isin(panel)
        | annotation.gene_name.isin(ALWAYS)
    )
    genes = annotation[wanted].copy()
    ncbi = _ncbi(args.org_db)
    genes["entrez"] = ncbi.entrez.reindex(genes.index).fillna("")
    genes["aliases"] = [
        _aliases(gene_id, symbol, ncbi, signature)
        for gene_id, symbol in zip(genes.gene_id, genes.gene_name, strict=True)
    ]
    genes["length"] = _lengths(args.lengths).reindex(genes.index)
    genes["arm"] = _arms(genes, args.data.parent / "knowledge/rnaseqcnv_tables/centromeres_hg38.tsv")
    frame = genes.rename(columns={"gene_name": "symbol", "chr": "chromosome", "gene_biotype": "biotype"})
    frame["start"] -= 1
    frame = frame.reset_index(drop=True)
    GENE_REFERENCE.write(frame, OUTPUT)
    print(f"{OUTPUT.name}: {len(frame)} genes, {int(frame.length.notna().sum())} with a length")


def _signature_symbols(data: Path, annotation: pd.DataFrame) -> pd.Series:
    """Return ALLCatchR's symbol of each Ensembl gene of its signatures' universe."""
    folder = data / "allcatchr_training_scores"
    known = pd.read_csv(folder / "id_conversion_15745.tsv.gz", sep="\t").set_index("ensemble_ID").symbol
    universe = pd.Series(json.loads((folder / "signatures.json").read_text())["stage_universe"])
    rest = universe[~universe.isin(known)]
    coding = annotation.sort_values("gene_biotype", key=lambda b: b != "protein_coding", kind="stable")
    by_symbol = coding.drop_duplicates("gene_name").set_index("gene_name").gene_id
    more = pd.Series(rest.to_numpy(), index=by_symbol.reindex(rest).to_numpy())
    return pd.concat([known, more[more.index.notna() & ~more.index.isin(known.index)]])


def _ncbi(path: Path) -> pd.DataFrame:
    """Return entrez and the set of synonyms of each Ensembl gene."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        pairs = pd.read_sql(
            "select e.ensembl_id, g.gene_id, i.symbol from ensembl e join genes g using (_id)"
            " join gene_info i using (_id)",
            connection,
        )
        synonyms = pd.read_sql(
            "select g.gene_id, a.alias_symbol from alias a join genes g using (_id)", connection
        )
    synonyms = synonyms.groupby("gene_id").alias_symbol.agg(set)
    pairs = pairs.assign(number=pairs.gene_id.astype(int)).sort_values("number")
    pairs = pairs.drop_duplicates("ensembl_id").set_index("ensembl_id")
    return pd.DataFrame({"entrez": pairs.gene_id, "synonyms": pairs.gene_id.map(synonyms)})


def _aliases(gene_id: str, symbol: str, ncbi: pd.DataFrame, signature: pd.Series) -> str:
    names = set(ncbi.synonyms.get(gene_id, ())) if isinstance(ncbi.synonyms.get(gene_id), set) else set()
    if gene_id in signature.index:
        names.add(signature[gene_id])
    return "|".join(sorted(names - {symbol}))


def _lengths(path: Path) -> pd.Series:
    transcripts = pd.read_csv(path, sep="\t")
    longest = transcripts.groupby("Gene").Length.transform("max")
    return transcripts[transcripts.Length >= longest / 2].groupby("Gene").Length.median()


def _arms(genes: pd.DataFrame, centromeres: Path) -> np.ndarray:
    table = pd.read_csv(centromeres, sep="\t")
    middle = _centromere_middles(table)
    return np.where((genes.start + genes.end) / 2 < genes.chr.map(middle), "p", "q")


def _centromere_middles(table: pd.DataFrame) -> pd.Series:
    chromosome = table.iloc[:, 0].astype(str)
    chromosome = chromosome.where(chromosome.str.startswith("chr"), "chr" + chromosome)
    return pd.Series(((table.iloc[:, 1] + table.iloc[:, 2]) / 2).to_numpy(), index=chromosome)


if __name__ == "__main__":
    main()
