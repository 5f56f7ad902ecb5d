"""The fenced blocks of a documentation page, and the directives that say how they are run.

A directive is an HTML comment on the line above a block (`<!-- not run: needs a cluster -->`), or anywhere for the
whole page (`<!-- page: project=tutorial -->`). docs/contributing/test-the-documentation.md lists them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
OTHER_PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md")

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w+-]*)(?P<rest>[^\n`]*)$")
_DIRECTIVE = re.compile(r"^ *<!-- (?P<name>not run|exit|output|background|page)(?:: (?P<value>.*?))? -->$")
_TITLE = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fenced block.

    Args:
        language: The word after the fence.
        title: File that the block is written to, if its fence names one.
        text: Its lines, without the fence's indent.
        line: Line of the fence in the page, from 1.
        directives: What the comments above it say.
    """

    language: str
    title: str | None
    text: str
    line: int
    directives: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page.

    Args:
        path: Its file.
        options: Options of its page directive.
        blocks: Its blocks, in order.
    """

    path: Path
    options: Mapping[str, str]
    blocks: tuple[Block, ...]

    @property
    def name(self) -> str:
        """Return the page's path from the top of the repository."""
        return self.path.relative_to(ROOT).as_posix()


def read_pages() -> list[Page]:
    """Return all pages, in order of names."""
    files = [*sorted((ROOT / "docs").rglob("*.md")), *(ROOT / name for name in OTHER_PAGES)]
    return [read_page(path) for path in files if path.is_file()]


def read_page(path: Path) -> Page:
    """Return one page."""
    lines = path.read_text("utf-8").splitlines()
    options: dict[str, str] = {}
    for line in lines:
        match = _DIRECTIVE.match(line)
        if match and match["name"] == "page":
            options |= dict(word.partition("=")[::2] for word in (match["value"] or "").split())
    return Page(path=path, options=options, blocks=tuple(_blocks(lines)))


def _blocks(lines: list[str]) -> Iterator[Block]:
    number, pending = 0, dict[str, str]()
    while number < len(lines):
        fence, directive = _FENCE.match(lines[number]), _DIRECTIVE.match(lines[number])
        if fence is None:
            if directive:
                pending[directive["name"]] = directive["value"] or ""
            elif lines[number].strip():
                pending = {}
            number += 1
            continue
        indent = len(fence["indent"])
        end = next(n for n in range(number + 1, len(lines)) if lines[n].strip() == "```")
        title = _TITLE.search(fence["rest"])
        yield Block(
            language=fence["language"],
            title=title[1] if title else None,
            text="\n".join(line[indent:] for line in lines[number + 1 : end]) + "\n",
            line=number + 1,
            directives=pending,
        )
        number, pending = end + 1, {}
