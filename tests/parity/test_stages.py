"""Every fitted stage of Spark ML scores as Spark's own transform does, one row at a time and as a batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parity.case import Case
from parity.cases.registry import CASES
from parity.frames import FRAMES
from parity.result import CaseResult
from parity.run import run_case
from parity.spark_stages import DISCRETIZER, MODES, SAVED_STAGES
from parity.stages_page import PAGE, compare_tables, read_table, table

pytestmark = pytest.mark.spark

# Random rows of a case, besides edge rows.
ROWS = 20


@pytest.fixture(scope="module")
def frames(spark: Any) -> Any:
    cached: dict[str, Any] = {}

    def frame(name: str) -> Any:
        if name not in cached:
            cached[name] = FRAMES[name](spark).cache()
        return cached[name]

    yield frame
    for item in cached.values():
        item.unpersist()


@pytest.fixture(scope="module")
def results() -> dict[str, CaseResult]:
    """Keep the result of each case, for the table of all of them."""
    return {}


@pytest.mark.matrix(every=1000)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_scorer_and_spark_agree(
    case: Case, frames: Any, tmp_path: Path, results: dict[str, CaseResult]
) -> None:
    result = run_case(case, frames(case.frame), tmp_path, ROWS)
    results[str(case)] = result
    assert result.differences == []


def test_the_page_of_stages_states_what_the_cases_verified(results: dict[str, CaseResult]) -> None:
    if set(results) != {str(case) for case in CASES}:
        pytest.skip("only some of the cases were verified in this run")
    page = PAGE.read_text("utf-8")
    assert "## Differences" not in page
    differences = compare_tables(read_table(page), table(list(results.values())))
    assert differences == [], "run scripts/parity --rows 150 --write"


def test_every_stage_is_verified_in_every_mode() -> None:
    rows = {row[0].strip("`").split("`")[0]: row for row in read_table(PAGE.read_text("utf-8"))[1:]}
    assert list(rows) == [*SAVED_STAGES, DISCRETIZER]
    for stage, (_, scored_by, _, modes, vectors, *_) in rows.items():
        assert scored_by == "compiled scorer"
        assert modes.split(", ") == sorted(MODES.get(stage, "-").split()), stage
        assert vectors in ("-", "dense, sparse"), stage


def test_a_page_that_states_something_else_is_found() -> None:
    page = [["stage"] * 15, ["`A`", "compiled scorer", "one", "keep", "dense", "5", *"000000000"]]
    fewer_rows = [page[0], [*page[1][:5], "3", *"000000000"]]
    assert compare_tables(page, fewer_rows) == []
    assert compare_tables(fewer_rows, page) == ["`A`: the page states 3 rows, 5 were verified"]
    assert compare_tables(page, [page[0], ["`A`", "Spark", *page[1][2:]]])
    assert compare_tables(page, page[:1])
