"""The server as a process: its address, its port, its end."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from fakes.scorer import TenTimesScorer

from sparkops.errors import EngineError
from sparkops.serving.app import Service, create_app
from sparkops.serving.server import run

SERVE = """
import sys
sys.path.insert(0, "tests")
from fakes.scorer import TenTimesScorer
from sparkops.serving.app import Service, create_app
from sparkops.serving.server import run
run(create_app(Service(TenTimesScorer(), name="tens")), host="127.0.0.1", port=0, on_ready=lambda url: print(url, flush=True))
print("stopped")
"""


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_on_a_free_port_until_a_signal_stops_it(stop: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(f"{url}/health/ready", timeout=10) as answer:
            assert answer.status == 200
        process.send_signal(stop)
        assert process.communicate(timeout=20)[0] == "stopped\n"
        assert process.returncode == 0


def test_an_occupied_port_is_reported_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            EngineError, match=rf"Can't listen on 127\.0\.0\.1:{port} \(Address already in use\)\. Pass"
        ):
            run(create_app(Service(TenTimesScorer())), host="127.0.0.1", port=port)
