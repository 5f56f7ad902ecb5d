"""Functions that another thread calls keep the tags of Spark jobs, where pyspark gives threads such tags."""

from __future__ import annotations

from typing import Any

import pytest

from sparkops.driver.threads import inherit_job_tags


def test_a_function_is_unchanged_where_threads_of_python_are_not_those_of_the_jvm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pyspark import SparkContext

    monkeypatch.setattr(SparkContext, "_gateway", None)
    session: Any = object()
    assert inherit_job_tags(session, len) is len
