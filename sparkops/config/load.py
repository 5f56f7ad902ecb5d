"""Load settings from conf/base, conf/<env> and --set, and report every error at once.

The top-level keys of every file are the keys of `Settings`. The files of one folder must not set the same key twice.
The environment's folder overrides base, and `--set` overrides both.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr, ValidationError

from sparkops.config.error_text import find_inconsistencies, format_validation_error
from sparkops.config.override import override
from sparkops.config.paths import MissingPath, absolute, store_uri
from sparkops.config.project import BASE, choose_env, find_root
from sparkops.config.secrets import MissingVariable, has_reference, is_secret_key, mask_values, resolve
from sparkops.config.settings import Settings
from sparkops.config.yaml_tree import KeyPath, YamlTree, leaves, merge, read_tree
from sparkops.errors import ConfigError

__all__ = ["LoadedSettings", "find_root", "load"]

_NOT_IN_FILES: Final = ("root", "env")
_STATE: Final = ".sparkops"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """Settings together with their origins.

    Args:
        settings: The settings.
        places: Key path to its origin: `conf/base/params.yml:12`, or `--set a.b`.
        references: Key path to the text with `${env:NAME}`, as written.
        secrets: Every value read from the environment; masked in all output.
    """

    settings: Settings = field(repr=False)
    places: Mapping[KeyPath, str]
    references: Mapping[KeyPath, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)

    def params(self, job: str) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """Return a job's parameters from the files, and the origin of each."""
        values = self.settings.params.get(job, {})
        return values, {name: self.place("params", job, name) for name in values}

    def refuse_unknown_jobs(self, jobs: Collection[str]) -> None:
        """Raise ConfigError for parameters of unknown jobs, each with its line."""
        unknown = [name for name in self.settings.params if name not in jobs]
        near = {name: get_close_matches(name, jobs, n=1) for name in unknown}
        _raise_problems(
            [
                f"{self.place('params', name)}: `params.{name}`: no such job."
                + (f" Did you mean `{near[name][0]}`?" if near[name] else "")
                for name in unknown
            ]
        )

    def place(self, *path: str) -> str:
        """Return the origin of a setting; `conf` when no file sets it."""
        return self.places.get(path, "conf")

    def masked(self) -> dict[str, Any]:
        """Return the settings as JSON values without secrets, as run records store them."""
        values = self.settings.model_dump(mode="json", by_alias=True)
        return dict(mask_values(values, self.references, self.secrets))


def load(
    root: Path,
    *,
    env: str | None = None,
    overrides: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> LoadedSettings:
    """Return the settings of a project in one environment.

    Args:
        root: The project's folder.
        env: Folder of conf/ that overrides base; by default SPARKOPS_ENV, else `local` where it exists, else base alone.
        overrides: `a.b=c`; later ones take precedence.
        environment: Environment variables; os.environ by default.

    Raises:
        UnknownName: conf/ has no such environment.
        ConfigError: Lists every problem with its file and line or its flag.
    """
    variables = os.environ if environment is None else environment
    root = root.resolve()
    chosen = choose_env(root, env, variables)
    folders = [BASE] if chosen == BASE else [BASE, chosen]
    tree = merge([*(_read_layer(root, name) for name in folders), *(override(text) for text in overrides)])
    _raise_problems(tree.problems)
    builder = _SettingsBuilder(root, tree, variables)
    values = builder.values()
    _raise_problems(builder.problems)
    return _validate(builder, {**values, "root": root, "env": chosen})


def _validate(builder: _SettingsBuilder, values: dict[str, Any]) -> LoadedSettings:
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        _raise_problems(format_validation_error(error, builder.places, builder.references))
        raise
    _raise_problems(find_inconsistencies(settings, builder.places))
    return LoadedSettings(
        settings=settings,
        places=builder.places,
        references=builder.references,
        secrets=tuple(sorted(builder.secrets)),
    )


def _raise_problems(problems: Sequence[str]) -> None:
    if len(problems) == 1:
        raise ConfigError(problems[0])
    if problems:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise ConfigError(f"{len(problems)} problems in the configuration\n{lines}")


def _read_layer(root: Path, name: str) -> YamlTree:
    """Merge the files of one folder; a key set in two of them is a problem."""
    folder = root / "conf" / name
    files = sorted(path for path in folder.glob("[!.]*") if path.suffix in (".yml", ".yaml"))
    trees = [read_tree(path, path.relative_to(root).as_posix()) for path in files]
    merged = merge(trees)
    seen: dict[KeyPath, str] = {}
    for tree in trees:
        for path, _ in leaves(tree.values):
            first, now = seen.get(path), _nearest_place(tree.places, path)
            if first is not None:
                merged.problems.append(f"{now}: `{'.'.join(path)}` is already set at {first}")
            seen[path] = now
    return merged


def _nearest_place(places: Mapping[KeyPath, str], path: KeyPath) -> str:
    sizes = range(len(path), 0, -1)
    return next((places[path[:size]] for size in sizes if path[:size] in places), "conf")


class _SettingsBuilder:
    """Converts merged values to the input of `Settings`; collects problems, references and secrets."""

    def __init__(self, root: Path, tree: YamlTree, environment: Mapping[str, str]) -> None:
        self._root = root
        self._tree = tree
        self._environment = environment
        self.places: Mapping[KeyPath, str] = tree.places
        self.problems: list[str] = []
        self.references: dict[KeyPath, str] = {}
        self.secrets: set[str] = set()

    def values(self) -> dict[str, Any]:
        """Return the values with references resolved and paths absolute."""
        set_values = {key: value for key, value in self._tree.values.items() if value is not None}
        for key in _NOT_IN_FILES:
            if key in set_values:
                self._add_problem((key,), f"`{key}` cannot be set in a file: it is {_FIXED[key]}")
                del set_values[key]
        read: dict[str, Any] = self._convert(set_values, ())
        return self._with_absolute_paths(
            {"state": _STATE, "warehouse": "data/warehouse", "reports": "reports", **read}
        )

    def _add_problem(self, path: KeyPath, text: str) -> None:
        self.problems.append(f"{_nearest_place(self.places, path)}: {text}")

    def _convert(self, value: Any, path: KeyPath) -> Any:
        if isinstance(value, Mapping):
            return {key: self._convert(inner, (*path, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._convert(inner, (*path, str(number))) for number, inner in enumerate(value)]
        if has_reference(value):
            return self._resolve_secret(value, path)
        if value is not None and path[:1] != ("params",) and is_secret_key(path):
            self._add_problem(
                path, f"`{'.'.join(path)}` is a secret: write ${{env:NAME}} and set NAME in the environment"
            )
        return _option_text(value) if path[:1] == ("tables",) and path[2:3] == ("options",) else value

    def _resolve_secret(self, text: str, path: KeyPath) -> Any:
        self.references[path] = text
        try:
            value = resolve(text, self._environment, self.secrets)
        except MissingVariable as missing:
            self._add_problem(path, f"`{'.'.join(path)}`: {missing}")
            return text
        return SecretStr(value) if path[:2] == ("spark", "conf") else value

    def _with_absolute_paths(self, values: dict[str, Any]) -> dict[str, Any]:
        """Make every path absolute; values of a wrong type are left for `Settings` to reject."""
        for key in ("state", "warehouse", "reports"):
            values[key] = self._absolute_path(values[key], (key,))
        if isinstance(values.get("tables"), dict):
            for name, table in values["tables"].items():
                if isinstance(table, dict) and "path" in table:
                    table["path"] = self._absolute_path(table["path"], ("tables", name, "path"))
        self._resolve_spark_paths(values.get("spark"))
        self._resolve_model_paths(values.get("models"))
        return values

    def _resolve_spark_paths(self, spark: Any) -> None:
        if isinstance(spark, dict) and isinstance(spark.get("jars"), list):
            paths: Iterator[tuple[KeyPath, Any]] = leaves(spark["jars"], ("spark", "jars"))
            spark["jars"] = [self._absolute_path(jar, path) for path, jar in paths]

    def _resolve_model_paths(self, models: Any) -> None:
        if not isinstance(models, dict):
            return
        for key in ("tracking_uri", "registry_uri"):
            if isinstance(models.get(key), str):
                models[key] = store_uri(self._root, models[key])
        if "artifact_root" in models:
            models["artifact_root"] = self._absolute_path(
                models["artifact_root"], ("models", "artifact_root")
            )

    def _absolute_path(self, value: Any, path: KeyPath) -> Any:
        if not isinstance(value, str):
            return value
        if not value:
            self._add_problem(path, f"`{'.'.join(path)}` is empty: give a path, or remove the key")
        try:
            return absolute(self._root, value)
        except MissingPath as missing:
            self._add_problem(path, f"`{'.'.join(path)}`: {missing}")
            return value


_FIXED: Final = {"root": "the folder that holds conf/ and jobs/", "env": "chosen by --env or SPARKOPS_ENV"}


def _option_text(value: Any) -> Any:
    """Return a reader option as text for Spark: true, not True."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value
