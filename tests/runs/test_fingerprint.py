"""The hash of the work of a run: what changes it, and what does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sparkops.pipeline.job import Job
from sparkops.pipeline.json_values import pin_from_json, pin_to_json
from sparkops.pipeline.table import Pin
from sparkops.place import Place
from sparkops.runs.fingerprint import RunInputs, compute_fingerprint

JOB = Job(name="clean", function=lambda: None, doc="", place=Place(__file__, 3), kind="table")
DELTA = Pin(table="orders", kind="delta", location="/w/orders", version=3, identity="abc", schema_hash="def")
SOURCE = Pin(
    table="raw",
    kind="source",
    location="/d/raw",
    version=None,
    identity="abc",
    schema_hash="d",
    options_hash="o1",
)


def hash_of(*pins: Pin, settings: dict[str, Any] | None = None) -> str:
    inputs = RunInputs(pins=pins, settings=settings or {})
    return compute_fingerprint(JOB, source="s", params={}, inputs=inputs, suites={})


def test_a_source_that_is_read_with_other_options_is_other_work() -> None:
    assert hash_of(DELTA, SOURCE) == hash_of(SOURCE, DELTA)
    assert hash_of(DELTA, SOURCE) != hash_of(DELTA, replace(SOURCE, options_hash="o2"))
    assert hash_of(SOURCE) != hash_of(replace(SOURCE, options_hash=""))


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("spark.sql.session.timeZone", True),
        ("spark.sql.ansi.enabled", True),
        ("spark.sql.legacy.timeParserPolicy", True),
        ("spark.driver.memory", False),
        ("spark.sql.shuffle.partitions", False),
        ("spark.hadoop.fs.s3a.endpoint", False),
    ],
)
def test_settings_of_spark_that_change_values_are_part_of_the_work(key: str, changes: bool) -> None:
    hashes = {hash_of(DELTA, settings={"spark": {"conf": {key: value}}}) for value in ("a", "b")}
    assert len(hashes) == (2 if changes else 1)
    if not changes:
        assert hashes == {hash_of(DELTA)}
    assert hash_of(DELTA, settings={"spark": None}) == hash_of(DELTA)


def test_the_record_keeps_how_a_source_was_read() -> None:
    assert pin_from_json("raw", pin_to_json(SOURCE)) == SOURCE
    assert "options_hash" not in pin_to_json(DELTA)
