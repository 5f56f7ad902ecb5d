"""What the README shows is so: its hello declares, its commands exist, its files are there."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sparkops.cli.main import COMMANDS, run_command
from sparkops.pipeline.discovery.peek import peek

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text("utf-8")


def test_the_hello_is_a_job_as_it_stands(make_project: Callable[..., Path]) -> None:
    hello, stream = (
        block for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL) if "@job" in block
    )
    given = "from pyspark.sql import DataFrame\nfrom sparkops import job\n"
    found = peek(
        make_project({"jobs/daily_delays.py": hello, "jobs/clean_arrivals.py": given + stream}) / "jobs"
    )
    job = found["daily_delays"]
    assert (job.tables, [param.name for param in job.params]) == (("flights",), ["day", "origin"])
    assert (job.writes[0].table, job.writes[0].by) == ("daily_delays", ("day",))
    assert found["clean_arrivals"].stream == "arrivals"


def test_every_command_it_names_answers_with_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    named = set(re.findall(r"`sparkops ([a-z]+)", TEXT)) | set(
        re.findall(r"`(runs|tables|models) [a-z]+", TEXT)
    )
    assert named <= COMMANDS.keys()
    assert COMMANDS.keys() <= named
    for command in sorted(named):
        assert run_command([command, "--help"]) == 0
        assert "Usage: sparkops" in capsys.readouterr().out


def test_every_file_it_points_to_is_there() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (ROOT / link).exists(), link
    for script in re.findall(r"scripts/\w+", TEXT):
        assert (ROOT / script).is_file(), script
