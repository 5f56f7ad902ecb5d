"""The writer of a row's straight-line code: numbers by repr, names made here, nothing of an artifact as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from math import inf, nan
from typing import Any

from ...errors import ModelError
from .row_errors import refuse_missing
from .symbols import Block, Dense, Scalar, Sparse, Vector, block_slots

Column = Scalar | Vector
_WRITTEN_OUT = 16  # slots of a one-hot part that are cheaper as code than as a call


class CodeWriter:
    """Lines, the constants they name, the columns known so far, and the edges seen on the way."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.constants: dict[str, Any] = {"inf": inf, "nan": nan}
        self.columns: dict[str, Column] = {}
        self.edges: dict[str, set[float]] = {}
        self.known: dict[str, tuple[Any, ...]] = {}
        # fields whose NaN, infinities and huge numbers have no one answer in Spark
        self.ambiguous_fields: set[str] = set()
        self._count = 0

    def name(self) -> str:
        """Return a name that nothing else has."""
        self._count += 1
        return f"v{self._count}"

    def line(self, text: str) -> None:
        """Add one line to the body."""
        self.lines.append(text)

    def constant(self, value: Any) -> str:
        """Bind a value or function and return its name."""
        name = self.name()
        self.constants[name] = value
        return name

    def local(self, expr: str) -> str:
        """Compute an expression once and return the name that holds it."""
        name = self.name()
        self.lines.append(f"{name} = {expr}")
        return name

    def atom(self, scalar: Scalar) -> Scalar:
        """Return the scalar as one name."""
        return scalar if scalar.atom else replace(scalar, expr=self.local(scalar.expr), atom=True)

    def dense(self, vector: Vector) -> str:
        """Return a name that holds the whole vector as a sequence of doubles."""
        if len(vector.blocks) == 1 and isinstance(vector.blocks[0], Dense):
            return vector.blocks[0].expr
        return self.local(self.list_expr(vector))

    def list_expr(self, vector: Vector) -> str:
        """Return the expression of a new list of all slots."""
        return f"[{', '.join(self._listed(block) for block in vector.blocks)}]"

    def sparse(self, vector: Vector) -> str:
        """Return a name that holds the vector's slots that are not 0 as a dictionary, in the order of the slots."""
        if len(vector.blocks) == 1 and isinstance(vector.blocks[0], Sparse):
            return vector.blocks[0].expr
        name, at = self.local("{}"), 0
        for block in vector.blocks:
            if isinstance(block, Sparse):
                self.line(f"for at, value in {block.expr}.items(): {name}[at + {at}] = value")
            else:
                values = f"[{self._listed(block)}]" if not isinstance(block, Dense) else block.expr
                self.line(f"for at, value in enumerate({values}, {at}):")
                self.line(f"    if value: {name}[at] = value")
            at += block.size
        return name

    def _listed(self, block: Block) -> str:
        """Return a block as items of a list display."""
        if isinstance(block, Scalar):
            return block.expr
        if isinstance(block, Dense):
            return f"*{block.expr}"
        if isinstance(block, Sparse):
            return f"*{self.constant(partial(to_dense, size=block.size))}({block.expr})"
        if block.size <= _WRITTEN_OUT:
            return ", ".join(part.expr for part in block_slots(block))
        made = self.constant(partial(_hot, hot=block.hot.tolist(), base=block.base.tolist()))
        return f"*{made}({block.index})"

    def slot(self, block: Block) -> Block:
        """Return a part of a vector, cheap to repeat."""
        return self.atom(block) if isinstance(block, Scalar) else block

    def scalar(self, column: str, stage: str) -> Scalar:
        """Return a scalar column.

        Raises:
            ModelError: There is no such column, or it is a vector.
        """
        found = self._column(column, stage)
        if not isinstance(found, Scalar):
            raise ModelError(f"{stage}: column `{column}` is a vector, and a single value is needed.")
        return found

    def vector(self, column: str, stage: str, size: int | None = None) -> Vector:
        """Return a vector column.

        Raises:
            ModelError: There is no such column, it is no vector, or its length is another.
        """
        found = self._column(column, stage)
        if not isinstance(found, Vector):
            raise ModelError(f"{stage}: column `{column}` is not a vector.")
        if size is not None and found.size != size:
            raise ModelError(f"{stage}: column `{column}` has {found.size} slots, and {size} are needed.")
        return found

    def features(self, column: str, stage: str, size: int | None = None) -> Vector:
        """Return a vector column that is not null: a null one refuses the row."""
        found = self.vector(column, stage, size)
        if found.null is not None:
            self.line(f"if {found.null}: {self.constant(refuse_missing(found.field or column, stage))}(None)")
        return found

    def add_boundaries(self, scalar: Scalar, values: Iterable[float]) -> None:
        """Remember where the model changes its mind, in units of the input field."""
        if scalar.field is None or scalar.scale == 0.0:
            return
        seen = self.edges.setdefault(scalar.field, set())
        seen.update((float(value) - scalar.shift) / scalar.scale for value in values)

    def _column(self, column: str, stage: str) -> Column:
        if column not in self.columns:
            raise ModelError(f"{stage}: there is no column `{column}`; known: {', '.join(self.columns)}.")
        return self.columns[column]

    def function(self, name: str, argument: str) -> Callable[..., Any]:
        """Return the lines as one function."""
        body = "\n".join(f"    {line}" for line in self.lines)
        scope = dict(self.constants)
        exec(compile(f"def {name}({argument}):\n{body}\n", f"<sparkops {name}>", "exec"), scope)  # noqa: S102
        made: Callable[..., Any] = scope[name]
        return made


def to_dense(values: Mapping[int, float], *, size: int) -> list[float]:
    """Return a dictionary of slots as a list of all slots."""
    result = [0.0] * size
    for at, value in values.items():
        result[at] = value
    return result


def _hot(index: int, *, hot: list[float], base: list[float]) -> list[float]:
    if index >= len(hot):
        return base
    result = base.copy()
    result[index] = hot[index]
    return result


def float_literal(value: float) -> str:
    """Return a number as a literal that reads back to the same double."""
    text = repr(float(value))
    return f"({text})" if text.startswith("-") else text
