"""The main program of a worker process: `python -m sparkops.api.contexts.worker_main DESCRIPTOR`."""

from __future__ import annotations

import signal
import socket
import sys
from typing import BinaryIO

from sparkops.api.contexts.messages import Setup, decode
from sparkops.api.contexts.worker import ContextWorker


def main() -> int:
    """Execute the runs that the service sends over a socket, until it has no more."""
    # The service ends its workers by closing the socket: Ctrl-C in its terminal is not for them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as connection:
        lines: BinaryIO = connection.makefile("rb")
        setup = decode(lines.readline())
        assert isinstance(setup, Setup)
        return ContextWorker(setup, connection).serve(lines)


if __name__ == "__main__":
    sys.exit(main())
