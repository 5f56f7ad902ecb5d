"""The record of a failed run has the first error of its chain, and the stage of Spark that failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkops.errors import JobFailed, RunCancelled
from sparkops.runs.records.failure import describe_failure

STAGE = (
    "Job aborted due to stage failure: Task 3 in stage 12.0 failed 4 times, most recent failure: Lost task"
)


class PythonException(Exception):
    """Stands for pyspark's."""


class NumberFormatException(Exception):
    """Stands for pyspark's, with the stack trace of the JVM."""

    # The name is pyspark's.
    _stackTrace = f"org.apache.spark.SparkException: {STAGE}"  # noqa: N815


for kind in (PythonException, NumberFormatException):
    kind.__module__ = "pyspark.errors.exceptions.captured"


def raise_chain(first: BaseException) -> BaseException:
    later = KeyError("later")
    later.__cause__ = first
    return later


def test_the_first_error_of_a_chain_is_the_cause(tmp_path: Path) -> None:
    error = raise_chain(ValueError("no number\nmore"))
    assert describe_failure(JobFailed("Job `a` raised KeyError"), error, tmp_path / "log") == {
        "kind": "JobFailed",
        "message": "Job `a` raised KeyError",
        "cause": "ValueError: no number",
    }


def test_a_cause_that_the_message_has_is_not_repeated(tmp_path: Path) -> None:
    facts = describe_failure(
        JobFailed("Job `a` raised ValueError: no number (x.py:1)"), ValueError("no number"), tmp_path
    )
    assert "cause" not in facts


def test_the_words_of_spark_are_not_repeated_with_their_sqlstate(tmp_path: Path) -> None:
    error = PythonException("[CAST] The value 'west' cannot be cast. SQLSTATE: 22018")
    facts = describe_failure(
        JobFailed("Spark failed: [CAST] The value 'west' cannot be cast. (x.py:1)"), error, tmp_path
    )
    assert set(facts) == {"kind", "message"}


def test_the_error_of_a_python_worker_is_that_of_its_traceback(tmp_path: Path) -> None:
    text = (
        "An exception was thrown from the Python worker.\nTraceback (most recent call last):\n"
        '  File "x.py", line 11, in bad\n    return int(value)\nValueError: invalid literal\n\n'
        f"JVM stacktrace:\norg.apache.spark.SparkException: {STAGE}"
    )
    facts = describe_failure(JobFailed("Spark failed"), PythonException(text), tmp_path / "log")
    assert facts["cause"] == "ValueError: invalid literal"
    assert facts["stage"] == "12: task 3 failed 4 times"


def test_the_stage_is_in_the_trace_of_the_jvm_or_in_its_log(tmp_path: Path) -> None:
    facts = describe_failure(JobFailed("Spark failed"), NumberFormatException("[CAST]"), tmp_path / "log")
    assert facts["stage"] == "12: task 3 failed 4 times"
    log = tmp_path / "log"
    log.write_text("ERROR TaskSetManager: Task 0 in stage 7.2 failed 1 times; aborting job\n")
    facts = describe_failure(JobFailed("Spark failed"), PythonException("[CAST]"), log)
    assert facts["stage"] == "7, attempt 2: task 0 failed 1 time"


@pytest.mark.parametrize("error", [ValueError("no number"), JobFailed("no")])
def test_an_error_outside_of_spark_has_no_stage(tmp_path: Path, error: Exception) -> None:
    (tmp_path / "log").write_text("ERROR TaskSetManager: Task 0 in stage 7.2 failed 1 times; aborting job\n")
    assert "stage" not in describe_failure(JobFailed("no"), error, tmp_path / "log")


def test_a_cancelled_run_has_no_cause(tmp_path: Path) -> None:
    facts = describe_failure(RunCancelled("Cancelled"), raise_chain(ValueError("x")), tmp_path / "log")
    assert facts == {"kind": "RunCancelled", "message": "Cancelled"}


def test_an_error_whose_text_cannot_be_computed_has_a_cause(tmp_path: Path) -> None:
    class Lost(Exception):
        def __str__(self) -> str:
            raise RuntimeError("the session is gone")

    assert describe_failure(JobFailed("no"), Lost(), tmp_path / "log")["cause"] == "Lost: no message"


@pytest.mark.parametrize("secret", ["one\ntwo-lines", "x" * 40])
def test_a_text_that_is_shortened_shows_no_part_of_a_secret(tmp_path: Path, secret: str) -> None:
    error = ValueError("y" * 980 + secret)
    cause = describe_failure(JobFailed("no"), error, tmp_path / "log", secrets=[secret])["cause"]
    assert "one" not in cause
    assert "x" not in cause
