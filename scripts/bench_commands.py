"""How long the commands that need no Spark take as whole processes; a Markdown table.

.venv/bin/python scripts/bench_commands.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

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
    bare = statistics.median(_took([sys.executable, "-c", "import click, pydantic, yaml"]) for _ in range(7))
    print("| command | seconds | beside importing click, pydantic and yaml |\n| --- | --- | --- |")
    for name, words in COMMANDS.items():
        took = statistics.median(_took([program, *words]) for _ in range(7))
        print(f"| `{name}` | {took:.2f} | {took / bare:.1f} x |", flush=True)


def _took(words: list[str | Path]) -> float:
    begun = time.perf_counter()
    subprocess.run(words, capture_output=True, check=False)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
