"""Jobs in the order of their tables and models."""

from __future__ import annotations

import itertools

import pytest

from sparkops.core.place import Place
from sparkops.errors import DeclarationError, UnknownName
from sparkops.pipeline.graph import describe_dataset, find_upstream, order_jobs
from sparkops.pipeline.job import Job
from sparkops.pipeline.write import Write


def created(
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
    created("report", reads="scores features"),
    created("score", reads="features", models="late", writes="scores"),
    created("train", reads="features", registers="late"),
    created("join", reads="flights weather planes", writes="features"),
    created("clean_flights", reads="flights_raw", writes="flights flights_odd"),
    created("clean_weather", reads="weather_raw", writes="weather"),
    created("apart", reads="flights_raw", writes="elsewhere"),
)


def names(jobs: tuple[Job, ...]) -> list[str]:
    return [job.name for job in jobs]


def test_a_report_needs_everything_above_it_in_order():
    assert names(order_jobs(FLOW, ["report"])) == [
        "clean_flights",
        "clean_weather",
        "join",
        "train",
        "score",
        "report",
    ]


@pytest.mark.parametrize("turned", list(itertools.islice(itertools.permutations(FLOW), 0, 5040, 401)))
def test_every_job_is_after_what_it_reads_however_the_files_are_listed(turned):
    jobs = names(order_jobs({name: FLOW[name] for name in turned}, list(turned)))
    assert sorted(jobs) == sorted(FLOW)
    for job in FLOW.values():
        assert all(jobs.index(up.name) < jobs.index(job.name) for up in find_upstream(job, FLOW))


def test_a_job_alone_needs_nothing_that_no_job_makes():
    assert names(order_jobs(FLOW, ["apart"])) == ["apart"]


def test_upstream_jobs_are_the_direct_producers():
    assert sorted(names(find_upstream(FLOW["score"], FLOW))) == ["join", "train"]


def test_a_diamond_is_run_once():
    jobs = project(
        created("d", reads="b c"),
        created("b", reads="a", writes="b"),
        created("c", reads="a", writes="c"),
        created("a", writes="a"),
    )
    assert names(order_jobs(jobs, ["d", "b"])) == ["a", "b", "c", "d"]


def test_a_job_may_read_the_last_version_of_its_own_table():
    jobs = project(created("grow", reads="new total", writes="total"))
    assert names(order_jobs(jobs, ["grow"])) == ["grow"]


def test_a_cycle_is_reported_with_the_line_of_each_job():
    jobs = project(
        created("a", reads="c", writes="a"),
        created("b", reads="a", writes="b"),
        created("c", reads="b", writes="c"),
    )
    with pytest.raises(DeclarationError, match=r"`b` \(jobs/b.py:3\) -> `a` \(jobs/a.py:3\) -> `c`.* -> `b`"):
        order_jobs(jobs, ["b"])


def test_a_cycle_through_a_model_is_reported():
    jobs = project(
        created("train", reads="scores", registers="m"), created("score", models="m", writes="scores")
    )
    with pytest.raises(DeclarationError, match="depend on each other"):
        order_jobs(jobs, ["score"])


def test_two_writers_of_one_table_or_model_are_refused_with_both_lines():
    jobs = project(
        created("a", writes="t"),
        created("b", writes="t"),
        created("c", registers="m"),
        created("d", registers="m"),
        created("e", writes="u"),
    )
    assert [job.name for job in order_jobs(jobs, ["e"])] == ["e"]
    with pytest.raises(DeclarationError) as raised:
        order_jobs(jobs, ["a", "c"])
    assert "The table `t` has two writers: `a` (jobs/a.py:3) and `b` (jobs/b.py:3)" in str(raised.value)
    assert "The model `m` has two writers" in str(raised.value)


def test_an_unknown_target_is_reported_with_a_suggestion():
    with pytest.raises(UnknownName, match=r"No job `reprot`\. Did you mean `report`\?"):
        order_jobs(FLOW, ["reprot"])


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("scores", "Table `scores` is published by job `score`."),
        ("late", "Model `late` is published by job `train`."),
        ("planes", "Table `planes` is read by job `join`, and no job publishes it."),
        ("nothing", ""),
    ],
)
def test_a_dataset_is_described_by_the_jobs_that_publish_or_read_it(name, sentence):
    assert describe_dataset(name, FLOW.values()) == sentence


def test_every_publisher_of_a_table_is_named():
    twins = [created("a", writes="t"), created("b", writes="t")]
    assert describe_dataset("t", twins) == "Table `t` is published by jobs `a`, `b`."
