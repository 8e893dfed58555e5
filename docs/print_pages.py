"""Print the two pages that follow from the code: the data model and the command reference."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from leukoscope.cli import build_parser
from leukoscope.tables import Table, contracts

HERE = Path(__file__).parent


def data_model() -> str:
    """Return the page of every table contract."""
    parts = [
        "# Data model\n",
        "Every table is tab-separated UTF-8 with one header line. Columns stand in this order; rows are sorted",
        "by the key. Columns marked *optional* may be absent. How a missing value is written stands with each table.",
        "This page is printed from `leukoscope.tables` by `make docs`.\n",
    ]
    return "\n".join([*parts, *(_contract(table) for table in contracts())])


def _contract(table: Table) -> str:
    key = ", ".join(f"`{name}`" for name in table.key) or "none: the order of the rows has a meaning"
    own = " Columns of your own are kept." if table.open else ""
    lines = [
        f"## {table.name} (version {table.version})\n",
        f"Key: {key}. Missing: `{table.missing}`.{own}\n",
        "| column | kind | unit | meaning |",
        "| --- | --- | --- | --- |",
    ]
    for column in table.columns:
        optional = " *(optional)*" if column.optional else ""
        meaning = column.meaning.replace("|", "\\|")
        lines.append(f"| `{column.name}` | {column.kind} | {column.unit} | {meaning}{optional} |")
    return "\n".join(lines) + "\n"


def commands() -> str:
    """Return the page of every command's help."""
    parts = ["# Commands\n", "Printed from the command line itself by `make docs`.\n"]
    parts += [
        f"## {parser.prog}\n\n```text\n{parser.format_help().rstrip()}\n```\n"
        for parser in _leaves(build_parser())
    ]
    return "\n".join(parts)


def _leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    children = [
        child
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for child in action.choices.values()
    ]
    if not children or parser.get_default("run") is not None:
        yield parser
    for child in children:
        yield from _leaves(child)


def pages() -> dict[str, str]:
    """Return file name and text of each printed page."""
    os.environ["COLUMNS"] = "100"
    return {"data-model.md": data_model(), "commands.md": commands()}


if __name__ == "__main__":
    for name, text in pages().items():
        (HERE / name).write_text(text, encoding="utf-8")
