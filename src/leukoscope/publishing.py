"""Publish files by rename: a reader sees the old file or the whole new one, never a part."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DISK = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}
)  #: told without a file's name
_STREAMS = frozenset({Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd")})
_LITTLE = 1 << 20  #: bytes; a writer that needs less is no longer writing


def is_full(folder: Path) -> bool:
    """Tell whether the disk of a folder has so little room that what was written last may lack its end."""
    return shutil.disk_usage(folder).free < _LITTLE


@contextmanager
def published(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes the place of `path` on success.

    The folder of `path` is made if it is missing.  If the body raises, nothing appears at
    `path` and the temporary file is removed; an OSError of a full or failing disk names `path`.
    A pipe or device, such as ``/dev/stdout``, is written to as it is.

    Examples
    --------
    >>> target = Path(tempfile.mkdtemp()) / "a.txt"
    >>> with published(target) as part:
    ...     _ = part.write_text("whole")
    >>> target.read_text()
    'whole'
    """
    if _is_stream(path):
        yield path
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    try:
        handle, name = tempfile.mkstemp(prefix=".part-", suffix="-" + path.name, dir=path.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    os.close(handle)
    part = Path(name)
    try:
        yield part
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    except OSError as error:
        if error.errno in _DISK or (error.errno is None and is_full(path.parent)):
            number = error.errno or errno.ENOSPC
            raise OSError(number, os.strerror(number), str(path)) from error
        raise
    finally:
        part.unlink(missing_ok=True)


def _is_stream(path: Path) -> bool:
    """Tell whether a path is a pipe or device, or a name of one that the system keeps."""
    return path.parent in _STREAMS or (path.exists() and not path.is_file() and not path.is_dir())


def refuse_unwritable(path: Path, *, folder: bool = False) -> None:
    """Raise the OSError, naming the path, that writing a file or into a folder would end with.

    Parameters
    ----------
    path
        What is to be written; what lacks of its folders would be made.
    folder
        Whether it is a folder.
    """
    if not folder and path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    home = path if folder else path.parent
    while not home.exists() and home != home.parent:
        home = home.parent
    if home.is_dir() and not _is_stream(path) and not os.access(home, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, "may not be written to", str(home))


def publish_text(path: Path, text: str) -> None:
    """Write `text` (UTF-8) to `path` as a whole."""
    with published(path) as part:
        part.write_text(text, encoding="utf-8")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
