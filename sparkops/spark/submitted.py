"""Move a local application out of the JVM of spark-submit, into one that starts with the tuned options.

spark-submit starts its JVM before it runs the job's file: without the class-data archive, with both compilers and
with 1 GB of memory. None of these can be changed in a running JVM, and together they more than double the time of a
short job (`scripts/bench submit`). A local application therefore gets a second JVM, with the configuration that
spark-submit was given. The first JVM only waits for the end of this process.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Final

from sparkops.config.settings import Settings
from sparkops.spark.conf import is_local
from sparkops.spark.host import Host

# Set by spark-submit itself, for its own JVM.
_OWN_KEYS: Final = frozenset({"spark.submit.deployMode", "spark.app.submitTime", "spark.submit.pyFiles"})
# Options that spark-submit has resolved for its JVM and its Python process; a second JVM would not have their effect.
_BOUND_TO_JVM: Final = (
    "spark.jars",
    "spark.files",
    "spark.archives",
    "spark.driver.extra",
    "spark.driver.userClassPathFirst",
    "spark.repl.",
    "spark.submit.pyFiles",
)


def read_submitted_conf(host: Host) -> dict[str, str]:
    """Return the `spark.*` properties of the JVM of spark-submit."""
    from py4j.clientserver import ClientServer, JavaParameters, PythonParameters

    gateway = ClientServer(
        java_parameters=JavaParameters(
            port=int(host.environ["PYSPARK_GATEWAY_PORT"]),
            auth_token=host.environ["PYSPARK_GATEWAY_SECRET"],
            auto_convert=True,
        ),
        python_parameters=PythonParameters(port=0, eager_load=False),
    )
    try:
        properties = gateway.jvm.org.apache.spark.SparkConf().getAll()
        return {str(pair._1()): str(pair._2()) for pair in properties}  # noqa: SLF001 - the fields of a Scala tuple
    finally:
        gateway.close()


def move_from_submit(
    settings: Settings, host: Host, *, read_conf: Callable[[Host], Mapping[str, str]] = read_submitted_conf
) -> tuple[Settings, Host]:
    """Return the settings and the host to launch a local Spark with; unchanged if the JVM of spark-submit must be used.

    The configuration of spark-submit takes precedence over the project's.

    Args:
        settings: The project's settings; with any other `spark.mode` than `local` nothing changes.
        host: This machine and process.
        read_conf: Returns the configuration of spark-submit.
    """
    if not host.is_under_submit or settings.spark.mode != "local":
        return settings, host
    submitted = dict(read_conf(host))
    master = submitted.pop("spark.master", "local[*]")
    if not is_local(master) or not _can_move(submitted):
        return settings, host
    settings_of_submit = {key: value for key, value in submitted.items() if key not in _OWN_KEYS}
    spark = settings.spark.model_copy(
        update={"master": master, "conf": {**settings.spark.conf, **settings_of_submit}}
    )
    return settings.model_copy(update={"spark": spark}), _remove_gateway(host)


def _can_move(conf: Mapping[str, str]) -> bool:
    return not any(value and key.startswith(_BOUND_TO_JVM) for key, value in conf.items())


def _remove_gateway(host: Host) -> Host:
    environ = {key: value for key, value in host.environ.items() if not key.startswith("PYSPARK_GATEWAY_")}
    return dataclasses.replace(host, environ=environ)
