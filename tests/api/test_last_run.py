"""Requests that the last run answers, and entity tags of results."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from fakes.callback_receiver import CallbackReceiver, receiving
from fakes.delta_runs import A, B, DeltaRuns, open_without_spark
from fakes.served_project import DAY, Served, served

from sparkops.api.last_run import is_repeatable, matches
from sparkops.engine.operations.freshness import FreshRunFinder
from sparkops.pipeline.parameters.bind import ParameterSource
from sparkops.pipeline.parameters.value_form import ValueForm
from sparkops.runs.fingerprint import params_to_json

JOBS = """
from pyspark.sql import DataFrame
from sparkops import Model, Report, job

@job(writes="out", mode="append")
def appended(source: DataFrame) -> DataFrame:
    return source

@job(writes="out", replace="n")
def replaced(source: DataFrame) -> DataFrame:
    return source

@job
def trained(source: DataFrame) -> Model:
    ...

@job
def reported(source: DataFrame) -> Report:
    ...
"""


@pytest.fixture
def last(project: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the id of a recorded run of `done`, which read and wrote tables."""
    monkeypatch.chdir(project)
    engine = open_without_spark(project)
    runs = DeltaRuns(engine)
    write_deltalake(project / "source", pa.table(A))
    job = engine.project.find_declared("done")
    source = ParameterSource(values=DAY["params"], origin="http", form=ValueForm.JSON)
    bound = engine.project.bind(job, [source])
    work = FreshRunFinder(engine.container).examine(job, bound).work
    return runs.run(
        "done", reads=["source"], writes={"out": B}, mode="overwrite", params=params_to_json(job, bound.values),
        env=engine.settings.env, work=dict(work),
    )  # fmt: skip


def test_the_last_run_with_the_same_inputs_answers_a_request(project: Path, last: str) -> None:
    async def scenario(api: Served) -> None:
        answer = await api.post("/jobs/done/runs", DAY)
        run = answer.json()
        assert (answer.status_code, run["state"], run["is_new"], run["answered_by"]) == (
            200,
            "done",
            False,
            last,
        )
        assert run["outputs"]["out"]["version"] == 0
        shown = (await api.get(run["links"]["self"])).json()
        assert (shown["answered_by"], shown["state"]) == (last, "done")
        rows = (await api.get(run["links"]["result"])).json()["rows"]
        assert rows == [{"a": 2}]
        # The same key is the same answer, whatever was asked for first.
        key = {"Idempotency-Key": "k"}
        first = (await api.post("/jobs/done/runs", DAY, headers=key)).json()
        assert (await api.post("/jobs/done/runs", DAY, headers=key)).json()["id"] == first["id"]

    served(project, scenario)


def test_an_answer_by_the_last_run_is_posted_to_the_callback(
    project: Path, last: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(api: Served, receiver: CallbackReceiver) -> None:
        run = (await api.post("/jobs/done/runs", {**DAY, "callback": receiver.url()})).json()
        assert (run["answered_by"], run["callback"]["state"]) == (last, "pending")
        await api.service.until(lambda: len(receiver.received) == 1)
        received = receiver.received[0].json()
        assert (received["id"], received["answered_by"], received["state"]) == (run["id"], last, "done")

    monkeypatch.setenv("CALLBACK_SECRET", "a-secret-of-more-than-16")
    with receiving() as receiver:
        callbacks = f"{{hosts: ['127.0.0.1:{receiver.port}'], secret: '${{env:CALLBACK_SECRET}}'}}"
        (project / "conf" / "base" / "callbacks.yml").write_text(f"api: {{callbacks: {callbacks}}}\n")
        served(project, lambda api: scenario(api, receiver), delivers=True)


def test_other_parameters_other_inputs_and_fresh_run_the_job(project: Path, last: str) -> None:
    async def scenario(api: Served) -> None:
        for path, body in (
            ("/jobs/done/runs?wait=20&fresh=true", DAY),
            ("/jobs/done/runs?wait=20", {"params": {**DAY["params"], "n": 4}}),
        ):
            run = (await api.post(path, body)).json()
            assert (run["is_new"], "answered_by" in run) == (True, False), path
        etag = (await api.post("/jobs/done/runs", DAY)).headers["etag"]
        assert etag.startswith('"')
        write_deltalake(project / "source", pa.table(B), mode="append")
        run = (await api.post("/jobs/done/runs?wait=20", DAY)).json()
        assert run["is_new"] is True
        wrong = await api.post("/jobs/done/runs?fresh=yes", DAY)
        assert (wrong.status_code, "`fresh` is 'yes'" in wrong.text) == (422, True)

    served(project, scenario)


def test_a_result_is_not_sent_again_to_who_has_it(project: Path, last: str) -> None:
    async def scenario(api: Served) -> None:
        first = await api.get(f"/runs/{last}/result")
        etag = first.headers["etag"]
        again = await api.get(f"/runs/{last}/result", headers={"If-None-Match": f'"x", W/{etag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        csv = await api.get(f"/runs/{last}/result", headers={"If-None-Match": etag, "accept": "text/csv"})
        assert (csv.status_code, csv.headers["etag"] == etag) == (200, False)
        limited = await api.get(f"/runs/{last}/result?limit=1", headers={"If-None-Match": etag})
        assert limited.status_code == 200

    served(project, scenario)


def test_jobs_that_append_or_train_are_never_answered_by_an_earlier_run(project: Path) -> None:
    (project / "jobs" / "more.py").write_text(JOBS)
    declared = open_without_spark(project).project.declared
    names = ("appended", "replaced", "trained", "reported", "done")
    assert [is_repeatable(declared[name]) for name in names] == [False, True, False, True, True]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (None, False),
        ("", False),
        ('"a"', True),
        ('W/"a"', True),
        ("*", True),
        ('"b", "a"', True),
        ('"b"', False),
    ],
)
def test_conditions_name_entity_tags(condition: str | None, expected: bool) -> None:
    assert matches(condition, '"a"') is expected
