"""Runs without a result of their own are not replayed, and the message says what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sparkops.core.place import Place
from sparkops.errors import InputError
from sparkops.pipeline.job import Job
from sparkops.pipeline.table import Pin
from sparkops.pipeline.write import Write
from sparkops.runs.records.run import Run
from sparkops.runs.replay.requirements import (
    describe_changed_pin,
    describe_code_change,
    find_changed_conf,
    require_environment,
    require_replayable,
    require_same_outputs,
)

RUN = Run(id="20261130-x", job="sales", state="done", outputs={"sales": {}, "sales__quarantine": {}})
JOB = Job(
    name="sales",
    function=print,
    doc="",
    place=Place("jobs/sales.py", 1),
    kind="table",
    writes=(Write(table="sales"),),
)
FILES = Pin(
    table="raw", kind="source", location="/raw.csv", version=None, identity="a", schema_hash="b",
    time=datetime(2026, 1, 2, tzinfo=UTC), options_hash="c",
)  # fmt: skip


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (replace(RUN, replay={"of": "r1"}), "is a replay .* `sparkops replay r1`"),
        (replace(RUN, items=({"run": "a"}, {"run": "b"})), "fan-out of 2 runs.*--parent 20261130-x"),
        (replace(RUN, state="running"), "still running"),
        (replace(RUN, state="failed"), "`failed`: it is not complete.*runs resume 20261130-x"),
        (replace(RUN, state="checks_failed"), "`checks_failed`"),
        (replace(RUN, state="cancelled"), "`cancelled`"),
        (replace(RUN, state="crashed"), "`crashed`"),
        (replace(RUN, batches=({"number": 0},)), "read a stream"),
        (replace(RUN, timings={"stream": 1.0}), "read a stream"),
    ],
)
def test_a_run_that_cannot_be_replayed_is_refused(run: Run, message: str) -> None:
    with pytest.raises(InputError, match=message):
        require_replayable(run)


def find_refusal(require: Callable[..., None], *values: object) -> str:
    """Return the message of a requirement that does not hold, or nothing."""
    try:
        require(*values)
    except InputError as error:
        return str(error)
    return ""


def test_a_run_that_is_done_can_be_replayed() -> None:
    assert find_refusal(require_replayable, RUN) == ""
    assert find_refusal(require_same_outputs, RUN, JOB) == ""
    for env in ("", "base", "local"):
        assert find_refusal(require_environment, replace(RUN, env="base"), env) == ""


def test_a_job_that_writes_something_else_now_is_refused() -> None:
    with pytest.raises(InputError, match="writes `other` now, and run 20261130-x published `sales`"):
        require_same_outputs(RUN, replace(JOB, writes=(Write(table="other"),)))
    with pytest.raises(InputError, match="returns no report any more"):
        require_same_outputs(Run(id="r", job="sales", report="p.html"), replace(JOB, writes=()))


def test_another_environment_is_refused_with_the_option_that_selects_it() -> None:
    with pytest.raises(InputError, match="replay it with --env prod"):
        require_environment(replace(RUN, env="prod"), "local")
    with pytest.raises(InputError, match="replay it without --env"):
        require_environment(replace(RUN, env="base"), "prod")


def test_changed_inputs_are_described() -> None:
    table = replace(FILES, kind="delta", version=3, options_hash="")
    assert describe_changed_pin(table, replace(table, version=4)) is None
    assert "created again" in str(describe_changed_pin(table, replace(table, identity="other")))
    assert describe_changed_pin(FILES, FILES) is None
    assert describe_changed_pin(replace(FILES, options_hash=""), FILES) is None
    changed = describe_changed_pin(FILES, replace(FILES, identity="x", time=datetime(2026, 1, 3, tzinfo=UTC)))
    assert changed == (
        "`raw`: its files changed (/raw.csv): the newest was of 2026-01-02 00:00:00Z then, and is of "
        "2026-01-03 00:00:00Z now."
    )
    for change, text in (
        ({"location": "/b"}, "conf/ names /b now"),
        ({"schema_hash": "x"}, "other columns"),
        ({"options_hash": "x"}, "other options"),
    ):
        assert text in str(describe_changed_pin(FILES, replace(FILES, **change)))


def test_recorded_settings_that_change_values_are_applied() -> None:
    settings = {"spark": {"conf": {"spark.sql.session.timeZone": "UTC", "spark.executor.cores": 2}}}
    run = replace(RUN, settings=settings)
    assert find_changed_conf(run, settings) == {}
    other = {"spark": {"conf": {"spark.sql.session.timeZone": "Asia/Tokyo"}}}
    assert find_changed_conf(run, other) == {"spark.sql.session.timeZone": "UTC"}
    with pytest.raises(InputError, match=r"had no setting `spark.conf.spark.sql.session.timeZone`"):
        find_changed_conf(RUN, other)
    hidden = replace(RUN, settings={"spark": {"conf": {"spark.sql.session.timeZone": "***"}}})
    with pytest.raises(InputError, match="was a secret"):
        find_changed_conf(hidden, other)
    # A setting that the command gives is neither refused nor replaced by the recorded one.
    zone = "spark.sql.session.timeZone"
    assert find_changed_conf(RUN, other, exclude=[zone]) == {}
    assert find_changed_conf(run, other, exclude=[zone]) == {}


def test_other_code_is_named_with_its_commit() -> None:
    run = replace(RUN, code={"source": "a", "git": "0123456789abcdef", "dirty": "x"})
    assert describe_code_change(run, {"source": "a", "git": "f"}) is None
    assert describe_code_change(run, {"source": "b"}) == (
        "The code of the job is not that of the run: commit 0123456789 with uncommitted changes then, source b now."
    )
