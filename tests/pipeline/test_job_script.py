"""A job's file that Python runs as a script says so if it runs nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
JOB = '''
from sparkops import job, main

class DataFrame: ...

@job
def orders(raw: DataFrame) -> DataFrame:
    """Keep the orders."""
'''


def run_file(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    file = folder / "orders.py"
    file.write_text(text)
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, str(file)], capture_output=True, text=True, check=False, env=environ, cwd=folder
    )


def test_a_file_without_its_last_two_lines_is_an_error(tmp_path: Path) -> None:
    process = run_file(tmp_path, JOB + 'print("done")\n')
    assert (process.returncode, process.stdout) == (2, "done\n")
    assert (
        "orders.py declares job `orders` and ran nothing: run it with `sparkops run orders`" in process.stderr
    )
    assert 'if __name__ == "__main__":\n    main(orders)' in process.stderr
    assert process.stderr.count("Error") == 1


@pytest.mark.parametrize(
    ("end", "code"),
    [
        # no project, which main says itself
        ("main(orders)\n", 2),
        ("from sparkops import Engine\nEngine\n", 0),
        ('raise ValueError("stopped")\n', 1),
    ],
)
def test_a_file_that_does_something_is_left_alone(tmp_path: Path, end: str, code: int) -> None:
    process = run_file(tmp_path, JOB + end)
    assert process.returncode == code
    assert "ran nothing" not in process.stderr
    assert ("Traceback" in process.stderr) == ("stopped" in end)


def test_a_module_that_is_imported_is_no_script(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text(JOB)
    assert run_file(tmp_path, "import other\n").returncode == 0
