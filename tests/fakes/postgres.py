"""A PostgreSQL server of its own for tests, on a free port of this machine."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fakes.real_processes import free_port


def find_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, or None if it is not installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if folders:
        return folders[-1]
    program = shutil.which("initdb")
    return Path(program).parent if program else None


@contextmanager
def run_postgres(programs: Path) -> Iterator[str]:
    """Run a server inside the context, and yield the URL of its database."""
    port = free_port()
    # PostgreSQL does not run as root.
    user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    as_user = ["runuser", "-u", user, "--"] if os.getuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="sparkops-postgres-") as folder:
        shutil.chown(folder, user)
        data = f"{folder}/data"

        def run(*words: str) -> None:
            subprocess.run(
                [*as_user, str(programs / words[0]), *words[1:]],
                check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=120,
            )  # fmt: skip

        run("initdb", "-D", data, "-U", "me", "--auth=trust", "--no-sync")
        options = f"-h 127.0.0.1 -p {port} -k {folder} -F"
        run("pg_ctl", "-D", data, "-o", options, "-l", f"{folder}/log", "-w", "start")
        try:
            yield f"postgresql+pg8000://me@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
