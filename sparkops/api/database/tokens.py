"""Tokens of callers: random texts, of which the database has only hashes."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Engine, Row, delete, insert, select
from sqlalchemy.exc import IntegrityError

from sparkops.api.caller import Caller, Role
from sparkops.api.database.connect import explain_errors
from sparkops.api.database.schema import TOKENS
from sparkops.errors import InputError, UnknownName

_COLUMNS = TOKENS.c
# A token is recognised as one, by people and by scanners of leaked secrets.
_PREFIX: Final = "sparkops_"
# Bytes of randomness: a hash without salt is enough for a text that nobody can guess.
_RANDOM_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token, as far as the database knows it.

    Args:
        caller: Whose it is, and what it allows.
        created: When it was made, in seconds since 1970.
        expires: When it stops to be valid; None for never.
    """

    caller: Caller
    created: float
    expires: float | None


@dataclass(frozen=True, slots=True)
class TokenStore:
    """The tokens of a service.

    Args:
        engine: The database.
        clock: Returns seconds since 1970.
    """

    engine: Engine
    clock: Callable[[], float] = field(default=time.time)

    def create(
        self, name: str, role: Role, *, jobs: Sequence[str] = ("*",), seconds: float | None = None
    ) -> str:
        """Make a token, and return it; nobody can read it again.

        Args:
            name: Name of its owner, for records and logs.
            role: What it allows.
            jobs: Patterns of the names of the jobs that it may start.
            seconds: How long it is valid; None for ever.

        Raises:
            InputError: There is one of this name.
        """
        token, now = f"{_PREFIX}{secrets.token_urlsafe(_RANDOM_BYTES)}", self.clock()
        values = {
            "name": name, "digest": _hash(token), "role": role, "jobs": json.dumps(list(jobs)), "created": now,
            "expires": None if seconds is None else now + seconds,
        }  # fmt: skip
        with explain_errors():
            try:
                with self.engine.begin() as connection:
                    connection.execute(insert(TOKENS).values(values))
            except IntegrityError:
                raise InputError(
                    f"There is a token `{name}` already: revoke it first, or choose another name."
                ) from None
        return token

    def revoke(self, name: str) -> None:
        """Remove a token; requests with it are refused from now on.

        Raises:
            UnknownName: There is none of this name.
        """
        with explain_errors(), self.engine.begin() as connection:
            count = connection.execute(delete(TOKENS).where(_COLUMNS.name == name)).rowcount
        if not count:
            raise UnknownName("token", name, [token.caller.name for token in self.list()])

    def list(self) -> list[Token]:
        """Return all tokens by name."""
        with explain_errors(), self.engine.begin() as connection:
            return list(map(_to_token, connection.execute(select(TOKENS).order_by(_COLUMNS.name))))

    def find_caller(self, token: str) -> Caller | None:
        """Return whose token this is; None if it is unknown, expired or revoked."""
        with explain_errors(), self.engine.begin() as connection:
            row = connection.execute(select(TOKENS).where(_COLUMNS.digest == _hash(token))).first()
        if row is None or (row.expires is not None and row.expires <= self.clock()):
            return None
        return _to_token(row).caller


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _to_token(row: Row[Any]) -> Token:
    caller = Caller(name=row.name, role=row.role, jobs=tuple(json.loads(row.jobs)))
    return Token(caller=caller, created=row.created, expires=row.expires)
