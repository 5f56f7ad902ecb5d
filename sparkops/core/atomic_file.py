"""Write a file atomically: a reader finds the previous file or the complete new one, never a part."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sparkops.core.private_file import make_folder, make_private_folder, open_private

# No user of another group may write a file, whatever the umask.
_MODE: Final = 0o664
# Characters of a name that its temporary name contains, so that this stays below the 255 bytes of file systems.
_MAX_NAME: Final = 40


def replace_file(path: Path, content: str | bytes, *, durable: bool, private: bool = False) -> None:
    """Write a file in place of the existing one, if any; its folder is created.

    Args:
        path: The file.
        content: Its content; text is written as UTF-8.
        durable: Whether the content is synced to disk first, so that a loss of power cannot leave an empty file. A
            cache, which can be computed again, does not need that.
        private: Whether only this user may read the file, and a folder that is created for it.

    Raises:
        OSError: It cannot be written; the previous file is intact.
    """
    with temporary_beside(path, private=private) as temporary:
        _write(temporary, content, durable=durable, private=private)
        temporary.replace(path)


def create_file(path: Path, content: str | bytes, *, durable: bool, private: bool = False) -> None:
    """Write a file that does not exist yet, and create its folder. Of several processes, only one succeeds.

    Args:
        path: The file.
        content: Its content; text is written as UTF-8.
        durable: As for `replace_file`.
        private: As for `replace_file`.

    Raises:
        FileExistsError: The file exists; it is unchanged.
        OSError: It cannot be written.
    """
    with temporary_beside(path, private=private) as temporary:
        _write(temporary, content, durable=durable, private=private)
        # Unlike a rename, a link never replaces the file of another process.
        os.link(temporary, path)


@contextmanager
def temporary_beside(path: Path, *, private: bool = False) -> Iterator[Path]:
    """Yield an unused path in the folder of a file, which is created; a file that is left there is removed."""
    (make_private_folder if private else make_folder)(path.parent)
    temporary = path.with_name(f".{path.name[:_MAX_NAME]}-{os.urandom(8).hex()}.tmp")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _write(path: Path, content: str | bytes, *, durable: bool, private: bool) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    descriptor = open_private(path, flags) if private else os.open(path, flags | os.O_CLOEXEC, _MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        if durable:
            file.flush()
            os.fsync(file.fileno())
