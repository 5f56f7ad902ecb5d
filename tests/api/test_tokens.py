"""Tokens: hashed in the database, limited by role, jobs and time."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from sparkops.api.caller import Caller
from sparkops.api.database.schema import TOKENS
from sparkops.api.database.tokens import TokenStore
from sparkops.errors import InputError, UnknownName


def test_a_token_tells_whose_it_is(database: Engine) -> None:
    tokens = TokenStore(database)
    token = tokens.create("airflow", "run", jobs=("report_*", "daily"))
    assert tokens.find_caller(token) == Caller(name="airflow", role="run", jobs=("report_*", "daily"))
    assert tokens.find_caller(token + "x") is None
    assert tokens.find_caller("") is None


def test_the_database_has_no_text_of_a_token(database: Engine) -> None:
    token = TokenStore(database).create("airflow", "run")
    with database.begin() as connection:
        rows = [tuple(row) for row in connection.execute(select(TOKENS))]
    assert len(rows) == 1
    assert token.removeprefix("sparkops_")[:8] not in str(rows)


def test_a_token_ends_at_its_time(database: Engine) -> None:
    token = TokenStore(database, clock=lambda: 100.0).create("a", "read", seconds=10)
    assert TokenStore(database, clock=lambda: 109.9).find_caller(token) is not None
    assert TokenStore(database, clock=lambda: 110.0).find_caller(token) is None


def test_a_revoked_token_is_unknown(database: Engine) -> None:
    tokens = TokenStore(database)
    token = tokens.create("a", "admin")
    tokens.revoke("a")
    assert tokens.find_caller(token) is None
    with pytest.raises(UnknownName, match="No token `a`"):
        tokens.revoke("a")


def test_a_name_is_used_once(database: Engine) -> None:
    tokens = TokenStore(database)
    tokens.create("a", "read")
    with pytest.raises(InputError, match="There is a token `a` already"):
        tokens.create("a", "admin")
    assert [token.caller.role for token in tokens.list()] == ["read"]


@pytest.mark.parametrize(
    ("caller", "job", "may"),
    [
        (Caller(name="c", role="read"), "daily", False),
        (Caller(name="c", role="run"), "daily", True),
        (Caller(name="c", role="run", jobs=("report_*",)), "report_x", True),
        (Caller(name="c", role="run", jobs=("report_*",)), "daily", False),
        (Caller(name="c", role="admin", jobs=("daily",)), "report_x", False),
        (Caller(name="c", role="run", jobs=("Daily",)), "daily", False),
    ],
)
def test_a_caller_runs_only_the_jobs_of_its_token(caller: Caller, job: str, may: bool) -> None:
    assert caller.may_run(job) is may
