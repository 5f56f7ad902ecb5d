"""A run is exported as one file, and imported from it; damaged and foreign files are refused."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sparkops.errors import InputError, ProjectError, UnknownName
from sparkops.runs.records.archive import export_run, import_run
from sparkops.runs.records.store import RunStore

RUN = "20240101-000000-aaaaaaaaaa"
Members = dict[str, bytes]


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    """Return records with one run of two attempts, each with a log."""
    store = RunStore(tmp_path / "one" / "runs")
    for number, state in enumerate(("failed", "done")):
        attempt = store.begin(RUN, "sales", params={"day": "2024-01-01"})
        attempt.log.write_text(f"attempt {number}\n")
        attempt.append("ended", state=state, ended=f"2024-01-01T00:00:0{number}+00:00")
    return store


@pytest.fixture
def other(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "two" / "runs")


def read_files(store: RunStore) -> Members:
    return {path.name: path.read_bytes() for path in (store.folder / RUN).iterdir()}


def list_hidden(store: RunStore) -> list[str]:
    folder = store.folder.parent
    return [path.name for path in folder.iterdir() if path != store.folder] if folder.exists() else []


def test_an_imported_run_has_the_same_records_and_logs(
    store: RunStore, other: RunStore, tmp_path: Path
) -> None:
    exported = export_run(store, "last", tmp_path / "run.zip")
    assert list(exported.files) == [
        "attempt-001.jsonl", "attempt-001.log", "attempt-002.jsonl", "attempt-002.log"
    ]  # fmt: skip
    imported = import_run(other, tmp_path / "run.zip")
    assert imported.is_new
    assert imported.run == store.load(RUN) == other.load(RUN)
    assert read_files(other) == read_files(store)
    assert list_hidden(other) == []
    assert (other.folder / RUN / "attempt-001.log").stat().st_mode & 0o077 == 0


def test_two_exports_have_the_same_bytes(store: RunStore, tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        export_run(store, RUN, tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_importing_twice_changes_nothing(store: RunStore, other: RunStore, tmp_path: Path) -> None:
    export_run(store, RUN, tmp_path / "run.zip")
    import_run(other, tmp_path / "run.zip")
    assert not import_run(other, tmp_path / "run.zip").is_new
    assert not import_run(store, tmp_path / "run.zip").is_new


def test_a_crashed_run_is_crashed_on_every_machine(store: RunStore, other: RunStore, tmp_path: Path) -> None:
    attempt = store.begin("20240102-000000-bbbbbbbbbb", "sales")
    line = json.loads(attempt.path.read_text())
    line["process"]["pid"] = 2**22 - 3
    attempt.path.write_text(json.dumps(line) + '\n{"event": "step", "ti')
    export_run(store, "last", tmp_path / "run.zip")
    assert import_run(other, tmp_path / "run.zip").run.state == "crashed"
    assert not import_run(store, tmp_path / "run.zip").is_new


def test_an_active_run_and_an_existing_file_are_refused(store: RunStore, tmp_path: Path) -> None:
    store.begin("20240102-000000-bbbbbbbbbb", "sales")
    with pytest.raises(InputError, match="is running: export it when it has ended"):
        export_run(store, "last", tmp_path / "run.zip")
    (tmp_path / "run.zip").write_text("mine")
    with pytest.raises(InputError, match="exists"):
        export_run(store, RUN, tmp_path / "run.zip")
    assert (tmp_path / "run.zip").read_text() == "mine"
    with pytest.raises(UnknownName):
        export_run(store, "zzz", tmp_path / "other.zip")


def test_another_run_with_the_id_is_never_replaced(store: RunStore, other: RunStore, tmp_path: Path) -> None:
    export_run(store, RUN, tmp_path / "run.zip")
    other.begin(RUN, "sales").append("ended", state="failed")
    before = read_files(other)
    with pytest.raises(InputError, match="another run with this id, which stays as it is"):
        import_run(other, tmp_path / "run.zip")
    assert read_files(other) == before


def rewrite(source: Path, target: Path, change: Callable[[Members], object]) -> Path:
    """Write an archive with other members."""
    with zipfile.ZipFile(source) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target


def edit_manifest(change: Callable[[dict[str, Any]], object]) -> Callable[[Members], None]:
    def edit(members: Members) -> None:
        manifest = json.loads(members["run.json"])
        change(manifest)
        members["run.json"] = json.dumps(manifest).encode()

    return edit


def add_member(name: str, content: bytes) -> Callable[[Members], None]:
    """Add a member that the manifest lists."""

    def add(members: Members) -> None:
        members[name] = content
        facts = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        edit_manifest(lambda manifest: manifest["files"].update({name: facts}))(members)

    return add


OTHER_RUN = b'{"event": "started", "time": "t", "id": "r", "job": "j", "state": "done"}\n'
ACTIVE = b'{"event": "x", "time": "t", "state": "running", "process": {"host": "elsewhere"}}\n'
DAMAGED: dict[str, Callable[[Members], object]] = {
    "another content": lambda members: members.update({"attempt-001.log": b"forged\n...."}),
    "another length": lambda members: members.update({"attempt-001.log": b"x" * 100_000}),
    "a missing member": lambda members: members.pop("attempt-002.log"),
    "an unlisted member": lambda members: members.update({"more": b"x"}),
    "no manifest": lambda members: members.pop("run.json"),
    "a manifest that is no JSON": lambda members: members.update({"run.json": b"\x80\x04pickle"}),
    "a list as manifest": lambda members: members.update({"run.json": b"[]"}),
    "a large manifest": lambda members: members.update({"run.json": b" " * (1 << 21)}),
    "a deep manifest": lambda members: members.update({"run.json": b"[" * 100_000}),
    "another format": edit_manifest(lambda manifest: manifest.update(format="tar")),
    "a later version": edit_manifest(lambda manifest: manifest.update(version=2)),
    "a path as id": edit_manifest(lambda manifest: manifest.update(run="../../evil")),
    "dots as id": edit_manifest(lambda manifest: manifest.update(run="..")),
    "a hidden id": edit_manifest(lambda manifest: manifest.update(run=".import")),
    "a number as id": edit_manifest(lambda manifest: manifest.update(run=3)),
    "no files": edit_manifest(lambda manifest: manifest.pop("files")),
    "files of another form": edit_manifest(lambda manifest: manifest.update(files=[1])),
    "a negative size": edit_manifest(lambda m: m["files"]["attempt-001.log"].update(bytes=-1)),
    "a huge size": edit_manifest(lambda m: m["files"]["attempt-001.log"].update(bytes=1 << 60)),
    "a path as member": add_member("../../evil.log", b"x"),
    "an absolute path": add_member("/tmp/attempt-001.log", b"x"),
    "a cancel request": add_member("attempt-001.cancel", b"x"),
    "a record of another run": add_member("attempt-003.jsonl", OTHER_RUN),
    "a record of an active run": add_member("attempt-003.jsonl", ACTIVE),
    "a damaged record": add_member("attempt-003.jsonl", b"{\n"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_is_refused_and_leaves_nothing(
    store: RunStore, other: RunStore, tmp_path: Path, damage: str
) -> None:
    export_run(store, RUN, tmp_path / "run.zip")
    file = rewrite(tmp_path / "run.zip", tmp_path / "damaged.zip", DAMAGED[damage])
    with pytest.raises(InputError, match="cannot be imported"):
        import_run(other, file)
    assert other.list_ids() == []
    assert list_hidden(other) == []
    assert not (tmp_path / "evil.log").exists()


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04", b"\x80\x04\x95"])
def test_a_file_that_is_no_archive_is_refused(other: RunStore, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(InputError, match="cannot be imported"):
        import_run(other, tmp_path / "file")
    with pytest.raises(InputError, match="No such file"):
        import_run(other, tmp_path / "none")


def test_every_cut_and_every_flipped_byte_is_refused_or_harmless(
    store: RunStore, other: RunStore, tmp_path: Path
) -> None:
    export_run(store, RUN, tmp_path / "run.zip")
    content = (tmp_path / "run.zip").read_bytes()
    file = tmp_path / "damaged.zip"
    for position in range(0, len(content), 11):
        flipped = bytearray(content)
        flipped[position] ^= 0x41
        for damaged in (content[:position], bytes(flipped)):
            file.write_bytes(damaged)
            try:
                imported = import_run(other, file)
            except InputError:
                continue
            assert imported.run == store.load(RUN)
    assert set(other.list_ids()) <= {RUN}


def test_records_that_every_list_would_read_are_bounded(other: RunStore, tmp_path: Path) -> None:
    size = (32 << 20) + 1
    record = b" " * (size - 1) + b"\n"
    facts = {"attempt-001.jsonl": {"bytes": size, "sha256": hashlib.sha256(record).hexdigest()}}
    manifest = {"format": "sparkops-run", "version": 1, "run": RUN, "files": facts}
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("run.json", json.dumps(manifest))
        archive.writestr("attempt-001.jsonl", record)
    with pytest.raises(
        InputError, match=r"its records are larger than 33,554,432 bytes\. Nothing was imported"
    ):
        import_run(other, tmp_path / "bomb.zip")
    assert not other.folder.exists()


def test_a_record_with_an_endless_line_is_damaged(store: RunStore) -> None:
    with (store.folder / RUN / "attempt-001.jsonl").open("r+b") as file:
        file.truncate(1 << 29)
    with pytest.raises(ProjectError, match=r"is damaged \(a line of more than 16,777,216 characters\)"):
        store.load(RUN)
