"""Evidence beyond the expression pattern: karyotype, marker genes, fusions, variants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from leukoscope.karyotype.ploidy import PloidyFit
from leukoscope.subtyping.outliers import Outlier
from leukoscope.tables.subtyping import UNMEASURED

DETECTED, NOT_DETECTED, NOT_ASSESSABLE = "detected", "not detected", "not assessable"

#: Weight (ln odds) of a driver fusion for its class.  Judgements: a class-defining fusion outweighs expression,
#: a lesion that several classes share supports.
FUSION_LOG_ODDS = {"CRLF2": 2.0, "PAX5alt": 3.0, "JAK-STAT": 4.0, "ABL-class": 4.0, "other kinase": 3.0}
DEFINING_LOG_ODDS = 8.0
#: Supporting fragments below which a fusion counts half; KMT2A is expressed low.
FEW_FRAGMENTS = 3
VARIANTS = {("PAX5", 80): "PAX5 P80R", ("IKZF1", 159): "IKZF1 N159Y", ("ZEB2", 1038): "ZEB2/CEBP"}
VARIANT_CHANGES = {("PAX5", 80): "R", ("IKZF1", 159): "Y", ("ZEB2", 1038): "R"}
VARIANT_LOG_ODDS = 6.0
#: Genes per chromosome from which the karyotype has its full weight.
MANY_GENES = 200.0
#: Without allele fractions near haploidy may be likelier than hyperdiploidy, never certain (ln odds).
NEAR_HAPLOID_MOST = 1.0
#: Chromosome 21 against the middle of all: at least this in iAMP21, less is at most a trisomy.
AMPLIFIED_21, NOT_AMPLIFIED_21 = 0.6, 0.25


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of evidence about one sample."""

    kind: str  #: expression, lineage, karyotype, outlier, fusion, variant, sex or quality
    status: str
    subtype: str  #: class or member that it bears on; empty if none
    group: str
    log_odds: float  #: added to the group; NaN if it only informs
    statement: str
    defining: bool = False  #: the lesion itself, not its trace in expression


def karyotype_findings(
    fit: PloidyFit | None, chromosome21: float, n_genes: float, *, with_alleles: bool
) -> list[Finding]:
    """Weigh the ploidy class of a sample.

    Parameters
    ----------
    fit
        Of :func:`~leukoscope.karyotype.ploidy.fit_ploidy`; None if it could not be fitted.
    chromosome21
        Log2 ratio of chromosome 21.
    n_genes
        Genes that the ratio of a chromosome usually rests on; the weights shrink with few of them.
    with_alleles
        Whether allele fractions took part.
    """
    if fit is None:
        text = "Too few genes of each chromosome were measured to tell the ploidy"
        return [Finding("karyotype", NOT_ASSESSABLE, "", "", np.nan, text)]
    shares = fit.shares
    near, low = shares["near haploid"], shares["low hypodiploid"]
    against_hyper = _log_odds(near, shares["hyperdiploid"], -6.0, 6.0 if with_alleles else NEAR_HAPLOID_MOST)
    rise = _log_odds(shares["hyperdiploid"] + near, 1 - shares["hyperdiploid"] - near, -1.5, 3.0)
    strength = min(1.0, n_genes / MANY_GENES)
    return [
        _ploidy_finding("Hyperdiploid", shares["hyperdiploid"], strength * rise, with_alleles),
        _ploidy_finding("Near haploid", near, strength * rise + against_hyper, with_alleles),
        _ploidy_finding("Low hypodiploid", low, strength * _log_odds(low, 1 - low, -4.0, 6.0), with_alleles),
        _amplification(shares["iAMP21"], chromosome21 - fit.offset, strength),
    ]


def _log_odds(share: float, other: float, least: float, most: float) -> float:
    return float(np.clip(np.log((share + 0.003) / (other + 0.003)), least, most))


def _ploidy_finding(group: str, share: float, weight: float, with_alleles: bool) -> Finding:
    detected = share >= 0.5
    status = DETECTED if detected else NOT_DETECTED
    if detected and group == "Near haploid" and not with_alleles:
        status = NOT_ASSESSABLE
    text = f"{group} karyotype in expression: {share:.0%} of the likelihood"
    if detected and not with_alleles:
        text += "; allele fractions were not given"
    return Finding("karyotype", status, group, group, weight, text, defining=detected and status == DETECTED)


def _amplification(share: float, chromosome21: float, strength: float) -> Finding:
    if np.isnan(chromosome21):
        return Finding(
            "karyotype", NOT_ASSESSABLE, "iAMP21", "iAMP21", 0.0, "Chromosome 21 could not be read"
        )
    text = f"Chromosome 21 at {2**chromosome21:.2f} times the middle of the chromosomes (iAMP21 {share:.0%})"
    if share >= 0.5 and chromosome21 >= AMPLIFIED_21:
        return Finding("karyotype", DETECTED, "iAMP21", "iAMP21", 3.0 * strength, text, defining=True)
    weight = -2.0 * strength if chromosome21 < NOT_AMPLIFIED_21 else 0.0
    return Finding("karyotype", NOT_DETECTED, "iAMP21", "iAMP21", weight, text)


def outlier_findings(outliers: Iterable[Outlier]) -> list[Finding]:
    """Weigh overexpressed, and tellingly absent, marker genes."""
    found = []
    for gene in outliers:
        if gene.status == NOT_ASSESSABLE:
            text = f"{gene.symbol}{UNMEASURED}: {gene.reason}"
            found.append(Finding("outlier", gene.status, gene.subtype, gene.subtype, np.nan, text))
        elif gene.status == DETECTED:
            place = f"quantile {gene.quantile:.3f} of {gene.population}"
            text = f"{gene.symbol} is overexpressed: {gene.cpm:.0f} CPM, {place}"
            weight = gene.log_odds if gene.subtype else np.nan
            found.append(Finding("outlier", gene.status, gene.subtype, gene.subtype, weight, text))
        elif gene.log_odds:
            text = f"{gene.symbol} is not expressed ({gene.cpm:.1f} CPM), which {gene.subtype} would need"
            found.append(Finding("outlier", gene.status, gene.subtype, gene.subtype, gene.log_odds, text))
    return found


def fusion_findings(
    drivers: pd.DataFrame, member_of: dict[str, str], group_of: dict[str, str]
) -> list[Finding]:
    """Weigh driver fusions.

    Parameters
    ----------
    drivers
        Driver fusions of one sample (:data:`~leukoscope.tables.subtyping.DRIVER_EVIDENCE`).
    member_of, group_of
        Subtype of a name in use, and group of a subtype.
    """
    best: dict[str, Finding] = {}
    for row in drivers.to_dict("records"):
        found = _fusion_finding({str(k): v for k, v in row.items()}, member_of, group_of)
        if found is not None and found.log_odds > (
            best[found.subtype].log_odds if found.subtype in best else -1.0
        ):
            best[found.subtype] = found
    return sorted(best.values(), key=lambda f: (-f.log_odds, f.subtype))


def _fusion_finding(
    row: dict[str, Any], member_of: dict[str, str], group_of: dict[str, str]
) -> Finding | None:
    name = str(row["driver_class"]).removesuffix(" (research)")
    subtype = member_of.get(name, "")
    if not subtype:
        return None
    weight = FUSION_LOG_ODDS.get(name, DEFINING_LOG_ODDS)
    doubts = []
    fragments = int(row["fragments"])
    if fragments < (2 if subtype == "KMT2A" else FEW_FRAGMENTS):
        doubts.append("few fragments")
    if str(row["doubt"]):
        doubts.append(str(row["doubt"]))
    if str(row["driver_class"]).endswith("(research)"):
        doubts.append("the class rests on memory")
    named = name if row["fusion"] == name else f"{row['fusion']} ({name})"
    text = f"Fusion {named} with {fragments} supporting fragments"
    if doubts:
        weight, text = weight / 2, f"{text}; {', '.join(doubts)}"
    defining = weight >= DEFINING_LOG_ODDS
    return Finding("fusion", DETECTED, subtype, group_of[subtype], weight, text, defining=defining)


def variant_findings(variants: pd.DataFrame) -> list[Finding]:
    """Weigh subtype-defining mutations of one sample (:data:`~leukoscope.tables.subtyping.VARIANT_EVIDENCE`)."""
    found = []
    for (gene, codon), subtype in VARIANTS.items():
        rows = variants[(variants["gene"] == gene) & (variants["codon"] == codon)]
        wanted = VARIANT_CHANGES[gene, codon]
        hit = rows[(rows["status"] == DETECTED) & rows["protein_change"].str.rstrip(")").str.endswith(wanted)]
        label = f"{gene} codon {codon}"
        if len(hit):
            text = f"{label}: {hit['protein_change'].iloc[0]} detected"
            found.append(
                Finding("variant", DETECTED, subtype, subtype, VARIANT_LOG_ODDS, text, defining=True)
            )
        elif len(rows) and (rows["status"] == NOT_DETECTED).any():
            found.append(
                Finding("variant", NOT_DETECTED, subtype, subtype, -3.0, f"{label} shows the reference")
            )
        elif len(rows):
            found.append(Finding("variant", NOT_ASSESSABLE, subtype, subtype, 0.0, f"{label} is not covered"))
    return found
