"""A model version of the registry, as a run records it and a list shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """What one gate compared: `champion` is None where there was none, or the gate is absolute."""

    metric: str
    rule: str
    value: float
    champion: float | None
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersionInfo:
    """One registered model version.

    Args:
        name: Registered model name.
        version: Version number.
        run_id: Run of sparkops that trained it; empty when someone else registered it.
        mlflow_run: MLflow's run id.
        uri: `models:/name/version`.
        metrics: Metrics on the held-out rows.
        aliases: Aliases that point to it now.
        gates: Results of the gates, at registration.
        compiled: Whether the scorer was compiled; False: scored by Spark.
        reasons: Per stage that was not compiled, why.
        parity: Rows in the certificate, all equal; 0 when not compiled.
        tables: Training tables: name to version.
        time: When it was registered (UTC).
        race: Microseconds a row by "transform" and by "mapInArrow" at registration, with "rows"; empty without a race.
        flavor: MLflow's flavor of a model that is no Spark model; empty of a Spark model.
        rules: How many rules for rows travel with it.
        left_out: Expectations of its training tables that do not, with the reason: as many as fit a tag.
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
    tables: Mapping[str, int | None] = field(default_factory=dict)
    time: datetime | None = None
    race: Mapping[str, float] = field(default_factory=dict)
    flavor: str = ""
    rules: int = 0
    left_out: tuple[str, ...] = ()
