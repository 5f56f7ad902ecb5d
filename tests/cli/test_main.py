"""Commands, messages and exit codes; no Spark."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from sparkops.cli.main import run_command
from sparkops.errors import DeclarationWarning
from sparkops.runs.records.store import RunStore

JOB = '''
from datetime import date
from typing import Annotated, Literal
from pydantic import Field
from pyspark.sql import DataFrame
from sparkops import job

@job(writes="out", replace=("day", "origin"))
def daily(numbers: DataFrame, *, day: date, top: Annotated[int, Field(ge=1, le=9)] = 3,
          origin: Literal["JFK", "LGA"] | None = None) -> DataFrame:
    """Say something of a day.

    Args:
        day: The day.
        top: How many.
    """
    return numbers
'''


@pytest.fixture
def project(make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    tables = "tables:\n  numbers: {path: numbers}\n  raw: {path: raw.csv, format: csv}\n"
    root = make_project({"jobs/daily.py": JOB, "conf/base/tables.yml": tables})
    monkeypatch.chdir(root)
    return root


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["--help"]) == 0
    out = capsys.readouterr().out
    for command in (
        "run",
        "flow",
        "jobs",
        "runs",
        "tables",
        "check",
        "checks",
        "quarantine",
        "models",
        "score",
        "serve",
        "init",
        "doctor",
    ):
        assert f"\n  {command} " in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rnu"], "No command `rnu`. Did you mean `run`?"),
        (["checks", "sugest"], "No command `sugest`. Did you mean `suggest`?"),
        (["tables", "xyz"], "No command `xyz`. Commands: history, restore, show."),
        (["quarantine", "raw"], "No command `raw`. For table `raw`: `sparkops quarantine show raw`."),
        (["checks", "raw"], "For table `raw`: `sparkops checks history raw`."),
        (["tables", "raw"], "For table `raw`: `sparkops tables show raw`."),
        (["runs", "daily"], "For job `daily`: `sparkops runs --job daily`."),
        (["models", "daily"], "For job `daily`: `sparkops run daily`."),
        (["daily"], "For job `daily`: `sparkops run daily`."),
    ],
)
def test_for_an_unknown_command_others_are_suggested(project, capsys, words, message) -> None:
    assert run_command(words) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("is_named", [True, False])
def test_names_of_the_project_are_suggested_where_there_is_one(
    project, tmp_path, monkeypatch, capsys, is_named
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    option = ["--project", str(project)] if is_named else []
    assert run_command(["checks", "raw", *option]) == 2
    assert ("For table `raw`" in capsys.readouterr().err) is is_named


def test_jobs_are_listed_with_what_they_read_and_publish(project, capsys) -> None:
    assert run_command(["jobs", "--json"]) == 0
    (job,) = json.loads(capsys.readouterr().out)
    assert (job["job"], job["reads"], job["publishes"]) == ("daily", ["numbers"], ["out"])
    assert job["parameters"] == ["day", "top?", "origin?"]


def test_the_help_of_a_job_shows_its_parameters_and_the_options_of_a_run(project, capsys) -> None:
    assert run_command(["run", "daily", "--help"]) == 0
    out = capsys.readouterr().out
    for words in (
        "Say something of a day.",
        "--day",
        "The day.",
        "JFK|LGA",
        "at least 1",
        "--upstream",
        "--as-of",
    ):
        assert words in out


def test_all_wrong_parameters_are_reported_at_once(project, capsys) -> None:
    assert run_command(["run", "daily", "--day", "soon", "--top", "12", "--orgin", "EWR"]) == 2
    err = capsys.readouterr().err
    assert "3 parameter problems" in err
    for words in ("`day`", "'soon'", "`top`", "12", "Did you mean `origin`", "jobs/daily.py:8"):
        assert words in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "dayly"], "No job `dayly`. Did you mean `daily`?"),
        (
            ["run", "out"],
            "No job `out`. Known: daily. Table `out` is published by job `daily`. `sparkops jobs` lists",
        ),
        (["run", "numbers"], "Table `numbers` is read by job `daily`, and no job publishes it."),
        (["run", "ail"], "No job `ail`. Did you mean `daily`?"),
        (["run", "daily", "--env", "prod"], "prod"),
        (["run", "daily", "--set", "spark.mastr=local"], "mastr"),
        (["run", "daily", "--day", "2013-07-04", "--at", "numbers"], "--at takes NAME=VERSION"),
        (["run", "daily", "--day", "2013-07-04", "--as-of", "noon"], "--as-of takes an ISO time"),
        (["run", "daily", "2013-07-04"], "Parameters are given by name"),
        (["runs", "show", "nothing"], "No run `nothing`"),
        (["models", "show", "nothing"], "No model `nothing`"),
        (["score", "nothing", "--row", "{}"], "No model `nothing`"),
        (["score", "nothing"], "Give one of --row"),
        (["score", "a/b/c", "--row", "{}"], "names no model"),
        (["score", "./jobs", "--row", "{}"], "That folder holds none"),
        (["score", "late", "--row", "{}", "--into", "scores"], "go with --table"),
        (["models", "show", "a/b/c"], "names no model"),
        (["run", "daily", "--day", "2013-07-04", "--at", "numbrs=1"], "Did you mean `numbers`?"),
        (["tables", "history", "raw"], "read-only source"),
        (["jobs", "--project", "/nowhere"], "/nowhere"),
    ],
)
def test_bad_input_is_one_clear_message_and_exit_code_2(project, capsys, words, message) -> None:
    assert run_command(words) == 2
    err = capsys.readouterr().err
    assert message in err
    assert "Traceback" not in err


def test_outside_a_project_the_message_says_how_to_create_one(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["jobs"]) == 2
    assert "sparkops init DIR" in capsys.readouterr().err


def test_the_help_of_run_lists_the_jobs_or_why_there_are_none(project, tmp_path, monkeypatch, capsys) -> None:
    assert run_command(["run", "--help"]) == 0
    assert "\n  daily  Say something of a day.\n" in capsys.readouterr().out
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run_command(["run", "--help"]) == 0
    assert "No sparkops project" in capsys.readouterr().out


def test_the_help_of_a_job_shows_where_conf_sets_a_value(project, capsys) -> None:
    (project / "conf/base/params.yml").write_text("params:\n  daily:\n    day: 2013-07-04\n", "utf-8")
    assert run_command(["run", "daily", "--help"]) == 0
    out = capsys.readouterr().out
    assert "Usage: sparkops run daily [OPTIONS]" in out
    assert "[set in conf/base/params.yml:3]" in out
    assert max(map(len, out.splitlines())) <= 80


def test_runs_are_listed_and_shown_and_their_log_is_printed(project, capsys) -> None:
    attempt = RunStore(project / ".sparkops" / "runs").begin(
        "20130704-120000-abc", "daily", params={"top": 3}
    )
    attempt.log.write_text("what it said\n")
    attempt.append("reported", report=str(project / "reports" / "daily.html"))
    attempt.append("ended", state="done", ended="2013-07-04T12:00:09+00:00")
    assert run_command(["runs"]) == 0
    out = capsys.readouterr().out
    assert "20130704-120000-abc\tdaily\tdone" in out
    assert "\treports/daily.html" in out
    assert run_command(["runs", "show", "last"]) == 0
    assert "top = 3" in capsys.readouterr().out
    assert run_command(["runs", "log", "abc"]) == 0
    assert capsys.readouterr().out == "what it said\n"


def test_debug_shows_where_an_error_happened(project, capsys) -> None:
    assert run_command(["runs", "show", "x", "--debug"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("Traceback (most recent call last):")
    assert "No run `x`" in err


def test_init_creates_a_project_and_refuses_a_folder_that_is_not_empty(tmp_path, capsys, monkeypatch) -> None:
    assert run_command(["init", str(tmp_path / "mine")]) == 0
    monkeypatch.chdir(tmp_path / "mine")
    capsys.readouterr()
    assert run_command(["jobs"]) == 0
    assert "daily_sales" in capsys.readouterr().out
    assert run_command(["init", str(tmp_path / "mine")]) == 2
    assert "not empty" in capsys.readouterr().err


def test_a_warning_of_a_declaration_is_one_line_and_a_run_that_gives_the_parameter_is_refused(
    make_project, monkeypatch, capsys
):
    root = make_project(
        {
            "jobs/sales.py": """
                from pyspark.sql import DataFrame
                from sparkops import job

                @job(replace="day")
                def sales(orders: DataFrame, *, day: str, shop: str | None = None) -> DataFrame: ...
            """
        },
        name="warned",
    )
    monkeypatch.chdir(root)
    monkeypatch.setattr(warnings, "filters", [("default", None, DeclarationWarning, None, 0)])
    assert run_command(["jobs"]) == 0
    warning = capsys.readouterr().err
    assert warning.startswith("Warning: Job `sales`: it replaces all rows of table `sales`")
    assert warning.count("\n") == 1
    assert "(jobs/sales.py:5)" in warning
    assert run_command(["run", "sales", "--day", "monday", "--shop", "north"]) == 2
    message = capsys.readouterr().err
    assert "`shop` is given: it replaces all rows" in message
    assert "not_filters='shop'" in message


def test_plugins_of_pydantic_are_used_again_after_the_configuration_is_read(project, monkeypatch) -> None:
    for before in (None, "logfire-plugin"):
        if before is not None:
            monkeypatch.setenv("PYDANTIC_DISABLE_PLUGINS", before)
        assert run_command(["jobs"]) == 0
        assert os.environ.get("PYDANTIC_DISABLE_PLUGINS") == before
