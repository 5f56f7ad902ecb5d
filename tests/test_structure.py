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

# Modules that open files by other means than `core/bounded_file.py` and `core/private_file.py`, and what they open.
OPENERS = {
    "sparkops/artifact/code_bundle.py": "sparkops' own files, as they are installed",
    "sparkops/artifact/spark_answers.py": "a file of its own folder, in a Python without sparkops",
    "sparkops/cli/init.py": "the template, as it is installed",
    "sparkops/cli/score.py": "the rows of a user, which a pipe may have",
    "sparkops/core/http_client.py": "addresses",
    "sparkops/runs/execution/execute.py": "the services of a run",
    "sparkops/runs/records/archive.py": "members of an archive",
    "sparkops/scoring/artifact/array_file.py": "arrays that are written, and members of an archive",
    "sparkops/tables/sources/source_files.py": "members of an archive",
}


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


def is_unguarded_read(node: ast.AST) -> bool:
    """Return whether a node opens a file by its path, which may be a link, a pipe or endless. A mode `x` creates a file."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    is_builtin = isinstance(node.func, ast.Name) and node.func.id == "open"
    modes = {
        item.value
        for item in (*node.args, *(word.value for word in node.keywords))
        if isinstance(item, ast.Constant)
    }
    is_open = (name == "open" or is_builtin) and not any(
        isinstance(mode, str) and mode.startswith("x") for mode in modes
    )
    # `os.open` is in these helpers only, and with the null device.
    is_system = isinstance(node.func, ast.Attribute) and ast.unparse(node.func) == "os.open"
    return name in ("read_text", "read_bytes") or (is_open and not is_system)


def test_files_are_opened_by_the_helpers_for_regular_files_of_a_bounded_size() -> None:
    openers = {
        file.relative_to(ROOT).as_posix()
        for file in FILES
        if any(is_unguarded_read(node) for node in ast.walk(ast.parse(file.read_text("utf-8"))))
    }
    assert openers - OPENERS.keys() == set(), "read_text, read_bytes and open_regular of core/bounded_file.py"
    assert OPENERS.keys() - openers == set(), "an exception that is none any more"
    direct = {file.relative_to(ROOT).as_posix() for file in FILES if "os.open(" in file.read_text("utf-8")}
    helpers = {f"sparkops/core/{name}_file.py" for name in ("atomic", "bounded", "private")}
    assert direct - helpers == {"sparkops/cli/main.py"}
