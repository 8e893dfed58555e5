"""`leukoscope report`: the report of a finished diagnosis, in the forms that readers want."""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLE = """example:
  leukoscope report out/patients/P1/diagnosis.json --outdir P1
"""


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb ``report``."""
    parser = verbs.add_parser(
        "report",
        help="write the report of a diagnosis as HTML",
        description="Write the report of a diagnosis.json: HTML.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("diagnosis", type=Path, help="diagnosis.json of a patient")
    parser.add_argument("--outdir", type=Path, required=True, metavar="D", help="folder to write to")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Write the report."""
    from leukoscope.publishing import publish_text
    from leukoscope.report.patient import patient_report

    publish_text(args.outdir / "report.html", patient_report(read_document(args.diagnosis)))


def read_document(path: Path) -> str:
    """Return the text of a diagnosis.

    Raises
    ------
    InputError
        If the file is missing or is not text.
    """
    from leukoscope.errors import InputError

    try:
        return path.read_bytes().decode()
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name}: not a text file, so not a diagnosis.json.") from error
