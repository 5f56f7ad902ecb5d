"""Open the database of a service: SQLite in the project's state folder, or any other that a URL names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from sparkops.api.database.schema import LAYOUT, METADATA, VERSION
from sparkops.core.masking import mask_url_credentials
from sparkops.core.private_file import make_private_folder, open_private
from sparkops.errors import EngineError, InputError, as_clause

# Seconds that a statement waits for another process that writes to SQLite.
_BUSY_SECONDS: Final = 30
_SHOWN_REASON: Final = 200


def open_database(url: str | None, state: Path, *, file: str = "api.db") -> Engine:
    """Return an engine on the service's database; its tables are created in an empty one.

    Args:
        url: URL as SQLAlchemy reads it: `postgresql+pg8000://...`; None for a file in the state folder.
        state: The project's state folder.
        file: Name of the file.

    Raises:
        InputError: The URL cannot be read, or its driver is not installed.
        EngineError: The database does not answer, or is that of another release.
    """
    engine = _create_engine(url) if url is not None else _create_sqlite(state / file)
    with explain_errors():
        METADATA.create_all(engine)
        _require_layout(engine)
    return engine


@contextmanager
def explain_errors() -> Iterator[None]:
    """Turn errors of the database into one for users; what was asked of it has not happened.

    Raises:
        EngineError: The database does not answer.
    """
    try:
        yield
    except SQLAlchemyError as error:
        raise EngineError(
            f"The database of the service cannot be used: {as_clause(_describe(error))}. Setting: `api.database`."
        ) from error


def _describe(error: SQLAlchemyError) -> str:
    """Return the driver's own words, without statement, parameters and credentials."""
    reason = str(error.orig) if isinstance(error, DBAPIError) and error.orig is not None else str(error)
    return mask_url_credentials(" ".join(reason.split()))[:_SHOWN_REASON]


def _create_engine(url: str) -> Engine:
    shown = mask_url_credentials(url)
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            if not parsed.database or parsed.database == ":memory:":
                raise InputError(
                    f"`api.database` is {shown}: a service's queue is in a file. Give sqlite:///PATH."
                )
            return _create_sqlite(Path(parsed.database))
        return create_engine(parsed, pool_pre_ping=True, pool_size=5, max_overflow=5, pool_timeout=10)
    except (NoSuchModuleError, ImportError) as error:
        raise InputError(
            f"`api.database` is {shown}, whose driver is not installed ({as_clause(error)}): pip install "
            "'sparkops[postgres]'."
        ) from None
    except ArgumentError:
        raise InputError(
            f"`api.database` is {shown}, which is no URL of a database: write postgresql+pg8000://user@host/name."
        ) from None


def _create_sqlite(path: Path) -> Engine:
    """Return an engine on a file that only its owner can read."""
    make_private_folder(path.parent)
    os.close(open_private(path, os.O_RDWR | os.O_CREAT))
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _BUSY_SECONDS})

    def configure(connection: Any, record: object) -> None:
        del record
        # The driver begins no transaction by itself; `begin` below does.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        # A commit is on disk when it returns, also after a loss of power.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    def begin(connection: Any) -> None:
        # Taken at once: a transaction that reads first and writes later could not wait for another writer.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "connect", configure)
    event.listen(engine, "begin", begin)
    return engine


def _require_layout(engine: Engine) -> None:
    with engine.begin() as connection:
        version = connection.execute(select(LAYOUT.c.version)).scalar()
        if version is None:
            connection.execute(insert(LAYOUT).values(version=VERSION))
        elif version != VERSION:
            raise EngineError(
                f"The database of the service has layout {version}, and this release reads layout {VERSION}: set "
                "`api.database` to another one, or use the release that made it."
            )
