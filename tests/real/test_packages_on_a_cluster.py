"""Jobs in packages on executors of their own processes, which do not share the path of the driver."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.cluster

JOB = """
from pyspark.sql import DataFrame, SparkSession, functions as F
from sparkops import job
from jobs.lib.money import Money
from .helper import to_cents
import _short

@job
def cents(spark: SparkSession) -> DataFrame:
    def convert(number):
        # The executors of this test run on the machine of the driver: what they inherit from it is removed.
        import sys
        sys.path[:] = [part for part in sys.path if not part.startswith("{root}")]
        from .helper import to_cents as again
        from jobs.lib.money import Money as same
        from _short import identity
        assert again(number) == to_cents(number) == same(number).cents() == Money(number).cents()
        return identity(_short.identity(again(number)))

    return spark.range(3).select(F.udf(convert, "long")("id").alias("cents"))
"""
FILES = {
    "jobs/sales/helper.py": "from ..lib.money import Money\ndef to_cents(x):\n    return Money(x).cents()\n",
    "jobs/lib/money.py": "class Money:\n    def __init__(self, x):\n        self.x = x\n"
    "    def cents(self):\n        return int(self.x * 100)\n",
    "jobs/_short.py": "def identity(x):\n    return x\n",
    "conf/cluster/spark.yml": "spark:\n  mode: cluster\n  master: local-cluster[1,1,1024]\n"
    "  conf: {spark.sql.shuffle.partitions: 2}\n",
}


@pytest.mark.slow
def test_udfs_import_the_modules_of_the_jobs(make_project: Callable[..., Path], sparkops: Callable) -> None:
    root = make_project(FILES)
    (root / "jobs/sales/cents.py").write_text(JOB.replace("{root}", str(root)))
    sparkops("run", "cents", "--env", "cluster", cwd=root)
    shown = sparkops("tables", "show", "cents", "--json", cwd=root).stdout
    assert sorted(shown.splitlines()) == ['{"cents": 0}', '{"cents": 100}', '{"cents": 200}']
