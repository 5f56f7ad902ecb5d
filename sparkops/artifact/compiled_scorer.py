"""A scorer's folder made from someone's saved model: the scorer, and a note of what it was compiled from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparkops.artifact.saved_spark_model import SavedSparkModel
from sparkops.errors import InputError, ModelError
from sparkops.scoring.artifact.file_names import CERTIFICATE, DESCRIPTION
from sparkops.scoring.ir.description import Description

ORIGIN = "compiled.json"  # beside the scorer


def check_output_folder(into: Path) -> None:
    """Raise unless a folder is new, empty, or held a scorer that was compiled before."""
    if into.is_dir() and any(into.iterdir()) and not (into / ORIGIN).is_file():
        raise InputError(
            f"{into} is not empty and holds no scorer that was compiled before. Name a new folder."
        )
    if into.exists() and not into.is_dir():
        raise InputError(f"{into} is a file. Name a new folder.")


def write_compiled_scorer(description: Description, model: SavedSparkModel, into: Path) -> None:
    """Write the scorer into a folder; a certificate of another scorer that was there is taken away."""
    from sparkops.scoring import save

    check_output_folder(into)
    same = (into / DESCRIPTION).is_file() and _hash(into) == description.hash
    if not same:
        (into / CERTIFICATE).unlink(missing_ok=True)
    save(description, into)
    origin = {"model": str(model.saved.absolute()), "spark": model.spark, "columns": model.told_by}
    (into / ORIGIN).write_text(json.dumps(origin, indent=1) + "\n", "utf-8")


def find_spark_model(folder: Path) -> Path:
    """Return the Spark model that a folder's scorer was compiled from.

    Raises:
        ModelError: The note is gone or damaged, or the model is.
    """
    try:
        origin: Mapping[str, Any] = json.loads((folder / ORIGIN).read_text("utf-8"))
        saved = Path(origin["model"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{folder} does not say which Spark model it was compiled from ({error!r})."
        ) from None
    if not saved.is_dir():
        raise ModelError(f"The Spark model {saved} that {folder} was compiled from is gone.")
    return saved


def _hash(folder: Path) -> str:
    try:
        return str(json.loads((folder / DESCRIPTION).read_text("utf-8"))["hash"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
