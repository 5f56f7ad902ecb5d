"""The engine: wires the rooms together."""

from sparkops.engine.engine import Engine
from sparkops.engine.model_scorer import load_scorer

__all__ = ["Engine", "load_scorer"]
