"""Use a Spark that is already running: under spark-submit, on Databricks, behind Spark Connect or in this process."""

# ruff: noqa: SLF001 - pyspark has no public access to the JVM of spark-submit
from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal

from sparkops.config.settings import Settings, SparkSettings
from sparkops.errors import EngineError
from sparkops.spark.attach import preserve_sigint_handler
from sparkops.spark.conf import DELTA, PYTHON_FILES, SESSION, build_submitted_defaults, read_project_conf
from sparkops.spark.host import Host
from sparkops.spark.jars import fetch_delta_jars

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SessionOrigin = Literal["submit", "databricks", "connect", "process"]


def find_session_origin(spark: SparkSettings, host: Host) -> SessionOrigin | None:
    """Return which existing session to use; None when sparkops launches Spark itself.

    The surrounding process takes precedence over the configuration: under spark-submit and on Databricks a project
    runs without another `--env`.
    """
    if spark.mode == "connect":
        return "connect"
    if spark.mode == "databricks" or host.is_on_databricks:
        return "databricks"
    if spark.mode == "submit" or host.is_under_submit:
        return "submit"
    return "process" if find_live_session() is not None else None


def use_existing_session(settings: Settings, *, origin: SessionOrigin, host: Host, app: str) -> SparkSession:
    """Return the existing session, configured with the project's settings.

    Raises:
        EngineError: There is no session, it has no Delta, or a setting cannot be changed at run time.
    """
    if origin == "connect":
        return _configure(_connect(settings.spark), settings)
    if origin == "submit":
        return _create_submitted(settings, host=host, app=app)
    session = find_live_session()
    if session is None:
        from pyspark.sql import SparkSession

        session = SparkSession.getActiveSession() or SparkSession.builder.getOrCreate()
    if origin == "process":
        _require_delta(session)
    return _configure(session, settings)


def find_live_session() -> Any:
    """Return the live session of this process, created in any thread, without importing pyspark."""
    # None also while the module is being imported.
    session_class = getattr(sys.modules.get("pyspark.sql.session"), "SparkSession", None)
    if not isinstance(session_class, type):
        return None
    session = getattr(session_class, "_instantiatedSession", None)
    return session if session is not None and session._sc._jsc is not None else None


def _create_submitted(settings: Settings, *, host: Host, app: str) -> SparkSession:
    """Create the context in the JVM of spark-submit; `--conf` takes precedence over the project's defaults."""
    if not host.is_under_submit:
        raise EngineError(
            "`spark.mode: submit` says that spark-submit starts this process, and it did not:"
            " run `spark-submit jobs/<job>.py`, or choose another --env."
        )
    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession

    live = find_live_session()
    if live is None:
        with preserve_sigint_handler():
            SparkContext._ensure_initialized()
            conf = SparkConf(_jvm=SparkContext._jvm)
            _set_default(conf, "spark.app.name", app)
            _silence_info(conf)
            defaults = build_submitted_defaults(conf.get("spark.master", "local[*]"))
            for key, value in (defaults | PYTHON_FILES | _select_project_conf(settings)).items():
                _set_default(conf, key, value)
            _add_delta_jars(conf, host)
            return SparkSession(SparkContext(conf=conf))
    return _configure(live, settings)


def _silence_info(conf: Any) -> None:
    """Log warnings and errors only, unless the user configured the logging of Spark."""
    from pyspark import SparkContext

    java: Any = SparkContext._jvm
    system, loader = java.java.lang.System, java.java.lang.Thread.currentThread().getContextClassLoader()
    configured = any(system.getProperty(f"{name}.configurationFile") for name in ("log4j2", "log4j"))
    if configured or conf.contains("spark.log.level") or loader.getResource("log4j2.properties") is not None:
        return
    # Spark sets this level when the context begins; a level that is set before is lost, because Spark starts its
    # logging then.
    conf.set("spark.log.level", "WARN")


def _set_default(conf: Any, key: str, value: str) -> None:
    if not conf.contains(key):
        conf.set(key, value)


def _select_project_conf(settings: Settings) -> dict[str, str]:
    own = read_project_conf(settings.spark)
    return {key: value for key, value in own.items() if value is not None and key != "spark.master"}


def _add_delta_jars(conf: Any, host: Host) -> None:
    """Add Delta's jars to the class path of the running JVM, unless they are there."""
    from pyspark import SparkContext

    java: Any = SparkContext._jvm
    loader = java.java.lang.Thread.currentThread().getContextClassLoader()
    if loader.getResource("io/delta/sql/DeltaSparkSessionExtension.class") is not None:
        return
    jars = fetch_delta_jars(host)
    for jar in jars:
        loader.addURL(java.java.io.File(str(jar)).toURI().toURL())
    jar_list = conf.get("spark.jars", "")
    conf.set("spark.jars", ",".join([*([jar_list] if jar_list else []), *(str(jar) for jar in jars)]))


def _connect(spark: SparkSettings) -> SparkSession:
    from pyspark.sql import SparkSession

    if not spark.master:
        raise EngineError("`spark.mode: connect` needs `spark.master`: sc://host:15002.")
    try:
        session: SparkSession = SparkSession.builder.remote(spark.master).getOrCreate()
        session.version  # noqa: B018 - the first request to the server
    except ImportError as error:
        raise EngineError(
            f"Spark Connect needs more packages: pip install 'pyspark[connect]' ({error})."
        ) from error
    except Exception as error:
        lines = str(error).strip().splitlines()
        raise EngineError(
            f"No Spark Connect server responds at {spark.master}: {lines[0] if lines else error!r}. "
            "Start one there, or correct `spark.master`."
        ) from error
    return session


def _require_delta(session: Any) -> None:
    if "io.delta" not in session.conf.get("spark.sql.extensions", ""):
        raise EngineError(
            "This process has a Spark session without Delta. Stop it first (`spark.stop()`), then sparkops starts its "
            f"own, or create it with {', '.join(f'{key}={value}' for key, value in DELTA.items())} and Delta's jars."
        )


def _configure(session: SparkSession, settings: Settings) -> SparkSession:
    """Set the project's `spark.conf` on a running session."""
    for key, value in (SESSION | _select_project_conf(settings)).items():
        if session.conf.get(key, None) == value:
            continue
        try:
            session.conf.set(key, value)
        except Exception as error:
            raise EngineError(
                f"`{key}` of `spark.conf` cannot be set on a running session:"
                " set it where the session is created, or remove it from this --env."
            ) from error
    return session
