"""Report a job's file that was run as a script and did nothing, because it does not call `main`."""

from __future__ import annotations

import atexit
import os
import sys

from sparkops.pipeline.job import Job

_BAD_INPUT = 2
# A script that called `main` or built an engine has imported one of these.
_ENTRY_MODULES = ("sparkops.cli.main", "sparkops.engine.engine")


def report_unused_script(job: Job) -> None:
    """Register a check for the end of this process, if the job is declared in the file that Python was started with."""
    main = sys.modules["__main__"]
    file = getattr(main, "__file__", None)
    if job.function.__module__ == "__main__" and file and not hasattr(sys, "ps1"):
        atexit.register(_report, job, file)


def _report(job: Job, file: str) -> None:
    context = getattr(sys.modules.get("pyspark"), "SparkContext", None)
    has_spark = getattr(context, "_active_spark_context", None) is not None
    if has_spark or hasattr(sys, "last_value") or any(module in sys.modules for module in _ENTRY_MODULES):
        return
    sys.stdout.flush()
    sys.stderr.write(
        f"Error: {file} declares job `{job.name}` and ran nothing: run it with `sparkops run {job.name}`, "
        "or end the file "
        f'with\n\nif __name__ == "__main__":\n    main({job.name})\n\nand `from sparkops import main` ({job.place}).\n'
    )
    sys.stderr.flush()
    # An exit handler cannot return an exit code; nothing was started that other handlers would have to end.
    os._exit(_BAD_INPUT)
