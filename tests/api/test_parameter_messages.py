"""What is wrong with the parameters of a request is said in the words of its sender: JSON, or those of a command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes.served_project import Served, served

JOBS = """
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from pydantic import Field
from pyspark.sql import DataFrame
from sparkops import Secret, job

class Size(Enum):
    SMALL = "s"
    LARGE = "l"

@job(writes="out")
def needs(
    source: DataFrame, *, day: date, n: Annotated[int, Field(ge=5)], price: Decimal, words: list[str], pair: tuple[int, str],
    weights: dict[str, float], size: Literal["s", "m"], choice: Size, is_full: bool, either: int | str, age: timedelta, token: Secret,
) -> DataFrame:
    return source
"""
CONF = "tables: {source: {path: source}}\nstate: .\n"


@pytest.fixture
def project(make_project: Callable[..., Path]) -> Path:
    return make_project({"jobs/all.py": JOBS, "conf/base/all.yml": CONF})


def read_problems(project: Path, body: dict[str, Any]) -> dict[str, str]:
    """Return the problem of each parameter, without its place."""
    answers: list[dict[str, Any]] = []

    async def scenario(api: Served) -> None:
        answer = await api.post("/jobs/needs/runs", body)
        assert answer.status_code == 422, answer.text
        answers.append(answer.json())

    served(project, scenario)
    return {problem["parameter"]: problem["message"].partition(" (")[0] for problem in answers[0]["errors"]}


def test_a_missing_parameter_is_asked_for_as_a_value_of_json(project: Path) -> None:
    assert read_problems(project, {}) == {
        "day": '`day` is missing: send {"params": {"day": "2013-07-04"}}',
        "n": '`n` is missing: send {"params": {"n": 5}}',
        "price": '`price` is missing: send {"params": {"price": "0.5"}}',
        "words": '`words` is missing: send {"params": {"words": ["TEXT"]}}',
        "pair": '`pair` is missing: send {"params": {"pair": [1, "TEXT"]}}',
        "weights": '`weights` is missing: send {"params": {"weights": {}}}',
        "size": '`size` is missing: send {"params": {"size": "s"}}',
        "choice": '`choice` is missing: send {"params": {"choice": "s"}}',
        "is_full": '`is_full` is missing: send {"params": {"is_full": true}}',
        "either": '`either` is missing: send {"params": {"either": 1}}',
        "age": '`age` is missing: send {"params": {"age": "90s"}}',
        "token": "`token` is missing: set SPARKOPS_SECRET_TOKEN where the service runs",
    }


@pytest.mark.parametrize("texts", [{}, {"day": "2013-07-05"}])
def test_a_sender_of_texts_is_asked_for_an_option(project: Path, texts: dict[str, str]) -> None:
    problems = read_problems(project, {"texts": texts})
    assert problems["n"] == "`n` is missing: pass --n 5"
    assert ("day" in problems) == (not texts)
