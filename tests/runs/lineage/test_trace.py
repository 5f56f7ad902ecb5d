"""The lineage of versions of tables and models, traced through records."""

from __future__ import annotations

from typing import Any

import pytest

from sparkops.errors import InputError, UnknownName
from sparkops.runs.lineage.graph import Lineage, format_dot, lineage_to_json
from sparkops.runs.lineage.trace import LineageGraph
from sparkops.runs.records.run import Run


def version(number: int, identity: str = "i") -> dict[str, Any]:
    return {"version": number, "identity": identity, "rows": 10 * number}


def make_run(run_id: str, job: str, **facts: Any) -> Run:
    return Run(id=run_id, job=job, state="done", **facts)


RAW = {"version": None, "identity": "files-of-raw", "location": "raw.csv"}
# Newest first: `orders` twice, a summary and a model of each version, scores by the first model.
RUNS = (
    make_run("r6", "broken", inputs={"orders": version(2)}),
    make_run("r5", "scores", inputs={"orders": version(2)}, models={"late": 1}, outputs={"scores": version(0)}),
    make_run("r4", "train", inputs={"orders": version(1)}, registered={"name": "late", "version": 1, "metrics": {"rmse": 2.0}}),
    make_run("r3", "orders", inputs={"raw": RAW}, outputs={"orders": version(2), "orders__quarantine": version(0)},
             checks=({"success": True}, {"success": False})),
    make_run("r2", "page", inputs={"orders": version(1)}, report="reports/page.html"),
    make_run("r1", "orders", inputs={"raw": RAW, "weather": version(7)}, outputs={"orders": version(1)}),
)  # fmt: skip


@pytest.fixture
def graph() -> LineageGraph:
    return LineageGraph(RUNS)


def list_names(lineage: Lineage) -> set[str]:
    return set(lineage.nodes) - {lineage.root}


def test_up_to_what_a_version_was_made_from(graph: LineageGraph) -> None:
    lineage = graph.trace("orders@1", "up")
    assert list_names(lineage) == {"run:r1", "source:raw#files-of-raw", "table:weather@7"}
    assert lineage.list_sources("table:orders@1") == ("run:r1",)
    assert lineage.list_sources("run:r1") == ("source:raw#files-of-raw", "table:weather@7")


def test_down_to_what_was_made_from_it(graph: LineageGraph) -> None:
    lineage = graph.trace("orders@1", "down")
    assert list_names(lineage) == {
        "run:r2", "report:reports/page.html", "run:r4", "model:late/1", "run:r5", "table:scores@0"
    }  # fmt: skip


def test_both_directions_and_a_run_that_published_nothing_is_left_out(graph: LineageGraph) -> None:
    lineage = graph.trace("orders")
    assert lineage.root == "table:orders@2"
    assert "run:r6" not in lineage.nodes
    assert list_names(lineage) == {"run:r3", "source:raw#files-of-raw", "run:r5", "table:scores@0"}
    assert lineage.nodes["run:r3"].facts["checks"] == {"passed": 1, "failed": 1}


def test_a_model_leads_to_its_tables_and_to_its_scores(graph: LineageGraph) -> None:
    for name in ("late", "late/1"):
        lineage = graph.trace(name)
        assert lineage.root == "model:late/1"
        assert {"run:r4", "table:orders@1", "run:r1", "run:r5", "table:scores@0"} <= list_names(lineage)


def test_the_depth_is_a_number_of_runs(graph: LineageGraph) -> None:
    assert list_names(graph.trace("scores", "up", 1)) == {"run:r5", "table:orders@2", "model:late/1"}
    assert "run:r1" in list_names(graph.trace("scores", "up", 3))


def test_a_version_that_no_recorded_run_wrote_says_so(graph: LineageGraph) -> None:
    lineage = graph.trace("weather@7")
    assert lineage.nodes["table:weather@7"].facts == {"recorded": False}
    assert lineage.list_sources("table:weather@7") == ()


def test_unknown_names_and_versions_have_a_message(graph: LineageGraph) -> None:
    with pytest.raises(
        UnknownName, match=r"No table or model `ordrs` in the recorded runs\. Did you mean `orders`"
    ):
        graph.trace("ordrs")
    with pytest.raises(InputError, match=r"version 9 of `orders`\. Recorded versions: 2, 1\."):
        graph.trace("orders@9")
    with pytest.raises(UnknownName):
        graph.trace("orders/1")
    for text in ("orders@", "orders@x", "late/champion", "orders@-1"):
        with pytest.raises(InputError, match="with a number as version"):
            graph.trace(text)
    with pytest.raises(UnknownName):
        LineageGraph(()).trace("orders")


def test_a_table_that_was_created_again_is_another_one() -> None:
    old = make_run("r1", "orders", inputs={"old": version(0)}, outputs={"orders": version(1, "before")})
    new = make_run("r2", "orders", inputs={"new": version(0)}, outputs={"orders": version(1, "after")})
    lineage = LineageGraph((new, old)).trace("orders@1", "up")
    assert list_names(lineage) == {"run:r2", "table:new@0"}


def test_a_table_that_reads_itself_ends() -> None:
    runs = [
        make_run(f"r{number}", "log", inputs={"log": version(number - 1)}, outputs={"log": version(number)})
        for number in range(5, 0, -1)
    ]
    lineage = LineageGraph(runs).trace("log@3")
    assert len(lineage.nodes) == 6 + 5


def test_each_batch_of_a_stream_is_a_version() -> None:
    batches = ({"number": 0, "version": 3, "rows": 5}, {"number": 1, "version": 4, "rows": 2})
    run = make_run(
        "r1", "clean", inputs={"arrivals": version(9)}, outputs={"clean": version(4)}, batches=batches
    )
    assert "run:r1" in LineageGraph([run]).trace("clean@3").nodes


def test_a_damaged_record_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    damaged = make_run("r9", "bad", inputs={"orders": {}}, outputs={"x": version(1)})
    assert LineageGraph((damaged, *RUNS)).trace("orders@1").root == "table:orders@1"
    assert "Run r9 is left out" in caplog.text


def test_the_json_and_the_graph_have_every_node_and_edge(graph: LineageGraph) -> None:
    lineage = graph.trace("late/1")
    value = lineage_to_json(lineage)
    assert value["root"] == "model:late/1"
    assert {node["id"] for node in value["nodes"]} == set(lineage.nodes)
    assert {"from": "run:r4", "to": "model:late/1"} in value["edges"]
    lines = list(format_dot(lineage))
    assert lines[0] == "digraph lineage {"
    assert '  "run:r4" -> "model:late/1";' in lines
    assert len(lines) == 3 + len(lineage.nodes) + len(lineage.edges)


def test_a_name_with_quotes_stays_one_word_of_the_graph() -> None:
    run = make_run("r1", 'a"];x->y["', inputs={"in": version(0)}, outputs={"out": version(0)})
    (line,) = (
        line for line in format_dot(LineageGraph([run]).trace("out")) if "run:r1" in line and "label" in line
    )
    assert 'label="run r1 (a\\"];x->y[\\")"' in line
