"""The data files that a commit of a table added and removed."""

from __future__ import annotations

from sparkops.tables.catalog import Location
from sparkops.tables.log.log_folder import UNREADABLE, open_log, read_actions


def list_changed_files(location: Location, version: int) -> tuple[frozenset[str], frozenset[str]] | None:
    """Return the names of the files that a commit added and removed; None where the log is not on this machine."""
    log = open_log(location.local) if location.local else None
    if log is None or version not in log.commits:
        return None
    added, removed = set(), set()
    try:
        for action in read_actions(log.commits[version]):
            if "add" in action:
                added.add(action["add"]["path"].rpartition("/")[2])
            if "remove" in action:
                removed.add(action["remove"]["path"].rpartition("/")[2])
    except UNREADABLE:
        return None
    return frozenset(added), frozenset(removed)
