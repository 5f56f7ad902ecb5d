"""Run the flights project by commands that share one Spark session, with a quarantine, its release and a failed check.

scripts/demo_flow.py [OPTIONS OF sparkops flow]
"""

from __future__ import annotations

import shlex
import sys

from sparkops import Engine
from sparkops.cli.main import CHECKS_FAILED, DONE, run_command

# A flight of 17 miles from Newark to LaGuardia at one in the morning. The demo corrects it to Charlotte, where its
# airline flies.
RELEASE = """quarantine release flights --set "dest='CLT'" --set distance=529 --yes"""
# The data has no flights on this day.
EMPTY_DAY = "run daily_delays --day 2014-01-01"


def main(options: list[str]) -> int:
    with Engine(wait=False) as engine:
        engine.session()
        for command in ("flow clean_flights", "quarantine show flights", RELEASE, "flow daily_delays"):
            run(command)
        before = newest_version(engine)
        run(EMPTY_DAY, expected=CHECKS_FAILED)
        print(f"daily_delays was version {before} before that run, and is version {newest_version(engine)}.")
        run("checks history daily_delays")
        run(shlex.join(["flow", "delay_report", *options]))
        return DONE if newest_version(engine) == before else 1


def run(command: str, *, expected: int = DONE) -> None:
    """Run one command; exit if its exit code is not the expected one."""
    print(f"\n$ sparkops {command}", flush=True)
    exit_code = run_command(shlex.split(command))
    sys.stdout.flush()
    if exit_code != expected:
        sys.exit(exit_code or 1)
    if expected != DONE:
        print(f"exit code {exit_code}", flush=True)


def newest_version(engine: Engine) -> int | None:
    """Return the newest version of `daily_delays`."""
    return engine.container.tables.describe("daily_delays").version


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
