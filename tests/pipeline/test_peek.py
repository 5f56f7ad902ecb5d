"""Jobs read without importing Spark: each claim in an interpreter of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PEEK = """
import sys
from pathlib import Path
from sparkops.pipeline.discovery.peek import peek
folder = Path(sys.argv[1])
"""
COMMON = """
import pyspark.sql.functions as F
from pyspark.sql.types import StringType, StructField, StructType
LATE = (F.col("delay") >= 15) & ~F.col("delay").isNull() | (1 - F.lit(2) == 3)
SCHEMA = StructType([StructField("carrier", StringType())])
def carrier(frame):
    return frame.select(F.col("carrier"))
"""
JOBS = """
from datetime import date
from typing import NamedTuple
import pandas as pd
from pyspark.ml import Transformer
from pyspark.ml.param.shared import HasInputCol
from pyspark.sql import DataFrame, SparkSession, functions as F
from common_rules import LATE, carrier
from sparkops.pipeline.declare import job
from sparkops.pipeline.model import Model, ModelVersion

class Mean(Transformer, HasInputCol):
    pass

class Both(NamedTuple):
    kept: DataFrame
    odd: DataFrame

@F.udf("int")
def length(text: str) -> int:
    return len(text)

@job(replace="day", not_filters="n")
def delays(flights: DataFrame, m: ModelVersion, spark: SparkSession, *, day: date, n: int | None = None) -> DataFrame:
    \"\"\"Average delay.\"\"\"
    return flights

@job
def split(delays: DataFrame) -> Both: ...

@job
def train_m(kept: DataFrame) -> Model: ...
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    created = tmp_path / "jobs"
    created.mkdir()
    (created / "common_rules.py").write_text(COMMON)
    (created / "delay_jobs.py").write_text(JOBS)
    return created


def run(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PEEK + code, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_peek_returns_the_declarations_and_imports_no_heavy_library(folder):
    code = """
jobs = peek(folder)
heavy = [n for n in ("pyspark", "pandas", "mlflow", "delta", "great_expectations") if n in sys.modules]
d = jobs["delays"]
print(sorted(jobs), heavy, d.tables, d.models, d.session, [p.name for p in d.params], d.writes[0].by)
print(jobs["split"].kind, [w.table for w in jobs["split"].writes], jobs["train_m"].registers)
"""
    assert run(code, folder).splitlines() == [
        "['delays', 'split', 'train_m'] [] ('flights',) ('m',) spark ['day', 'n'] ('day',)",
        "tables ['kept', 'odd'] m",
    ]


def test_peek_leaves_no_placeholder_in_sys_modules(folder):
    lib = folder.parent / "lib" / "ours"
    lib.mkdir(parents=True)
    (lib / "__init__.py").write_text("")
    (lib / "rules.py").write_text(
        "from pyspark.sql.types import StringType\ndef kind():\n    return StringType().simpleString()\n"
    )
    (lib / "again.py").write_text("from ours.rules import kind\n")
    (folder / "third_job.py").write_text("import ours.again\n")
    code = """
sys.path.append(str(folder.parent / "lib"))
peek(folder)
left = sorted(n for n in sys.modules if n in ("common_rules", "delay_jobs", "ours.rules", "ours.again"))
from ours.again import kind
print(left, kind(), any("Placeholder" in type(f).__name__ for f in sys.meta_path))
"""
    assert run(code, folder) == "[] string False"


def test_values_bound_to_a_peeked_job_are_rebound_to_the_loaded_job(folder):
    (folder / "common_rules.py").unlink()
    (folder / "delay_jobs.py").unlink()
    (folder / "enum_job.py").write_text(
        "from enum import Enum\nfrom sparkops.pipeline.declare import job\n"
        "class Kind(Enum):\n    LR = 'lr'\n    GBT = 'gbt'\n"
        "@job\ndef kinds(raw: 'DataFrame', *, kind: Kind = Kind.LR, all: list[Kind] = []) -> 'DataFrame':\n"
        "    return kind is Kind.GBT, [one.name for one in all]\n"
    )
    code = """
from sparkops.pipeline.parameters.bind import ParameterSource, bind, rebind
from sparkops.pipeline.discovery.discover import discover
seen = peek(folder)["kinds"]
bound = bind(seen, [ParameterSource(values={"kind": "gbt", "all": "lr,gbt"}, origin="command line")])
loaded = discover(folder)["kinds"]
carried = rebind(bound, peeked=seen, loaded=loaded)
print(loaded(None, **bound.values)[0], loaded(None, **carried.values), carried.origins["kind"])
"""
    assert run(code, folder) == "False (True, ['LR', 'GBT']) command line"


def test_calling_a_peeked_job_raises(folder):
    code = """
from sparkops.errors import DeclarationError
try:
    peek(folder)["split"](None)
except DeclarationError as error:
    print(error)
"""
    assert run(code, folder).startswith("Job `split` (")


@pytest.mark.parametrize(
    "line",
    [
        "import pyspark\nassert pyspark.__version__ >= '4'",
        "from pyspark.sql.types import *\nx = StringType()",
        "from pyspark.sql.types import StringType\nassert str(StringType()) == 'StringType()'",
        "from pyspark.sql.types import StructType\nnames = [f.name for f in StructType().add('a', 'string')]",
        "import pandas\nassert isinstance(pandas.Timestamp('2013-07-04').year, int)",
    ],
)
def test_a_file_that_needs_a_real_library_is_imported_with_it(folder, line):
    (folder / "common_rules.py").unlink()
    (folder / "delay_jobs.py").unlink()
    (folder / "real_job.py").write_text(
        line
        + "\nfrom sparkops.pipeline.declare import job\n@job\ndef real(raw: 'DataFrame') -> 'DataFrame':\n    return raw\n"
    )
    assert run("print(peek(folder)['real'](7))", folder) == "7"


def test_a_broken_file_is_reported_by_the_real_import(folder):
    (folder / "common_rules.py").write_text("import pyspark\n\nLATE = 1 / 0\n")
    code = """
from sparkops.errors import DeclarationError
try:
    peek(folder).require_all()
except DeclarationError as error:
    print(error)
"""
    messages = "jobs/common_rules.py:3: the file cannot be imported: ZeroDivisionError: division by zero"
    assert run(code, folder) == messages
