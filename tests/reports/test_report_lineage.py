"""The picture of a page's lineage: layers from left to right, a limit of boxes, and the same as text."""

from __future__ import annotations

import re

from sparkops.pipeline.reports.report import Report, Text
from sparkops.reports import Origin, PageLineage, RunFacts, render_page
from sparkops.reports.lineage.layers import assign_layers, order_layers
from sparkops.reports.lineage.picture import Picture, draw_origins

RUN = Origin(id="r", kind="run", title="delays", notes=("20261130-r",))


def make_table(name: str) -> Origin:
    return Origin(id=name, kind="table", title=name, notes=("version 3", "7 rows written"))


def make_origins(inputs: int) -> PageLineage:
    """Return a page with some inputs, each published by a run that read two others."""
    tables = [make_table(f"t{number}") for number in range(inputs)]
    runs = [Origin(id=f"r{number}", kind="run", title=f"job_{number}") for number in range(inputs)]
    sources = [make_table(f"s{number}") for number in range(inputs + 1)]
    edges = [(f"t{number}", "r") for number in range(inputs)]
    edges += [(f"r{number}", f"t{number}") for number in range(inputs)]
    edges += [(f"s{source}", f"r{number}") for number in range(inputs) for source in (number, number + 1)]
    return PageLineage(origins=(RUN, *tables, *runs, *sources), edges=tuple(edges))


def list_overlaps(picture: Picture) -> list[tuple[str, str]]:
    return [
        (box.title, other.title)
        for box in picture.boxes
        for other in picture.boxes
        if box is not other and box.x == other.x and box.y <= other.y < box.y + box.height
    ]


def test_every_run_and_version_has_a_box_to_the_left_of_what_it_led_to() -> None:
    picture = draw_origins(make_origins(3))
    assert picture is not None
    places = {box.title: box.x for box in picture.boxes}
    assert places["s0"] < places["job_0"] < places["t0"] < places["delays"]
    assert (len(picture.boxes), len(picture.curves)) == (1 + 3 + 3 + 4, 3 + 3 + 6)
    assert list_overlaps(picture) == []
    assert picture.width <= 944
    assert all(box.y >= 0 and box.y + box.height <= picture.height for box in picture.boxes)


def test_of_many_inputs_ten_boxes_a_layer_are_drawn_and_all_are_in_the_text() -> None:
    picture = draw_origins(make_origins(40))
    assert picture is not None
    titles = [box.title for box in picture.boxes]
    assert len(titles) == 1 + 3 * 10
    assert titles.count("and 31 more") == 2
    assert "and 32 more" in titles
    assert list_overlaps(picture) == []
    assert "from 40 inputs: t0 version 3, " in picture.sentences[0]
    assert len(picture.sentences) == 41


def test_boxes_are_ordered_so_that_edges_do_not_cross() -> None:
    edges = [("a", "r"), ("b", "r"), ("y", "a"), ("x", "b"), ("z", "b")]
    layers = order_layers(assign_layers("r", edges), edges)
    assert layers[0] == ["r"]
    assert [layers[1].index("a"), layers[1].index("b")] == ([0, 1] if layers[2][0] == "y" else [1, 0])


def test_nothing_is_drawn_for_a_page_without_inputs() -> None:
    assert draw_origins(PageLineage(origins=(RUN,), edges=())) is None
    html = render_page(Report(title="t", parts=[Text("x")]), RunFacts(job="j", run_id="r"))
    assert "<h3>Lineage" not in html


def test_names_are_text_on_the_page_and_long_ones_are_shortened_in_their_box() -> None:
    name = "</text></svg><script>alert(1)</script>"
    origins = PageLineage(origins=(RUN, make_table(name)), edges=((name, "r"),))
    html = render_page(Report(title="t", parts=[Text("x")]), RunFacts(job="j", run_id="r", origins=origins))
    drawing = html.partition("<svg")[2].partition("</svg>")[0]
    assert "<script" not in html
    assert "<title>&lt;/text&gt;&lt;/svg&gt;&lt;script&gt;alert(1)&lt;/script&gt;, version 3" in drawing
    names = re.findall(r'class="name"[^>]*>([^<]*)<', drawing)
    assert sorted(names) == ["&lt;/text&gt;&lt;/svg&gt;&lt;script&gt;a…", "delays"]
