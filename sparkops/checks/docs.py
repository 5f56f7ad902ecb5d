"""Data Docs: one page per table and run, drawn by Great Expectations' own renderers, and one index.

Great Expectations builds its index by reading every stored result again; here a page leaves one line in a
manifest, so that writing the index costs the same after a thousand runs.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sparkops.checks.outcome import Outcome

_SHOWN = 500  # newest pages on the index
_MANIFEST = "pages.jsonl"


class Site:
    """A folder of static pages that opens from disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def page(self, table: str, run_id: str) -> Path:
        """Return where the page of one table in one run stands."""
        return self.folder / "validations" / table / run_id / "checks.html"

    def write(self, outcome: Outcome) -> Path:
        """Write the outcome's page, then the index; return the index."""
        self._copy_styles()
        page = self.page(outcome.table, outcome.run_id)
        _write(page, _draw(outcome.validation))
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
            "success": bool(outcome.validation.success),
            "time": outcome.validation.meta["run_id"].run_time.isoformat(),
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


def _parse(line: str) -> dict[str, Any] | None:
    """Return a line of the manifest; None for one that a crash or another run left half-written."""
    try:
        page = json.loads(line)
    except ValueError:
        return None
    return (
        page if isinstance(page, dict) and {"path", "table", "run", "time", "success"} <= set(page) else None
    )


def _draw(validation: Any) -> str:
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    content = ValidationResultsPageRenderer(run_info_at_end=True).render(validation)
    return str(DefaultJinjaPageView().render(content, show_how_to_buttons=False))


def _draw_index(pages: list[dict[str, Any]]) -> str:
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.render.renderer import SiteIndexPageRenderer
    from great_expectations.render.view import DefaultJinjaIndexPageView

    links = []
    for page in pages:
        time = datetime.fromisoformat(page["time"])
        links.append(
            {
                "expectation_suite_name": page["table"],
                "filepath": page["path"],
                "run_id": RunIdentifier(run_name=page["run"], run_time=time),
                "run_name": page["run"],
                "run_time": time,
                "batch_identifier": page["run"],
                "validation_success": page["success"],
                "asset_name": page["table"],
                "batch_kwargs": {},
                "batch_spec": {},
                "expectation_suite_filepath": page["path"],
            }
        )
    content = SiteIndexPageRenderer.render({"site_name": "sparkops", "validations_links": links})
    return str(DefaultJinjaIndexPageView().render(content, show_how_to_buttons=False))


def _write(path: Path, text: str) -> None:
    """Write a page whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".page-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).chmod(0o644)
    Path(name).replace(path)
