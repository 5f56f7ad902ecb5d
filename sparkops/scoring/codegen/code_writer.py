"""Generate the straight-line code for one row.

Numbers are written with `repr` and all names are generated, so no text of an artifact is executed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from math import inf, nan
from typing import Any

from ...errors import ModelError
from ..ir.growth import MAX_UNITS, Bound
from .row_errors import make_missing_refusal
from .symbols import Block, Dense, Scalar, Sparse, Vector, list_block_slots

Column = Scalar | Vector
# Slots up to which a one-hot block is cheaper as inline code than as a call.
_MAX_INLINE_SLOTS = 16


class SizeMismatch(ModelError):
    """A step needs vectors of another size.

    Args:
        message: The step, the column and both sizes.
        size: Slots of the vectors.
        needed: Slots that the step needs.
    """

    def __init__(self, message: str, size: int, needed: int) -> None:
        self.size, self.needed = size, needed
        super().__init__(message)


class CodeWriter:
    """The body of a function while it is generated.

    Attributes:
        lines: Lines of the body.
        constants: Objects that the lines refer to, by name.
        columns: Symbols of the columns computed so far, by column name.
        boundaries: Values of an input field where the answer may change, by field.
        known_values: Values of an input field that the model knows, by field.
        ambiguous_fields: Fields whose NaN, infinities and huge numbers have no single answer in Spark.
        vector_values: Names of the variables that hold the vectors of the row, by field.
        budget: Name of what the expression that is emitted may still make of the row, if it counts that; see
            `sql.growth`.
        spend: Name of the function that takes from it.
        bounds: Bounds of computed columns of texts and arrays; those that are not there are bounded by the row.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.constants: dict[str, Any] = {"inf": inf, "nan": nan}
        self.columns: dict[str, Column] = {}
        self.boundaries: dict[str, set[float]] = {}
        self.known_values: dict[str, tuple[Any, ...]] = {}
        self.ambiguous_fields: set[str] = set()
        self.vector_values: dict[str, str] = {}
        self.budget = self.spend = self._row_budget = ""
        self.bounds: dict[str, Bound] = {}
        self._count = 0

    def new_name(self) -> str:
        """Return a name that is not used yet."""
        self._count += 1
        return f"v{self._count}"

    def add_line(self, text: str) -> None:
        """Append a line to the body."""
        self.lines.append(text)

    def bind_constant(self, value: Any) -> str:
        """Bind an object to a new name and return the name."""
        name = self.new_name()
        self.constants[name] = value
        return name

    def assign(self, expr: str) -> str:
        """Assign an expression to a new local variable and return its name."""
        name = self.new_name()
        self.lines.append(f"{name} = {expr}")
        return name

    def get_row_budget(self) -> str:
        """Return the variable that holds, in a list, what all steps together may still make of the row."""
        if not self._row_budget:
            self._row_budget = self.assign(f"[{MAX_UNITS}]")
        return self._row_budget

    def assign_scalar(self, scalar: Scalar) -> Scalar:
        """Return the scalar as a variable, so that repeating it costs nothing."""
        return scalar if scalar.atom else replace(scalar, expr=self.assign(scalar.expr), atom=True)

    def assign_dense(self, vector: Vector) -> str:
        """Return a variable that holds the vector as a sequence of all its slots."""
        if len(vector.blocks) == 1 and isinstance(vector.blocks[0], Dense):
            return vector.blocks[0].expr
        return self.assign(self.build_list_expr(vector))

    def build_list_expr(self, vector: Vector) -> str:
        """Return the expression of a new list of all slots."""
        return f"[{', '.join(self._list_items(block) for block in vector.blocks)}]"

    def assign_sparse(self, vector: Vector) -> str:
        """Return a variable that holds the slots other than 0 as a dictionary from slot to value, in slot order."""
        if len(vector.blocks) == 1 and isinstance(vector.blocks[0], Sparse):
            return vector.blocks[0].expr
        name, start = self.assign("{}"), 0
        for block in vector.blocks:
            if isinstance(block, Sparse):
                self.add_line(f"for slot, value in {block.expr}.items(): {name}[slot + {start}] = value")
            else:
                values = f"[{self._list_items(block)}]" if not isinstance(block, Dense) else block.expr
                self.add_line(f"for slot, value in enumerate({values}, {start}):")
                self.add_line(f"    if value: {name}[slot] = value")
            start += block.size
        return name

    def _list_items(self, block: Block) -> str:
        """Return the slots of a block as items of a list display."""
        if isinstance(block, Scalar):
            return block.expr
        if isinstance(block, Dense):
            return f"*{block.expr}"
        if isinstance(block, Sparse):
            return f"*{self.bind_constant(partial(to_dense, size=block.size))}({block.expr})"
        if block.size <= _MAX_INLINE_SLOTS:
            return ", ".join(slot.expr for slot in list_block_slots(block))
        fill = self.bind_constant(partial(_fill_one_hot, hot=block.hot.tolist(), base=block.base.tolist()))
        return f"*{fill}({block.index})"

    def make_repeatable(self, block: Block) -> Block:
        """Return a block whose expression may be repeated at no cost."""
        return self.assign_scalar(block) if isinstance(block, Scalar) else block

    def get_scalar(self, column: str, stage: str) -> Scalar:
        """Return a scalar column.

        Raises:
            ModelError: There is no such column, or it is a vector.
        """
        symbol = self._get_column(column, stage)
        if not isinstance(symbol, Scalar):
            raise ModelError(f"{stage}: column `{column}` is a vector, and a single value is needed.")
        return symbol

    def get_vector(self, column: str, stage: str, size: int | None = None) -> Vector:
        """Return a vector column.

        Raises:
            ModelError: There is no such column, it is not a vector, or it has another length.
        """
        symbol = self._get_column(column, stage)
        if not isinstance(symbol, Vector):
            raise ModelError(f"{stage}: column `{column}` is not a vector.")
        if size is not None and symbol.size != size:
            message = f"{stage}: column `{column}` has {symbol.size} slots, and {size} are needed."
            raise SizeMismatch(message, symbol.size, size)
        return symbol

    def get_features(self, column: str, stage: str, size: int | None = None) -> Vector:
        """Return a vector column; the generated code refuses a row where it is null."""
        symbol = self.get_vector(column, stage, size)
        if symbol.null is not None:
            self.add_line(
                f"if {symbol.null}: {self.bind_constant(make_missing_refusal(symbol.field or column, stage))}(None)"
            )
        return symbol

    def add_boundaries(self, scalar: Scalar, values: Iterable[float]) -> None:
        """Record values where the answer may change, in units of the input field that the scalar comes from."""
        if scalar.field is None or scalar.scale == 0.0:
            return
        boundaries = self.boundaries.setdefault(scalar.field, set())
        boundaries.update((float(value) - scalar.shift) / scalar.scale for value in values)

    def _get_column(self, column: str, stage: str) -> Column:
        if column not in self.columns:
            raise ModelError(f"{stage}: there is no column `{column}`; known: {', '.join(self.columns)}.")
        return self.columns[column]

    def build_function(self, name: str, argument: str) -> Callable[..., Any]:
        """Compile the lines and return them as a function.

        Args:
            name: Name of the function, also shown in tracebacks.
            argument: Its parameters.
        """
        body = "\n".join(f"    {line}" for line in self.lines)
        scope = dict(self.constants)
        exec(compile(f"def {name}({argument}):\n{body}\n", f"<sparkops {name}>", "exec"), scope)  # noqa: S102
        function: Callable[..., Any] = scope[name]
        return function


def to_dense(values: Mapping[int, float], *, size: int) -> list[float]:
    """Return a sparse vector, a dictionary from slot to value, as a list of all slots."""
    result = [0.0] * size
    for slot, value in values.items():
        result[slot] = value
    return result


def _fill_one_hot(index: int, *, hot: list[float], base: list[float]) -> list[float]:
    if index >= len(hot):
        return base
    result = base.copy()
    result[index] = hot[index]
    return result


def format_float(value: float) -> str:
    """Return the Python literal of a double; it parses back to the same double."""
    text = repr(float(value))
    return f"({text})" if text.startswith("-") else text
