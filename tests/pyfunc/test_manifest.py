"""The manifest of a pyfunc model: only a folder that is exactly the registered one is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.worker import MANIFEST

from sparkops.errors import ModelError
from sparkops.pyfunc.worker.manifest import Manifest, read_manifest, verify_folder, write_manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "model.skops").write_bytes(b"numbers")
    (tmp_path / "code" / "own.py").write_text("x = 1")
    return tmp_path


def test_a_manifest_is_read_back(folder: Path) -> None:
    manifest = write_manifest(MANIFEST, folder)
    assert (
        read_manifest(folder)
        == verify_folder(folder, manifest.hash)
        == verify_folder(folder, None)
        == manifest
    )
    assert set(manifest.files) == {"model.skops", "code/own.py"}
    assert replace(manifest, files={}, hash=MANIFEST.hash) == MANIFEST


def changed(folder: Path) -> None:
    (folder / "model.skops").write_bytes(b"others!")


def removed(folder: Path) -> None:
    (folder / "code" / "own.py").unlink()


def added(folder: Path) -> None:
    (folder / "code" / "json.py").write_text("import os")


def linked(folder: Path) -> None:
    (folder / "code" / "more").symlink_to("/tmp")


def rewritten(folder: Path) -> None:
    changed(folder)
    write_manifest(MANIFEST, folder)


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (changed, r"model\.skops was changed"),
        (removed, r"code/own\.py is gone"),
        (added, r"code/json\.py was added"),
        (linked, "code/more was replaced by a link"),
        (rewritten, r"flavor\.json is not the one that was registered"),
    ],
)
def test_a_changed_folder_is_refused(folder: Path, tamper: Callable[[Path], None], message: str) -> None:
    manifest = write_manifest(MANIFEST, folder)
    tamper(folder)
    with pytest.raises(ModelError, match=message):
        verify_folder(folder, manifest.hash)


def test_the_file_that_mlflow_adds_to_a_copy_is_accepted(folder: Path) -> None:
    manifest = write_manifest(MANIFEST, folder)
    (folder / "registered_model_meta").write_text("model_name: late")
    assert verify_folder(folder, manifest.hash) == manifest


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 1}', '{"format": 2}', "odd type"])
def test_a_damaged_manifest_is_an_error(folder: Path, text: str) -> None:
    write_manifest(MANIFEST, folder)
    text_of_manifest = (folder / "flavor.json").read_text()
    (folder / "flavor.json").write_text(
        text_of_manifest.replace('"double"', '"os"') if text == "odd type" else text
    )
    with pytest.raises(ModelError, match=r"flavor\.json (is damaged|was written by a later release)"):
        read_manifest(folder)


def test_single_precision_allows_seven_digits(folder: Path) -> None:
    assert MANIFEST.tolerance == (1e-12, 1e-9)
    single: Manifest = replace(MANIFEST, is_single_precision=True)
    assert single.tolerance == (1e-6, 1e-6)
