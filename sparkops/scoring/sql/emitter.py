"""From a checked tree to Python text over named columns."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import ModelError
from ..codegen.code_writer import (CodeWriter, float_literal)
from . import literals
from .expression import Node
from .operations import OPERATIONS
from .fragment import Piece
from .types import (real, whole)


def piece(node: Node, columns: Mapping[str, Piece], code: CodeWriter, stage: str) -> Piece:
    """Return a tree as Python text.

    Args:
        node: The tree.
        columns: Its columns, as names.
        code: Where constants are bound.
        stage: The Spark stage, for messages.

    Raises:
        ModelError: An operation is not known, or does not take the types below it.
    """
    if node.op == "column":
        if node.value not in columns or node.args:
            raise ModelError(f"{stage}: its expression reads a column that is not there.")
        return columns[node.value]
    if node.op == "literal":
        return _literal(node, code, stage)
    operation = OPERATIONS.get(node.op)
    if operation is None:
        raise ModelError(f"{stage}: the operation `{node.op}` is not known to this version.")
    parts = [piece(arg, columns, code, stage) for arg in node.args]
    try:
        fits = operation.fits(node)
    except (TypeError, ValueError, IndexError):
        fits = False
    if not fits:
        kinds = ", ".join(arg.type for arg in node.args)
        raise ModelError(f"{stage}: the operation `{node.op}` of ({kinds}) to {node.type} is damaged.")
    return operation.write(code, node, parts)


def _literal(node: Node, code: CodeWriter, stage: str) -> Piece:
    try:
        value = literals.read(node.value, node.type)
    except ValueError as error:
        raise ModelError(f"{stage}: a constant of its expression is damaged: {error}.") from None
    if value is None or isinstance(value, bool):
        return Piece(repr(value), null=value is None, nan=False, atom=True)
    if whole(node.type):
        return Piece(f"({value!r})" if value < 0 else repr(value), null=False, nan=False, atom=True)
    if real(node.type):
        return Piece(float_literal(value), null=False, nan=value != value, atom=True)  # noqa: PLR0124
    return Piece(code.constant(value), null=False, nan=False, atom=True)
