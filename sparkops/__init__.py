"""sparkops: typed Spark jobs on pinned Delta tables, checked and recorded; their models score anywhere as in Spark."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sparkops.cli.script import main
    from sparkops.engine import Engine, load_scorer
    from sparkops.engine.options import FlowPart
    from sparkops.errors import SparkopsError
    from sparkops.pipeline.condition import Condition
    from sparkops.pipeline.declare import job
    from sparkops.pipeline.fan_out.column_values import ColumnValues
    from sparkops.pipeline.job import Job
    from sparkops.pipeline.model import Gate, Model, ModelVersion
    from sparkops.pipeline.reports.report import Report
    from sparkops.pipeline.secret import Secret
    from sparkops.pipeline.write import Write
    from sparkops.runs.records.run import Run
    from sparkops.scoring.function_declaration import row_function

_MODULES = {
    "ColumnValues": "sparkops.pipeline.fan_out.column_values",
    "Condition": "sparkops.pipeline.condition",
    "Engine": "sparkops.engine",
    "FlowPart": "sparkops.engine.options",
    "Gate": "sparkops.pipeline.model",
    "Job": "sparkops.pipeline.job",
    "Model": "sparkops.pipeline.model",
    "ModelVersion": "sparkops.pipeline.model",
    "Report": "sparkops.pipeline.reports.report",
    "Run": "sparkops.runs.records.run",
    "Secret": "sparkops.pipeline.secret",
    "SparkopsError": "sparkops.errors",
    "Write": "sparkops.pipeline.write",
    "job": "sparkops.pipeline.declare",
    "load_scorer": "sparkops.engine",
    "main": "sparkops.cli.script",
    "row_function": "sparkops.scoring.function_declaration",
}

__all__ = [
    "ColumnValues",
    "Condition",
    "Engine",
    "FlowPart",
    "Gate",
    "Job",
    "Model",
    "ModelVersion",
    "Report",
    "Run",
    "Secret",
    "SparkopsError",
    "Write",
    "job",
    "load_scorer",
    "main",
    "row_function",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import sparkops` is fast."""
    if name not in _MODULES:
        raise AttributeError(f"module 'sparkops' has no attribute '{name}'")
    if name == "job":
        import_module("sparkops.pipeline.discovery.script").prepare_script()
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value
