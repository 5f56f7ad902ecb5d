"""Fixtures of tests of rollbacks: a project on tables of delta-rs, and its recorded runs, without a JVM.

A test module that needs another engine or project defines a fixture of that name.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.delta_runs import JOBS, DeltaRuns, open_without_spark

from sparkops import Engine


@pytest.fixture
def engine(make_project: Callable[..., Path]) -> Engine:
    return open_without_spark(make_project({"jobs/some.py": JOBS}))


@pytest.fixture
def project(engine: Engine) -> DeltaRuns:
    return DeltaRuns(engine)
