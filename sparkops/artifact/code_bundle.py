"""The scorer's own source, copied into an artifact so that plain MLflow can load it without sparkops."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

# What is imported from the copied code, by its path there. The loader's path is a format: every artifact names it to MLflow.
LOADER = "scoring.pyfunc"
ARROW_SCORER = ("scoring.arrow_scorer", "ArrowScorer")
READ_DESCRIPTION = ("scoring.artifact.scorer_folder", "describe")
ROW_ERROR = ("errors", "RowError")

_SHARED = (
    "errors.py",
    "place.py",
    "type_names.py",
)  # what sparkops.scoring takes from outside its own folder
# They find a model; an artifact is found already.
_FINDING = "locate"


def copy_scoring_package(folder: Path) -> str:
    """Copy the scoring package under `folder` and return its name there.

    The name holds a hash of the source: MLflow imports a model's code by name, so two models registered by different
    releases of sparkops can be loaded into one process, each with its own code.
    """
    digest, files = _hashed()
    package = f"sparkops_scorer_{digest}"
    for path, text in files.items():
        target = folder / package / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text)
    return package


def scoring_package() -> tuple[str, dict[str, str]]:
    """Return the scoring package as a name, which holds its hash and is no artifact's, and its files: path to source."""
    digest, files = _hashed()
    return f"sparkops_carried_{digest}", {path: text.decode() for path, text in files.items()}


def _hashed() -> tuple[str, dict[str, bytes]]:
    files = dict(_sources())
    digest = hashlib.sha256()
    for path, text in files.items():
        digest.update(f"{path}\0{len(text)}\0".encode() + text)
    return digest.hexdigest()[:12], files


def _sources() -> Iterator[tuple[str, bytes]]:
    root = Path(__file__).parents[1]
    yield "__init__.py", b'"""The compiled scorer of a model, as sparkops registered it."""\n'
    yield from ((name, (root / name).read_bytes()) for name in _SHARED)
    for file in sorted((root / "scoring").rglob("*.py")):
        if file.parent.name != _FINDING:
            yield file.relative_to(root).as_posix(), file.read_bytes()
