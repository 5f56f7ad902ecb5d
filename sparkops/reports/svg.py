"""A drawn figure as SVG that stands inside a page: small, with the page's colours and letters."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.etree import ElementTree as ET

from sparkops.reports.canvas import Canvas
from sparkops.reports.palette import by_name
from sparkops.reports.value import clean

_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_FONT = re.compile(r"(font:[^;]*?\d+(?:\.\d+)?px)[^;]*")
_POINTER = re.compile(r"url\(#([^)]+)\)")
_DROPPED: Final = {"metadata", "style"}
_USELESS: Final = ("stroke-linejoin: miter", "stroke-linecap: butt")


def to_svg(board: Canvas, *, prefix: str, label: str) -> str:
    """Return a canvas as an SVG element.

    Args:
        board: What was drawn.
        prefix: What every id in it begins with, so that two plots of one page share none.
        label: What the plot shows, for those who do not see it.
    """
    written = io.BytesIO()
    board.figure.savefig(
        written, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
    )
    root = ET.fromstring(written.getvalue())  # noqa: S314  written just now, by Matplotlib
    _strip(root)
    _point_out(root, board.tips)
    _rename(root, prefix)
    _size(root, clean(label))
    return ET.tostring(root, encoding="unicode")


def _strip(element: ET.Element) -> None:
    """Take away namespaces, comments and what the page's own style sheet says."""
    for parent in element.iter():
        for child in list(parent):
            if not isinstance(child.tag, str) or _bare(child.tag) in _DROPPED:
                parent.remove(child)
    for node in element.iter():
        node.tag = _bare(node.tag)
        node.attrib = {_bare(name): _small(_bare(name), value) for name, value in node.attrib.items()}
        node.tail = None
        if node.text and not node.text.strip():
            node.text = None


def _bare(name: str) -> str:
    return name.rpartition("}")[2]


def _small(name: str, value: str) -> str:
    if name == "style":
        kept = (part for part in _FONT.sub(r"\1 inherit", value).split("; ") if part not in _USELESS)
        return by_name(_font_size("; ".join(kept)))
    if name in {"d", "x", "y", "transform", "points", "width", "height"}:
        short = _NUMBER.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), value)
        return " ".join(short.split()) if name == "d" else short
    return value


def _font_size(style: str) -> str:
    """Return a style that sets the letters' size alone; the family is the page's."""
    return re.sub(r"font:\s*(?:[a-z]+\s+)*?(\d+(?:\.\d+)?px)\s+inherit", r"font-size: \1", style)


def _point_out(root: ET.Element, tips: Mapping[str, Sequence[str]]) -> None:
    """Give each drawn thing the words that a reader sees on pointing at it."""
    groups = {node.attrib["id"]: node for node in root.iter("g") if node.get("id", "") in tips}
    for group, texts in tips.items():
        marks = list(_marks(groups[group])) if group in groups else []
        if len(marks) == len(texts):
            for mark, words in zip(marks, texts, strict=True):
                title = ET.Element("title")
                title.text = words
                mark.insert(0, title)


def _marks(group: ET.Element) -> Iterator[ET.Element]:
    """Return the markers of a line, or the one shape of a bar or cell."""
    uses = list(group.iter("use"))
    yield from uses or group.findall("path")


def _rename(root: ET.Element, prefix: str) -> None:
    """Keep the ids that something points to, under short names of this plot's own."""
    wanted: dict[str, str] = {}
    for node in root.iter():
        for name, value in node.attrib.items():
            found = [value[1:]] if name == "href" and value.startswith("#") else _POINTER.findall(value)
            for old in found:
                wanted.setdefault(old, f"{prefix}-{len(wanted)}")
    for node in root.iter():
        old = node.attrib.pop("id", None)
        if old in wanted:
            node.set("id", wanted[old])
        for name, value in list(node.attrib.items()):
            if name == "href":
                node.set("href", f"#{wanted[value[1:]]}")
            elif "url(#" in value:
                node.set(name, _POINTER.sub(lambda found: f"url(#{wanted[found[1]]})", value))


def _size(root: ET.Element, label: str) -> None:
    box = [f"{float(part):g}" for part in root.attrib["viewBox"].split()]
    root.attrib.clear()
    root.attrib.update({"viewBox": " ".join(box), "role": "img", "aria-label": label})
