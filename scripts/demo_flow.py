"""Run the flights project as a person would type it, one Spark for all: what checks hold back and stop is shown on the way.

scripts/demo_flow.py [OPTIONS OF sparkops flow]
"""

from __future__ import annotations

import shlex
import sys

from sparkops import Engine
from sparkops.cli.main import CHECKS_FAILED, DONE, run_command

# 17 miles from Newark to LaGuardia at one in the morning: taken here for one of US Airways' flights to Charlotte.
RELEASE = """quarantine release flights --set "dest='CLT'" --set distance=529 --yes"""
EMPTY_DAY = "run daily_delays --day 2014-01-01"  # a day that the data does not have


def main(options: list[str]) -> int:
    with Engine(wait=False) as engine:
        engine.session()
        for words in ("flow clean_flights", "quarantine show flights", RELEASE, "flow daily_delays"):
            typed(words)
        before = newest(engine)
        typed(EMPTY_DAY, code=CHECKS_FAILED)
        print(f"daily_delays was version {before} before that run, and is version {newest(engine)}.")
        typed("checks history daily_delays")
        typed(shlex.join(["flow", "delay_report", *options]))
        return DONE if newest(engine) == before else 1


def typed(words: str, *, code: int = DONE) -> None:
    """Run one command line; leave where it does not end with the code that it should."""
    print(f"\n$ sparkops {words}", flush=True)
    found = run_command(shlex.split(words))
    sys.stdout.flush()
    if found != code:
        sys.exit(found or 1)
    if code != DONE:
        print(f"exit code {found}", flush=True)


def newest(engine: Engine) -> int | None:
    """Return the newest version of the failing run's table."""
    return engine.container.tables.info("daily_delays").version


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
