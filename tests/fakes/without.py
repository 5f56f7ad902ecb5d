"""Run Python where some packages are not installed: their import fails, as it would there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_PRELUDE = """
import sys
class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Gone())
"""


def command(code: str, *, without: tuple[str, ...]) -> list[str]:
    """Return the command that runs `code` in a Python without some packages."""
    return [sys.executable, "-W", "ignore", "-c", _PRELUDE.format(names=without) + code]


def run(code: str, *args: str | Path, without: tuple[str, ...]) -> str:
    """Run code in such a Python and return what it prints."""
    done = subprocess.run(
        [*command(code, without=without), *map(str, args)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
