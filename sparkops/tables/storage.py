"""Files and folders on the local file system or on a Hadoop file system."""

from __future__ import annotations

import logging
import shutil
from typing import Any

from sparkops.errors import TableError
from sparkops.tables.catalog import local_path
from sparkops.tables.session import Session

log = logging.getLogger("sparkops.tables")


def require_writable(folder: str, *, what: str) -> None:
    """Create a local folder, so that one without write permission is refused before anything is computed.

    Args:
        folder: Path or URI. A URI is not checked.
        what: What will be written there, for the message.

    Raises:
        TableError: The folder cannot be created.
    """
    local = local_path(folder)
    if local is None:
        return
    try:
        local.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TableError(
            f"Cannot write {what} under {local}: {error.strerror or error}. "
            "Grant write permission, or set `warehouse` to another folder."
        ) from error


def path_exists(path: str, session: Session) -> bool:
    """Return whether a file or folder exists; False under Spark Connect, which has no access to files."""
    local = local_path(path)
    if local is not None:
        return local.exists()
    hadoop = _hadoop(path, session)
    return bool(hadoop and hadoop[0].exists(hadoop[1]))


def remove_folder(folder: str, session: Session) -> None:
    """Remove a folder and its contents, if it exists."""
    local = local_path(folder)
    if local is not None:
        shutil.rmtree(local, ignore_errors=True)
        return
    hadoop = _hadoop(folder, session)
    if hadoop is None:
        log.info("left %s in place: this kind of session cannot remove files", folder)
    else:
        hadoop[0].delete(hadoop[1], True)


def _hadoop(path: str, session: Session) -> tuple[Any, Any] | None:
    """Return the Hadoop file system and path; None under Spark Connect, which has no access to them."""
    spark: Any = session.get()
    jvm = getattr(spark, "_jvm", None)
    if jvm is None:
        return None
    hadoop_path = jvm.org.apache.hadoop.fs.Path(path)
    return hadoop_path.getFileSystem(spark._jsc.hadoopConfiguration()), hadoop_path  # noqa: SLF001
