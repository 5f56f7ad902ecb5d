"""Load settings from conf/base, conf/<env> and --set, and report every error at once.

The top-level keys of every file are the keys of `Settings`. The files of one folder must not set the same key twice.
The environment's folder overrides base, and `--set` overrides both.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from sparkops.config.builder import SettingsBuilder, find_nearest_place
from sparkops.config.error_text import find_inconsistencies, format_validation_error
from sparkops.config.override import parse_override
from sparkops.config.project import BASE, choose_env, find_root
from sparkops.config.secrets import find_variables, mask_values
from sparkops.config.settings import Settings
from sparkops.config.unusable import PartialMapping, UnusableSetting, find_scope
from sparkops.config.yaml_tree import KeyPath, SettingProblem, YamlTree, iterate_leaves, merge, read_tree
from sparkops.core.place import unwrap_scalars
from sparkops.core.wording import did_you_mean, find_closest_name
from sparkops.errors import ConfigError

__all__ = ["JobParameters", "LoadedSettings", "find_root", "load"]


class JobParameters(NamedTuple):
    """The parameters that the configuration gives a job.

    Args:
        values: Values by parameter; a `YamlScalar` where a scalar is written in another form than its own.
        origins: Origins by parameter, as `conf/base/params.yml:12`.
        unusable: Why a value cannot be used, by parameter: a variable of the environment is not set.
    """

    values: Mapping[str, Any]
    origins: Mapping[str, str]
    unusable: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """Settings together with their origins.

    Args:
        settings: The settings; a part that cannot be used raises its ConfigError when it is used.
        complete: The settings with the default in place of each part that cannot be used.
        places: The origin of a value, by key path: `conf/base/params.yml:12`, or `--set a.b`.
        references: Texts with `${env:NAME}`, as written, by key path.
        secrets: Every value read from the environment; masked in all output.
        problems: What is wrong with each part that cannot be used, with file and line.
    """

    settings: Settings = field(repr=False)
    complete: Settings = field(repr=False)
    places: Mapping[KeyPath, str]
    references: Mapping[KeyPath, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    problems: tuple[SettingProblem, ...] = ()

    @property
    def variables(self) -> frozenset[str]:
        """Return the names of the environment's variables that the files refer to."""
        return frozenset(name for text in self.references.values() for name in find_variables(text))

    def find_parameters(self, job: str) -> JobParameters:
        """Return a job's parameters from the files.

        Raises:
            ConfigError: They are not a mapping.
        """
        values = self.settings.params.get(job, {})
        unusable = {
            problem.path[2]: problem.text
            for problem in self.problems
            if problem.path[:2] == ("params", job) and problem.path[2:]
        }
        origins = {name: self.find_place("params", job, name) for name in (*values, *unusable)}
        return JobParameters(values, origins, unusable)

    def find_unknown_jobs(self, jobs: Collection[str]) -> list[tuple[str, str]]:
        """Find jobs that have parameters, or a section under `execution.jobs`, in conf/ and are not declared.

        Args:
            jobs: Names of the declared jobs.

        Returns:
            For each unknown job, the similar name that is probably meant (empty if there is none), and a message.
        """
        unknown = []
        named: list[tuple[str, ...]] = [("params", name) for name in self.complete.params]
        named += [("execution", "jobs", name) for name in self.complete.execution.jobs]
        for *section, name in named:
            if name not in jobs:
                key = ".".join((*section, name))
                hint = did_you_mean(name, jobs)
                unknown.append(
                    (
                        find_closest_name(name, jobs) or "",
                        f"{self.find_place(*section, name)}: `{key}`: no such job.{hint}",
                    )
                )
        return unknown

    def require_all(self) -> None:
        """Raise ConfigError that lists every part that cannot be used."""
        _raise_problems([problem.text for problem in self.problems])

    def find_place(self, *path: str) -> str:
        """Return the origin of a setting; `conf` when no file sets it."""
        return self.places.get(path, "conf")

    def mask_secrets(self) -> dict[str, Any]:
        """Return the settings as JSON values without secrets, as run records store them."""
        values = self.complete.model_dump(mode="json", by_alias=True, exclude={"params"})
        values["params"] = {job: unwrap_scalars(dict(params)) for job, params in self.complete.params.items()}
        return dict(mask_values(values, self.references, self.secrets))


def load(
    root: Path,
    *,
    env: str | None = None,
    overrides: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> LoadedSettings:
    """Return the settings of a project in one environment.

    A mistake in one table's or job's entry, or a variable of the environment that is not set, makes only that entry or
    section unusable; see `LoadedSettings.problems`.

    Args:
        root: The project's folder.
        env: Folder of conf/ that overrides base; by default SPARKOPS_ENV, else `local` where it exists, else base
            alone.
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
    tree = merge(
        [*(_read_layer(root, name) for name in folders), *(parse_override(text) for text in overrides)]
    )
    builder = SettingsBuilder(root, tree, variables)
    values = builder.build()
    problems = [*tree.problems, *builder.problems]
    return _validate(builder, {**values, "root": root, "env": chosen}, problems)


def _validate(
    builder: SettingsBuilder, values: dict[str, Any], problems: list[SettingProblem]
) -> LoadedSettings:
    """Return the settings; parts that cannot be used are replaced by their defaults."""
    complete = _validate_usable(builder, values, problems)
    if complete is not None:
        inconsistent = find_inconsistencies(complete, builder.places)
        complete = _validate_usable(builder, values, inconsistent)
        problems += inconsistent
    if complete is None or any(_find_scope(problem, builder.unset) is None for problem in problems):
        _raise_problems(list(dict.fromkeys(problem.text for problem in problems)))
        raise AssertionError("unreachable: settings are unusable only if there is a problem")
    return LoadedSettings(
        settings=_mark_unusable_parts(complete, problems),
        complete=complete,
        places=builder.places,
        references=builder.references,
        secrets=tuple(sorted(builder.secrets)),
        problems=tuple(dict.fromkeys(problems)),
    )


def _validate_usable(
    builder: SettingsBuilder, values: dict[str, Any], problems: list[SettingProblem]
) -> Settings | None:
    """Validate the settings without the parts that have problems; add new problems. None if nothing is usable."""
    count = -1
    while len(problems) > count:
        count = len(problems)
        for problem in problems:
            _remove(values, problem, builder.unset)
        try:
            return Settings.model_validate(values)
        except ValidationError as error:
            new = [item for item in format_validation_error(error, builder) if item not in problems]
            problems += new
            if any(_find_scope(problem, builder.unset) is None for problem in new):
                return None
    return None


def _find_scope(problem: SettingProblem, unset: Collection[KeyPath]) -> KeyPath | None:
    return find_scope(problem.path, is_unset=problem.path in unset)


def _remove(values: dict[str, Any], problem: SettingProblem, unset: Collection[KeyPath]) -> None:
    """Remove the part of the settings that a problem makes unusable; of a job's parameters, only that parameter."""
    scope = _find_scope(problem, unset)
    if scope is None:
        return
    path = problem.path[:3] if scope[0] == "params" else scope
    parent: Any = values
    for key in path[:-1]:
        parent = parent.get(key) if isinstance(parent, dict) else None
    if isinstance(parent, dict):
        parent.pop(path[-1], None)


def _mark_unusable_parts(complete: Settings, problems: Sequence[SettingProblem]) -> Settings:
    """Return settings whose unusable parts raise their errors when they are used."""
    parts: dict[KeyPath, list[str]] = {}
    for problem in problems:
        # A parameter's problem is reported when the parameter is bound.
        if problem.path[:1] != ("params",) or not problem.path[2:]:
            scope = problem.path[: 2 if problem.path[0] in ("params", "tables") else 1]
            parts.setdefault(scope, []).append(problem.text)
    messages = {path: "\n".join(dict.fromkeys(texts)) for path, texts in parts.items()}
    changes: dict[str, Any] = {
        path[0]: UnusableSetting(text) for path, text in messages.items() if len(path) == 1
    }
    for section in ("params", "tables"):
        entries = {path[1]: text for path, text in messages.items() if path[0] == section}
        if entries:
            changes[section] = PartialMapping(getattr(complete, section), entries)
    return complete.model_copy(update=changes)


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
        for path, _ in iterate_leaves(tree.values):
            first, place = seen.get(path), find_nearest_place(tree.places, path)
            if first is not None:
                text = f"{place}: `{'.'.join(path)}` is already set at {first}"
                merged.problems.append(SettingProblem(path, text))
            seen[path] = place
    return merged
