"""A run with services in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes.run_services import FakeRunServices

from sparkops.core.place import Place
from sparkops.pipeline.job import Job
from sparkops.pipeline.write import Write
from sparkops.runs.execution.execute import execute
from sparkops.runs.read_versions import ReadVersions
from sparkops.runs.records.run import Run
from sparkops.runs.request import RunContext, RunRequest


@pytest.fixture
def fakes() -> FakeRunServices:
    services = FakeRunServices()
    services.tables.versions["numbers"] = [[1], [1, 2, 3, 100]]
    return services


@pytest.fixture
def go(tmp_path: Path, fakes: FakeRunServices) -> Callable[..., Run]:
    def run(
        function: Callable[..., Any],
        *,
        at: dict[str, int] | None = None,
        resume: Run | None = None,
        wait: float = 0.0,
        timeout: float | None = None,
        source: str = "# a job\n",
        **declared: Any,
    ) -> Run:
        defaults: dict[str, Any] = {"kind": "table", "tables": ("numbers",), "writes": (Write(table="out"),)}
        file = tmp_path / "jobs" / "x.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(source)
        job = Job(
            name="double", function=function, doc="", place=Place(str(file), 1), **(defaults | declared)
        )
        request = RunRequest(
            job=job, values={}, versions=ReadVersions(at=at or {}), resume=resume, timeout=timeout
        )
        context = RunContext(
            root=tmp_path, state=tmp_path / "state", env="base", secrets=("hunter2",), wait=wait
        )
        return execute(request, fakes.connect, context)

    return run
