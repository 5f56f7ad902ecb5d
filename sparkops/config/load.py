"""Settings from conf/base, conf/<env> and --set: all of them right, or every error at once.

One rule: the top-level keys of every file are the keys of `Settings`. Files of one folder stand side by side, so a
value written in two of them is an error; the environment's folder lies over base, and `--set` over both.
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
from sparkops.config.paths import PathNotFound, absolute, store_uri
from sparkops.config.project import BASE, choose_env, find_root
from sparkops.config.secrets import MissingVariable, has_reference, is_secret_key, masked, resolve
from sparkops.config.settings import Settings
from sparkops.config.yaml_tree import KeyPath, YamlTree, leaves, merge, read_tree
from sparkops.errors import ConfigError

__all__ = ["LoadedSettings", "find_root", "load"]

_NOT_IN_FILES: Final = ("root", "env")
_STATE: Final = ".sparkops"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """The settings, and what is known about where they were written.

    Args:
        settings: The settings.
        places: Route of keys to where it was written: `conf/base/params.yml:12`, or `--set a.b`.
        references: Route to the text that refers to the environment, as it was written.
        secrets: Every value read from the environment; masked wherever a text leaves the process.
    """

    settings: Settings = field(repr=False)
    places: Mapping[KeyPath, str]
    references: Mapping[KeyPath, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)

    def params(self, job: str) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """Return a job's parameters as the files give them, and where each was written."""
        values = self.settings.params.get(job, {})
        return values, {name: self.place("params", job, name) for name in values}

    def refuse_unknown_jobs(self, jobs: Collection[str]) -> None:
        """Raise ConfigError for parameters of jobs that the project does not have, each with its line."""
        strangers = [name for name in self.settings.params if name not in jobs]
        near = {name: get_close_matches(name, jobs, n=1) for name in strangers}
        _refuse(
            [
                f"{self.place('params', name)}: `params.{name}`: there is no such job."
                + (f" Did you mean `{near[name][0]}`?" if near[name] else "")
                for name in strangers
            ]
        )

    def place(self, *route: str) -> str:
        """Return where a setting was written; `conf` when no file holds it."""
        return self.places.get(route, "conf")

    def masked(self) -> dict[str, Any]:
        """Return the settings as plain JSON values without secrets: what a record holds."""
        plain = self.settings.model_dump(mode="json", by_alias=True)
        return dict(masked(plain, self.references, self.secrets))


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
        env: Folder of conf/ laid over base; by default SPARKOPS_ENV, else `local` where it exists, else base alone.
        overrides: `a.b=c`, each laid over what stands before it.
        environment: The process's environment; os.environ by default.

    Raises:
        UnknownName: For an environment that conf/ does not have.
        ConfigError: With everything that is wrong, each with its file and line or its flag.
    """
    variables = os.environ if environment is None else environment
    root = root.resolve()
    chosen = choose_env(root, env, variables)
    folders = [BASE] if chosen == BASE else [BASE, chosen]
    tree = merge([*(_layer(root, name) for name in folders), *(override(text) for text in overrides)])
    _refuse(tree.problems)
    loading = _Loading(root, tree, variables)
    values = loading.values()
    _refuse(loading.problems)
    return _loaded(loading, {**values, "root": root, "env": chosen})


def _loaded(loading: _Loading, values: dict[str, Any]) -> LoadedSettings:
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        _refuse(format_validation_error(error, loading.places, loading.references))
        raise
    _refuse(find_inconsistencies(settings, loading.places))
    return LoadedSettings(
        settings=settings,
        places=loading.places,
        references=loading.references,
        secrets=tuple(sorted(loading.secrets)),
    )


def _refuse(problems: Sequence[str]) -> None:
    if len(problems) == 1:
        raise ConfigError(problems[0])
    if problems:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise ConfigError(f"{len(problems)} problems in the configuration\n{lines}")


def _layer(root: Path, name: str) -> YamlTree:
    """Return what the files of one folder say; a value that two of them hold is a problem."""
    folder = root / "conf" / name
    files = sorted(path for path in folder.glob("[!.]*") if path.suffix in (".yml", ".yaml"))
    trees = [read_tree(path, path.relative_to(root).as_posix()) for path in files]
    whole = merge(trees)
    seen: dict[KeyPath, str] = {}
    for tree in trees:
        for route, _ in leaves(tree.values):
            first, now = seen.get(route), _nearest(tree.places, route)
            if first is not None:
                whole.problems.append(f"{now}: `{'.'.join(route)}` is set already, at {first}")
            seen[route] = now
    return whole


def _nearest(places: Mapping[KeyPath, str], route: KeyPath) -> str:
    sizes = range(len(route), 0, -1)
    return next((places[route[:size]] for size in sizes if route[:size] in places), "conf")


class _Loading:
    """From merged plain values to values that `Settings` takes; gathers problems, references and secrets."""

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
        said = {key: value for key, value in self._tree.values.items() if value is not None}
        for key in _NOT_IN_FILES:
            if key in said:
                self._problem((key,), f"`{key}` is not set in a file: it is {_FIXED[key]}")
                del said[key]
        read: dict[str, Any] = self._read(said, ())
        return self._placed({"state": _STATE, "warehouse": "data/warehouse", "reports": "reports", **read})

    def _problem(self, route: KeyPath, text: str) -> None:
        self.problems.append(f"{_nearest(self.places, route)}: {text}")

    def _read(self, value: Any, route: KeyPath) -> Any:
        if isinstance(value, Mapping):
            return {key: self._read(inner, (*route, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._read(inner, (*route, str(number))) for number, inner in enumerate(value)]
        if has_reference(value):
            return self._secret(value, route)
        if value is not None and route[:1] != ("params",) and is_secret_key(route):
            self._problem(
                route, f"`{'.'.join(route)}` is a secret: write ${{env:NAME}} and set NAME in the environment"
            )
        return _option_text(value) if route[:1] == ("tables",) and route[2:3] == ("options",) else value

    def _secret(self, text: str, route: KeyPath) -> Any:
        self.references[route] = text
        try:
            value = resolve(text, self._environment, self.secrets)
        except MissingVariable as missing:
            self._problem(route, f"`{'.'.join(route)}`: {missing}")
            return text
        return SecretStr(value) if route[:2] == ("spark", "conf") else value

    def _placed(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the values with every path absolute; what has another type is left for the types to refuse."""
        for key in ("state", "warehouse", "reports"):
            values[key] = self._path(values[key], (key,))
        if isinstance(values.get("tables"), dict):
            for name, table in values["tables"].items():
                if isinstance(table, dict) and "path" in table:
                    table["path"] = self._path(table["path"], ("tables", name, "path"))
        self._place_spark(values.get("spark"))
        self._place_models(values.get("models"))
        return values

    def _place_spark(self, spark: Any) -> None:
        if isinstance(spark, dict) and isinstance(spark.get("jars"), list):
            routes: Iterator[tuple[KeyPath, Any]] = leaves(spark["jars"], ("spark", "jars"))
            spark["jars"] = [self._path(jar, route) for route, jar in routes]

    def _place_models(self, models: Any) -> None:
        if not isinstance(models, dict):
            return
        for key in ("tracking_uri", "registry_uri"):
            if isinstance(models.get(key), str):
                models[key] = store_uri(self._root, models[key])
        if "artifact_root" in models:
            models["artifact_root"] = self._path(models["artifact_root"], ("models", "artifact_root"))

    def _path(self, value: Any, route: KeyPath) -> Any:
        if not isinstance(value, str):
            return value
        if not value:
            self._problem(route, f"`{'.'.join(route)}` is empty: give a path, or leave it out")
        try:
            return absolute(self._root, value)
        except PathNotFound as missing:
            self._problem(route, f"`{'.'.join(route)}`: {missing}")
            return value


_FIXED: Final = {"root": "the folder that holds conf/ and jobs/", "env": "chosen by --env or SPARKOPS_ENV"}


def _option_text(value: Any) -> Any:
    """Return a reader option as the text that Spark takes: true, not True."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value
