"""The source of the scoring package, copied into an artifact or sent to executors, which have no sparkops."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

# Modules and names that are imported from the copied code. The loader's path is a format: every artifact names it to
# MLflow.
LOADER = "scoring.pyfunc"
ARROW_SCORER = ("scoring.arrow_scorer", "ArrowScorer")
READ_DESCRIPTION = ("scoring.artifact.scorer_folder", "describe")
ROW_ERROR = ("errors", "RowError")

# What sparkops.scoring imports from outside its own folder.
_SHARED_FILES = (
    "errors.py", "core/__init__.py", "core/place.py", "core/bounded_file.py", "core/imported_files.py", "core/type_names.py",
    "core/wording.py",
)  # fmt: skip
# Locates a model by its name; code inside an artifact does not need it.
_LOCATE_FOLDER = "locate"


def copy_scoring_package(folder: Path) -> str:
    """Copy the scoring package to a new package under `folder`, and return its name.

    The name contains a hash of the source. MLflow imports a model's code by name, so one process can load models that
    different releases of sparkops registered, each with its own code.
    """
    digest, files = _hash_files()
    package = f"sparkops_scorer_{digest}"
    for path, content in files.items():
        target = folder / package / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return package


def read_scoring_package() -> tuple[str, dict[str, str]]:
    """Return the name of the scoring package, and the source of its files by path.

    The name contains the hash of the source, and differs from the package's name in an artifact.
    """
    digest, files = _hash_files()
    return f"sparkops_executor_{digest}", {path: content.decode() for path, content in files.items()}


def _hash_files() -> tuple[str, dict[str, bytes]]:
    files = dict(_iterate_source_files())
    digest = hashlib.sha256()
    for path, content in files.items():
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:12], files


def _iterate_source_files() -> Iterator[tuple[str, bytes]]:
    root = Path(__file__).parents[1]
    yield "__init__.py", b'"""The compiled scorer of a model, as sparkops registered it."""\n'
    yield from ((name, (root / name).read_bytes()) for name in _SHARED_FILES)
    for file in sorted((root / "scoring").rglob("*.py")):
        if file.parent.name != _LOCATE_FOLDER:
            yield file.relative_to(root).as_posix(), file.read_bytes()
