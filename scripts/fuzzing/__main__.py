"""Give every interface of sparkops random damaged input, and report what is neither a success nor an error for users."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from fuzzing.registry import NAMES, SHARES, load_surface
from fuzzing.runner import SurfaceSummary, fuzz, read_finding, save_findings
from fuzzing.worker import FINDING, Task, replay_case

_PROGRESS_SECONDS = 5.0
_SHOWN_OUTCOMES = 5


def main() -> int:
    """Run the fuzzer; return 1 if there is a finding."""
    options = parse_options()
    if options.replay is not None:
        name, case = read_finding(options.replay)
        result = replay_case(load_surface(name), case)
        print(f"{name}: {result.outcome}\n{result.problem}".rstrip())
        return int(result.outcome == FINDING)
    names = options.surface or list(NAMES)
    shares = sum(SHARES[name] for name in names)
    counts = {
        name: options.cases if options.total is None else options.total * SHARES[name] // shares
        for name in names
    }
    tasks = [Task(name, options.start, options.start + count) for name, count in counts.items()]
    save = partial(save_findings, seed=options.seed, folder=options.save)
    begin = time.monotonic()
    progress = ProgressLine(sum(counts.values()), save)
    summaries = fuzz(tasks, seed=options.seed, jobs=options.jobs, progress=progress)
    files = save(summaries)
    if options.json:
        print(json.dumps(to_json(summaries, options.seed), indent=1))
    else:
        print(format_table(summaries))
        print(f"seed {options.seed}, {time.monotonic() - begin:.0f} s")
    for file in files:
        print(f"finding: scripts/fuzz --replay {file}", file=sys.stderr)
    return int(any(summary.problems for summary in summaries.values()))


def parse_options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument(
        "--surface",
        action="extend",
        nargs="+",
        choices=NAMES,
        metavar="NAME",
        help=f"only these: {', '.join(NAMES)}",
    )
    parser.add_argument("--cases", type=int, default=300, help="cases of each surface (default: 300)")
    parser.add_argument(
        "--total",
        type=int,
        metavar="N",
        help="instead of --cases: cases of all surfaces, fewer of those that take long",
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of all cases (default: 1)")
    parser.add_argument("--start", type=int, default=0, help="number of the first case (default: 0)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: 1)")
    parser.add_argument(
        "--save",
        type=Path,
        default=Path("fuzz-findings"),
        metavar="FOLDER",
        help="folder for cases that are findings (default: fuzz-findings)",
    )
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run the case of a saved finding again")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    return parser.parse_args()


class ProgressLine:
    """Prints the number of cases now and then, on standard error, and saves the findings so far."""

    def __init__(self, total: int, save: Callable[[Mapping[str, SurfaceSummary]], object]) -> None:
        self._total, self._save = total, save
        self._printed = time.monotonic()

    def __call__(self, summaries: Mapping[str, SurfaceSummary]) -> None:
        if time.monotonic() - self._printed < _PROGRESS_SECONDS:
            return
        self._printed = time.monotonic()
        cases = sum(summary.cases for summary in summaries.values())
        problems = sum(len(summary.problems) for summary in summaries.values())
        self._save(summaries)
        print(f"{cases:,} of {self._total:,} cases, {problems} findings", file=sys.stderr, flush=True)


def format_table(summaries: Mapping[str, SurfaceSummary]) -> str:
    """Return one line for each surface: cases, findings, milliseconds of a case, and the most frequent outcomes."""
    lines = [f"{'surface':<16} {'cases':>8} {'findings':>8} {'ms':>7}  outcomes"]
    for name, summary in summaries.items():
        outcomes = ", ".join(
            f"{outcome} {count:,}" for outcome, count in summary.outcomes.most_common(_SHOWN_OUTCOMES)
        )
        average = 1000 * summary.seconds / max(1, summary.cases)
        lines.append(f"{name:<16} {summary.cases:>8,} {len(summary.problems):>8} {average:>7.1f}  {outcomes}")
    cases = sum(summary.cases for summary in summaries.values())
    problems = sum(len(summary.problems) for summary in summaries.values())
    return "\n".join([*lines, f"{'all':<16} {cases:>8,} {problems:>8}"])


def to_json(summaries: Mapping[str, SurfaceSummary], seed: int) -> dict[str, object]:
    """Return the summary as JSON values."""
    surfaces = {
        name: {
            "cases": summary.cases,
            "outcomes": dict(summary.outcomes.most_common()),
            "problems": summary.problems,
        }
        for name, summary in summaries.items()
    }
    return {"seed": seed, "surfaces": surfaces}


if __name__ == "__main__":
    sys.exit(main())
