"""Read files that others may have written: regular files only, of a bounded size."""

from __future__ import annotations

import errno
import io
import json
import os
import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final

_BLOCK: Final = 1 << 20
_SMALL_BLOCK: Final = 1 << 12
# Bytes of a file that a person writes, such as one of the configuration.
MAX_WRITTEN_BY_HAND: Final = 10 << 20
# Bytes of a file that describes a model, such as its facts.
MAX_FACTS: Final = 16 << 20
# Bytes of the arrays of a model.
MAX_ARRAYS: Final = 4 << 30
# Bytes of a file of Python, or of another file whose content is hashed.
MAX_SOURCE: Final = 256 << 20


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading; a link to one is followed, a pipe or a device is refused without waiting for it.

    Raises:
        OSError: It cannot be opened, or is no regular file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, "Not a regular file", str(path))


def read_bytes(path: Path, limit: int) -> bytes:
    """Return the content of a regular file; see `open_regular`.

    Args:
        path: The file.
        limit: Largest number of bytes.

    Raises:
        OSError: It cannot be read, is no regular file, or is larger.
    """
    with open_regular(path) as file:
        return read_bounded(file, path, limit)


def read_bounded(file: BinaryIO, path: Path, limit: int) -> bytes:
    """Return what is left to be read of an open file.

    Args:
        file: The file.
        path: Its path, for the message.
        limit: Largest number of bytes.

    Raises:
        OSError: It cannot be read, or is larger.
    """
    # `read` allocates as many bytes as it is asked for, and a limit may be gigabytes.
    size = max(os.fstat(file.fileno()).st_size + 1, _SMALL_BLOCK)
    content = b""
    while len(content) <= limit and (block := file.read(min(size, limit + 1 - len(content)))):
        content += block
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"Larger than {limit:,} bytes", str(path))
    return content


def read_text(path: Path, limit: int) -> str:
    """Return the text of a regular file in UTF-8; see `read_bytes`.

    Raises:
        OSError: It cannot be read, is no regular file, or is larger.
        ValueError: It is not UTF-8.
    """
    try:
        return read_bytes(path, limit).decode("utf-8")
    except UnicodeDecodeError as error:
        # `repr` of that error contains the whole file.
        raise ValueError(f"not UTF-8 (byte {error.start})") from None


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a regular file in hexadecimal digits; OSError if it cannot be read."""
    digest = sha256()
    with open_regular(path) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def iterate_lines(file: BinaryIO, limit: int) -> Iterator[str]:
    """Yield the lines of a file in UTF-8, with their ends; the file is closed at the end.

    Args:
        file: The file.
        limit: Largest number of characters of a line.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not UTF-8, or a line is longer.
    """
    with io.TextIOWrapper(file, encoding="utf-8") as lines:
        while line := lines.readline(limit):
            if len(line) == limit and not line.endswith("\n"):
                raise ValueError(f"a line of more than {limit:,} characters")
            yield line


def parse_json(text: str | bytes) -> Any:
    """Return the value of a JSON text that others may have written.

    Raises:
        ValueError: It is not JSON, is nested too deeply, or has a number of too many digits.
    """
    try:
        return json.loads(text)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 (byte {error.start})") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
