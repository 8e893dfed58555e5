"""The analysis of a simulated cohort against its truth: every planted signal found, and no other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from leukoscope.tables.study import CHECKS

if TYPE_CHECKING:
    import pandas as pd

FDR = 0.05
#: p of onset against remission as Figure 2A of Li et al. 2024 prints them (doi:10.1186/s12920-024-01892-w).
PUBLISHED_P = {
    "AC005258": 0.00059,
    "ZBTB7A": 0.00181,
    "SLC16A3": 0.00185,
    "MBP": 0.00478,
    "SLC66A2": 0.00519,
    "CTBP1": 0.00572,
    "CDC42": 0.00572,
    "ZNF516": 0.00572,
    "SIN3A": 0.0109,
    "RUNX1": 0.0109,
    "C15orf39": 0.0109,
    "OAZ1": 0.01262,
    "ETV6": 0.0166,
    "DMD": 0.02509,
    "NFATC1": 0.03528,
    "AL591378": 0.03765,
}
#: Contrast in which a programme of a column and level shows.
CONTRAST_OF = {
    ("risk", "high"): "high_risk",
    ("ras", "yes"): "ras",
    ("timepoint", "remission"): "remission",
    ("timepoint", "relapse"): "relapse",
}
NO_CHANGE = 0.05  #: log2; a called gene of a smaller true change is a false discovery

Check = tuple[str, bool, str, str]


def check_cohort(
    truth: Mapping[str, Any],
    genes: pd.DataFrame,
    sets: Mapping[str, Collection[str]],
    tables: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """Compare the tables of a cohort analysis with the truth of its simulation.

    Parameters
    ----------
    truth
        Content of ``truth.json``.
    genes
        ``truth_genes.tsv.gz``: the true change of every gene in every contrast.
    sets
        Genes of every gene set, programmes and decoys.
    tables
        Tables of the report by path, as ``groups/classes``; an absent one fails its checks.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.study.CHECKS`.
    """
    import pandas as pd

    rows = [
        *_check_groups(truth, tables),
        *_check_programmes(truth, tables),
        *_check_false_sets(genes, sets, tables),
        *_check_false_genes(genes, tables),
        *_check_fusions(truth, tables),
        *_check_published(tables),
        *_check_causes(truth, tables),
    ]
    return CHECKS.check(pd.DataFrame(rows, columns=CHECKS.names))


def _check_groups(truth: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> Iterator[Check]:
    """Check that the planted groups are the classes at their number."""
    planted = truth["groups"]
    k = len(set(planted.values()))
    if "groups/classes" not in tables:
        yield f"{k} expression groups", False, "no groups", "every planted group"
        return
    classes = tables["groups/classes"]
    at_k = classes[classes["k"] == k]
    found: dict[int, list[str]] = {}
    for sample, cluster in zip(at_k["sample"], at_k["cluster"], strict=True):
        found.setdefault(cluster, []).append(planted[str(sample).removesuffix("_onset")])
    right = sum(max(names.count(name) for name in set(names)) for names in found.values())
    share = right / max(len(at_k), 1)
    yield f"{k} expression groups", share >= 0.9, f"{share:.0%} of samples with their group", "90 % at least"


def _check_programmes(truth: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> Iterator[Check]:
    """Check that each planted programme is found, with its sign where a contrast shows it."""
    named = {
        str(name)
        for path in ("clusters/terms", "network/terms")
        if path in tables
        for name in tables[path]["set"]
    }
    for programme in truth["programmes"]:
        name, effect = programme["name"], programme["log2_fold_change"]
        contrast = CONTRAST_OF.get((programme["column"], programme["level"]))
        if contrast is None:
            yield (
                f"programme {name}",
                name in named,
                "in clusters or network" if name in named else "nowhere",
                ("in a cluster of genes or a module of the network"),
            )
            continue
        path = f"contrasts/{contrast}/ranked_enrichment"
        rows = tables[path][tables[path]["set"] == name] if path in tables else None
        if rows is None or rows.empty:
            yield f"programme {name}", False, "not tested", f"enriched in {contrast}"
            continue
        score, adjusted = float(rows["normalised_score"].iloc[0]), float(rows["p_adjusted"].iloc[0])
        passed = adjusted < FDR and np.sign(score) == np.sign(effect)
        text = f"score {score:.2f}, adjusted p {adjusted:.2g}"
        yield (
            f"programme {name}",
            bool(passed),
            text,
            f"enriched in {contrast}, {'up' if effect > 0 else 'down'}",
        )


def _check_false_sets(
    genes: pd.DataFrame, sets: Mapping[str, Collection[str]], tables: Mapping[str, pd.DataFrame]
) -> Iterator[Check]:
    """Check that sets that do not change are rarely called, contrast by contrast, at the stated rate."""
    for path in sorted(tables):
        if not path.endswith("/ranked_enrichment"):
            continue
        contrast = path.split("/")[1]
        called = tables[path].loc[tables[path]["p_adjusted"] < FDR, "set"].tolist()
        decoys = [name for name in called if name.startswith("DECOY")]
        false = sum(not _is_shifted(genes, sets[name], contrast) for name in decoys)
        yield f"unchanged sets, {contrast}", *_within_rate(false, len(called), "set(s) called")


def _is_shifted(genes: pd.DataFrame, members: Collection[str], contrast: str) -> bool:
    """Tell whether the true changes of a set's genes differ from those of the others, by its chance composition."""
    from scipy import stats

    if contrast not in genes:
        return False
    inside = genes["symbol"].isin(members)
    return bool(stats.mannwhitneyu(genes.loc[inside, contrast], genes.loc[~inside, contrast]).pvalue < FDR)


def _check_false_genes(genes: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Iterator[Check]:
    """Check that genes that do not change are rarely called."""
    for contrast in [name for name in genes.columns if f"contrasts/{name}/differential" in tables]:
        table = tables[f"contrasts/{contrast}/differential"]
        change = table["gene_id"].map(genes.set_index("gene_id")[contrast]).abs()
        called = (table["p_adjusted"] < FDR) & (table["log2_fold_change"].abs() >= 1.0)
        false = int((called & (change < NO_CHANGE)).sum())
        yield f"unchanged genes, {contrast}", *_within_rate(false, int(called.sum()), "gene(s) called")


def _within_rate(false: int, called: int, what: str) -> tuple[bool, str, str]:
    """Return whether so many false discoveries fit the stated rate (binomial, 99 %)."""
    from scipy import stats

    most = int(stats.binom.ppf(0.99, called, FDR)) if called else 0
    return false <= most, f"{false} of {called} {what}", f"at most {most} (false discovery rate {FDR:.0%})"


def _check_fusions(truth: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> Iterator[Check]:
    """Check that every carrier of every planted fusion is found, and the drivers named."""
    if "fusions/events" not in tables:
        yield "carriers of planted fusions", False, "no fusions", "all"
        return
    events = tables["fusions/events"]
    called: dict[str, set[str]] = {}
    for sample, names in zip(events["sample"], events["names"], strict=True):
        called.setdefault(sample, set()).update(str(names).split(","))
    planted = [(s, f"{f['gene1']}::{f['gene2']}") for f in truth["fusions"] for s in f["samples"]]
    missed = [f"{name} in {sample}" for sample, name in planted if name not in called.get(sample, set())]
    yield "carriers of planted fusions", not missed, f"{len(planted) - len(missed)} of {len(planted)}", "all"
    drivers = events[events["driver_class"] != ""]
    patients = set(drivers.loc[drivers["names"].str.contains("ETV6::RUNX1"), "patient"])
    expected = set(truth["etv6_runx1"])
    yield (
        "ETV6::RUNX1 as driver",
        patients == expected,
        f"{len(patients)} patients",
        f"{len(expected)} patients",
    )
    risk = tables.get("fusions/pairs_by_risk")
    least = float(risk["p_adjusted"].min()) if risk is not None and len(risk) else float("nan")
    yield "fusions and risk", not least < FDR, f"least adjusted p {least:.2g}", "none is planted"


def _check_published(tables: Mapping[str, pd.DataFrame]) -> Iterator[Check]:
    """Check that the paper's sixteen p-values come out to the printed digits."""
    table = tables.get("fusions/genes_by_timepoint")
    if table is None:
        yield "the paper's p-values", False, "no fusions", f"{len(PUBLISHED_P)} of {len(PUBLISHED_P)}"
        return
    found = table.set_index("feature")["chi2_p"]
    agreeing = [
        gene
        for gene, p in PUBLISHED_P.items()
        if gene in found and abs(round(float(found[gene]), len(str(p).split(".")[1])) - p) < 1e-9
    ]
    text = f"{len(agreeing)} of {len(PUBLISHED_P)}"
    others = ", ".join(sorted(set(PUBLISHED_P) - set(agreeing)))
    yield (
        "the paper's p-values",
        not others,
        f"{text}; not {others}" if others else text,
        "all, to their digits",
    )


def _check_causes(truth: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> Iterator[Check]:
    """Check what goes with high risk and what does not."""
    baseline = tables["patients/baseline_by_risk"].dropna(subset="p_value").set_index("variable")["p_value"]
    for name in truth["associated_with_high_risk"]:
        if name in baseline:
            p = float(baseline[name])
            yield f"{name} goes with risk", p < FDR, f"p {p:.2g}", f"p < {FDR}"
    quiet = [name for name in truth["not_associated_with_high_risk"] if name in baseline]
    least = min((float(baseline[name]) for name in quiet), default=1.0)
    yield (
        "nothing else goes with risk",
        least > FDR / max(len(quiet), 1),
        f"least p {least:.2g}",
        (f"p > {FDR}/{len(quiet)} of {', '.join(quiet)}"),
    )
