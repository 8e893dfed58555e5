"""Score `leukoscope deletions` on simulated reads with deletions planted in IKZF1, PAX5 and ERG.

Every sample gets one deletion in each of the three genes (named ones of IKZF1 at random) in 5 to 100 % of the
gene's transcripts; as many samples have none.  Reads go through STAR.  Usage:
``python benchmarks/deletions.py --reference REF --outdir D [--samples 6] [--pairs 100000]`` where REF was built
from a simulated genome (``leukoscope demo`` leaves one).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd

from leukoscope.tables.deletions import DELETIONS
from leukoscope.variants.deletions import SPLICING

GENES = ("IKZF1", "PAX5", "ERG")


def call_sample(
    reference: Path, outdir: Path, seed: int, pairs: int, *, events: bool
) -> tuple[dict, pd.DataFrame]:
    """Simulate, align and call one sample; return its truth and its calls."""
    leukoscope = [sys.executable, "-m", "leukoscope"]
    simulate = ["simulate", "reads", "--outdir", outdir, "--pairs", pairs, "--seed", seed, "--sample", "s"]
    simulate += [
        "--fasta",
        reference / "genome.fa",
        "--gtf",
        reference / "annotation.gtf",
        "--support",
        3,
        60,
    ]
    simulate += ["--events", "intragenic_deletion", "--per-class", 3] if events else ["--negative"]
    run([*leukoscope, *simulate])
    star = ["STAR", "--genomeDir", reference / "star", "--readFilesCommand", "zcat", "--outSAMtype", "None"]
    star += ["--readFilesIn", outdir / "s_R1.fastq.gz", outdir / "s_R2.fastq.gz", "--twopassMode", "Basic"]
    run([*star, "--outFileNamePrefix", f"{outdir}/"])
    called = [
        "deletions",
        outdir / "SJ.out.tab",
        "--reference",
        reference,
        "--output",
        outdir / "deletions.tsv",
    ]
    run([*leukoscope, *called])
    return json.loads((outdir / "truth.json").read_text()), DELETIONS.read(outdir / "deletions.tsv")


def run(command: list[object]) -> None:
    """Run a program silently."""
    subprocess.run(
        [str(word) for word in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def score(truth: dict, calls: pd.DataFrame, sample: str) -> list[dict[str, object]]:
    """Return a row for every planted deletion, and one for every call in a gene without one."""
    rows: list[dict[str, object]] = []
    detected = calls[calls["status"] == "detected"]
    planted = {event["gene1"]: event for event in truth["events"] if event["gene1"] in GENES}
    for gene, event in planted.items():
        own = detected[detected["gene"] == gene]
        low, high = sorted((event["breakpoint1"], event["breakpoint2"]))
        exact = own[own["intron"] == f"{event['contig1']}:{low + 1}-{high - 1}"]
        name = f"{exact['deletion'].iloc[0]} {exact['name'].iloc[0]}" if len(exact) else ""
        told = (
            "other"
            if len(exact) and exact["reason"].iloc[0] == SPLICING
            else "known"
            if len(exact)
            else "missed"
        )
        rows.append({"sample": sample, "gene": gene, "planted": True, "fragments": len(event["junction_fragments"]),
                     "called": told, "deletion": name, "share": exact["share"].mean()})  # fmt: skip
    rows += [
        {"sample": sample, "gene": call["gene"], "planted": False, "fragments": call["reads"],
         "called": "false", "deletion": call["deletion"], "share": call["share"]}
        for call in detected[~detected["gene"].isin(planted)].to_dict("records")
    ]  # fmt: skip
    return rows


def main() -> None:
    """Print every planted deletion and every false call."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", type=Path, required=True)
    parser.add_argument("--outdir", type=Path, required=True)
    parser.add_argument("--samples", type=int, default=6)
    parser.add_argument("--pairs", type=int, default=100_000)
    args = parser.parse_args()
    rows: list[dict[str, object]] = []
    for number in range(args.samples):
        for events in (True, False):
            name = f"{'deleted' if events else 'normal'}{number + 1}"
            truth, calls = call_sample(
                args.reference, args.outdir / name, number + 1, args.pairs, events=events
            )
            rows += score(truth, calls, name)
    frame = pd.DataFrame(rows)
    print(frame.round(2).to_string(index=False))
    planted = frame[frame["planted"]]
    without = 2 * args.samples * len(GENES) - len(planted)
    found = (planted["called"] != "missed").sum()
    print(
        f"{found} of {len(planted)} planted deletions called; {(~frame['planted']).sum()} calls in {without} others"
    )


if __name__ == "__main__":
    main()
