"""Secrets of every character, in everything that the product writes: records, logs, pages, models and the registry.

The forms that are searched here are computed by this test, not by the code that masks them.
"""

from __future__ import annotations

import base64
import html
import json
import random
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape, quoteattr

import pytest

from sparkops import Engine
from sparkops.cli.main import run_command
from sparkops.errors import SparkopsError

pytestmark = pytest.mark.spark

# In an order of its own, so that no part of it is in an ordinary file.
_ASCII = [chr(code) for code in range(32, 127)]
random.Random(7).shuffle(_ASCII)
_REST = [*"äßñçÅøŁžĐΩλЖюאبहไ中文한ﬁ€√∞", "\U0001f600", "e\u0301", "\u00a0", "\u2028", "\ufeff"]
SECRETS = {
    "ascii": "".join(_ASCII),
    "others": "q" + "".join(_REST) + "z",
    "all": "".join(_ASCII[::-1]) + "".join(_REST[::-1]),
    "token": "token" + "".join(_ASCII[50:] + _REST + _ASCII[:50]),
    "short": "k~4!",
    "quotes": "it's \"quoted\" \\ `so` 'twice''",
    "lines": "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ+/=\n7Zr2%&<>\"'\\xU\n-----END KEY-----\n",
    "tabs": "\tleading and trailing\r\n",
    "url": "p@ss:w/rd?a=b&c=d#e;f",
    "markup": "</style><script>x('y')</script>&amp;",
    "format": "%s%d{0}{x!r}$HOME${env:HOME}",
    "bytes": "line\x0bsep\x1c\x85end",
}
JOBS = '''
import base64, html, json, logging, shlex, sys, urllib.parse, warnings
from pyspark.ml import Pipeline
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.regression import LinearRegression
from pyspark.sql import DataFrame, SparkSession, functions as F
from sparkops import Model, Report, Secret, job
from sparkops.report import Number, Plot, Table, Text

class Failure(Exception):
    """An error whose text is the representation of what it holds."""

    def __init__(self, held):
        super().__init__(held)
        self.held = held

    def __repr__(self):
        return f"Failure({self.held!r})"

    __str__ = __repr__

def show(texts):
    for text in texts:
        data = text.encode()
        for form in (text, repr(text), ascii(text), json.dumps(text), json.dumps(text, ensure_ascii=False), json.dumps(json.dumps({"k": text})),
                     urllib.parse.quote(text), urllib.parse.quote(text, safe=""), urllib.parse.quote_plus(text), html.escape(text), data.hex(),
                     base64.b64encode(data).decode(), base64.urlsafe_b64encode(b"user:" + data).decode(), shlex.quote(text), repr(data),
                     str([text]), str({"a": {"b": text}}), "https://u:" + urllib.parse.quote(text, safe="") + "@host/x"):
            print("sent", form)
            print("sent", form, file=sys.stderr)
            logging.getLogger("x").warning("sent %s as %r", form, {"k": form})
        warnings.warn("about " + text)


@job
def cells(spark: SparkSession, *, PARAMS, token: Secret, fail: str = "") -> DataFrame:
    texts = [*VALUES, token.reveal()]
    show(texts)
    if fail == "repr":
        raise Failure({"texts": texts, "json": json.dumps(texts)})
    if fail == "cause":
        try:
            raise KeyError(texts[0])
        except KeyError as error:
            error.add_note("note " + texts[2])
            raise RuntimeError("it was " + " and ".join(map(repr, texts))) from error
    if fail == "spark":
        literal = texts[0].replace(chr(92), chr(92) * 2).replace("'", chr(92) + "'")
        return spark.sql(f"select cast(raise_error('{literal}') as string) as s")
    if fail == "column":
        return spark.range(1).select(F.col("`" + texts[1].replace("`", "``") + "`"))
    return spark.createDataFrame([(text,) for text in texts] + [("x",)], "s string")

@job
def page(spark: SparkSession, *, PARAMS, token: Secret) -> Report:
    texts = [*VALUES, token.reveal()]
    show(texts)
    rows = [{"s": text, "n": number} for number, text in enumerate(texts)]
    first = texts[0]
    return Report(
        title=f"About {first}", summary="\\n\\n".join(texts), numbers=[Number(text, text, unit=text, note=text) for text in texts],
        parts=[Text(first), Table(first, rows, note=first, labels={"s": first}),
               Plot(first, rows, "bar", x="s", y="n", x_label=first, note=first), Plot("lines", rows[:6], "line", x="n", y="n", by="s")],
    )

@job
def train(spark: SparkSession, *, PARAMS, token: Secret) -> Model:
    show([*VALUES, token.reveal()])
    rows = spark.createDataFrame([(float(n), 2.0 * n + n % 3) for n in range(40)], "x double, label double")
    fitted = Pipeline(stages=[VectorAssembler(inputCols=["x"], outputCol="features"), LinearRegression()]).fit(rows)
    return Model(fitted=fitted, example=rows.drop("label"), metrics={"mean": 1.0})
'''
SUITE = """
policy: warn
expectations:
  - expect_column_values_to_be_in_set: {column: s, value_set: [x]}
  - expect_column_values_to_match_regex: {column: s, regex: "^x$"}
  - expect_column_distinct_values_to_be_in_set: {column: s, value_set: [x]}
  - expect_column_value_lengths_to_be_between: {column: s, max_value: 1}
  - expect_column_most_common_value_to_be_in_set: {column: s, value_set: [z]}
"""
# Characters of a part of a secret that gives it away.
_PART = 12


def encode(secret: str) -> Iterator[tuple[str, str]]:
    """Yield each form of a secret with its name."""
    data = secret.encode()
    ascii_json, wide_json = json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]
    yield from [
        ("raw", secret),
        ("JSON", ascii_json),
        ("wide JSON", wide_json),
        ("JSON in JSON", json.dumps(ascii_json)[1:-1]),
    ]
    yield from [
        ("repr", repr(secret)[1:-1]),
        ("ascii", ascii(secret)[1:-1]),
        ("repr of bytes", repr(data)[2:-1]),
    ]
    yield from [("URL", quote(secret)), ("strict URL", quote(secret, safe="")), ("form", quote_plus(secret))]
    yield from [
        ("HTML", html.escape(secret)),
        ("XML", escape(secret)),
        ("attribute", quoteattr(secret)[1:-1]),
    ]
    yield from [
        ("hexadecimal", data.hex()),
        ("HEXADECIMAL", data.hex().upper()),
        ("shell", shlex.quote(secret).strip("'")),
    ]
    yield from [
        ("SQL", secret.replace("'", "''")),
        ("CSV", secret.replace('"', '""')),
        ("unicode escapes", secret.encode("unicode_escape").decode()),
    ]
    yield ("Base64", base64.b64encode(data).decode().rstrip("="))
    for before in range(3):
        text = base64.b64encode(bytes(before) + data).decode()
        # Characters that other bytes decide, at both ends, are no part of the secret.
        stable = text[2 if before == 1 else 3 if before == 2 else 0 : -4 if "=" in text else None]
        if len(stable) >= _PART:
            yield f"Base64 after {before}", stable
            yield f"Base64 of URLs after {before}", stable.translate(str.maketrans("+/", "-_"))


def find_needles() -> dict[str, str]:
    """Return every text that no file may contain, with the secret and the form that it shows."""
    needles: dict[str, str] = {}
    for name, secret in SECRETS.items():
        for form, text in encode(secret):
            # A short secret is a word of its own; a part of a long one gives it away, too.
            parts = [text] if len(text) < 2 * _PART else [text, text[: 2 * _PART], text[-2 * _PART :]]
            for part in parts:
                if len(part.strip()) >= min(len(secret), _PART):
                    needles[part] = f"{name} as {form}"
    return needles


def find_leaks(folder: Path, needles: dict[str, str]) -> list[str]:
    """Return files that contain a text, whatever they are: only the code of jobs and the tables of jobs are left out."""
    leaks = []
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder)
        is_data = "warehouse" in path.parts and "check_results" not in path.parts
        if not file.is_file() or path.parts[0] == "jobs" or is_data:
            continue
        data = file.read_bytes()
        # Databases and Parquet have texts in UTF-8 or UTF-16.
        texts = [data.decode("utf-8", "replace"), data.decode("utf-16-le", "replace")]
        leaks += [
            f"{path}: {what}" for needle, what in needles.items() if any(needle in text for text in texts)
        ]
    return leaks


@pytest.fixture
def project(make_project: Callable[..., Path], spark: object, monkeypatch: pytest.MonkeyPatch) -> Path:
    names = [f"p_{name}" for name in SECRETS if name != "token"]
    for name, secret in SECRETS.items():
        monkeypatch.setenv(f"TEST_{name.upper()}", secret)
    monkeypatch.setenv("SPARKOPS_SECRET_TOKEN", SECRETS["token"])
    code = JOBS.replace("PARAMS", ", ".join(f"{name}: str" for name in names))
    values = "\n".join(f"    p_{name}: '${{env:TEST_{name.upper()}}}'" for name in SECRETS if name != "token")
    params = "params:\n" + "".join(f"  {job}:\n{values}\n" for job in ("cells", "page", "train"))
    root = make_project(
        {
            "jobs/all.py": code.replace("VALUES", ", ".join(names)).replace("*p_", "p_"),
            "conf/base/params.yml": params,
            "conf/checks/cells.yml": SUITE,
        }
    )
    monkeypatch.chdir(root)
    return root


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:about ")
def test_no_file_shows_a_secret_in_any_form(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    needles = find_needles()
    with Engine(project) as engine:
        checked = engine.run("cells")
        assert [check["success"] for check in checked.checks].count(False) >= 3
        page = engine.run("page")
        for fail in ("repr", "cause", "spark", "column"):
            with pytest.raises(SparkopsError):
                engine.run("cells", fail=fail)
        trained = engine.run("train")
        assert trained.registered is not None
    assert page.report is not None
    # PySpark logs errors of queries on standard error, which is the caller's.
    capsys.readouterr()
    for words in (["runs", "show", checked.id], ["runs", "show", checked.id, "--json"], ["runs", "log", checked.id], ["checks", "history", "cells"],
                  ["models", "show", "train"], ["run", "cells", "--fail", "repr", "--new"], ["jobs", "--json"]):  # fmt: skip
        run_command(words)
    assert find_leaks(project, needles) == []
    printed = "".join(capsys.readouterr())
    assert [what for needle, what in needles.items() if needle in printed] == []
    assert len(list(project.rglob("*"))) > 60
    masked = {file.suffix for file in project.rglob("*") if file.is_file() and b"***" in file.read_bytes()}
    assert masked >= {".jsonl", ".log", ".html"}


def test_the_scan_finds_each_secret_in_each_form(tmp_path: Path) -> None:
    needles = find_needles()
    for name, secret in SECRETS.items():
        for number, (form, text) in enumerate(encode(secret)):
            file = tmp_path / name / f"{number}.bin"
            file.parent.mkdir(exist_ok=True)
            file.write_text(f"before {text} after", "utf-8", newline="")
            assert find_leaks(file.parent, needles), (name, form)
            file.unlink()
