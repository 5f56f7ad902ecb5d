"""The tables of the service's database, and the version of their layout."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Float, Index, Integer, MetaData, String, Table, Text

# Increased when a table changes; a database of another version is refused.
VERSION: Final = 1

METADATA: Final = MetaData()

# The version of the layout, in one row.
LAYOUT: Final = Table("sparkops_layout", METADATA, Column("version", Integer, nullable=False))

# Accepted requests, in the order of `number`, which does not depend on a clock.
SUBMISSIONS: Final = Table(
    "sparkops_submissions",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String(64), nullable=False, unique=True),
    Column("job", String(200), nullable=False),
    Column("request", Text, nullable=False),  # JSON: parameters, versions
    Column("context", String(200), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("key", String(255), unique=True),  # the caller's idempotency key
    Column("digest", String(64), nullable=False),  # of job and request
    Column("caller", String(200), nullable=False),
    Column("state", String(10), nullable=False),  # queued, started, ended
    Column("service", String(64)),  # the one that started it
    Column("worker", Text),  # JSON: the process that it was given to
    Column("crashes", Integer, nullable=False),  # how often its process ended before it did
    Column("accepted", Float, nullable=False),  # seconds since 1970, as are the next two
    Column("started", Float),
    Column("ended", Float),
    Column("outcome", Text),  # JSON: how the run ended
)
Index("sparkops_submissions_queue", SUBMISSIONS.c.state, SUBMISSIONS.c.context)
Index("sparkops_submissions_job", SUBMISSIONS.c.job)

# The W3C `traceparent` of the requests that had one.
TRACES: Final = Table(
    "sparkops_traces",
    METADATA,
    Column("run_id", String(64), primary_key=True),
    Column("traceparent", String(55), nullable=False),
)

# The callbacks of the requests that named one. It is due when the run has ended.
CALLBACKS: Final = Table(
    "sparkops_callbacks",
    METADATA,
    Column("run_id", String(64), primary_key=True),
    Column("host", String(300), nullable=False),  # with its port, if it is in the address
    Column("state", String(10), nullable=False),  # pending, delivered, failed
    Column("attempts", Integer, nullable=False),
    Column("due", Float, nullable=False),  # earliest time of the next attempt, in seconds since 1970
    Column("last_error", Text),
)
Index("sparkops_callbacks_due", CALLBACKS.c.state, CALLBACKS.c.due)

# The services that use the database; one at a time is alive.
SERVICES: Final = Table(
    "sparkops_services",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("process", Text, nullable=False),  # JSON: host, process and its start time
    Column("seen", Float, nullable=False),  # by the clock of the database's host
)

# Tokens of callers. Only a hash of each is kept.
TOKENS: Final = Table(
    "sparkops_tokens",
    METADATA,
    Column("name", String(100), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("role", String(10), nullable=False),
    Column("jobs", Text, nullable=False),  # JSON: patterns of names of jobs
    Column("created", Float, nullable=False),
    Column("expires", Float),
)
