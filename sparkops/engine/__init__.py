"""The engine: wires the rooms together."""

from sparkops.engine.engine import Engine, load_scorer

__all__ = ["Engine", "load_scorer"]
