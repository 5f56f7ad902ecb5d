"""The engine: runs jobs, reads tables and scores models of a project."""

from sparkops.engine.engine import Engine
from sparkops.engine.operations.load_scorer import load_scorer

__all__ = ["Engine", "load_scorer"]
