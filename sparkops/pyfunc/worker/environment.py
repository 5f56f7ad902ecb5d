"""The interpreter that has a pyfunc model's packages: this one if it has them, else an environment created for them."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from sparkops.core.atomic_file import replace_file
from sparkops.core.private_file import make_private_folder, open_private
from sparkops.errors import EngineError, ModelError
from sparkops.pyfunc.worker.manifest import Manifest
from sparkops.pyfunc.worker.worker_settings import WorkerSettings

PYTHON_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
# Environment variables of an installation, which runs code of the packages: where the index is, and how it is reached.
_PASSED_VARIABLES = re.compile(
    r"PATH|HOME|LANG|LC_\w+|TZ|TMPDIR|(PIP|UV)_\w+|XDG_\w+|(https?|all|no)_proxy"
    r"|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE",
    re.IGNORECASE,
)
_log = logging.getLogger("sparkops.pyfunc.worker")


def find_interpreter(manifest: Manifest, settings: WorkerSettings) -> Path:
    """Return the interpreter for a model; the first call for a set of packages may install them.

    Raises:
        ModelError: `models.environment` is "this", and this interpreter lacks something.
        EngineError: An environment cannot be created.
    """
    if settings.environment == "own":
        return create_environment(manifest, settings.environments)
    unmet = find_unmet_requirements(manifest)
    if not unmet:
        return Path(sys.executable)
    if settings.environment == "this":
        raise ModelError(
            f"The model needs {', '.join(unmet)}. Install that here, or set models.environment to auto: "
            "then it gets an environment of its own."
        )
    _log.info("the model gets an environment of its own, because it needs %s", ", ".join(unmet))
    return create_environment(manifest, settings.environments)


def find_unmet_requirements(manifest: Manifest) -> list[str]:
    """Return what this interpreter lacks for a model, each as a clause."""
    unmet = []
    if manifest.python != PYTHON_VERSION:
        unmet.append(f"Python {manifest.python} (this is {PYTHON_VERSION})")
    for requirement in _parse_requirements(manifest.requirements):
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            unmet.append(f"{requirement} (not installed here)")
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            unmet.append(f"{requirement} (here: {installed})")
    return unmet


def create_environment(manifest: Manifest, environments: Path) -> Path:
    """Return the interpreter of the environment with a model's packages, which is created on first use.

    Args:
        manifest: The packages and the version of Python.
        environments: Folder of all environments, each named by the hash of its contents.
    """
    requirements = [str(requirement) for requirement in _parse_requirements(manifest.requirements)]
    key = sha256(json.dumps([manifest.python, sorted(requirements)]).encode()).hexdigest()[:16]
    folder = environments / key
    python, marker = folder / "bin" / "python", folder / "made.json"
    with _lock(environments, key):
        if not marker.is_file():
            shutil.rmtree(folder, ignore_errors=True)
            _log.info("creating an environment for the model in %s: this may take minutes", folder)
            for command in _build_commands(folder, manifest.python, requirements):
                _run(command, folder)
            content = json.dumps({"python": manifest.python, "requirements": requirements})
            replace_file(marker, content, durable=False)
    return python


def _parse_requirements(requirements: Sequence[str]) -> list[Requirement]:
    """Return requirements; one that is an option, a path or an address is refused."""
    parsed = []
    for text in requirements:
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            raise ModelError(
                f"The model's requirement `{text}` is not a package with a version ({error}). Save it with names that "
                "a package index knows."
            ) from None
        if requirement.url:
            raise ModelError(f"The model's requirement `{text}` names an address; give a name and a version.")
        parsed.append(requirement)
    return parsed


def _build_commands(folder: Path, python: str, requirements: Sequence[str]) -> list[list[str]]:
    """Return the commands that create an environment: with uv if it is on PATH, else with venv and pip."""
    interpreter = str(folder / "bin" / "python")
    uv = shutil.which("uv")
    if uv is not None:
        install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", interpreter]
        return [[uv, "venv", "--quiet", "--python", python, str(folder)], [*install, *requirements]]
    base = sys.executable if python == PYTHON_VERSION else shutil.which(f"python{python}")
    if base is None:
        raise EngineError(
            f"The model needs Python {python}, which is not on PATH: install it, or install uv."
        )
    install = [interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return [[base, "-m", "venv", str(folder)], [*install, *requirements]]


def _run(command: Sequence[str], folder: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if _PASSED_VARIABLES.fullmatch(name)}
    result = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if result.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        output = " ".join(result.stderr.split())[-600:] or "no error output."
        raise EngineError(
            f"An environment for the model can't be created: {Path(command[0]).name} failed: {output} "
            "Check that the package index answers, or install the packages here."
        )


@contextmanager
def _lock(environments: Path, key: str) -> Iterator[None]:
    """Hold the lock of an environment, so that one process at a time creates it."""
    path = environments / f"{key}.lock"
    try:
        make_private_folder(environments)
        lock = open_private(path, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise EngineError(
            f"The lock of a model's environment, {path}, cannot be opened: {error.strerror}. Remove "
            "it, or give write access there."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
