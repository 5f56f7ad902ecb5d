"""Parameters on the command line: every type, repeated options, files, names of options, secrets."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.damaged_files import damage

from sparkops.cli.main import run_command

JOB = '''
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from pydantic import JsonValue
from pyspark.sql import DataFrame
from sparkops import Secret, job

@job
def typed(raw: DataFrame, *, nums: list[int] = [], names: set[str] = set(), price: Decimal = Decimal("1.10"),
          pause: timedelta = timedelta(hours=1), file: Path = Path("x"), pair: tuple[int, str] = (1, "a"),
          rates: dict[str, float] = {}, free: JsonValue = None, id: int | str = 0, fast: bool = False,
          text: str = "", surname: str | None = None, at: int = 0, env: str = "e", force: bool = False) -> DataFrame:
    """All types."""
    return raw

@job
def secret(raw: DataFrame, *, token: Secret, pin: Secret | None = None) -> DataFrame:
    """Needs a secret."""
    return raw
'''


@pytest.fixture
def project(make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    tables = "tables:\n  raw: {path: raw.csv, format: csv}\n"
    root = make_project({"jobs/typed.py": JOB, "conf/base/tables.yml": tables, "raw.csv": "a\n1\n"})
    monkeypatch.chdir(root)
    return root


def plan(capsys, *words: str, code: int = 0) -> dict[str, str]:
    """Return the parameters of a dry run as text, or its error under an empty name."""
    assert run_command(["run", *words, "--dry-run"]) == code
    printed = capsys.readouterr()
    if code:
        return {"": printed.err}
    lines = [line.strip() for line in printed.out.splitlines() if line.startswith("  parameter ")]
    return {line.split()[1].rstrip(":"): line.split(": ", 1)[1].rpartition(" (")[0] for line in lines}


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["--nums", "1,2", "--nums", "3"], {"nums": "[1, 2, 3]"}),
        (["--nums", "[1, 2]", "--nums", "3"], {"nums": "[1, 2, 3]"}),
        (["--names", "b,a", "--names", "c", "--names", '["d,e"]'], {"names": '["a", "b", "c", "d,e"]'}),
        (["--rates", "a=1,b=2", "--rates", '{"c": 3}'], {"rates": '{"a": 1.0, "b": 2.0, "c": 3.0}'}),
        (["--fast"], {"fast": "true"}),
        (["--fast", "no"], {"fast": "false"}),
        (["--no-fast"], {"fast": "false"}),
        (
            ["--price", "2.50", "--pause", "90s", "--file", "a/b"],
            {"price": "2.50", "pause": "PT1M30S", "file": "a/b"},
        ),
        (["--pair", "3,b"], {"pair": '[3, "b"]'}),
        (["--free", '{"x": [1, null]}'], {"free": '{"x": [1, null]}'}),
        (["--id", "12", "--text", "None"], {"id": "12", "text": "None"}),
        (["--id", "x1"], {"id": "x1"}),
        (
            ["--param", "at=3", "--param", "env=prod", "--param", "force=yes"],
            {"at": "3", "env": "prod", "force": "true"},
        ),
        (["--param", "nums=1,2", "--param", "nums=3"], {"nums": "[1, 2, 3]"}),
        (["--surname", '"Null"'], {"surname": '"Null"'}),
    ],
)
def test_options_are_read_by_the_type_of_their_parameter(project, capsys, words, values):
    printed = plan(capsys, "typed", *words)
    assert {name: printed[name] for name in values} == values


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--fast", "--no-fast"], "--fast and --no-fast contradict each other"),
        (["--param", "nums"], "--param takes NAME=VALUE"),
        (["--param", "id=1", "--id", "2"], "`id` is given by its own option and by --param"),
        (["--pair", "1"], "it has 1 items, not 2"),
        (["--rates", "a=1", "--rates", "a=2"], "the key 'a' is given twice"),
        (["--free", "{"], "not a JSON value"),
        (["--pause", "90"], "a number needs a unit"),
        (["--param", "id=1", "--param", "id=2"], "it is given several times"),
    ],
)
def test_a_wrong_option_is_refused(project, capsys, words, message):
    assert message in plan(capsys, "typed", *words, code=2)[""]


def test_a_file_gives_parameters_and_options_override_it(project, capsys, monkeypatch):
    (project / "p.yml").write_text(
        "nums: [1, 2]\nprice: 1.10\nsurname: 'Null'\nid: '7'\nat: 4\ntext: \"012\"\n"
    )
    printed = plan(capsys, "typed", "--params-file", "p.yml", "--nums", "5")
    expected = {"nums": "[5]", "price": "1.10", "surname": '"Null"', "id": "7", "at": "4", "text": "012"}
    assert {name: printed[name] for name in expected} == expected
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"rates": {"a": 1}, "fast": True})))
    printed = plan(capsys, "typed", "--params-file", "-")
    assert (printed["rates"], printed["fast"]) == ('{"a": 1.0}', "true")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text: 012\n", '`text` is 012: it must be a text (put it in quotes: "012"), from p.yml:1'),
        ("text: 1e3\n", 'is 1e3: it must be a text (put it in quotes: "1e3")'),
        ("text: True\n", 'is True: it must be a text (put it in quotes: "True")'),
        ("text: 7\n", 'is 7: it must be a text (put it in quotes: "7")'),
        ("text: false\n", 'is false: it must be a text (put it in quotes: "false")'),
        ("nums: 1_000\n", "p.yml:1"),
        ("id: 1\nid: 2\n", "p.yml:2: `id` is set twice; first on line 1"),
        ("- a\n", "p.yml:1: the file must contain keys"),
        ("typo: 1\n", "No parameter `typo` (from p.yml:1)"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(project, capsys, text, message):
    (project / "p.yml").write_text(text)
    assert message in plan(capsys, "typed", "--params-file", "p.yml", code=2)[""]


def test_a_missing_file_is_refused(project, capsys):
    assert (
        "The parameters cannot be read from no.yml: No such file"
        in plan(capsys, "typed", "--params-file", "no.yml", code=2)[""]
    )


def test_conf_shows_a_text_as_written_and_asks_for_quotes(project, capsys):
    (project / "conf/base/params.yml").write_text("params:\n  typed: {text: 012, nums: [007]}\n")
    error = plan(capsys, "typed", code=2)[""]
    assert '`text` is 012: it must be a text (put it in quotes: "012"), from conf/base/params.yml:2' in error
    assert plan(capsys, "typed", "--text", "012")["nums"] == "[7]"


def test_a_dry_run_writes_nothing_and_shows_inputs_and_outputs(project, capsys):
    assert run_command(["run", "typed", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "typed would run (jobs/typed.py:9)" in out
    assert f"  reads raw ({project}/raw.csv)" in out
    assert "  writes typed (overwrite)" in out
    assert not (project / ".sparkops").exists()
    assert not (project / "data").exists()


def test_a_dry_run_refuses_an_input_that_is_missing(project, capsys):
    (project / "raw.csv").unlink()
    assert run_command(["run", "typed", "--dry-run"]) != 0
    assert "raw.csv" in capsys.readouterr().err


def test_help_shows_how_each_parameter_is_given(project, capsys):
    assert run_command(["run", "typed", "--help"]) == 0
    out = capsys.readouterr().out
    for line in ("--fast/--no-fast", "--param at=INT", "--rates JSON", "--pause DURATION", "--pair INT,TEXT"):
        assert line in out


SECRET = "hunter2-and-more"


def test_a_secret_is_shown_nowhere(project, capsys, monkeypatch):
    assert plan(capsys, "secret", "--token", SECRET) == {"token": "***", "pin": "null"}
    monkeypatch.setenv("SPARKOPS_SECRET_TOKEN", SECRET)
    assert plan(capsys, "secret")["token"] == "***"
    assert run_command(["run", "secret", "--help"]) == 0
    assert run_command(["jobs", "--json"]) == 0
    assert SECRET not in capsys.readouterr().out


@pytest.mark.parametrize("command", ["flow", "plan"])
def test_a_flow_names_a_missing_parameter_as_it_takes_it(project, capsys, command):
    assert run_command([command, "secret"]) == 2
    assert (
        "`token` is missing: pass --param token=SECRET, or set SPARKOPS_SECRET_TOKEN"
        in capsys.readouterr().err
    )


def test_a_missing_secret_says_where_it_comes_from(project, capsys):
    error = plan(capsys, "secret", code=2)[""]
    assert "`token` is missing: pass --token SECRET, or set SPARKOPS_SECRET_TOKEN" in error


def test_a_secret_in_a_file_is_a_reference(project, capsys, monkeypatch):
    file = project / "conf/base/params.yml"
    file.write_text(f"params:\n  secret: {{token: {SECRET}}}\n")
    error = plan(capsys, "secret", code=2)[""]
    assert "conf/base/params.yml:2: `params.secret.token` is a secret: write ${env:NAME}" in error
    assert SECRET not in error
    file.write_text("params:\n  secret: {token: '${env:MY_TOKEN}'}\n")
    monkeypatch.setenv("MY_TOKEN", SECRET)
    assert plan(capsys, "secret")["token"] == "***"


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "large"])
def test_a_file_of_parameters_is_a_regular_file_of_a_bounded_size(project, capsys, kind):
    if kind == "large":
        with (project / "p.yml").open("wb") as file:
            file.truncate(1 << 30)
    else:
        damage(project / "p.yml", kind)
    message = plan(capsys, "typed", "--params-file", "p.yml", code=2)[""]
    assert "The parameters cannot be read from p.yml: " in message
    assert "or - for standard input" in message
