"""Export a run as one file, with its logs, and import it into the records of another project.

The file is a zip archive: `run.json` (format, run, and the size and hash of every other member), the record of each
attempt, and its log. The same run gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from sparkops.config.state_file import MALFORMED
from sparkops.core.atomic_file import temporary_beside
from sparkops.core.bounded_file import open_regular, parse_json
from sparkops.core.private_file import make_folder, make_private_folder, open_private, read_private
from sparkops.errors import InputError, ProjectError, SparkopsError, as_clause
from sparkops.runs.records.attempt_files import MAX_RECORD, list_attempts, open_record, parse_event
from sparkops.runs.records.run import Run
from sparkops.runs.records.states import ACTIVE, STATES
from sparkops.runs.records.store import RunStore

_FORMAT: Final = "sparkops-run"
_VERSION: Final = 1
_MANIFEST: Final = "run.json"
# Largest manifest, in bytes.
_MAX_MANIFEST: Final = 1 << 20
# Largest size of all members of a file that is imported.
_MAX_BYTES: Final = 8 << 30
# Largest size of all records in it: unlike the logs, they are read by every list of runs.
_MAX_RECORDS: Final = 32 << 20
_RUN_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_MEMBER: Final = re.compile(r"attempt-[0-9]{3,9}\.(?:jsonl|log)")
_CHUNK_BYTES: Final = 1 << 20
# What `zipfile` raises for a file that is no archive, is damaged, or is encrypted.
_UNREADABLE: Final = (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, *MALFORMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedRun:
    """A file that contains one run.

    Args:
        run: Id of the run.
        path: The file.
        files: The bytes of each file of the run, by name.
    """

    run: str
    path: Path
    files: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedRun:
    """The outcome of an import.

    Args:
        run: Record of the run.
        is_new: False if the same run was in the project already.
    """

    run: Run
    is_new: bool


def export_run(runs: RunStore, run_id: str, path: Path) -> ExportedRun:
    """Write a run, with its logs, to one file.

    Args:
        runs: The records.
        run_id: The run; see `RunStore.resolve_id`.
        path: The file, which must not exist.

    Raises:
        UnknownName: There is no such run.
        InputError: The run has not ended, or the file exists.
        ProjectError: The file cannot be written.
    """
    run = runs.load(run_id)
    if run.state in ACTIVE:
        raise InputError(f"Run {run.id} is {run.state}: export it when it has ended.")
    if path.exists():
        raise InputError(f"{path} exists: give another file, or remove it.")
    members = _collect_members(runs, run)
    try:
        with temporary_beside(path) as temporary:
            _write_archive(temporary, run, members)
            os.link(temporary, path)
    except OSError as error:
        raise ProjectError(f"{path} cannot be written: {error.strerror or error}.") from error
    return ExportedRun(run=run.id, path=path, files={name: member.size for name, member in members.items()})


@dataclass(frozen=True, slots=True)
class _Member:
    """A file of a run.

    Args:
        source: Its content or its path.
        size: Its size in bytes.
        digest: Its SHA-256.
    """

    source: bytes | Path
    size: int
    digest: str

    def open(self) -> BinaryIO:
        """Open it for reading."""
        return io.BytesIO(self.source) if isinstance(self.source, bytes) else open_record(self.source)


def _collect_members(runs: RunStore, run: Run) -> dict[str, _Member]:
    """Return the records and logs of a run's attempts, by file name."""
    attempts = list_attempts(runs.folder / run.id)
    members = {}
    for path in attempts:
        content = read_private(path, MAX_RECORD)
        if run.state == "crashed" and path == attempts[-1]:
            content = _add_crash(content)
        members[path.name] = _measure(content)
        log = path.with_suffix(".log")
        if log.is_file():
            members[log.name] = _measure(log)
    return members


def _add_crash(content: bytes) -> bytes:
    """Return the record of a crashed attempt with an event for the crash, which another machine cannot detect."""
    # The crash may have left an incomplete last line.
    lines = content[: content.rfind(b"\n") + 1]
    time = parse_event(lines.splitlines()[-1])["time"]
    return lines + json.dumps({"event": "exported", "time": time, "state": "crashed"}).encode() + b"\n"


def _measure(source: bytes | Path) -> _Member:
    """Return a member with the size and digest of its content."""
    digest, size = hashlib.sha256(), 0
    with _Member(source, 0, "").open() as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return _Member(source, size, digest.hexdigest())


def _describe(run_id: str, members: Mapping[str, _Member]) -> dict[str, Any]:
    """Return the content of the manifest."""
    files = {name: {"bytes": member.size, "sha256": member.digest} for name, member in members.items()}
    return {"format": _FORMAT, "version": _VERSION, "run": run_id, "files": files}


def _write_archive(path: Path, run: Run, members: Mapping[str, _Member]) -> None:
    manifest = json.dumps(_describe(run.id, members), indent=1).encode()
    with (
        os.fdopen(open_private(path, os.O_RDWR | os.O_CREAT | os.O_EXCL), "w+b") as file,
        zipfile.ZipFile(file, "w") as archive,
    ):
        for name, member in {_MANIFEST: _measure(manifest), **members}.items():
            # A member's own time would make two exports differ.
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            with member.open() as source, archive.open(info, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, _CHUNK_BYTES)


def import_run(runs: RunStore, path: Path) -> ImportedRun:
    """Add the run of an exported file to the records.

    Args:
        runs: The records.
        path: The file.

    Raises:
        InputError: It is no file that `export_run` wrote, it is damaged, or another run has its id; nothing is
            imported.
        ProjectError: The records cannot be written.
    """
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            return _import_archive(runs, archive, path)
    except SparkopsError:
        raise
    except OSError as error:
        raise InputError(
            f"{path} cannot be imported: {error.strerror or error}. Nothing was imported."
        ) from error
    except (*_UNREADABLE, zlib.error) as error:
        raise _make_import_error(path, as_clause(error)) from error


def _import_archive(runs: RunStore, archive: zipfile.ZipFile, path: Path) -> ImportedRun:
    manifest = _read_manifest(archive, path)
    run_id = manifest["run"]
    if (runs.folder / run_id).exists():
        _require_same(runs, run_id, manifest, path)
        return ImportedRun(run=runs.read(run_id), is_new=False)
    # Beside the folder of the runs, so that none is listed before it is complete.
    with _temporary_store(runs) as temporary:
        folder = temporary.folder / run_id
        folder.mkdir(mode=0o700)
        for name, facts in manifest["files"].items():
            _extract(archive, name, facts, folder / name, path)
        _require_record(temporary, run_id, path)
        make_private_folder(runs.folder)
        folder.rename(runs.folder / run_id)
    return ImportedRun(run=runs.read(run_id), is_new=True)


@contextmanager
def _temporary_store(runs: RunStore) -> Iterator[RunStore]:
    """Yield an empty store on the same file system, which is removed at the end."""
    parent = runs.folder.parent
    try:
        make_folder(parent)
        folder = Path(tempfile.mkdtemp(prefix=".import-", dir=parent))
    except OSError as error:
        raise ProjectError(
            f"{parent} cannot be written: {error.strerror}. Give write access there."
        ) from error
    try:
        yield RunStore(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _read_manifest(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    """Return the validated manifest of an archive."""
    with archive.open(_MANIFEST) as member:
        content = member.read(_MAX_MANIFEST + 1)
    manifest = parse_json(content) if len(content) <= _MAX_MANIFEST else None
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise _make_import_error(path, f"{_MANIFEST} does not describe a run")
    if manifest.get("version") != _VERSION:
        raise _make_import_error(
            path,
            f"it has version {manifest.get('version')!r} of the format, and this release reads {_VERSION}",
        )
    if not isinstance(manifest["run"], str) or not _RUN_ID.fullmatch(manifest["run"]):
        raise _make_import_error(path, f"{manifest['run']!r} is no id of a run")
    names = archive.namelist()
    if sorted(names) != sorted([_MANIFEST, *manifest["files"]]):
        raise _make_import_error(path, f"its members are not those that {_MANIFEST} lists")
    for name, facts in manifest["files"].items():
        if (
            not _MEMBER.fullmatch(name)
            or type(facts["bytes"]) is not int
            or not isinstance(facts["sha256"], str)
        ):
            raise _make_import_error(path, f"`{name}` is no file of a run")
    if sum(facts["bytes"] for facts in manifest["files"].values()) > _MAX_BYTES:
        raise _make_import_error(path, f"it is larger than {_MAX_BYTES:,} bytes")
    records = sum(facts["bytes"] for name, facts in manifest["files"].items() if name.endswith(".jsonl"))
    if records > _MAX_RECORDS:
        raise _make_import_error(path, f"its records are larger than {_MAX_RECORDS:,} bytes")
    return manifest


def _extract(archive: zipfile.ZipFile, name: str, facts: Mapping[str, Any], target: Path, path: Path) -> None:
    """Write one member, which must have the size and hash of the manifest."""
    digest, remaining = hashlib.sha256(), facts["bytes"]
    descriptor = open_private(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    with archive.open(name) as member, os.fdopen(descriptor, "wb") as file:
        while chunk := member.read(_CHUNK_BYTES):
            remaining -= len(chunk)
            if remaining < 0:
                break
            digest.update(chunk)
            file.write(chunk)
    if remaining != 0 or digest.hexdigest() != facts["sha256"]:
        raise _make_import_error(path, f"`{name}` is not as it was exported")


def _require_record(store: RunStore, run_id: str, path: Path) -> None:
    """Refuse a record that cannot be read, or that is of another run, or of one that has not ended."""
    try:
        run = store.read(run_id)
    except (ProjectError, *MALFORMED) as error:
        raise _make_import_error(path, as_clause(error)) from error
    if run.id != run_id:
        raise _make_import_error(path, f"its record is of run {run.id!r}")
    if run.state in ACTIVE or run.state not in STATES:
        raise _make_import_error(path, f"its record has the state {run.state!r}")


def _require_same(runs: RunStore, run_id: str, manifest: Mapping[str, Any], path: Path) -> None:
    """Refuse a run whose id another run of the project has."""
    existing = _describe(run_id, _collect_members(runs, runs.read(run_id)))
    if existing["files"] != manifest["files"]:
        raise InputError(
            f"{path} contains run {run_id}, and the project has another run with this id, which stays as it is: "
            f"`sparkops runs show {run_id}` shows it."
        )


def _make_import_error(path: Path, problem: str) -> InputError:
    return InputError(f"{path} cannot be imported: {problem}. Nothing was imported; export the run again.")
