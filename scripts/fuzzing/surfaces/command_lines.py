"""Command lines of every command with hostile words, run in this process without Java."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import click

import sparkops.serving.server
from fuzzing.mutations import hostile_text
from fuzzing.project import make_project, run_quietly, without_jvm
from fuzzing.surface import Case, RunCase, Surface
from sparkops.cli.main import cli

_WORDS = (
    "orders", "page", "raw", "clean", "last", "2026", "linear", "./linear", "m", "m/1", "m@champion", "champion", "1", "0", "-1", "3",
    "base", "x=1", "n=2", "day=2024-01-01", "conf/checks/orders.yml", "out", "out.json", "-", ".", "127.0.0.1:0", "2024-01-01..2024-02-01",
    '{"c": "a", "b": true, "x": 1.0, "n": 1}', "prediction", "json", "csv", "tables.raw.path=x.csv", "spark.master=local[1]", "99999999999",
)  # fmt: skip
_OPTIONS = (
    "--project",
    "--env",
    "--set",
    "--json",
    "--debug",
    "--param",
    "--n",
    "--day",
    "--token",
    "--limit",
    "--version",
    "-h",
    "--help",
    "--",
)
# `--debug` shows the traceback by design; `--python` starts the program that the user names.
_EXCLUDED = ("--debug", "--python")


@cache
def list_commands() -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """Return each command as its words and its options."""
    return tuple(_walk(cli, ()))


def _walk(
    command: click.Command, words: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    options = [name for param in command.params if isinstance(param, click.Option) for name in param.opts]
    yield words, tuple(options)
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=words[-1] if words else "sparkops")
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _walk(inner, (*words, name))


def draw_case(draw: Random) -> Case:
    """Return the words of a command line."""
    words, options = draw.choice(list_commands())
    line = list(words) if draw.random() < 0.95 else [*words[:-1], hostile_text(draw)]
    for _ in range(draw.choice((0, 1, 1, 2, 2, 3, 4, 8))):
        if draw.random() < 0.5:
            option = draw.choice((*options, *options, *_OPTIONS))
            line += [option] if draw.random() < 0.5 else [option, _draw_word(draw)]
            if draw.random() < 0.1:
                line[-1] = f"{option}={_draw_word(draw)}"
        else:
            line.append(_draw_word(draw))
    return {"words": [_to_argument(word) for word in line if not word.startswith(_EXCLUDED)]}


def _to_argument(word: str) -> str:
    """Return a word as Python sees it in `sys.argv`: without zero bytes, and a byte outside UTF-8 as half of a surrogate pair."""
    return "".join(
        "\udcff" if "\ud800" <= letter <= "\udfff" else letter for letter in word if letter != "\x00"
    )


def _draw_word(draw: Random) -> str:
    return draw.choice(_WORDS) if draw.random() < 0.6 else hostile_text(draw)


@contextmanager
def prepare(folder: Path) -> Iterator[RunCase]:
    """Yield the function that runs a command line in a project of its own; `serve` returns instead of listening."""
    original = make_project(folder / "original")

    def run_case(case: Case, folder: Path) -> str:
        project = folder / "project"
        shutil.copytree(original, project)
        with without_jvm(project):
            return run_quietly(case["words"])

    with _replace_server(), without_jvm(original):
        # Imports of a command are no work of its first case.
        for words in (
            ["runs"],
            ["models"],
            ["checks", "validate"],
            ["tables", "history", "clean"],
            ["doctor"],
            ["run", "orders"],
        ):
            run_quietly(words)
        yield run_case


@contextmanager
def _replace_server() -> Iterator[None]:
    """Let `sparkops serve` end as soon as it would accept requests."""
    module: Any = sparkops.serving.server
    run: Callable[..., None] = module.run
    module.run = lambda *_, **__: None
    try:
        yield
    finally:
        module.run = run


SURFACE = Surface("command-lines", draw_case, prepare, seconds=5.0)
