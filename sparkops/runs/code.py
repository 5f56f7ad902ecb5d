"""Which code a run ran: the commit, what was not committed, the job's own source."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

from sparkops.pipeline.job import Job


def code_of(job: Job, root: Path) -> dict[str, Any]:
    """Return git sha and a hash of the uncommitted difference where there is a repository, and the source's hash."""
    sha = _git(root, "rev-parse", "HEAD")
    facts: dict[str, Any] = {"place": str(job.place), "source": source_hash(job, root)}
    if sha:
        diff = _git(root, "diff", "HEAD")
        facts["git"] = sha.strip()
        facts["dirty"] = _hash(diff) if diff else None
    return facts


def source_hash(job: Job, root: Path) -> str:
    """Return a hash of the file that declares the job and of the modules beside it that hold no job of their own."""
    file = Path(job.place.file)
    file = file if file.is_absolute() else root / file
    shared = (p for p in sorted(file.parent.glob("*.py")) if p == file or "@job" not in p.read_text("utf-8"))
    return _hash("".join(p.read_text("utf-8") for p in shared if p.exists()))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _git(root: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
