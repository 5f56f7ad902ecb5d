"""One part of an expression as Python text, and the pen that joins parts: null in gives null out, from left to right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..codegen.code_writer import CodeWriter


@dataclass(frozen=True, slots=True)
class Piece:
    """Python text of a value.

    Args:
        expr: The text, of names that were made here.
        null: Whether the value may be None.
        nan: Whether it may be NaN.
        atom: Whether it is one name or constant, cheap to repeat.
    """

    expr: str
    null: bool = True
    nan: bool = True
    atom: bool = False


def strict(
    code: CodeWriter,
    pieces: Sequence[Piece],
    body: Callable[..., str],
    *,
    null: bool = False,
    nan: bool = True,
    backwards: bool = False,
    once: bool = True,
) -> Piece:
    """Return a piece that is null where a part is null, and else what `body` makes of the parts.

    Parts are worked out in order, and those after a null one are not, as in Spark.

    Args:
        code: Where names are made.
        pieces: The parts.
        body: Takes one text a part.
        null: Whether the body may give None of itself.
        nan: Whether the body may give NaN.
        backwards: The last part is worked out first, as Spark does in divisions.
        once: The body names each part at most once.
    """
    order = range(len(pieces))
    turn = list(reversed(order)) if backwards else list(order)
    tests, exprs = [], [piece.expr for piece in pieces]
    for at, place in enumerate(turn):
        piece = pieces[place]
        later = any(pieces[other].null for other in turn[at + 1 :])
        if piece.atom:
            tests += [f"{piece.expr} is None"] if piece.null else []
        elif piece.null or later or not once or (backwards and len(pieces) > 1):
            name = code.name()
            tests.append(f"({name} := {piece.expr}) is None")
            exprs[place] = name
    made = body(*exprs)
    if not tests:
        return Piece(made, null=null, nan=nan)
    return Piece(
        f"(None if {' or '.join(tests)} else {made})", null or any(piece.null for piece in pieces), nan
    )


def held(code: CodeWriter, piece: Piece) -> tuple[str, str]:
    """Return the text of a piece where it is first used, and where it is used again."""
    if piece.atom:
        return piece.expr, piece.expr
    name = code.name()
    return f"({name} := {piece.expr})", name
