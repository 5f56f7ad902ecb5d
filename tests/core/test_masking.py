"""No encoding of a secret, and no credential of a URL, is left in a masked text."""

from __future__ import annotations

import base64
import html
import json
import pprint
import quopri
import shlex
import time
import unicodedata
from collections.abc import Callable
from html.entities import html5
from urllib.parse import quote, quote_plus

import pytest
import yaml
from fakes.secret_forms import find_forms
from hypothesis import given
from hypothesis import strategies as st

from sparkops.core.masking import contains_secret, mask, mask_json, mask_parameters, mask_url_credentials

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
    "pprint": lambda text: pprint.pformat({"k": text}),
    "yaml": lambda text: yaml.safe_dump({"k": text}),
    "yaml in quotes": lambda text: yaml.safe_dump([text], default_style='"'),
    "yaml of bytes": lambda text: yaml.safe_dump({"k": text.encode()}),
    "names of characters": lambda text: text.encode("ascii", "namereplace").decode(),
    "braces": lambda text: "".join(sign if sign.isascii() else f"\\u{{{ord(sign):x}}}" for sign in text),
    "octal": lambda text: "".join(chr(byte) if byte < 127 else f"\\{byte:03o}" for byte in text.encode()),
    "octal, every byte": lambda text: "".join(f"\\{byte:03o}" for byte in text.encode()),
    "url, every byte": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "html, every character": lambda text: "".join(f"&#{ord(sign)};" for sign in text),
    "html by name": lambda text: "".join(f"&{ENTITIES[sign]}" if sign in ENTITIES else sign for sign in text),
    "quoted-printable": lambda text: quopri.encodestring(text.encode(), quotetabs=True).decode(),
    "composed": lambda text: unicodedata.normalize("NFC", text),
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "hex with colons": lambda text: text.encode().hex(":"),
    "hex in upper case with spaces": lambda text: text.encode().hex(" ").upper(),
    "hex of a list": lambda text: ", ".join(f"0x{byte:02x}" for byte in text.encode()),
    "base64 in lines": lambda text: base64.encodebytes(f"user:{text}".encode()).decode(),
    "base64 in lines in repr": lambda text: repr(base64.encodebytes(text.encode())),
    "base64 in a url": lambda text: quote(base64.b64encode(text.encode()).decode(), safe=""),
    "base64 of json": lambda text: base64.b64encode(json.dumps({"key": text}).encode()).decode(),
    "base64 of utf-16": lambda text: base64.b64encode(text.encode("utf-16-le", "surrogatepass")).decode(),
}
ENTITIES = {sign: name for name, sign in sorted(html5.items()) if name.endswith(";") and len(sign) == 1}
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
    "ab\"\\'cd",
    # A backslash before a character that is written as an escape
    *(f"pa\\{sign}wo" for sign in "\x1f\n\t\x00\"'\\é\u2028\U0001f600"),
    *(f"pa{sign}ss{sign}{sign}wo" for sign in map(chr, range(33, 127))),
    *(f"pa{sign}ss" for sign in "äßéžя中ａ\u00a0\u2028"),
]


@pytest.mark.matrix(every=4)
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
        (1234.0, True),
        (1234.5, False),
        (-0.25, True),
        (100, True),
        (100.0, True),
        (1, False),
        (float("nan"), False),
        (10**400, False),
    ],
)
def test_a_secret_is_found_in_texts_keys_and_numbers(value: object, expected: bool) -> None:
    assert contains_secret(value, ["1234", "-0.250", "0100", "x"]) is expected


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


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("98,765,432 rows", "*** rows"),
        ("98_765_432 or 98 765 432 or 98'765'432", "*** or *** or ***"),
        ("98.765.432", "***"),
        ("1,98,765,432 and 98,765,4321 and 9,876,543", "1,98,765,432 and 98,765,4321 and 9,876,543"),
        ("2,024 of 12,024 and 2,0245", "*** of 12,024 and 2,0245"),
        ("1,234.5 and 1,234.6", "*** and 1,234.6"),
    ],
)
def test_a_number_is_masked_with_separators_of_thousands(text: str, masked: str) -> None:
    assert mask(text, ["98765432", "2024", "1234.5"]) == masked


def test_a_parameter_with_a_secret_is_hidden() -> None:
    params = {
        "a": "x PW-x",
        "b": ["y", {"z": 98765432}],
        "c": 98765432.0,
        "d": 98765433,
        "e": None,
        "f": {"PW-x": 1},
    }
    hidden = mask_parameters(params, ["98765432", "PW-x"])
    assert hidden == {"a": "***", "b": "***", "c": "***", "d": 98765433, "e": None, "f": "***"}


@pytest.mark.parametrize(
    "text",
    [
        "take 12:34:56 and 2026-11-30 15:42:10 of 0x12, 0x34",
        "one line that ends with abcd\nefgh begins the next",
        "it is 100% sure: %41 &#66; \\x43 and \\101",
        "'a' \n 'b' and a \\\n b",
        "U2VjcmV0IG9mIHNvbWVvbmUgZWxzZSB0aGF0IGlzIG5vdCBvdXJzLCBidXQgbG9uZyBlbm91Z2ggZm9y\nIGxpbmVz",
    ],
)  # fmt: skip
def test_ordinary_text_that_looks_encoded_stays(text: str) -> None:
    assert mask(text, ["abcdefgh", "hunter2-and-more", "98765432"]) == text


@pytest.mark.parametrize(
    "part", ["\\x41", "%2541", "&amp;#65;", "'\n'", "\\\n\\", "5a:", "5a7", "QUFB" * 19 + "\n", "=\n", "=3D", "9,8"]
)  # fmt: skip
def test_views_of_a_long_text_are_searched_in_time_in_proportion_to_it(part: str) -> None:
    begin = time.process_time()
    mask(
        part * (200_000 // len(part)),
        ["Zq9xK7vWL4wT", "98765432", "===\\=='ab", "AAAAAAAAAAAB", "pässwörter"],
    )
    assert time.process_time() - begin < 3.0


def test_a_line_of_a_log_is_masked_in_microseconds() -> None:
    line = "2026-11-30 INFO DAGScheduler: Job 12 finished: collect at x.py:3, took 0.123 s with 100 tasks"
    secrets = ["hunter2-and-more", "pässwort", "98765432", "Zq9x-K7vW"]
    mask(line, secrets)
    begin = time.process_time()
    for _ in range(2000):
        mask(line, secrets)
    assert (time.process_time() - begin) / 2000 < 200e-6
