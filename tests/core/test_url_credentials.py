"""Credentials in URLs, connection strings and headers are masked, and the text around them stays."""

from __future__ import annotations

import time

import pytest

from sparkops.core.url_credentials import find_url_credentials, mask_url_credentials

MASKED = [
    ("password=...SEC", "password=***"),
    ("http://u:p@ssSEC@127.0.0.1:1", "http://u:***@127.0.0.1:1"),
    ("http://u:pa'SEC@h", "http://u:***@h"),
    ('http://u:pa"SEC@h/x', "http://u:***@h/x"),
    ("http://u:pa<SEC@h", "http://u:***@h"),
    ("https://h/x?key=SEC", "https://h/x?key=***"),
    ("https://h/#token=SEC", "https://h/#token=***"),
    ("https://h/x?a=1&code=SEC&b=2", "https://h/x?a=1&code=***&b=2"),
    ("x?auth=SEC", "x?auth=***"),
    ("x?pass=SEC&pw=SEC", "x?pass=***&pw=***"),
    ("x?jwt=SEC;passphrase=SEC", "x?jwt=***;passphrase=***"),
    ("x?private_key=SEC", "x?private_key=***"),
    ("jdbc:oracle:thin:scott/SEC@//h:1521/x", "jdbc:oracle:thin:scott/***@//h:1521/x"),
    ("mongodb://u:p@h1,u2:SEC@h2/db", "mongodb://u:***@h2/db"),
    ("databricks://SEC:x@h", "databricks://***@h"),
    ("https://ghp_SEC:x-oauth-basic@github.com/x", "https://***@github.com/x"),
    (r"https:\/\/u:SEC@h", r"https:\/\/u:***@h"),
    ("https%3A%2F%2Fu%3ASEC%40h", "https%3A%2F%2Fu%3A***%40h"),
    ("https%253a%252f%252fu%253aSEC%2540h", "https%253a%252f%252fu%253a***%2540h"),
    ("Driver=x;Password={a;SEC};Server=y", "Driver=x;Password=***;Server=y"),
    ("AccountName=a;AccountKey=SEC==;EndpointSuffix=b", "AccountName=a;AccountKey=***;EndpointSuffix=b"),
    ("AccountKey=SEC==", "AccountKey=***"),
    ('required username="a" password="SEC and SEC";', 'required username="a" password=***;'),
    (r'{"jaas": "x password=\"SEC\" y"}', r'{"jaas": "x password=*** y"}'),
    ("Authorization: SEC", "Authorization: ***"),
    ("Authorization: Negotiate SEC==", "Authorization: Negotiate ***"),
    ('Authorization: Digest username="x", response="SEC"', "Authorization: Digest ***"),
    ("{'Authorization': 'ApiKey SEC', 'b': 1}", "{'Authorization': 'ApiKey ***', 'b': 1}"),
    ('{"Authorization":"SEC","b":1}', '{"Authorization":"***","b":1}'),
    ("proxy-authorization: bearer SEC", "proxy-authorization: bearer ***"),
    ("X-Api-Key: SEC", "X-Api-Key: ***"),
    ("X-Vault-Token=SEC", "X-Vault-Token=***"),
]
UNCHANGED = [
    "set it, as in `export S3_SECRET_KEY=...`, or write ${env:S3_SECRET_KEY:-default}",
    "password=..., token=...",
    "GET http://host:5000/path@x", "http%3A%2F%2Fh%3A5000%2Fa%40b", "df.filter(key=3)", "f(secret=None, password='')",
    "max_tokens=5 token=3", "spark.sql.shuffle.partitions=200", '{"uri":"http://h:a","mail":"me@example.org"}',
    "https://h/x?zipcode=12&author=b", "is the password correct?", "a.password == b.password", "see {'http://h': 'b@c'}",
    "mailto:me@example.org?subject=x", "http://[::1]:5000/a@b", "${env:PASSWORD}", "password=${env:PASSWORD}",
]  # fmt: skip


@pytest.mark.parametrize(("text", "masked"), MASKED)
def test_a_credential_is_masked_and_the_rest_stays(text: str, masked: str) -> None:
    assert "SEC" not in masked
    assert mask_url_credentials(text) == masked
    assert mask_url_credentials(f"error: {text}\nnext") == f"error: {masked}\nnext"
    assert mask_url_credentials(masked) == masked


@pytest.mark.parametrize("text", UNCHANGED)
def test_what_is_no_credential_stays(text: str) -> None:
    assert mask_url_credentials(text) == text


@pytest.mark.parametrize(
    ("url", "values"),
    [
        # Like `http://host:5000/path@x`: the user has to percent-encode the slash.
        ("http://u:12/SEC@h", set()),
        ("http://u:p SEC@h", {"p SEC"}),
        ("http://u:p%40SEC@h", {"p%40SEC", "p@SEC"}),
        ("https://SEC@h/x", {"SEC"}),
        ("https://h/x?code=a%2Fb#c", {"a%2Fb", "a/b"}),
        ("abfss://box@account.net/x", set()),
        ("http://h:5000/a@b", set()),
        ("no url", set()),
    ],
)
def test_the_credentials_of_a_complete_url_are_found(url: str, values: set[str]) -> None:
    assert set(find_url_credentials(url)) == values


@pytest.mark.parametrize(
    "part", ["://a:b", "://a:", "?password=", "password='", "Authorization: '", "%3A%2F%2F", 'a:\\"', "jdbc:oracle:a:", "%25"]
)  # fmt: skip
def test_a_long_text_is_searched_in_time_in_proportion_to_it(part: str) -> None:
    begin = time.process_time()
    mask_url_credentials(part * (200_000 // len(part)) + "@%40")
    assert time.process_time() - begin < 3.0
