"""What the README shows is so: its hello declares, its suite is valid, its commands exist, its files are there."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sparkops.cli.main import COMMANDS, run_command
from sparkops.pipeline.discovery.peek import peek

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text("utf-8")
FILES = dict(re.findall(r'```\w+ title="([^"]+)"\n(.*?)```', TEXT, re.DOTALL))


@pytest.fixture
def project(make_project: Callable[..., Path]) -> Path:
    """Make a project of the files that the README shows."""
    return make_project(FILES)


def test_it_is_short() -> None:
    assert len(TEXT.splitlines()) <= 120


def test_the_hello_is_a_job_as_it_stands(project: Path) -> None:
    job = peek(project / "jobs")["daily_delays"]
    assert (job.tables, [param.name for param in job.params]) == (("flights",), ["day"])
    assert (job.writes[0].table, job.writes[0].by) == ("daily_delays", ("day",))


def test_the_suite_is_valid(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["checks", "validate", "daily_delays", "--project", str(project)]) == 0
    assert "2 expectations" in capsys.readouterr().out


def test_every_command_it_names_answers_with_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, listed = TEXT.partition("lists the commands:")
    sentence, _, _ = listed.partition(".")
    named = set(re.findall(r"`([a-z]+)`", sentence))
    assert named == COMMANDS.keys()
    assert set(re.findall(r"`sparkops ([a-z]+)", TEXT)) <= named
    for command in sorted(named):
        assert run_command([command, "--help"]) == 0
        assert "Usage: sparkops" in capsys.readouterr().out


def test_every_file_it_points_to_is_there() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (ROOT / link).exists(), link
    for script in re.findall(r"scripts/\w+", TEXT):
        assert (ROOT / script).is_file(), script
