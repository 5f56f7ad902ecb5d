"""Replay a run with the code that it was run with: a git worktree of its commit, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sparkops.errors import EngineError, InputError
from sparkops.pipeline.reports.replay_verdict import ReplayVerdict, verdict_from_json
from sparkops.runs.records.run import Run

# Exit codes of `sparkops replay` with a verdict.
_WITH_VERDICT = (0, 4)


@contextmanager
def check_out_jobs(root: Path, jobs: str, run: Run) -> Iterator[Path]:
    """Yield the folder of the jobs as it was at the commit of a run, in a git worktree that is removed afterwards.

    Args:
        root: The project's folder.
        jobs: The folder of the jobs.
        run: The run.

    Raises:
        InputError: The code of the run is not in git.
    """
    commit, place = require_commit(root, run), _find_in_repository(root, Path(jobs))
    with tempfile.TemporaryDirectory(prefix="sparkops-replay-") as work:
        tree = Path(work) / "code"
        _run_git(root, "worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            if not (tree / place).is_dir():
                raise InputError(f"Commit {commit[:10]} of run {run.id} has no folder {place}.")
            yield tree / place
        finally:
            _run_git(root, "worktree", "remove", "--force", str(tree))


def require_commit(root: Path, run: Run) -> str:
    """Return the commit that a run was run with.

    Raises:
        InputError: There is none, it is gone, or the code had uncommitted changes.
    """
    commit, command = str(run.code.get("git") or ""), f"replay run {run.id} with its recorded code"
    if not commit:
        raise InputError(f"Cannot {command}: the project was in no git repository when it ran.")
    if run.code.get("dirty"):
        raise InputError(
            f"Cannot {command}: the repository had uncommitted changes then, which are in no commit. "
            f"Without --code the present code is replayed."
        )
    if not commit.isalnum() or _try_git(root, "cat-file", "-e", f"{commit}^{{commit}}").returncode:
        raise InputError(
            f"Cannot {command}: commit {commit[:10]} is not in the git repository of {root}. Fetch it, or replay the "
            "present code."
        )
    return commit


def replay_in_process(
    root: Path, folder: Path, run: Run, options: Sequence[str], *, python: str = sys.executable
) -> ReplayVerdict:
    """Replay a run with the jobs of a folder, in a process of its own, and return its verdict.

    Args:
        root: The project, whose configuration, tables and records are used.
        folder: Folder of the jobs.
        run: The run.
        options: Further options of the command.
        python: The interpreter.

    Raises:
        EngineError: The process ended without a verdict; the message is its own.
    """
    command = [
        python, "-c", "from sparkops.cli.main import main; main()", "replay", run.id, "--json",
        "--project", str(root), "--jobs-folder", str(folder), *options,
    ]  # fmt: skip
    process = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if process.returncode not in _WITH_VERDICT:
        raise EngineError(
            f"The replay of run {run.id} with its recorded code ended with exit code {process.returncode}; its message is "
            "above."
        )
    verdict = json.loads(process.stdout)
    return verdict_from_json({key: verdict[key] for key in verdict if key not in ("verdict", "summary")})


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
