"""An exception that stopped a run is converted to the error shown to the user."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sparkops.core.place import Place
from sparkops.errors import EngineError, JobFailed, RunCancelled, SparkopsError, TableError
from sparkops.pipeline.job import Job
from sparkops.pipeline.write import Write
from sparkops.runs.execution.user_error import StoppedRun, to_user_error
from sparkops.runs.records.run import Run

JOB = Job(name="double", function=lambda: None, doc="", place=Place(__file__, 3), kind="table")
STOPPED = StoppedRun(run=Run(id="r1", job="double"))
LINE = f"{Path(__file__).parent.name}/{Path(__file__).name}"


def catch(function: object) -> BaseException:
    with pytest.raises(BaseException) as raised:  # noqa: PT011 - any exception is converted
        function()  # type: ignore[operator]
    return raised.value


def divide_by_zero() -> None:
    1 / 0  # noqa: B018 - raises


def convert(error: BaseException, translation: SparkopsError | None = None) -> SparkopsError:
    return to_user_error(error, JOB, lambda _: translation, stopped=STOPPED)


def test_an_exception_of_the_job_names_type_message_line_and_log() -> None:
    error = convert(catch(divide_by_zero))
    assert isinstance(error, JobFailed)
    message = str(error)
    assert message.startswith(f"Job `double` raised ZeroDivisionError: division by zero ({LINE}:")
    assert message.endswith("Full traceback: sparkops runs log r1")


def test_an_exception_without_a_frame_of_the_job_names_the_declaration() -> None:
    assert f"no message ({JOB.place})" in str(convert(ValueError()))


def test_a_translated_error_keeps_its_type_and_names_the_line() -> None:
    error = convert(catch(divide_by_zero), TableError("No such column."))
    assert type(error) is TableError
    assert str(error).startswith(f"No such column. (job `double`, {LINE}:")


def test_a_failure_of_spark_names_no_line_but_the_log_and_what_to_do() -> None:
    error = convert(catch(divide_by_zero), EngineError("The JVM of Spark ended."))
    assert type(error) is EngineError
    assert str(error) == (
        "Job `double` was stopped. The JVM of Spark ended. Run r1 failed before it published anything. "
        "Log: sparkops runs log r1. Continue the run with: sparkops runs resume r1"
    )


def test_a_failure_of_spark_names_state_and_command_wherever_it_was_recognized() -> None:
    # in the checks, which raise the failure themselves
    own = convert(EngineError("Spark lost an executor."))
    # behind an error that another package raised for it
    wrapped = JobFailed("The page cannot be drawn.")
    wrapped.__cause__ = ConnectionRefusedError(111, "Connection refused")
    behind = convert(wrapped, EngineError("The JVM of Spark ended."))
    for error in (own, behind):
        assert type(error) is EngineError
        assert "Run r1 failed before it published anything." in str(error)
        assert str(error).endswith("Continue the run with: sparkops runs resume r1")
    # the cause of an error that explains itself is not shown instead
    explained = TableError("Column `a` is missing.")
    explained.__cause__ = ValueError("AnalysisException")
    assert convert(explained, TableError("another text")) is explained


def test_a_failure_while_publishing_says_what_is_published_and_what_is_uncertain() -> None:
    job = replace(JOB, writes=(Write(table="left"), Write(table="right")))
    run = Run(id="r1", job="double", outputs={"left": {"version": 3, "rows": 1}})
    stopped = StoppedRun(run=run, is_publishing=True, options=("--env prod", "--param token=..."))
    message = str(to_user_error(EngineError("Spark was stopped."), job, lambda _: None, stopped=stopped))
    assert (
        "Run r1 failed while it published. Published: `left` version 3. Possibly published: `right`. Continuing it publishes the "
        "rest, and nothing twice." in message
    )
    assert message.endswith("sparkops runs resume r1 --env prod --param token=...")


def test_a_failure_after_a_model_was_registered_names_it() -> None:
    run = Run(id="r1", job="double", registered={"name": "delays", "version": 2})
    message = str(to_user_error(EngineError("No answer."), JOB, lambda _: None, stopped=StoppedRun(run=run)))
    assert "Run r1 failed. Published: model `delays` version 2. Log:" in message


def test_an_error_of_sparkops_is_returned_as_it_is() -> None:
    error = TableError("The table is busy.")
    assert convert(error) is error


def test_a_cancellation_is_found_behind_the_errors_that_it_caused() -> None:
    error = ValueError("the connection was closed")
    error.__context__ = KeyboardInterrupt("Cancelled by SIGTERM.")
    cancellation = convert(error)
    assert isinstance(cancellation, RunCancelled)
    assert str(cancellation) == "Cancelled by SIGTERM."
    assert str(convert(KeyboardInterrupt())) == "Cancelled by SIGINT."


def test_the_traceback_is_printed_where_the_log_captures_it(capsys: pytest.CaptureFixture[str]) -> None:
    convert(catch(divide_by_zero))
    assert "Traceback" in capsys.readouterr().err
