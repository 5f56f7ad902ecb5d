"""A job's file that is started as a script imports its neighbours, as its module does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

JOB = """
import sys
from sparkops import job, main
from .helper import one
from ..lib.two import two
from jobs.lib.two import two as same
import lib.two

@job
def script(raw: "DataFrame", *, n: int) -> "DataFrame": ...

print(__package__, one(), two(), {same, two, lib.two.two} == {two})
if __name__ == "__main__":
    main(script)
"""


@pytest.fixture
def project(make_project) -> Path:
    return make_project(
        {
            "jobs/sales/job.py": JOB,
            "jobs/sales/helper.py": "def one():\n    return 1\n",
            "jobs/lib/two.py": "def two():\n    return 2\n",
        }
    )


def test_a_started_file_has_the_package_of_its_module(project):
    process = subprocess.run(
        [sys.executable, "jobs/sales/job.py", "--n", "x"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.stdout.splitlines()[0] == "jobs.sales 1 2 True"
    assert process.returncode == 2
    assert "`n` is 'x': it must be a whole number" in process.stderr


def test_a_file_outside_of_the_jobs_is_left_alone(project):
    (project / "other.py").write_text("from sparkops import job\nprint(__package__)\n")
    done = subprocess.run(
        [sys.executable, "other.py"], cwd=project, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "None"
