"""Model URIs and the folders that they refer to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sparkops.errors import InputError, ModelError, NotCompiled, UnknownName
from sparkops.scoring.locate.model_uri import find_scorer_folder, locate, parse_model_uri


@pytest.mark.parametrize(
    ("uri", "parts"),
    [
        ("models:/late@champion", ("late", "champion")),
        ("models:/late/3", ("late", "3")),
        ("models:/late", ("late", "champion")),
        ("late@previous", ("late", "previous")),
        ("late/12", ("late", "12")),
        ("late", ("late", "champion")),
    ],
)
def test_a_uri_has_an_alias_a_version_or_means_champion(uri: str, parts: tuple[str, str]) -> None:
    assert parse_model_uri(uri) == parts


@pytest.mark.parametrize("uri", ["models:/", "models:/late@", "models:/a/b/c", "@champion", "late/../3", ""])
def test_an_invalid_uri_is_refused_with_advice(uri: str) -> None:
    with pytest.raises(InputError, match="models:/NAME@ALIAS"):
        parse_model_uri(uri)


def test_a_folder_is_located_without_a_version(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("flavors: {}")
    location = locate(tmp_path)
    assert (location.folder, location.name, location.version) == (tmp_path.resolve(), tmp_path.name, None)
    assert locate(str(tmp_path)) == location


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    for uri in (tmp_path / "gone", str(tmp_path / "gone")):
        with pytest.raises(UnknownName, match="There is no such folder"):
            locate(uri)


def test_a_folder_without_a_model_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="That folder holds none"):
        locate(tmp_path)


def test_a_name_without_a_supported_registry_is_reported() -> None:
    with pytest.raises(InputError, match="needs a registry"):
        locate("models:/late/3")
    with pytest.raises(ModelError, match="can't be read without MLflow"):
        locate("models:/late/3", tracking_uri="postgresql://db/mlflow")


def test_a_missing_registry_file_has_no_models(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="No model `late` in the registry"):
        locate("late", tracking_uri=f"sqlite:///{tmp_path}/mlflow.db")


def test_a_file_that_is_no_registry_is_reported(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("no database")
    with pytest.raises(ModelError, match="cannot be read"):
        locate("late", tracking_uri=f"sqlite:///{tmp_path}/mlflow.db")


def test_a_model_without_scorer_reports_the_stage_and_the_reason(tmp_path: Path) -> None:
    (tmp_path / "sparkops.json").write_text(json.dumps({"reasons": ["LDAModel: scored by Spark only"]}))
    with pytest.raises(NotCompiled, match="LDAModel: scored by Spark only"):
        find_scorer_folder(tmp_path)


def test_a_model_registered_without_sparkops_has_no_scorer(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("flavors: {}")
    with pytest.raises(NotCompiled, match="not registered by sparkops"):
        find_scorer_folder(tmp_path)


def test_the_scorer_is_a_subfolder_of_the_model_or_the_folder_itself(tmp_path: Path) -> None:
    assert find_scorer_folder(tmp_path) == tmp_path
    (tmp_path / "scorer").mkdir()
    assert find_scorer_folder(tmp_path) == tmp_path / "scorer"


def test_a_folder_that_only_has_the_name_of_a_model_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "late").mkdir()
    with pytest.raises(InputError, match="needs a registry"):
        locate("late")
    (tmp_path / "late" / "MLmodel").write_text("flavors: {}")
    assert locate("late").folder == (tmp_path / "late").resolve()
