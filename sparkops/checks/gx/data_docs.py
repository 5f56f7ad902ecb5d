"""Data Docs: one page for each table and run, rendered by Great Expectations, and one index.

The index of Great Expectations reads every stored result again and needs scripts from the network. Here each page appends one
line to a manifest, and the index is a static page whose cost does not grow with the number of runs.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from html import escape
from pathlib import Path
from typing import Any

from sparkops.checks.results import Validation

# Pages on the index, the newest.
_MAX_LISTED = 500
_MANIFEST = "pages.jsonl"
_MANIFEST_KEYS = {"path", "table", "run", "time", "success"}
_INDEX = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Data Docs</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #8886; }}
.passed::before {{ content: "\\2713  "; color: #1a7f37; }}
.failed::before {{ content: "\\2717  "; color: #cf222e; }}
</style>
</head>
<body>
<h1>Data Docs</h1>
<p>One page for each table and run, rendered by Great Expectations; newest first.</p>
<table>
<thead><tr><th>Table</th><th>Checks</th><th>Time</th><th>Run</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""


class DataDocs:
    """A folder of static pages that a browser can open from disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def page(self, table: str, run_id: str) -> Path:
        """Return the path of the page of one table in one run."""
        # At the depth of Great Expectations' own pages, because they refer to the index and to images by `../`.
        return self.folder.joinpath("validations", *table.split("."), run_id, "checkpoint", "results.html")

    def write(self, validation: Validation) -> Path:
        """Write the page of a validation, then the index; return the index."""
        from sparkops.checks.gx.validation_page import render_page, static_files

        static = self.folder / "static"
        if not static.is_dir():
            self.folder.mkdir(parents=True, exist_ok=True)
            shutil.copytree(static_files(), static, dirs_exist_ok=True)
        page = self.page(validation.suite.table, validation.run_id)
        _write(page, render_page(validation))
        with (self.folder / _MANIFEST).open("a", encoding="utf-8") as manifest:
            manifest.write(json.dumps(self._manifest_entry(validation, page)) + "\n")
        index = self.folder / "index.html"
        _write(index, _INDEX.format(rows="\n".join(map(_index_row, self._newest_entries()))))
        return index

    def _manifest_entry(self, validation: Validation, page: Path) -> dict[str, Any]:
        return {
            "table": validation.suite.table,
            "run": validation.run_id,
            "path": page.relative_to(self.folder).as_posix(),
            "success": validation.success,
            "time": validation.time.isoformat(),
        }

    def _newest_entries(self) -> list[dict[str, Any]]:
        """Return the newest entry of each page, newest first."""
        lines = (self.folder / _MANIFEST).read_text(encoding="utf-8").splitlines()
        entries: dict[str, dict[str, Any]] = {}
        for line in reversed(lines[-2 * _MAX_LISTED :]):
            entry = _parse_entry(line)
            if entry is not None and len(entries) < _MAX_LISTED:
                entries.setdefault(entry["path"], entry)
        return list(entries.values())


def _parse_entry(line: str) -> dict[str, Any] | None:
    """Return an entry of the manifest; None for a line that a crash or a concurrent run left incomplete."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and set(entry) >= _MANIFEST_KEYS else None


def _index_row(entry: dict[str, Any]) -> str:
    link, table, run, time = (escape(str(entry[key])) for key in ("path", "table", "run", "time"))
    style, text = ("passed", "all passed") if entry["success"] else ("failed", "some failed")
    return (
        f'<tr><td><a href="{link}">{table}</a></td><td class="{style}">{text}</td>'
        f"<td>{time[:19].replace('T', ' ')} UTC</td><td><code>{run}</code></td></tr>"
    )


def _write(path: Path, text: str) -> None:
    """Write a page atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".page-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).chmod(0o644)
    Path(name).replace(path)
