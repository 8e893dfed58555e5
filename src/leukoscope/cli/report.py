"""`leukoscope report`, `verify` and `compare`: what can be done with a finished diagnosis or cohort."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.cli import at_least

if TYPE_CHECKING:
    from leukoscope.diagnosis.comparison import Change

REPORT = """example:
  leukoscope report out/patients/P1/diagnosis.json --outdir P1 --pdf --xlsx
  leukoscope report report/cohort.json --outdir report --figures svg,pdf,png
"""
VERIFY = """example:
  leukoscope verify report.html diagnosis.json
  leukoscope verify report/report.html report/cohort.json
"""
COMPARE = """example:
  leukoscope compare 2026-03/diagnosis.json 2026-11/diagnosis.json
  leukoscope compare 2026-03/cohort.json 2026-11/cohort.json
"""


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verbs ``report``, ``verify`` and ``compare``."""
    report = _verb(verbs, "report", "write the report of a patient or a cohort: HTML, PDF, XLSX", REPORT)
    report.add_argument(
        "document", type=Path, help="diagnosis.json of a patient, or cohort.json beside its tables"
    )
    report.add_argument("--outdir", type=Path, required=True, metavar="D", help="folder to write to")
    report.add_argument("--pdf", action="store_true", help="also print report.pdf (needs Chromium)")
    report.add_argument("--xlsx", action="store_true", help="also write report.xlsx")
    report.add_argument(
        "--figures",
        default="svg",
        metavar="LIST",
        help="of a cohort: formats of the figures, svg,pdf,png (svg)",
    )
    report.add_argument(
        "--threads", type=at_least(1), default=1, metavar="N", help="of a cohort: processes that draw"
    )
    report.set_defaults(run=run_report)
    verify = _verb(
        verbs, "verify", "check that a report was made from a diagnosis or cohort and not altered", VERIFY
    )
    verify.add_argument("report", type=Path, help="report.html")
    verify.add_argument(
        "diagnosis", type=Path, help="diagnosis.json or cohort.json that it should be made from"
    )
    verify.set_defaults(run=run_verify)
    compare = _verb(
        verbs,
        "compare",
        "tell what differs between two diagnoses of one patient, or two analyses of a cohort",
        COMPARE,
    )
    compare.add_argument("before", type=Path, help="the older diagnosis.json or cohort.json")
    compare.add_argument("after", type=Path, help="the newer one")
    compare.set_defaults(run=run_compare)


def _verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, epilog: str
) -> argparse.ArgumentParser:
    return verbs.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def run_report(args: argparse.Namespace) -> None:
    """Write the report in the forms that were asked for."""
    text = _document(args.document)
    if _is_cohort(text):
        _report_cohort(args)
    else:
        _report_patient(text, args)


def _is_cohort(text: str) -> bool:
    import json

    from leukoscope.report.cohort_document import is_cohort

    try:
        return is_cohort(json.loads(text))
    except json.JSONDecodeError:
        return False  # reading it as a diagnosis says what is wrong


def figure_formats(text: str) -> tuple[str, ...]:
    """Return the formats of figures that a comma-separated list names.

    Raises
    ------
    InputError
        If one is unknown.
    """
    from leukoscope.errors import InputError, quote_some
    from leukoscope.report.figure_files import FORMATS

    formats = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    unknown = [one for one in formats if one not in FORMATS]
    if unknown:
        raise InputError(f"--figures: unknown format(s) {quote_some(unknown)}; known: {', '.join(FORMATS)}.")
    return formats


def _report_cohort(args: argparse.Namespace) -> None:
    from leukoscope.publishing import published
    from leukoscope.report.cohort_document import read_document, write_document
    from leukoscope.report.cohort_folder import write_report
    from leukoscope.report.pdf import print_pdf
    from leukoscope.workers import open_workers

    document = read_document(args.document)
    with open_workers(args.threads, ["leukoscope.report.cohort_figures"]) as each:
        if args.document.parent.resolve() != args.outdir.resolve():
            write_document(document, args.outdir, each=each)
        page = write_report(document, args.outdir, formats=figure_formats(args.figures), each=each)
    if args.pdf:
        with published(args.outdir / "report.pdf") as part:
            part.write_bytes(print_pdf(page.read_text(encoding="utf-8")))


def _report_patient(document: str, args: argparse.Namespace) -> None:
    from leukoscope.diagnosis import from_json
    from leukoscope.publishing import publish_text, published
    from leukoscope.report.patient import patient_report
    from leukoscope.report.pdf import print_pdf
    from leukoscope.report.workbook import workbook

    page = patient_report(document, source=args.document.name)
    forms = {"report.pdf": print_pdf(page)} if args.pdf else {}
    forms |= {"report.xlsx": workbook(from_json(document))} if args.xlsx else {}
    publish_text(args.outdir / "report.html", page)
    for name, content in forms.items():
        with published(args.outdir / name) as part:
            part.write_bytes(content)


def run_verify(args: argparse.Namespace) -> None:
    """Compare the report with the one that the document gives."""
    from leukoscope.errors import ReferenceDataError

    document, page = _document(args.diagnosis), _document(args.report)
    name, source = args.report.name, args.diagnosis.name
    if _is_cohort(document):
        from leukoscope.report.cohort_document import read_document
        from leukoscope.report.cohort_folder import is_page_of

        if not is_page_of(page, read_document(args.diagnosis)):
            raise ReferenceDataError(
                f"{name}: altered, or made from another document than {source} or by another version of leukoscope."
            )
        print(f"{name}: unaltered, made from {source} and its tables")
        return
    from leukoscope.diagnosis import report_id
    from leukoscope.report.patient import named_report, patient_report

    identifier = report_id(document)
    if named_report(page) != identifier:
        raise ReferenceDataError(f"{name}: made from another document than {source}.")
    if page != patient_report(document):
        raise ReferenceDataError(f"{name}: altered, or made by another version of leukoscope.")
    print(f"{name}: unaltered, report {identifier}")


def run_compare(args: argparse.Namespace) -> None:
    """Print one line per statement that differs."""
    from leukoscope.errors import InputError

    texts = [_document(path) for path in (args.before, args.after)]
    cohorts = [_is_cohort(text) for text in texts]
    if cohorts[0] != cohorts[1]:
        raise InputError("compare: one is a cohort, the other a patient.")
    changes = _cohort_changes(args) if all(cohorts) else _patient_changes(texts, args)
    for change in changes:
        print(f"{change.subject}\t{change.name}\t{change.before or 'absent'}\t{change.after or 'absent'}")


def _cohort_changes(args: argparse.Namespace) -> tuple[Change, ...]:
    from leukoscope.report.cohort_comparison import compare_cohorts
    from leukoscope.report.cohort_document import read_document

    return compare_cohorts(read_document(args.before), read_document(args.after))


def _patient_changes(texts: list[str], args: argparse.Namespace) -> tuple[Change, ...]:
    from leukoscope.diagnosis import from_json
    from leukoscope.diagnosis.comparison import compare_diagnoses
    from leukoscope.errors import InputError

    before, after = (
        from_json(text, source=path.name) for text, path in zip(texts, (args.before, args.after), strict=True)
    )
    if before.patient != after.patient:
        raise InputError(f"compare: two patients, '{before.patient}' and '{after.patient}'.")
    return compare_diagnoses(before, after)


def _document(path: Path) -> str:
    from leukoscope.errors import InputError

    try:
        return path.read_bytes().decode()
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name}: not a text file.") from error
