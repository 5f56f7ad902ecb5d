"""Files and folders on the local file system or on a Hadoop file system."""

from __future__ import annotations

import logging
import shutil
from typing import Any

from sparkops.core.atomic_file import replace_file
from sparkops.core.bounded_file import MAX_FACTS
from sparkops.core.bounded_file import read_text as read_local_text
from sparkops.core.private_file import make_folder
from sparkops.errors import TableError
from sparkops.tables.catalog import join_path, to_local_path
from sparkops.tables.session import Session

_log = logging.getLogger("sparkops.tables")


def require_writable(folder: str, *, content: str) -> None:
    """Create a local folder, so that one without write permission is refused before anything is computed.

    Args:
        folder: Path or URI. A URI is not checked.
        content: What will be written there, for the message.

    Raises:
        TableError: The folder cannot be created.
    """
    local = to_local_path(folder)
    if local is None:
        return
    try:
        make_folder(local)
    except OSError as error:
        raise TableError(
            f"Cannot write {content} under {local}: {error.strerror or error}. "
            "Grant write permission, or set `warehouse` to another folder."
        ) from error


def path_exists(path: str, session: Session) -> bool:
    """Return whether a file or folder exists; False under Spark Connect, which has no access to files."""
    local = to_local_path(path)
    if local is not None:
        return local.exists()
    hadoop = _open_hadoop(path, session)
    return bool(hadoop and hadoop[0].exists(hadoop[1]))


def remove_folder(folder: str, session: Session) -> None:
    """Remove a folder and its contents, if it exists."""
    local = to_local_path(folder)
    if local is not None:
        shutil.rmtree(local, ignore_errors=True)
        return
    hadoop = _open_hadoop(folder, session)
    if hadoop is None:
        _log.info("left %s in place: this kind of session cannot remove files", folder)
    else:
        hadoop[0].delete(hadoop[1], True)


def write_text(path: str, text: str, session: Session) -> None:
    """Write a small file completely or not at all; its folder is created.

    Under Spark Connect, which has no access to files, Spark writes a folder that contains the text.
    """
    local = to_local_path(path)
    if local is not None:
        replace_file(local, text, durable=True)
        return
    folder, _, name = path.rpartition("/")
    target, unfinished = _open_hadoop(path, session), _open_hadoop(join_path(folder, f".{name}"), session)
    if target is None or unfinished is None:
        frame = session.get().createDataFrame([(text,)], "value string")
        frame.coalesce(1).write.mode("overwrite").text(path)
        return
    files, temporary = unfinished
    stream = files.create(temporary, True)
    try:
        stream.write(text.encode())
    finally:
        stream.close()
    files.delete(target[1], True)
    files.rename(temporary, target[1])


def read_text(path: str, session: Session) -> str | None:
    """Return the text that `write_text` wrote, or None if there is none.

    Raises:
        OSError: It is no regular file, or too large.
        ValueError: It is not UTF-8.
    """
    local = to_local_path(path)
    if local is not None:
        return read_local_text(local, MAX_FACTS) if local.exists() else None
    if _open_hadoop(path, session) is not None and not path_exists(path, session):
        return None
    from pyspark.errors import AnalysisException

    try:
        rows = session.get().read.text(path, wholetext=True).collect()
    except AnalysisException:
        return None
    return str(rows[0]["value"]) if rows else None


def _open_hadoop(path: str, session: Session) -> tuple[Any, Any] | None:
    """Return the Hadoop file system and path; None under Spark Connect, which has no access to them."""
    spark: Any = session.get()
    jvm = getattr(spark, "_jvm", None)
    if jvm is None:
        return None
    hadoop_path = jvm.org.apache.hadoop.fs.Path(path)
    return hadoop_path.getFileSystem(spark._jsc.hadoopConfiguration()), hadoop_path  # noqa: SLF001
