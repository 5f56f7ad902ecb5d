"""The page of `sparkops api` in a real browser: what a user does, and what hostile data cannot do."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.chromium import Browser, find_program, start_browser
from browser.service_tab import opened
from browser.tab import Tab
from fakes.page_project import write_project

from sparkops.api.database.connect import open_database
from sparkops.api.database.tokens import TokenStore
from sparkops.runs.records.store import RunStore

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(find_program() is None, reason="Chromium is not installed: apt-get install chromium"),
]

RUN = "window.marker=1;alert(1)"
HOSTILE = f"\"><script>{RUN}</script><img src=http://192.0.2.1/x.png onerror='{RUN}'><a href=javascript:{RUN}>x</a>\u202e\x1b\x07"
SHOWN = HOSTILE.replace("\u202e", "\ufffd").replace("\x1b", "\u241b").replace("\x07", "\u2407")
FORM = {"#param-day": "2024-03-02", "#param-top": "4", "#param-share": "0.25"}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with start_browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


def fill_day(tab: Tab, day: str) -> None:
    tab.evaluate(f"document.querySelector('#param-day').value = {json.dumps(day)}")


def test_a_form_with_mistakes_is_corrected_and_its_run_shows_a_result(
    browser: Browser, tmp_path: Path
) -> None:
    with opened(browser, write_project(tmp_path)) as tab:
        tab.click("publish")
        tab.until_text("Start run")
        tab.fill("#param-top", "99")
        tab.fill("#param-share", "a half")
        tab.fill("#param-shops", "north\nsouth")
        tab.click("Start run")
        tab.until_text("The run was not started")
        errors = "[...document.querySelectorAll('.field-error')].map(e => [e.id, e.innerText]).filter(([, text]) => text)"
        problems = dict(tab.evaluate(errors))
        assert problems.keys() == {"param-day-error", "param-top-error", "param-share-error"}
        assert "it must be a whole number, at least 1, at most 10" in problems["param-top-error"]
        assert tab.evaluate("document.querySelector('#param-share').value") == "a half"
        assert tab.evaluate("document.querySelector('#param-share').getAttribute('aria-invalid')") == "true"
        assert tab.evaluate("document.querySelector('#param-token')") is None
        fill_day(tab, FORM["#param-day"])
        tab.fill("#param-top", FORM["#param-top"])
        tab.fill("#param-share", FORM["#param-share"])
        tab.click("Start run")
        tab.until_text("Rows of out")
        text = tab.text
        assert [
            "done" in text,
            "9007199254740993" in text,
            "written: 3 rows" in text,
            "1 of 2 failed" in text,
        ] == [True] * 4
        recorded = next(iter(RunStore(tmp_path / "runs").list_newest(limit=1)))
        assert recorded.params == {"day": "2024-03-02", "top": 4, "share": 0.25, "shops": ["north", "south"]}
        assert tab.evaluate("document.querySelector('iframe').contentDocument") is None, (
            "the report is isolated"
        )
        tab.until_text("Lineage as text")
        boxes = tab.evaluate("[...document.querySelectorAll('.lineage title')].map(e => e.textContent)")
        assert [box.split(",")[0] for box in boxes] == ["publish", "source"]
        tab.click("Repeat with changes")
        tab.until("document.querySelector('#param-share')?.value === '0.25'")
        assert tab.evaluate("document.querySelector('#param-shops').value") == "north\nsouth"


def test_a_long_run_is_cancelled_by_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, write_project(tmp_path), "/#/jobs/slow") as tab:
        tab.until_text("Start run")
        tab.press("Tab")
        assert tab.evaluate("document.activeElement.textContent") == "Skip to the content"
        tab.press("Enter")
        tab.tab_to("form button")
        tab.press("Enter")
        tab.until_text("Cancel run")
        assert tab.evaluate("document.activeElement.tagName") == "H1", "a reader begins at the heading"
        tab.until_text("running")
        # The page is updated each second: the focus stays where it is.
        tab.tab_to("button.danger")
        time.sleep(2.5)
        tab.press("Enter")
        tab.until_text("Stop its Spark jobs?")
        assert tab.evaluate("document.activeElement.textContent") == "No"
        tab.press("Shift+Tab", "Enter")
        tab.until("document.querySelector('.run-state').innerText.includes('cancelled')")
        tab.until_text("Repeat with changes")
        run = next(iter(RunStore(tmp_path / "runs").list_newest(limit=1)))
        assert run.state == "cancelled"


def test_a_stream_is_started_watched_stopped_and_started_again(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, write_project(tmp_path), "/#/jobs/follow") as tab:
        tab.until_text("Start run")
        tab.fill("#every", "soon")
        tab.click("Start run")
        tab.until_text("`every` is 'soon', which is no interval")
        tab.fill("#every", "10 seconds")
        tab.click("Start run")
        tab.until_text("out@1")
        text = tab.text
        assert [shown in text for shown in ("1,235", "2 in quarantine", "4 files to read", "10 seconds")] == [
            True
        ] * 4
        tab.click("Stop")
        tab.until_text("The next run continues where it stopped")
        tab.evaluate(
            "[...document.querySelectorAll('.confirm button')].find(b => b.textContent === 'Stop').click()"
        )
        tab.until("document.querySelector('.run-state').innerText.includes('cancelled')")
        tab.click("Start again")
        tab.until_text("Continue the stream where it stopped?")
        tab.evaluate(
            "[...document.querySelectorAll('.confirm button')].find(b => b.textContent === 'Start again').click()"
        )
        tab.until("document.querySelector('.run-state').innerText.includes('running')")
        tab.until_text("out@1")
        [newest, stopped] = RunStore(tmp_path / "runs").list_newest(limit=2)
        assert [(run.state, run.every) for run in (newest, stopped)] == [
            ("running", "10 seconds"),
            ("cancelled", "10 seconds"),
        ]
        tab.click("Stop")
        tab.evaluate(
            "[...document.querySelectorAll('.confirm button')].find(b => b.textContent === 'Stop').click()"
        )
        tab.until("document.querySelector('.run-state').innerText.includes('cancelled')")


def test_a_request_that_fails_is_shown_and_one_of_a_view_that_was_left_is_forgotten(
    browser: Browser, tmp_path: Path
) -> None:
    project = write_project(tmp_path)
    RunStore(project / "runs").begin("20260101-000000-abc", "slow", params={})
    with opened(browser, project, "/#/runs/20260101-000000-abc") as tab:
        tab.until_text("Compare with another run")
        open_comparison = "document.querySelector('.run-compare details').open = true"
        tab.evaluate(
            "window.answer = window.fetch; window.fetch = async () => { throw new TypeError('refused') }"
        )
        tab.evaluate(open_comparison)
        tab.until_text("The service does not answer. Try again in a moment.")
        tab.evaluate("window.fetch = window.answer")
        tab.evaluate("location.hash = '#/runs'")
        tab.until("!document.querySelector('.run-compare')")
        tab.evaluate("location.hash = '#/runs/20260101-000000-abc'")
        tab.until_text("Compare with another run")
        # A request that gets no answer is pending when the view is left.
        tab.evaluate(
            "window.fetch = (url, { signal }) => String(url).includes('job=slow') ? new Promise((_, fail) => {"
            " window.pending = true;"
            " signal.addEventListener('abort', () => { window.ended = true; fail(signal.reason) }) })"
            " : window.answer(url, { signal })"
        )
        tab.evaluate(open_comparison)
        tab.until("window.pending")
        tab.evaluate("location.hash = '#/runs'")
        tab.until("window.ended && !document.querySelector('.run-compare')")
        assert tab.evaluate("document.querySelector('.failure')") is None


def test_no_script_of_the_data_runs(browser: Browser, tmp_path: Path) -> None:
    report = f"<h1>Report</h1><script>parent.{RUN};{RUN}</script><img src=x onerror='{RUN}'>"
    project = write_project(tmp_path, HOSTILE, report)
    RunStore(project / "runs").begin("20260101-000000-abc", HOSTILE, params={HOSTILE: HOSTILE})
    with opened(browser, project, "/#/runs") as tab:
        tab.until_text("20260101-000000-abc")
        check_harmless(tab)
        assert SHOWN in tab.text
        for path in (
            f"/#/jobs/{HOSTILE}",
            f"/#/{HOSTILE}",
            f"/#/tables/{HOSTILE}",
            "/#/runs/20260101-000000-abc",
            "/#/tables",
            "/#/models",
            "/#/quarantine",
            f"/#/quarantine/{HOSTILE}",
            f"/#/models/{HOSTILE}",
            "/#/tables/out",
        ):
            tab.evaluate(f"location.hash = {json.dumps(path[2:])}")
            time.sleep(0.5)
            check_harmless(tab)
        tab.until_text(f"column {SHOWN}")
        tab.evaluate("location.hash = '#/jobs/publish'")
        tab.until_text("Start run")
        fill_day(tab, "2024-03-02")
        tab.fill("#param-shops", HOSTILE.replace("\n", " "))
        tab.fill("#param-top", HOSTILE)
        tab.click("Start run")
        tab.until_text("The run was not started")
        check_harmless(tab)
        tab.fill("#param-top", "3")
        tab.click("Start run")
        tab.until_text("written: 3 rows")
        tab.until_text("Rows of out")
        time.sleep(0.5)
        check_harmless(tab)
        assert tab.text.count(SHOWN) >= 6, "parameter, row, column, two checks, sample, log"
        # The report as a page of its own.
        tab.evaluate("location.href = document.querySelector('iframe').src")
        tab.until("document.querySelector('h1')?.textContent === 'Report'")
        assert tab.evaluate("typeof window.marker") == "undefined"


def check_harmless(tab: Tab) -> None:
    elements = "[...document.querySelectorAll('script, img, object, embed, base, form, a, iframe, [style]')]"
    assert tab.evaluate("typeof window.marker") == "undefined"
    assert (
        tab.evaluate(
            f"{elements}.filter(e => e.matches('img, object, embed, base, [style], script:not([src])')).length"
        )
        == 0
    )
    handlers = "[...document.querySelectorAll('*')].flatMap(e => [...e.attributes]).filter(a => a.name.startsWith('on')).length"
    assert tab.evaluate(handlers) == 0
    assert (
        tab.evaluate("[...document.querySelectorAll('a')].filter(a => a.origin !== location.origin).length")
        == 0
    )
    assert (
        tab.evaluate(
            r"/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/.test(document.body.textContent)"
        )
        is False
    )


def test_two_runs_are_compared(browser: Browser, tmp_path: Path) -> None:
    runs = RunStore(write_project(tmp_path) / "runs")
    for number in (1, 2):
        attempt = runs.begin(f"20260101-000000-ab{number}", "slow", params={"n": number})
        attempt.enter("done", "ended", ended=f"2026-01-01T00:00:0{number}+00:00")
    with opened(browser, tmp_path, "/#/runs/20260101-000000-ab2") as tab:
        tab.until_text("Compare with another run")
        tab.evaluate("document.querySelector('.run-compare summary').click()")
        tab.click("Compare")
        tab.until_text("Comparison")
        tab.until_text("Parameters")
        rows = tab.evaluate(
            "[...document.querySelectorAll('tbody tr')].map(e => e.innerText.trim().split(/\\s+/))"
        )
        assert ["n", "1", "2"] in [row[:3] for row in rows]


def test_a_token_is_asked_for_and_forgotten(browser: Browser, tmp_path: Path) -> None:
    project = write_project(tmp_path)
    database = open_database(None, project)
    token = TokenStore(database).create("ann", "read")
    database.dispose()
    with opened(browser, project, "/#/jobs/slow", has_tokens=True) as tab:
        tab.until_text("Sign in")
        assert tab.evaluate("document.activeElement.id") == "token"
        tab.enter("sparkops_wrong")
        tab.press("Enter")
        tab.until_text("unknown, expired or revoked")
        tab.fill("#token", token)
        tab.press("Enter")
        tab.until_text("The token of ann starts no runs.")
        assert tab.evaluate("document.cookie") == ""
        tab.click("Sign out")
        tab.until("Boolean(document.querySelector('#token'))")


@pytest.mark.parametrize("width", [320, 400, 800, 1400])
def test_nothing_is_wider_than_the_window(browser: Browser, tmp_path: Path, width: int) -> None:
    project = write_project(tmp_path, f"{'very ' * 30}{'l' * 300}ong")
    with opened(browser, project, "/#/jobs/publish") as tab:
        tab.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=True
        )
        tab.until_text("Start run")
        fill_day(tab, "2024-03-02")
        tab.fill("#param-shops", "s" * 300)
        check_width(tab, width)
        tab.click("Start run")
        tab.until_text("Rows of out")
        check_width(tab, width)
        views = {
            "#/runs": "State",
            "#/tables": "Description",
            "#/tables/out": "Versions",
            "#/jobs": "Sum the orders",
        }
        for view, text in views.items():
            tab.evaluate(f"location.hash = {json.dumps(view)}")
            tab.until_text(text)
            check_width(tab, width)


def check_width(tab: Tab, width: int) -> None:
    assert tab.evaluate("document.documentElement.scrollWidth") <= width, tab.evaluate("location.href")
