"""A secret is in no file that a run writes, whatever it consists of and however the job's code shows it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.secret_forms import find_forms

from sparkops import Engine, Secret
from sparkops.cli.main import run_command
from sparkops.errors import InputError, JobFailed

pytestmark = pytest.mark.spark

# Every printable sign of ASCII is in one of these, and letters of other scripts.
PRINTABLE = "".join(map(chr, range(32, 127)))
SECRETS = [
    PRINTABLE[:50],
    PRINTABLE[50:] + "end",
    "pässwort-žé中\U0001f600",
    'a"b\\c\nd\te',
    "<script>alert('x')</script>",
]
JOBS = """
import base64, json, logging
from urllib.parse import quote
from pyspark.sql import DataFrame, SparkSession, functions as F
from sparkops import Report, Secret, job
from sparkops.report import Number, Table

def show(text):
    print(text, repr(text), json.dumps(text), quote(text), base64.b64encode(text.encode()))
    logging.getLogger("x").warning("sent %s as %r", text, {"k": text})

@job
def cells(spark: SparkSession, *, pw: str, token: Secret, fail: bool = False) -> DataFrame:
    show(pw)
    show(token.reveal())
    if fail:
        raise ValueError(f"refused {pw!r} and {json.dumps(token.reveal())}", {"token": token.reveal()})
    return spark.createDataFrame([(pw,), (token.reveal(),), ("x",)], "s string")

@job
def page(spark: SparkSession, *, pw: str, token: Secret) -> Report:
    show(pw)
    frame = spark.createDataFrame([(pw, 1), (token.reveal(), 2)], "s string, n int")
    return Report(title=f"About {pw}", numbers=[Number(token.reveal(), 3)], parts=[Table(pw, frame)])
"""
SUITE = """
policy: warn
expectations:
  - expect_column_values_to_be_in_set: {column: s, value_set: [x]}
  - expect_column_distinct_values_to_be_in_set: {column: s, value_set: [x]}
  - expect_column_most_common_value_to_be_in_set: {column: s, value_set: [z]}
"""


@pytest.fixture
def project(make_project: Callable[..., Path], spark: object) -> Path:
    params = "params:\n  cells: {pw: '${env:PW_OF_TEST}'}\n  page: {pw: '${env:PW_OF_TEST}'}\n"
    return make_project({"jobs/all.py": JOBS, "conf/base/params.yml": params, "conf/checks/cells.yml": SUITE})


def find_leaks(project: Path, *secrets: str) -> list[tuple[Path, str]]:
    """Return the files that contain a form of a secret, except for the data of tables."""
    forms = {form for secret in secrets for form in find_forms(secret) if len(form) >= 4}
    return [
        (file, form)
        for file in project.rglob("*")
        if file.is_file() and file.suffix not in (".parquet", ".crc", ".py", ".pyc")
        for text in [file.read_text("utf-8", errors="replace")]
        if not _is_data(file, text)
        for form in forms
        if form in text
    ]


def _is_data(file: Path, text: str) -> bool:
    """Return whether a file belongs to a table of the job: its statistics hold values of the rows."""
    return "warehouse" in file.parts and "check_results" not in file.parts and text.startswith('{"')


@pytest.mark.matrix(every=3)
@pytest.mark.parametrize("secret", SECRETS, ids=[repr(secret[:12]) for secret in SECRETS])
def test_a_secret_is_in_no_file_of_a_run(
    project: Path, secret: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    token = f"token-of-{secret[::-1]}"
    monkeypatch.setenv("PW_OF_TEST", secret)
    monkeypatch.setenv("SPARKOPS_SECRET_TOKEN", token)
    monkeypatch.chdir(project)
    with Engine(project) as engine:
        done = engine.run("cells")
        engine.run("page")
        with pytest.raises(JobFailed, match=r"refused .*\\*\\*\\*"):
            engine.run("cells", fail=True)
    assert (done.params["pw"], done.params["token"], done.hidden) == ("***", "***", ("pw",))
    assert [check["success"] for check in done.checks] == [False, False, False]
    assert find_leaks(project, secret, token) == []
    shown = [project / ".sparkops" / "gx" / "docs", project / ".sparkops" / "runs", project / "reports"]
    assert all(
        any("***" in file.read_text() for file in folder.rglob("*.*") if file.is_file()) for folder in shown
    )
    assert run_command(["runs", "show", done.id]) == 0
    assert run_command(["runs", "show", done.id, "--json"]) == 0
    assert run_command(["run", "cells", "--fail", "--new"]) == 1
    printed = "".join(capsys.readouterr())
    assert not [
        form for text in (secret, token) for form in find_forms(text) if len(form) > 4 and form in printed
    ]


def test_a_resumed_run_gets_the_value_that_its_record_hides(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PW_OF_TEST", "hunter2-and-more")
    with Engine(project) as engine:
        with pytest.raises(JobFailed):
            engine.run("cells", token=Secret("abcdefgh"), fail=True)
        (failed,) = engine.runs.list_newest()
        (project / "jobs/all.py").write_text(JOBS.replace("if fail:", "if False:"))
    with Engine(project) as engine:
        resumed = engine.resume(failed.id, {"token": Secret("abcdefgh")})
        assert resumed.state == "done"
        assert "hunter2-and-more" in {row["s"] for row in engine.preview("cells", rows=9)}


def test_a_hidden_value_of_the_command_line_is_given_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PW_OF_TEST", "hunter2-and-more")
    with Engine(project) as engine:
        with pytest.raises(JobFailed):
            engine.run("cells", token=Secret("abcdefgh"), pw="is hunter2-and-more", fail=True)
        (failed,) = engine.runs.list_newest()
        with pytest.raises(
            InputError, match=r"`pw` of run .* contained a secret, .* give it again, --param pw="
        ):
            engine.resume(failed.id, {"token": Secret("abcdefgh")})


@pytest.mark.parametrize(
    "uri",
    [
        "http://ada:hunter2-long@127.0.0.1:9/x",
        "http://127.0.0.1:9/hunter2-long/x",
        "http://hunter2-long@127.0.0.1:9",
        "postgresql://ada:hunter2-long@127.0.0.1:9/db",
    ],
)
@pytest.mark.parametrize(
    "command", [["models"], ["models", "show", "m"], ["doctor"], ["score", "m", "--row", "{}"]]
)
def test_the_credentials_of_the_registry_are_in_no_message(
    make_project: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    uri: str,
    command: list[str],
) -> None:
    monkeypatch.setenv("URI_PART", "hunter2-long")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    project = make_project(
        {
            "conf/base/models.yml": f"models: {{tracking_uri: '{uri.replace('hunter2-long', '${env:URI_PART}')}'}}\n"
        }
    )
    monkeypatch.chdir(project)
    assert run_command(command) == 1 or command == ["doctor"]
    printed = "".join(capsys.readouterr())
    assert "registry" in printed or "tracking server" in printed
    assert "hunter2" not in printed
