"""The table entry of a compiled function, and what the builders of several functions share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sparkops.compiler.plan import CannotCompile
from sparkops.compiler.sql.coercion import VOID, cast, literal
from sparkops.scoring.sql.expression import Expression, make_expression
from sparkops.scoring.sql.types import parse_element_type

Args = Sequence[Expression]
Build = Callable[[Args], Expression]
MAX_ARGS = 200
_SMALL_INTEGERS = ("byte", "short", "integer")


@dataclass(frozen=True, slots=True)
class Function:
    """A function that is compiled.

    Args:
        min_args: Smallest number of arguments.
        max_args: Largest number of arguments.
        build: Returns the typed call for typed arguments; raises CannotCompile for those that it does not support.
        note: What is not supported, for the reference page.
    """

    min_args: int
    max_args: int
    build: Build
    note: str = ""


Functions = Mapping[str, Function]


def make_typed_function(op: str, result: str, *types: str, defaults: Args = (), note: str = "") -> Function:
    """Return the function whose arguments are cast to types.

    Args:
        op: Operation of the scorer.
        result: Type of the result.
        types: Types of the arguments.
        defaults: Values of the last arguments, which may be left out.
        note: What is not supported.
    """

    def build(args: Args) -> Expression:
        missing = len(types) - len(args)
        values = [*args, *(defaults[len(defaults) - missing :] if missing else ())]
        return make_expression(
            op, result, [cast_argument(arg, type_) for arg, type_ in zip(values, types, strict=True)]
        )

    return Function(len(types) - len(defaults), len(types), build, note)


def cast_argument(arg: Expression, type_: str) -> Expression:
    """Return an argument that is cast implicitly to a type.

    Raises:
        CannotCompile: The type is integer, and the argument is neither a small integer nor a text.
    """
    if type_ == "integer" and arg.type not in (*_SMALL_INTEGERS, "string", VOID):
        raise CannotCompile(f"an integer argument of type {arg.type} is not supported")
    return cast(arg, type_)


def cast_positions(args: Args) -> list[Expression]:
    """Return positions and lengths cast to integer."""
    for arg in args:
        if arg.type not in (*_SMALL_INTEGERS, VOID):
            raise CannotCompile(f"a position of type {arg.type} is not supported")
    return [cast(arg, "integer") for arg in args]


def string(value: str) -> Expression:
    """Return the literal of a text."""
    return literal(value, "string")


def integer(value: int) -> Expression:
    """Return the literal of an integer."""
    return literal(value, "integer")


def require_literal_text(arg: Expression, meaning: str) -> str:
    """Return the value of an argument that must be a text in the statement.

    Raises:
        CannotCompile: It is not.
    """
    if arg.op != "literal" or arg.type != "string" or arg.value is None:
        raise CannotCompile(f"its {meaning} is not a text in the statement")
    return str(arg.value)


def require_literal_integer(arg: Expression, meaning: str) -> int:
    """Return the value of an argument that must be an integer in the statement.

    Raises:
        CannotCompile: It is not.
    """
    if arg.op != "literal" or arg.type not in (*_SMALL_INTEGERS, "long") or arg.value is None:
        raise CannotCompile(f"its {meaning} is not a whole number in the statement")
    return int(arg.value)


def require_element_type(arg: Expression) -> str:
    """Return the type of the elements of an argument that must be an array.

    Raises:
        CannotCompile: It is not.
    """
    element = parse_element_type(arg.type)
    if element is None:
        raise CannotCompile(f"an argument of type {arg.type} where an array is needed is not supported")
    return element
