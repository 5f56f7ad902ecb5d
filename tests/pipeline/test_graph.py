"""Jobs in the order of their tables and models."""

from __future__ import annotations

import itertools

import pytest

from sparkops.errors import DeclarationError, UnknownName
from sparkops.pipeline.graph import dependants, execution_order, upstream
from sparkops.pipeline.job import Job
from sparkops.pipeline.write import Write
from sparkops.place import Place


def made(
    name: str, *, reads: str = "", writes: str = "", models: str = "", registers: str | None = None
) -> Job:
    return Job(
        name=name,
        function=lambda: None,
        doc="",
        place=Place(f"jobs/{name}.py", 3),
        kind="table",
        tables=tuple(reads.split()),
        models=tuple(models.split()),
        writes=tuple(Write(table=table) for table in writes.split()),
        registers=registers,
    )


def project(*jobs: Job) -> dict[str, Job]:
    return {job.name: job for job in jobs}


FLOW = project(
    made("report", reads="scores features"),
    made("score", reads="features", models="late", writes="scores"),
    made("train", reads="features", registers="late"),
    made("join", reads="flights weather planes", writes="features"),
    made("clean_flights", reads="flights_raw", writes="flights flights_odd"),
    made("clean_weather", reads="weather_raw", writes="weather"),
    made("apart", reads="flights_raw", writes="elsewhere"),
)


def names(jobs: tuple[Job, ...]) -> list[str]:
    return [job.name for job in jobs]


def test_a_report_needs_everything_above_it_in_order():
    assert names(execution_order(FLOW, ["report"])) == [
        "clean_flights",
        "clean_weather",
        "join",
        "train",
        "score",
        "report",
    ]


@pytest.mark.parametrize("turned", list(itertools.islice(itertools.permutations(FLOW), 0, 5040, 401)))
def test_every_job_stands_after_what_it_reads_however_the_files_are_listed(turned):
    found = names(execution_order({name: FLOW[name] for name in turned}, list(turned)))
    assert sorted(found) == sorted(FLOW)
    for job in FLOW.values():
        assert all(found.index(up.name) < found.index(job.name) for up in upstream(job, FLOW))


def test_a_job_alone_needs_nothing_that_no_job_makes():
    assert names(execution_order(FLOW, ["apart"])) == ["apart"]


def test_upstream_is_direct_and_dependants_are_near_and_far():
    assert sorted(names(upstream(FLOW["score"], FLOW))) == ["join", "train"]
    assert names(dependants(FLOW["train"], FLOW)) == ["report", "score"]
    assert names(dependants(FLOW["report"], FLOW)) == []


def test_a_diamond_is_run_once():
    jobs = project(
        made("d", reads="b c"),
        made("b", reads="a", writes="b"),
        made("c", reads="a", writes="c"),
        made("a", writes="a"),
    )
    assert names(execution_order(jobs, ["d", "b"])) == ["a", "b", "c", "d"]


def test_a_job_may_read_the_last_version_of_its_own_table():
    jobs = project(made("grow", reads="new total", writes="total"))
    assert names(execution_order(jobs, ["grow"])) == ["grow"]


def test_a_circle_is_told_with_every_place_on_it():
    jobs = project(
        made("a", reads="c", writes="a"), made("b", reads="a", writes="b"), made("c", reads="b", writes="c")
    )
    with pytest.raises(DeclarationError, match=r"`b` \(jobs/b.py:3\) -> `a` \(jobs/a.py:3\) -> `c`.* -> `b`"):
        execution_order(jobs, ["b"])


def test_a_circle_through_a_model_is_one_too():
    jobs = project(made("train", reads="scores", registers="m"), made("score", models="m", writes="scores"))
    with pytest.raises(DeclarationError, match="wait for each other"):
        execution_order(jobs, ["score"])


def test_two_writers_of_one_table_or_model_are_refused_with_both_places():
    jobs = project(
        made("a", writes="t"), made("b", writes="t"), made("c", registers="m"), made("d", registers="m")
    )
    with pytest.raises(DeclarationError) as caught:
        execution_order(jobs, ["a"])
    assert "The table `t` has two writers: `a` (jobs/a.py:3) and `b` (jobs/b.py:3)" in str(caught.value)
    assert "The model `m` has two writers" in str(caught.value)


def test_an_unknown_target_is_told_with_its_near_name():
    with pytest.raises(UnknownName, match=r"No job `reprot`\. Did you mean `report`\?"):
        execution_order(FLOW, ["reprot"])
