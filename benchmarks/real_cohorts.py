"""Two real cohorts through ``leukoscope cohort``: which groups appear, and whether subtypes show what is known.

    python benchmarks/real_cohorts.py allsorts20 DIR [--data ../shared/data/expression]
    python benchmarks/real_cohorts.py nordic_gse227832 DIR [OPTIONS OF leukoscope cohort]

``allsorts20`` are 20 B-ALL with counts: every subtype is compared with the others too.
``nordic_gse227832`` are 319 ALL, 8 of them relapses, with log2 CPM of 2,897 genes.  The published subtypes stand in
the sheet only to be compared with: groups are made without them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd

DATA = Path(__file__).parents[2] / "shared" / "data" / "expression"


def main() -> None:
    """Write the sheet of a cohort, analyse it, print what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=SHEETS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, default=DATA)
    args, further = parser.parse_known_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    options = SHEETS[args.name](args.data / args.name, args.folder)
    report = args.folder / "report"
    command = ["cohort", str(args.folder / "samples.csv"), "--outdir", str(report), *options, *further]
    subprocess.run([sys.executable, "-m", "leukoscope", *command], check=True, stderr=subprocess.DEVNULL)
    show(report)


def allsorts20(data: Path, folder: Path) -> list[str]:
    """Write 20 onset samples with counts, and a contrast of each subtype with the others."""
    sheet = pd.read_csv(data / "labels.tsv", sep="\t", dtype=str)
    sheet = sheet.assign(
        patient=sheet["sample"], timepoint="onset", counts=(data / "counts.tsv.gz").resolve()
    )
    rows = []
    for subtype in sorted(set(sheet["subtype"])):
        name = "is_" + "".join(c if c.isalnum() else "_" for c in subtype).lower()
        sheet[name] = (sheet["subtype"] == subtype).map({True: "yes", False: "no"})
        rows.append((subtype, name, "no", "yes", "", ""))
    sheet.to_csv(folder / "samples.csv", index=False)
    columns = ["id", "variable", "reference", "target", "blocking", "subset"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "contrasts.csv", index=False)
    return ["--contrasts", str(folder / "contrasts.csv")]


def nordic_gse227832(data: Path, folder: Path) -> list[str]:
    """Write the leukaemias, relapses beside the onset of the same patient; the normal samples are left out."""
    labels = pd.read_csv(data / "labels.tsv", sep="\t", dtype=str, keep_default_na=False)
    labels = labels[labels["cohort"] != "normal"]
    later = labels["sample"].str.endswith("_r")
    sheet = pd.DataFrame(
        {
            "sample": labels["sample"],
            "patient": labels["sample"].str.removesuffix("_r"),
            "timepoint": later.map({True: "relapse", False: "onset"}),
            "subtype": labels["final"],
            "karyotype": labels["karyotype"],
        }
    )
    sheet.to_csv(folder / "samples.csv", index=False)
    return ["--tpm", str(data / "logcpm.tsv.gz")]


#: what the literature expects of a subtype: gene sets and genes (sources in docs/cohort.md)
EXPECTED = {
    "Ph": ("GO:0019221", "GO:0007259"),
    "TCF3-PBX1": ("IGLL1", "VPREB1", "BCL6"),
    "ETV6-RUNX1": ("GO:1903034",),
}
SHEETS = {"allsorts20": allsorts20, "nordic_gse227832": nordic_gse227832}


def show(report: Path) -> None:
    """Print the groups, what is absent and why, and what is known of the subtypes."""
    found = json.loads((report / "cohort.json").read_text())
    groups, subtypes = found["groups"], found["subtypes"]
    print(f"{len(groups['members'])} samples in {groups['k']} groups")
    print(f"adjusted Rand index with the published subtypes: {subtypes['agreement_with_stated']:.2f}")
    called = subtypes["agreement_with_called"]
    print(
        f"adjusted Rand index with the called subtypes: {'none' if called is None else format(called, '.2f')}"
    )
    for chapter in ("fusions", "contrasts", "clusters", "network", "courses", "batch"):
        absent = (
            [one["absent"] for one in found["contrasts"]]
            if chapter == "contrasts"
            else [found[chapter]["absent"]]
        )
        print(f"{chapter}: {'; '.join(sorted(set(absent) - {''})) or 'there'}")
    for contrast, looked in EXPECTED.items():
        folder = report / "tables" / "contrasts" / contrast
        for name in looked if folder.exists() else ():
            for direction in ("up", "down") if name.startswith("GO:") else ("",):
                print(f"{contrast}: {_said(folder, name, direction)}")


def _said(folder: Path, name: str, direction: str) -> str:
    """Return what a contrast says of a gene set (by direction) or of a gene."""
    path = folder / (f"enriched_{direction}.tsv" if direction else "differential.tsv")
    table = pd.read_csv(path, sep="\t", low_memory=False).set_index("set" if direction else "symbol")
    if name not in table.index:
        return f"{name} is not there"
    row = table.loc[name]
    shown = (
        f"{row['count']} of {row['size']} genes {direction}"
        if direction
        else f"log2 {row['log2_fold_change']:+.1f}"
    )
    return f"{row['description'] if direction else name}, {shown}, adjusted p {row['p_adjusted']:.1e}"


if __name__ == "__main__":
    main()
