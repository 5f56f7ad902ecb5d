"""Tables are scored outside of a job, too: the model's own stages are imported from the jobs' folder."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from sparkops.engine.operations.scoring import make_stages_importable
from sparkops.pipeline.discovery.short_names import remove_short_names


def test_modules_of_stages_are_importable_and_no_job_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = tmp_path / "jobs_with_stages"
    jobs.mkdir()
    (jobs / "_stages.py").write_text("VALUE = 7\n")
    (jobs / "broken.py").write_text("raise RuntimeError('a job was imported')\n")
    monkeypatch.setattr(sys, "path", list(sys.path))
    try:
        make_stages_importable(str(jobs))
        assert importlib.import_module("jobs_with_stages._stages").VALUE == 7
    finally:
        remove_short_names()
        for name in [name for name in sys.modules if name.startswith("jobs_with_stages")]:
            del sys.modules[name]


@pytest.mark.parametrize("jobs", ["package:no_such_package", "no/such/folder"])
def test_nothing_is_prepared_without_a_folder(jobs: str) -> None:
    before = list(sys.path)
    make_stages_importable(jobs)
    assert sys.path == before
