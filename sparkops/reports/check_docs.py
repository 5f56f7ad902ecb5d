"""Data Docs: a folder with one page for each table and run, a list of pages for each table, and one index.

Each page appends one line to a manifest, from which the lists are made: their cost does not grow with the number of
runs.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from os.path import relpath
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sparkops.core.bounded_file import parse_json
from sparkops.core.masking import mask_json
from sparkops.core.private_file import open_private
from sparkops.pipeline.checks.checkpoint import CheckpointFacts
from sparkops.reports.check_page import render_check_page
from sparkops.reports.file import write_html
from sparkops.reports.html_masking import mask_html
from sparkops.reports.palette import format_css_variables
from sparkops.reports.template import load_template

# Its warnings are printed at the end of a command.
_log = logging.getLogger("sparkops.project")
# The index and the list of a table have the newest pages.
_MAX_LISTED = 500
# For a list, so many bytes at the end of the manifest are read.
_MAX_READ = 2_000_000
_MANIFEST = "pages.jsonl"
_MANIFEST_KEYS = {"path", "table", "run", "time", "success"}


class DataDocs:
    """A folder of static pages that a browser can open from disk.

    Args:
        folder: The folder.
        secrets: Values that no page shows.
    """

    def __init__(self, folder: Path, secrets: Sequence[str] = ()) -> None:
        self.folder, self._secrets = folder, tuple(secrets)

    @property
    def index(self) -> Path:
        """Return the path of the index."""
        return self.folder / "index.html"

    def locate_page(self, table: str, run_id: str) -> Path:
        """Return the path of the page of one table in one run."""
        return self._locate_table_folder(table) / run_id / "checkpoint" / "results.html"

    def locate_table_list(self, table: str) -> Path:
        """Return the path of the list of a table's pages."""
        return self._locate_table_folder(table) / "index.html"

    def write(self, facts: CheckpointFacts) -> Path:
        """Write the page of a checkpoint, then the list of its table and the index; return the page."""
        page, pages = self.locate_page(facts.table, facts.run_id), self.locate_table_list(facts.table)
        html = render_check_page(facts, index=_make_link(self.index, page), history=_make_link(pages, page))
        write_html(page, mask_html(html, self._secrets))
        entry = {
            "table": facts.table,
            "run": facts.run_id,
            "path": page.relative_to(self.folder).as_posix(),
            "success": not facts.blocked,
            "time": facts.time.isoformat(),
            "verdict": facts.verdict,
            "tone": facts.tone,
        }
        try:
            self._append(mask_json(entry, self._secrets))
            entries = self._read_newest_entries()
        except OSError as error:
            # The page is written; only the lists lack it.
            _log.warning(
                "The lists of check pages cannot be written: %s, %s. Remove that file.",
                self.folder / _MANIFEST,
                error.strerror,
            )
            return page
        own = [entry for entry in entries if entry["table"] == facts.table]
        self._write_list(pages, f"Checks of {facts.table}", own)
        self._write_list(self.index, "Data Docs", entries)
        return page

    def _append(self, entry: Mapping[str, Any]) -> None:
        """Append one line to the manifest; OSError if it is no regular file, or is behind a symbolic link."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        descriptor = open_private(self.folder / _MANIFEST, flags)
        with os.fdopen(descriptor, "a", encoding="utf-8") as manifest:
            manifest.write(json.dumps(entry) + "\n")

    def _locate_table_folder(self, table: str) -> Path:
        return self.folder.joinpath("validations", *table.split("."))

    def _read_newest_entries(self) -> list[dict[str, Any]]:
        """Return the newest entry of each page, newest first."""
        entries: dict[str, dict[str, Any]] = {}
        for line in reversed(_read_last_lines(self.folder / _MANIFEST)):
            entry = _parse_entry(line)
            if entry is not None and len(entries) < _MAX_LISTED:
                entries.setdefault(entry["path"], entry)
        return list(entries.values())

    def _write_list(self, path: Path, title: str, entries: Sequence[dict[str, Any]]) -> None:
        light, dark = format_css_variables()
        html = load_template("check_index.html.j2").render(
            title=title,
            index="" if path == self.index else _make_link(self.index, path),
            entries=[
                _format_entry(entry, link=_make_link(self.folder / entry["path"], path)) for entry in entries
            ],
            light=light,
            dark=dark,
        )
        write_html(path, html)


def _read_last_lines(path: Path) -> list[str]:
    """Return the last lines of a file; one that begins before the part that is read is left out."""
    with os.fdopen(open_private(path, os.O_RDONLY), "rb") as file:
        size = file.seek(0, 2)
        start = max(0, size - _MAX_READ)
        file.seek(start)
        lines = file.read(_MAX_READ).decode("utf-8", errors="replace").splitlines()
    return lines[1:] if start else lines


def _parse_entry(line: str) -> dict[str, Any] | None:
    """Return an entry of the manifest; None for a line that a crash or a concurrent run left incomplete."""
    try:
        entry = parse_json(line)
    except ValueError:
        return None
    has_keys = isinstance(entry, dict) and set(entry) >= _MANIFEST_KEYS
    return entry if has_keys and isinstance(entry["path"], str) and "\0" not in entry["path"] else None


def _format_entry(entry: dict[str, Any], *, link: str) -> dict[str, str]:
    """Return an entry as a list shows it; entries of version 0.2 have no verdict."""
    verdict, tone = ("passed", "good") if entry["success"] else ("some checks failed", "bad")
    return {
        "link": link,
        "table": str(entry["table"]),
        "run": str(entry["run"]),
        "time": f"{str(entry['time'])[:19].replace('T', ' ')} UTC",
        "verdict": str(entry.get("verdict", verdict)),
        "tone": entry["tone"] if entry.get("tone") in ("good", "warn", "bad") else tone,
    }


def _make_link(target: Path, page: Path) -> str:
    """Return the link from a page to another file, whose name, from the manifest, may have any characters."""
    return quote(relpath(target, page.parent), errors="replace")
