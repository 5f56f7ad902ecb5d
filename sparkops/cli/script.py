"""Run a job's file as a script: what `spark-submit jobs/x.py --day 2013-07-04` runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from sparkops.pipeline.job import Job


def main(job: Job, argv: Sequence[str] | None = None) -> None:
    """Run one job with the options of the command line, and exit with its exit code.

    Args:
        job: The job of the file that was started.
        argv: The options; those of the command line by default.
    """
    from sparkops.cli.main import run_command

    options = list(sys.argv[1:] if argv is None else argv)
    folder = Path(sys.argv[0]).resolve().parent
    sys.exit(run_command(["run", "--project", str(folder), job.name, *options]))
