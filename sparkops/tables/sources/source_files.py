"""The files of a source: list them, fingerprint them, and unpack ZIP archives."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sparkops.errors import BadData, TableError, as_clause

_log = logging.getLogger("sparkops.tables")

_PATTERN_CHARACTERS = "*?["


def list_source_files(path: Path) -> tuple[Path, ...]:
    """Return the files of a path: the file itself, those below a folder, or those that match a pattern.

    Hidden files and those that Spark ignores (`_SUCCESS`) are left out.
    """
    files: list[Path] = []
    for root in expand_path(path):
        if root.is_dir():
            files.extend(_list_folder(root))
        elif root == path or not is_ignored(root.name):
            files.append(root)
    return tuple(sorted(files))


def expand_path(path: Path) -> list[Path]:
    """Return the files and folders of a path: itself, or what matches it if it is a pattern; empty if there is none."""
    if path.exists():
        return [path]
    if any(char in str(path) for char in _PATTERN_CHARACTERS):
        return sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    return []


def fingerprint_files(path: Path) -> tuple[str, datetime] | None:
    """Return a hash of names, sizes and modification times, and the newest time; None if there is no file."""
    files = list_source_files(path)
    if not files:
        return None
    stats = [(os.path.relpath(file, path.parent), file.stat()) for file in files]
    text = "\n".join(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats)
    newest = max(stat.st_mtime_ns for _, stat in stats)
    return hashlib.sha256(text.encode()).hexdigest()[:16], datetime.fromtimestamp(newest / 1e9, tz=UTC)


def unpack_archives(path: Path, *, name: str, fingerprint: str, cache: Path) -> tuple[str, ...]:
    """Return the paths for Spark to read: ZIP archives are unpacked once, other files are read where they are.

    Args:
        path: Path of the source.
        name: Name of the source in the catalog.
        fingerprint: Fingerprint of its files. Archives are unpacked again when it changes.
        cache: Folder for unpacked files.

    Raises:
        BadData: An archive is damaged.
        TableError: The archive cannot be unpacked: disk space or permissions.
    """
    files = list_source_files(path)
    archives = [file for file in files if file.suffix == ".zip"]
    if not archives:
        return (str(path),)
    target = cache / f"{name}-{fingerprint}"
    if not target.is_dir():
        _unpack_all(archives, target)
        # A run may still read the previous ones.
        _remove_old(cache, name, keep=2)
    return (str(target), *(str(file) for file in files if file.suffix != ".zip"))


def _list_folder(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if not is_ignored(f)]
        yield from (Path(root) / n for n in names if not is_ignored(n))


def is_ignored(name: str) -> bool:
    """Return whether Spark leaves out files and folders of this name."""
    return name.startswith(".") or (name.startswith("_") and "=" not in name)


def _unpack_all(archives: list[Path], target: Path) -> None:
    """Unpack beside the target and rename at the end, so that no reader sees an incomplete folder."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".unpack-") as temporary:
            files = Path(temporary) / "files"
            files.mkdir()
            for number, archive in enumerate(archives):
                _unpack(archive, files, f"{number}-" if len(archives) > 1 else "")
            if not target.is_dir():
                files.rename(target)
    except zipfile.BadZipFile as error:
        raise BadData(f"{archives[0].parent}: {as_clause(error)}. Replace the damaged archive.") from error
    except FileExistsError:
        _log.debug("another process unpacked %s first", target)
    except OSError as error:
        if not target.is_dir():
            raise TableError(
                f"Cannot unpack {archives[0]} to {target}: {error.strerror or error}."
            ) from error


def _remove_old(cache: Path, name: str, *, keep: int) -> None:
    """Remove the unpacked files of a source, except for the newest fingerprints."""
    unpacked = [p for p in cache.glob(f"{name}-*") if re.fullmatch(r"[0-9a-f]{16}", p.name[len(name) + 1 :])]
    for old in sorted(unpacked, key=lambda p: p.stat().st_mtime, reverse=True)[keep:]:
        _log.info("removed %s: the files of source `%s` changed since", old, name)
        shutil.rmtree(old, ignore_errors=True)


def _unpack(archive: Path, folder: Path, prefix: str) -> None:
    """Write the files of an archive into one folder; the offset in the archive makes duplicate names unique."""
    try:
        with zipfile.ZipFile(archive) as content:
            for member in content.infolist():
                name = Path(member.filename).name
                if member.is_dir() or is_ignored(name) or member.filename.startswith("__MACOSX"):
                    continue
                path = folder / (prefix + name)
                if path.exists():
                    path = folder / f"{prefix}{member.header_offset}-{name}"
                with content.open(member) as packed, path.open("wb") as unpacked:
                    shutil.copyfileobj(packed, unpacked, 1 << 20)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise BadData(
            f"{archive} cannot be unpacked: {as_clause(error)}. Replace the archive, or unpack it yourself."
        ) from error
