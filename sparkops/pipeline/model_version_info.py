"""Facts about a registered model version, as recorded in runs and shown in lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """Result of one gate; `champion` is None where there is no champion or the gate is absolute."""

    metric: str
    rule: str
    value: float
    champion: float | None
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersionInfo:
    """Facts about one registered model version.

    Args:
        name: Registered model name.
        version: Version number.
        run_id: sparkops run that trained it; empty when it was registered without sparkops.
        mlflow_run: MLflow's run id.
        uri: `models:/name/version`.
        metrics: Metrics on the held-out rows.
        aliases: Its current aliases.
        gates: Gate results at registration.
        compiled: Whether a compiled scorer exists; otherwise Spark scores it.
        reasons: Reason for each stage that could not be compiled.
        parity: Rows in the parity certificate; 0 without one.
        row_milliseconds: Of a model that is not compiled: time that a local Spark takes for a row; 0 if it scores no
            rows.
        tables: Versions of the training tables, by name.
        time: When it was registered (UTC).
        benchmark: Microseconds per row by "transform" and by "mapInArrow", measured at registration over "rows" rows;
            may be empty.
        flavor: MLflow flavor; empty for a Spark model.
        rules: Number of row rules that the model contains.
        left_out: Expectations of the training tables that are not among them, with the reason; as many as fit a tag.
        source: Origin of a model that sparkops did not train: its "folder", the "sha256" of its files, and what its
            "columns" were read from; else empty.
    """

    name: str
    version: int
    run_id: str
    mlflow_run: str
    uri: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    gates: tuple[GateResult, ...] = ()
    compiled: bool = True
    reasons: tuple[str, ...] = ()
    parity: int = 0
    row_milliseconds: float = 0.0
    tables: Mapping[str, int | None] = field(default_factory=dict)
    time: datetime | None = None
    benchmark: Mapping[str, float] = field(default_factory=dict)
    flavor: str = ""
    rules: int = 0
    left_out: tuple[str, ...] = ()
    source: Mapping[str, str] = field(default_factory=dict)
