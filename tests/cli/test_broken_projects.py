"""What a command does not need may be broken: it warns once and works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sparkops.cli.main import run_command

GOOD = """
from pyspark.sql import DataFrame
from sparkops import job

@job
def good(raw: DataFrame, *, n: int = 1) -> DataFrame:
    return raw
"""
BROKEN = GOOD.replace("good", "broken") + "\nx = (\n"
BASE = """
tables:
  raw: {path: raw.csv, format: csv}
  far: {path: "s3a://${env:NO_SUCH_BUCKET}/far"}
params:
  broken: {n: 3}
"""


@pytest.fixture
def project(make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_project(
        {"jobs/good.py": GOOD, "jobs/bad_file.py": BROKEN, "conf/base/a.yml": BASE, "raw.csv": "a\n1\n"}
    )
    monkeypatch.chdir(root)
    return root


BUCKET = "conf/base/a.yml:3: `tables.far.path`: the environment variable NO_SUCH_BUCKET is not set"
SYNTAX = "jobs/bad_file.py:8: this is not Python: '(' was never closed (job `broken`)"


def test_commands_that_need_nothing_broken_work_and_warn_once(project, capsys):
    for words in (["runs"], ["tables"], ["jobs", "--json"], ["run", "good", "--help"]):
        assert run_command(words) == 0, words
        assert capsys.readouterr().err.count(f"Warning: {BUCKET}") == 1
    assert run_command(["jobs"]) == 0
    printed = capsys.readouterr()
    assert printed.err.count(f"Warning: {SYNTAX}") == 1
    assert f"Cannot be read:\n  {SYNTAX}" in printed.out


def test_a_broken_job_is_refused_with_its_line(project, capsys):
    assert run_command(["run", "broken"]) == 2
    assert "Error: jobs/bad_file.py:8: this is not Python" in capsys.readouterr().err


def test_a_table_with_an_unset_variable_is_refused_where_it_is_read(project, capsys):
    assert run_command(["tables", "history", "far"]) == 2
    assert f"Error: {BUCKET}" in capsys.readouterr().err


def test_a_flow_of_all_jobs_needs_all_files_and_a_flow_of_one_its_own(project, capsys):
    assert run_command(["flow"]) == 2
    assert "Error: jobs/bad_file.py:8" in capsys.readouterr().err
    (project / "jobs/reader.py").write_text(GOOD.replace("good(raw", "reader(broken"))
    assert run_command(["flow", "reader"]) == 2
    assert "Error: jobs/bad_file.py:8" in capsys.readouterr().err
    assert run_command(["flow", "good", "--param", "n=x"]) == 2
    assert "`n` is 'x': it must be a whole number" in capsys.readouterr().err


def test_parameters_of_an_unknown_job_warn_and_stop_the_job_that_is_meant(project, capsys):
    (project / "conf/base/b.yml").write_text("params:\n  godo: {n: 2}\n  elsewhere: {n: 2}\n")
    assert run_command(["jobs"]) == 0
    assert "Warning: conf/base/b.yml:3: `params.elsewhere`: no such job." in capsys.readouterr().err
    assert run_command(["run", "good"]) == 2
    assert (
        "Error: conf/base/b.yml:2: `params.godo`: no such job. Did you mean `good`?"
        in capsys.readouterr().err
    )


def test_an_unset_variable_of_a_parameter_is_reported_with_the_parameters(project, capsys):
    (project / "conf/base/b.yml").write_text("params:\n  good: {n: '${env:NO_SUCH_NUMBER}'}\n")
    assert run_command(["run", "good"]) == 2
    message = "- conf/base/b.yml:2: `params.good.n`: the environment variable NO_SUCH_NUMBER is not set"
    assert message in capsys.readouterr().err


def test_doctor_lists_what_is_broken_and_fails(project, capsys):
    (project / "conf/checks/raw.yml").write_text("expectations: [\n")
    assert run_command(["doctor"]) == 1
    out = capsys.readouterr().out
    assert f"MISS configuration          {BUCKET}" in out
    assert f"MISS jobs                   {SYNTAX}" in out
    assert "MISS suites                 Not valid YAML" in out


def test_two_writers_of_one_table_stop_only_flows_that_use_it(project, capsys):
    (project / "jobs/bad_file.py").unlink()
    for name in ("first", "second"):
        (project / f"jobs/{name}.py").write_text(
            GOOD.replace("@job", "@job(writes='shared')").replace("good", name)
        )
    assert run_command(["flow", "first"]) == 2
    assert "The table `shared` has two writers" in capsys.readouterr().err
    assert run_command(["flow", "good", "--param", "n=x"]) == 2
    assert "has two writers" not in capsys.readouterr().err


def test_an_invalid_suite_of_another_table_stops_only_what_checks_it(project, capsys):
    (project / "conf/checks/other.yml").write_text("expectations: [\n")
    assert run_command(["run", "good", "--dry-run"]) == 0
    (project / "conf/checks/good.yml").write_text("expectations: [\n")
    assert run_command(["run", "good", "--dry-run"]) == 2
    assert "Error: Not valid YAML" in capsys.readouterr().err


def test_a_file_that_is_not_text_stops_only_its_own_jobs(project, capsys):
    (project / "jobs/latin.py").write_bytes(b"x = '\xff'\n")
    (project / "jobs/gone.py").symlink_to("nowhere.py")
    assert run_command(["run", "good", "--dry-run"]) == 0
    warnings = capsys.readouterr().err
    assert "Warning: jobs/latin.py" in warnings
    assert "Warning: jobs/gone.py: there is no such file to read" in warnings


@pytest.mark.parametrize(
    ("words", "file", "text", "once"),
    [
        (["tables", "history", "far"], "a2.yml", "", BUCKET),
        (
            ["run", "good"],
            "a2.yml",
            "spark: {master: '${env:NO_SUCH_MASTER}'}\n",
            "`spark.master`: the environment variable NO_SUCH_MASTER is not set",
        ),
        (
            ["run", "good"],
            "a2.yml",
            "params:\n  good: {n: '${env:NO_SUCH_NUMBER}'}\n",
            "`params.good.n`: the environment variable NO_SUCH_NUMBER is not set",
        ),
        (["run", "good"], "a2.yml", "params:\n  godo: {n: 2}\n", "`params.godo`: no such job."),
        (["run", "broken"], "a2.yml", "", "'(' was never closed"),
    ],
    ids=["table", "section", "parameter", "unknown job", "file"],
)
def test_what_stops_a_command_is_printed_once(project, capsys, words, file, text, once):
    (project / "conf/base" / file).write_text(text)
    assert run_command(words) == 2
    printed = capsys.readouterr().err
    assert printed.count(once) == 1
    assert once in printed[printed.index("Error: ") :]
    # what it did not need is a warning
    for other in {BUCKET, SYNTAX} - {
        BUCKET if words[-1] == "far" else "",
        SYNTAX if words[-1] == "broken" else "",
    }:
        assert printed.count(f"Warning: {other}") == (words[0] == "run" or other == BUCKET)
