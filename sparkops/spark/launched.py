"""A Spark that this process launches: its JVM started directly, its context made before pyspark is imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sparkops.config.settings import Settings
from sparkops.errors import EngineError
from sparkops.spark.cds_archive import archive_file, using
from sparkops.spark.command import direct_command, driver_environ, script_command
from sparkops.spark.conf import is_local, launched_conf, master_of, properties
from sparkops.spark.gateway import Jvm, launch
from sparkops.spark.host import Host
from sparkops.spark.jars import delta_jars
from sparkops.spark.java import Java, find_java
from sparkops.spark.jvm_log import JvmLog

# With the quick compiler alone, Java keeps 48 MB for compiled code: a long session fills that, and what is not compiled by
# then fails ("no such method: MethodHandle.linkToStatic") or crawls. Only what is used takes memory.
QUICK: Final = ("-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=240m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    """A JVM with a Spark context and session inside, not yet known to pyspark.

    Args:
        jvm: The JVM.
        context: Its `JavaSparkContext`.
        session: Its `SparkSession`.
        conf: The whole configuration.
        python: Interpreter of the Python workers.
    """

    jvm: Jvm
    context: Any
    session: Any
    conf: Mapping[str, str]
    python: str


def launch_spark(
    settings: Settings, *, host: Host, log: JvmLog, app: str, jvm_options: Sequence[str] | None = None
) -> Launched:
    """Start a JVM and make the Spark context and session in it, without importing pyspark.

    Args:
        settings: The project's settings.
        host: This machine.
        log: Takes the JVM's output.
        app: Name of the Spark application.
        jvm_options: Options of the JVM in place of the tuned ones (the archive is made with these).

    Raises:
        EngineError: Java, a jar or a server is missing, or Spark does not start.
    """
    java = find_java(host)
    jars = (*delta_jars(host), *_own_jars(settings))
    python = str(settings.spark.conf.get("spark.pyspark.python") or host.python)
    conf = launched_conf(settings, jars=jars, python=python, app=app)
    options = tuned(settings, host=host, java=java, jars=jars) if jvm_options is None else jvm_options

    def command(file: Path) -> list[str]:
        if host.spark_is_bundled and _runs_here(conf["spark.master"]):
            return direct_command(host, java, conf=conf, properties=file, jvm=options)
        return script_command(host, properties=file)

    environ = driver_environ(host, java, python=python, paths=(settings.root / "jobs", settings.root))
    jvm = launch(command, properties=properties(conf), environ=environ, log=log)
    try:
        return _with_context(jvm, conf=conf, python=python)
    except BaseException:
        jvm.stop()
        raise


def tuned(settings: Settings, *, host: Host, java: Java, jars: Sequence[Path]) -> tuple[str, ...]:
    """Return the JVM options for this project: the class-data archive, and the quick compiler for local work."""
    quick = settings.spark.compiler == "quick" and is_local(master_of(settings.spark))
    return (*using(archive_file(host, java, jars)), *(QUICK if quick else ()))


def _runs_here(master: str) -> bool:
    return is_local(master) or master.startswith("spark://")


def _own_jars(settings: Settings) -> list[Path]:
    jars = [settings.root / jar for jar in settings.spark.jars]
    missing = [str(jar) for jar in jars if not jar.is_file()]
    if missing:
        raise EngineError(f"No such jar: {', '.join(missing)} (`spark.jars` of the project's configuration).")
    return jars


def _with_context(jvm: Jvm, *, conf: Mapping[str, str], python: str) -> Launched:
    """Make context and session by py4j, with the configuration that spark-submit has read from the file."""
    from py4j.protocol import Py4JError, Py4JJavaError

    java = jvm.gateway.jvm
    try:
        session = java.org.apache.spark.sql.classic.SparkSession.builder().getOrCreate()
        context = java.org.apache.spark.api.java.JavaSparkContext(session.sparkContext())
    except Py4JJavaError as error:
        told = str(error.java_exception.toString()).splitlines()[0]
        raise EngineError(f"Spark does not start on {conf['spark.master']}: {told}{_advice(told)}") from error
    except (Py4JError, OSError) as error:
        raise EngineError(
            f"Spark's JVM broke off while it started on {conf['spark.master']}: {error}"
        ) from error
    return Launched(jvm=jvm, context=context, session=session, conf=conf, python=python)


def _advice(told: str) -> str:
    if "All masters are unresponsive" in told or "Connection refused" in told:
        return " Is the cluster running? Check `spark.master`."
    if "ClassNotFoundException" in told:
        return " A jar is missing: run `sparkops doctor`."
    return ""
