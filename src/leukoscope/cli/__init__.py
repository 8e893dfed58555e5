"""The command line: parse, one library call, write.

Each module of this package adds the verbs of one subject with ``add_commands(verbs)``; a verb's
function takes the parsed arguments and returns ``None`` or an exit status.  Heavy imports stand
inside those functions, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import atexit
import errno
import gc
import importlib
import os
import pkgutil
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from leukoscope.errors import LeukoscopeError
from leukoscope.publishing import refuse_unwritable
from leukoscope.version import RESEARCH_USE, __version__

PANEL = "fusions panel"  # a verb of two words: 'fusions' itself takes a file


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        """Print one line to standard error and leave with status 2."""
        self.exit(2, f"{self.prog}: {message}. See '{self.prog} --help'.\n")


def at_least(least: int) -> Callable[[str], int]:
    """Return what reads an option that is a whole number and not below `least`."""

    def whole_number(text: str) -> int:
        if not re.fullmatch(r"[+-]?\d+", text):
            raise argparse.ArgumentTypeError(f"'{text}' is no whole number")
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"{text} is below {least}")
        return int(text)

    return whole_number


def between(low: float, high: float = sys.float_info.max) -> Callable[[str], float]:
    """Return what reads an option that is a number from `low` to `high`."""

    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"'{text}' is no number") from None
        if not low <= value <= high:
            to = f" to {high:g}" if high < sys.float_info.max else " on"
            raise argparse.ArgumentTypeError(f"{text} is not a number from {low:g}{to}")
        return value

    return number


def share(text: str) -> float:
    """Read an option that is a part of a whole: above 0, at most 1."""
    part = between(0, 1)(text)
    if part == 0:
        raise argparse.ArgumentTypeError("nothing is left of a share of 0")
    return part


def build_parser() -> Parser:
    """Return the parser with every verb of the package."""
    parser = Parser(
        prog="leukoscope",
        description="Read the RNA of a child's leukaemia: what it is, why it may resist treatment, what to try.",
        epilog=f"Start with 'leukoscope demo' or 'leukoscope doctor'. {RESEARCH_USE}",
    )
    parser.add_argument("--version", action="version", version=f"leukoscope {__version__}")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        importlib.import_module(f"{__name__}.{module.name}").add_commands(verbs)
    return parser


def _refuse_unwritable(args: argparse.Namespace) -> None:
    """Refuse an output that cannot be written before the work is done, not after."""
    for name in ("output", "discarded", "outdir"):
        given = getattr(args, name, None)
        for path in given if isinstance(given, list) else [given]:
            if isinstance(path, Path):
                refuse_unwritable(path, folder=name == "outdir")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    0 done; 2 usage or input that the user can mend; 3 a missing or altered reference or tool;
    4 the quality gate failed (the report is still written); 1, with a traceback, a bug.
    """
    # OpenBLAS's threads wait by spinning: on our small matrices, and beside other jobs, they only cost.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Imports make several 100,000 objects that stay: looking for cycles among them takes a fifth of the start-up.
    gc.set_threshold(500_000)
    # At its end Python would look through all of them several times more, for 0.2 s: what is frozen goes unseen.
    atexit.register(gc.freeze)
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:2] == PANEL.split():
        words[:2] = [PANEL]
    try:
        args = build_parser().parse_args(words)
        _refuse_unwritable(args)
        return args.run(args) or 0
    except LeukoscopeError as error:
        print(f"leukoscope: {error}", file=sys.stderr)
        return error.exit_status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        again = " Started again it goes on where it stopped." if "run" in words[:1] else ""
        print(f"leukoscope: interrupted.{again}", file=sys.stderr)
        return 130
    except OSError as error:
        if error.filename is None and error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        where = "" if error.filename is None else f"{error.filename}: "
        print(f"leukoscope: {where}{error.strerror}.", file=sys.stderr)
        return 2
