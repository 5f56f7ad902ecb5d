"""Interrupt runs between every two steps and at random, complete them, and verify that every row is in one place, once."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from crashes.attempt import has_clock
from crashes.faults import DISK_FAULTS, FAULTS, Fault
from crashes.rounds import Choice, Tally, run_rounds
from crashes.scenarios import SCENARIOS


def main() -> int:
    """Run the rounds; return 1 if something is lost, doubled or left half done."""
    options = _parse_options()
    faults = [fault for fault in options.fault or FAULTS if _is_possible(fault, has_disks=options.disks)]
    if not faults:
        return 2
    if not has_clock():
        print("There is no C compiler: no clock is set back.", file=sys.stderr)
    begin = time.monotonic()
    with _start_cluster(faults) as cluster:
        choice = Choice(options.scenario or list(SCENARIOS), faults, cluster)
        if not choice.pairs:
            print("None of these faults can happen to these scenarios.", file=sys.stderr)
            return 2
        tally = run_rounds(choice, kills=options.kills, jobs=options.jobs, seed=options.seed, progress=_show)
    print(_format(tally, choice.scenarios, faults))
    print(f"\nseed {options.seed}, {time.monotonic() - begin:,.0f} s")
    print("\n".join(tally.problems) or "every row is in one place, once")
    return 1 if tally.problems else 0


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="faults that must happen (default: 50)")
    parser.add_argument("--seed", type=int, default=1, help="seed of all choices (default: 1)")
    parser.add_argument("--jobs", type=int, default=1, help="rounds at the same time (default: 1)")
    names: dict[str, list[str]] = {"scenario": [*SCENARIOS], "fault": [*FAULTS]}
    for name, choices in names.items():
        parser.add_argument(
            f"--{name}", action="extend", nargs="+", choices=choices, metavar="NAME",
            help=f"only these: {', '.join(choices)}",
        )  # fmt: skip
    # Given by scripts/chaos: this process has a mount namespace of its own.
    parser.add_argument("--disks", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _is_possible(fault: Fault, *, has_disks: bool) -> bool:
    if fault in DISK_FAULTS and not has_disks:
        print(f"{fault}: left out, because no disk can be mounted here.", file=sys.stderr)
        return False
    return True


@contextlib.contextmanager
def _start_cluster(faults: list[Fault]) -> Iterator[Mapping[str, Any] | None]:
    """Start a standalone cluster if executors are killed; yield the settings of Spark that use it."""
    if "executor" not in faults:
        yield None
        return
    from sparkops.spark.cluster import Cluster

    folder = tempfile.TemporaryDirectory(prefix="chaos-cluster-", ignore_cleanup_errors=True)
    with folder as name, Cluster(Path(name), workers=2, cores=1, memory="1g") as cluster:
        yield {
            "mode": "cluster",
            "master": cluster.master,
            "conf": {
                "spark.cores.max": 1,
                "spark.executor.memory": "600m",
                "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1",
                "spark.pyspark.python": sys.executable,
            },
        }


def _show(total: Tally, round_: Tally) -> None:
    """Print what happened so far, and the problems of the last round."""
    print(
        f"{total.faults.total()} faults in {total.rounds} rounds, {len(total.problems)} problems",
        *round_.problems,
        sep="\n",
        file=sys.stderr,
        flush=True,
    )


def _format(tally: Tally, scenarios: Sequence[str], faults: Sequence[Fault]) -> str:
    """Return the numbers of faults by scenario and fault as a Markdown table, then those by step."""
    lines = [f"| Run | {' | '.join(faults)} |", "|---" * (len(faults) + 1) + "|"]
    for scenario in scenarios:
        row = [str(tally.faults[scenario, fault]) for fault in faults]
        lines.append(f"| {scenario} | {' | '.join(row)} |")
    counts = (
        f"{tally.faults.total()} faults in {tally.rounds} rounds; {tally.missed} attempts ended before their fault; "
        f"{tally.set_back} had a clock that was set back by two hours."
    )
    steps = ", ".join(f"{step} {count}" for step, count in sorted(tally.steps.items()))
    return "\n".join(
        [
            *lines,
            "",
            counts,
            f"By step: {steps}.",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
