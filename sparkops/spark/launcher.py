"""Launch Spark: start its JVM directly, and create its context before pyspark is imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sparkops.config.settings import Settings
from sparkops.errors import EngineError
from sparkops.pipeline.discovery.jobs_folder import JobsFolder
from sparkops.spark.cds_archive import format_use_options, locate_archive
from sparkops.spark.command import build_direct_command, build_driver_environ, build_script_command
from sparkops.spark.conf import build_launch_conf, format_properties, is_local, resolve_master
from sparkops.spark.gateway import Jvm, launch
from sparkops.spark.host import Host
from sparkops.spark.jars import fetch_delta_jars
from sparkops.spark.java import Java, find_java
from sparkops.spark.jvm_log import JvmLog

# With only the C1 compiler, Java reserves 48 MB for compiled code. A long session exceeds that; then calls fail ("no
# such method: MethodHandle.linkToStatic") or become slow. Reserved memory that is not used costs nothing.
QUICK_COMPILER: Final = ("-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=240m")


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchedSpark:
    """A JVM with a Spark context and session that pyspark does not know yet.

    Args:
        jvm: The JVM.
        context: Its `JavaSparkContext`.
        session: Its `SparkSession`.
        conf: The complete configuration.
        python: Interpreter of the Python workers.
    """

    jvm: Jvm
    context: Any
    session: Any
    conf: Mapping[str, str]
    python: str


def launch_spark(
    settings: Settings, *, host: Host, log: JvmLog, app: str, jvm_options: Sequence[str] | None = None
) -> LaunchedSpark:
    """Start a JVM and create a Spark context and session in it, without importing pyspark.

    Args:
        settings: The project's settings.
        host: This machine.
        log: Receives the JVM's output.
        app: Name of the Spark application.
        jvm_options: JVM options instead of the tuned ones; used to create the class-data archive.

    Raises:
        EngineError: Java, a jar or a server is missing, or Spark does not start.
    """
    java = find_java(host)
    jars = (*fetch_delta_jars(host), *_find_project_jars(settings))
    python = str(settings.spark.conf.get("spark.pyspark.python") or host.python)
    conf = build_launch_conf(settings, jars=jars, python=python, app=app)
    options = (
        build_jvm_options(settings, host=host, java=java, jars=jars) if jvm_options is None else jvm_options
    )

    def build_command(file: Path) -> list[str]:
        if host.is_spark_bundled and _is_direct(conf["spark.master"]):
            return build_direct_command(host, java, conf=conf, properties=file, jvm=options)
        return build_script_command(host, properties=file)

    jobs = JobsFolder.of(settings.root / settings.jobs)
    paths = tuple(dict.fromkeys((jobs.path, jobs.import_root, settings.root)))
    environ = build_driver_environ(host, java, python=python, paths=paths)
    jvm = launch(build_command, properties=format_properties(conf), environ=environ, log=log)
    try:
        return _create_context(jvm, conf=conf, python=python)
    except BaseException:
        jvm.stop()
        raise


def build_jvm_options(settings: Settings, *, host: Host, java: Java, jars: Sequence[Path]) -> tuple[str, ...]:
    """Return the JVM options for a project: the class-data archive, and only the C1 compiler for local work."""
    quick = settings.spark.compiler == "quick" and is_local(resolve_master(settings.spark))
    return (*format_use_options(locate_archive(host, java, jars)), *(QUICK_COMPILER if quick else ()))


def _is_direct(master: str) -> bool:
    return is_local(master) or master.startswith("spark://")


def _find_project_jars(settings: Settings) -> list[Path]:
    jars = [settings.root / jar for jar in settings.spark.jars]
    missing = [str(jar) for jar in jars if not jar.is_file()]
    if missing:
        raise EngineError(f"No such jar: {', '.join(missing)} (`spark.jars` of the project's configuration).")
    return jars


def _create_context(jvm: Jvm, *, conf: Mapping[str, str], python: str) -> LaunchedSpark:
    """Create context and session by py4j, with the configuration that spark-submit read from the file."""
    from py4j.protocol import Py4JError, Py4JJavaError

    java = jvm.gateway.jvm
    try:
        session = java.org.apache.spark.sql.classic.SparkSession.builder().getOrCreate()
        context = java.org.apache.spark.api.java.JavaSparkContext(session.sparkContext())
    except Py4JJavaError as error:
        message = str(error.java_exception.toString()).splitlines()[0]
        raise EngineError(
            f"Spark does not start on {conf['spark.master']}: {message}{_advise(message)}"
        ) from error
    except (Py4JError, OSError) as error:
        raise EngineError(
            f"The connection to Spark's JVM broke during startup on {conf['spark.master']}: {error}"
        ) from error
    return LaunchedSpark(jvm=jvm, context=context, session=session, conf=conf, python=python)


def _advise(message: str) -> str:
    if "All masters are unresponsive" in message or "Connection refused" in message:
        return " Is the cluster running? Check `spark.master`."
    if "ClassNotFoundException" in message:
        return " A jar is missing: run `sparkops doctor`."
    return ""
