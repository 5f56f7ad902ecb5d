"""What sparkops knows of a model version: a file in its artifact, and tags of the version in the registry."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sparkops.errors import ModelError
from sparkops.pipeline.json_values import gate_json, gate_of
from sparkops.pipeline.model_version_info import GateResult, ModelVersionInfo
from sparkops.scoring.artifact.file_names import FACTS
from sparkops.scoring.locate.identity import TAG
from sparkops.scoring.locate.sqlite_registry import RegistryEntry

RUN_TAG = "sparkops.run_id"
_COMPILED, _PARITY, _REASONS = "sparkops.compiled", "sparkops.parity", "sparkops.reasons"
_TABLES, _GATES = "sparkops.tables", "sparkops.gates"
_RACE, _FLAVOR = "sparkops.race", "sparkops.flavor"
_RULES, _LEFT_OUT = "sparkops.rules", "sparkops.rules_left_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """The contents of `sparkops.json`.

    Args:
        name: Registered name.
        run_id: Run of sparkops that trained it.
        compiled: Whether it holds a compiled scorer.
        reasons: Per stage that was not compiled, why.
        parity: Rows in the certificate.
        inputs: Columns the model reads: name to Spark type.
        tables: Training tables: name to version.
        metrics: Metrics on the held-out rows.
        gates: Results of the gates.
        params: The run's parameters.
        spark: Version of Spark that fitted it.
        stages: Fitted stages, in their order.
        flavor: MLflow's flavor of a model that is no Spark model; empty of a Spark model.
        scorer: Hash of the compiled scorer's description; empty without one.
        rules: How many rules for rows travel with it.
        left_out: The training tables' expectations that do not, with the reason.
        benchmark: Microseconds a row by each way that Spark scores a frame, with "rows"; empty where they were not raced.
    """

    name: str
    run_id: str
    compiled: bool
    reasons: tuple[str, ...] = ()
    parity: int = 0
    inputs: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, int | None] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    gates: tuple[GateResult, ...] = ()
    params: Mapping[str, str] = field(default_factory=dict)
    spark: str = ""
    stages: tuple[str, ...] = ()
    scorer: str = ""
    rules: int = 0
    left_out: tuple[str, ...] = ()
    benchmark: Mapping[str, float] = field(default_factory=dict)
    flavor: str = ""

    @property
    def passed(self) -> bool:
        """Tell whether every gate passed."""
        return all(gate.passed for gate in self.gates)


def write_facts(facts: ModelFacts, model: Path) -> None:
    """Write `sparkops.json` into a model's folder."""
    (model / FACTS).write_text(json.dumps({"format": 1, **_as_json(facts)}, indent=1) + "\n", "utf-8")


def _as_json(facts: ModelFacts) -> dict[str, Any]:
    """Return the facts under the keys of the file, which are a format."""
    return {
        "name": facts.name,
        "run_id": facts.run_id,
        "compiled": facts.compiled,
        "reasons": list(facts.reasons),
        "parity": facts.parity,
        "inputs": dict(facts.inputs),
        "tables": dict(facts.tables),
        "metrics": dict(facts.metrics),
        "gates": [gate_json(gate) for gate in facts.gates],
        "params": dict(facts.params),
        "spark": facts.spark,
        "stages": list(facts.stages),
        "scorer": facts.scorer,
        "rules": facts.rules,
        "left_out": list(facts.left_out),
        "race": dict(facts.benchmark),
        "flavor": facts.flavor,
    }


def read_input_types(model: Path) -> Mapping[str, str]:
    """Return the Spark types of the columns that a model reads; empty where sparkops did not register it."""
    file = model / FACTS
    if not file.is_file():
        return {}
    try:
        return {str(name): str(kind) for name, kind in json.loads(file.read_text("utf-8"))["inputs"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{file} is damaged ({error!r}). Register the model again.") from error


def read_benchmark(model: Path) -> Mapping[str, float]:
    """Return which way of scoring took how long when a model was registered; empty where that is not known."""
    file = model / FACTS
    if not file.is_file():
        return {}
    try:
        race = json.loads(file.read_text("utf-8")).get("race") or {}
        return {way: float(race[way]) for way in ("transform", "mapInArrow", "rows")} if race else {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{file} is damaged ({error!r}). Register the model again.") from error


def to_tags(facts: ModelFacts) -> dict[str, str]:
    """Return the tags of a model version; a list of models is made from them alone."""
    return {
        RUN_TAG: facts.run_id,
        _COMPILED: "true" if facts.compiled else "false",
        _PARITY: str(facts.parity),
        _REASONS: _listed(facts.reasons),
        _TABLES: json.dumps(dict(facts.tables)),
        _GATES: json.dumps([gate_json(gate) for gate in facts.gates]),
        _RACE: json.dumps(dict(facts.benchmark)),
        **({_RULES: str(facts.rules)} if facts.rules else {}),
        **({_LEFT_OUT: _listed(facts.left_out)} if facts.left_out else {}),
        **({_FLAVOR: facts.flavor} if facts.flavor else {}),
        **({TAG: facts.scorer} if facts.scorer else {}),
    }


def to_version_info(entry: RegistryEntry) -> ModelVersionInfo:
    """Return a registry's entry as sparkops tells it; a version that someone else registered has no tags of ours."""
    tags = entry.tags
    ours = RUN_TAG in tags
    return ModelVersionInfo(
        name=entry.name,
        version=entry.version,
        run_id=tags.get(RUN_TAG, ""),
        mlflow_run=entry.run,
        uri=f"models:/{entry.name}/{entry.version}",
        metrics=entry.metrics,
        aliases=entry.aliases,
        gates=tuple(gate_of(gate) for gate in json.loads(tags.get(_GATES, "[]"))),
        compiled=tags.get(_COMPILED) == "true",
        reasons=tuple(json.loads(tags.get(_REASONS, "[]"))) if ours else ("registered without sparkops",),
        parity=int(tags.get(_PARITY, "0")),
        tables=json.loads(tags.get(_TABLES, "{}")),
        benchmark=json.loads(tags.get(_RACE, "{}")),
        flavor=tags.get(_FLAVOR, ""),
        rules=int(tags.get(_RULES, "0")),
        left_out=tuple(json.loads(tags.get(_LEFT_OUT, "[]"))),
        time=datetime.fromtimestamp(entry.created / 1000, tz=UTC) if entry.created else None,
    )


def _listed(reasons: Sequence[str], most: int = 4500) -> str:
    """Return reasons as JSON that fits a tag: as many as there is room for."""
    kept: list[Any] = list(reasons)
    while len(json.dumps(kept)) > most:
        kept.pop()
    return json.dumps(kept)
