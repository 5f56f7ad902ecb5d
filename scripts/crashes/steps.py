"""The steps of a run that change something on disk; an attempt is interrupted before or after one of them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Final

# Name to the module, class and method whose call is the step.
STEPS: Final = {
    "record": ("sparkops.runs.records.store", "Attempt", "append"),
    "stage": ("sparkops.tables.staging.stage", "Staging", "stage"),
    "divide": ("sparkops.tables.staging.stage", "Staging", "divide"),
    "plan": ("sparkops.tables.staging.plan_file", "PlanFiles", "save"),
    "journal-begin": ("sparkops.runs.records.publications", "PublicationJournal", "begin"),
    "quarantine": ("sparkops.tables.tables", "Tables", "quarantine"),
    "publish": ("sparkops.tables.tables", "Tables", "publish"),
    "history": ("sparkops.tables.tables", "Tables", "append_check_results"),
    "journal-complete": ("sparkops.runs.records.publications", "PublicationJournal", "complete"),
    "discard": ("sparkops.tables.staging.stage", "Staging", "discard"),
}
RELEASE_STEPS: Final = {
    "stage": STEPS["stage"],
    "mark": ("sparkops.tables.quarantine.release", "Releases", "mark"),
    "publish": STEPS["publish"],
    "complete": ("sparkops.tables.quarantine.release", "Releases", "complete"),
    "discard": STEPS["discard"],
}
_CLIENT: Final = ("mlflow.tracking.client", "MlflowClient")
MODEL_STEPS: Final = {
    "record": STEPS["record"],
    "create-run": (*_CLIENT, "create_run"),
    "create-logged-model": (*_CLIENT, "create_logged_model"),
    "finalize-logged-model": (*_CLIENT, "finalize_logged_model"),
    "create-model": (*_CLIENT, "create_registered_model"),
    "create-version": (*_CLIENT, "create_model_version"),
    "end-run": (*_CLIENT, "set_terminated"),
    "alias": (*_CLIENT, "set_registered_model_alias"),
}
ROLLBACK_STEPS: Final = {
    "record": STEPS["record"],
    "journal-begin": STEPS["journal-begin"],
    "mark": ("sparkops.runs.rollback.execute", "_Execution", "_mark"),
    "discard": STEPS["discard"],
    "restore": ("sparkops.tables.tables", "Tables", "restore"),
    "alias": MODEL_STEPS["alias"],
    "alias-delete": (*_CLIENT, "delete_registered_model_alias"),
    "alias-history": (*_CLIENT, "set_registered_model_tag"),
    "journal-complete": STEPS["journal-complete"],
}


def interrupt_step(
    step: tuple[str, str, str], *, before: bool, call: int, strike: Callable[[], None]
) -> None:
    """Let a call of a step strike.

    Args:
        step: Module, class and method.
        before: Whether it strikes before the step, or after it.
        call: Number of the call, from 1.
        strike: What happens.
    """
    module, class_name, method = step
    owner = getattr(importlib.import_module(module), class_name)
    function = getattr(owner, method)
    calls = 0

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        strikes = calls == call
        if strikes and before:
            strike()
        result = function(*args, **kwargs)
        if strikes and not before:
            strike()
        return result

    setattr(owner, method, interrupted)
