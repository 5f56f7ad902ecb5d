"""Jobs in packages: what they import is found in this process and in Python UDFs on Spark's workers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sparkops import Engine
from sparkops.pipeline.discovery.jobs_package import forget_package

pytestmark = pytest.mark.spark

JOB = """
from pyspark.sql import DataFrame, functions as F
from sparkops import job
from jobs.lib.money import Money
from shared.words import plus_one
from .helper import to_cents
import _short

@job
def cents(raw: DataFrame) -> DataFrame:
    @F.udf("long")
    def convert(amount):
        from .helper import to_cents as again
        from jobs.lib.money import Money as same
        assert again(amount) == to_cents(amount) == same(amount).cents() == Money(amount).cents()
        return plus_one(_short.identity(again(amount)))

    return raw.select(convert("amount").alias("cents"))
"""
FILES = {
    "jobs/sales/cents.py": JOB,
    "jobs/sales/helper.py": "from ..lib.money import Money\ndef to_cents(x):\n    return Money(x).cents()\n",
    "jobs/lib/money.py": "class Money:\n    def __init__(self, x):\n        self.x = x\n"
    "    def cents(self):\n        return int(self.x * 100)\n",
    "jobs/_short.py": "def identity(x):\n    return x\n",
    "shared/words.py": "def plus_one(x):\n    return x + 1\n",
    "conf/base/tables.yml": "tables:\n  raw: {path: raw.csv, format: csv, options: {header: true}, schema: amount DOUBLE}\n",
    "raw.csv": "amount\n1.0\n2.5\n",
}


@pytest.fixture
def project(make_project: Callable[..., Path], spark: object) -> Iterator[Path]:
    root = make_project(FILES)
    before = list(sys.path)
    # Workers of the shared session do not know this project: they get its folders as those of a project do.
    yield root
    forget_package(root / "jobs")
    sys.path[:] = before


def test_functions_of_packages_run_in_udfs(project: Path) -> None:
    engine = Engine(project)
    engine.container.spark.code.send_files = True
    engine.run("cents")
    assert sorted(row["cents"] for row in engine.preview("cents")) == [101, 251]


def test_a_changed_helper_in_a_subfolder_makes_a_job_run_again(project: Path) -> None:
    job = project / "jobs/sales/cents.py"
    # Workers keep what functions import while they run: only functions that are sent change within a session.
    lines = [
        line
        for line in job.read_text().splitlines(keepends=True)
        if not line.endswith((" as again\n", " as same\n")) and "assert" not in line
    ]
    job.write_text("".join(lines).replace("again(amount)", "to_cents(amount)"))
    engine = Engine(project)
    engine.container.spark.code.send_files = True
    assert [step.state for step in engine.flow(["cents"])] == ["done"]
    assert [step.state for step in Engine(project).flow(["cents"])] == ["fresh"]
    file = project / "jobs/lib/money.py"
    file.write_text(file.read_text().replace("* 100", "* 1000"))
    changed = Engine(project)
    changed.container.spark.code.send_files = True
    assert [step.state for step in changed.flow(["cents"])] == ["done"]
    assert sorted(row["cents"] for row in changed.preview("cents")) == [1001, 2501]


def test_the_jobs_may_be_a_package_elsewhere(make_project: Callable[..., Path], spark: object) -> None:
    root = make_project({"conf/base/project.yml": "jobs: src/acme_sales/jobs\n"})
    for name, text in {
        "__init__.py": "",
        "rates.py": "FACTOR = 3\n",
        "jobs/__init__.py": "",
        "jobs/tripled.py": "from pyspark.sql import DataFrame, SparkSession, functions as F\nfrom sparkops import job\n"
        "from ..rates import FACTOR\n@job\ndef tripled(spark: SparkSession) -> DataFrame:\n"
        "    return spark.range(3).select(F.udf(lambda x: x * FACTOR, 'long')('id').alias('id'))\n",
    }.items():
        file = root / "src/acme_sales" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (root / "jobs").rmdir()
    engine = Engine(root)
    engine.run("tripled")
    assert sorted(row["id"] for row in engine.preview("tripled")) == [0, 3, 6]
    forget_package(root / "src/acme_sales/jobs")
