"""Folders that may stand on this machine or behind a Hadoop file system."""

from __future__ import annotations

import logging
import shutil
from typing import Any

from sparkops.errors import TableError
from sparkops.tables.catalog import local_path
from sparkops.tables.session import Session

log = logging.getLogger("sparkops.tables")


def require_writable(folder: str, *, what: str) -> None:
    """Make a local folder, so that one that cannot be written to is told before anything is computed.

    Args:
        folder: Path or URI; a URI is left to Spark.
        what: What the folder is for.

    Raises:
        TableError: It cannot be made.
    """
    local = local_path(folder)
    if local is None:
        return
    try:
        local.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TableError(
            f"Cannot write {what} under {local}: {error.strerror or error}. "
            "Give it the right to write, or set `warehouse` to another folder."
        ) from error


def exists(path: str, session: Session) -> bool:
    """Tell whether a file or folder is there; no where it cannot be asked."""
    local = local_path(path)
    if local is not None:
        return local.exists()
    hadoop = _hadoop(path, session)
    return bool(hadoop and hadoop[0].exists(hadoop[1]))


def remove(folder: str, session: Session) -> None:
    """Remove a folder with what is in it; nothing happens where it is not there."""
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
    """Return Hadoop's file system and path; None under Spark Connect, which has no way to them."""
    spark: Any = session.get()
    jvm = getattr(spark, "_jvm", None)
    if jvm is None:
        return None
    place = jvm.org.apache.hadoop.fs.Path(path)
    return place.getFileSystem(spark._jsc.hadoopConfiguration()), place  # noqa: SLF001
