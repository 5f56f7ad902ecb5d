"""Import Great Expectations, which takes seconds, in a background thread."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from importlib import import_module

from sparkops.checks.gx.lazy_modules import import_lazily
from sparkops.errors import EngineError, as_clause

_SHARED = "sparkops.checks.gx.pyspark_modules"
_MODULES = (
    _SHARED,
    "great_expectations",
    "great_expectations.expectations",
    "sparkops.checks.gx.one_pass_engine",
    "sparkops.checks.gx.checkpoint",
    "sparkops.checks.gx.unexpected_condition",
)
# Great Expectations imports them for three expectations that are rarely used.
_RARELY_USED = ("altair", "scipy.stats")
_LOGGERS = (
    "great_expectations",
    "great_expectations.validator",
    "great_expectations.execution_engine",
)


class GxLibrary:
    """Great Expectations, imported once and in the background."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._error: ImportError | None = None
        self._lock = threading.Lock()

    @property
    def is_started(self) -> bool:
        """Return whether the import was started."""
        return self._thread is not None

    def start_import(self) -> None:
        """Start the import in a daemon thread; a second call does nothing."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._import, name="sparkops-checks-import", daemon=True
                )
                self._thread.start()

    def finish_shared_imports(self) -> None:
        """Wait until the import in the background is done with the modules that files of jobs import, too."""
        # An error is raised where Great Expectations is needed.
        with suppress(ImportError):
            import_module(_SHARED)

    def ensure_imported(self) -> None:
        """Start the import if necessary, and wait for its end.

        Raises:
            EngineError: Great Expectations is not installed, or cannot be imported.
        """
        self.start_import()
        if self._thread is not None:
            self._thread.join()
        if self._error is not None:
            raise EngineError(
                f"Great Expectations cannot be imported: {as_clause(self._error)}. "
                "Checks need it: install `sparkops[spark]`, or `great-expectations` beside your Spark."
            ) from self._error

    def _import(self) -> None:
        # Great Expectations logs progress at lower levels, hundreds of lines at its import: noise on a terminal and in logs.
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            with import_lazily(_RARELY_USED):
                for name in _MODULES:
                    import_module(name)
        except ImportError as error:
            self._error = error
