"""What a saved model costs a process that has only just imported the scorer: seconds until its first answer, and memory."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from sparkops.scoring import load


@dataclass(frozen=True, slots=True)
class Costs:
    """What a model costs.

    Args:
        seconds: Until it is loaded, checked and has scored a row; the least of three processes.
        memory: MB that the process grew by.
        disk: MB of its files.
    """

    seconds: float
    memory: float
    disk: float


def costs_of(folder: str, row: dict[str, Any]) -> Costs:
    """Return what the model in a folder costs, each time measured in a new process."""
    command = [sys.executable, __file__, folder, json.dumps(row)]
    told = [
        subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() for _ in range(3)
    ]
    disk = sum(file.stat().st_size for file in Path(folder).iterdir()) / 1e6
    return Costs(min(float(took) for took, _ in told), float(told[-1][1]), disk)


def main() -> None:
    folder, row = Path(sys.argv[1]), json.loads(sys.argv[2])
    before, begun = resident(), perf_counter()
    load(folder).score(row)
    print(perf_counter() - begun, resident() - before)


def resident() -> float:
    """Return the MB that this process holds."""
    pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    return int(pages) * 4096 / 1e6


if __name__ == "__main__":
    main()
