"""Facts about a model version, stored as a file in its artifact and as tags in the registry."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sparkops.config.state_file import MALFORMED
from sparkops.core.bounded_file import MAX_FACTS, read_text
from sparkops.errors import DamagedModel, explain_damage
from sparkops.pipeline.json_values.models import gate_from_json, gate_to_json
from sparkops.pipeline.model_version_info import GateResult, ModelVersionInfo
from sparkops.scoring.artifact.file_names import FACTS
from sparkops.scoring.locate.identity import SCORER_TAG
from sparkops.scoring.locate.sqlite_registry import RegistryEntry

Value = TypeVar("Value")

RUN_TAG, SOURCE_TAG = "sparkops.run_id", "sparkops.source"
_COMPILED, _PARITY, _REASONS = "sparkops.compiled", "sparkops.parity", "sparkops.reasons"
_TABLES, _GATES = "sparkops.tables", "sparkops.gates"
_BENCHMARK, _FLAVOR = "sparkops.race", "sparkops.flavor"
_ROW_TIME = "sparkops.row_ms"
_RULES, _LEFT_OUT = "sparkops.rules", "sparkops.rules_left_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """The contents of `sparkops.json`.

    Args:
        name: Registered name.
        run_id: sparkops run that trained it; empty if none did.
        compiled: Whether it contains a compiled scorer.
        reasons: Reason for each stage that was not compiled.
        parity: Number of rows in the certificate.
        row_milliseconds: Of a model that is not compiled: time that a local Spark takes for a row; 0 if it scores no
            rows.
        outputs: Of a model that is not compiled: columns that it adds by default.
        inputs: Columns that the model reads: name to Spark type.
        unread: Further columns of the training rows: name to Spark type. Spark's analysis may need them.
        tables: Versions of the training tables, by name.
        metrics: Metrics on the held-out rows.
        gates: Results of the gates.
        params: Parameters of the run.
        spark: Version of Spark that fitted it.
        stages: Fitted stages, in order.
        flavor: MLflow flavor; empty for a Spark model.
        scorer: Hash of the compiled scorer's description; empty without one.
        rules: Number of row rules that the scorer contains.
        left_out: Expectations of the training tables that are no row rules of the scorer, with the reason.
        benchmark: Microseconds per row by "transform" and by "mapInArrow", measured over "rows" rows; empty if not
            measured.
        source: Origin of a model that sparkops did not train: its "folder", the "sha256" of its files, and the origin
            of its "columns". Empty for a model that sparkops trained.
    """

    name: str
    run_id: str
    compiled: bool
    reasons: tuple[str, ...] = ()
    parity: int = 0
    row_milliseconds: float = 0.0
    outputs: tuple[str, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
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
    source: Mapping[str, str] = field(default_factory=dict)


def write_facts(facts: ModelFacts, model: Path) -> None:
    """Write `sparkops.json` to a model folder."""
    (model / FACTS).write_text(json.dumps({"format": 1, **_to_json(facts)}, indent=1) + "\n", "utf-8")


def read_input_types(model: Path) -> Mapping[str, str]:
    """Return the Spark types of the columns that a model reads; empty if sparkops did not register it."""
    return _read_facts(model, lambda facts: _parse_types(facts["inputs"]), default={})


def read_unread_types(model: Path) -> Mapping[str, str]:
    """Return the Spark types of the columns of the training rows that a model does not read.

    Empty if they were not recorded.
    """
    return _read_facts(model, lambda facts: _parse_types(facts.get("unread", {})), default={})


def read_outputs(model: Path) -> tuple[str, ...]:
    """Return the columns that a model that is not compiled adds by default; empty if they were not recorded."""
    return _read_facts(model, lambda facts: tuple(map(str, facts.get("outputs", ()))), default=())


def read_benchmark(model: Path) -> Mapping[str, float]:
    """Return the benchmark measured when a model was registered; empty if there was none."""

    def read(facts: Mapping[str, Any]) -> dict[str, float]:
        figures = facts.get("race") or {}
        return {key: float(figures[key]) for key in ("transform", "mapInArrow", "rows")} if figures else {}

    return _read_facts(model, read, default={})


def awaits_certificate(model: Path) -> bool:
    """Return whether a folder contains a compiled model whose scorer was not compared with Spark yet."""
    facts: Mapping[str, Any] = _read_facts(model, lambda facts: facts, default={})
    return bool(facts.get("compiled")) and not facts.get("parity")


def record_parity(model: Path, rows: int) -> None:
    """Write the number of rows of a certificate that a model folder has received to its facts."""
    recorded: Mapping[str, Any] = _read_facts(model, lambda facts: facts, default={})
    facts = {**recorded, "parity": rows}
    (model / FACTS).write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


def _parse_types(types: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(type_) for name, type_ in types.items()}


def _read_facts(model: Path, read: Callable[[Mapping[str, Any]], Value], *, default: Value) -> Value:
    """Return what `read` finds in the contents of `sparkops.json`; the default if a model has no such file.

    Raises:
        DamagedModel: The file cannot be read, or `read` finds another form.
    """
    file = model / FACTS
    if not file.is_file():
        return default
    try:
        return read(json.loads(read_text(file, MAX_FACTS)))
    except (OSError, RecursionError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedModel(f"{file} is damaged ({error!r}). Register the model again.") from error


def _to_json(facts: ModelFacts) -> dict[str, Any]:
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
        "gates": [gate_to_json(gate) for gate in facts.gates],
        "params": dict(facts.params),
        "spark": facts.spark,
        "stages": list(facts.stages),
        "scorer": facts.scorer,
        "rules": facts.rules,
        "left_out": list(facts.left_out),
        "race": dict(facts.benchmark),
        "flavor": facts.flavor,
        "unread": dict(facts.unread),
        **({"source": dict(facts.source)} if facts.source else {}),
        **({"outputs": list(facts.outputs)} if facts.outputs else {}),
        **({"row_ms": facts.row_milliseconds} if facts.row_milliseconds else {}),
    }


def to_tags(facts: ModelFacts) -> dict[str, str]:
    """Return the tags of a model version; lists of models are made from tags alone."""
    return {
        **({RUN_TAG: facts.run_id} if facts.run_id else {}),
        _COMPILED: "true" if facts.compiled else "false",
        _PARITY: str(facts.parity),
        _REASONS: _dump_reasons(facts.reasons),
        _TABLES: json.dumps(dict(facts.tables)),
        _GATES: json.dumps([gate_to_json(gate) for gate in facts.gates]),
        _BENCHMARK: json.dumps(dict(facts.benchmark)),
        **({_RULES: str(facts.rules)} if facts.rules else {}),
        **({_LEFT_OUT: _dump_reasons(facts.left_out)} if facts.left_out else {}),
        **({_ROW_TIME: str(facts.row_milliseconds)} if facts.row_milliseconds else {}),
        **({_FLAVOR: facts.flavor} if facts.flavor else {}),
        **({SCORER_TAG: facts.scorer} if facts.scorer else {}),
        **({SOURCE_TAG: json.dumps(dict(facts.source))} if facts.source else {}),
    }


def to_version_info(entry: RegistryEntry) -> ModelVersionInfo:
    """Return the facts of a registry entry; a version registered without sparkops has none of the tags.

    Raises:
        DamagedModel: A tag has another form than it was written in.
    """
    try:
        return _parse_tags(entry, entry.tags)
    except MALFORMED as error:
        raise DamagedModel(
            f"The tags of models:/{entry.name}/{entry.version} in the registry are damaged ({explain_damage(error)}): "
            "register the model again."
        ) from error


def _parse_tags(entry: RegistryEntry, tags: Mapping[str, str]) -> ModelVersionInfo:
    reasons = _parse_texts(tags.get(_REASONS, "[]"))
    return ModelVersionInfo(
        name=entry.name,
        version=entry.version,
        run_id=tags.get(RUN_TAG, ""),
        mlflow_run=entry.run,
        uri=f"models:/{entry.name}/{entry.version}",
        metrics=entry.metrics,
        aliases=entry.aliases,
        gates=tuple(gate_from_json(gate) for gate in json.loads(tags.get(_GATES, "[]"))),
        compiled=tags.get(_COMPILED) == "true",
        reasons=reasons if _COMPILED in tags else ("registered without sparkops",),
        parity=int(tags.get(_PARITY, "0")),
        tables=dict(json.loads(tags.get(_TABLES, "{}"))),
        benchmark={key: float(value) for key, value in json.loads(tags.get(_BENCHMARK, "{}")).items()},
        flavor=tags.get(_FLAVOR, ""),
        row_milliseconds=float(tags.get(_ROW_TIME, "0")),
        rules=int(tags.get(_RULES, "0")),
        left_out=_parse_texts(tags.get(_LEFT_OUT, "[]")),
        source=dict(json.loads(tags.get(SOURCE_TAG, "{}"))),
        time=datetime.fromtimestamp(entry.created / 1000, tz=UTC) if entry.created else None,
    )


def _parse_texts(text: str) -> tuple[str, ...]:
    values = json.loads(text)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError("a list of texts has another form")
    return tuple(values)


def _dump_reasons(reasons: Sequence[str], max_length: int = 4500) -> str:
    """Return reasons as JSON that fits a tag; the last ones are dropped if they do not fit."""
    fitting: list[Any] = list(reasons)
    while len(json.dumps(fitting)) > max_length:
        fitting.pop()
    return json.dumps(fitting)
