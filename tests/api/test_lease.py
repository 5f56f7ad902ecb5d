"""One service at a time works on a database."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Engine, select, update

from sparkops.api.database.lease import EXPIRY_SECONDS, Lease, LeaseLost
from sparkops.api.database.schema import SERVICES
from sparkops.errors import EngineError
from sparkops.runs.records.process import describe_process


def set_process(database: Engine, **changes: object) -> None:
    with database.begin() as connection:
        connection.execute(update(SERVICES).values(process=json.dumps({**describe_process(), **changes})))


def find_holder(database: Engine) -> str:
    with database.begin() as connection:
        return str(connection.execute(select(SERVICES.c.id)).scalar_one())


def test_a_second_service_is_refused_with_the_process_of_the_first(database: Engine) -> None:
    Lease(engine=database, service="a").acquire()
    with pytest.raises(EngineError, match=r"Another service uses this database: process \d+ on host"):
        Lease(engine=database, service="b").acquire()


def test_a_lease_that_was_given_back_is_free(database: Engine) -> None:
    first = Lease(engine=database, service="a")
    first.acquire()
    first.release()
    Lease(engine=database, service="b").acquire()
    assert find_holder(database) == "b"


@pytest.mark.parametrize("changes", [{"pid": 2**22 + 1}, {"born": "1"}])
def test_the_lease_of_a_process_of_this_host_that_is_gone_is_free(
    database: Engine, changes: dict[str, object]
) -> None:
    Lease(engine=database, service="a").acquire()
    set_process(database, **changes)
    Lease(engine=database, service="b").acquire()
    assert find_holder(database) == "b"


def test_the_lease_of_another_host_expires(database: Engine) -> None:
    time = 1000.0
    Lease(engine=database, service="a", clock=lambda: time).acquire()
    set_process(database, host="elsewhere")
    with pytest.raises(EngineError, match="on host elsewhere"):
        Lease(engine=database, service="b", clock=lambda: time + EXPIRY_SECONDS - 1).acquire()
    Lease(engine=database, service="b", clock=lambda: time + EXPIRY_SECONDS).acquire()


def test_a_clock_that_is_set_back_does_not_free_a_lease(database: Engine) -> None:
    Lease(engine=database, service="a", clock=lambda: 1000.0).acquire()
    set_process(database, host="elsewhere")
    with pytest.raises(EngineError, match="on host elsewhere"):
        Lease(engine=database, service="b", clock=lambda: 0.0).acquire()


def test_a_renewal_extends_a_lease(database: Engine) -> None:
    times = iter([0.0, 10.0])
    lease = Lease(engine=database, service="a", clock=lambda: next(times))
    lease.acquire()
    lease.renew()
    set_process(database, host="elsewhere")
    with pytest.raises(EngineError):
        Lease(engine=database, service="b", clock=lambda: 10.0 + EXPIRY_SECONDS - 1).acquire()


def test_a_lease_that_another_service_has_cannot_be_renewed(database: Engine) -> None:
    first = Lease(engine=database, service="a")
    first.acquire()
    set_process(database, pid=2**22 + 1)
    Lease(engine=database, service="b").acquire()
    with pytest.raises(LeaseLost, match="starts nothing more"):
        first.renew()
    first.release()
    with pytest.raises(EngineError, match="Another service uses"):
        Lease(engine=database, service="c").acquire()
