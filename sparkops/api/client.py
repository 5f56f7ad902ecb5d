"""A client of `sparkops api` in Python: the same verbs as `Engine`, without Spark."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final, NoReturn
from urllib.error import HTTPError
from urllib.parse import quote, urlencode

from sparkops.core.http_client import remove_credentials, send_request
from sparkops.errors import (
    ChecksFailed,
    EngineError,
    InputError,
    JobFailed,
    RunCancelled,
    RunTimedOut,
    SparkopsError,
    as_clause,
)

if TYPE_CHECKING:
    import pyarrow as pa

# Seconds for which one request waits for the end of a run: proxies end longer ones.
_WAIT_SECONDS: Final = 30.0
# Seconds between two attempts to reach a service that does not answer.
_RETRY_SECONDS: Final = 1.0
_ARROW: Final = "application/vnd.apache.arrow.stream"
_MAX_ANSWER: Final = 1 << 30
_ENDED: Final = frozenset(
    {"done", "failed", "checks_failed", "cancelled", "timed_out", "crashed", "skipped", "rolled_back"}
)
_ERRORS: Final[Mapping[str, type[SparkopsError]]] = {
    "cancelled": RunCancelled,
    "checks_failed": ChecksFailed,
    "timed_out": RunTimedOut,
}


class RequestRefused(InputError):
    """The service refuses a request.

    Args:
        message: Its reason.
        status: HTTP status.
        errors: The problems of parameters, each with `parameter` and `message`.
    """

    def __init__(self, message: str, *, status: int, errors: tuple[Mapping[str, str], ...] = ()) -> None:
        self.status, self.errors = status, errors
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteRun:
    """A run as a service describes it.

    Args:
        id: Its id.
        job: Name of its job.
        state: Its state; see `sparkops.runs.records.states`.
        params: JSON values by parameter.
        inputs: What it read, by table.
        outputs: What it published, by table.
        error: `message` and `type` of what stopped it; None if nothing did.
        answer: The whole answer of the service.
    """

    id: str
    job: str
    state: str
    params: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, str] | None = None
    answer: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def has_ended(self) -> bool:
        """Return whether nothing more happens to it."""
        return self.state in _ENDED

    def require_done(self) -> RemoteRun:
        """Return the run if it is done.

        Raises:
            SparkopsError: What stopped it.
        """
        if self.state == "done":
            return self
        message = (
            self.error["message"] if self.error else f"Run {self.id} of job `{self.job}` is {self.state}."
        )
        error = _ERRORS.get(self.state, JobFailed)(message)
        error.add_note(f"run {self.id}")
        raise error


@dataclass(frozen=True, slots=True)
class Client:
    """Requests runs of a service, and reads what they published.

    Args:
        url: Its address, such as `https://jobs.example.com`.
        token: A token that `sparkops api token create` printed; None for a service of this machine.
        timeout: Seconds to wait for each answer, beyond the time that a request itself waits for a run.
    """

    url: str
    token: str | None = field(default=None, repr=False)
    timeout: float = 30.0

    def jobs(self) -> list[dict[str, Any]]:
        """Return the jobs."""
        return list(self._get("/jobs")["jobs"])

    def job(self, name: str) -> dict[str, Any]:
        """Return a job with the JSON Schema of its parameters."""
        return self._get(f"/jobs/{quote(name, safe='')}")

    def submit(
        self,
        job: str,
        /,
        *,
        at: Mapping[str, int] | None = None,
        as_of: str | None = None,
        every: str | None = None,
        key: str | None = None,
        callback: str | None = None,
        **params: Any,
    ) -> RemoteRun:
        """Request a run, and return it at once.

        Args:
            job: Name of the job.
            at: The version to read, by table or model name.
            as_of: Read every table as it was at this time (ISO 8601).
            every: Interval ("10 seconds") of a stream that runs until it is cancelled; by default what the job declares.
            key: Idempotency key: the same request with the same key is one run.
            callback: Address to which the service posts the run when it has ended.
            params: The job's parameters, as values of JSON or with an ISO text: dates, times.

        Raises:
            RequestRefused: The job or a parameter is wrong; nothing was accepted.
            EngineError: The service does not answer.
        """
        path = f"/jobs/{quote(job, safe='')}/runs"
        return self._submit(path, params, key=key, at=at, as_of=as_of, every=every, callback=callback)

    def submit_texts(
        self,
        job: str,
        texts: Mapping[str, str | Sequence[str]],
        *,
        params: Mapping[str, Any] | None = None,
        at: Mapping[str, int] | None = None,
        as_of: str | None = None,
        key: str | None = None,
    ) -> RemoteRun:
        """Request a run with parameters as texts, which the service reads as those of its command line; see `submit`."""
        path = f"/jobs/{quote(job, safe='')}/runs"
        return self._submit(path, params or {}, at=at, as_of=as_of, key=key, texts=texts)

    def run(
        self,
        job: str,
        /,
        *,
        at: Mapping[str, int] | None = None,
        as_of: str | None = None,
        key: str | None = None,
        **params: Any,
    ) -> RemoteRun:
        """Request a run, and return it when it is done; see `submit`.

        Raises:
            RequestRefused: The job or a parameter is wrong; nothing was accepted.
            SparkopsError: What stopped the run.
        """
        return self.wait(self.submit(job, at=at, as_of=as_of, key=key, **params).id).require_done()

    def repeat(self, run_id: str, **params: Any) -> RemoteRun:
        """Request a run again, with these parameters changed, and return it at once."""
        return self._submit(f"/runs/{quote(run_id, safe='')}/repeat", params)

    def health(self) -> dict[str, Any]:
        """Return whether the service is ready, with queue and processes of each context."""
        return self._get("/health/ready")

    def runs(
        self, *, job: str | None = None, state: str | None = None, since: str | None = None, limit: int = 50
    ) -> list[RemoteRun]:
        """Return runs, newest first.

        Args:
            job: Only those of this job.
            state: Only those in this state.
            since: Only those that began since this time (ISO 8601).
            limit: Largest number.
        """
        query = {"job": job, "state": state, "since": since, "limit": limit}
        known = urlencode({name: value for name, value in query.items() if value is not None})
        return list(map(_to_run, self._get(f"/runs?{known}")["runs"]))

    def find(self, run_id: str) -> RemoteRun:
        """Return a run, by its id or a part of it; `last` is the newest."""
        return _to_run(self._get(f"/runs/{quote(run_id, safe='')}"))

    def wait(self, run_id: str, *, seconds: float | None = None) -> RemoteRun:
        """Return a run when it has ended; a service that is restarted meanwhile is waited for.

        Args:
            run_id: The run.
            seconds: Longest time to wait; None for any.
        """
        deadline = None if seconds is None else monotonic() + seconds
        while True:
            left = _WAIT_SECONDS if deadline is None else min(_WAIT_SECONDS, max(0.0, deadline - monotonic()))
            try:
                run = _to_run(self._get(f"/runs/{quote(run_id, safe='')}?wait={left:g}", wait=left))
            except EngineError:
                if deadline is not None and monotonic() >= deadline:
                    raise
                sleep(_RETRY_SECONDS)
                continue
            if run.has_ended or (deadline is not None and monotonic() >= deadline):
                return run

    def cancel(self, run_id: str, *, seconds: float = 30.0) -> RemoteRun:
        """Cancel a run, and return it when it has ended.

        Args:
            run_id: The run.
            seconds: Longest time to wait for its end.
        """
        path = f"/runs/{quote(run_id, safe='')}/cancel?wait={seconds:g}"
        return _to_run(self._send("POST", path, wait=seconds))

    def log(self, run_id: str) -> str:
        """Return the text of a run's log, as far as it is written."""
        return self._read(f"/runs/{quote(run_id, safe='')}/log", accept="text/plain").decode()

    def follow_log(self, run_id: str) -> Iterator[str]:
        """Yield the lines of a run's log as they are written, until the run has ended."""
        position = "1:0"
        while True:
            headers = {"Accept": "text/event-stream", "Last-Event-ID": position}
            try:
                with self._open("GET", f"/runs/{quote(run_id, safe='')}/log", None, headers, 0.0) as response:
                    for name, text in _read_events(response):
                        if name == "id":
                            position = text
                        elif name == "event":
                            return
                        else:
                            yield text
            except (EngineError, OSError, HTTPException):
                # It goes on after the last line that arrived.
                sleep(_RETRY_SECONDS)

    def result(self, run_id: str, *, table: str | None = None, limit: int = 1000) -> dict[str, Any]:
        """Return what a run published: versions, metrics, and the first rows of one table.

        Args:
            run_id: The run.
            table: The table; by default the first.
            limit: Largest number of rows.
        """
        return dict(
            json.loads(self._read(_format_result_path(run_id, table, limit), accept="application/json"))
        )

    def read_arrow(self, run_id: str, *, table: str | None = None, limit: int = 100_000) -> pa.Table:
        """Return rows that a run wrote; see `result`."""
        from pyarrow import ipc

        content = self._read(_format_result_path(run_id, table, limit), accept=_ARROW)
        return ipc.open_stream(content).read_all()

    def read_report(self, run_id: str) -> str:
        """Return the HTML page of a run that made a report."""
        return self._read(f"/runs/{quote(run_id, safe='')}/result", accept="text/html").decode()

    def _submit(
        self, path: str, params: Mapping[str, Any], *, key: str | None = None, **fields: Any
    ) -> RemoteRun:
        """Request a run; fields of the body that are None are left out.

        `texts` are sent also if there are none: problems are then described in the words of a command line.
        """
        body = {
            "params": params,
            **{name: value for name, value in fields.items() if value is not None},
        }
        headers = {"Idempotency-Key": key} if key is not None else {}
        # As `Engine.run` and `sparkops run` do, a client runs what it names.
        path += "?fresh=true" if path.endswith("/runs") else ""
        return _to_run(self._send("POST", path, _to_json(body), headers))

    def _get(self, path: str, *, wait: float = 0.0) -> dict[str, Any]:
        return self._send("GET", path, wait=wait)

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        wait: float = 0.0,
    ) -> dict[str, Any]:
        content = json.dumps(body or {}).encode() if method == "POST" else None
        headers = {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})}
        with self._open(method, path, content, headers, wait) as response:
            return dict(json.loads(_read_all(response)))

    def _read(self, path: str, *, accept: str) -> bytes:
        with self._open("GET", path, None, {"Accept": accept}, 0.0) as response:
            return _read_all(response)

    def _open(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str], wait: float
    ) -> Any:
        """Return the answer to a request.

        Raises:
            RequestRefused: The service refuses it.
            EngineError: The service does not answer.
        """
        if self.token is not None:
            headers = {**headers, "Authorization": f"Bearer {self.token}"}
        try:
            return send_request(
                self.url.rstrip("/") + path,
                method=method,
                content=content,
                headers=headers,
                timeout=self.timeout + wait,
            )
        except HTTPError as error:
            self._refuse(error)
        except (OSError, HTTPException) as error:
            raise EngineError(
                f"The service at {remove_credentials(self.url)} does not answer: "
                f"{as_clause(getattr(error, 'reason', None) or error)}. `sparkops api` starts it."
            ) from None

    def _refuse(self, error: HTTPError) -> NoReturn:
        with error:
            content = error.read(_MAX_ANSWER)
        try:
            problem = json.loads(content)
            message, errors = str(problem["detail"]), tuple(problem.get("errors", ()))
        except (ValueError, KeyError, TypeError):
            message, errors = f"{remove_credentials(self.url)} answers with status {error.code}.", ()
        if error.code in (429, 503):
            raise EngineError(message) from None
        raise RequestRefused(message, status=error.code, errors=errors) from None


def _format_result_path(run_id: str, table: str | None, limit: int) -> str:
    query = {"limit": limit, **({"table": table} if table is not None else {})}
    return f"/runs/{quote(run_id, safe='')}/result?{urlencode(query)}"


def _to_json(value: Any) -> Any:
    """Return a value of Python as the service reads it: dates and times in ISO 8601, decimals and paths as text."""
    if isinstance(value, Mapping):
        return {str(name): _to_json(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_to_json(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _to_run(answer: Mapping[str, Any]) -> RemoteRun:
    names = ("id", "job", "state", "params", "inputs", "outputs", "error")
    return RemoteRun(**{name: answer[name] for name in names if name in answer}, answer=answer)


def _read_all(response: Any) -> bytes:
    content: bytes = response.read(_MAX_ANSWER + 1)
    if len(content) > _MAX_ANSWER:
        raise EngineError(f"The answer of the service is larger than {_MAX_ANSWER:,} bytes.")
    return content


def _read_events(response: Any) -> Iterator[tuple[str, str]]:
    """Yield the fields of server-sent events."""
    for line in response:
        name, _, text = line.decode().rstrip("\n").partition(": ")
        if name in ("id", "event", "data"):
            yield name, text
