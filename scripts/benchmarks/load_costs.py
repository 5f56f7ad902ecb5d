"""Measure what loading a saved model costs a new process: seconds until the first answer, memory and disk space."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from sparkops.scoring import load

PROCESSES = 3


@dataclass(frozen=True, slots=True)
class LoadCosts:
    """What loading a model costs.

    Args:
        seconds: Time to load and verify the model and to score one row; minimum of three processes.
        memory: Growth of the process's resident memory, in MB.
        disk: Size of the model's files, in MB.
    """

    seconds: float
    memory: float
    disk: float


def measure_load_costs(folder: str, row: dict[str, Any]) -> LoadCosts:
    """Measure the model in a folder, each time in a new process that has only imported the scorer."""
    command = [sys.executable, "-m", "benchmarks.load_costs", folder, json.dumps(row)]
    outputs = [
        subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        for _ in range(PROCESSES)
    ]
    disk = sum(file.stat().st_size for file in Path(folder).iterdir()) / 1e6
    return LoadCosts(min(float(seconds) for seconds, _ in outputs), float(outputs[-1][1]), disk)


def main() -> None:
    """Load the model of the first argument, score the row of the second one, and print seconds and MB."""
    folder, row = Path(sys.argv[1]), json.loads(sys.argv[2])
    memory_before, start = resident_memory(), perf_counter()
    load(folder).score(row)
    print(perf_counter() - start, resident_memory() - memory_before)


def resident_memory() -> float:
    """Return the resident memory of this process in MB."""
    pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    return int(pages) * 4096 / 1e6


if __name__ == "__main__":
    main()
