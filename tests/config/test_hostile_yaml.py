"""Whatever a file of conf/ or an option contains, the answer is one message with its place and exit code 2."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sparkops.cli.main import run_command
from sparkops.config.load import load
from sparkops.errors import ConfigError

DEEP = "[" * 3000 + "]" * 3000
# Each level stands for ten times the values of the one before.
ALIASES = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)
MERGES = "a0: &a0 {k: v}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{','.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 9)
)

HOSTILE: dict[str, tuple[str | bytes, str]] = {
    "control character": ('warehouse: a\nreports: "\x01"\n', "hostile.yml:2: this is not valid YAML: the character '\\x01'"),
    "NUL": ("warehouse: a\nx: \0\n", "hostile.yml:2: this is not valid YAML: the character '\\x00'"),
    "int": ("wait: !!int x\n", "hostile.yml:1: 'x' cannot be read: an int is written in decimal digits"),
    "float": ("wait: !!float x\n", "hostile.yml:1: 'x' cannot be read: could not convert string to float"),
    "bool": ("wait: !!bool x\n", "hostile.yml:1: 'x' cannot be read: not a value of the type bool"),
    "timestamp": ("wait: !!timestamp x\n", "hostile.yml:1: 'x' cannot be read: not a value of the type timestamp"),
    "binary": ("wait: !!binary é\n", "hostile.yml:1: 'é' cannot be read: failed to convert base64 data into ascii"),
    "unknown tag": ("wait: !x y\n", "hostile.yml:1: 'y' cannot be read: could not determine a constructor"),
    "Python": ("wait: !!python/name:os.system x\n", "hostile.yml:1: 'x' cannot be read: could not determine"),
    "int as key": ("!!int x: 1\n", "hostile.yml:1: the key 'x' cannot be read: an int is written"),
    "timestamp as key": ("!!timestamp x: 1\n", "hostile.yml:1: the key 'x' cannot be read: not a value"),
    "digits": (f"wait: {'9' * 5000}\n", "hostile.yml:1: '99999"),
    "depth": (f"x: {DEEP}\n", "hostile.yml: this is not valid YAML: nested too deeply"),
    "aliases": (ALIASES, "hostile.yml: this is not valid YAML: its aliases stand for more than 100,000 values"),
    "merged aliases": (MERGES, "hostile.yml: this is not valid YAML: its aliases stand for more than 100,000 values"),
    "alias of itself": ("x: &x [*x]\n", "hostile.yml:1: an alias refers to a node that contains it"),
    "no such user": ("warehouse: ~nosuchuser/x\n", "hostile.yml:1: `warehouse`: `~nosuchuser/x` is no path"),
    "tracking URI of a tab": ('models: {tracking_uri: "a\\tb"}\n', "hostile.yml:1: `models.tracking_uri`: 'a\\tb' is no path"),
    "long registry URI": (f"models: {{registry_uri: {'x' * 5000}}}\n", "hostile.yml:1: `models.registry_uri`: `xxx"),
    "module": ("reports: package:os/x\n", "hostile.yml:1: `reports`: `os` is a module, not a package"),
    "main": ("reports: package:__main__/x\n", "hostile.yml:1: `reports`: "),
    "jobs in a module": ("jobs: package:os\n", "hostile.yml:1: `jobs`: `os` is a module, not a package"),
    "path of a tab": ('warehouse: "a\\tb"\n', "hostile.yml:1: `warehouse`: 'a\\tb' is no path"),
    "path with NUL": ('warehouse: "a\\0b"\n', "hostile.yml:1: `warehouse`: 'a\\x00b' is no path"),
    "long name": (f"warehouse: {'x' * 5000}\n", "hostile.yml:1: `warehouse`: `xxx"),
    "long key": (f"? {'k' * 5000}\n: 1\n", "hostile.yml:1: "),
    "bytes": (b"warehouse: \xff\xfe\n", "hostile.yml: cannot be read: "),
    "surrogate": ('warehouse: "\\ud800"\n', "hostile.yml:1: "),
}  # fmt: skip


def run(project: Path, capsys: pytest.CaptureFixture[str], *command: str) -> str:
    """Run a command that fails with bad input and return its message."""
    assert run_command([*command, "--project", str(project)]) == 2
    message = capsys.readouterr().err
    assert message.startswith("Error: ")
    assert len(message) < 3000, message[:200]
    assert "Traceback" not in message
    return message


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_reported_with_its_line(
    make_project: Callable[..., Path], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    content, expected = HOSTILE[name]
    project = make_project()
    data = content if isinstance(content, bytes) else content.encode("utf-8")
    (project / "conf/base/hostile.yml").write_bytes(data)
    with pytest.raises(ConfigError) as raised:
        load(project).require_all()
    assert "conf/base/" + expected in str(raised.value)
    assert len(str(raised.value)) < 3000
    # What a command does not need is a warning.
    assert run_command(["tables", "--project", str(project)]) in (0, 2)
    printed = capsys.readouterr().err
    assert "conf/base/" + expected in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize(
    "words",
    [
        ["--set", f"wait={DEEP}"],
        ["--set", f"wait={'9' * 5000}"],
        ["--set", "wait=!!timestamp x"],
        ["--set", "wait=[1"],
        ["--set", "wait=\x01"],
        ["--set", "wait=*a"],
        ["--set", f"{'k' * 5000}=1"],
        ["--set", f"wait={ALIASES}"],
        ["--set", "warehouse=~nosuchuser"],
        ["--set", "=x"],
        ["--env", "x" * 5000],
        ["--env", "../../etc"],
    ],
    ids=lambda words: words[1][:20],
)
def test_a_hostile_option_is_reported(
    make_project: Callable[..., Path], capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    message = run(make_project(), capsys, "tables", *words)
    assert words[0] in message or "conf/" in message


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "dangling link", "large"])
def test_what_is_no_regular_file_is_reported_and_never_waited_for(
    make_project: Callable[..., Path], capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    project = make_project()
    path = project / "conf/base/hostile.yml"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "large":
        with path.open("wb") as file:
            file.truncate(11 << 20)
    else:
        path.symlink_to("/dev/zero" if kind == "device" else "/nowhere")
    message = run(project, capsys, "tables")
    assert "conf/base/hostile.yml: cannot be read: " in message


def test_a_suite_that_is_a_pipe_is_reported(
    make_project: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    project = make_project()
    os.mkfifo(project / "conf/checks/orders.yml")
    assert "conf/checks/orders.yml cannot be read" in run(project, capsys, "checks", "validate")


@pytest.mark.parametrize(
    "name",
    [name for name in HOSTILE if name in ("aliases", "depth", "control character", "timestamp", "digits")],
)
def test_a_hostile_suite_is_reported(
    make_project: Callable[..., Path], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    content = HOSTILE[name][0]
    assert isinstance(content, str)
    body = (
        content
        if name in ("aliases", "control character")
        else f"expectations:\n  - expect_column_max_to_be_between: {{column: a, max_value: {content.partition(': ')[2]}}}\n"
    )
    message = run(make_project({"conf/checks/orders.yml": body}), capsys, "checks", "validate")
    assert "conf/checks/orders.yml" in message


TOKENS = st.sampled_from(
    ["a", ":", " ", "\n", "  ", "- ", "[", "]", "{", "}", "&x ", "*x", "!!int ", "!!timestamp ", "!!set ", "!!binary ", "!x ", "<<: ", "? ", "'", '"',
     "\\", "|", ">", "#", "~", "0x", "1e9", ".inf", "\t", "\x01", "\ufeff", "é", "${env:", "}", "---\n", "...\n", "%", "@", "`", "warehouse", "tables",
     "spark", "conf", "params", "models", "tracking_uri", "jobs", "package:os", "9" * 40]
)  # fmt: skip


@given(st.lists(TOKENS, max_size=30))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_is_anything_but_settings_or_a_list_of_problems(tmp_path: Path, tokens: list[str]) -> None:
    (tmp_path / "jobs").mkdir(exist_ok=True)
    (tmp_path / "conf/base").mkdir(parents=True, exist_ok=True)
    (tmp_path / "conf/base/a.yml").write_text("".join(tokens), "utf-8")
    try:
        load(tmp_path, environment={}).require_all()
    except ConfigError as error:
        assert "conf/base/a.yml" in str(error) or "conf" in str(error)
