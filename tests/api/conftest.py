"""The databases that a service may use, and a project that it serves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.postgres import find_programs, run_postgres
from fakes.served_project import CONF, JOBS
from sqlalchemy import Engine

from sparkops.api.database.connect import open_database
from sparkops.api.database.schema import METADATA


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with run_postgres(programs) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Yield an empty database of each kind."""
    url = request.getfixturevalue("postgres") if request.param == "postgres" else None
    engine = open_database(url, tmp_path)
    yield engine
    if url is not None:
        METADATA.drop_all(engine)
    engine.dispose()


@pytest.fixture
def project(make_project: Callable[..., Path]) -> Path:
    return make_project({"jobs/all.py": JOBS, "conf/base/all.yml": CONF})
