"""Tables and values on a terminal."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

import click
import pytest

from sparkops.cli.display.format import format_data, format_duration
from sparkops.cli.display.table import draw_table, fill_lines, print_table
from sparkops.cli.main import run_command

NAMES = ["run", "published"]
ID = "20261121-170256-1m3f2b40c1"


def test_a_table_keeps_an_id_in_one_line_and_wraps_longer_text() -> None:
    shown = click.unstyle(draw_table(NAMES, [[ID, "flights@0, flights__quarantine@0"]], [False, False], 50))
    lines = [line.rstrip() for line in shown.splitlines()]
    assert lines[0].split() == NAMES
    assert lines[2:] == [f"{ID}   flights@0,", f"{'':<26}   flights__quarantine@0"]


def test_cells_are_not_markup() -> None:
    assert "[red] [/] :tada:" in click.unstyle(draw_table(["note"], [["[red] [/] :tada:"]], [False], 80))


def test_a_row_too_wide_for_the_terminal_fills_several_lines() -> None:
    shown = click.unstyle(fill_lines([*NAMES, "note"], [[ID, "flights@0", ""], [ID, "weather@12", "b"]], 48))
    assert shown.splitlines() == [
        f"run: {ID}", "    published: flights@0",
        f"run: {ID}", "    published: weather@12  note: b",
    ]  # fmt: skip


def test_on_a_pipe_a_row_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([{"name": "a\tb", "text": "two\nlines"}], empty="none")
    assert capsys.readouterr().out == "name\ttext\na\\tb\ttwo\\nlines\n"


def test_a_path_is_never_broken() -> None:
    path = "/srv/projects/shop/data/warehouse/orders"
    cells = [["a description that is longer than the longest cell", path]]
    shown = click.unstyle(draw_table(["description", "location"], cells, [False, False], 70))
    assert any(line.rstrip().endswith(path) for line in shown.splitlines())


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=UTC), "2024-02-29 12:00:00.123456Z"),
        (datetime(2024, 2, 29, 12, tzinfo=timezone(timedelta(hours=2))), "2024-02-29 10:00:00Z"),
        (datetime(33, 4, 3, 15), "0033-04-03 15:00:00"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=9))), "0001-01-01 00:00:00+09:00"),
        ([datetime(999, 1, 1), None], "0999-01-01 00:00:00, -"),
        (date(7, 1, 2), "0007-01-02"),
        (True, "yes"),
    ],
    ids=str,
)
def test_times_in_rows_of_a_table_are_exact(value: object, cell: str) -> None:
    assert format_data(value) == cell


def test_durations_are_in_words() -> None:
    assert [format_duration(value) for value in (None, 0.25, 83, 10_290)] == [
        "-",
        "0.2 s",
        "1 min 23 s",
        "2 h 51 min",
    ]


HOSTILE = {"\x1b]0;owned\x07name": "\x1b[2J\x9b31mred\r\nnew line\u202egnp.exe", "n": 1}


@pytest.mark.parametrize("is_terminal", [True, False])
def test_control_characters_of_the_data_are_shown_as_escapes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_terminal: bool
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: is_terminal)
    print_table([HOSTILE, HOSTILE], empty="")
    out = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", out)
    assert r"\u001b]0;owned\u0007name" in out


def test_control_characters_in_an_error_are_shown_as_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["run", "\x1b]0;owned\x07", "--project", "/nowhere\x1b[2J"]) == 2
    assert r"\u001b" in capsys.readouterr().err
