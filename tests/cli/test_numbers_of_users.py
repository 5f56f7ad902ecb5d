"""Numbers, times and addresses of users that no command can use are refused with a message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from sparkops.cli.main import run_command
from sparkops.core.duration import (
    MAX_SECONDS,
    format_duration,
    parse_duration,
    parse_seconds,
    subtract_duration,
)
from sparkops.errors import InputError
from sparkops.runs.read_versions import ReadVersions

JOB = """
from pyspark.sql import DataFrame
from sparkops import job

@job
def good(raw: DataFrame) -> DataFrame:
    return raw
"""
LONG, LONGER = "9" * 4299, "9" * 5000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["runs", "--limit", LONG], "is not in the range"),
        (["runs", "--limit", LONGER], "is not a valid integer"),
        (["runs", "--since", f"{LONGER}d"], "is neither a time"),
        (["runs", "--since", "0001-01-01T00:00:00+23:59"], "is neither a time"),
        (["runs", "at-risk", "--within", f"{LONG}d"], "is no duration"),
        (["runs", "log", "last", "--attempt", LONG], "is not in the range"),
        (["gc", "--older-than", "1e308"], "is not in the range"),
        (["gc", "--older-than", "nan"], "'nan' is not a number"),
        (["replay", "last", "--tolerance", "nan"], "'nan' is not a number"),
        (["lineage", f"good@{LONGER}"], "with a number as version"),
        (["lineage", "good@²"], "with a number as version"),
        (["run", "good", "--dry-run", "--at", f"raw={LONGER}"], "--at takes NAME=VERSION"),
        (["run", "good", "--dry-run", "--at", "raw=²"], "--at takes NAME=VERSION"),
        (["run", "good", "--dry-run", "--as-of", "9999-12-31T23:59:59-23:59"], "--as-of takes an ISO time"),
        (["run", "good", "--dry-run", "--wait", "9" * 30], "less than or equal to 3155760000"),
        (["tables", "restore", "good", LONG], "is not in the range"),
        (["models", "rollback", "m", "--to", LONGER], "is not a valid integer"),
        (["models", "show", f"m/{LONGER}"], "No model `m`"),
        (["jobs", "--set", "wait=.inf"], "less than or equal to"),
        (["jobs", "--set", "models.timeout=.nan"], "finite number"),
        (["jobs", "--set", f"serving.max_rows={10**300}"], "less than or equal to"),
        (["models", "--set", "models.tracking_uri=http://[::1"], "this is no URI"),
        (["models", "--set", "models.tracking_uri=http://127.0.0.1:x"], "this is no URI"),
        (["models", "--set", "models.registry_uri=https://h:99999999"], "this is no URI"),
        (["jobs", "--set", "lineage.openlineage.url=http://["], "this is no URI"),
        (["tables", "history", "raw", "--set", "tables.raw.path=s3a://[::1/x"], "this is no URI"),
    ],
)
def test_what_no_command_can_use_is_refused(
    make_project: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    message: str,
) -> None:
    base = "tables:\n  raw: {path: raw.csv, format: csv}\n"
    monkeypatch.chdir(make_project({"jobs/good.py": JOB, "conf/base/a.yml": base, "raw.csv": "a\n1\n"}))
    assert run_command(words) == 2
    assert message in capsys.readouterr().err


def test_the_longest_age_removes_nothing(
    make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(make_project())
    assert run_command(["runs", "prune", "--keep", "999999999d", "--dry-run"]) == 0
    assert run_command(["gc", "--older-than", "36525", "--dry-run"]) == 0
    assert "Unexpected error" not in capsys.readouterr().err


def test_durations_have_bounds() -> None:
    assert parse_duration("999999999d") == timedelta(days=999_999_999)
    for extreme in (timedelta.max, timedelta.min, timedelta.max - timedelta(days=1), -timedelta.resolution):
        assert parse_duration(format_duration(extreme)) == extreme
    for text in ("-P999999999DT0.000001S", "P999999999DT24H"):
        with pytest.raises(ValueError, match="beyond 999999999 days"):
            parse_duration(text)
    with pytest.raises(ValueError, match="finer than a microsecond"):
        parse_duration("1." + "0" * 60 + "1s")
    assert parse_seconds(str(MAX_SECONDS)) == MAX_SECONDS
    for text in ("1000000000d", "9" * 400 + "d", "1" * 201 + "s", ""):
        with pytest.raises(ValueError, match=r"beyond 999999999 days|too long|empty"):
            parse_duration(text)
    for text in (str(MAX_SECONDS + 1), "9" * 400, "36526d"):
        with pytest.raises(ValueError, match="longer than 100 years"):
            parse_seconds(text)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert subtract_duration(now, timedelta(days=1)) == datetime(2025, 12, 31, tzinfo=UTC)
    assert subtract_duration(now, timedelta.max) == datetime.min.replace(tzinfo=UTC)


def test_a_time_that_utc_cannot_express_is_refused() -> None:
    with pytest.raises(InputError, match="is out of range in UTC"):
        ReadVersions(as_of=datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))))
    latest = datetime.max.replace(tzinfo=UTC)
    assert ReadVersions(as_of=latest).describe() == {"as_of": "9999-12-31T23:59:59.999999+00:00"}
