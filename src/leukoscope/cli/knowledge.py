"""`leukoscope knowledge`: what the reports know, and whether it is as it was shipped."""

from __future__ import annotations

import argparse

EXAMPLE = """example:
  leukoscope knowledge list
  leukoscope knowledge check
"""


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb ``knowledge``."""
    parser = verbs.add_parser(
        "knowledge",
        help="list the shipped knowledge, or check it",
        description="The tables of knowledge that reports draw on: their release, origin and checksums.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser(
        "list",
        help="print file, date, licence and title",
        description="Print the release, then each file with its date, licence and title.",
        epilog="example:\n  leukoscope knowledge list",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    listing.set_defaults(run=run_list)
    check = actions.add_parser(
        "check",
        help="compare checksums, contracts and citations",
        description="Compare every file with its checksum and contract, and every citation with the references.",
        epilog="example:\n  leukoscope knowledge check",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.set_defaults(run=run_check)


def run_list(args: argparse.Namespace) -> None:
    """Print what is shipped."""
    from leukoscope.knowledge import provenance

    told = provenance()
    print(f"release {told.pop('release')}")
    for name, entry in sorted(told.items()):
        print(f"{name}\t{entry['made']}\t{entry['licence']}\t{entry['title']}")


def run_check(args: argparse.Namespace) -> None:
    """Check, and name what is wrong."""
    from leukoscope.errors import ReferenceDataError
    from leukoscope.knowledge.checks import problems

    found = problems()
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise ReferenceDataError(f"knowledge: {found[0]}{more}.")
    print("knowledge: every checksum, contract and citation holds.")
