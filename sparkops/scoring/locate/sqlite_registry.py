"""MLflow's SQLite registry, read without MLflow: versions, aliases, tags, metrics and folders."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ...errors import ModelError, UnknownName

_VERSIONS = """
    select name, version, run_id, coalesce(storage_location, source), creation_time
    from model_versions where current_stage is null or current_stage <> 'Deleted_Internal'
    order by name, version desc
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryEntry:
    """A model version in the registry.

    Args:
        name: Registered name.
        version: Version number.
        run: MLflow's run id; empty if there is none.
        location: URI or path of the artifact.
        created: Milliseconds since 1970 (UTC).
        aliases: Its aliases.
        tags: Its tags.
        metrics: Metrics of its run.
    """

    name: str
    version: int
    run: str
    location: str
    created: int
    aliases: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)


def parse_sqlite_uri(tracking_uri: str) -> Path | None:
    """Return the file of a `sqlite:///` URI; None for another URI."""
    if not tracking_uri.startswith("sqlite:///"):
        return None
    return Path(tracking_uri.removeprefix("sqlite:///").split("?", 1)[0])


def read_entries(file: Path, name: str | None = None) -> tuple[RegistryEntry, ...]:
    """Return the model versions of a registry, ordered by name, newest first."""
    if not file.is_file():
        return ()
    try:
        with _connect(file) as store:
            return tuple(
                _read_entry(store, row) for row in store.execute(_VERSIONS) if name in (None, row[0])
            )
    except sqlite3.Error as error:
        raise ModelError(
            f"The model registry {file} cannot be read ({error}). "
            "Check that it is MLflow's own SQLite file and that no other program has locked it."
        ) from error


def parse_folder_uri(location: str) -> Path | None:
    """Return the folder of a path or `file:` URI, or None if the artifact is not on this machine."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return None
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return Path(location) if parts.scheme == "" else None


def find_entry(entries: tuple[RegistryEntry, ...], name: str, version_or_alias: str) -> RegistryEntry:
    """Return the entry of a model by version or alias, from all entries of a registry."""
    known = sorted({entry.name for entry in entries})
    versions = [entry for entry in entries if entry.name == name]
    if not versions:
        raise UnknownName("model", name, known, where="the registry", advice="See `sparkops models`.")
    if version_or_alias.isdecimal():
        for entry in versions:
            if str(entry.version) == version_or_alias.lstrip("0"):
                return entry
        raise UnknownName(
            "version", version_or_alias, [str(entry.version) for entry in versions], where=f"model `{name}`"
        )
    for entry in versions:
        if version_or_alias in entry.aliases:
            return entry
    raise build_unknown_alias_error(
        name,
        version_or_alias,
        sorted({alias for entry in versions for alias in entry.aliases}),
        versions[0].version,
    )


def build_unknown_alias_error(name: str, alias: str, known: list[str], newest: int) -> UnknownName:
    """Return the error for an alias that no version has, with advice."""
    option = "" if alias == "champion" else f" --alias {alias}"
    advice = f"Name a version (`{name}/{newest}`), or set the alias: `sparkops models promote {name}/{newest}{option}`."
    return UnknownName("alias", alias, known, where=f"model `{name}`", advice=advice)


@contextmanager
def _connect(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=10)) as store:
        yield store


def _read_entry(
    store: sqlite3.Connection, row: tuple[str, int, str | None, str | None, int | None]
) -> RegistryEntry:
    name, version, run, location, created = row
    key = (name, version)
    aliases = store.execute("select alias from registered_model_aliases where name=? and version=?", key)
    tags = store.execute("select key, value from model_version_tags where name=? and version=?", key)
    metrics = store.execute("select key, value from latest_metrics where run_uuid=? and not is_nan", (run,))
    return RegistryEntry(
        name=name,
        version=int(version),
        run=run or "",
        location=location or "",
        created=created or 0,
        aliases=tuple(sorted(alias for (alias,) in aliases)),
        tags={key: value or "" for key, value in tags},
        metrics={key: float(value) for key, value in metrics},
    )
