"""Replay a run with the code that it was run with: a git worktree of its commit, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sparkops.config.state_file import MALFORMED
from sparkops.core.bounded_file import parse_json, read_text
from sparkops.core.private_file import open_private
from sparkops.errors import (
    ChecksFailed,
    EngineError,
    InputError,
    RunCancelled,
    RunTimedOut,
    SparkopsError,
    explain_damage,
)
from sparkops.pipeline.discovery.jobs_folder import JobsFolder
from sparkops.pipeline.reports.replay_verdict import ReplayVerdict, verdict_from_json
from sparkops.runs.fingerprint import UNKNOWN_CHANGES
from sparkops.runs.records.run import Run

# Exit codes with which `sparkops replay` returns a verdict, and the errors for the other ones.
_WITH_VERDICT: Final = (0, 4)
_ERRORS: Final[Mapping[int, type[SparkopsError]]] = {
    2: InputError,
    3: ChecksFailed,
    124: RunTimedOut,
    130: RunCancelled,
}
# Bytes of a verdict.
_MAX_VERDICT: Final = 256 << 20
# The arguments are passed in a file: a list of processes shows a command line, and a setting may be a secret.
_CHILD: Final = (
    "import json, sys; from pathlib import Path; from sparkops.cli.main import main; "
    "main(json.loads(Path(sys.argv[1]).read_text('utf-8')))"
)


@dataclass(frozen=True, slots=True)
class RecordedCode:
    """The code of a project as it was at a commit.

    Args:
        jobs: Folder of the jobs.
        root: The project's folder.
    """

    jobs: Path
    root: Path


@contextmanager
def check_out_jobs(root: Path, jobs: str, run: Run) -> Iterator[RecordedCode]:
    """Yield the code as it was at the commit of a run, in a git worktree that is removed afterwards.

    Args:
        root: The project's folder.
        jobs: The folder of the jobs.
        run: The run.

    Raises:
        InputError: The code of the run is not in git.
    """
    commit, place = require_commit(root, run), _find_in_repository(root, Path(jobs))
    with tempfile.TemporaryDirectory(prefix="sparkops-replay-") as work:
        tree = Path(work).resolve() / "code"
        _run_git(root, "worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            if not (tree / place).is_dir():
                raise InputError(f"Commit {commit[:10]} of run {run.id} has no folder {place}.")
            yield RecordedCode(tree / place, tree / _find_in_repository(root, root))
        finally:
            _run_git(root, "worktree", "remove", "--force", str(tree))


def require_commit(root: Path, run: Run) -> str:
    """Return the commit that a run was run with.

    Raises:
        InputError: There is none, it is gone, or the code had, or may have had, uncommitted changes.
    """
    commit, action = str(run.code.get("git") or ""), f"replay run {run.id} with its recorded code"
    if not commit:
        raise InputError(f"Cannot {action}: the project was in no git repository when it ran.")
    if run.code.get("dirty") == UNKNOWN_CHANGES:
        raise InputError(
            f"Cannot {action}: git failed then, so it is unknown whether the repository had uncommitted changes, which "
            "are in no commit. Without --code the present code is replayed."
        )
    if run.code.get("dirty"):
        raise InputError(
            f"Cannot {action}: the repository had uncommitted changes then, which are in no commit. "
            "Without --code the present code is replayed."
        )
    if not commit.isalnum() or _try_git(root, "cat-file", "-e", f"{commit}^{{commit}}").returncode:
        raise InputError(
            f"Cannot {action}: commit {commit[:10]} is not in the git repository of {root}. Fetch it, or replay the "
            "present code."
        )
    return commit


def replay_in_process(
    root: Path, code: RecordedCode, run: Run, options: Sequence[str], *, python: str = sys.executable
) -> ReplayVerdict:
    """Replay a run with recorded code, in a process of its own, and return its verdict.

    What the process prints is on standard error; its verdict is in a file, which nothing that a job prints can damage.

    Args:
        root: The project, whose configuration, tables and records are used.
        code: The recorded code.
        run: The run.
        options: Further options of the command.
        python: The interpreter.

    Raises:
        SparkopsError: The process ended without a verdict; the message is its own, and the class that of its exit code.
    """
    with tempfile.TemporaryDirectory(prefix="sparkops-replay-") as work:
        verdict_file, arguments_file = Path(work) / "verdict.json", Path(work) / "arguments.json"
        arguments = ["replay", run.id, "--project", str(root), *options]
        arguments += ["--checked-out", str(code.jobs), str(code.root), str(verdict_file)]
        with os.fdopen(open_private(arguments_file, os.O_WRONLY | os.O_CREAT), "w", encoding="utf-8") as file:
            json.dump(arguments, file)
        process = subprocess.run(
            # Without the working folder, which is that of the present code, on the path of imports.
            [python, "-P", "-c", _CHILD, str(arguments_file)],
            stdout=sys.__stderr__ or subprocess.DEVNULL,
            env=build_environment(code, os.environ),
            check=False,
        )
        if process.returncode not in _WITH_VERDICT or not verdict_file.is_file():
            raise _ERRORS.get(process.returncode, EngineError)(
                f"The replay of run {run.id} with its recorded code ended with exit code {process.returncode}; its "
                "message is above."
            )
        return _read_verdict(verdict_file, run)


def _read_verdict(file: Path, run: Run) -> ReplayVerdict:
    """Return the verdict that the process wrote; EngineError if it cannot be read."""
    try:
        return verdict_from_json(parse_json(read_text(file, _MAX_VERDICT)))
    except (OSError, *MALFORMED) as error:
        raise EngineError(
            f"The verdict of the replay of run {run.id} with its recorded code cannot be read "
            f"({explain_damage(error)})."
        ) from error


def build_environment(code: RecordedCode, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process that imports the modules of recorded code, and none of the present one."""
    folders = dict.fromkeys(map(str, (JobsFolder.of(code.jobs).import_root, code.root.resolve())))
    present = environment.get("PYTHONPATH")
    return {
        **environment,
        "PYTHONPATH": os.pathsep.join([*folders, *([present] if present else [])]),
        # Spark's workers, which import modules inside of functions, search no working folder either.
        "PYTHONSAFEPATH": "1",
    }


def _find_in_repository(root: Path, path: Path) -> Path:
    """Return a path relative to the top of the repository.

    Raises:
        InputError: It is outside of the repository.
    """
    top = Path(_run_git(root, "rev-parse", "--show-toplevel").strip()).resolve()
    path = (path if path.is_absolute() else root / path).resolve()
    if not path.is_relative_to(top):
        raise InputError(
            f"The jobs in {path} are outside of the git repository {top}: replay the present code."
        )
    return path.relative_to(top)


def _run_git(root: Path, *arguments: str) -> str:
    process = _try_git(root, *arguments)
    if process.returncode:
        lines = process.stderr.strip().splitlines() or ["no message"]
        raise InputError(f"git {arguments[0]} failed in {root}: {lines[-1]}")
    return process.stdout


def _try_git(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=120, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(f"git cannot be run in {root}: {error}") from error
