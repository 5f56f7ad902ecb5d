"""A secret reaches the job and nothing that is stored: record, log, error. A resumed run asks for it again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sparkops import Engine, Secret
from sparkops.cli.main import run_command
from sparkops.errors import InputError, JobFailed, ParamErrors
from sparkops.pipeline.parameters.bind import ParameterSource

pytestmark = pytest.mark.spark

TOKEN = "hunter2-and-more"
JOB = """
import logging
from pathlib import Path
from pyspark.sql import DataFrame, SparkSession, functions as F
from sparkops import Secret, job

@job
def called(spark: SparkSession, *, token: Secret, marker: Path, n: int | str = 1) -> DataFrame:
    print("token", token, token.reveal())
    logging.getLogger("x").warning("sent %s", token.reveal())
    if not marker.exists():
        raise ValueError(f"refused {token.reveal()}")
    return spark.range(len(token.reveal())).select(F.col("id"), F.lit(str(n)).alias("n"))
"""


@pytest.fixture
def project(make_project: Callable[..., Path], spark: object) -> Path:
    return make_project({"jobs/called.py": JOB})


def stored_text(project: Path) -> str:
    """Return every text that the project keeps about its runs."""
    files = [path for path in (project / ".sparkops").rglob("*") if path.is_file()]
    return "\n".join(path.read_text("utf-8", errors="replace") for path in files)


def test_a_secret_is_in_no_record_log_or_error_and_is_asked_for_again(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    marker = project / "marker"
    engine = Engine(project)
    with pytest.raises(JobFailed, match=r"refused \*\*\*"):
        engine.run("called", token=Secret(TOKEN), marker=marker, n="12")
    (run,) = engine.runs.list_newest()
    assert run.params == {"token": "***", "marker": str(marker), "n": "12"}
    stored = stored_text(project)
    assert "token *** ***" in stored
    assert TOKEN not in stored

    marker.touch()
    with pytest.raises(
        ParamErrors, match=r"`token` is missing: pass token=sparkops\.Secret.*, or set SPARKOPS_SECRET_TOKEN"
    ):
        engine.resume(run.id)
    with pytest.raises(InputError, match="only a secret is given again, not `n`"):
        engine.resume(run.id, {"n": 3})
    monkeypatch.chdir(project)
    assert run_command(["runs", "show", run.id, "--json"]) == 0
    assert run_command(["jobs", "--json"]) == 0
    assert TOKEN not in capsys.readouterr().out
    resumed = engine.resume(run.id, {"token": Secret(TOKEN)})
    assert resumed.state == "done"
    assert {row["n"] for row in engine.preview("called", rows=99)} == {"12"}
    assert TOKEN not in stored_text(project)


def test_a_secret_is_taken_from_the_environment_at_a_run_and_at_its_resumption(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = project / "marker"
    monkeypatch.setenv("SPARKOPS_SECRET_TOKEN", TOKEN)
    engine = Engine(project)
    with pytest.raises(JobFailed):
        engine.run_by_name("called", [ParameterSource(values={"marker": str(marker)}, origin="command line")])
    marker.touch()
    (run,) = engine.runs.list_newest()
    assert run.origins["token"] == "SPARKOPS_SECRET_TOKEN"
    assert engine.resume(run.id).state == "done"
    assert TOKEN not in stored_text(project)


def test_text_from_python_is_not_parsed(project: Path) -> None:
    with pytest.raises(ParamErrors) as raised:
        Engine(project).run("called", token=TOKEN, marker="x")
    message = str(raised.value)
    assert (
        "`token` is ***: it must be a secret text (a text from Python is not parsed: pass sparkops.Secret"
        in message
    )
    assert "`marker` is 'x': it must be a path (a text from Python is not parsed: pass Path(" in message
    assert TOKEN not in message
