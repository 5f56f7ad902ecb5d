"""The structure of the source: no import cycles, and small folders, modules, functions and interfaces."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).parent.parent
FILES = sorted(file for file in (ROOT / "sparkops").rglob("*.py") if "template" not in file.parts)
MAX_ENTRIES = 24
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 45
MAX_PARAMETERS = 6
MAX_METHODS = 5
# The options of a job are the arguments of one decorator: that is the public interface.
LONG_BY_DESIGN = frozenset({"sparkops/pipeline/declare.py:job"})


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef, bool]]:
    """Yield every function as `file:name`, its node, and whether it is a method."""
    for file in FILES:
        path = file.relative_to(ROOT).as_posix()
        tree = ast.parse(file.read_text("utf-8"))
        methods = {
            id(item) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for item in node.body
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path}:{node.name}", node, id(node) in methods


def test_no_import_cycles() -> None:
    graph = grimp.build_graph("sparkops", exclude_type_checking_imports=False, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    # Raises CycleError, which lists the modules of a cycle. Imports under TYPE_CHECKING count.
    order = list(TopologicalSorter(imports).static_order())
    assert len(order) == len(graph.modules)


def test_folders_are_small() -> None:
    folders = {file.parent for file in FILES}
    counts = {
        folder.relative_to(ROOT).as_posix(): sum(
            1
            for entry in folder.iterdir()
            if entry.name not in ("__pycache__", "__init__.py", "py.typed") and has_content(entry)
        )
        for folder in folders
    }
    assert {folder: count for folder, count in counts.items() if count > MAX_ENTRIES} == {}


def has_content(entry: Path) -> bool:
    """Return False for a folder of compiled files only: git leaves it where a package was renamed."""
    return entry.is_file() or any(
        file.is_file() and file.parent.name != "__pycache__" for file in entry.rglob("*")
    )


def test_modules_are_short() -> None:
    lengths = {file.relative_to(ROOT).as_posix(): file.read_text("utf-8").count("\n") for file in FILES}
    assert {file: lines for file, lines in lengths.items() if lines > MAX_MODULE_LINES} == {}


def test_functions_are_short() -> None:
    lengths = {name: (node.end_lineno or 0) - node.lineno + 1 for name, node, _ in functions()}
    too_long = {name: lines for name, lines in lengths.items() if lines > MAX_FUNCTION_LINES}
    assert set(too_long) - LONG_BY_DESIGN == set(), too_long


def is_click_command(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether a function is a command: its parameters are the options of the command line."""
    return any(
        "click." in ast.unparse(decorator) or "command" in ast.unparse(decorator)
        for decorator in node.decorator_list
    )


def test_functions_of_many_parameters_take_a_value_object() -> None:
    counts = {}
    for name, node, is_method in functions():
        if is_click_command(node):
            continue
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        counts[name] = len(arguments) - (
            1 if is_method and arguments and arguments[0].arg in ("self", "cls") else 0
        )
    too_many = {name: count for name, count in counts.items() if count > MAX_PARAMETERS}
    assert set(too_many) - LONG_BY_DESIGN == set(), too_many


def test_protocols_are_small() -> None:
    sizes = {}
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in node.bases):
                name = f"{file.relative_to(ROOT).as_posix()}:{node.name}"
                sizes[name] = sum(isinstance(item, ast.FunctionDef) for item in node.body)
    assert {name: count for name, count in sizes.items() if count > MAX_METHODS} == {}
