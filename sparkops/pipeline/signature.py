"""Read a function's signature: tables and models are positional arguments, parameters keyword-only."""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Final

from sparkops.core.imported_files import parse_python
from sparkops.core.place import Place, display_path
from sparkops.errors import InputError
from sparkops.pipeline.param import REQUIRED, Param
from sparkops.pipeline.parameters.allowed_values import format_value
from sparkops.pipeline.parameters.docstring import read_args
from sparkops.pipeline.parameters.param_type import format_type, read_param_type
from sparkops.pipeline.parameters.value import parse_default


@dataclass(slots=True)
class Signature:
    """Contents of a signature and its problems; filled while reading."""

    place: Place
    tables: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    session: str | None = None
    params: list[Param] = field(default_factory=list)
    problems: list[tuple[str, Place]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A text annotation whose name cannot be resolved."""

    text: str
    reason: str


class SignatureReader:
    """Reads the signature of one function; `scope` holds local names at the declaration."""

    def __init__(self, function: Callable[..., Any], scope: Mapping[str, Any]) -> None:
        self._function = function
        self._scope = scope
        self._lines = _find_argument_lines(function)
        self._help = read_args(inspect.getdoc(function) or "")
        self.result = Signature(self._place(""))

    def read(self) -> Signature:
        """Return the signature with all problems."""
        for argument in inspect.signature(self._function).parameters.values():
            _READERS[argument.kind](self, argument)
        return self.result

    def resolve(self, annotation: Any) -> Any:
        """Return the type of an annotation; text is evaluated in the function's module and scope."""
        if not isinstance(annotation, str):
            return annotation
        try:
            return eval(annotation, self._function.__globals__, dict(self._scope))  # noqa: S307 - the author's own text
        except Exception as error:  # noqa: BLE001 - an annotation may raise anything; its text still names the kind
            return Unresolved(annotation, f"{type(error).__name__}: {error}")

    def _place(self, name: str) -> Place:
        line = self._lines.get(name, self._lines.get("", self._function.__code__.co_firstlineno))
        return Place(display_path(self._function.__code__.co_filename), line)

    def _add_problem(self, name: str, message: str) -> None:
        self.result.problems.append((message, self._place(name)))

    def _read_input(self, argument: inspect.Parameter) -> None:
        """Read an argument before the star."""
        name, annotation = argument.name, self.resolve(argument.annotation)
        kind = get_type_name(annotation)
        if annotation is inspect.Parameter.empty:
            self._add_problem(
                name,
                f"`{name}` has no annotation: write `{name}: DataFrame` for a table, or move it after `*,`",
            )
        elif kind == "DataFrame" and _get_module_name(annotation).startswith("pandas"):
            self._add_problem(name, f"`{name}` is a pandas DataFrame: a table is a pyspark.sql.DataFrame")
        elif kind not in ("DataFrame", "ModelVersion", "SparkSession"):
            self._add_problem(
                name, f"`{name}: {kind}` is before the star, where tables are declared: put `*,` before it"
            )
        elif argument.default is not inspect.Parameter.empty:
            self._add_problem(name, f"`{name}` is a {kind}: it cannot have a default")
        else:
            self._add_input(name, kind)

    def _add_input(self, name: str, kind: str) -> None:
        if kind == "DataFrame":
            self.result.tables.append(name)
        elif kind == "ModelVersion":
            self.result.models.append(name)
        elif self.result.session is not None:
            self._add_problem(
                name, f"`{name}`: the session is already an argument, as `{self.result.session}`"
            )
        else:
            self.result.session = name

    def _read_param(self, argument: inspect.Parameter) -> None:
        """Read an argument after the star."""
        name, annotation = argument.name, self.resolve(argument.annotation)
        problem = self._find_param_problem(name, annotation)
        if problem:
            self._add_problem(name, problem)
            return
        default = REQUIRED if argument.default is inspect.Parameter.empty else argument.default
        description = self._help.get(name) or read_param_type(annotation).description
        param = Param(name, annotation, default, description, self._place(name))
        try:
            self.result.params.append(_parse_default(param))
        except (InputError, TypeError) as error:
            self._add_problem(name, f"the default of {error}")

    def _find_param_problem(self, name: str, annotation: Any) -> str | None:
        if annotation is inspect.Parameter.empty:
            return f"`{name}` has no annotation: write its type, as in `{name}: int`"
        if isinstance(annotation, Unresolved) and get_type_name(annotation) not in _INPUTS:
            return (
                f"the type `{annotation.text}` of `{name}` cannot be found ({annotation.reason}): import it at the top "
                "of the module, not under TYPE_CHECKING"
            )
        if get_type_name(annotation) in _INPUTS:
            return (
                f"`{name}: {get_type_name(annotation)}` is after the star, where parameters are declared: "
                "put it before `*`"
            )
        try:
            read_param_type(annotation)
        except TypeError as error:
            return f"`{name}`: {error}"
        return None

    def _refuse_positional_only(self, argument: inspect.Parameter) -> None:
        self._add_problem(
            argument.name,
            f"`{argument.name}` is positional-only: remove the `/`, because tables are passed by name",
        )

    def _refuse_variable(self, argument: inspect.Parameter) -> None:
        stars = "*" if argument.kind is inspect.Parameter.VAR_POSITIONAL else "**"
        self._add_problem(
            argument.name, f"`{stars}{argument.name}`: a job names each table and parameter it takes"
        )


_INPUTS: Final = ("DataFrame", "ModelVersion", "SparkSession")
_READERS: Final[Mapping[Any, Callable[[SignatureReader, inspect.Parameter], None]]] = {
    inspect.Parameter.POSITIONAL_OR_KEYWORD: SignatureReader._read_input,  # noqa: SLF001 - its own methods, by kind
    inspect.Parameter.KEYWORD_ONLY: SignatureReader._read_param,  # noqa: SLF001
    inspect.Parameter.POSITIONAL_ONLY: SignatureReader._refuse_positional_only,  # noqa: SLF001
    inspect.Parameter.VAR_POSITIONAL: SignatureReader._refuse_variable,  # noqa: SLF001
    inspect.Parameter.VAR_KEYWORD: SignatureReader._refuse_variable,  # noqa: SLF001
}


def get_type_name(annotation: Any) -> str:
    """Return the unqualified name of a type, resolved or not."""
    if isinstance(annotation, Unresolved):
        return annotation.text.rsplit(".", 1)[-1]
    name = getattr(annotation, "__name__", None)
    return name if isinstance(name, str) else format_type(annotation)


def _get_module_name(annotation: Any) -> str:
    return str(getattr(annotation, "__module__", ""))


def _parse_default(param: Param) -> Param:
    """Return the parameter with its default parsed.

    A default must equal its parsed value, because a direct call of the function uses it as it is.
    """
    if param.required:
        return param
    value = parse_default(param, param.default)
    if _to_comparable(value) != _to_comparable(param.default):
        raise InputError(
            f"`{param.name}` is {format_value(param.default)}: write it as {format_value(value)}"
        )
    return replace(param, default=value)


def _to_comparable(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _find_argument_lines(function: Callable[..., Any]) -> dict[str, int]:
    """Return the line of `def` (under "") and of each argument; empty where there is no source."""
    code = function.__code__
    linecache.checkcache(code.co_filename)
    try:
        tree = parse_python("".join(linecache.getlines(code.co_filename)))
    # The cell of a notebook may contain magic commands.
    except SyntaxError:
        return {}
    # Most jobs are at the top of a module, where few nodes are.
    functions = (node for node in chain(tree.body, ast.walk(tree)) if isinstance(node, ast.FunctionDef))
    definition = next((node for node in functions if _find_first_line(node) == code.co_firstlineno), None)
    if definition is None:
        return {}
    arguments = definition.args
    all_arguments = [
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    ]
    return {argument.arg: argument.lineno for argument in all_arguments if argument is not None} | {
        "": definition.lineno
    }


def _find_first_line(node: ast.FunctionDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
