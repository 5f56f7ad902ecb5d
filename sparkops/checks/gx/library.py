"""Importing Great Expectations, which takes seconds: begun early in a thread, waited for where it is needed."""

from __future__ import annotations

import logging
import threading
from importlib import import_module

from sparkops.checks.gx.lazy_modules import late
from sparkops.errors import EngineError

_MODULES = (
    "great_expectations",
    "great_expectations.expectations",
    "sparkops.checks.gx.one_pass_engine",
    "sparkops.checks.gx.checkpoint",
    "sparkops.checks.gx.unexpected_condition",
)
_SELDOM = ("altair", "scipy.stats")


class Library:
    """The one import of Great Expectations in this process."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._error: ImportError | None = None
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Start importing in a daemon thread; a second call does nothing."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._load, name="sparkops-checks-import", daemon=True)
                self._thread.start()

    def wait(self) -> None:
        """Return when it is imported.

        Raises:
            EngineError: It is not installed, or does not import.
        """
        self.begin()
        if self._thread is not None:
            self._thread.join()
        if self._error is not None:
            raise EngineError(
                f"Great Expectations cannot be imported: {self._error}. "
                "Checks need it: install `sparkops[spark]`, or `great-expectations` beside your Spark."
            ) from self._error

    def _load(self) -> None:
        try:
            with late(_SELDOM):
                for name in _MODULES:
                    import_module(name)
        except ImportError as error:
            self._error = error
        for name in (
            "great_expectations",
            "great_expectations.validator",
            "great_expectations.execution_engine",
        ):
            logging.getLogger(name).setLevel(logging.ERROR)
