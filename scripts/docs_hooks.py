"""Hooks of MkDocs: pages made from files at the top level, and drawings put into their pages.

A drawing in the page itself, rather than behind <img>, takes the colours of the light or the dark theme.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "changelog.md": "CHANGELOG.md",
    "contributing/index.md": "CONTRIBUTING.md",
    "security.md": "SECURITY.md",
}
_DRAWING = re.compile(r'<img alt="([^"]*)" src="(?:\.\./)*(assets/drawings/[\w-]+\.svg)"\s*/?>')


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages whose text is a file at the top level; its links to docs/ become links inside the site."""
    for page, source in PAGES.items():
        up = "../" * page.count("/")
        text = (ROOT / source).read_text("utf-8").replace("](docs/", f"]({up}")
        for other, file in PAGES.items():
            text = text.replace(f"]({file}", f"]({up}{other}")
        files.append(File.generated(config, page, content=text))
    return files


def on_page_content(html: str, **_: Any) -> str:
    """Replace the drawings' <img> by their SVG."""
    return _DRAWING.sub(_inline, html)


def _inline(match: re.Match[str]) -> str:
    svg = (ROOT / "docs" / match[2]).read_text("utf-8")
    return f'<figure class="drawing" role="img" aria-label="{match[1]}">{svg}</figure>'
