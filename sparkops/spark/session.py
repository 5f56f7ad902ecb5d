"""Start Spark off the critical path: the JVM comes up in a thread while Python still imports."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sparkops.config.settings import Settings
from sparkops.errors import EngineError, SparkopsError
from sparkops.spark.attach import attach, detach, import_meanwhile, unheard
from sparkops.spark.existing_session import adopt, given_mode
from sparkops.spark.gateway import let_go
from sparkops.spark.host import Host
from sparkops.spark.jvm_log import JvmLog
from sparkops.spark.launched import Launched, launch_spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class Starter:
    """Brings up the one Spark session of a process, and takes it down again if it brought it up.

    Args:
        settings: The project's settings.
        log: Takes the JVM's output; a new one by default.
        app: Name of the Spark application.
        host: What to look at; this machine by default.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        log: JvmLog | None = None,
        app: str = "sparkops",
        host: Host | None = None,
    ) -> None:
        self.log = log or JvmLog()
        self._settings = settings
        self._app = app
        self._host = host or Host.here()
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None
        self._launched: Launched | None = None
        self._error: BaseException | None = None
        self._session: SparkSession | None = None

    @property
    def begun(self) -> bool:
        """Tell whether `begin` was called."""
        return self._thread is not None

    def begin(self) -> Self:
        """Start Spark's JVM in a thread and return at once; what goes wrong is raised by `session`."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._launch, name="sparkops-spark-start", daemon=True)
                self._thread.start()
        return self

    def session(self) -> SparkSession:
        """Wait for Spark and return its session, the same one every time.

        Raises:
            EngineError: Java, a jar or a server is missing, or Spark does not start.
        """
        with self._lock:
            if self._session is None:
                self._session = self._ready()
            return self._session

    def stop(self, *, wait: bool = True) -> None:
        """Stop Spark, if this starter started it.

        Args:
            wait: Return when the JVM has ended; False leaves it to end by itself, which suits a process that ends too.
        """
        with self._lock:
            if self._thread is not None:
                self._thread.join()
            launched, session = self._launched, self._session
            self._launched = self._session = self._thread = None
            if launched is None:
                return
            if wait:
                if session is not None:
                    session.stop()
                launched.jvm.stop()
            else:
                if session is not None:
                    unheard(session)
                let_go(launched.jvm.process)
            detach(launched)

    def __enter__(self) -> Self:
        return self.begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _launch(self) -> None:
        self._error = None
        if given_mode(self._settings.spark, self._host) is not None:
            return  # there is a session, or a server, already: nothing to launch
        try:
            self._launched = launch_spark(self._settings, host=self._host, log=self.log, app=self._app)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that asks for the session
            self._error = error

    def _ready(self) -> SparkSession:
        self.begin()
        mode = given_mode(self._settings.spark, self._host)
        if self._thread is not None:
            if mode is None:
                import_meanwhile()
            self._thread.join()
        if self._launched is not None:
            return attach(self._launched)
        error, self._thread = self._error, None  # a later call tries again
        if error is None and mode is not None:
            return adopt(self._settings, mode=mode, host=self._host, app=self._app)
        if isinstance(error, SparkopsError):
            raise error
        raise EngineError(f"Spark does not start: {error}. Run `sparkops doctor`.") from error


def start(settings: Settings, *, log: JvmLog | None = None) -> SparkSession:
    """Start Spark and wait for its session.

    Args:
        settings: The project's settings.
        log: Takes the JVM's output.
    """
    return Starter(settings, log=log).session()
