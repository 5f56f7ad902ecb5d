"""The declaration of retries and time limits."""

from __future__ import annotations

import pytest

from sparkops.errors import DeclarationError
from sparkops.pipeline.attempt_policy import AttemptPolicy
from sparkops.pipeline.declare import job


def declare(**options: object) -> AttemptPolicy:
    from pyspark.sql import DataFrame

    def double(numbers: DataFrame) -> DataFrame:
        return numbers

    double.__annotations__ = {"numbers": DataFrame, "return": DataFrame}
    return job(**options)(double).attempts  # type: ignore[call-overload, no-any-return]


def test_a_job_declares_retries_and_a_time_limit() -> None:
    assert declare() == AttemptPolicy()
    assert declare(
        retries=3, backoff="10 seconds", retry_on=ConnectionError, timeout="1 hour"
    ) == AttemptPolicy(retries=3, backoff=10, retry_on=(ConnectionError,), timeout=3600)
    assert declare(retries=1, retry_on=[OSError, KeyError]).retry_on == (OSError, KeyError)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"retries": -1}, "retries=-1 is not a number of attempts"),
        ({"retries": True}, "retries=True is not a number of attempts"),
        ({"retries": "3"}, "retries='3' is not a number of attempts"),
        ({"retries": 1, "backoff": "soon"}, "backoff='soon' is not a duration: write '10 seconds'"),
        ({"retries": 1, "backoff": 10}, "backoff=10 is not a duration"),
        ({"timeout": "0 s"}, "timeout='0 s' is not a duration"),
        ({"timeout": "-1h"}, "timeout='-1h' is not a duration"),
        ({"retries": 1, "retry_on": "OSError"}, "retry_on has 'OSError', which is no exception class"),
        ({"retries": 1, "retry_on": OSError("x")}, "which is no exception class"),
        ({"retries": 1, "retry_on": (int,)}, "retry_on has <class 'int'>, which is no exception class"),
        ({"backoff": "10 s"}, "backoff= and retry_on= are for a job that is retried"),
        ({"retry_on": OSError}, "backoff= and retry_on= are for a job that is retried"),
    ],
)
def test_what_is_wrong_is_reported(options: dict[str, object], message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        declare(**options)
