"""Load the row functions of a model's own stages from installed code, or from code that the registry vouches for.

A description only names a function and the hash of its code. Nothing is imported before the code has that hash and
declares the function with `@row_function`.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from threading import RLock
from typing import Any

from ..core.imported_files import find_imported_files, parse_python, read_source
from ..errors import DamagedModel, ModelError, UntrustedModel, as_clause
from .function_declaration import RETURNS_ATTRIBUTE
from .ir.description import PYTHON_FUNCTION, Description, Step

# Folder of code in a model's folder; `artifact.file_names` has the same name.
_CODE = "code"
_DECORATOR = "row_function"
_ENTRY_POINT = re.compile(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*):([^\W\d]\w*)")
_INSTALLED = {"site-packages", "dist-packages"}
# Imports of a model's code replace modules for a moment, one model at a time.
_import_lock = RLock()

RowFunction = Callable[..., Any]


def hash_code(file: Path, module: str) -> str:
    """Return the hash of a module's code: its own, and that of the modules of its project or package that it imports.

    It depends on neither the folder nor the names of the files.

    Args:
        file: The module's file.
        module: Its dotted name.
    """
    files = _find_code(file.resolve(), module)
    contents = {sha256(read_source(path).encode()).hexdigest() for path in files}
    return sha256("".join(sorted(contents)).encode()).hexdigest()


def bind_functions(
    description: Description, code: Path | None = None, *, folder: Path | None = None
) -> Description:
    """Return the description with the function of each step that calls one.

    Args:
        description: The description.
        code: Folder of code that belongs to the description and may be run; None if only installed code may.
        folder: The model's folder: code in it is not installed code, although the working folder may be on the path of
            imports.

    Raises:
        ModelError: A function is not there with the code that it was certified with.
    """
    if not any(step.op == PYTHON_FUNCTION and step.function is None for step in description.steps):
        return description
    return replace(description, steps=tuple(_bind(step, code, folder) for step in description.steps))


def unbind_functions(description: Description) -> Description:
    """Return the description without its functions, to be sent to another process, which binds them by their hash."""
    return replace(description, steps=tuple(replace(step, function=None) for step in description.steps))


def import_function(step: Step, code: Path | None = None, folder: Path | None = None) -> RowFunction:
    """Return the function of a step; see `bind_functions`."""
    entry_point, digest = str(step.params.get("function")), step.params.get("sha256")
    match = _ENTRY_POINT.fullmatch(entry_point)
    if match is None:
        raise ModelError(f"{step.stage}: {entry_point!r} names no function of a module.")
    module, name = match.groups()
    installed = _find_installed(module, folder)
    if installed is not None and hash_code(installed, module) == digest:
        return _import_declared(step, installed, module, name)
    bundled = None if code is None else _find_below(code, module)
    if bundled is not None and hash_code(bundled, module) == digest:
        with _import_from(_find_base(bundled, module)):
            return _import_declared(step, bundled, module, name)
    problem = f"there is no module {module}" if installed is None else f"{installed} has other code"
    message = (
        f"{step.stage}: the row function {entry_point} is not installed with the code it was certified with: "
        f"{problem}. "
    )
    if code is not None:
        raise DamagedModel(f"{message}Nor does {code} contain it: register the model again.")
    raise UntrustedModel(
        f"{message}Install that code, or load the registered version, which contains it. If you trust the author of "
        "this model's folder, pass --trust (in Python: trust=True): then the code in it is run, in this process."
    )


def _bind(step: Step, code: Path | None, folder: Path | None) -> Step:
    if step.op != PYTHON_FUNCTION or step.function is not None:
        return step
    return replace(step, function=import_function(step, code, folder))


def _find_installed(module: str, folder: Path | None = None) -> Path | None:
    """Return the file of a module that is imported, or that an import would find; no package is imported for that.

    Args:
        module: Dotted name of the module.
        folder: The folder of a model: what a path above it finds in it is not installed, nor is what it finds in its
            code.
    """
    file = getattr(sys.modules.get(module), "__file__", None)
    if file:
        return Path(file)
    candidates = ((Path(entry).resolve(), _find_below(Path(entry), module)) for entry in sys.path)
    folders = () if folder is None else (folder.resolve(), folder.resolve() / _CODE)
    return next(
        (
            path
            for base, path in candidates
            if path is not None and not any(_leads_into(base, path, inner) for inner in folders)
        ),
        None,
    )


def _leads_into(base: Path, file: Path, folder: Path) -> bool:
    """Return whether a path of imports that is above a folder leads to a file in it."""
    is_above = folder.is_relative_to(base) and base != folder
    return is_above and file.resolve().is_relative_to(folder)


def _find_below(folder: Path, module: str) -> Path | None:
    path = folder.joinpath(*module.split("."))
    candidates = (path / "__init__.py", path.with_name(f"{path.name}.py"))
    return next((file for file in candidates if file.is_file()), None)


def _find_base(file: Path, module: str) -> Path:
    """Return the folder that a module is imported from."""
    levels = len(module.split(".")) - (file.name != "__init__.py")
    return file.parents[levels]


def _find_code(file: Path, module: str) -> set[Path]:
    """Return a module's file and those of the modules of its project or package that it imports, directly or not."""
    # Of an installed package, only its own modules: no file is below its root.
    root = file if _INSTALLED & set(file.parts) else _find_base(file, module)
    files: set[Path] = set()
    waiting = [file]
    while waiting:
        path = waiting.pop()
        if path not in files:
            files.add(path)
            waiting += find_imported_files(path, root)
    return files


def _import_declared(step: Step, file: Path, module: str, name: str) -> RowFunction:
    """Import a function whose code was verified.

    Raises:
        ModelError: The code declares no row function of that name, or its import fails.
    """
    entry_point = f"{module}:{name}"
    if not _is_declared(file, name):
        raise ModelError(f"{step.stage}: {entry_point} is not declared with @{_DECORATOR}.")
    try:
        imported = import_module(module)
    except Exception as error:
        raise ModelError(
            f"{step.stage}: the code of the row function {entry_point} cannot be imported: "
            f"{as_clause(f'{type(error).__name__}: {error}')}."
        ) from error
    function: RowFunction | None = getattr(imported, name, None)
    same_file = Path(str(getattr(imported, "__file__", ""))).resolve() == file.resolve()
    if not same_file or not callable(function) or not hasattr(function, RETURNS_ATTRIBUTE):
        raise ModelError(
            f"{step.stage}: {entry_point} of {file} is not what an import of {module} finds ({imported!r})."
        )
    return function


def _is_declared(file: Path, name: str) -> bool:
    """Return whether the text of a module has a function of this name with the decorator."""
    for node in parse_python(read_source(file)).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return any(_get_name(decorator) == _DECORATOR for decorator in node.decorator_list)
    return False


def _get_name(decorator: ast.expr) -> str:
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


@contextmanager
def _import_from(folder: Path) -> Iterator[None]:
    """Import modules from a folder, then restore earlier modules of the same names.

    Nothing is written to the folder.
    """
    tops = {path.stem for path in folder.iterdir() if path.is_dir() or path.suffix == ".py"}
    with _import_lock:
        before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in tops}
        path, writes_no_bytecode = list(sys.path), sys.dont_write_bytecode
        for name in before:
            del sys.modules[name]
        sys.path.insert(0, str(folder))
        sys.dont_write_bytecode = True
        try:
            yield
        finally:
            sys.dont_write_bytecode = writes_no_bytecode
            sys.path[:] = path
            for name in [name for name in sys.modules if name.partition(".")[0] in tops]:
                del sys.modules[name]
            sys.modules.update(before)
