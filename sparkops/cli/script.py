"""The last two lines of a job's file: what `spark-submit jobs/x.py --day 2013-07-04` runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from sparkops.pipeline.job import Job


def main(job: Job, argv: Sequence[str] | None = None) -> None:
    """Run one job with the words of the command line, and leave with its exit code.

    Args:
        job: The job of the file that was started.
        argv: The words; those of the command line by default.
    """
    from sparkops.cli.main import answer
    from sparkops.config.project import find_root

    words = list(sys.argv[1:] if argv is None else argv)
    root = find_root(Path(sys.argv[0]).resolve().parent)
    sys.exit(answer(["run", "--project", str(root), job.name, *words]))
