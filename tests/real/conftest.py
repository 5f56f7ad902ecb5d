"""Fixtures of tests with real processes: a small sample of the flights, and the command line."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.real_processes import BIN

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def small_flights(tmp_path_factory: pytest.TempPathFactory, flights_data: Path) -> Path:
    """Return a copy of the flights project whose sources are every 12th flight, under the environment `small`."""
    root = tmp_path_factory.mktemp("flights")
    for name in ("jobs", "conf", "notebooks"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    _sample(flights_data / "flights.csv.zip", root / "flights.csv", every=12)
    small = root / "conf" / "small"
    small.mkdir()
    (small / "tables.yml").write_text("tables:\n  raw_flights: {path: flights.csv}\n")
    return root


def _sample(source: Path, target: Path, *, every: int) -> None:
    with zipfile.ZipFile(source) as archive, archive.open(archive.namelist()[0]) as raw:
        rows = list(csv.reader(io.TextIOWrapper(raw, "utf-8")))
    with target.open("w", newline="") as file:
        csv.writer(file).writerows([rows[0], *rows[1::every]])


@pytest.fixture(scope="session")
def sparkops() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs the real command line in a folder."""

    def run(
        *words: str, cwd: Path, code: int = 0, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        process = subprocess.run(
            [BIN / "sparkops", *words],
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=400,
            input=stdin,
            check=False,
        )
        assert process.returncode == code, (
            f"{words}: {process.returncode}\n{process.stdout}\n{process.stderr}"
        )
        return process

    return run
