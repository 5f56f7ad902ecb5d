"""One service at a time works on a database: a lease, which the service renews while it is alive."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, insert, select, update

from sparkops.api.database.connect import explain_errors
from sparkops.api.database.schema import SERVICES
from sparkops.errors import EngineError
from sparkops.runs.records.process import describe_process, is_alive, is_on_this_host

# Seconds between two renewals, and after which a lease that is not renewed has expired.
RENEWAL_SECONDS: Final = 3.0
EXPIRY_SECONDS: Final = 15.0

_COLUMNS = SERVICES.c


class LeaseLost(EngineError):
    """Another service has the database, because this one did not renew its lease in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right of one service to start what a database holds.

    Args:
        engine: The database.
        service: Id of the service.
        clock: Returns seconds since 1970; services on several hosts need clocks that agree within some seconds.
    """

    engine: Engine
    service: str
    clock: Callable[[], float] = field(default=time.time)

    def acquire(self) -> None:
        """Take the lease.

        Raises:
            EngineError: Another service has it.
        """
        values = {"id": self.service, "process": json.dumps(describe_process()), "seen": self.clock()}
        with explain_errors(), self.engine.begin() as connection:
            for row in connection.execute(select(SERVICES).with_for_update()):
                process = json.loads(row.process)
                if row.id != self.service and self._holds(process, row.seen):
                    raise EngineError(
                        f"Another service uses this database: process {process['pid']} on host {process['host']}. Stop it, or set "
                        "`api.database` to another database."
                    )
            connection.execute(delete(SERVICES))
            connection.execute(insert(SERVICES).values(values))

    def renew(self) -> None:
        """Extend the lease.

        Raises:
            LeaseLost: Another service has it.
        """
        with explain_errors(), self.engine.begin() as connection:
            if not self._touch(connection):
                raise LeaseLost(
                    "Another service uses the database of this one, which therefore starts nothing more."
                )

    def release(self) -> None:
        """Give the lease back."""
        with explain_errors(), self.engine.begin() as connection:
            connection.execute(delete(SERVICES).where(_COLUMNS.id == self.service))

    def _touch(self, connection: Connection) -> bool:
        statement = update(SERVICES).where(_COLUMNS.id == self.service).values(seen=self.clock())
        return connection.execute(statement).rowcount > 0

    def _holds(self, process: Mapping[str, Any], seen: float) -> bool:
        """Return whether a service holds its lease: by its process on this host, elsewhere by the time of its renewal.

        A clock that was set back makes a lease valid for longer, never shorter.
        """
        return is_alive(process) if is_on_this_host(process) else self.clock() - seen < EXPIRY_SECONDS
