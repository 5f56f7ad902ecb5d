"""Run Python with some packages hidden: importing them fails as if they were not installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_PRELUDE = """
import sys
class HiddenPackages:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, HiddenPackages())
"""


def command(code: str, *, without: tuple[str, ...]) -> list[str]:
    """Return the command that runs code with some packages hidden."""
    return [sys.executable, "-W", "ignore", "-c", _PRELUDE.format(names=without) + code]


def run(code: str, *args: str | Path, without: tuple[str, ...]) -> str:
    """Run code with some packages hidden and return what it prints."""
    process = subprocess.run(
        [*command(code, without=without), *map(str, args)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout
