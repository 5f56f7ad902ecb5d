"""Identify the commit of a merge or an update, which take no writer options, by settings of the session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sparkops.core.session_conf import apply_conf
from sparkops.tables.session import Session

# Setting of the session for each writer option.
_SETTINGS = {
    "txnAppId": "spark.databricks.delta.write.txnAppId",
    "txnVersion": "spark.databricks.delta.write.txnVersion",
    "userMetadata": "spark.databricks.delta.commitInfo.userMetadata",
}


@contextmanager
def use_commit_settings(session: Session, options: Mapping[str, str], *, utc: bool = False) -> Iterator[None]:
    """Set writer options as settings of the session during the block, and restore the settings after it.

    Args:
        session: The session. Its lock is held, because all threads share its settings.
        options: `txnAppId`, `txnVersion` and `userMetadata`, as far as the commit has them.
        utc: Set the session's time zone to UTC. In a zone with daylight saving time, Delta writes timestamps of the
            hour that is repeated in autumn as partition values of an hour before.
    """
    settings = {_SETTINGS[name]: value for name, value in options.items()}
    if utc:
        settings["spark.sql.session.timeZone"] = "UTC"
    with session.settings_lock, apply_conf(session.get().conf, settings):
        yield
