"""No encoding of a secret, and no credential of a URL, is left in a masked text."""

from __future__ import annotations

import base64
import html
import json
import shlex
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from fakes.secret_forms import find_forms
from hypothesis import given
from hypothesis import strategies as st

from sparkops.core.masking import contains_secret, mask, mask_json, mask_url_credentials

ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "repr": repr,
    "ascii": ascii,
    "bytes": lambda text: repr(text.encode()),
    "json": json.dumps,
    "json, unicode": lambda text: json.dumps(text, ensure_ascii=False),
    "json in json": lambda text: json.dumps(json.dumps({"k": text})),
    "repr of json": lambda text: repr(json.dumps(text)),
    "json of repr": lambda text: json.dumps(repr(text)),
    "html": html.escape,
    "html of json": lambda text: html.escape(json.dumps(text)),
    "html of repr": lambda text: html.escape(repr(text), quote=False),
    "url": quote,
    "url, every sign": lambda text: quote(text, safe=""),
    "query": quote_plus,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for urls": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "basic authentication": lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "shell": shlex.quote,
    "sql": lambda text: "'" + text.replace("'", "''") + "'",
    "csv": lambda text: '"' + text.replace('"', '""') + '"',
}
SECRETS = [
    "hunter2-and-more",
    "pässwort",
    'a"b\\c\nd',
    "it's 'quoted'",
    "x" * 300,
    "<b>&amp;</b>",
    "a b+c/d=e%f",
    "\U0001f600\u200b\u202e",
    "-----BEGIN KEY-----\nMIIEvQIBADANBg\n-----END KEY-----\n",
    "tab\tcr\r\x07bell",
    # A backslash before a character that is written as an escape
    *(f"pa\\{sign}wo" for sign in "\x1f\n\t\x00\"'\\é\u2028\U0001f600"),
    *(f"pa{sign}ss{sign}{sign}wo" for sign in map(chr, range(33, 127))),
    *(f"pa{sign}ss" for sign in "äßéžя中ａ\u00a0\u2028"),
]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_secret_is_masked_in_every_encoding(encoding: str) -> None:
    encode = ENCODINGS[encoding]
    for secret in SECRETS:
        text = f"before {encode(secret)} after"
        masked = mask(text, [secret])
        assert "***" in masked, (secret, masked)
        assert masked.startswith("before ")
        assert masked.endswith(" after")
        left = [form for form in find_forms(secret) if len(form) >= 4 and form in masked]
        assert not left, (secret, masked)


@given(st.text(min_size=4, max_size=30), st.sampled_from(sorted(ENCODINGS)), st.text(max_size=10))
def test_whatever_the_secret_is_none_of_its_encodings_is_left(
    secret: str, encoding: str, around: str
) -> None:
    secret = secret.encode("utf-8", "replace").decode()
    masked = mask(around + ENCODINGS[encoding](secret) + around, [secret])
    assert "***" in masked


def test_a_secret_in_another_is_masked_with_it() -> None:
    assert mask("abcdefgh abcd", ["abcd", "abcdefgh"]) == "*** ***"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("the dev table", "the *** table"),
        ("'dev'", "'***'"),
        ("developer dev_1 device", "developer dev_1 device"),
    ],
)
def test_a_secret_of_three_letters_is_masked_where_it_is_a_word(text: str, masked: str) -> None:
    assert mask(text, ["dev"]) == masked


def test_the_lines_of_a_private_key_are_masked_one_by_one() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----\n"
    assert mask("log: MIIEvQIBADANBg", [key]) == "log: ***"


def test_values_are_masked_before_they_are_encoded() -> None:
    secret = 'p"ä\\\n'
    value = {"a": [secret, 3, None, True], "b": {"c": f"x{secret}y"}, "d": ValueError(secret)}
    assert mask_json(value, [secret]) == {"a": ["***", 3, None, True], "b": {"c": "x***y"}, "d": "***"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a1234b", True),
        (1234, True),
        (12345, False),
        ({"1234": 1}, True),
        ({"a": [[1234]]}, True),
        (None, False),
        (True, False),
        ("123", False),
    ],
)
def test_a_secret_is_found_in_texts_keys_and_numbers(value: object, expected: bool) -> None:
    assert contains_secret(value, ["1234"]) is expected


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://ada:hunter2@host/p", "https://ada:***@host/p"),
        ("http://ada:pa/ss@host:5000/p?x=1", "http://ada:***@host:5000/p?x=1"),
        ("https://:token@host", "https://:***@host"),
        ("https://ghp_token@host/x", "https://***@host/x"),
        ("postgresql+psycopg2://u:p%40w@db:5432/x", "postgresql+psycopg2://u:***@db:5432/x"),
        ('{"uri": "http://u:p@h", "mail": "me@example.org"}', '{"uri": "http://u:***@h", "mail": "me@example.org"}'),
        ("http://host:5000/a?mail=me@example.org", "http://host:5000/a?mail=me@example.org"),
        ("http://host:5000, and me@example.org", "http://host:5000, and me@example.org"),
        ("abfss://container@account.dfs.core.windows.net/x", "abfss://container@account.dfs.core.windows.net/x"),
        ("wasbs://c@a.blob.core.windows.net", "wasbs://c@a.blob.core.windows.net"),
        ("git+ssh://git@host/x", "git+ssh://git@host/x"),
        ("https://h/x?sig=abc%2F&se=2030", "https://h/x?sig=***&se=2030"),
        ("https://h/x?access_token=abc#f", "https://h/x?access_token=***"),
        ("jdbc:sqlserver://h;user=a;password=b;x=1", "jdbc:sqlserver://h;user=a;password=***;x=1"),
        ("https://h/x?X-Amz-Signature=abc", "https://h/x?X-Amz-Signature=***"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("{'Authorization': 'Basic dTpw'}", "{'Authorization': 'Basic ***'}"),
        ("https://h/x?tokenizer=bert", "https://h/x?tokenizer=bert"),
        ("a/b@c and s3a://bucket/key", "a/b@c and s3a://bucket/key"),
    ],
)  # fmt: skip
def test_credentials_of_urls_are_masked_and_nothing_else(text: str, masked: str) -> None:
    assert mask_url_credentials(text) == masked
    assert mask(text, []) == masked
    assert mask(masked, []) == masked


NESTED = [["repr", "json", "repr"], ["html", "repr", "json"], ["shell", "repr", "html"], ["url", "url, every sign", "json"],
          ["json", "json", "json", "html", "html"], ["sql", "repr", "html"], ["bytes", "json"], ["csv", "html"]]  # fmt: skip


@pytest.mark.parametrize("encodings", NESTED, ids=" in ".join)
def test_a_secret_is_masked_however_often_it_is_escaped(encodings: list[str]) -> None:
    for secret in SECRETS:
        text = secret
        for encoding in encodings:
            text = ENCODINGS[encoding](text)
        masked = mask(f"before {text} after", [secret])
        assert "***" in masked, (secret, text)
        assert len(masked) < 150, (secret, masked)


@pytest.mark.parametrize("mark", ["…", "...", " …", " ..."])
@pytest.mark.parametrize("secret", [secret for secret in SECRETS if len(secret) > 12])
def test_the_beginning_of_a_secret_is_masked_where_a_text_is_shortened(secret: str, mark: str) -> None:
    for encode in (str, repr, json.dumps, html.escape, quote):
        text = encode(secret)
        for length in range(len(encode(secret.lstrip()[:8])) + 2, len(text), 3):
            masked = mask(f"value {text[:length]}{mark}", [secret])
            assert masked.startswith("value "), (text[:length], masked)
            assert len(masked) < len("value '***") + 12, (text[:length], masked)


def test_a_text_that_only_begins_like_a_secret_stays() -> None:
    assert mask("hunter2 is here... and there", ["hunter2-and-more"]) == "hunter2 is here... and there"
    assert mask("hunte...", ["hunter2-and-more"]) == "hunte..."


def test_white_space_of_a_secret_may_be_changed_or_cut_off() -> None:
    assert mask("a: one two three.", ["\tone\n two  three\r\n"]) == "a: ***."
    assert mask("a: onetwo three", ["one two three"]) == "a: onetwo three"


def test_a_long_text_is_masked_in_time_in_proportion_to_it() -> None:
    secret = "".join(map(chr, range(33, 127))) + "\\" * 50 + "'" * 50 + " " * 50
    for text in (
        "\\" * 200_000,
        "'" * 200_000,
        " " * 200_000,
        "&amp;" * 50_000,
        "%25" * 50_000,
        secret[:-1] * 200,
    ):
        begin = time.process_time()
        mask(text, [secret])
        assert time.process_time() - begin < 2.0, text[:20]
