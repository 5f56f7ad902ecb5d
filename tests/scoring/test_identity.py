"""A scorer is compared with the hash in the registry."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from scoring.example_models import flights

from sparkops.errors import ModelError
from sparkops.pyfunc.worker.open_scorer import open_scorer
from sparkops.scoring import save
from sparkops.scoring.locate.identity import SCORER_TAG, check_identity

TABLES = """
    create table model_versions (name, version, run_id, storage_location, source, creation_time, current_stage);
    create table registered_model_aliases (name, alias, version);
    create table model_version_tags (name, version, key, value);
    create table latest_metrics (run_uuid, key, value, is_nan);
"""
Registered = Callable[[str], str]


@pytest.fixture
def registered(tmp_path: Path) -> Registered:
    """Return what registers the folder `late` as late/1, with a tag, and gives the registry's URI."""

    def register(tag: str) -> str:
        with closing(sqlite3.connect(tmp_path / "mlflow.db")) as store, store:
            store.executescript(TABLES)
            row = ("late", 1, "", str(tmp_path / "late"), None, 0, "None")
            store.execute("insert into model_versions values (?, ?, ?, ?, ?, ?, ?)", row)
            if tag:
                store.execute("insert into model_version_tags values ('late', 1, ?, ?)", (SCORER_TAG, tag))
        return f"sqlite:///{tmp_path}/mlflow.db"

    return register


@pytest.mark.parametrize("tagged", [True, False])
def test_the_registered_scorer_is_opened(tmp_path: Path, registered: Registered, tagged: bool) -> None:
    save(flights(), tmp_path / "late" / "scorer")
    registry = registered(flights().hash if tagged else "")
    assert open_scorer("late/1", tracking_uri=registry).version == flights().hash[:16]


def test_a_replaced_scorer_is_refused(tmp_path: Path, registered: Registered) -> None:
    # A complete scorer: its hash fits its description.
    other = replace(flights(), stages=("Other",))
    save(other, tmp_path / "late" / "scorer")
    registry = registered(flights().hash)
    with pytest.raises(ModelError, match="late/1 is not what was registered") as raised:
        open_scorer("late/1", tracking_uri=registry)
    assert other.hash[:12] in str(raised.value)
    assert flights().hash[:12] in str(raised.value)


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"hash": null}'])
def test_a_missing_scorer_or_one_without_a_hash_is_refused(tmp_path: Path, text: str | None) -> None:
    (tmp_path / "scorer").mkdir()
    if text is not None:
        (tmp_path / "scorer" / "description.json").write_text(text)
    with pytest.raises(ModelError, match="Restore that folder"):
        check_identity(tmp_path, "a" * 64, "late/1")
    check_identity(tmp_path, "", "late/1")
