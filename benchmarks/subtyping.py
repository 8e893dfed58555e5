"""Measure subtype calls on every open cohort, and print the tables of ``docs/subtyping.md``.

    python benchmarks/subtyping.py --data ../shared/data/expression

The Nordic profiles trained the panel expert: for them only the nested cross-validation that
``curation/subtyping_panel.py`` printed is quoted.  The open cohorts are development data: they were
looked at while the caller was built (``docs/subtyping.md``, "What was tried").
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import beta

from leukoscope.expression import express
from leukoscope.knowledge.subtype_models import model_facts
from leukoscope.knowledge.subtype_tables import subtype_knowledge
from leukoscope.subtyping.calling import call_subtypes

KNOWN = subtype_knowledge()
CANONICAL = {
    alias: row.group
    for row in KNOWN.subtypes.itertuples()
    for alias in [row.subtype, *row.aliases.split("|")]
    if alias
}
CANONICAL_COHORTS = ("allsorts20", "diploid_balls_hg38", "gse133499_sciarrillo_gc")


def main() -> None:
    """Print one section per question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    facts = model_facts()["subtype_panel"]
    n, right = facts["n_samples"], round(facts["nested_accuracy"] * facts["n_samples"])
    print(f"Nordic nested cross-validation: {_share(right, n)}\n")
    truths = {name: read_truth(data, name) for name in CANONICAL_COHORTS}
    counts = {name: read_counts(data, name) for name in [*truths, "gse115736_haemopedia_normal"]}
    print("| cohort | against | right |\n|---|---|---|")
    called = {name: _call(frame) for name, frame in counts.items()}
    for name, truth in truths.items():
        got = called[name].reindex(truth.index)
        print(f"| {name} | {truth.name} | {_share(int((got.group == truth).sum()), len(truth))} |")
    normal = called["gse115736_haemopedia_normal"]
    share = _share(int((normal.group == "Normal").sum()), len(normal))
    print(f"| gse115736 | sorted normal cells: no subtype | {share} |")
    _peers(data, called["diploid_balls_hg38"])
    _undifferentiated(counts)
    _myeloid_stand_ins(counts)
    _confusion(called, truths)
    _calibration(called, truths)
    _conflicts(called["gse133499_sciarrillo_gc"], truths["gse133499_sciarrillo_gc"])
    _relapses(data)
    _missing_genes(counts, truths)
    _poor_samples(data, counts, truths)
    _other_laboratories(counts, truths)
    _speed(counts["allsorts20"])


def read_counts(data: Path, name: str) -> pd.DataFrame:
    """Return the counts of a cohort."""
    return pd.read_csv(data / name / "counts.tsv.gz", sep="\t", index_col=0)


def _call(frame: pd.DataFrame) -> pd.DataFrame:
    expression = express(
        frame.to_numpy(np.float64), [str(g) for g in frame.index], list(frame.columns),
        reference=KNOWN.genes, profile=KNOWN.profile,
    )  # fmt: skip
    return call_subtypes(expression, KNOWN).table.set_index("sample")


def read_truth(data: Path, name: str) -> pd.Series:
    """Return the class of the samples whose class is known by other means than ours."""
    if name == "allsorts20":
        labels = pd.read_csv(data / name / "labels.tsv", sep="\t").set_index("sample").subtype
        return labels.map(CANONICAL).rename("published class")
    if name == "diploid_balls_hg38":
        calls = pd.read_csv(data / name / "peer_calls_consensus.tsv", sep="\t").set_index("sample")
        calls = calls[(calls.n_agree == 6) & calls.consensus.isin(CANONICAL)]
        return calls.consensus.map(CANONICAL).rename("unanimous call of six other methods")
    labels = pd.read_csv(data / name / "labels.tsv", sep="\t").set_index("sample")
    truth = pd.Series("", index=labels.index, name="cytogenetics and immunophenotype")
    truth[labels["Diploidy (hyper>51-67 chromosomes)"] == "hyperdiploid"] = "Hyperdiploid"
    truth[labels["ETV6-RUNX1 translocation"] == "ETV6-RUNX1"] = "ETV6 group"
    other = labels["other alterations"].astype(str)
    truth[other.str.contains("BCR-ABL")] = "Ph group"
    truth[other.str.contains("TCF3-PBX1") | labels.Karyotype.astype(str).str.contains(r"t\(1;19\)")] = (
        "TCF3::PBX1"
    )
    truth[labels.Karyotype.astype(str).str.contains(r"trp\(21\)")] = "iAMP21"
    truth[labels.IPT == "T"] = "T-ALL"
    return truth[truth != ""]


def _share(right: int, n: int) -> str:
    """Return right/n with its exact 95 % interval (Clopper-Pearson)."""
    low = beta.ppf(0.025, right, n - right + 1) if right else 0.0
    high = beta.ppf(0.975, right + 1, n - right) if right < n else 1.0
    return f"{right}/{n} = {right / n:.1%} (95 % CI {low:.1%} to {high:.1%})"


def _peers(data: Path, called: pd.DataFrame) -> None:
    """Hold every method against what most of the recorded others say of the 44 diploid B-ALL."""
    methods = ["ALLSorts", "ALLCatchR", "MDALL", "ALLIUM"]
    calls = pd.read_csv(data / "diploid_balls_hg38/peer_calls_consensus.tsv", sep="\t").set_index("sample")
    calls = calls[methods].apply(lambda column: column.map(lambda name: CANONICAL.get(name, name)))
    calls["leukoscope"] = called.group
    print("\n| method | as most of the other peers (2 of 3, for leukoscope 3 of 4) |\n|---|---|")
    for method in calls:
        others = calls[[name for name in methods if name != method]]
        majority = others.mode(axis=1)[0][
            others.apply(lambda row: row.value_counts().max() * 2 > len(row), axis=1)
        ]
        print(
            f"| {method} | {_share(int((calls[method].reindex(majority.index) == majority).sum()), len(majority))} |"
        )


def _b_programme(normal: pd.DataFrame) -> pd.Index:
    """Return the genes of B cells, mature ones and the marker genes: logarithms in, gene identifiers out."""
    b_cells = normal[[name for name in normal if name.startswith(("MemB", "NveB"))]].mean(axis=1)
    myeloid = normal[[name for name in normal if name.startswith(("Mono", "Neut", "Eo"))]].mean(axis=1)
    markers = KNOWN.lineage_markers.loc[KNOWN.lineage_markers.lineage == "B", "gene_id"]
    return b_cells.index[b_cells - myeloid > 1.5].union(markers)


def _log_cpm(counts: pd.DataFrame) -> pd.DataFrame:
    return np.log2(counts / counts.sum() * 1e6 + 1)


def _confident(frame: pd.DataFrame) -> str:
    got = _call(frame.round())
    is_b = ~got.group.isin(["Myeloid", "Normal", "T-ALL"])
    return f"{int((is_b & (got.probability >= 0.7)).sum())}/{len(got)}"


def _undifferentiated(counts: dict[str, pd.DataFrame]) -> None:
    """Take the B programme out of B-ALL: what is left looks like a leukaemia without lineage, and is no B-ALL.

    A stand-in for minimally differentiated AML, of which no open profiles are at hand.
    """
    without = counts["diploid_balls_hg38"].astype(float)
    without[without.index.isin(_b_programme(_log_cpm(counts["gse115736_haemopedia_normal"])))] /= 64
    print(f"\nB-ALL with the B programme divided by 64, still called B-ALL at >= 0.7: {_confident(without)}")


def _myeloid_stand_ins(counts: dict[str, pd.DataFrame]) -> None:
    print("\n| stand-in for AML | called B-ALL at >= 0.7 |\n|---|---|")
    for kind, made in myeloid_stand_ins(counts, 60).items():
        print(f"| {kind} | {_confident(made)} |")


def myeloid_stand_ins(counts: dict[str, pd.DataFrame], n: int) -> dict[str, pd.DataFrame]:
    """Make `n` samples of each kind of blasts, of myeloid cells and of what B-ALL has as a leukaemia."""
    normal = _log_cpm(counts["gse115736_haemopedia_normal"])
    leukaemia = _log_cpm(counts["diploid_balls_hg38"]).reindex(normal.index).dropna()
    normal = normal.loc[leukaemia.index]
    myeloid = normal[[name for name in normal if name.startswith(("Mono.", "Neut", "Eo"))]]
    of_b = normal.index.isin(_b_programme(normal))
    gene_of = KNOWN.genes.drop_duplicates("symbol").set_index("symbol").gene_id
    blast = "MPO AZU1 ELANE PRTN3 CTSG CD33 CEBPA LYZ ANPEP CLEC11A CD34 KIT FLT3 MYB GATA2 SPINK2"
    kinds = {
        "myeloblasts": {blast: 7.5},
        "with HOXA and MEIS1 (KMT2A, NPM1)": {blast: 7.5, "HOXA5 HOXA7 HOXA9 HOXA10 MEIS1 PBX3": 6.5},
        "with CD19, PAX5, CD79A, IGLL1, DNTT (t(8;21))": {
            blast: 7.5, "RUNX1T1": 8.0, "CD19 PAX5 CD79A POU2AF1 IGLL1 VPREB1 DNTT": 5.5,
        },
        "stem cell genes alone (M0)": {"CD34 KIT FLT3 PROM1 MYB GATA2 SPINK2 MECOM BAALC ERG DNTT": 6.5},
    }  # fmt: skip
    rng = np.random.default_rng(1)
    of_kind = {}
    for kind, raised in kinds.items():
        made = {}
        for at in range(n):
            share = rng.uniform(0.3, 0.7)
            background = myeloid.iloc[:, rng.integers(myeloid.shape[1])]
            values = share * leukaemia.iloc[:, rng.integers(leukaemia.shape[1])] + (1 - share) * background
            values[of_b] = background[of_b]
            for symbols, level in raised.items():
                genes = gene_of[symbols.split()]
                values[genes] = np.maximum(values[genes], rng.normal(level, 1.5, len(genes)))
            made[str(at)] = 20 * (2 ** (values + rng.normal(0, 0.5, len(values)) * (values > 0.5)) - 1)
        of_kind[kind] = pd.DataFrame(made).clip(lower=0)
    return of_kind


def _other_laboratories(counts: dict[str, pd.DataFrame], truths: dict[str, pd.Series]) -> None:
    """Change every gene of a cohort by a factor of its own, as another laboratory would, twice."""
    print(
        "| spread of factors (ln) | right | right, at >= 0.7 | normal cells not normal |\n|---|---|---|---|"
    )
    for spread in (0.5, 1.0, 1.4):
        right, sure, sure_right, healthy = 0, 0, 0, 0
        for seed in (1, 2):
            for name, frame in counts.items():
                factor = np.exp(np.random.default_rng(seed).normal(0, spread, len(frame)))
                got = _call(frame.mul(factor, axis=0))
                if name not in truths:
                    healthy += int((got.group != "Normal").sum())
                    continue
                got = got.reindex(truths[name].index)
                is_right, is_sure = got.group == truths[name], got.probability >= 0.7
                right, sure = right + int(is_right.sum()), sure + int(is_sure.sum())
                sure_right += int((is_right & is_sure).sum())
        print(f"| {spread} | {right}/140 | {sure_right}/{sure} | {healthy}/84 |")
    print()


def _confusion(called: dict[str, pd.DataFrame], truths: dict[str, pd.Series]) -> None:
    truth = pd.concat(list(truths.values()))
    got = pd.concat([called[name].group.reindex(t.index) for name, t in truths.items()])
    table = pd.crosstab(
        truth.rename("truth").to_numpy(), got.to_numpy(), rownames=["truth"], colnames=["call"]
    )
    print(f"\n```text\n{table.to_string()}\n```\n")


def _calibration(called: dict[str, pd.DataFrame], truths: dict[str, pd.Series]) -> None:
    rows = pd.concat([called[name].reindex(t.index).assign(truth=t) for name, t in truths.items()])
    print("| probability at least | samples | right |\n|---|---|---|")
    for least in (0.0, 0.5, 0.7, 0.8, 0.9):
        kept = rows[rows.probability >= least]
        print(
            f"| {least} | {len(kept)}/{len(rows)} | {_share(int((kept.group == kept.truth).sum()), len(kept))} |"
        )
    print()


def _conflicts(called: pd.DataFrame, truth: pd.Series) -> None:
    print("| GSE133499 sample | label | RNA | probability | ploidy |\n|---|---|---|---|---|")
    for sample, label in truth.items():
        row = called.loc[sample]
        if row.group != label:
            print(
                f"| {sample} | {label} | {row.group} | {row.probability:.2f} | {row.chromosome_number} chromosomes |"
            )
    print()


def _relapses(data: Path) -> None:
    """Compare Nordic relapses, which trained nothing, with the diagnosis of the same patient, which did."""
    values = pd.read_csv(data / "nordic_gse227832/logcpm.tsv.gz", sep="\t", index_col=0)
    relapses = [name for name in values if name.endswith("_r")]
    called = _call(values[[*relapses, *(name.removesuffix("_r") for name in relapses)]])
    same = sum(called.group[name] == called.group[name.removesuffix("_r")] for name in relapses)
    print(f"Nordic relapses called as their diagnosis: {_share(same, len(relapses))}\n")


def _missing_genes(counts: dict[str, pd.DataFrame], truths: dict[str, pd.Series]) -> None:
    print("| genes kept at random | right |\n|---|---|")
    for share in (1.0, 0.5, 0.25):
        rng = np.random.default_rng(1)
        right = n = 0
        for name, truth in truths.items():
            frame = counts[name][list(truth.index)]
            got = _call(frame[rng.random(len(frame)) < share]).reindex(truth.index)
            right, n = right + int((got.group == truth).sum()), n + len(truth)
        print(f"| {share:.0%} | {_share(right, n)} |")
    print()


def _poor_samples(data: Path, counts: dict[str, pd.DataFrame], truths: dict[str, pd.Series]) -> None:
    """Draw fewer reads, or mix the RNA with that of eight sorted normal samples drawn for each patient."""
    names = pd.read_csv(data / "gene_annotation_ensembl_hg38.tsv.gz", sep="\t").drop_duplicates("gene_name")
    ids = names.set_index("gene_name").gene_id
    lost = KNOWN.genes.gene_id[KNOWN.genes.chromosome.isin(["chr10", "chr20"])]
    normal = counts["gse115736_haemopedia_normal"]
    normal = normal[~normal.index.isin(lost)]  # not a single read there in any sample
    rng = np.random.default_rng(1)

    def drawn(column: pd.Series, reads: float) -> pd.Series:
        return pd.Series(rng.poisson(column / column.sum() * reads), index=column.index)

    def mixed(column: pd.Series, share: float) -> pd.Series:
        if not column.index[0].startswith("ENSG"):
            column = column[column.index.isin(ids.index)].rename(index=ids)
        common = column.index.intersection(normal.index)
        other = normal.loc[common, rng.choice(normal.columns, 8, replace=False)].mean(axis=1)
        mixture = share * column[common] / column[common].sum() + (1 - share) * other / other.sum()
        return (mixture * 2e7).round()

    print(
        "| what is left | right | of these definite or probable | wrong, definite or probable |\n|---|---|---|---|"
    )
    for text, change, amount in (
        ("200,000 reads", drawn, 2e5), ("50,000 reads", drawn, 5e4), ("10,000 reads", drawn, 1e4),
        ("half leukaemia", mixed, 0.5), ("30 % leukaemia", mixed, 0.3), ("15 % leukaemia", mixed, 0.15),
    ):  # fmt: skip
        parts = []
        for name, truth in truths.items():
            poor = counts[name][list(truth.index)].apply(change, args=(amount,))
            parts.append(_call(poor).reindex(truth.index).assign(truth=truth))
        rows = pd.concat(parts)
        right, sure = rows.group == rows.truth, rows.tier.isin(["definite", "probable"])
        wrong = (rows.truth + " as " + rows.group)[sure & ~right].value_counts().to_dict()
        told = ", ".join(f"{n} {group}" for group, n in wrong.items()) or "0"
        print(f"| {text} | {right.sum()}/{len(rows)} | {(right & sure).sum()} | {told} |")
    print()


def _speed(frame: pd.DataFrame) -> None:
    for copies in (1, 200, 1000):
        many = pd.concat([frame.iloc[:, at % 20].rename(f"s{at}") for at in range(copies)], axis=1)
        start, used = time.perf_counter(), time.process_time()
        _call(many)
        print(
            f"{copies} sample(s): {time.perf_counter() - start:.1f} s, {time.process_time() - used:.1f} s of CPU"
        )


if __name__ == "__main__":
    main()
