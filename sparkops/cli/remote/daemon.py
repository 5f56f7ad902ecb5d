"""`sparkops daemon`: keep Spark warm between the runs of this user, so that `sparkops run` starts at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final

import click

from sparkops.cli.command_group import CommandGroup
from sparkops.cli.display.echo import echo, echo_json
from sparkops.cli.project_options import ProjectOptions, json_option, with_project_options
from sparkops.core.private_file import make_private_folder, open_private, read_private
from sparkops.errors import EngineError, SparkopsError

if TYPE_CHECKING:
    from sparkops.api.daemon import DaemonRecord

# Seconds until a new daemon answers, and until a stopped one has ended: its runs have 30 seconds to complete.
_START_SECONDS: Final = 120.0
_STOP_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.05
_SHOWN_LINES: Final = 10
_MAX_LOG: Final = 16 << 20
_NONE: Final = "No daemon is running. `sparkops daemon start` starts one."


@click.group("daemon", cls=CommandGroup)
def daemon() -> None:
    """Keep Spark warm: with a daemon, `sparkops run` of this user starts in a fraction of a second.

    It executes the jobs as they are on disk, in the same environment (--env, --set and the variables that the
    configuration names); any other run starts Spark itself, as without a daemon.
    """


@daemon.command("start", short_help="Start the daemon of the project.")
@with_project_options
def start(project: ProjectOptions) -> None:
    """Start the daemon, and return when it accepts runs; its Spark is then being started."""
    from sparkops.api.daemon import LOG, read_daemon

    engine = project.open_engine()
    state = engine.settings.state
    running = read_daemon(state)
    if running is not None:
        echo(f"The daemon is running already: process {running.process['pid']}.")
        return
    make_private_folder(state)
    log = state / LOG
    arguments = ["--project", str(engine.root)]
    arguments += ["--env", project.env] if project.env is not None else []
    arguments += [word for text in project.overrides for word in ("--set", text)]
    with os.fdopen(open_private(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "w") as file:
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from sparkops.cli.main import main; main()",
                "daemon",
                "serve",
                *arguments,
            ],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    record = _wait_for_start(process, state, log)
    echo(f"The daemon of {engine.root.name} accepts runs: process {record.process['pid']}. Log: {log}")


@daemon.command("serve", hidden=True)
@with_project_options
def serve(project: ProjectOptions) -> None:
    """Be the daemon, until SIGTERM."""
    from sparkops.api.daemon import DATABASE, listen_privately, remove_daemon, write_daemon
    from sparkops.api.server import ServerOptions, serve_jobs

    engine = project.open_engine()
    state = engine.settings.state
    with listen_privately(state) as listener:
        options = ServerOptions(
            env=project.env,
            overrides=project.overrides,
            database_file=DATABASE,
            on_ready=lambda _: write_daemon(state, listener, env=project.env, overrides=project.overrides),
        )
        try:
            serve_jobs(engine, listener, options)
        finally:
            remove_daemon(state)


@daemon.command("stop", short_help="Stop the daemon of the project.")
@with_project_options
def stop(project: ProjectOptions) -> None:
    """Stop the daemon and its Spark; active runs have 30 seconds to complete."""
    record = _read(project)
    if record is None:
        echo(_NONE)
        return
    os.kill(record.process["pid"], signal.SIGTERM)
    deadline = monotonic() + _STOP_SECONDS
    while record.is_running():
        if monotonic() >= deadline:
            raise EngineError(
                f"The daemon, process {record.process['pid']}, has not ended yet: end it with kill -9."
            )
        sleep(_POLL_SECONDS)
    echo("The daemon has ended.")


@daemon.command("status", short_help="Say whether a daemon is running, and what it executes.")
@json_option()
@with_project_options
def status(project: ProjectOptions, as_json: bool) -> None:
    """Say whether a daemon is running, and what it executes."""
    from sparkops.api.client import Client

    record = _read(project)
    facts: dict[str, Any] = {"running": record is not None}
    if record is not None:
        started = datetime.fromtimestamp(record.started, UTC).isoformat(timespec="seconds")
        facts |= {"process": record.process["pid"], "started": started}
        try:
            facts["contexts"] = Client(record.url).health()["contexts"]
        except SparkopsError as error:
            facts["problem"] = str(error)
    if as_json:
        echo_json(facts)
        return
    if record is None:
        echo(_NONE)
        return
    echo(f"Process  {facts['process']}, since {facts['started']}")
    for name, context in facts.get("contexts", {}).items():
        words = ", ".join(f"{value} {key}" for key, value in context.items() if key != "memory")
        echo(f"Context  {name}: {words}")
    if "problem" in facts:
        echo(f"Problem  {facts['problem']}")


def _read(project: ProjectOptions) -> DaemonRecord | None:
    from sparkops.api.daemon import read_daemon

    return read_daemon(project.open_engine().settings.state)


def _wait_for_start(process: subprocess.Popen[bytes], state: Path, log: Path) -> DaemonRecord:
    from sparkops.api.daemon import read_daemon

    deadline = monotonic() + _START_SECONDS
    while process.poll() is None:
        record = read_daemon(state)
        if record is not None:
            return record
        if monotonic() >= deadline:
            process.kill()
            raise EngineError(f"The daemon does not answer after {_START_SECONDS:g} seconds. Its log: {log}")
        sleep(_POLL_SECONDS)
    lines = read_private(log, _MAX_LOG).decode("utf-8", "replace").splitlines()[-_SHOWN_LINES:]
    raise EngineError("The daemon has ended at once:\n" + "\n".join(lines))
