"""The aliases of a model are read, predicted and set back, on a real MLflow store without a model's files."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sparkops.config.settings import Settings
from sparkops.errors import EngineError, ModelError
from sparkops.registry.alias_state import derive_state_before, predict_alias_state
from sparkops.registry.aliases import CHALLENGER, CHAMPION, assign_alias
from sparkops.registry.mlflow_store import connect
from sparkops.registry.registry import Registry

pytestmark = pytest.mark.filterwarnings("ignore:::mlflow")

EMPTY = {"previous": None, "champion": None, "challenger": None, "champions": []}


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    return make_settings()


@pytest.fixture
def add(settings: Settings, tmp_path: Path) -> Callable[[str], int]:
    """Return a function that adds a version with an alias, as a training run does."""
    client: Any = connect(settings)
    client.create_registered_model("m")

    def add_version(alias: str) -> int:
        registry = Registry(settings)
        version = int(client.create_model_version("m", str(tmp_path), tags={}).version)
        versions = registry.list_versions("m")
        chosen = next(info for info in versions if info.version == version)
        registry._record_aliases_before(versions, chosen, alias)
        if alias == CHALLENGER:
            # A failed gate has no other effect.
            client.delete_model_version_tag("m", str(version), "sparkops.aliases_before")
        assign_alias(client, versions, chosen, alias)
        return version

    return add_version


def test_each_version_records_what_it_replaced_and_can_be_set_back(
    settings: Settings, add: Callable[[str], int]
) -> None:
    registry = Registry(settings)
    states = [EMPTY]
    for _ in range(3):
        add(CHAMPION)
        states.append(dict(registry.read_alias_state("m")))
    assert states[3] == {"previous": 2, "champion": 3, "challenger": None, "champions": [1, 2, 3]}
    for version in (3, 2, 1):
        before, after = registry.find_alias_change("m", version) or ({}, {})
        assert (before, after) == (states[version - 1], states[version])
        registry.write_alias_state("m", before=after, after=before)
        assert registry.read_alias_state("m") == before
        # Again, as after a crash.
        registry.write_alias_state("m", before=after, after=before)
    registry.write_alias_state("m", before=EMPTY, after=states[3])
    assert registry.read_alias_state("m") == states[3]
    assert registry.find_alias_change("m", 9) is None


def test_an_alias_that_was_moved_in_the_meantime_is_not_set_back(
    settings: Settings, add: Callable[[str], int]
) -> None:
    registry = Registry(settings)
    for _ in range(3):
        add(CHAMPION)
    with pytest.raises(ModelError, match="was moved to version 2 in the meantime"):
        registry.write_alias_state("m", before={**EMPTY, "champion": 2}, after=EMPTY)


def test_a_version_without_record_returns_what_the_list_of_champions_has(
    settings: Settings, add: Callable[[str], int]
) -> None:
    registry = Registry(settings)
    add(CHAMPION)
    add(CHALLENGER)
    before, after = registry.find_alias_change("m", 2) or ({}, {})
    assert (before["challenger"], after["challenger"]) == (None, 2)
    champions = {"previous": 1, "champion": 2, "challenger": None, "champions": [1, 2]}
    assert derive_state_before(champions, 2) == {**EMPTY, "champion": 1, "champions": [1]}
    assert derive_state_before(champions, 1) == champions
    assert predict_alias_state(EMPTY, 1, CHALLENGER) == {**EMPTY, "challenger": 1}


@pytest.mark.parametrize("method", ["set_registered_model_alias", "set_registered_model_tag"])
def test_a_store_that_cannot_be_written_is_named(
    settings: Settings, add: Callable[[str], int], monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    def fail(*_: object, **__: object) -> None:
        raise MlflowException("(sqlite3.OperationalError) database or disk is full\n[SQL: UPDATE a SET b]")

    first, second = add(CHAMPION), add(CHALLENGER)
    registry = Registry(settings)
    monkeypatch.setattr(MlflowClient, method, fail)
    with pytest.raises(
        EngineError, match=r"mlflow\.db failed: .*database or disk is full\. Correct"
    ) as raised:
        registry.write_alias_state(
            "m",
            before=registry.read_alias_state("m"),
            after={**registry.read_alias_state("m"), CHALLENGER: first},
        )
    assert "SQL" not in str(raised.value)
    assert second == registry.read_alias_state("m")[CHALLENGER] or method == "set_registered_model_tag"


def test_an_error_of_the_database_prints_no_stack_trace(
    settings: Settings, add: Callable[[str], int], capfd: pytest.CaptureFixture[str]
) -> None:
    first, second = add(CHAMPION), add(CHALLENGER)
    registry = Registry(settings)
    before = registry.read_alias_state("m")
    file = settings.state / "mlflow" / "mlflow.db"
    with closing(sqlite3.connect(file)) as database:
        database.execute(
            "CREATE TRIGGER broken BEFORE UPDATE ON registered_model_aliases BEGIN INSERT INTO missing VALUES (1); END"
        )
        database.commit()
    capfd.readouterr()
    with pytest.raises(EngineError, match=r"no such table: main\.missing"):
        registry.write_alias_state("m", before=before, after={**before, CHALLENGER: first})
    assert "Traceback" not in "".join(capfd.readouterr())
    assert registry.read_alias_state("m")[CHALLENGER] == second
