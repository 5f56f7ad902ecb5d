"""What the package as a whole promises: its public names, its arrows, and what a quick command may import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import sparkops

ROOT = Path(__file__).parent.parent
HEAVY = ("pyspark", "py4j", "mlflow", "great_expectations", "pandas", "pyarrow", "matplotlib")


def test_the_public_names_are_these_and_all_can_be_imported() -> None:
    assert sparkops.__all__ == [
        "ColumnValues", "Condition", "Engine", "FlowPart", "Gate", "Job", "Model", "ModelVersion", "Report", "Run", "Secret", "SparkopsError", "Write",
        "job", "load_scorer", "main", "row_function",
    ]  # fmt: skip
    assert sparkops.__all__ == sorted(sparkops.__all__)
    assert all(getattr(sparkops, name) is not None for name in sparkops.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        sparkops.nothing  # noqa: B018


def test_import_contracts_hold() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["jobs"],
        ["runs"],
        ["models"],
        ["run", "daily_delays", "--help"],
        ["run", "daily_delays", "--day", "x"],
    ],
    ids=" ".join,
)
def test_a_quick_command_imports_nothing_heavy_and_starts_no_jvm(words: list[str]) -> None:
    code = (
        "import sys, subprocess\n"
        "from sparkops.cli.main import run_command\n"
        "def refuse(*a, **k): raise SystemExit('a process was started: ' + repr(a))\n"
        "subprocess.Popen.__init__ = refuse\n"
        f"run_command({words!r})\n"
        f"heavy = [m for m in {HEAVY!r} if m in sys.modules]\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
