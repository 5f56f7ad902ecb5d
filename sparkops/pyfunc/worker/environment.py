"""The interpreter that a model's packages ask for: this one where it has them, else one made for them and kept."""

from __future__ import annotations

import fcntl
import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from packaging.requirements import InvalidRequirement, Requirement

from sparkops.config.settings import Settings
from sparkops.errors import EngineError, ModelError
from sparkops.pyfunc.worker.manifest import Manifest

PYTHON_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
_log = logging.getLogger("sparkops.pyfunc.worker")


def find_interpreter(manifest: Manifest, running: WorkerSettings) -> Path:
    """Return the Python that a model is scored with; the first call for some packages may install them.

    Raises:
        ModelError: `models.environment` is "this", and this Python lacks something.
        EngineError: An environment cannot be made.
    """
    if running.environment == "own":
        return create_environment(manifest, running.home)
    lacking = unmet_requirements(manifest)
    if not lacking:
        return Path(sys.executable)
    if running.environment == "this":
        raise ModelError(
            f"The model needs {', '.join(lacking)}. Install that here, or set models.environment to auto: "
            "then it gets an environment of its own."
        )
    _log.info("the model gets an environment of its own, for it needs %s", ", ".join(lacking))
    return create_environment(manifest, running.home)


def unmet_requirements(manifest: Manifest) -> list[str]:
    """Return what this interpreter lacks for a model, each as a clause."""
    wanted = (
        [] if manifest.python == PYTHON_VERSION else [f"Python {manifest.python} (this is {PYTHON_VERSION})"]
    )
    for each in _read(manifest.requirements):
        if each.marker is not None and not each.marker.evaluate():
            continue
        try:
            has = version(each.name)
        except PackageNotFoundError:
            wanted.append(f"{each} (not installed here)")
            continue
        if not each.specifier.contains(has, prereleases=True):
            wanted.append(f"{each} (here: {has})")
    return wanted


def create_environment(manifest: Manifest, home: Path) -> Path:
    """Return the interpreter of the environment with a model's packages, made on first use.

    Args:
        manifest: Says which packages and which Python.
        home: Folder that keeps environments, by the hash of what is in them.
    """
    wanted = [str(each) for each in _read(manifest.requirements)]
    key = sha256(json.dumps([manifest.python, sorted(wanted)]).encode()).hexdigest()[:16]
    folder = home / key
    python, done = folder / "bin" / "python", folder / "made.json"
    with _alone(home, key):
        if not done.is_file():
            shutil.rmtree(folder, ignore_errors=True)
            _log.info("making an environment for the model in %s: this may take minutes", folder)
            for words in _commands(folder, manifest.python, wanted):
                _run(words, folder)
            done.write_text(json.dumps({"python": manifest.python, "requirements": wanted}), "utf-8")
    return python


def _read(requirements: Sequence[str]) -> list[Requirement]:
    """Return requirements; one that is an option, a path or an address of its own is refused."""
    found = []
    for text in requirements:
        try:
            each = Requirement(text)
        except InvalidRequirement as error:
            raise ModelError(
                f"The model's requirement `{text}` is not a package with a version ({error}). Save it with names that "
                "a package index knows."
            ) from None
        if each.url:
            raise ModelError(f"The model's requirement `{text}` names an address; give a name and a version.")
        found.append(each)
    return found


def _commands(folder: Path, python: str, wanted: Sequence[str]) -> list[list[str]]:
    """Return what makes an environment: uv where there is one, else venv and pip."""
    uv = shutil.which("uv")
    if uv is not None:
        into = str(folder / "bin" / "python")
        return [
            [uv, "venv", "--quiet", "--python", python, str(folder)],
            [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", into, *wanted],
        ]
    base = sys.executable if python == PYTHON_VERSION else shutil.which(f"python{python}")
    if base is None:
        raise EngineError(
            f"The model needs Python {python}, which is not on PATH: install it, or install uv."
        )
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return [[base, "-m", "venv", str(folder)], [*pip, *wanted]]


def _run(words: Sequence[str], folder: Path) -> None:
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        told = " ".join(done.stderr.split())[-600:] or "it said nothing"
        raise EngineError(
            f"An environment for the model can't be made: {Path(words[0]).name} says: {told} "
            "Check that the package index answers, or install the packages here."
        )


@contextmanager
def _alone(home: Path, key: str) -> Iterator[None]:
    """Let one process at a time make an environment."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / f"{key}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _home() -> Path:
    return Path.home() / ".cache" / "sparkops" / "environments"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """How a model's own process runs.

    Args:
        environment: "this" interpreter, one of its "own", or by what is installed here ("auto").
        home: Folder that keeps environments.
        timeout: Seconds that an answer may take.
    """

    environment: Literal["auto", "this", "own"] = "auto"
    home: Path = field(default_factory=_home)
    timeout: float = 60.0

    @classmethod
    def of(cls, settings: Settings) -> WorkerSettings:
        """Return what a project's settings say."""
        models = settings.models
        return cls(
            environment=models.environment, home=settings.state / "environments", timeout=models.timeout
        )
