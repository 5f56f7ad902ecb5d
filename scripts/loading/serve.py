"""Serve a project with workers that need no Spark: `python -m loading.serve PROJECT PORT`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from sparkops.api.server import ServerOptions, serve_jobs
from sparkops.engine import Engine
from sparkops.serving.listener import listen

WORKER = Path(__file__).parents[2] / "tests" / "fakes" / "worker_without_spark.py"


def main() -> None:
    """Serve until SIGTERM."""
    logging.getLogger("sparkops.api").addHandler(logging.StreamHandler())
    options = ServerOptions(
        worker=(sys.executable, str(WORKER)), on_ready=lambda url: print(f"Serving {url}", flush=True)
    )
    with listen("127.0.0.1", int(sys.argv[2])) as listener:
        serve_jobs(Engine(sys.argv[1]), listener, options)


if __name__ == "__main__":
    main()
