"""Convert the merged values of conf/ to the input of `Settings`: references resolved, paths absolute."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from sparkops.config.paths import MissingPath, resolve_jobs_folder, resolve_path, resolve_store_uri
from sparkops.config.secrets import (
    UnusableVariable,
    find_parameter_secrets,
    find_unmasked_credentials,
    has_literal_default,
    has_reference,
    is_secret_key,
    resolve_references,
)
from sparkops.config.settings import Settings
from sparkops.config.yaml_tree import KeyPath, SettingProblem, YamlTree, iterate_leaves
from sparkops.core.place import YamlScalar, unwrap_scalars

# Settings that no file may set, and what they are instead.
_FIXED: Final = {"root": "the folder that holds conf/ and jobs/", "env": "chosen by --env or SPARKOPS_ENV"}
# Keys of folders, with the defaults of those that no file sets.
_FOLDERS: Final = {
    "state": ".sparkops",
    **{key: Settings.model_fields[key].default for key in ("warehouse", "reports", "jobs")},
}


def find_nearest_place(places: Mapping[KeyPath, str], path: KeyPath) -> str:
    """Return the origin of a setting, or of the nearest one that contains it."""
    sizes = range(len(path), 0, -1)
    return next((places[path[:size]] for size in sizes if path[:size] in places), "conf")


class SettingsBuilder:
    """Converts merged values to the input of `Settings`.

    Attributes:
        places: The origin of a value, by key path.
        problems: Mistakes, each with its origin.
        unset: Key paths of values that depend on this machine: an unset variable of the environment, a missing package.
        texts: Texts of scalars in the file, by key path, where they differ from the value: `012`.
        references: Texts with `${env:NAME}`, by key path.
        secrets: Values that were read from the environment, and values of its variables for secret parameters.
    """

    def __init__(self, root: Path, tree: YamlTree, environment: Mapping[str, str]) -> None:
        self._root = root
        self._tree = tree
        self._environment = environment
        self.places: Mapping[KeyPath, str] = tree.places
        self.problems: list[SettingProblem] = []
        self.unset: set[KeyPath] = set()
        self.texts: dict[KeyPath, str] = {}
        self.references: dict[KeyPath, str] = {}
        self.secrets: set[str] = find_parameter_secrets(environment)

    def build(self) -> dict[str, Any]:
        """Return the values with references resolved and paths absolute."""
        set_values = {
            key: value for key, value in self._tree.values.items() if unwrap_scalars(value) is not None
        }
        for key, source in _FIXED.items():
            if key in set_values:
                self._add_problem((key,), f"`{key}` cannot be set in a file: it is {source}")
                del set_values[key]
        read: dict[str, Any] = self._convert(set_values, ())
        return self._make_paths_absolute({**_FOLDERS, **read})

    def _add_problem(self, path: KeyPath, text: str) -> None:
        self.problems.append(SettingProblem(path, f"{find_nearest_place(self.places, path)}: {text}"))

    def _convert(self, value: Any, path: KeyPath) -> Any:
        if isinstance(value, Mapping):
            return {key: self._convert(inner, (*path, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._convert(inner, (*path, str(number))) for number, inner in enumerate(value)]
        is_secret = path[:1] != ("params",) and is_secret_key(path)
        if has_reference(value) and not (is_secret and has_literal_default(value)):
            return self._resolve_secret(value, path)
        if is_secret and value is not None and not isinstance(unwrap_scalars(value), bool):
            self._add_problem(
                path, f"`{'.'.join(path)}` is a secret: write ${{env:NAME}} and set NAME in the environment"
            )
        return self._convert_scalar(value, path)

    def _convert_scalar(self, value: Any, path: KeyPath) -> Any:
        """Return a scalar: as written for Spark and for parameters, whose types parse it, else as its value."""
        written = value.text if isinstance(value, YamlScalar) else None
        value = unwrap_scalars(value)
        self.secrets.update(find_unmasked_credentials(value))
        if written is not None:
            self.texts[path] = written
        if path[:2] == ("spark", "conf"):
            return value if written is None or isinstance(value, bool) else written
        if path[:1] == ("tables",) and path[2:3] == ("options",):
            return _format_option(value, written)
        if written is not None and path[:1] == ("params",) and path[2:]:
            return YamlScalar(value, written)
        return value

    def _resolve_secret(self, text: str, path: KeyPath) -> Any:
        self.references[path] = text
        try:
            value = resolve_references(text, self._environment, self.secrets)
        except UnusableVariable as missing:
            self.unset.add(path)
            self._add_problem(path, f"`{'.'.join(path)}`: {missing}")
            return text
        return SecretStr(value) if path[:2] == ("spark", "conf") else value

    def _make_paths_absolute(self, values: dict[str, Any]) -> dict[str, Any]:
        """Make every path absolute; values of a wrong type are left for `Settings` to reject."""
        for key in ("state", "warehouse", "reports"):
            values[key] = self._make_absolute(values[key], (key,))
        values["jobs"] = self._make_absolute(values["jobs"], ("jobs",), resolve_jobs_folder)
        if isinstance(values.get("tables"), dict):
            for name, table in values["tables"].items():
                if isinstance(table, dict) and "path" in table:
                    table["path"] = self._make_absolute(table["path"], ("tables", name, "path"))
        self._resolve_spark_paths(values.get("spark"))
        self._resolve_model_paths(values.get("models"))
        return values

    def _resolve_spark_paths(self, spark: Any) -> None:
        if isinstance(spark, dict) and isinstance(spark.get("jars"), list):
            paths: Iterator[tuple[KeyPath, Any]] = iterate_leaves(spark["jars"], ("spark", "jars"))
            spark["jars"] = [self._make_absolute(jar, path) for path, jar in paths]

    def _resolve_model_paths(self, models: Any) -> None:
        if not isinstance(models, dict):
            return
        for key in ("tracking_uri", "registry_uri"):
            if isinstance(models.get(key), str):
                models[key] = self._make_absolute(models[key], ("models", key), resolve_store_uri)
        if "artifact_root" in models:
            models["artifact_root"] = self._make_absolute(
                models["artifact_root"], ("models", "artifact_root")
            )

    def _make_absolute(
        self, value: Any, path: KeyPath, resolve_path: Callable[[Path, str], str] = resolve_path
    ) -> Any:
        if not isinstance(value, str) or path in self.unset:
            return value
        if not value:
            self._add_problem(path, f"`{'.'.join(path)}` is empty: give a path, or remove the key")
        try:
            return resolve_path(self._root, value)
        except MissingPath as missing:
            self.unset.add(path)
            self._add_problem(path, f"`{'.'.join(path)}`: {missing}")
            return value


def _format_option(value: Any, written: str | None) -> Any:
    """Return a reader option as text for Spark: a number as written, true instead of True."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return (written or str(value)) if isinstance(value, int | float) else value
