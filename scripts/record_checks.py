"""Record the results of Great Expectations' own Spark engine in tests/checks/stock_results.json.

    .venv/bin/python scripts/record_checks.py [--all]

Only expectations without a recorded result are evaluated, because the stock engine starts several Spark jobs for each.
A test evaluates some of the recorded ones again.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from fakes import stock_checks  # noqa: E402

from sparkops.checks.gx.expectation_builder import build_expectations  # noqa: E402
from sparkops.checks.gx.library import GxLibrary  # noqa: E402
from sparkops.config.settings import Settings  # noqa: E402
from sparkops.spark import Starter  # noqa: E402

TARGET = ROOT / "tests" / "checks" / "stock_results.json"


def main() -> None:
    GxLibrary().ensure_imported()
    recorded = (
        {} if "--all" in sys.argv or not TARGET.exists() else json.loads(TARGET.read_text(encoding="utf-8"))
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(root=folder, env="base", state=folder / "state", warehouse=f"{name}/warehouse")
        starter = Starter(settings, app="record")
        for case in stock_checks.CASES:
            recorded[case] = record_case(starter.session(), case, folder, recorded.get(case, {}))
            TARGET.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
        starter.stop()


def record_case(spark: Any, case: str, folder: Path, recorded: dict[str, Any]) -> dict[str, Any]:
    """Return the result of each expectation of a case by label; evaluate those that are not recorded."""
    lines = stock_checks.lines_of(case).splitlines()
    labels = [
        expectation.label for expectation in stock_checks.suite_of(folder, "\n".join(lines)).expectations
    ]
    assert len(set(labels)) == len(labels), "two expectations have one label"
    new = [line for line, label in zip(lines, labels, strict=True) if label not in recorded]
    results = dict(recorded)
    if new:
        suite = stock_checks.suite_of(folder, "\n".join(new))
        with stock_checks.ansi(spark, on=stock_checks.CASES[case]):
            evaluated = stock_checks.evaluate_with_stock_engine(
                build_expectations(suite), stock_checks.frame_of(spark, case)
            )
        results |= {
            expectation.label: evaluated[index] for index, expectation in enumerate(suite.expectations)
        }
    print(f"{case}: {len(new)} recorded", flush=True)
    return {label: results[label] for label in labels}


if __name__ == "__main__":
    main()
