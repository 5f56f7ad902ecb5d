"""Files of conf/ and values of --set with hostile YAML."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import yaml

from fuzzing.mutations import dump_yaml, hostile_text, hostile_value, mutate_bytes, mutate_json, mutate_text
from fuzzing.project import make_project, run_quietly, without_jvm
from fuzzing.surface import ACCEPTED, Case, RunCase, Surface, describe_refusal
from sparkops.config.load import load
from sparkops.errors import SparkopsError

_TOKENS = (
    "a", ":", ": ", " ", "\n", "\n  ", "- ", "[", "]", "{", "}", "&x ", "*x", "!!int ", "!!timestamp ", "!!set ", "!!binary ", "!x ", "<<: ", "? ",
    "!!python/object/apply:os.system ", "'", '"', "\\", "|", ">", "#", "~", "0x", "1e9", ".inf", "\t", "\x01", "\ufeff", "é", "${env:HOME}",
    "${env:", "---\n", "...\n", "%", "@", "`", "tables", "spark", "params", "models", "tracking_uri", "jobs", "package:os/x", "9" * 40,
)  # fmt: skip
_SETTINGS = {
    "tables": {"raw": {"path": "raw.csv", "format": "csv", "options": {"header": True}}, "net": {"path": "warehouse/clean"}},
    "params": {"orders": {"day": "2024-01-01", "n": 3}, "page": {"share": 0.5}},
    "spark": {"master": "local[1]", "conf": {"spark.sql.shuffle.partitions": 2}},
    "models": {"tracking_uri": "sqlite:///mlflow.db"},
    "warehouse": "warehouse", "state": ".sparkops", "reports": "reports",
}  # fmt: skip
_PATHS = (
    "tables",
    "tables.raw.path",
    "params.orders.n",
    "spark.conf",
    "spark.master",
    "state",
    "warehouse",
    "reports",
    "models.tracking_uri",
    "x",
    "",
)


def draw_case(draw: Random) -> Case:
    """Return files of conf/base, values of --set, and the environment."""
    files = {
        draw.choice(("a.yml", "b.yaml", "params.yml", ".hidden.yml", "a b.yml")): _draw_yaml(draw)
        for _ in range(draw.choice((0, 1, 1, 2)))
    }
    sets = [f"{draw.choice(_PATHS)}={_draw_value(draw)}" for _ in range(draw.choice((0, 0, 1, 2)))]
    sets = [text if draw.random() < 0.9 else mutate_text(text, draw) for text in sets]
    env = draw.choice((None, None, None, "base", "prod", hostile_text(draw)))
    return {
        "files": {name: content.hex() for name, content in files.items()},
        "sets": [text.replace("\x00", "") for text in sets],
        "env": env and env.replace("\x00", ""),
        "command": draw.random() < 0.2,
    }


def _draw_yaml(draw: Random) -> bytes:
    kind = draw.random()
    if kind < 0.3:
        return "".join(draw.choice(_TOKENS) for _ in range(draw.randint(0, 30))).encode()
    settings = yaml.safe_load(yaml.safe_dump(_SETTINGS))
    for _ in range(draw.choice((0, 1, 1, 3))):
        mutate_json(settings, draw)
    text = dump_yaml(settings, draw)
    if kind < 0.7:
        return text.encode("utf-8", "surrogatepass")
    return mutate_bytes(text.encode("utf-8", "surrogatepass"), draw)


def _draw_value(draw: Random) -> str:
    return hostile_text(draw) if draw.random() < 0.5 else dump_yaml(hostile_value(draw), draw).strip()


@contextmanager
def prepare(folder: Path) -> Iterator[RunCase]:
    """Yield the function that loads the configuration of a case, or runs a command on it."""
    original = make_project(folder / "original")

    def run_case(case: Case, folder: Path) -> str:
        project = folder / "project"
        shutil.copytree(original / "conf", project / "conf")
        shutil.copytree(original / "jobs", project / "jobs")
        for name, content in case["files"].items():
            (project / "conf" / "base" / name).write_bytes(bytes.fromhex(content))
        sets, env = case["sets"], case["env"]
        if case["command"]:
            words = [
                "jobs",
                "--json",
                *(word for text in sets for word in ("--set", text)),
                *(["--env", env] if env is not None else []),
            ]
            with without_jvm(project):
                return run_quietly(words)
        try:
            load(project, env=env, overrides=sets, environment={"HOME": "/root-of-the-user"}).require_all()
        except SparkopsError as error:
            return describe_refusal(error)
        return ACCEPTED

    with without_jvm(original):
        run_quietly(["jobs", "--json"])
    yield run_case


SURFACE = Surface("configuration", draw_case, prepare)
