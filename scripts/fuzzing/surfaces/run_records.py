"""Damaged records of runs: commands list the others and name the damaged one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from fuzzing.folders import GOLDEN, ROOT, build_folder, draw_damage, list_files
from fuzzing.project import make_project, run_quietly, without_jvm
from fuzzing.surface import Case, RunCase, Surface

_RUNS = [folder.relative_to(ROOT).as_posix() for folder in sorted(GOLDEN.glob("v*/runs"))]
_COMMANDS = ("list", "list --json", "show", "show --json", "log")


def draw_case(draw: Random) -> Case:
    """Return records with damage, and the command that reads them."""
    name = draw.choice(_RUNS)
    files = list_files(ROOT / name)
    damage = draw_damage(ROOT / name, draw, files)
    if draw.random() < 0.1:
        damage[
            f"{Path(draw.choice(files)).parent}/attempt-{draw.choice(('002', 'x', '-1', '9' * 30))}.jsonl"
        ] = {"kind": "content", "hex": b"{}\n".hex()}
    run = Path(draw.choice([*damage, *files])).parts[0]
    return {"folder": name, "damage": damage, "command": draw.choice(_COMMANDS), "run": run}


@contextmanager
def prepare(folder: Path) -> Iterator[RunCase]:
    """Yield the function that lists, shows or prints the log of damaged records."""
    original = make_project(folder / "original")

    def run_case(case: Case, folder: Path) -> str:
        project = folder / "project"
        (project / ".sparkops").mkdir(parents=True)
        for name in ("conf", "jobs"):
            shutil.copytree(original / name, project / name)
        build_folder(case, folder).rename(project / ".sparkops" / "runs")
        action, *options = case["command"].split()
        words = ["runs", *([] if action == "list" else [action, case["run"]]), *options]
        with without_jvm(project):
            return run_quietly(words)

    with without_jvm(original):
        run_quietly(["runs"])
    yield run_case


SURFACE = Surface("run-records", draw_case, prepare)
