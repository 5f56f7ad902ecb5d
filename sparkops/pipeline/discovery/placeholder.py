"""Placeholders for heavy libraries while job declarations are read."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import threading
from collections.abc import Iterator, MutableSequence, Sequence
from types import ModuleType
from typing import Any, Final

# Top-level packages that are replaced.
HEAVY: Final = frozenset(
    [
        "delta",
        "great_expectations",
        "lightgbm",
        "matplotlib",
        "mlflow",
        "numba",
        "pandas",
        "plotly",
        "polars",
        "pyarrow",
        "pyspark",
        "scipy",
        "seaborn",
        "sklearn",
        "statsmodels",
        "tensorflow",
        "torch",
        "transformers",
        "xgboost",
    ]
)


class Placeholder:
    """Any attribute of a heavy library: can be called, subclassed, subscripted and used as a decorator.

    Iteration, truth tests and conversion to a number or text raise TypeError: code that needs a real value at import
    time fails, and its file is then imported with the real library.
    """

    __placeholder__ = True

    def __init__(self, name: str, module: str) -> None:
        self.__name__ = name
        self.__qualname__ = name
        self.__module__ = module

    def __getattr__(self, name: str) -> Placeholder:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(self)(name, f"{self.__module__}.{self.__name__}")

    def __call__(self, *_: Any, **__: Any) -> Placeholder:  # noqa: D102 - every call returns another placeholder
        return PlaceholderResult(self.__name__, self.__module__)

    def __getitem__(self, _: Any) -> Placeholder:
        return self

    def __or__(self, _: Any) -> Placeholder:
        return self

    def __ror__(self, _: Any) -> Placeholder:
        return self

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        has_base = any(isinstance(base, type) and issubclass(base, _Base) for base in bases)
        first = next(base for base in bases if isinstance(base, Placeholder)) is self
        return (_Base,) if first and not has_base else ()

    def __bool__(self) -> bool:
        raise TypeError(f"{self.__name__} has no truth value before its library is imported")

    def __iter__(self) -> Iterator[Any]:
        raise TypeError(f"{self.__name__} cannot be iterated before its library is imported")

    def __str__(self) -> str:
        raise TypeError(f"{self.__name__} cannot be converted to text before its library is imported")


class PlaceholderResult(Placeholder):
    """The result of calling a placeholder; supports arithmetic and comparison, as a Spark column does."""

    __hash__ = object.__hash__


def _return_self(self: Placeholder, *_: Any) -> Placeholder:
    return self


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "xor"):
    setattr(PlaceholderResult, f"__{_name}__", _return_self)
    setattr(PlaceholderResult, f"__r{_name}__", _return_self)
for _name in ("neg", "pos", "invert", "eq", "ne", "lt", "le", "gt", "ge"):
    setattr(PlaceholderResult, f"__{_name}__", _return_self)


class _Base:
    """Base class in place of a class of a heavy library."""

    __placeholder__ = True

    def __init_subclass__(cls, **_: Any) -> None:
        """Accept the keywords that a metaclass of the library would accept."""


class PlaceholderModule(ModuleType):
    """A module of a heavy library; every public name is a placeholder."""

    __path__: MutableSequence[str] = []  # noqa: RUF012 - a package without folders, as the import system asks

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = Placeholder(name, self.__name__)
        setattr(self, name, value)
        return value


class PlaceholderFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Import hook for heavy libraries, active only in the thread that created it."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of a placeholder module for a heavy library."""
        del path, target
        if name.partition(".")[0] not in HEAVY or threading.get_ident() != self._thread:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the placeholder module."""
        return PlaceholderModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: a placeholder has no code."""


def is_heavy_library_imported() -> bool:
    """Return whether a real heavy library is imported already."""
    return any(name in sys.modules for name in HEAVY)


def has_placeholder(module: ModuleType) -> bool:
    """Return whether a module is a placeholder, or one of its attributes is one (see `is_placeholder`)."""
    if isinstance(module, PlaceholderModule):
        return True
    return any(is_placeholder(value) for value in list(vars(module).values()))


def is_placeholder(value: Any) -> bool:
    """Return whether a value is a placeholder, a placeholder's module, or a subclass of a placeholder."""
    kinds = (Placeholder, PlaceholderModule)
    return isinstance(value, kinds) or (isinstance(value, type) and issubclass(value, _Base))
