"""Run the benchmarks and print their lines, one section each: ``python -m benchmarks [NAME ...]`` (``make bench``).

Each is a program of its own with its own options; here they run at a moderate size.  What needs data that is not
there is left out and said so.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "shared" / "data" / "expression"

#: name, options, whether they need the public expression data
RUNS: dict[str, tuple[list[str], bool]] = {
    "clustering": ([], False),
    "clustering_identity": (["--algorithms", "hc", "pam", "--seeds", "1"], False),
    "enrichment": (["--rounds", "2"], False),
    "scores": ([], False),
    "network": (["--genes", "10000"], False),
    "differential": (["--rounds", "1"], True),
    "subtyping": ([], True),
    "cohort": ([], False),
    "identity": ([], False),
    "fusions_speed": (["--human"], False),
}


def main() -> None:
    """Run what is named, or everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *RUNS], metavar="NAME", help=", ".join(RUNS))
    parser.add_argument("--data", type=Path, default=DATA, help="public expression data")
    args = parser.parse_args()
    failed = []
    for name in args.names or RUNS:
        options, needs_data = RUNS[name]
        print(f"\n== {name} {' '.join(options)}", flush=True)
        if needs_data and not args.data.is_dir():
            print(f"left out: no folder {args.data} (--data)")
            continue
        command = [sys.executable, str(HERE / f"{name}.py"), *options]
        run = subprocess.run([*command, *(["--data", str(args.data)] if needs_data else [])], check=False)
        failed += [name] if run.returncode else []
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
