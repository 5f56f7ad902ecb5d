"""Names that people type: commands, their options, keys of conf/, environment variables. More may come; none may go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
import pytest
from pydantic import BaseModel

from sparkops.cli.main import cli
from sparkops.config.project import ENV_VARIABLE
from sparkops.config.settings import Settings

COMMON = "--debug --env --project --set"
OPTIONS = {
    "": "--version",
    "run": f"{COMMON} --as-of --at --force --upstream",
    "flow": f"{COMMON} --as-of --at --force --param",
    "jobs": f"{COMMON} --json",
    "plan": f"{COMMON} --as-of --at --force --json --param",
    "runs": f"{COMMON} --job --json --limit",
    "runs log": f"{COMMON} --attempt",
    "runs resume": COMMON,
    "runs show": f"{COMMON} --json",
    "tables": f"{COMMON} --json",
    "tables history": f"{COMMON} --json --limit",
    "tables restore": COMMON,
    "tables show": f"{COMMON} --at --json --rows",
    "check": f"{COMMON} --at --failing --json",
    "checks drift": f"{COMMON} --from",
    "checks history": f"{COMMON} --expectation --json --limit",
    "checks suggest": f"{COMMON} --at --into",
    "checks validate": COMMON,
    "quarantine release": f"{COMMON} --discard --json --run --yes",
    "quarantine show": f"{COMMON} --json --rows --run",
    "models": f"{COMMON} --json",
    "models certify": f"{COMMON} --python --rows --seed",
    "models compile": f"{COMMON} --into --schema",
    "models export": f"{COMMON} --no-nulls --onnx --rows --seed",
    "models promote": f"{COMMON} --alias --force",
    "models rollback": f"{COMMON} --to",
    "models servable": f"{COMMON} --as-of --at --rows",
    "models show": f"{COMMON} --json",
    "score": f"{COMMON} --at --explain --file --into --keep-going --row --table",
    "serve": f"{COMMON} --host --port",
    "init": "--debug",
    "doctor": f"{COMMON} --deep",
}
SETTINGS = {
    "root", "env", "state", "warehouse", "reports", "commits", "tables", "tables.path", "tables.name", "tables.format",
    "tables.options", "tables.schema", "tables.description", "spark", "spark.mode", "spark.master", "spark.conf",
    "spark.jars", "spark.compiler", "models", "models.tracking_uri", "models.registry_uri", "models.artifact_root",
    "models.experiment", "models.batch", "models.environment", "models.rules", "models.timeout", "checks", "checks.docs",
    "checks.results", "params",
}  # fmt: skip


def command(path: str) -> click.Command:
    command: click.Command = cli
    for name in path.split():
        assert isinstance(command, click.Group)
        below = command.get_command(click.Context(command), name)
        assert below is not None, path
        command = below
    return command


@pytest.mark.parametrize("path", OPTIONS)
def test_a_command_keeps_its_options(path: str) -> None:
    options = [param for param in command(path).params if isinstance(param, click.Option)]
    named = {name for param in options for name in (*param.opts, *param.secondary_opts)}
    assert set(OPTIONS[path].split()) - named == set()


def keys(model: type[BaseModel], above: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        key = f"{above}{field.alias or field.validation_alias or name}"
        yield key
        for kind in below(field.annotation):
            yield from keys(kind, f"{key}.")


def below(annotation: Any) -> Iterator[type[BaseModel]]:
    for kind in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield kind


def test_the_configuration_keeps_its_keys() -> None:
    assert SETTINGS - set(keys(Settings)) == set()


def test_the_environment_is_chosen_by_the_same_variable() -> None:
    assert ENV_VARIABLE == "SPARKOPS_ENV"
