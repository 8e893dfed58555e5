"""Text files of other people: plain or packed, with or without a byte-order mark, whole or damaged."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from leukoscope.errors import InputError


@contextmanager
def open_text(path: Path, what: str = "text file") -> Iterator[IO[str]]:
    """Open a plain or gzipped text file for reading; the content tells which it is.

    Parameters
    ----------
    path
        The file, in UTF-8; line ends are left as they are.
    what
        What it should be, for the error text.

    Raises
    ------
    InputError
        If the file is missing; and, while it is read, if it is no text, damaged, or no table to pandas.
    """
    from pandas.errors import EmptyDataError, ParserError

    try:
        with path.open("rb") as raw:  # once: a pipe has no second time
            plain = gzip.GzipFile(fileobj=raw) if raw.peek(2)[:2] == b"\x1f\x8b" else raw
            with io.TextIOWrapper(cast("IO[bytes]", plain), encoding="utf-8-sig", newline="") as source:
                yield source
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file.") from error
    except IsADirectoryError as error:
        raise InputError(f"{path}: is a folder, not a file.") from error
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile, zlib.error, ParserError, EmptyDataError) as error:
        told = " ".join(str(error).split()).rstrip(".")
        raise InputError(f"{path.name}: not a readable {what} ({told}).") from error


def read_names(path: Path) -> list[str]:
    """Return the names of a list, one a line; what follows a tab is left out."""
    with open_text(path, "list of names") as source:
        return [name for name in (line.split("\t")[0].strip() for line in source) if name]
