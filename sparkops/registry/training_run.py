"""The run that trained a model, as the registry records it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sparkops.scoring.ir.portable_rules import PortableRules


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """The run of sparkops that trained a model.

    Args:
        run_id: The run.
        tables: Versions of the training tables, by name.
        rules: Row rules of those tables. Those that need only the model's columns become part of the scorer.
        params: Parameters of the run.
        tags: Further tags of MLflow's run.
    """

    run_id: str
    tables: Mapping[str, int | None] = field(default_factory=dict)
    rules: PortableRules = field(default_factory=PortableRules)
    params: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
