"""Run a job on the recorded inputs of a run under Python's debugger, in this process.

Nothing is recorded or published.
"""

from __future__ import annotations

import sys
import traceback
from pdb import Pdb
from typing import TYPE_CHECKING, Any

from sparkops.core.session_conf import apply_conf
from sparkops.engine.operations.comparison.replay_run import ReplayOptions, find_replay_conf, prepare_replay
from sparkops.engine.parameter_sources import reveal_secrets
from sparkops.errors import InputError
from sparkops.runs.records.run import make_run_id

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer


def debug_run(container: ServiceContainer, run_id: str, options: ReplayOptions) -> Any:
    """Call the job of a run as it was called then, stop at its first line, and return what it returned.

    If the job raises an exception, the debugger stops again, at the line that raised it.

    Raises:
        InputError: The run cannot be replayed, its recorded code is requested, or there is no terminal.
        VersionGone: What it read has changed or was removed.
    """
    if options.code == "recorded":
        raise InputError(
            "The debugger calls the present code in this process, and the recorded code runs in another one. Check out "
            f"the commit of run {run_id} to debug it, or leave out --code."
        )
    if not sys.stdin.isatty():
        raise InputError("A debugger needs a terminal: leave out --debug, or run it in one.")
    # Without its own handler of SIGINT, which would stay in place after the call.
    return call_in_debugger(container, run_id, options, Pdb(nosigint=True))


def call_in_debugger(container: ServiceContainer, run_id: str, options: ReplayOptions, debugger: Pdb) -> Any:
    """Call the job of a run under a debugger; see `debug_run`."""
    prepared = prepare_replay(container, run_id, options)
    job, original = prepared.job, prepared.original
    conf = find_replay_conf(container, prepared)
    services = container.build_run_services(reveal_secrets(prepared.bound.values))
    call_id = make_run_id()
    session = services.spark.begin(call_id)
    try:
        arguments: dict[str, Any] = {
            name: services.reader.read(services.reader.pin(name, at=original.inputs[name].get("version")))
            for name in job.tables
        }
        arguments |= {
            name: services.models.load_version(name, at=original.models[name]) for name in job.models
        }
        arguments |= prepared.bound.values
        arguments |= {job.session: session} if job.session else {}
        with apply_conf(session.conf, conf):
            try:
                return debugger.runcall(job.function, **arguments)
            except Exception as error:  # noqa: BLE001 - the debugger is what handles it
                traceback.print_exception(error)
                debugger.reset()
                debugger.interaction(None, error.__traceback__)
                return None
    finally:
        services.spark.end(call_id)
