"""A job is up to date only while the rows of its run are in the table: slices, tables that were made again, environments."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from fakes.delta_runs import DeltaRuns

from sparkops import Engine
from sparkops.engine.operations.freshness import FreshRunFinder
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import BoundParameters
from sparkops.runs.fingerprint import params_to_json
from sparkops.tables import Tables

HEAD = "from datetime import date\nfrom pyspark.sql import DataFrame\nfrom sparkops import job\n\n"
ROWS = {"a": [1, 2]}


class Project:
    """A project of one job `sales`, whose runs are recorded and commit rows by delta-rs; no JVM is started."""

    def __init__(self, root: Path, env: str | None = None) -> None:
        self.engine = Engine(root, env=env)
        self.engine.container.__dict__["tables"] = Tables(None, self.engine.settings)
        self.runs = DeltaRuns(self.engine)
        self.job: Job = self.engine.container.project.declared.find("sales")

    def bind(self, params: dict[str, Any]) -> BoundParameters:
        from sparkops.engine.parameter_sources import to_sources

        return self.engine.container.project.bind(self.job, to_sources(params))

    def run(self, **params: Any) -> str:
        """Record a run of the job, and return its id."""
        bound = self.bind(params)
        work = FreshRunFinder(self.engine.container).examine(self.job, bound).work
        return self.runs.run(
            "sales",
            writes={"sales": ROWS},
            params=params_to_json(self.job, bound.values),
            work=dict(work),
            env=self.engine.settings.env,
        )

    def explain(self, **params: Any) -> tuple[str, ...]:
        """Return why the job is not up to date."""
        examined = FreshRunFinder(self.engine.container).examine(self.job, self.bind(params))
        assert examined.is_fresh == (not examined.reasons)
        return examined.reasons


@pytest.fixture
def make(make_project: Callable[..., Path]) -> Callable[..., Project]:
    def make(options: str = "", arguments: str = "", files: dict[str, str] | None = None) -> Project:
        text = f"{HEAD}@job({options})\ndef sales({arguments}) -> DataFrame:\n    return None\n"
        return Project(make_project({"jobs/sales.py": text} | (files or {})))

    return make


MONTHS = "*, month: list[int] | None = None, day: date | None = None, shop: str = 's', threshold: int = 5"


@pytest.mark.parametrize(
    ("options", "first", "second", "stays"),
    [
        # The slice has the rows of the other threshold.
        ("replace='shop'", {"threshold": 5}, {"threshold": 10}, False),
        ("replace='shop'", {"shop": "n", "threshold": 5}, {"shop": "s", "threshold": 10}, True),
        ("replace='shop'", {"shop": "n"}, {"shop": "s"}, True),
        ("replace=('month', 'shop')", {"month": [1]}, {"month": [2]}, True),
        ("replace=('month', 'shop')", {"month": [1, 2]}, {"month": [2, 3]}, False),
        ("replace=('month', 'shop')", {"month": [1]}, {"month": None}, False),
        ("replace=('month', 'shop')", {"month": None, "shop": "n"}, {"month": [1], "shop": "n"}, False),
        ("replace=('month', 'shop')", {"month": None, "shop": "n"}, {"month": [1], "shop": "s"}, True),
        ("replace='day'", {"day": date(2024, 1, 1)}, {"day": date(2024, 1, 2)}, True),
        # The values of the result define the slice.
        ("replace='other'", {"shop": "n"}, {"shop": "s"}, False),
        ("mode='append'", {"threshold": 5}, {"threshold": 10}, True),
        ("", {"threshold": 5}, {"threshold": 10}, False),
    ],
)
def test_a_run_with_other_parameters_leaves_the_rows_of_other_slices(
    make: Callable[..., Project], options: str, first: dict[str, Any], second: dict[str, Any], stays: bool
) -> None:
    if "replace" in options:
        options += ", not_filters=('month', 'day')"
    project = make(options, MONTHS)
    project.run(**first)
    assert project.explain(**first) == ()
    later = project.run(**second)
    assert project.explain(**second) == ()
    assert project.explain(**first) == (() if stays else (f"`sales` was changed since by run {later}",))
    # The first parameters again, and then it is up to date.
    project.run(**first)
    assert project.explain(**first) == ()


@pytest.mark.parametrize("commits", [0, 1, 3])
def test_a_table_that_was_created_again_has_no_rows_of_the_run(
    make: Callable[..., Project], commits: int
) -> None:
    project = make("mode='append'")
    for _ in range(2):
        project.run()
    shutil.rmtree(project.runs.warehouse / "sales")
    assert project.explain() == ("table `sales`, which it published, is gone",)
    for _ in range(1 + commits):
        project.runs.commit("sales", ROWS)
    reason = "is gone" if commits == 0 else "`sales` is another table, which was created since then"
    assert project.explain()[0].endswith(reason)


def test_a_new_version_with_the_same_id_is_no_other_table(make: Callable[..., Project]) -> None:
    project = make("mode='append'")
    project.run()
    project.runs.commit("sales", ROWS, mode="overwrite")
    assert project.explain() == ("`sales` was changed since by a commit that no run made (WRITE)",)
    DeltaTable(str(project.runs.warehouse / "sales")).restore(0)
    assert project.explain()[0].startswith("`sales` was changed since by a commit that no run made")


def test_a_record_without_the_id_of_its_table_counts_by_the_version(make: Callable[..., Project]) -> None:
    project = make("mode='append'")
    run_id = project.run()
    (file,) = (project.engine.runs.folder / run_id).glob("*.jsonl")
    identity = project.engine.runs.read(run_id).outputs["sales"]["identity"]
    file.write_text(file.read_text().replace(f'"{identity}"', '""'))
    assert project.explain() == ()


def test_a_run_of_another_environment_does_not_count(make: Callable[..., Project]) -> None:
    conf = {"conf/prod/tables.yml": "warehouse: data/prod\n", "conf/local/tables.yml": "{}\n"}
    base = make("mode='append'", files=conf)
    run_id = base.run()
    prod = Project(base.engine.root, "prod")
    assert prod.explain() == (
        f"it was run only in another environment (run {run_id}, {base.engine.settings.env})",
    )
    prod_id = prod.run()
    # Each has a newest run of its own; the newest of all is of the other one.
    assert (prod.explain(), base.explain()) == ((), ())
    assert Project(base.engine.root, "local").explain() == ()
    assert prod_id > run_id


CHECKED = "checked_inputs=True"
SUITE = "expectations:\n  - expect_column_values_to_not_be_null: {column: a}\n"


@pytest.mark.parametrize(
    ("before", "after", "suite", "reason"),
    [
        ("", CHECKED, SUITE, "`raw` is read only if it passes its checks now"),
        (CHECKED, CHECKED, SUITE + "  # tighter\n", "the checks of its input `raw` were changed"),
        (CHECKED, "", SUITE, "`raw` does not have to pass its checks any more"),
        (CHECKED, CHECKED, SUITE, None),
        ("", "", SUITE + "  # tighter\n", None),
    ],
)
def test_the_checks_that_an_input_has_to_pass_count(
    make: Callable[..., Project], before: str, after: str, suite: str, reason: str | None
) -> None:
    files = {"conf/checks/raw.yml": SUITE}
    project = make(before, "raw: DataFrame", files)
    project.runs.commit("raw", ROWS)
    project.run()
    assert project.explain() == ()
    project = make(after, "raw: DataFrame", {"conf/checks/raw.yml": suite})
    assert project.explain() == ((reason,) if reason else ())


def test_a_record_of_before_has_the_checks_of_its_inputs_with_their_verdicts(
    make: Callable[..., Project],
) -> None:
    project = make(CHECKED, "raw: DataFrame", {"conf/checks/raw.yml": SUITE})
    project.runs.commit("raw", ROWS)
    work = dict(FreshRunFinder(project.engine.container).examine(project.job, project.bind({})).work)
    suite = work.pop("checked raw")
    verdict = {"version": 0, "suite": suite, "run": "x"}
    project.runs.run("sales", writes={"sales": ROWS}, work=work, verdicts={"raw": verdict})
    assert project.explain() == ()
    project.runs.run("sales", writes={"sales": ROWS}, work=work, verdicts={"raw": verdict | {"suite": "x"}})
    assert project.explain() == ("the checks of its input `raw` were changed",)
