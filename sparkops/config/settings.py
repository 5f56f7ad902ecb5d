"""The typed, immutable settings of a project in one environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr

from sparkops.config.api_settings import ApiSettings
from sparkops.config.section import Section
from sparkops.config.setting_types import Address, Count, Scalar, Seconds, convert_null_to_text, parse_wait
from sparkops.core.duration import MAX_SECONDS


class TableSettings(Section):
    """A table or read-only source of the catalog, under `tables:`."""

    path: Address | None = None
    """Folder or file of the table, relative to the project; `package:NAME/FILE` is a file of an installed package.
    By default `<warehouse>/<name>`.

    Example: source/orders.csv
    """
    name: str | None = None
    """Name in a metastore or in Unity Catalog, in place of `path`.

    Example: main.flights.raw
    """
    format: Literal["delta", "csv", "json", "parquet", "orc", "avro", "text"] = "delta"
    """`delta` for a table; the other formats are read-only sources.

    Example: csv
    """
    options: Mapping[str, str] = Field(default_factory=dict)
    """Options of Spark's reader, by Spark's names.

    Example: {header: "true", nullValue: NA}
    """
    table_schema: Annotated[str | None, Field(alias="schema")] = None
    """Columns and types of a source, as Spark DDL.

    Example: order_id INT, day DATE, amount DOUBLE
    """
    encoding: str = "UTF-8"
    """Encoding of the files of a CSV, JSON or text source.

    Example: ISO-8859-1
    """
    optional: tuple[str, ...] = ()
    """Declared columns that files of a source may lack; they are read as null. In JSON a column is lacking if no record
    of a file has its key.

    Example: [coupon, note]
    """
    strict: bool = True
    """Refuse files of a source that do not have its declared columns and types, or its encoding, and values that
    would be changed: decimals with too many digits, times that a time zone skips. false reads them as Spark does,
    with null for what is missing.

    Example: false
    """
    description: str = ""
    """One sentence, shown by `sparkops tables`.

    Example: Orders as the shop exports them.
    """


class SparkSettings(Section):
    """Where Spark runs, under `spark:`."""

    mode: Literal["local", "cluster", "submit", "databricks", "connect"] = "local"
    """Where the session comes from: started on this machine, started on a cluster's master, created in the JVM of
    `spark-submit`, the active session of Databricks, or Spark Connect. Under `spark-submit` and on Databricks, `local`
    follows the surrounding process.

    Example: cluster
    """
    master: str | None = None
    """Spark's master: `local[*]` (the default of mode `local`), `spark://...`, `yarn`, `k8s://...`; for mode
    `connect` the server's address, `sc://...`.

    Example: spark://host:7077
    """
    conf: Mapping[str, Scalar | SecretStr] = Field(default_factory=dict)
    """Spark's own configuration keys. They override the defaults of sparkops; null removes a default.

    Example: {spark.sql.shuffle.partitions: 8}
    """
    jars: tuple[str, ...] = ()
    """Additional local jar files.

    Example: [lib/connector.jar]
    """
    compiler: Literal["quick", "full"] = "quick"
    """Compilers of the JVM: `quick` uses the first tier only and suits short local work; `full` uses both tiers.

    Example: full
    """


class ModelSettings(Section):
    """The MLflow registry and how models score, under `models:`."""

    tracking_uri: Address | None = None
    """MLflow's tracking server. By default SQLite in the project's state folder.

    Example: http://127.0.0.1:5000
    """
    registry_uri: Address | None = None
    """MLflow's model registry. By default the tracking server.

    Example: databricks-uc
    """
    artifact_root: Address | None = None
    """Where artifacts are stored. By default `<state>/mlflow/artifacts`.

    Example: s3://models/artifacts
    """
    experiment: str = "sparkops"
    """MLflow's experiment that training runs are logged to.

    Example: flights
    """
    batch: Literal["auto", "transform", "mapInArrow"] = "auto"
    """How Spark scores a frame: by Spark's own `transform`, by the compiled scorer in `mapInArrow`, or by the faster
    of the two (`auto`).

    Example: transform
    """
    environment: Literal["auto", "this", "own"] = "auto"
    """Where a model that is not a Spark model runs: in this Python environment, in its own, or in this one if it has
    the model's packages (`auto`).

    Example: own
    """
    rules: Literal["refuse", "warn", "count", "off"] = "warn"
    """What a scorer does with a row that violates a rule of the training tables' checks.

    Example: refuse
    """
    timeout: Seconds = 60.0
    """Seconds that a model in its own process may take to answer.

    Example: 10.0
    """
    process_memory: Count | None = None
    """Bytes of memory that a model in its own process may use. By default those of the machine.

    Example: 4000000000
    """
    process_cpu: Count | None = None
    """Seconds of processor time that a model in its own process may use in all. By default no limit.

    Example: 3600
    """
    process_files: Count = 4096
    """Files that a model in its own process may have open.

    Example: 1024
    """


class ServingSettings(Section):
    """What `sparkops serve` accepts, under `serving:`."""

    extra: Literal["ignore", "refuse", "pass"] = "ignore"
    """What happens to fields of a row that the model does not know: they are ignored and counted, refused, or passed
    back with the answer. A request may choose with `?extra=`.

    Example: pass
    """
    on_error: Annotated[Literal["fail", "null"], BeforeValidator(convert_null_to_text)] = "fail"
    """What an invalid row does: `fail` refuses the request, `null` answers null for that row and gives the reason. A
    request may choose with `?on_error=`.

    Example: "null"
    """
    workers: Annotated[int, Field(ge=1, le=256)] = 1
    """Processes that share the port.

    Example: 4
    """
    max_rows: Count = 100_000
    """Rows that a request may have.

    Example: 10000
    """
    max_bytes: Count = 16_000_000
    """Bytes that the body of a request may have, as sent and decompressed.

    Example: 4000000
    """
    max_connections: Count = 1000
    """Connections that a process accepts; further ones are answered with status 503.

    Example: 200
    """
    header_timeout: Seconds = 10.0
    """Seconds that the head of a request may take to arrive, and that a client may read nothing of an answer.

    Example: 5.0
    """
    body_timeout: Seconds = 30.0
    """Seconds that the body of a request may take to arrive.

    Example: 10.0
    """
    keep_alive: Count = 75
    """Seconds that a connection may be idle between two requests: longer than in the load balancer before the server.

    Example: 620
    """


class CheckSettings(Section):
    """The data-validation checkpoints, under `checks:`."""

    docs: bool = True
    """Write Data Docs, the pages of checks, after each checked run.

    Example: false
    """
    results: str | None = "check_results"
    """Table that stores every check result; null stores none.

    Example: quality_results
    """


class JobExecutionSettings(Section):
    """How one job is executed, under `execution.jobs.NAME`; overrides what the job declares."""

    retries: Annotated[int, Field(ge=0, le=1 << 53)] | None = None
    """How often a failed run is tried again.

    Example: 3
    """
    backoff: Annotated[float | None, BeforeValidator(parse_wait), Field(ge=0, le=MAX_SECONDS)] = None
    """Pause before the first retry, in seconds or as `90s`, `10m`, `1h`; each further one is twice as long.

    Example: 10s
    """
    timeout: Annotated[float | None, BeforeValidator(parse_wait), Field(gt=0, le=MAX_SECONDS)] = None
    """Time that an attempt may take, in seconds or as `90s`, `10m`, `1h`.

    Example: 1h
    """


class ExecutionSettings(Section):
    """How runs are executed, under `execution:`."""

    max_parallel: Count | None = None
    """Runs of one command that may be executed at the same time. By default one job of a flow, and as many runs of a
    fan-out (`--each`) as the machine has cores, at most eight.

    Example: 4
    """
    max_items: Count = 10_000
    """Runs that a fan-out (`--each`) may have.

    Example: 500
    """
    jobs: Mapping[str, JobExecutionSettings] = Field(default_factory=dict)
    """How often a job is tried, and how long an attempt may take, by job.

    Example: {train_late_arrival: {retries: 2, timeout: 1h}}
    """


class OpenLineageSettings(Section):
    """Where the OpenLineage events of runs go, under `lineage.openlineage`; nowhere without `file` and `url`."""

    file: str | None = None
    """File to which each event is appended as a line of JSON, relative to the project.

    Example: .sparkops/openlineage.jsonl
    """
    url: Address | None = None
    """Address to which each event is posted. An event that cannot be sent is a warning; no run fails.

    Example: https://marquez.example.com/api/v1/lineage
    """
    api_key: str | None = None
    """Key that is sent as a bearer token; null or an empty text sends none.

    Example: ${env:OPENLINEAGE_API_KEY:-}
    """
    namespace: str = "sparkops"
    """Namespace of jobs and models.

    Example: shop
    """
    timeout: Seconds = 5.0
    """Seconds to wait for the server, before and after each run.

    Example: 1.0
    """


class LineageSettings(Section):
    """To whom runs are reported, under `lineage:`."""

    openlineage: OpenLineageSettings = OpenLineageSettings()


class Settings(Section):
    """The merged values of conf/base, conf/<env> and --set, resolved against the project's root."""

    root: Path
    env: str
    state: Path
    """Folder of run records, logs, locks, the local registry and Data Docs.

    Example: .sparkops
    """
    warehouse: Address = "data/warehouse"
    """Folder or URI that holds the tables which jobs write.

    Example: s3a://lake/warehouse
    """
    jobs: str = "jobs"
    """Folder of the jobs, with its subfolders, relative to the project; `package:NAME` is an installed package.

    Example: src/jobs
    """
    reports: str = "reports"
    """Folder of report pages.

    Example: public/reports
    """
    commits: Literal["auto", "spark"] = "auto"
    """Who commits checked files to a Delta table: `auto` commits the staged files themselves, by delta-rs, where the
    table allows that; `spark` always writes with Spark.

    Example: spark
    """
    wait: Annotated[float, BeforeValidator(parse_wait), Field(ge=0, le=MAX_SECONDS)] = 600.0
    """How long a run waits for another run that writes the same table or model, in seconds or as `90s`, `10m`, `1h`;
    0 refuses at once.

    Example: 10m
    """
    tables: Mapping[str, TableSettings] = Field(default_factory=dict)
    """The catalog: one entry per table or source. A table that a job writes needs none.

    Example: {orders: {description: Orders that passed the checks.}}
    """
    spark: SparkSettings = SparkSettings()
    models: ModelSettings = ModelSettings()
    serving: ServingSettings = ServingSettings()
    checks: CheckSettings = CheckSettings()
    execution: ExecutionSettings = ExecutionSettings()
    lineage: LineageSettings = LineageSettings()
    api: ApiSettings = ApiSettings()
    params: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)
    """Parameters of jobs: job, then parameter, then value.

    Example: {daily_delays: {day: "2013-07-04"}}
    """
