"""Convert a drawn figure to a compact SVG element that uses the page's colours and font."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.etree import ElementTree as ET

from sparkops.reports.formatting import clean
from sparkops.reports.palette import use_css_variables
from sparkops.reports.plots.canvas import Canvas

_LONG_DECIMAL = re.compile(r"-?\d+\.\d{2,}")
_FONT = re.compile(r"(font:[^;]*?\d+(?:\.\d+)?px)[^;]*")
_URL = re.compile(r"url\(#([^)]+)\)")
_REMOVED_TAGS: Final = {"metadata", "style"}
_DEFAULT_STYLES: Final = ("stroke-linejoin: miter", "stroke-linecap: butt")


def to_svg(canvas: Canvas, *, id_prefix: str, label: str) -> str:
    """Return a canvas as an SVG element.

    Args:
        canvas: The drawing.
        id_prefix: Prefix of every id in it, different for each drawing of a page.
        label: Description for screen readers.
    """
    buffer = io.BytesIO()
    canvas.figure.savefig(
        buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
    )
    root = ET.fromstring(buffer.getvalue())  # noqa: S314  Matplotlib wrote it
    _simplify(root)
    _add_tooltips(root, canvas.tooltips)
    _rename_ids(root, id_prefix)
    _set_root_attributes(root, clean(label))
    return ET.tostring(root, encoding="unicode")


def _simplify(element: ET.Element) -> None:
    """Remove namespaces, comments, and styles that the page sets."""
    for parent in element.iter():
        for child in list(parent):
            if not isinstance(child.tag, str) or _strip_namespace(child.tag) in _REMOVED_TAGS:
                parent.remove(child)
    for node in element.iter():
        node.tag = _strip_namespace(node.tag)
        node.attrib = {
            _strip_namespace(name): _simplify_attribute(_strip_namespace(name), value)
            for name, value in node.attrib.items()
        }
        node.tail = None
        if node.text and not node.text.strip():
            node.text = None


def _strip_namespace(name: str) -> str:
    return name.rpartition("}")[2]


def _simplify_attribute(name: str, value: str) -> str:
    """Round coordinates to one decimal and remove default styles."""
    if name == "style":
        styles = (part for part in _FONT.sub(r"\1 inherit", value).split("; ") if part not in _DEFAULT_STYLES)
        return use_css_variables(_use_font_size("; ".join(styles)))
    if name in {"d", "x", "y", "transform", "points", "width", "height"}:
        rounded = _LONG_DECIMAL.sub(lambda match: f"{float(match[0]):.1f}".removesuffix(".0"), value)
        return " ".join(rounded.split()) if name == "d" else rounded
    return value


def _use_font_size(style: str) -> str:
    """Replace `font` by `font-size`: the page sets the family."""
    return re.sub(r"font:\s*(?:[a-z]+\s+)*?(\d+(?:\.\d+)?px)\s+inherit", r"font-size: \1", style)


def _add_tooltips(root: ET.Element, tooltips: Mapping[str, Sequence[str]]) -> None:
    """Add a title, which browsers show as a tooltip, to each shape of the groups."""
    groups = {node.attrib["id"]: node for node in root.iter("g") if node.get("id", "") in tooltips}
    for group, texts in tooltips.items():
        shapes = list(_list_shapes(groups[group])) if group in groups else []
        if len(shapes) == len(texts):
            for shape, text in zip(shapes, texts, strict=True):
                title = ET.Element("title")
                title.text = text
                shape.insert(0, title)


def _list_shapes(group: ET.Element) -> Iterator[ET.Element]:
    """Return the markers of a line, or the shape of a bar or cell."""
    markers = list(group.iter("use"))
    yield from markers or group.findall("path")


def _rename_ids(root: ET.Element, prefix: str) -> None:
    """Give the ids that are referenced short names with the prefix, and remove all others."""
    new_ids: dict[str, str] = {}
    for node in root.iter():
        for name, value in node.attrib.items():
            is_link = name == "href" and value.startswith("#")
            for old in [value[1:]] if is_link else _URL.findall(value):
                new_ids.setdefault(old, f"{prefix}-{len(new_ids)}")
    for node in root.iter():
        old = node.attrib.pop("id", None)
        if old in new_ids:
            node.set("id", new_ids[old])
        for name, value in list(node.attrib.items()):
            if name == "href":
                node.set("href", f"#{new_ids[value[1:]]}")
            elif "url(#" in value:
                node.set(name, _URL.sub(lambda match: f"url(#{new_ids[match[1]]})", value))


def _set_root_attributes(root: ET.Element, label: str) -> None:
    view_box = " ".join(f"{float(part):g}" for part in root.attrib["viewBox"].split())
    root.attrib.clear()
    root.attrib.update({"viewBox": view_box, "role": "img", "aria-label": label})
