"""The lineage of versions of tables and models, traced through records."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from sparkops.errors import InputError, UnknownName
from sparkops.runs.lineage.graph import Lineage, format_dot, lineage_to_json
from sparkops.runs.lineage.run_links import read_links
from sparkops.runs.lineage.trace import LineageGraph
from sparkops.runs.records.run import Run
from sparkops.runs.records.store import RunStore

OLD = time.time() - 3600


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


def make_graph(runs: Sequence[Run]) -> LineageGraph:
    return LineageGraph(map(read_links, runs), {run.id: run for run in runs}.__getitem__)


@pytest.fixture
def graph() -> LineageGraph:
    return make_graph(RUNS)


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
        make_graph(()).trace("orders")


def test_a_table_that_was_created_again_is_another_one() -> None:
    old = make_run("r1", "orders", inputs={"old": version(0)}, outputs={"orders": version(1, "before")})
    new = make_run("r2", "orders", inputs={"new": version(0)}, outputs={"orders": version(1, "after")})
    lineage = make_graph((new, old)).trace("orders@1", "up")
    assert list_names(lineage) == {"run:r2", "table:new@0"}


def test_a_table_that_reads_itself_ends() -> None:
    runs = [
        make_run(f"r{number}", "log", inputs={"log": version(number - 1)}, outputs={"log": version(number)})
        for number in range(5, 0, -1)
    ]
    lineage = make_graph(runs).trace("log@3")
    assert len(lineage.nodes) == 6 + 5


def test_each_batch_of_a_stream_is_a_version() -> None:
    batches = ({"number": 0, "version": 3, "rows": 5}, {"number": 1, "version": 4, "rows": 2})
    run = make_run(
        "r1", "clean", inputs={"arrivals": version(9)}, outputs={"clean": version(4)}, batches=batches
    )
    assert "run:r1" in make_graph([run]).trace("clean@3").nodes


def record(store: RunStore, number: int, **facts: Any) -> str:
    """Record a run long enough ago for the index."""
    run_id = f"20240101-000000-{number:010d}"
    attempt = store.begin(run_id, "job")
    attempt.append("published", **facts)
    attempt.append("ended", state="done")
    os.utime(attempt.path.parent, (OLD, OLD))
    return run_id


def test_a_damaged_record_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = RunStore(tmp_path)
    good = record(store, 1, inputs={"raw": RAW}, outputs={"orders": version(1)})
    bad = record(store, 2, inputs={"orders": {"version": 2}}, outputs={"x": version(1)})
    unreadable = record(store, 3, outputs={"orders": version(1)})
    store.find_newest_attempt(unreadable).path.write_text("{}}\n")
    lineage = LineageGraph.of(store).trace("orders@1")
    assert f"run:{good}" in lineage.nodes
    assert len(lineage.nodes) == 3
    assert f"Run {bad} is left out" in caplog.text
    assert f"{unreadable}/attempt-001.jsonl, is damaged" in caplog.text


def test_only_the_records_of_the_lineage_are_read_again(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    runs = [
        record(store, number, inputs={"raw": version(number)}, outputs={"orders": version(number)})
        for number in range(30)
    ]
    before = LineageGraph.of(store).trace("orders@7")
    for number in (number for number in range(30) if number != 7):
        path = store.find_newest_attempt(runs[number]).path
        path.write_bytes(b"{" * (path.stat().st_size - 1) + b"\n")
    assert LineageGraph.of(store).trace("orders@7") == before
    # A later event, and a run that was removed, count at once.
    store.find_newest_attempt(runs[7]).append("published", outputs={"more": version(0)})
    rmtree(tmp_path / runs[8])
    graph = LineageGraph.of(store)
    assert graph.trace("more").list_sources("table:more@0") == (f"run:{runs[7]}",)
    with pytest.raises(InputError, match="No recorded run"):
        graph.trace("orders@8")
    # A damaged index is made again.
    (tmp_path / ".lineage.json").write_text("[]")
    assert "table:raw@7" in LineageGraph.of(store).trace("orders@7").nodes


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
        line for line in format_dot(make_graph([run]).trace("out")) if "run:r1" in line and "label" in line
    )
    assert 'label="run r1 (a\\"];x->y[\\")"' in line
