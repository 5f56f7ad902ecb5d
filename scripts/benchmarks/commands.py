"""Measure the commands that need no Spark, each as a process, and print a Markdown table.

scripts/bench commands
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 7
COMMANDS = {
    "sparkops --help": ["--help"],
    "sparkops jobs": ["jobs"],
    "sparkops runs": ["runs"],
    "sparkops models": ["models"],
    "sparkops run daily_delays --help": ["run", "daily_delays", "--help"],
    "sparkops run daily_delays --day x (a parameter error)": ["run", "daily_delays", "--day", "x"],
}


def main() -> None:
    program = Path(sys.executable).with_name("sparkops")
    baseline = _median_seconds([sys.executable, "-c", "import click, pydantic, yaml"])
    print("| command | seconds | ratio to importing click, pydantic and yaml |\n| --- | --- | --- |")
    for name, arguments in COMMANDS.items():
        seconds = _median_seconds([program, *arguments])
        print(f"| `{name}` | {seconds:.2f} | {seconds / baseline:.1f} x |", flush=True)


def _median_seconds(command: list[str | Path]) -> float:
    return statistics.median(_run(command) for _ in range(ROUNDS))


def _run(command: list[str | Path]) -> float:
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=False)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
