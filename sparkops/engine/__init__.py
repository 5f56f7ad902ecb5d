"""The engine: wires the rooms together."""

from sparkops.engine.engine import Engine
from sparkops.engine.operations.load_scorer import load_scorer

__all__ = ["Engine", "load_scorer"]
