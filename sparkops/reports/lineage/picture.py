"""The picture of what led to a page: boxes in layers from left to right, curves between them, and the same as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sparkops.core.wording import format_count
from sparkops.reports.formatting import shorten
from sparkops.reports.lineage.layers import assign_layers, find_surplus_nodes, order_layers
from sparkops.reports.lineage.origin import Origin, PageLineage

# Number of boxes of a layer; the surplus is drawn as one box.
_MAX_BOXES: Final = 10
# Sizes in pixels: width of a box, gap between layers (four layers are as wide as a page), space between the boxes of a
# layer, margin of the picture.
_WIDTH, _GAP, _SPACE, _MARGIN = 200, 46, 12, 2
# Inside of a box, in pixels; a line's baseline is below its upper edge.
_TITLE_HEIGHT, _LINE_HEIGHT, _PADDING, _BASELINE = 19, 16, 9, 11
# Characters of a line in a box.
_MAX_TITLE, _MAX_NOTE = 23, 29


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box.

    Args:
        x: Left edge.
        y: Upper edge.
        height: Its height.
        kind: Kind of its origin; `more` for several that are not drawn.
        title: First line.
        lines: Baseline, text and tone of each further line.
        text: All of its text, not shortened.
    """

    x: int
    y: int
    height: int
    kind: str
    title: str
    lines: tuple[tuple[int, str, str], ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What the template draws.

    Args:
        width: Width in pixels.
        height: Height in pixels.
        boxes: The boxes.
        curves: The path of each edge.
        sentences: The same as text.
    """

    width: int
    height: int
    boxes: tuple[Box, ...]
    curves: tuple[str, ...]
    sentences: tuple[str, ...]
    box_width: int = _WIDTH


def draw_origins(origins: PageLineage) -> Picture | None:
    """Return the picture of what led to a page; None if nothing is recorded."""
    if not origins.edges:
        return None
    root = origins.origins[0].id
    limited = _merge_origins(
        origins, dict(find_surplus_nodes(assign_layers(root, origins.edges), _MAX_BOXES))
    )
    nodes = {origin.id: origin for origin in limited.origins}
    levels = assign_layers(root, limited.edges)
    layers = order_layers(levels, limited.edges)
    full = max(_measure_layer(nodes, layer) for layer in layers)
    places: dict[str, tuple[int, int]] = {}
    for number, layer in enumerate(layers):
        x = _MARGIN + (len(layers) - 1 - number) * (_WIDTH + _GAP)
        y = _MARGIN + (full - _measure_layer(nodes, layer)) // 2
        for node in layer:
            places[node] = (x, y)
            y += _measure(nodes[node]) + _SPACE
    return Picture(
        width=2 * _MARGIN + len(layers) * (_WIDTH + _GAP) - _GAP,
        height=full + 2 * _MARGIN,
        boxes=tuple(_draw_box(nodes[node], *place) for node, place in places.items()),
        # Any other edge would cross boxes.
        curves=tuple(
            _draw_curve(nodes, places, source, target)
            for source, target in limited.edges
            if levels[source] == levels[target] + 1
        ),
        sentences=tuple(_write_sentences(origins)),
    )


def _merge_origins(origins: PageLineage, surplus: Mapping[str, int]) -> PageLineage:
    """Return the origins with one in place of the surplus ones of each layer.

    Args:
        origins: All origins.
        surplus: The layer of each origin that is one too many, by id.
    """
    names = {node: f"more {layer}" for node, layer in surplus.items()}
    merged = {
        name: Origin(
            id=name, kind="table", title=f"and {sum(other == name for other in names.values())} more"
        )
        for name in names.values()
    }
    edges = dict.fromkeys(
        (names.get(source, source), names.get(target, target)) for source, target in origins.edges
    )
    shown = tuple(origin for origin in origins.origins if origin.id not in names)
    return PageLineage(origins=(*shown, *merged.values()), edges=tuple(edges))


def _measure(origin: Origin) -> int:
    lines = len(origin.notes) + bool(origin.result)
    return 2 * _PADDING + _TITLE_HEIGHT + lines * _LINE_HEIGHT


def _measure_layer(nodes: Mapping[str, Origin], layer: Sequence[str]) -> int:
    return sum(_measure(nodes[node]) + _SPACE for node in layer) - _SPACE


def _draw_box(origin: Origin, x: int, y: int) -> Box:
    texts = [(note, "") for note in origin.notes] + [(origin.result, origin.tone)] * bool(origin.result)
    first = y + _PADDING + _TITLE_HEIGHT + _BASELINE
    return Box(
        x=x,
        y=y,
        height=_measure(origin),
        kind="more" if origin.id.startswith("more ") else origin.kind,
        title=shorten(origin.title, _MAX_TITLE),
        lines=tuple(
            (first + number * _LINE_HEIGHT, shorten(text, _MAX_NOTE), tone)
            for number, (text, tone) in enumerate(texts)
        ),
        text=", ".join((origin.title, *(text for text, _ in texts))),
    )


def _draw_curve(
    nodes: Mapping[str, Origin], places: Mapping[str, tuple[int, int]], source: str, target: str
) -> str:
    """Return the path of an edge, from the right of one box to the left of another."""
    (left, upper), (right, lower) = places[source], places[target]
    start, end = upper + _measure(nodes[source]) // 2, lower + _measure(nodes[target]) // 2
    middle = right - _GAP // 2
    return f"M{left + _WIDTH} {start}C{middle} {start} {middle} {end} {right} {end}"


def _write_sentences(origins: PageLineage) -> Iterator[str]:
    """Yield what each run read, the run of the page first."""
    titles = {origin.id: _describe_origin(origin) for origin in origins.origins}
    for origin in origins.origins:
        sources = origins.list_sources(origin.id)
        if origin.kind != "run" or not sources:
            continue
        published = [titles[target] for source, target in origins.edges if source == origin.id]
        outputs = ", ".join(published) or "this page"
        result = f" ({origin.result})" if origin.result else ""
        read = ", ".join(titles[source] for source in sources)
        yield f"{titles[origin.id]} made {outputs}{result} from {format_count(len(sources), 'input')}: {read}."


def _describe_origin(origin: Origin) -> str:
    """Return how a sentence names an origin: `Job sales, 2013-07-04`, `orders version 3`, `model delays version 2`."""
    if origin.kind == "run":
        return ", ".join((f"Job {origin.title}", *origin.notes[:1]))
    version = f" {note}" if (note := next(iter(origin.notes), "")).startswith("version") else ""
    return f"{origin.title}{version}" if origin.kind == "table" else f"{origin.kind} {origin.title}{version}"
