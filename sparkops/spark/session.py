"""Start Spark in the background: the JVM starts in a thread while Python imports."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from sparkops.config.settings import Settings
from sparkops.errors import EngineError, SparkopsError, as_clause
from sparkops.spark.attach import (
    attach,
    detach,
    import_during_startup,
    silence_accumulator_errors,
    stop_session,
)
from sparkops.spark.cancel import is_remote
from sparkops.spark.existing_session import find_live_session, find_session_origin, use_existing_session
from sparkops.spark.gateway import close_stdin
from sparkops.spark.host import Host
from sparkops.spark.jvm_log import JvmLog
from sparkops.spark.launcher import LaunchedSpark, launch_spark
from sparkops.spark.own_session import make_own_session
from sparkops.spark.submitted import move_from_submit

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_POLL_SECONDS: Final = 0.02


class Starter:
    """Starts the Spark session of a process, and stops it if it started it.

    Args:
        settings: The project's settings.
        log: Receives the JVM's output; by default a new one.
        app: Name of the Spark application.
        host: The machine; by default this one.
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
        self._host = host or Host.current()
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None
        self._launched: LaunchedSpark | None = None
        self._error: BaseException | None = None
        self._session: SparkSession | None = None
        self._own = threading.local()
        # Thread that is making the session: others wait for it where they can be interrupted.
        self._maker: int | None = None

    @property
    def is_started(self) -> bool:
        """Return whether `begin` was called."""
        return self._thread is not None

    @property
    def pid(self) -> int | None:
        """Return the id of the JVM's process, if this starter started one."""
        launched = self._launched
        return launched.jvm.process.pid if launched is not None else None

    @property
    def has_ended(self) -> bool:
        """Return whether the JVM that this starter started has ended by itself."""
        launched = self._launched
        return launched is not None and launched.jvm.process.poll() is not None

    def begin(self) -> Self:
        """Start Spark's JVM in a thread and return at once; `session` raises its errors.

        Raises:
            ConfigError: The settings of Spark cannot be used.
        """
        if self._thread is not None:
            # Another thread may hold the lock until Spark answers.
            return self
        with self._lock:
            if self._thread is None:
                # Access to an invalid section raises ConfigError, which the caller gets here and not from the thread.
                _ = self._settings.spark.master
                self._thread = threading.Thread(target=self._launch, name="sparkops-spark-start", daemon=True)
                self._thread.start()
        return self

    def session(self) -> SparkSession:
        """Wait for Spark and return the session of this thread: its own (`use_own_session`), or the one that all share.

        Raises:
            EngineError: Java, a jar or a server is missing, or Spark does not start.
        """
        own: SparkSession | None = getattr(self._own, "session", None)
        pool: str | None = getattr(self._own, "pool", None)
        if own is None and pool is not None and not is_remote(shared := self.get_shared_session()):
            own = self._own.session = make_own_session(shared, pool)
        return own or self.get_shared_session()

    def use_own_session(self, pool: str) -> None:
        """Give this thread, for as long as it lives, a session with settings and temporary views of its own.

        The session is created by the first call of `session`: until then nothing waits for Spark. The Spark
        application, the catalog and cached data are shared. Its jobs share the cores fairly with those of other pools.
        With Spark Connect the shared session stays in use.

        Args:
            pool: Name of the thread's pool of the FAIR scheduler.
        """
        self._own.session, self._own.pool = None, pool

    def get_shared_session(self) -> SparkSession:
        """Wait for Spark and return the session that all threads share.

        Raises:
            EngineError: Java, a jar or a server is missing, or Spark does not start.
        """
        while self._session is None and self._maker not in {None, threading.get_ident()}:
            sleep(_POLL_SECONDS)
        with self.reserve_session():
            if self._session is None:
                self._session = self._wait_for_session()
            return self._session

    @contextmanager
    def reserve_session(self) -> Iterator[None]:
        """Reserve the making of the session for this thread: during the block, other threads that need it wait.

        A thread that executes a run can be interrupted while it waits, but not while it makes the session.
        """
        with self._lock:
            earlier, self._maker = self._maker, threading.get_ident()
            try:
                yield
            finally:
                self._maker = earlier

    def stop(self, *, wait: bool = True) -> None:
        """Stop Spark, if this starter started it.

        Args:
            wait: Whether to wait for the JVM to exit. False suits a process that is exiting itself.
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
                    stop_session(launched, session)
                launched.jvm.stop()
            else:
                if session is not None:
                    silence_accumulator_errors(session)
                close_stdin(launched.jvm.process)
            detach(launched)

    def __enter__(self) -> Self:
        return self.begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _launch(self) -> None:
        self._error = None
        try:
            if find_live_session() is None:
                self._settings, self._host = move_from_submit(self._settings, self._host)
            if find_session_origin(self._settings.spark, self._host) is not None:
                # The session or server that exists is used.
                return
            self._launched = launch_spark(self._settings, host=self._host, log=self.log, app=self._app)
        except BaseException as error:  # noqa: BLE001 - raised in the thread that calls `session`
            self._error = error

    def _wait_for_session(self) -> SparkSession:
        self.begin()
        if self._thread is not None:
            if find_session_origin(self._settings.spark, self._host) in {None, "submit"}:
                import_during_startup()
            self._thread.join()
        if self._launched is not None:
            return attach(self._launched)
        error = self._error
        # Without a thread, the next call begins again.
        self._thread = None
        origin = find_session_origin(self._settings.spark, self._host)
        if error is None and origin is not None:
            return use_existing_session(self._settings, origin=origin, host=self._host, app=self._app)
        if isinstance(error, SparkopsError):
            raise error
        raise EngineError(f"Spark does not start: {as_clause(error)}. Run `sparkops doctor`.") from error


def start(settings: Settings, *, log: JvmLog | None = None) -> SparkSession:
    """Start Spark and wait for its session.

    Args:
        settings: The project's settings.
        log: Receives the JVM's output.
    """
    return Starter(settings, log=log).session()
