"""Read files that others may have written: regular files only, of a bounded size."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

# Bytes of a file that a person writes, such as one of the configuration.
MAX_WRITTEN_BY_HAND: Final = 10 << 20


def read_bytes(path: Path, limit: int) -> bytes:
    """Return the content of a regular file; a link to one is followed.

    A pipe or a device is never waited for.

    Args:
        path: The file.
        limit: Largest number of bytes.

    Raises:
        OSError: It cannot be read, is no regular file, or is larger.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        if stat.S_ISDIR(facts.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(errno.EINVAL, "Not a regular file", str(path))
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"Larger than {limit:,} bytes", str(path))
    return content


def read_text(path: Path, limit: int) -> str:
    """Return the text of a regular file in UTF-8; see `read_bytes`.

    Raises:
        OSError: It cannot be read, is no regular file, or is larger.
        UnicodeDecodeError: It is not UTF-8.
    """
    return read_bytes(path, limit).decode("utf-8")
