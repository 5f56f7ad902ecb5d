"""Requests that no honest client sends: each is refused with 4xx and a reason, and the server survives."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from fakes.raw_http import ROOT, ServerProcess, post_request, read_reply, scoring_server

GOLDEN = ROOT / "tests" / "golden" / "v1"
GOOD_ROW = {"id": 44, "shop": "east", "amount": 120.56}
GOOD = {"instances": [GOOD_ROW]}
PREDICTION = {"prediction": 0.0, "probability": [0.9669445056264325, 0.03305549437356747]}
HUGE = 10**400
CSV, PARQUET = "text/csv", "application/vnd.apache.parquet"


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with scoring_server(GOLDEN / "models" / "spark" / "scorer") as running:
        yield running


@pytest.fixture(scope="module")
def vectors() -> Iterator[ServerProcess]:
    with scoring_server(GOLDEN / "artifacts" / "by-hand-interact") as running:
        yield running


@pytest.fixture(scope="module")
def many_types() -> Iterator[ServerProcess]:
    with scoring_server(GOLDEN / "artifacts" / "parity-061-select") as running:
        yield running


@pytest.fixture(autouse=True)
def every_server_survives(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    names = [name for name in ("server", "vectors", "many_types") if name in request.fixturenames]
    for running in map(request.getfixturevalue, names):
        assert running.send(b"GET /health/ready HTTP/1.1\r\nhost: x\r\n\r\n").status == 200


def row(**changes: Any) -> dict[str, Any]:
    return {"instances": [{**GOOD_ROW, **changes}]}


BODIES: dict[str, tuple[bytes | object, str]] = {
    "empty": (b"", "not JSON"),
    "no JSON": (b"{", "not JSON"),
    "a word": (b"row", "not JSON"),
    "two values": (b"{} {}", "not JSON"),
    "single quotes": (b"{'instances': []}", "not JSON"),
    "a trailing comma": (b'{"instances": [],}', "not JSON"),
    "a comment": (b'{"instances": [] /* none */}', "not JSON"),
    "a control character": (b'{"instances": [{"shop": "a\nb"}]}', "not JSON"),
    "no UTF-8": (b'{"instances": "\xff"}', "not UTF-8 (byte 15)"),
    "UTF-16": ('{"instances": []}'.encode("utf-16"), "not UTF-8"),
    "zero bytes": (b"\0" * 100, "not JSON"),
    "100,000 levels": (b"[" * 100_000, "too many levels"),
    "100,000 levels of objects": (b'{"a":' * 100_000, "too many levels"),
    "an integer of 5,000 digits": (b'{"instances": [{"id": ' + b"9" * 5000 + b"}]}", "not JSON"),
    "null": (None, "a JSON null"),
    "a list": ([1], "a JSON list"),
    "a number": (1, "a JSON number"),
    "a string": ("x", "a JSON string"),
    "no form": ({}, "exactly one of"),
    "two forms": ({"instances": [], "inputs": []}, "exactly one of"),
    "an unknown form": ({"rows": []}, "it contains: rows"),
    "a very long name of a form": ({"x" * 100_000: []}, "it contains: xxx"),
    "a key twice": (b'{"instances": [], "instances": []}', "names `instances` twice"),
    "a field twice": (b'{"instances": [{"id": 1, "shop": "a", "id": 2}]}', "names `id` twice"),
    "a deep key twice": (b'{"instances": [{"id": {"a": 1, "a": 2}}]}', "names `a` twice"),
    "a key of half a surrogate pair": (b'{"instances": [{"\\ud800": 1}]}', "\\ud800, half of a surrogate"),
    "half a surrogate pair twice": (b'{"\\udfff": 1, "\\udfff": 1}', "names `?` twice"),
    "a text of half a surrogate pair": (b'{"instances": [{"shop": "a\\uDC00"}]}', "\\udc00, half of"),
    "records that are an object": ({"dataframe_records": {}}, "must be a list of objects"),
    "records that are a text": ({"dataframe_records": "[]"}, "must be a list of objects"),
    "instances that are a number": ({"instances": 3}, "must be a list of objects, or an object"),
    "inputs that are null": ({"inputs": None}, "must be a list of objects, or an object"),
    "inputs without columns": ({"inputs": {}}, "must be a list of objects, or an object"),
    "columns of two lengths": ({"inputs": {"id": [1], "shop": []}}, "lists of one length; it has: id 1, shop 0"),
    "a split without columns": ({"dataframe_split": {"data": []}}, "must name its `columns`"),
    "a split without data": ({"dataframe_split": {"columns": []}}, "with `columns` and `data`"),
    "a split that is a list": ({"dataframe_split": []}, "with `columns` and `data`"),
    "a split of numbered columns": ({"dataframe_split": {"columns": [1], "data": []}}, "must name its"),
    "a split that names a column twice": (
        {"dataframe_split": {"columns": ["id", "id"], "data": []}},
        "names a column twice",
    ),
}  # fmt: skip
ROWS: dict[str, tuple[object, str | None, str]] = {
    "a row that is a number": ({"instances": [3]}, None, "not a JSON number"),
    "a row that is null": ({"instances": [None]}, None, "not a JSON null"),
    "a row that is a text": ({"dataframe_records": ["id"]}, None, "not a JSON string"),
    "a list among records": ({"dataframe_records": [[44, "east", 1.0]]}, None, "not a JSON list"),
    "too few values": ({"instances": [[44, "east"]]}, None, "2 values without names, and the model has 3"),
    "too many values": ({"instances": [[44, "east", 1.0, 2]]}, None, "4 values without names"),
    "values in another order": ({"instances": [["east", "east", 1.0]]}, "id", "takes an integer, not 'east'"),
    "a short row of a split": ({"dataframe_split": {"columns": ["id"], "data": [[]]}}, None, "a list of 1 value,"),
    "an object in a split": ({"dataframe_split": {"columns": ["id"], "data": [{}]}}, None, "a list of 1 value,"),
    "an empty row": ({"instances": [{}]}, "id", "are missing"),
    "a missing field": ({"instances": [{"id": 1, "shop": "east"}]}, "amount", "is missing"),
    "a misspelled field": (
        {"instances": [{"id": 1, "shop": "east", "amont": 1}]}, "amount", "missing, and `amont` not known",
    ),
    "a text for a number": (row(amount="120"), "amount", "takes a double, not '120' (str)"),
    "a boolean for a number": (row(amount=True), "amount", "takes a double, not True (bool)"),
    "a list for a number": (row(amount=[1]), "amount", "takes a double, not [1] (list)"),
    "an object for a number": (row(amount={}), "amount", "takes a double, not {} (dict)"),
    "an integer beyond doubles": (row(amount=HUGE), "amount", "takes a double, not 1000"),
    "an integer beyond integers": (row(id=HUGE), "id", "takes an integer, not 1000"),
    "one more than the largest integer": (row(id=2**31), "id", "takes an integer, not 2147483648"),
    "a fraction for an integer": (row(id=1.5), "id", "takes an integer, not 1.5"),
    "infinity for an integer": (b'{"instances": [{"id": 1e999, "shop": "east", "amount": 1}]}', "id", "not inf"),
    "a number for a text": (row(shop=44), "shop", "takes a string, not 44"),
    "an object for a text": (row(shop={"a": 1}), "shop", "takes a string"),
    "a megabyte of a name": ({"instances": [{"x" * 1_000_000: 1}]}, "id", "are missing"),
    "900 levels in a value": (
        b'{"instances": [{"id": ' + b"[" * 900 + b"]" * 900 + b', "shop": "east", "amount": 1}]}', "id", "takes an",
    ),
}  # fmt: skip
VECTORS: dict[str, object] = {
    "a number": 1,
    "too few numbers": [1, 2, 3, 4],
    "too many numbers": [1, 2, 3, 4, 5, 6],
    "a text": "12345",
    "texts": ["1", "2", "3", "4", "5"],
    "a boolean": [1, 2, 3, 4, True],
    "a null": [1, 2, 3, 4, None],
    "an integer beyond doubles": [1, 2, 3, 4, HUGE],
    "a negative integer beyond doubles": [-HUGE, 2, 3, 4, 5],
    "a struct without values": {"type": 1},
    "a struct in a struct": {"type": 1, "values": {"type": 1, "values": [1, 2, 3, 4, 5]}},
    "a struct of an integer beyond doubles": {"type": 1, "values": [HUGE, 2, 3, 4, 5]},
    "a sparse integer beyond doubles": {"type": 0, "size": 5, "indices": [1], "values": [HUGE]},
    "an index beyond the size": {"type": 0, "size": 5, "indices": [5], "values": [1]},
    "an index beyond all sizes": {"type": 0, "size": 5, "indices": [HUGE], "values": [1]},
    "a negative index": {"type": 0, "size": 5, "indices": [-1], "values": [1]},
    "a boolean index": {"type": 0, "size": 5, "indices": [True], "values": [1]},
    "an index twice": {"type": 0, "size": 5, "indices": [1, 1], "values": [1, 2]},
    "a list as an index": {"type": 0, "size": 5, "indices": [[1]], "values": [1]},
    "another size": {"type": 0, "size": 6, "indices": [1], "values": [1]},
    "an unknown type": {"type": 2},
    "400 levels": json.loads('{"type":1,"values":' * 400 + "[]" + "}" * 400),
}
CSV_BODIES: dict[str, tuple[bytes, str]] = {
    "an empty body": (b"", "is empty"),
    "blank lines": (b"\n\n", "is empty"),
    "a column twice": (b"id,shop,id\n1,east,2\n", "names `id` twice"),
    "broken quotes": (b'id,shop,amount\n1,"east,2\n', "not CSV"),
    "text after a quote": (b'id,shop,amount\n1,"east"x,2\n', "not CSV"),
    "a cell of a megabyte": (b"id,shop,amount\n1," + b"x" * 1_000_000 + b",2\n", "not CSV"),
    "a short row": (b"id,shop,amount\n1,east\n", "Row 0: 2 cells, but the first line names 3"),
    "a long row": (b"id,shop,amount\n1,east,2\n1,east,2,3\n", "Row 1: 4 cells"),
    "underscores in a number": (b"id,shop,amount\n1_000,east,2\n", "not '1_000' (str)"),
    "underscores in a double": (b"id,shop,amount\n1,east,2_0.5\n", "not '2_0.5' (str)"),
    "Arabic digits": ("id,shop,amount\n\u0661\u0662,east,2\n".encode(), "takes an integer, not"),
    "fullwidth digits": ("id,shop,amount\n1,east,\uff11.5\n".encode(), "takes a double, not"),
    "hexadecimal digits": (b"id,shop,amount\n0x10,east,2\n", "not '0x10' (str)"),
    "a number of 400 digits": (b"id,shop,amount\n" + b"9" * 400 + b",east,2\n", "takes an integer"),
    "no UTF-8": (b"id,shop,amount\n1,\xff,2\n", "not UTF-8"),
}


def check(reply: Any, status: int, message: str) -> dict[str, Any]:
    body: dict[str, Any] = reply.json()
    assert reply.status == status, body
    assert reply.headers["content-type"] == "application/json"
    assert message in body["message"]
    assert "\n" not in body["message"]
    assert "Traceback" not in body["message"]
    assert len(body["message"]) < 1100
    assert not body["message"].endswith("..")
    return body


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_request_is_refused(server: ServerProcess, name: str) -> None:
    body, message = BODIES[name]
    check(server.post(body), 400, message)


@pytest.mark.parametrize("name", ROWS)
def test_an_invalid_row_is_refused_with_its_place(server: ServerProcess, name: str) -> None:
    body, field, message = ROWS[name]
    answer = check(server.post(body), 400, message)
    assert (answer["row"], answer.get("field")) == (0, field)
    assert answer["message"].startswith("Row 0: ")
    accepted = server.post(body, "?on_error=null").json()
    assert accepted["predictions"] == [{"prediction": None, "probability": None}]
    assert (accepted["errors"][0]["row"], accepted["errors"][0].get("field")) == (0, field)


@pytest.mark.parametrize("name", VECTORS)
def test_an_invalid_vector_is_refused(vectors: ServerProcess, name: str) -> None:
    answer = check(
        vectors.post({"instances": [{"x": 1.0, "v": VECTORS[name]}]}), 400, "takes a vector of 5 numbers"
    )
    assert (answer["row"], answer["field"]) == (0, "v")


@pytest.mark.parametrize("field", ["x", "h", "n", "f"])
@pytest.mark.parametrize("rows", [1, 500])
def test_a_number_beyond_its_type_is_refused_in_one_row_and_in_many(
    many_types: ServerProcess, field: str, rows: int
) -> None:
    good = {"c": "a", "d": "a", "x": 1.0, "h": 1.0, "n": 1, "b": True, "f": 1.0}
    body = {"instances": [*[good] * (rows - 1), {**good, field: HUGE}]}
    answer = check(many_types.post(body), 400, "not 1000")
    assert (answer["row"], answer["field"]) == (rows - 1, field)


@pytest.mark.parametrize("name", CSV_BODIES)
def test_invalid_csv_is_refused(server: ServerProcess, name: str) -> None:
    body, message = CSV_BODIES[name]
    check(server.post(body, content_type=CSV), 400, message)


@pytest.mark.parametrize(
    ("content_type", "message"),
    [
        ("", "no content type"),
        ("text/plain", "not `text/plain`"),
        ("application/json; charset=latin-1", "UTF-8 only"),
        ("application/json; header=absent", "`header=absent` of the content type is unknown"),
        ("text/csv; header=maybe", "known: charset=utf-8, header=present and header=absent"),
        ("text/csv; delimiter=;", "unknown"),
        ("x" * 10_000, "The server reads"),
    ],
)
def test_another_content_type_is_refused(server: ServerProcess, content_type: str, message: str) -> None:
    check(server.post(GOOD, content_type=content_type), 415, message)


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd"])
def test_another_content_encoding_is_refused(server: ServerProcess, encoding: str) -> None:
    check(server.post(GOOD, content_encoding=encoding), 415, "in gzip or as they are")


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"plain", 400, "not gzip"),
        (gzip.compress(b"{}")[:-6], 400, "its end is missing"),
        (gzip.compress(b"{}")[:-4] + b"\0\0\0\1", 400, "not gzip"),
        (gzip.compress(b" " * 17_000_000), 413, "larger than 16000000 bytes when decompressed"),
        (gzip.compress(b"") * 1000 + b"x", 400, "not gzip"),
    ],
    ids=["no gzip", "cut", "wrong size", "a bomb", "many members"],
)
def test_invalid_gzip_is_refused(server: ServerProcess, body: bytes, status: int, message: str) -> None:
    check(server.post(body, content_encoding="gzip"), status, message)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?explain=1", "`explain` must be true or false, not `1`"),
        ("?extra=all", "`extra` must be ignore, refuse or pass, not `all`"),
        ("?on_error=skip", "`on_error` must be fail or null, not `skip`"),
        ("?on_eror=null", "Did you mean `on_error`?"),
        ("?extra=pass&extra=refuse", "names a parameter twice"),
        ("?explain", "must be true or false, not ``"),
        ("?%ff=1", "is unknown"),
        (f"?{'a=1&' * 50}", "more than 20 parameters"),
    ],
)
def test_an_unknown_option_is_refused(server: ServerProcess, query: str, message: str) -> None:
    check(server.post(GOOD, query), 400, message)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"hello\r\n\r\n",
        b"POST /invocations HTTP/9.9\r\n\r\n",
        b"POST /invocations HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"POST /invocations HTTP/1.1\r\nhost: x\r\ncontent-length: many\r\n\r\n",
        b"POST /invocations HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{",
        b"POST /invocations HTTP/1.1\r\nhost: x\r\na b: c\r\n\r\n",
        b"POST /invocations HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100,
    ],
    ids=["a word", "version 9.9", "length -1", "no length", "two lengths", "a name", "no chunk", "TLS"],
)
def test_what_is_no_http_is_refused(server: ServerProcess, request_bytes: bytes) -> None:
    reply = server.send(request_bytes)
    assert reply.status in (400, 415)
    assert reply.json()["message"]


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("GET /invocations", 405),
        ("DELETE /invocations", 405),
        ("PUT /health/live", 405),
        ("POST /", 405),
        ("GET /%00", 404),
        ("GET /..%2f..%2fetc/passwd", 404),
        ("GET /%ed%a0%80", 404),
        (f"GET /{'x' * 5000}", 404),
    ],
)
def test_another_path_or_method_is_refused(server: ServerProcess, line: str, status: int) -> None:
    check(
        server.send(f"{line} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n".encode()),
        status,
        "does not exist",
    )


@pytest.mark.parametrize("path", [b"/ping/", b"/invocations/", b"/x/"])
def test_a_query_that_is_not_utf_8_is_refused_at_any_path(server: ServerProcess, path: bytes) -> None:
    reply = server.send(b"GET " + path + b"?outputs=\xed HTTP/1.1\r\nhost: x\r\n\r\n")
    assert 400 <= reply.status < 500


def test_a_body_that_is_too_large_is_refused_before_the_client_sends_it(server: ServerProcess) -> None:
    head = post_request(b"", content_length="999999999999", expect="100-continue")
    check(server.send(head), 413, "larger than 16000000 bytes")


def test_a_client_that_waits_for_permission_gets_it_for_a_small_body(server: ServerProcess) -> None:
    content = json.dumps(GOOD).encode()
    with server.connect() as connection:
        connection.sendall(post_request(b"", content_length=str(len(content)), expect="100-continue"))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(content)
        assert read_reply(connection).json() == {"predictions": [PREDICTION]}


def test_a_client_that_sends_too_much_reads_why(server: ServerProcess) -> None:
    check(server.post(b" " * 20_000_000), 413, "larger than 16000000 bytes")
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    chunked = post_request(b"", content_length="", transfer_encoding="chunked")
    with server.connect() as connection:
        connection.sendall(chunked + chunk * 300 + b"0\r\n\r\n")
        check(read_reply(connection), 413, "larger than 16000000 bytes")


def test_too_many_rows_are_refused(server: ServerProcess) -> None:
    check(server.post({"instances": [{}] * 100_001}), 413, "100001 rows; send at most 100000")


def test_a_request_whose_client_leaves_is_forgotten(server: ServerProcess) -> None:
    for length in ("10", "999999"):
        with server.connect() as connection:
            connection.sendall(post_request(b"{", content_length=length))
            connection.shutdown(socket.SHUT_WR)
        assert server.post(GOOD).status == 200


def test_requests_behind_each_other_are_answered_in_order(server: ServerProcess) -> None:
    requests = [post_request(GOOD), post_request({}), post_request(GOOD)]
    with server.connect() as connection:
        connection.sendall(b"".join(requests))
        data = b""
        while data.count(b"HTTP/1.1 ") < 3 or not data.endswith(b"}"):
            data += connection.recv(65536)
    assert [part[:3] for part in data.split(b"HTTP/1.1 ")[1:]] == [b"200", b"400", b"200"]


def test_a_damaged_parquet_file_is_refused(server: ServerProcess) -> None:
    pytest.importorskip("pyarrow")
    for body in (b"", b"PAR1", b"PAR1" + b"\xff" * 100 + b"PAR1"):
        check(server.post(body, content_type=PARQUET), 400, "not a Parquet file that can be read")


def test_a_client_that_closes_its_side_after_a_request_reads_the_answer(server: ServerProcess) -> None:
    for request, status in ((post_request(GOOD), 200), (b"OPTIONS /x HTTP/1.1\r\nhost: x\r\n\r\n", 404)):
        for count in (1, 3):
            with server.connect() as connection:
                connection.sendall(request * count)
                connection.shutdown(socket.SHUT_WR)
                assert read_reply(connection).status == status


@pytest.mark.parametrize("target", [b"/x?\xed\xa0", b"/x?%ff", b"/%ff", b"/%ed%a0%80", b"/x?a=%00"])
def test_an_unknown_path_is_named_whatever_its_query_is(server: ServerProcess, target: bytes) -> None:
    reply = server.send(b"GET " + target + b" HTTP/1.1\r\nhost: x\r\n\r\n")
    assert reply.status in (400, 404)
    assert reply.json()["message"]


def test_a_parquet_file_with_damaged_facts_about_a_column_does_not_end_the_server(
    server: ServerProcess,
) -> None:
    """pyarrow ends the process where it is asked for these facts: found by the fuzzer."""
    body = (GOLDEN.parents[1] / "serving" / "damaged_facts.parquet").read_bytes()
    check(server.post(body, content_type=PARQUET), 400, "histogram size mismatch")
    assert server.post(GOOD).status == 200
