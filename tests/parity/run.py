"""Run all parity cases on many rows and write docs/stages.md: what `scripts/parity` does."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

from parity.case import Case
from parity.cases.registry import CASES
from parity.frames import FRAMES
from parity.result import CaseResult
from parity.spark_reference import SparkReference
from parity.stages_page import PAGE, render_page
from sparkops.artifact.random_rows import generate_rows
from sparkops.config.settings import Settings
from sparkops.errors import NotCompiled
from sparkops.scoring.row_function import generate_code
from sparkops.spark import Starter


def run_case(case: Case, frame: Any, folder: Path, rows: int) -> CaseResult:
    """Fit, compile and compare one case, on its edge rows and on random ones."""
    from pyspark.ml import Pipeline

    result = CaseResult(case)
    fitted = Pipeline(stages=case.stages()).fit(frame)
    try:
        reference = SparkReference(fitted, frame, folder, names=case.inputs, sparse=case.sparse)
    except NotCompiled as error:
        if not case.reason or case.reason not in str(error):
            result.differences.append(str(error))
        return result
    if case.reason:
        result.differences.append(f"compiled, though it should not be for: {case.reason}")
    all_rows = [
        *reference.edge_rows(case.rows),
        *generate_rows(reference.scorer, reference.sampled_inputs(), rows, seed=seed_of(case)),
    ]
    comparison = reference.compare(all_rows, refused=case.refused, rtol=case.rtol)
    result.differences += [
        f"{difference}; {all_rows[difference.index]}" for difference in comparison.differences[:3]
    ]
    scorer = reference.scorer
    missing = {stage for stage in (case.stage, *case.also) if stage not in scorer.description.stages}
    result.differences += [f"no {stage} was compiled" for stage in sorted(missing)]
    code = generate_code(scorer.description)
    for index in comparison.compared:
        result.add_row(all_rows[index], scorer.answer(all_rows[index]), code.boundaries, code.known_values)
    result.add_stages(fitted, reference.storage)
    return result


def seed_of(case: Case) -> int:
    """Return the seed of a case's random rows; the rows of a shorter run are the first of a longer one."""
    return crc32(str(case).encode())


def main(arguments: list[str]) -> int:
    """Run the cases, print the page, and write it if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200, help="random rows of a case, besides edge rows")
    parser.add_argument("--only", default="", help="cases whose name contains this text")
    parser.add_argument("--write", action="store_true", help="write docs/stages.md")
    options = parser.parse_args(arguments)
    # Spark logs each row that it refuses
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    cases = [case for case in CASES if options.only.lower() in str(case).lower()]
    with tempfile.TemporaryDirectory() as work:
        root = Path(work)
        starter = Starter(_settings(root), app="parity")
        try:
            results = _run_all(cases, starter.session(), root, options.rows)
            page = render_page(results, spark=starter.session().version, rows=options.rows)
        finally:
            starter.stop()
    if options.write:
        PAGE.write_text(page, "utf-8")
    print(page)
    return int(any(result.differences for result in results))


def _settings(root: Path) -> Settings:
    spark = {
        "master": "local[2]",
        "conf": {"spark.sql.shuffle.partitions": 2, "spark.driver.memory": "3g"},
    }
    return Settings.model_validate(
        {
            "root": root,
            "env": "base",
            "state": root / "state",
            "warehouse": str(root / "w"),
            "spark": spark,
        }
    )


def _run_all(cases: Sequence[Case], spark: Any, root: Path, rows: int) -> list[CaseResult]:
    frames = {name: FRAMES[name](spark).cache() for name in sorted({case.frame for case in cases})}
    results = []
    for number, case in enumerate(cases, 1):
        result = run_case(case, frames[case.frame], root / str(number), rows)
        results.append(result)
        outcome = "; ".join(result.differences) or "equal"
        print(f"{number}/{len(cases)} {case}: {result.rows:,} rows, {outcome}", file=sys.stderr, flush=True)
    return results


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
