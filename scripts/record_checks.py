"""Record what Great Expectations' own Spark engine says of the differential suite: tests/checks/stock_results.json.

    .venv/bin/python scripts/record_checks.py [--all]

Only what is not recorded yet is run, as the stock engine starts several Spark jobs for each expectation. A test runs some
of what is recorded again.
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
    known = (
        {} if "--all" in sys.argv or not TARGET.exists() else json.loads(TARGET.read_text(encoding="utf-8"))
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(root=folder, env="base", state=folder / "state", warehouse=f"{name}/warehouse")
        starter = Starter(settings, app="record")
        for case in stock_checks.CASES:
            known[case] = record(starter.session(), case, folder, known.get(case, {}))
            TARGET.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
        starter.stop()


def record(spark: Any, case: str, folder: Path, known: dict[str, Any]) -> dict[str, Any]:
    """Return label to result of a case, those that are known as they are."""
    lines = stock_checks.lines_of(case).splitlines()
    labels = [one.label for one in stock_checks.suite_of(folder, "\n".join(lines)).expectations]
    assert len(set(labels)) == len(labels), "two expectations have one label"
    new = [line for line, label in zip(lines, labels, strict=True) if label not in known]
    found = dict(known)
    if new:
        suite = stock_checks.suite_of(folder, "\n".join(new))
        with stock_checks.ansi(spark, on=stock_checks.CASES[case]):
            told = stock_checks.evaluate_with_stock_engine(
                build_expectations(suite), stock_checks.frame_of(spark, case)
            )
        found |= {one.label: told[index] for index, one in enumerate(suite.expectations)}
    print(f"{case}: {len(new)} recorded", flush=True)
    return {label: found[label] for label in labels}


if __name__ == "__main__":
    main()
