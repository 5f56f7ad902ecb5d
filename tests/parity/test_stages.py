"""Every fitted stage of Spark ML beside Spark's own transform, at its edges, one by one and as a batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parity.case import CASES, Case
from parity.frames import FRAMES
from parity.known import ALL, MODES, SCORED_BY_SPARK
from parity.many import PAGE, load_cases, prove
from parity.proof import DISCRETIZER, Proof, read_table, table, unlike

pytestmark = pytest.mark.spark

ROWS = 20  # random rows a case, beside those at the edges
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


@pytest.fixture(scope="module")
def proofs() -> dict[str, Proof]:
    """Keep what each case proved, for the table of them all."""
    return {}


@pytest.mark.parametrize("each", CASES, ids=str)
def test_scorer_and_spark_agree(each: Case, frames: Any, tmp_path: Path, proofs: dict[str, Proof]) -> None:
    proof = prove(each, frames(each.frame), tmp_path, ROWS)
    proofs[str(each)] = proof
    assert proof.differences == []


def test_the_page_of_stages_is_what_the_cases_proved(proofs: dict[str, Proof]) -> None:
    if set(proofs) != {str(each) for each in CASES}:
        pytest.skip("only some of the cases were proved in this run")
    told = PAGE.read_text("utf-8")
    assert "## Differences" not in told
    found = unlike(read_table(told), table(list(proofs.values())))
    assert found == [], "run scripts/parity --rows 150 --write"


def test_every_kind_of_stage_is_proved_in_every_setting() -> None:
    rows = {row[0].strip("`").split("`")[0]: row for row in read_table(PAGE.read_text("utf-8"))[1:]}
    assert list(rows) == [*ALL, DISCRETIZER]
    for stage, (_, way, _, modes, vectors, *_) in rows.items():
        assert way == "compiled scorer" or stage in SCORED_BY_SPARK
        assert modes.split(", ") == sorted(MODES.get(stage, "-").split()), stage
        assert vectors in ("-", "dense, sparse") or stage in SCORED_BY_SPARK, stage


def test_a_page_that_tells_another_thing_is_found() -> None:
    told = [["stage"] * 15, ["`A`", "compiled scorer", "one", "keep", "dense", "5", *"000000000"]]
    less = [told[0], [*told[1][:5], "3", *"000000000"]]
    assert unlike(told, less) == []
    assert unlike(less, told) == ["`A`: 3 rows are told, 5 were proved"]
    assert unlike(told, [told[0], ["`A`", "Spark", *told[1][2:]]])
    assert unlike(told, told[:1])
