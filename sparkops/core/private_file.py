"""Open files of a project's state, which may hold data: readable by their user only, never through a symbolic link."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from sparkops.core.bounded_file import read_bounded

# Modes of files and folders that only their user may read.
_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700
# Mode of other folders: no user of another group may write into them, whatever the umask.
_SHARED_FOLDER = 0o775


def open_private(path: Path, flags: int) -> int:
    """Return the descriptor of a regular file; one that is created is readable and writable by its user only.

    Args:
        path: The file. A symbolic link in its place is refused, because it may lead to any file.
        flags: Flags of `os.open`.

    Raises:
        OSError: It cannot be opened, or is no regular file.
    """
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, _PRIVATE_FILE)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "It is a symbolic link", str(path)) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "It is no regular file", str(path))
    return descriptor


def read_private(path: Path, limit: int) -> bytes:
    """Return the content of a regular file of the state; see `open_private`.

    Args:
        path: The file. A symbolic link in its place is refused.
        limit: Largest number of bytes.

    Raises:
        OSError: It cannot be read, is no regular file, or is larger.
    """
    with os.fdopen(open_private(path, os.O_RDONLY), "rb") as file:
        return read_bounded(file, path, limit)


def make_private_folder(folder: Path) -> None:
    """Create a folder for this user only, and those above it as `make_folder` does; an existing one is left as it is.

    Raises:
        OSError: It cannot be created.
    """
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)


def make_folder(folder: Path) -> None:
    """Create a folder, and those above it, with the mode of the umask, and never for all users to write.

    Raises:
        OSError: It cannot be created.
    """
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=_SHARED_FOLDER, exist_ok=True)


def locate_user_cache() -> Path:
    """Return the folder of this user's caches: `$XDG_CACHE_HOME/sparkops`, by default `~/.cache/sparkops`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sparkops"
