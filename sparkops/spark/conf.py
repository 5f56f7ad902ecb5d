"""The Spark configuration of a project: tuned defaults, overridden by the project's `spark.conf`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sparkops.config.settings import Settings, SparkSettings
from sparkops.errors import ConfigError

# Delta's extension and catalog.
DELTA: Final = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
# What can also be set on a running session.
SESSION: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
# Python UDFs find the files of `addPyFile` only in sessions without files of their own (Spark 4.1).
PYTHON_FILES: Final = {"spark.sql.artifact.isolation.enabled": "false"}
# Runs that are executed at the same time, each in a pool of its own, share the cores fairly.
SCHEDULER: Final = {"spark.scheduler.mode": "FAIR"}
# Settings of pyspark itself, needed because the context is created before pyspark is imported.
PYSPARK: Final = {
    "spark.serializer.objectStreamReset": "100",
    "spark.rdd.compress": "True",
    "spark.submit.deployMode": "client",
    "spark.ui.showConsoleProgress": "false",
}
GIB: Final = 2**30


def build_launch_conf(settings: Settings, *, jars: Iterable[Path], python: str, app: str) -> dict[str, str]:
    """Return the complete configuration of the Spark that this process launches, local or on a cluster.

    Args:
        settings: The project's settings; `spark.conf` overrides defaults, null removes one.
        jars: Delta's jars and the project's jars, as local files.
        python: Interpreter of the Python workers.
        app: Name of the application.
    """
    master = resolve_master(settings.spark)
    conf = {"spark.master": master, "spark.app.name": app, "spark.pyspark.python": python}
    conf |= DELTA | SESSION | PYTHON_FILES | SCHEDULER | PYSPARK
    conf["spark.sql.warehouse.dir"] = (settings.state / "spark-warehouse").absolute().as_uri()
    conf["spark.databricks.delta.snapshotPartitions"] = "2"
    files = [str(jar) for jar in jars]
    conf |= _build_local_conf() if is_local(master) else {"spark.jars": ",".join(files)}
    if is_local(master) or _is_on_loopback(master):
        conf |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    conf = _merge_conf(conf, read_project_conf(settings.spark))
    # Classes on the class path, unlike those of `spark.jars`, can come from the class-data archive.
    class_path = conf.get("spark.driver.extraClassPath")
    return conf | {"spark.driver.extraClassPath": ":".join([*([class_path] if class_path else []), *files])}


def resolve_master(spark: SparkSettings) -> str:
    """Return the configured master, by default all cores of this machine.

    Raises:
        ConfigError: The master is none that Spark knows, or mode `cluster` has none.
    """
    master = spark.master
    if master and not master.startswith(("local", "spark://", "yarn", "k8s://")):
        raise ConfigError(
            f"`spark.master` is {master!r}; it can be local[*], spark://host:7077, yarn or k8s://host:443"
            " (and sc://host:15002 with `spark.mode: connect`)."
        )
    if spark.mode == "cluster":
        if not master:
            raise ConfigError(
                "`spark.mode: cluster` needs `spark.master`: spark://host:7077, yarn or k8s://..."
                " (conf/<env>/spark.yml, or --set spark.master=spark://host:7077)."
            )
        return master
    return master or "local[*]"


def is_local(master: str) -> bool:
    """Return whether driver and executors are one JVM on this machine."""
    return master == "local" or master.startswith("local[")


def read_project_conf(spark: SparkSettings) -> dict[str, str | None]:
    """Return the project's `spark.conf` as text for Spark; None removes a default."""
    return {key: _to_text(value) for key, value in spark.conf.items()}


def _merge_conf(conf: Mapping[str, str], own: Mapping[str, str | None]) -> dict[str, str]:
    """Return the defaults, overridden by the project's values."""
    merged: dict[str, str | None] = {**conf, **own}
    return {key: value for key, value in merged.items() if value is not None}


def format_properties(conf: Mapping[str, str]) -> str:
    """Return a configuration as Java properties text; a file keeps secrets out of the process list."""
    return "".join(f"{_escape(key, key=True)}={_escape(value)}\n" for key, value in sorted(conf.items()))


def _build_local_conf() -> dict[str, str]:
    cores = os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "spark.driver.memory": f"{max(1, min(8, memory // (4 * GIB)))}g",
        "spark.sql.shuffle.partitions": str(max(2, cores)),
        "spark.ui.enabled": "false",
        "spark.python.daemon.module": "sparkops.spark.worker_daemon",
        # Number of tasks of Delta's VACUUM and RESTORE; 10,000 by default.
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": str(4 * cores),
    }


def build_submitted_defaults(master: str) -> dict[str, str]:
    """Return the defaults of a context that is created in the JVM of spark-submit, whose memory and options are fixed.

    Args:
        master: Spark's master, as given to spark-submit.
    """
    conf = DELTA | SESSION | {"spark.databricks.delta.snapshotPartitions": "2"}
    local = _build_local_conf() if is_local(master) else {}
    return conf | {key: value for key, value in local.items() if key != "spark.driver.memory"}


def _is_on_loopback(master: str) -> bool:
    try:
        return master.startswith("spark://") and urlsplit(master).hostname in {"127.0.0.1", "localhost"}
    except ValueError:
        return False


def _to_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    revealed = getattr(value, "get_secret_value", None)
    return str(revealed() if revealed else value)


def _escape(text: str, *, key: bool = False) -> str:
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    if key:
        for sign in " :=":
            escaped = escaped.replace(sign, "\\" + sign)
        return escaped
    return "\\" + escaped if escaped[:1] in {" ", "#", "!"} else escaped
