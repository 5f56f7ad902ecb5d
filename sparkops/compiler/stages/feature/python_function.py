"""A stage of a user's own whose class names a row function."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from sparkops.compiler.plan import CannotCompile, Plan, StageCompiler
from sparkops.compiler.saved_stage import SavedStage
from sparkops.core.type_names import parse_decimal_digits
from sparkops.errors import ModelError
from sparkops.scoring.function_declaration import RETURNS_ATTRIBUTE, find_row_function
from sparkops.scoring.ir.description import PYTHON_FUNCTION
from sparkops.scoring.row_code import hash_code
from sparkops.scoring.stages.feature.python_function import EXACT_DIGITS, parse_returns


def find_function_compiler(saved: SavedStage) -> StageCompiler | None:
    """Return the compiler of a stage whose class names a row function; None for another stage.

    Only classes that are imported already are looked at: a saved model makes nothing import a module.
    """
    module, _, name = str(saved.metadata["class"]).rpartition(".")
    stage = getattr(sys.modules.get(module), name, None)
    function = find_row_function(stage) if isinstance(stage, type) else None
    if function is None:
        return None

    def compile_stage(saved: SavedStage, plan: Plan) -> None:
        _compile_function(function, saved, plan)

    return compile_stage


def _compile_function(function: Any, saved: SavedStage, plan: Plan) -> None:
    returns = getattr(function, RETURNS_ATTRIBUTE, None)
    if returns is None:
        raise CannotCompile(
            f"its row_function {_format_function_name(function)} is not declared with @row_function"
        )
    inputs, outputs = _read_columns(saved, "input"), _read_columns(saved, "output")
    if len(outputs) != len(returns):
        raise CannotCompile(
            f"its row function {_format_function_name(function)} returns {len(returns)} values, and it "
            f"has {len(outputs)} output columns"
        )
    types = [plan.find_column_type(name) for name in inputs]
    for name, type_ in zip(inputs, types, strict=True):
        digits = parse_decimal_digits(type_)
        if digits is not None and digits[0] > EXACT_DIGITS:
            raise CannotCompile(
                f"its row function cannot take the column `{name}` of type {type_}, because stages read a decimal as a "
                f"double, which holds {EXACT_DIGITS} digits: CAST it"
            )
        if type_ == "vector":
            plan.find_vector_size(name)
    params = {
        "function": f"{function.__module__}:{function.__name__}",
        "sha256": _hash_function(function),
        "stage_params": json.dumps(dict(saved.params), sort_keys=True),
        "types": types,
        "returns": list(returns),
    }
    columns = [(name, parse_returns(type_)[0]) for name, type_ in zip(outputs, returns, strict=True)]
    plan.add_step(saved, PYTHON_FUNCTION, inputs, columns, params=params)


def _read_columns(saved: SavedStage, role: str) -> list[str]:
    names = saved.params.get(f"{role}Cols") or [saved.params.get(f"{role}Col")]
    if not names or not all(names):
        raise CannotCompile(f"it has a row function, and neither {role}Col nor {role}Cols is set")
    return [str(name) for name in names]


def _hash_function(function: Any) -> str:
    module = sys.modules.get(function.__module__)
    file = getattr(module, "__file__", None)
    if function.__module__ == "__main__" or not file:
        raise CannotCompile(
            f"its row function is defined in {function.__module__}, which no other process "
            "can import: move it to a module"
        )
    if getattr(module, function.__name__, None) is not function:
        raise ModelError(
            f"its row function {_format_function_name(function)} is not what its module has under that "
            "name: declare it at the module's top level"
        )
    return hash_code(Path(file), function.__module__)


def _format_function_name(function: Any) -> str:
    return f"{getattr(function, '__module__', '?')}:{getattr(function, '__name__', function)}"
