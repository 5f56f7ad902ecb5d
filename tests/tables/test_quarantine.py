import pytest

from sparkops.pipeline.write import Write

pytestmark = pytest.mark.spark


def test_rejected_rows_are_kept_once_with_their_run(tables, frame, rows):
    bad = frame([("a", 1)], "k string, n int")
    done = tables.quarantine(bad, table="t", run_id="r1")
    again = tables.quarantine(bad, table="t", run_id="r1")
    assert (done.table, done.rows, done.already_published) == ("t__quarantine", 1, False)
    assert (again.version, again.already_published) == (done.version, True)
    assert rows("t__quarantine") == [("a", 1, "r1")]


def test_columns_may_come_go_and_change_their_type(tables, frame, rows):
    tables.quarantine(frame([("a", 1)], "k string, n int"), table="t", run_id="r1")
    tables.quarantine(frame([("b", "x", True)], "k string, n string, late boolean"), table="t", run_id="r2")
    tables.quarantine(frame([("c",)], "k string"), table="t", run_id="r3")
    assert dict(tables.read_schema("t__quarantine")) == {
        "k": "string",
        "n": "int",
        "_sparkops_run": "string",
        "n__string": "string",
        "late": "boolean",
    }
    assert [row[:3] for row in rows("t__quarantine")] == [
        ("a", 1, "r1"),
        ("b", None, "r2"),
        ("c", None, "r3"),
    ]


def test_the_same_run_may_write_a_table_and_its_quarantine(tables, frame):
    tables.publish(frame(), Write(table="t"), run_id="r1")
    assert not tables.quarantine(frame(), table="t", run_id="r1").already_published
    assert [t.name for t in tables.list()] == ["t", "t__quarantine"]


def test_rows_of_an_overwritten_table_replace_those_that_were_quarantined_before(tables, frame, rows):
    first = frame([(1, "a"), (2, "b")], "id int, v string")
    second = frame([(3, 0.5)], "id int, v double")
    tables.quarantine(first, table="t", run_id="r1")
    tables.quarantine(second, table="t", run_id="r2", replace=True)
    assert rows("t__quarantine") == [(3, 0.5, "r2")]
    again = tables.quarantine(second, table="t", run_id="r2", replace=True)
    assert again.already_published
    assert len(rows("t__quarantine", at=0)) == 2


def test_a_quarantine_is_cleared_once_for_a_run_and_keeps_its_older_versions(tables, frame, rows):
    tables.clear_quarantine("t", run_id="r0")
    assert not tables.describe("t__quarantine").exists
    tables.quarantine(frame(), table="t", run_id="r1")
    tables.clear_quarantine("t", run_id="r2")
    tables.clear_quarantine("t", run_id="r2")
    tables.clear_quarantine("t", run_id="r3")
    assert rows("t__quarantine") == []
    assert [commit.run_id for commit in tables.read_history("t__quarantine")] == ["r2", "r1"]
    assert len(rows("t__quarantine", at=0)) == 3
