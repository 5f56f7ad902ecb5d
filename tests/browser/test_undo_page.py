"""Replay, rollback and release on the page: what is asked before, and what is requested then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser.chromium import Browser, find_program, start_browser
from browser.service_tab import opened
from browser.tab import Tab
from fakes.delta_runs import A, B, DeltaRuns, open_without_spark
from fakes.page_project import write_project
from fakes.served_project import add_quarantined_rows

from sparkops.engine import Engine
from sparkops.runs.records.run import Run, run_to_json
from sparkops.runs.records.store import RunStore

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(find_program() is None, reason="Chromium is not installed: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with start_browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path)


def find_newest(project: Path) -> Run:
    return next(iter(RunStore(project / "runs").list_newest(limit=1)))


def find_facts(project: Path, run: str, kind: str) -> Any:
    return run_to_json(RunStore(project / "runs").read(run)).get(kind)


def list_focused(tab: Tab) -> str:
    return str(tab.evaluate("document.activeElement.innerText"))


def until_done(tab: Tab, kind: str) -> str:
    """Return the id of the replay, rollback or release that was requested last, once the page shows its end."""
    tab.until(
        f"document.querySelector('h1')?.innerText.includes('{kind}') || document.body.innerText.includes('kind\\n{kind}')"
    )
    tab.until("document.querySelector('.run-state')?.innerText.includes('done')")
    return str(tab.evaluate("location.hash")).removeprefix("#/runs/")


def test_a_run_is_replayed_once_that_is_confirmed(browser: Browser, project: Path) -> None:
    original = DeltaRuns(open_without_spark(project)).run("publish", params={"day": "2024-03-02"})
    with opened(browser, project, f"/#/runs/{original}") as tab:
        tab.click("Replay")
        tab.until_text("Run it again on the versions that it read, and compare the results?")
        assert list_focused(tab) == "No"
        tab.click("No")
        assert list_focused(tab) == "Replay"
        assert find_newest(project).id == original
        tab.click("Replay")
        tab.until_text("Run it again on the versions")
        tab.click("Replay")
        run = until_done(tab, "replay")
    assert find_facts(project, run, "replay")["of"] == original


def test_a_rollback_shows_its_plan_before_it_is_requested(browser: Browser, project: Path) -> None:
    runs = DeltaRuns(open_without_spark(project))
    runs.run("publish", writes={"t": A})
    original = runs.run("publish", writes={"t": B})
    with opened(browser, project, f"/#/runs/{original}") as tab:
        tab.click("Roll back…")
        tab.until_text("t returns from version 1 to the rows of version 0.")
        assert f"Run {original} of publish is rolled back." in tab.text
        assert find_newest(project).id == original, "a plan is no request"
        tab.click("Close")
        tab.until("!document.body.innerText.includes('returns from version')")
        tab.click("Roll back…")
        tab.until_text("returns from version 1")
        tab.click("Roll back")
        tab.until_text("Change this now?")
        tab.click("Roll back")
        run = until_done(tab, "rollback")
    assert find_facts(project, run, "rollback") == {
        "of": original,
        "cascade": False,
        "include_foreign": False,
    }


def test_a_rollback_that_others_depend_on_says_so_and_shows_the_plan_with_them(
    browser: Browser, project: Path
) -> None:
    runs = DeltaRuns(open_without_spark(project))
    original = runs.run("publish", writes={"t": A})
    later = runs.run("slow", reads=["t"], writes={"u": B})
    with opened(browser, project, f"/#/runs/{original}") as tab:
        tab.click("Roll back…")
        tab.until_text(later)
        tab.click("Show the plan that includes them")
        tab.until_text(f"Run {later} of slow is rolled back.")
        assert "u is emptied." in tab.text
        tab.click("Roll back")
        tab.until_text("Change this now?")
        tab.click("Roll back")
        run = until_done(tab, "rollback")
    assert find_facts(project, run, "rollback")["cascade"] is True


@pytest.mark.parametrize("discard", [False, True])
def test_quarantined_rows_are_released_or_discarded(
    browser: Browser, project: Path, *, discard: bool
) -> None:
    add_quarantined_rows(Engine(project), "held", "r1", "r2")
    button = "Discard rows" if discard else "Release rows"
    with opened(browser, project, "/#/quarantine/held") as tab:
        tab.until_text("Only the rows that one run quarantined.")
        tab.evaluate("document.querySelector('#release-run').value = JSON.stringify('r2')")
        tab.click(button)
        tab.until_text("Never write these rows?" if discard else "write those that pass?")
        tab.click(button)
        run = until_done(tab, "release")
        answer = tab.evaluate(f"fetch('/runs/{run}').then(answer => answer.json())")
        assert answer["result"] == {"table": "held", "run": "r2", "repairs": {}, "discard": discard}
