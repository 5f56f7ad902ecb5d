"""From what a person calls a model to its folder."""

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
def test_a_model_is_named_by_alias_version_or_champion(uri: str, parts: tuple[str, str]) -> None:
    assert parse_model_uri(uri) == parts


@pytest.mark.parametrize("uri", ["models:/", "models:/late@", "models:/a/b/c", "@champion", "late/../3", ""])
def test_what_names_no_model_says_how_to_name_one(uri: str) -> None:
    with pytest.raises(InputError, match="models:/NAME@ALIAS"):
        parse_model_uri(uri)


def test_a_folder_is_itself_and_has_no_version(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("flavors: {}")
    found = locate(tmp_path)
    assert (found.folder, found.name, found.version) == (tmp_path.resolve(), tmp_path.name, None)
    assert locate(str(tmp_path)) == found


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    for uri in (tmp_path / "gone", str(tmp_path / "gone")):
        with pytest.raises(UnknownName, match="There is no such folder"):
            locate(uri)


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="That folder holds none"):
        locate(tmp_path)


def test_a_name_without_a_registry_or_with_one_of_another_kind_is_told() -> None:
    with pytest.raises(InputError, match="needs a registry"):
        locate("models:/late/3")
    with pytest.raises(ModelError, match="can't be read without MLflow"):
        locate("models:/late/3", tracking_uri="postgresql://db/mlflow")


def test_a_registry_that_was_never_written_holds_no_model(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="No model `late` in the registry"):
        locate("late", tracking_uri=f"sqlite:///{tmp_path}/mlflow.db")


def test_a_file_that_is_no_registry_is_told(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("no database")
    with pytest.raises(ModelError, match="cannot be read"):
        locate("late", tracking_uri=f"sqlite:///{tmp_path}/mlflow.db")


def test_a_model_that_was_not_compiled_says_which_stage_and_why(tmp_path: Path) -> None:
    (tmp_path / "sparkops.json").write_text(json.dumps({"reasons": ["LDAModel: scored by Spark only"]}))
    with pytest.raises(NotCompiled, match="LDAModel: scored by Spark only"):
        find_scorer_folder(tmp_path)


def test_a_model_of_someone_else_holds_no_scorer(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("flavors: {}")
    with pytest.raises(NotCompiled, match="not registered by sparkops"):
        find_scorer_folder(tmp_path)


def test_the_scorer_stands_inside_the_model_or_is_the_folder_itself(tmp_path: Path) -> None:
    assert find_scorer_folder(tmp_path) == tmp_path
    (tmp_path / "scorer").mkdir()
    assert find_scorer_folder(tmp_path) == tmp_path / "scorer"


def test_a_folder_that_only_has_the_models_name_is_not_taken_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "late").mkdir()
    with pytest.raises(InputError, match="needs a registry"):
        locate("late")
    (tmp_path / "late" / "MLmodel").write_text("flavors: {}")
    assert locate("late").folder == (tmp_path / "late").resolve()
