"""Load `sparkops api` by many clients over sockets, kill a worker and the service, and verify that no accepted run is lost."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

import httpx

from loading.clients import LoadClient
from loading.measurements import Measurements
from loading.project import make_project
from loading.service import ServiceProcess, find_free_port

# Parts of the time after which a worker and the service are killed, and the waiting runs may begin.
_KILL_WORKER, _KILL_SERVICE, _GO = 0.3, 0.5, 0.7
_LINE_SECONDS = 1.0


def main() -> int:
    """Run the load; return 1 if an accepted run is lost."""
    options = _parse_options()
    with tempfile.TemporaryDirectory(prefix="sparkops-load-") as folder:
        root = make_project(Path(folder))
        service = ServiceProcess(root, find_free_port(), options.spark)
        service.start()
        try:
            return asyncio.run(_run(service, options))
        finally:
            service.stop()


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/load", description=__doc__)
    parser.add_argument(
        "--clients", type=int, default=50, help="clients that request short runs (default: 50)"
    )
    parser.add_argument("--minutes", type=float, default=10, help="how long (default: 10)")
    parser.add_argument("--queued", type=int, default=1000, help="runs that wait in a queue (default: 1000)")
    parser.add_argument("--followers", type=int, default=100, help="followers of one log (default: 100)")
    parser.add_argument("--spark", action="store_true", help="workers with Spark; by default they need none")
    return parser.parse_args()


async def _run(service: ServiceProcess, options: argparse.Namespace) -> int:
    measurements, seconds = Measurements(), options.minutes * 60
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=options.clients)
    async with httpx.AsyncClient(base_url=service.url, timeout=60, limits=limits) as http:
        client = LoadClient(http, measurements, time.monotonic() + seconds)
        followed = await client.submit("wait")
        assert followed is not None
        tasks = [
            asyncio.create_task(client.sample(max(1.0, seconds / 60))),
            asyncio.create_task(_fill_queue(client, options.queued)),
            asyncio.create_task(_disturb(service, measurements, seconds)),
            *(asyncio.create_task(client.follow(followed)) for _ in range(options.followers)),
            *(asyncio.create_task(client.request_runs()) for _ in range(options.clients)),
        ]
        if not options.spark:
            tasks.append(asyncio.create_task(_write_log(service.root, followed, seconds)))
        await asyncio.gather(*tasks)
        lost = await _find_unfinished(http, sorted(measurements.accepted))
    print("\n".join(measurements.format()))
    print(f"accepted {len(measurements.accepted):,} runs, {len(lost):,} not done: {', '.join(lost[:5])}")
    return 1 if lost else 0


async def _fill_queue(client: LoadClient, count: int) -> None:
    for _ in range(count):
        await client.submit("queued")


async def _disturb(service: ServiceProcess, measurements: Measurements, seconds: float) -> None:
    """Kill a worker, then the service, and let the runs that wait begin."""
    await asyncio.sleep(seconds * _KILL_WORKER)
    print("a worker is killed" if service.kill_worker() else "there is no worker to kill", file=sys.stderr)
    await asyncio.sleep(seconds * (_KILL_SERVICE - _KILL_WORKER))
    print("the service is killed and started again", file=sys.stderr)
    service.kill()
    measurements.samples.append([])
    await asyncio.to_thread(service.start)
    await asyncio.sleep(seconds * (_GO - _KILL_SERVICE))
    (service.root / "go").touch()


async def _write_log(root: Path, run_id: str, seconds: float) -> None:
    """Write the log of a run that the fake worker does not execute."""
    deadline = time.monotonic() + seconds * _GO
    while time.monotonic() < deadline:
        for path in sorted((root / "runs" / run_id).glob("attempt-*.jsonl"))[-1:]:
            with path.with_suffix(".log").open("a") as log:
                log.write(f"line at {time.time():.1f}\n")
        await asyncio.sleep(_LINE_SECONDS)


async def _find_unfinished(http: httpx.AsyncClient, run_ids: list[str]) -> list[str]:
    """Return the accepted runs that are not done, after they had time to end."""
    lost = []
    for run_id in run_ids:
        answer = await http.get(f"/runs/{run_id}", params={"wait": 60})
        if answer.json().get("state") != "done":
            lost.append(run_id)
    return lost


if __name__ == "__main__":
    sys.exit(main())
