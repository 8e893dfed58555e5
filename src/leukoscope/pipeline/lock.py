"""One owner for a folder: a lock that the kernel frees when its holder dies."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from leukoscope.errors import InputError


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock file `path`, which names its holder, for as long as the body runs.

    The lock is the kernel's (flock): a holder that was killed holds nothing.  A file system
    that does not carry locks between machines is met by the name in the file: a holder on
    another machine is believed until the file is removed.

    Raises
    ------
    InputError
        If another process holds the lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _opened(path) as handle:
        handle.truncate(0)
        handle.write(f"{os.getpid()}@{socket.gethostname()}")
        handle.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _opened(path: Path) -> IO[str]:
    """Open and lock the file; again if its last holder removed it meanwhile."""
    while True:
        handle = path.open("a+", encoding="utf-8")
        handle.seek(0)
        holder, _, host = handle.read().strip().partition("@")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            raise InputError(
                f"{path.parent}: in use by process {holder} on {host or 'this machine'}."
            ) from None
        if host and host != socket.gethostname():
            handle.close()
            raise InputError(
                f"{path.parent}: in use by process {holder} on {host}. If it is no more, remove {path.name} there."
            )
        if path.exists() and path.stat().st_ino == os.fstat(handle.fileno()).st_ino:
            return handle
        handle.close()
