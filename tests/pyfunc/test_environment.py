"""The interpreter of a pyfunc model: this one, or one of an environment that is created for its packages."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest
from fakes.worker import MANIFEST

from sparkops.errors import EngineError, ModelError
from sparkops.pyfunc.worker.environment import (
    PYTHON_VERSION,
    create_environment,
    find_interpreter,
    find_unmet_requirements,
)
from sparkops.pyfunc.worker.worker_settings import WorkerSettings

INSTALLED = replace(
    MANIFEST,
    python=PYTHON_VERSION,
    requirements=(f"numpy=={version('numpy')}", "click>=8", "pywin32; sys_platform == 'win32'"),
)
MISSING = replace(INSTALLED, requirements=("numpy==1.0", "no-such-package-here"))


def test_this_interpreter_is_used_if_it_has_the_packages(tmp_path: Path) -> None:
    assert find_unmet_requirements(INSTALLED) == []
    assert find_interpreter(INSTALLED, WorkerSettings(environments=tmp_path)) == Path(sys.executable)
    assert list(tmp_path.iterdir()) == []


def test_unmet_requirements_are_named_with_the_installed_versions(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as error:
        find_interpreter(
            replace(MISSING, python="3.8"), WorkerSettings(environment="this", environments=tmp_path)
        )
    for part in ("Python 3.8 (this is", "numpy==1.0 (here: ", "no-such-package-here (not installed here)"):
        assert part in str(error.value)


@pytest.mark.parametrize(
    "text",
    ["--index-url=http://evil.example/simple", "-r other.txt", "./folder", "pip @ file:///tmp/pip.whl"],
)
def test_a_requirement_that_is_not_a_package_is_refused_before_anything_runs(
    text: str, tmp_path: Path
) -> None:
    for environment in ("auto", "own"):
        with pytest.raises(ModelError, match="requirement"):
            find_interpreter(
                replace(INSTALLED, requirements=(text,)),
                WorkerSettings(environment=environment, environments=tmp_path),
            )  # type: ignore[arg-type]


def test_an_environment_is_created_once_for_the_same_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    # A fake that creates the environment's folder and logs each call.
    uv = tools / "uv"
    uv.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\nfor last; do :; done\n[ "$1" = venv ] && mkdir -p "$last/bin" && touch "$last/bin/python"\nexit 0\n'
    )
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    first = find_interpreter(MISSING, WorkerSettings(environments=tmp_path / "home"))
    again = create_environment(
        replace(MISSING, requirements=tuple(reversed(MISSING.requirements))), tmp_path / "home"
    )
    assert first == again
    assert first.is_file()
    calls = (tmp_path / "calls").read_text().splitlines()
    assert len(calls) == 2
    assert calls[0].startswith(f"venv --quiet --python {PYTHON_VERSION} ")
    assert calls[1].endswith("numpy==1.0 no-such-package-here")


def test_a_failed_environment_is_an_error_with_the_reason_and_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\necho no such package >&2\nexit 1\n")
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(EngineError, match="can't be created: uv failed: no such package"):
        create_environment(MISSING, tmp_path / "home")
    assert {path.suffix for path in (tmp_path / "home").iterdir()} == {".lock"}


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_the_lock_of_an_environment_is_no_link_to_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("data of another")
    environments = tmp_path / "environments"
    monkeypatch.setattr("sparkops.pyfunc.worker.environment._build_commands", lambda *_: [])
    create_environment(MANIFEST, environments)
    [lock] = environments.glob("*.lock")
    assert lock.stat().st_mode & 0o077 == 0
    lock.unlink()
    if kind == "link":
        lock.symlink_to(victim)
    elif kind == "pipe":
        os.mkfifo(lock)
    else:
        lock.mkdir()
    with pytest.raises(EngineError, match=r"The lock of a model's environment, .*\.lock, cannot be opened"):
        create_environment(MANIFEST, environments)
    assert victim.read_text() == "data of another"
