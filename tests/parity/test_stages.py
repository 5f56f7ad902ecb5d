"""Every fitted stage of Spark ML beside Spark's own transform, at its edges, one by one and as a batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parity.case import CASES, Case
from parity.frames import FRAMES
from parity.known import ALL
from parity.many import PAGE, load_cases
from parity.truth import Truth
from sparkops.errors import NotCompiled

pytestmark = pytest.mark.spark

load_cases()


@pytest.fixture(scope="module")
def frames(spark: Any) -> Any:
    made: dict[str, Any] = {}

    def frame(name: str) -> Any:
        if name not in made:
            made[name] = FRAMES[name](spark).cache()
        return made[name]

    yield frame
    for each in made.values():
        each.unpersist()


@pytest.mark.parametrize("each", [each for each in CASES if each.often], ids=str)
def test_scorer_and_spark_agree(each: Case, frames: Any, tmp_path: Path) -> None:
    from pyspark.ml import Pipeline

    frame = frames(each.frame)
    fitted = Pipeline(stages=each.stages()).fit(frame)
    if each.reason:
        with pytest.raises(NotCompiled, match=each.reason):
            Truth(fitted, frame, tmp_path, names=each.inputs)
        return
    truth = Truth(fitted, frame, tmp_path, names=each.inputs, sparse=each.sparse)
    assert each.stage in truth.scorer.description.stages
    rows = truth.edges(each.rows)
    found = truth.differences(rows, refused=each.refused, rtol=each.rtol)
    assert [f"{difference}; {rows[difference.index]}" for difference in found[:5]] == []


def test_every_kind_of_stage_has_a_case() -> None:
    assert set(ALL) <= {each.stage for each in CASES}


def test_the_page_of_stages_tells_of_the_cases_that_there_are() -> None:
    told = PAGE.read_text("utf-8")
    assert "NOT PROVED" not in told
    assert "## Differences" not in told
    for each in CASES:
        assert each.name in told or each.reason, f"run scripts/parity --write: it does not tell of `{each}`"
