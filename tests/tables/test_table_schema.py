from hypothesis import given
from hypothesis import strategies as st

from sparkops.tables.schema import describe_differences, find_type_conflicts, hash_schema, list_columns

KINDS = st.sampled_from(["int", "string", "array<int>"])
COLUMNS = st.lists(st.tuples(st.sampled_from("abcd"), KINDS), unique_by=lambda c: c[0]).map(tuple)


def field(name, kind, nullable=True):
    return {"name": name, "type": kind, "nullable": nullable, "metadata": {}}


def test_types_read_as_sql_writes_them():
    nested = {"type": "struct", "fields": [field("x", "long"), field("y", "date")]}
    struct = {
        "fields": [
            field("i", "integer"),
            field("a", {"type": "array", "elementType": nested, "containsNull": True}),
            field("m", {"type": "map", "keyType": "string", "valueType": "decimal(3,1)"}),
            field("v", {"type": "udt", "class": "org.apache.spark.ml.linalg.VectorUDT", "pyClass": None}),
        ]
    }
    assert list_columns(struct) == (
        ("i", "int"),
        ("a", "array<struct<x:bigint,y:date>>"),
        ("m", "map<string,decimal(3,1)>"),
        ("v", "VectorUDT"),
    )


def test_the_hash_sees_names_types_and_order_and_nothing_else():
    one, two = field("a", "integer"), field("b", "string")
    assert hash_schema({"fields": [one, two]}) == hash_schema(
        {"fields": [field("a", "integer", nullable=False), two]}
    )
    assert hash_schema({"fields": [one, two]}) != hash_schema({"fields": [two, one]})


@given(COLUMNS, COLUMNS)
def test_differences_are_described_exactly_when_there_are_some(old, new):
    assert (describe_differences(old, new) == ()) == (set(old) == set(new))
    assert describe_differences(old, tuple(reversed(old))) == ()
    assert set(find_type_conflicts(old, new)) == {n for n, k in new for m, j in old if n == m and k != j}
