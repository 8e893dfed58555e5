"""Make the small curated tables of subtyping: subtypes, lineage and cell markers, outlier genes.

    python curation/subtyping_tables.py --data ../shared/data/expression

WHO-HAEM5 and ICC names follow PMID 35732829 and PMID 36422706, as in ``driver_fusions.tsv``. Thresholds of outlier
genes separate known carriers from all other patients of the open cohorts (docs/subtyping.md); their weights are
judgements, not fits.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from subtyping_models import KNOWLEDGE

from leukoscope.tables.karyotype import KARYOTYPE_GENES
from leukoscope.tables.subtyping import CELL_MARKERS, GENE_REFERENCE, LINEAGE_MARKERS, OUTLIER_GENES, SUBTYPES

WHO = "B-lymphoblastic leukaemia/lymphoma"
OTHER = f"{WHO} with other defined genetic abnormalities"
LIKE = f"{WHO} with BCR::ABL1-like features"
SOURCE = "PMID:35732829;PMID:36422706"
RESEARCH = "research only"
# subtype, group, lineage, lesion, WHO-HAEM5, ICC 2022, aliases, source
CATALOGUE = [
    ("Ph group", "Ph group", "B", "BCR::ABL1 or its expression pattern", "", "",
     "PhGrp|Ph|Ph/Ph-like|BCR-ABL1 group", RESEARCH),
    ("BCR::ABL1", "Ph group", "B", "t(9;22) BCR::ABL1", f"{WHO} with BCR::ABL1 fusion",
     "B-ALL with t(9;22)(q34.1;q11.2)/BCR::ABL1", "Ph-pos|Ph+|BCR-ABL1|BCR/ABL1|Ph.pos", SOURCE),
    ("Ph-like", "Ph group", "B", "ABL-class or JAK-STAT lesions", LIKE, "B-ALL, BCR::ABL1-like",
     "BCR::ABL1-like|Ph.like|BCR-ABL1-like|ABL-class|CRLF2|JAK-STAT|other kinase", SOURCE),
    ("ETV6 group", "ETV6 group", "B", "ETV6::RUNX1 or its expression pattern", "", "",
     "ETV6grp|ETV6-RUNX1 group", RESEARCH),
    ("ETV6::RUNX1", "ETV6 group", "B", "t(12;21) ETV6::RUNX1", f"{WHO} with ETV6::RUNX1 fusion",
     "B-ALL with t(12;21)(p13.2;q22.1)/ETV6::RUNX1", "ETV6-RUNX1|ETV6.RUNX1|TEL-AML1|t(12;21)", SOURCE),
    ("ETV6::RUNX1-like", "ETV6 group", "B", "Expression pattern without the fusion",
     f"{WHO} with ETV6::RUNX1-like features", "B-ALL, ETV6::RUNX1-like (provisional entity)",
     "ETV6-RUNX1-like|ETV6.RUNX1.like", SOURCE),
    ("Hyperdiploid", "Hyperdiploid", "B", "Gain of several chromosomes", f"{WHO} with hyperdiploidy",
     "B-ALL, hyperdiploid", "Hyp|HeH|High hyperdiploid|NH.HeH|low HeH|Hyperdiploidy", SOURCE),
    ("Near haploid", "Near haploid", "B", "24 to 30 chromosomes, or their doubling", f"{WHO} with hypodiploidy",
     "B-ALL, near haploid", "Near-haploid|NH", SOURCE),
    ("Low hypodiploid", "Low hypodiploid", "B", "31 to 39 chromosomes, or their doubling", f"{WHO} with hypodiploidy",
     "B-ALL, low hypodiploid", "Low-hypodiploid|LH.NT|Low hypo", SOURCE),
    ("iAMP21", "iAMP21", "B", "Intrachromosomal amplification of chromosome 21", f"{WHO} with iAMP21",
     "B-ALL with iAMP21", "", SOURCE),
    ("KMT2A", "KMT2A", "B", "KMT2A rearrangement", f"{WHO} with KMT2A rearrangement",
     "B-ALL with t(v;11q23.3)/KMT2A rearranged", "KMT2A-r|KMT2Ar|MLL|KMT2A group", SOURCE),
    ("TCF3::PBX1", "TCF3::PBX1", "B", "t(1;19) TCF3::PBX1", f"{WHO} with TCF3::PBX1 fusion",
     "B-ALL with t(1;19)(q23.3;p13.3)/TCF3::PBX1", "TCF3-PBX1|TCF3.PBX1|E2A-PBX1|t(1;19)", SOURCE),
    ("HLF", "HLF", "B", "TCF3::HLF or TCF4::HLF", f"{WHO} with TCF3::HLF fusion", "B-ALL with HLF rearrangement",
     "TCF3::HLF|TCF3.HLF|TCF3-HLF|HLF-r", SOURCE),
    ("IGH::IL3", "IGH::IL3", "B", "t(5;14) IGH::IL3", f"{WHO} with IGH::IL3 fusion",
     "B-ALL with t(5;14)(q31.1;q32.3)/IL3::IGH", "IGH-IL3", SOURCE),
    ("DUX4", "DUX4", "B", "DUX4 rearrangement", OTHER, "B-ALL with DUX4 rearrangement", "DUX4-r|DUX4r", SOURCE),
    ("MEF2D", "MEF2D", "B", "MEF2D rearrangement", OTHER, "B-ALL with MEF2D rearrangement", "MEF2D-r|MEF2Dr", SOURCE),
    ("ZNF384", "ZNF384", "B", "ZNF384 or ZNF362 rearrangement", OTHER, "B-ALL with ZNF384(362) rearrangement",
     "ZNF384-r|ZNF384r|ZNF384 group", SOURCE),
    ("NUTM1", "NUTM1", "B", "NUTM1 rearrangement", OTHER, "B-ALL with NUTM1 rearrangement", "NUTM1-r|NUTM1r", SOURCE),
    ("BCL2/MYC", "BCL2/MYC", "B", "IGH with MYC, BCL2 or BCL6", OTHER, "B-ALL with MYC rearrangement",
     "BCL_MYC|MYC", SOURCE),
    ("PAX5alt", "PAX5alt", "B", "PAX5 fusion, mutation or intragenic amplification", OTHER,
     "B-ALL, with PAX5 alteration (provisional entity)", "PAX5.alt|PAX5 alt", SOURCE),
    ("PAX5 P80R", "PAX5 P80R", "B", "PAX5 p.P80R", OTHER, "B-ALL with mutated PAX5 P80R",
     "PAX5.plus|PAX5P80R|PAX5-P80R", SOURCE),
    ("IKZF1 N159Y", "IKZF1 N159Y", "B", "IKZF1 p.N159Y", OTHER, "B-ALL with mutated IKZF1 N159Y",
     "IKZF1.N159Y", SOURCE),
    ("ZEB2/CEBP", "ZEB2/CEBP", "B", "ZEB2 p.H1038R or IGH::CEBPE", OTHER,
     "B-ALL, with mutated ZEB2 (p.H1038R)/IGH::CEBPE (provisional entity)", "CEBP|CEBP/ZEB2|ZEB2", SOURCE),
    ("CDX2/UBTF", "CDX2/UBTF", "B", "UBTF::ATXN7L3 and CDX2 overexpression", OTHER,
     "B-ALL with UBTF::ATXN7L3/PAN3,CDX2 (CDX2/UBTF)", "UBTF.ATXN7L3|CDX2", SOURCE),
    ("B-other", "B-other", "B", "None found", f"{WHO}, NOS", "B-ALL, NOS", "Unassigned|unclassified|none", SOURCE),
    ("T-ALL", "T-ALL", "T", "T-lymphoblastic", "T-lymphoblastic leukaemia/lymphoma, NOS", "T-ALL, NOS",
     "T|T-LBL", SOURCE),
    ("Myeloid", "Myeloid", "myeloid", "Myeloid leukaemia or myeloid cells", "", "", "AML", RESEARCH),
    ("Normal", "Normal", "normal", "No leukaemia seen in expression", "", "", "Control|healthy|remission", RESEARCH),
]  # fmt: skip

#: Antigens by which WHO-HAEM5 assigns lineage; the other markers are research.
DEFINING = {"CD19", "CD79A", "CD22", "CD3D", "CD3E", "CD3G", "MPO", "LYZ"}
LINEAGE = {
    "B": "CD19 CD79A CD79B CD22 PAX5 EBF1 VPREB1 VPREB3 BLNK CD72 POU2AF1 RAG1 DNTT IGLL1",
    "T": "CD3D CD3E CD3G CD5 CD2 LCK BCL11B CD1A",
    "myeloid": "MPO CSF3R LYZ CD33 AZU1 ELANE PRTN3 CTSG CEBPA CEBPE CST3 FCN1 CSF1R S100A8 S100A9",
    "immature": "CD34 ERG PROM1 BAALC WT1 SPINK2 MYB SOX4 KIT FLT3",
}
CELLS = {
    "T cell": ("CD3D CD3G CD5 CD6 CD28 TRAT1", ("CD4T", "CD8T")),
    "NK cell": ("KLRF1 NCAM1 KLRD1 SH2D1B", ("NK",)),
    "monocyte": ("CD14 VCAN STAB1 CD163 FCN1", ("Mono",)),
    "neutrophil": ("FCGR3B CXCR1 CXCR2 ALPL CSF3R", ("Neut",)),
}
# symbol, class, CPM from which it is an outlier, weight then, CPM below which it is absent, weight then, source
OUTLIERS = [
    ("NUTM1", "NUTM1", 15, 5.0, 2, -3.0, "PMID:30872366"),
    ("PBX1", "TCF3::PBX1", 120, 4.0, 20, -3.0, "PMID:35732829"),
    ("HLF", "HLF", 20, 3.0, 4, -4.0, "PMID:26214592"),
    ("CDX2", "CDX2/UBTF", 20, 4.0, 6, -4.0, "PMID:36422706"),
    ("DUX4", "DUX4", 5, 3.0, 0, 0.0, "PMID:30643249"),
    ("MEIS1", "KMT2A", 200, 1.5, 10, -1.5, RESEARCH),
    ("HOXA9", "KMT2A", 60, 1.0, 0, 0.0, RESEARCH),
    ("CRLF2", "Ph group", 60, 1.5, 0, 0.0, "PMID:30643249"),
    ("EPOR", "Ph group", 250, 2.0, 0, 0.0, "PMID:28972016"),
    ("IL3", "IGH::IL3", 30, 4.0, 0, 0.0, "PMID:35732829"),
    ("NTRK1", "", 600, 0.0, 0, 0.0, RESEARCH),
    ("NTRK2", "", 50, 0.0, 0, 0.0, RESEARCH),
    ("NTRK3", "", 15, 0.0, 0, 0.0, "PMID:28972016"),
    ("PDGFRB", "", 500, 0.0, 0, 0.0, "PMID:28972016"),
    ("CSF1R", "", 600, 0.0, 0, 0.0, "PMID:28972016"),
    ("ABL2", "", 250, 0.0, 0, 0.0, "PMID:28972016"),
    ("TSLP", "", 20, 0.0, 0, 0.0, RESEARCH),
]  # fmt: skip
IN_PAR1 = {"CRLF2", "P2RY8", "IL3RA", "CSF2RA", "DHRSX", "CD99"}


def main() -> None:
    """Write the four tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    reference = GENE_REFERENCE.read(KNOWLEDGE / "gene_reference.tsv.gz")
    gene_of = reference.drop_duplicates("symbol").set_index("symbol").gene_id
    SUBTYPES.write(pd.DataFrame(CATALOGUE, columns=SUBTYPES.names), KNOWLEDGE / "subtypes.tsv")
    rows = [
        (lineage, symbol, gene_of[symbol], "PMID:35732829" if symbol in DEFINING else RESEARCH)
        for lineage, text in LINEAGE.items()
        for symbol in text.split()
    ]
    LINEAGE_MARKERS.write(
        pd.DataFrame(rows, columns=LINEAGE_MARKERS.names), KNOWLEDGE / "lineage_markers.tsv"
    )
    CELL_MARKERS.write(_cell_markers(data, gene_of), KNOWLEDGE / "cell_markers.tsv")
    OUTLIER_GENES.write(_outliers(data, gene_of), KNOWLEDGE / "outlier_genes.tsv")


def _cell_markers(data: Path, gene_of: pd.Series) -> pd.DataFrame:
    """Return the usual CPM of markers in the pure cells of GSE115736."""
    counts = pd.read_csv(data / "gse115736_haemopedia_normal/counts.tsv.gz", sep="\t", index_col=0)
    cpm = counts / counts.sum() * 1e6
    kind = cpm.columns.str.partition(".").get_level_values(0)
    rows = []
    for cell, (symbols, kinds) in CELLS.items():
        for symbol in symbols.split():
            usual = cpm.loc[gene_of[symbol], kind.isin(kinds)].median()
            rows.append((cell, symbol, gene_of[symbol], round(float(usual), 1), "GEO GSE115736"))
    return pd.DataFrame(rows, columns=CELL_MARKERS.names)


def _outliers(data: Path, gene_of: pd.Series) -> pd.DataFrame:
    """Return the outlier genes with mean and SD in 1,223 B-ALL, moved to the scale of log2 CPM."""
    population = pd.read_csv(data / "allsorts_gene_stats_1223/gene_mean_sd.tsv.gz", sep="\t").set_index(
        "gene"
    )
    baseline = KARYOTYPE_GENES.read(KNOWLEDGE / "karyotype_genes.tsv.gz").set_index("gene_id").log2_cpm
    cpm = baseline.reindex(gene_of.reindex(population.index)).to_numpy()
    shift = np.nanmedian((population.mean_log2norm.to_numpy() - cpm)[cpm > 4])
    rows = [
        (
            symbol, gene_of[symbol], subtype, least, weight, absent, absent_weight, symbol in IN_PAR1,
            round(population.mean_log2norm.get(symbol, np.nan) - shift, 2),
            round(population.sd.get(symbol, np.nan), 2), source,
        )
        for symbol, subtype, least, weight, absent, absent_weight, source in OUTLIERS
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=OUTLIER_GENES.names)


if __name__ == "__main__":
    main()
