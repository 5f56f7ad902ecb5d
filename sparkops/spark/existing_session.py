"""A Spark that others started: by spark-submit, by Databricks, behind Spark Connect, or earlier in this process."""

# ruff: noqa: SLF001 - pyspark has no public door into the JVM of spark-submit
from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal

from sparkops.config.settings import Settings, SparkSettings
from sparkops.errors import EngineError
from sparkops.spark.attach import interrupts_kept
from sparkops.spark.conf import DELTA, SESSION, own_conf
from sparkops.spark.host import Host
from sparkops.spark.jars import delta_jars

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Given = Literal["submit", "databricks", "connect", "here"]


def given_mode(spark: SparkSettings, host: Host) -> Given | None:
    """Tell where a session comes from that is not ours to launch; None when it is ours.

    What the process finds itself in comes before the configuration: under spark-submit and on Databricks the
    same project runs without another `--env`.
    """
    if spark.mode == "connect":
        return "connect"
    if spark.mode == "databricks" or host.on_databricks:
        return "databricks"
    if spark.mode == "submit" or host.under_submit:
        return "submit"
    return "here" if _live_session() is not None else None


def adopt(settings: Settings, *, mode: Given, host: Host, app: str) -> SparkSession:
    """Return the session that is there, with the project's own settings on it.

    Raises:
        EngineError: There is none, it has no Delta, or a setting cannot be changed any more.
    """
    if mode == "connect":
        return _configured(_remote(settings.spark), settings)
    if mode == "submit":
        return _submitted(settings, host=host, app=app)
    session = _live_session()
    if session is None:
        from pyspark.sql import SparkSession

        session = SparkSession.getActiveSession() or SparkSession.builder.getOrCreate()
    if mode == "here":
        _check_delta(session)
    return _configured(session, settings)


def _live_session() -> Any:
    """Return the live session of this process, in whatever thread it was made, without importing pyspark to look."""
    kind = getattr(
        sys.modules.get("pyspark.sql.session"), "SparkSession", None
    )  # None too while it is being imported
    if not isinstance(kind, type):
        return None
    session = getattr(kind, "_instantiatedSession", None)
    return session if session is not None and session._sc._jsc is not None else None


def _submitted(settings: Settings, *, host: Host, app: str) -> SparkSession:
    """Make the context in the JVM that spark-submit holds; its `--conf` stands before the project's defaults."""
    if not host.under_submit:
        raise EngineError(
            "`spark.mode: submit` says that spark-submit starts this process, and it did not:"
            " run `spark-submit jobs/<job>.py`, or choose another --env."
        )
    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession

    live = _live_session()
    if live is None:
        with interrupts_kept():
            SparkContext._ensure_initialized()
            conf = SparkConf(_jvm=SparkContext._jvm)
            _default(conf, "spark.app.name", app)
            for key, value in (DELTA | SESSION | _own(settings)).items():
                _default(conf, key, value)
            _bring_delta(conf, host)
            return SparkSession(SparkContext(conf=conf))
    return _configured(live, settings)


def _default(conf: Any, key: str, value: str) -> None:
    if not conf.contains(key):
        conf.set(key, value)


def _own(settings: Settings) -> dict[str, str]:
    own = own_conf(settings.spark)
    return {key: value for key, value in own.items() if value is not None and key != "spark.master"}


def _bring_delta(conf: Any, host: Host) -> None:
    """Put Delta's jars on the running JVM's class path, where `--packages` or the cluster has not."""
    from pyspark import SparkContext

    java: Any = SparkContext._jvm
    loader = java.java.lang.Thread.currentThread().getContextClassLoader()
    if loader.getResource("io/delta/sql/DeltaSparkSessionExtension.class") is not None:
        return
    jars = delta_jars(host)
    for jar in jars:
        loader.addURL(java.java.io.File(str(jar)).toURI().toURL())
    given = conf.get("spark.jars", "")
    conf.set("spark.jars", ",".join([*([given] if given else []), *(str(jar) for jar in jars)]))


def _remote(spark: SparkSettings) -> SparkSession:
    from pyspark.sql import SparkSession

    if not spark.master:
        raise EngineError("`spark.mode: connect` needs `spark.master`: sc://host:15002.")
    try:
        session: SparkSession = SparkSession.builder.remote(spark.master).getOrCreate()
        session.version  # noqa: B018 - the first question to the server
    except ImportError as error:
        raise EngineError(
            f"Spark Connect needs more packages: pip install 'pyspark[connect]' ({error})."
        ) from error
    except Exception as error:
        told = str(error).strip().splitlines()
        raise EngineError(
            f"No Spark Connect server answers at {spark.master}: {told[0] if told else error!r}"
        ) from error
    return session


def _check_delta(session: Any) -> None:
    if "io.delta" not in session.conf.get("spark.sql.extensions", ""):
        raise EngineError(
            "This process has a Spark session without Delta. Stop it first (`spark.stop()`) and sparkops starts its own,"
            f" or make it with {', '.join(f'{key}={value}' for key, value in DELTA.items())} and Delta's jars."
        )


def _configured(session: SparkSession, settings: Settings) -> SparkSession:
    """Set what the project's `spark.conf` says on a running session."""
    for key, value in (SESSION | _own(settings)).items():
        if session.conf.get(key, None) == value:
            continue
        try:
            session.conf.set(key, value)
        except Exception as error:
            raise EngineError(
                f"`{key}` of `spark.conf` cannot be set on a session that is running already:"
                " set it where that session is made, or take it out of this --env."
            ) from error
    return session
