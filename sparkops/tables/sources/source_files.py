"""The files of a read-only source: which they are, whether they changed, and zip archives made readable."""

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

from sparkops.errors import BadData, TableError

log = logging.getLogger("sparkops.tables")

_MAGIC = "*?["


def source_files(path: Path) -> tuple[Path, ...]:
    """Return the files of a path: the file itself, those below a folder, or those that match a pattern.

    Hidden files and those that Spark passes over (`_SUCCESS`) are left out.
    """
    if path.is_file():
        return (path,)
    if path.is_dir():
        return tuple(sorted(_below(path)))
    if any(sign in str(path) for sign in _MAGIC):
        return tuple(sorted(f for match in _matches(path) for f in source_files(match)))
    return ()


def source_fingerprint(path: Path) -> tuple[str, datetime] | None:
    """Return a hash of names, sizes and modification times, and the newest time; None where there is no file."""
    files = source_files(path)
    if not files:
        return None
    facts = [(os.path.relpath(f, path.parent), (stat := f.stat()).st_size, stat.st_mtime_ns) for f in files]
    text = "\n".join(f"{name} {size} {stamp}" for name, size, stamp in facts)
    newest = max(stamp for _, _, stamp in facts)
    return hashlib.sha256(text.encode()).hexdigest()[:16], datetime.fromtimestamp(newest / 1e9, tz=UTC)


def readable(path: Path, *, name: str, fingerprint: str, cache: Path) -> tuple[str, ...]:
    """Return the paths that Spark is to read: zip archives unpacked once, everything else as it stands.

    Args:
        path: The source's path.
        name: The source's name in the catalog.
        fingerprint: Of its files; a new one unpacks again.
        cache: Folder for what is unpacked.

    Raises:
        BadData: An archive cannot be read.
        TableError: There is no room or no right to unpack.
    """
    files = source_files(path)
    archives = [file for file in files if file.suffix == ".zip"]
    if not archives:
        return (str(path),)
    target = cache / f"{name}-{fingerprint}"
    if not target.is_dir():
        _unpack_all(archives, target)
        _forget(cache, name, keep=2)  # this one, and the one before, which a run may still read
    return (str(target), *(str(file) for file in files if file.suffix != ".zip"))


def _matches(pattern: Path) -> Iterator[Path]:
    return Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor)))


def _below(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if not _passed_over(f)]
        yield from (Path(root) / n for n in names if not _passed_over(n))


def _passed_over(name: str) -> bool:
    return name.startswith(".") or (name.startswith("_") and "=" not in name)


def _unpack_all(archives: list[Path], target: Path) -> None:
    """Unpack beside the target and move it there whole, so that no reader sees half of it."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".unpack-") as room:
            whole = Path(room) / "files"
            whole.mkdir()
            for number, archive in enumerate(archives):
                _unpack(archive, whole, f"{number}-" if len(archives) > 1 else "")
            if not target.is_dir():
                whole.rename(target)
    except zipfile.BadZipFile as error:
        raise BadData(f"{archives[0].parent}: {error}. Replace the damaged archive.") from error
    except FileExistsError:
        log.debug("another process unpacked %s first", target)
    except OSError as error:
        if not target.is_dir():
            raise TableError(
                f"Cannot unpack {archives[0]} to {target}: {error.strerror or error}."
            ) from error


def _forget(cache: Path, name: str, *, keep: int) -> None:
    """Remove what a source's earlier files were unpacked to, but for the newest."""
    unpacked = [p for p in cache.glob(f"{name}-*") if re.fullmatch(r"[0-9a-f]{16}", p.name[len(name) + 1 :])]
    for old in sorted(unpacked, key=lambda p: p.stat().st_mtime, reverse=True)[keep:]:
        log.info("removed %s: the files of source `%s` changed since", old, name)
        shutil.rmtree(old, ignore_errors=True)


def _unpack(archive: Path, folder: Path, prefix: str) -> None:
    """Write the archive's files under their last names, numbered where two share one."""
    try:
        with zipfile.ZipFile(archive) as content:
            for member in content.infolist():
                name = Path(member.filename).name
                if member.is_dir() or _passed_over(name) or member.filename.startswith("__MACOSX"):
                    continue
                place = folder / (prefix + name)
                place = folder / f"{prefix}{member.header_offset}-{name}" if place.exists() else place
                with content.open(member) as packed, place.open("wb") as plain:
                    shutil.copyfileobj(packed, plain, 1 << 20)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise BadData(
            f"{archive} cannot be unpacked: {error}. Replace the archive, or unpack it yourself."
        ) from error
