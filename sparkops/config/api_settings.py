"""The settings of jobs as a service, under `api:`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from sparkops.config.section import Section
from sparkops.config.setting_types import (
    Address,
    Count,
    PermittedHost,
    Seconds,
    SigningSecret,
    parse_wait,
)
from sparkops.core.duration import MAX_SECONDS

_Duration = Annotated[float, BeforeValidator(parse_wait), Field(gt=0, le=MAX_SECONDS)]


class ContextSettings(Section):
    """Processes that execute runs of the service, under `api.contexts.NAME`; every job has `default` unless it is given another.

    A stream that goes on until it is stopped has `streams`.
    """

    kind: Literal["shared", "exclusive"] = "shared"
    """`shared`: one process with one Spark for all runs, each with a session of its own. `exclusive`: a process with a
    Spark of its own for each run, so that none can harm another.

    Example: exclusive
    """
    max_runs: Annotated[int, Field(ge=1, le=256)] = 4
    """Runs at the same time.

    Example: 2
    """
    max_queue: Count = 1000
    """Requests that may wait; a further one is refused with status 429.

    Example: 100
    """
    queue_timeout: _Duration = 86_400.0
    """How long a request may wait until it is given up, in seconds or as `90s`, `10m`, `1h`.

    Example: 1h
    """
    spare: Annotated[int, Field(ge=0, le=64)] = 1
    """Processes that wait for runs, with Spark started; 0 starts one for the first request.

    Example: 2
    """
    idle: _Duration = 3600.0
    """How long there may be no run until the processes end; the next request starts one again.

    Example: 10m
    """
    recycle_runs: Count = 1000
    """Runs after which a shared process is replaced by a new one.

    Example: 200
    """
    recycle_memory: Count = 8_000_000_000
    """Bytes of memory of a process and its JVM beyond which a new process replaces it, once its runs have ended.

    Example: 4000000000
    """
    retries: Annotated[int, Field(ge=0, le=100)] = 2
    """How often a run is continued whose process ended before it did: killed, out of memory, or without its JVM.

    Example: 0
    """
    set: tuple[str, ...] = ()
    """Settings of these processes, as `key=value` texts that override all others.

    Example: ["spark.master=spark://cluster:7077"]
    """


class ServedJobSettings(Section):
    """How the service executes one job, under `api.jobs.NAME`."""

    context: str = "default"
    """Context of its runs; by default `default`, or `streams` for a stream that goes on until it is stopped.

    Example: large
    """
    priority: Annotated[int, Field(ge=-1000, le=1000)] = 0
    """Of the requests that wait, those of higher priority are started first.

    Example: 10
    """


class LimitSettings(Section):
    """What callers of the service may ask, under `api.limits`; what is beyond is refused with status 429 and `Retry-After`."""

    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Requests of one caller in a minute; by default any number.

    Example: 600
    """
    waiting: Annotated[int, Field(ge=1, le=100_000)] = 500
    """Requests at the same time that wait for the end of a run or follow a log: each keeps a connection.

    Example: 100
    """


class CallbackSettings(Section):
    """Who may be called when a run has ended, under `api.callbacks`; nobody without `hosts` and `secret`."""

    hosts: tuple[PermittedHost, ...] = ()
    """Hosts of the addresses that a request may name: `host` for the port of https, `host:port`, or `*.example.com` for
    all hosts below a domain. Plain http is for this machine, and for hosts that are listed with `http://`.

    Example: [hooks.example.com, "*.apps.example.com:8443", "http://orders.internal:8080"]
    """
    secret: SigningSecret | None = Field(default=None, repr=False)
    """Secret by which receivers recognise the service, of 16 characters or more.

    Example: ${env:CALLBACK_SECRET:-}
    """
    timeout: Seconds = 10.0
    """Seconds that one attempt may take.

    Example: 5.0
    """
    backoff: _Duration = 10.0
    """How long after a failed attempt the next one is made; each further one waits twice as long, at most an hour.

    Example: 30s
    """
    give_up: _Duration = 86_400.0
    """For how long attempts are repeated.

    Example: 2h
    """
    parallel: Annotated[int, Field(ge=1, le=64)] = 4
    """Attempts at the same time for one host; for all together four times as many.

    Example: 1
    """


class ApiSettings(Section):
    """Jobs as a service (`sparkops api`), under `api:`."""

    database: Address | None = None
    """Database of accepted requests and of tokens, as a URL of SQLAlchemy; by default the file `api.db` in the state folder.

    Example: postgresql+pg8000://sparkops:${env:DB_PASSWORD:-}@db.example.com/sparkops
    """
    max_bytes: Count = 1_000_000
    """Bytes that the body of a request may have.

    Example: 100000
    """
    limits: LimitSettings = Field(default_factory=LimitSettings)
    """Limits of callers.

    Example: {requests_per_minute: 600}
    """
    callbacks: CallbackSettings = Field(default_factory=CallbackSettings)
    """Addresses that are called when a run has ended.

    Example: {hosts: [hooks.example.com], secret: "${env:CALLBACK_SECRET:-}"}
    """
    livy: bool = False
    """Also accept requests of Livy's clients (Airflow's `LivyOperator`, for one) under `/batches`.

    Example: true
    """
    contexts: Mapping[str, ContextSettings] = Field(default_factory=dict)
    """Processes that execute runs, by name. `default` exists always, and `streams`: a shared one with 16 runs, no spare
    process and 100 retries.

    Example: {large: {kind: exclusive, max_runs: 2}}
    """
    jobs: Mapping[str, ServedJobSettings] = Field(default_factory=dict)
    """Context and priority of jobs, by name.

    Example: {train_late_arrival: {context: large}}
    """
