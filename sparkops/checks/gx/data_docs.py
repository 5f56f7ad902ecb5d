"""Data Docs: one page per table and run, drawn by Great Expectations' own renderers, and one index.

Great Expectations' own index reads every stored result again and shows nothing without scripts from the network;
here a page leaves one line in a manifest, and the index is a plain page that costs the same after a thousand runs.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sparkops.checks.outcome import Outcome
    from sparkops.checks.validation import Validation

_SHOWN = 500  # newest pages on the index
_MANIFEST = "pages.jsonl"
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
.held::before {{ content: "\\2713  "; color: #1a7f37; }}
.failed::before {{ content: "\\2717  "; color: #cf222e; }}
</style>
</head>
<body>
<h1>Data Docs</h1>
<p>One page for each table and run, by Great Expectations; newest first.</p>
<table>
<thead><tr><th>Table</th><th>Checks</th><th>Time</th><th>Run</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""

# Great Expectations' pages take their styles and icons from the network; these stand before them and serve without it.
_OFFLINE = """<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 0 1rem 4rem; }
img[alt] { max-height: 2rem; } ul, ol { list-style: none; padding-left: 0; } h5, h6 { font-size: 1.1rem; }
table { border-collapse: collapse; margin-bottom: 1rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8886; }
.fas { font-style: normal; } .text-success { color: #1a7f37; } .text-danger { color: #cf222e; }
.fa-check-circle:before { content: "\\2713"; } .fa-times:before { content: "\\2717"; }
.fa-exclamation-triangle:before { content: "!"; }
</style>"""


class Site:
    """A folder of static pages that opens from disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def page(self, table: str, run_id: str) -> Path:
        """Return where the page of one table in one run stands."""
        # As deep as Great Expectations puts it, because its pages link to the index and to images by `../`.
        return self.folder.joinpath("validations", *table.split("."), run_id, "checkpoint", "results.html")

    def write(self, outcome: Outcome) -> Path:
        """Write the outcome's page, then the index; return the index."""
        self._copy_styles()
        page = self.page(outcome.table, outcome.run_id)
        _write(page, _draw(_validation(outcome)))
        with (self.folder / _MANIFEST).open("a", encoding="utf-8") as manifest:
            manifest.write(json.dumps(self._line(outcome, page)) + "\n")
        index = self.folder / "index.html"
        _write(index, _draw_index(self._pages()))
        return index

    def _line(self, outcome: Outcome, page: Path) -> dict[str, Any]:
        return {
            "table": outcome.table,
            "run": outcome.run_id,
            "path": page.relative_to(self.folder).as_posix(),
            "success": _validation(outcome).success,
            "time": _validation(outcome).time.isoformat(),
        }

    def _pages(self) -> list[dict[str, Any]]:
        lines = (self.folder / _MANIFEST).read_text(encoding="utf-8").splitlines()
        newest: dict[str, dict[str, Any]] = {}
        for line in reversed(lines[-2 * _SHOWN :]):
            page = _parse(line)
            if page is not None and len(newest) < _SHOWN:
                newest.setdefault(page["path"], page)
        return list(newest.values())

    def _copy_styles(self) -> None:
        from great_expectations.render import view

        target = self.folder / "static"
        if not target.is_dir():
            self.folder.mkdir(parents=True, exist_ok=True)
            shutil.copytree(Path(view.__file__).parent / "static", target, dirs_exist_ok=True)


def _validation(outcome: Outcome) -> Validation:
    if outcome.validation is None:
        raise ValueError(f"`{outcome.table}` was not validated, so there is nothing to draw.")
    return outcome.validation


def _parse(line: str) -> dict[str, Any] | None:
    """Return a line of the manifest; None for one that a crash or another run left half-written."""
    try:
        page = json.loads(line)
    except ValueError:
        return None
    return (
        page if isinstance(page, dict) and {"path", "table", "run", "time", "success"} <= set(page) else None
    )


def _draw(validation: Validation) -> str:
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    from sparkops.checks.gx.checkpoint import drawable

    content = ValidationResultsPageRenderer(run_info_at_end=True).render(drawable(validation))
    page = str(DefaultJinjaPageView().render(content, show_how_to_buttons=False))
    return page.replace("<head>", "<head>" + _OFFLINE, 1)


def _draw_index(pages: list[dict[str, Any]]) -> str:
    """Return a page that needs neither a script nor the network, newest first."""
    return _INDEX.format(rows="\n".join(_row(page) for page in pages))


def _row(page: dict[str, Any]) -> str:
    link, table, run, time = (escape(str(page[key])) for key in ("path", "table", "run", "time"))
    kind, word = ("held", "all held") if page["success"] else ("failed", "some failed")
    return (
        f'<tr><td><a href="{link}">{table}</a></td><td class="{kind}">{word}</td>'
        f"<td>{time[:19].replace('T', ' ')} UTC</td><td><code>{run}</code></td></tr>"
    )


def _write(path: Path, text: str) -> None:
    """Write a page whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".page-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).chmod(0o644)
    Path(name).replace(path)
