"""No command prints a secret of the configuration or a control character of the data, whatever its output is."""

from __future__ import annotations

import io
import json
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from sparkops import Engine
from sparkops.cli.display.progress import ProgressDisplay
from sparkops.cli.main import run_command

TOK = 'Zq9x"K7vW\\é&L4wT'
PTH = "pathSEC77"
PIN = "98765432"
LITERAL = "from-the-command-line-7"
PARTS = ("Zq9x", "K7vW", "L4wT", "SEC77", PIN, "98,765,432", "9.87654", LITERAL, "environ-8")
JOBS = f'''
import os, warnings
from pyspark.sql import DataFrame
from sparkops import Secret, job

warnings.warn("about " + os.environ["TOK"])

@job
def leak(x: DataFrame, *, tok: str, items: list[str], m: dict[str, str], pin: int, rate: float, day: str = "monday") -> DataFrame:
    return x

@job
def usual(x: DataFrame, *, tok: str = {TOK!r}, n: int = {PIN}) -> DataFrame:
    """Connect with {TOK.replace(chr(92), chr(92) * 2)}."""
    return x

@job
def sec(x: DataFrame, *, s: Secret) -> DataFrame:
    return x
'''
CONF = """
tables:
  x: {path: "src_${env:PTH}", format: csv}
params:
  leak:
    tok: "${env:TOK}"
    items: [a, "${env:TOK}"]
    m: {k: "${env:TOK}"}
    pin: "${env:PIN}"
    rate: "${env:PIN}"
"""


@pytest.fixture
def project(make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in {"TOK": TOK, "PTH": PTH, "PIN": PIN, "SPARKOPS_SECRET_S": "environ-8"}.items():
        monkeypatch.setenv(name, value)
    files = {"jobs/all.py": JOBS, "conf/base/all.yml": CONF, f"src_{PTH}/a.csv": "a\n1\n"}
    root = make_project(files)
    (root / "jobs" / "broken.py").write_text('import os\nraise RuntimeError("db " + os.environ["TOK"])\n')
    monkeypatch.chdir(root)
    monkeypatch.setattr(warnings, "filters", [("always", None, UserWarning, None, 0)])
    return root


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["run", "leak", "--dry-run"], 0),
        (["plan", "leak", "--explain"], 0),
        (["plan", "leak", "--json"], 0),
        (["plan"], 2),
        (["jobs"], 0),
        (["jobs", "--json"], 0),
        (["jobs", "--set", "tables.x.path=package:${env:TOK}/x"], 0),
        (["jobs", "--debug", "--set", "jobs=${env:TOK}"], 2),
        (["jobs", "--set", "jobs=${env:TOK}"], 2),
        (["run", "usual", "--help"], 0),
        (["run", "--help"], 0),
        (["run", "sec", "--s", LITERAL, LITERAL], 2),
        (["run", "sec", "environ-8"], 2),
        (["flow", "environ-8"], 2),
        (["plan", "sec", "environ-8"], 2),
        (["run", "--upstream", "leak", "--param", "environ-8=1"], 2),
        (["backfill", "environ-8"], 2),
        (["tables", "history", "environ-8"], 2),
        (["runs", "show", "environ-8"], 2),
        (["run", "leak", "--day", TOK, TOK], 2),
        (["run", TOK], 2),
        (["tables", "history", TOK], 2),
        ([TOK], 2),
        (["tables"], 0),
        (["tables", "--json"], 0),
        (["lineage", TOK], 2),
        (["runs", "show", TOK], 2),
        (["runs", "show", TOK, "--debug"], 2),
        (["models", "--set", "models.tracking_uri=http://u:p@ssSEC77@127.0.0.1:1"], 1),
        (["models", "--debug", "--set", "models.tracking_uri=http://u:pa'SEC77@127.0.0.1:1?key=SEC77"], 1),
    ],
    ids=str,
)
def test_no_output_of_a_command_shows_a_secret(
    project: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    code: int,
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with warnings.catch_warnings():
        assert run_command(words) == code
    out, err = capsys.readouterr()
    for part in PARTS:
        assert part not in out, out
        assert part not in err, err
    if "--json" in words:
        json.loads(out)


def test_parameters_with_secrets_are_hidden_and_others_shown(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["run", "leak", "--dry-run"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    shown = {line.split()[1]: line.split()[2] for line in lines if line.startswith("parameter")}
    assert shown == {f"{name}:": "***" for name in ("tok", "items", "m", "pin", "rate")} | {"day:": "monday"}
    (plan,) = Engine(project).plan("leak")
    assert plan.params == dict.fromkeys(("tok", "items", "m", "pin", "rate"), "***") | {"day": "monday"}


def test_every_warning_and_line_of_progress_is_masked(project: Path) -> None:
    out = io.StringIO()
    with ProgressDisplay(out) as progress:
        progress._secrets = {TOK, PTH}
        progress._print_warning(f"a folder src_{PTH} is not read")
        progress.run_started(f"leak [tok={TOK}]")
        progress.run_skipped(f"leak {TOK!r}", json.dumps(TOK))
    assert out.getvalue() == (
        "! a folder src_*** is not read\nleak [tok=***]: started\n- leak '***': \"***\"\n"
    )


CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize(
    "words",
    [
        ["\x1b]0;pwn\x07"],
        ["jobs", "\x1b]0;pwn\x07"],
        ["run", "usual", "\x1b]0;pwn\x07"],
        ["runs", "show", "\x1b[8mhidden"],
        ["jobs", "--env", "\x1b[8m"],
        ["tables", "--\x1b[31m"],
        ["runs", "--limit", "\x1b[8m\u202e"],
        ["run", "usual", "--n", "\x1b[8m"],
        ["runs", "show", "\x1b[8m", "--debug"],
    ],
    ids=repr,
)
def test_no_message_has_a_control_character_of_its_input(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert run_command(words) == 2
    out, err = capsys.readouterr()
    assert not CONTROLS.search(out + err), err
    assert r"\u001b" in err or r"\x1b" in err


def test_colours_of_the_data_are_no_colours() -> None:
    out = io.StringIO()
    with ProgressDisplay(out) as progress:
        progress.print("held, such as \x1b[8mHID")
    assert out.getvalue() == "held, such as \\u001b[8mHID\n"
