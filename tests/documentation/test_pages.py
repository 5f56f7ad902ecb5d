"""Every command and code block of the documentation runs and prints what its page shows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet
from documentation.blocks import ROOT, Page, read_pages
from documentation.page_session import PageSession, run_sparkops
from fakes.real_processes import free_port

from sparkops.spark import Starter

PAGES = read_pages()
TUTORIAL = "docs/tutorial.md"


def has_blocks(page: Page) -> bool:
    return any("not run" not in block.directives for block in page.blocks)


def runs_of(*, spark: bool) -> list[ParameterSet]:
    return [
        pytest.param(page, id=page.name, marks=[pytest.mark.slow] if "slow" in page.options else [])
        for page in PAGES
        if has_blocks(page) and ("spark" in page.options) is spark and page.name != TUTORIAL
    ]


@pytest.fixture(scope="session")
def tutorial(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config, starter: Starter) -> Path:
    """Run the tutorial once; the pages that go on from it share its project."""
    starter.session()
    (page,) = (page for page in PAGES if page.name == TUTORIAL)
    session = PageSession(
        page=page,
        folder=tmp_path_factory.mktemp("home"),
        port=free_port(),
        update=pytestconfig.getoption("--update-docs"),
    )
    session.run()
    return session.folder


def make_recorded_project(folder: Path) -> None:
    """Make a project with the runs and tables of tests/golden, so that a page about them needs no Spark."""
    for name in ("conf/base", "jobs"):
        (folder / name).mkdir(parents=True)
    golden = Path(__file__).parent.parent / "golden" / "v2"
    for source, target in (
        ("runs", ".sparkops/runs"),
        ("tables", "data/warehouse"),
        ("conf/checks", "conf/checks"),
    ):
        shutil.copytree(golden / source, folder / target)


@pytest.fixture
def run_page(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[Page], int]:
    """Run one page in the project that it asks for; return how many of its blocks were executed or compared."""

    def run(page: Page) -> int:
        folder = tmp_path / "project"
        project = page.options.get("project", "empty")
        if project == "tutorial":
            folder = request.getfixturevalue("tutorial")
        elif project == "init":
            assert run_sparkops(["init", str(folder)]) == 0
        elif project == "flights":
            for name in ("jobs", "conf"):
                shutil.copytree(ROOT / name, folder / name)
        elif project == "recorded":
            make_recorded_project(folder)
        else:
            for name in ("jobs", "conf/base", "conf/checks"):
                (folder / name).mkdir(parents=True)
        update = request.config.getoption("--update-docs")
        return PageSession(page=page, folder=folder, port=free_port(), update=update).run()

    return run


@pytest.mark.spark
def test_the_tutorial(tutorial: Path) -> None:
    assert {"conf", "jobs"} <= {path.name for path in tutorial.iterdir()}


@pytest.mark.matrix(every=2)
@pytest.mark.spark
@pytest.mark.parametrize("page", runs_of(spark=True))
def test_a_page_with_spark(page: Page, spark: object, run_page: Callable[[Page], int]) -> None:
    assert run_page(page) > 0


@pytest.mark.parametrize("page", runs_of(spark=False))
def test_a_page_without_spark(page: Page, run_page: Callable[[Page], int]) -> None:
    assert run_page(page) > 0
