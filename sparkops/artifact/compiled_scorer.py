"""Folder of a scorer that `models compile` wrote: the scorer, and a note of the Spark model it was compiled from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sparkops.artifact.saved_spark_model import SavedSparkModel
from sparkops.config.state_file import MALFORMED
from sparkops.core.bounded_file import MAX_FACTS, MAX_SOURCE, parse_json, read_text
from sparkops.errors import DamagedModel, InputError, ModelError
from sparkops.scoring.artifact.file_names import CERTIFICATE, DESCRIPTION
from sparkops.scoring.ir.description import Description
from sparkops.scoring.protocol import Answer

# File beside the scorer.
ORIGIN = "compiled.json"


def check_output_folder(folder: Path) -> None:
    """Raise `InputError` unless a folder is new, empty, or contains a scorer that was compiled before."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / ORIGIN).is_file():
        raise InputError(
            f"{folder} is not empty and holds no scorer that was compiled before. Name a new folder."
        )
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file. Name a new folder.")


def write_compiled_scorer(
    description: Description,
    model: SavedSparkModel,
    folder: Path,
    cases: Sequence[tuple[dict[str, Any], Answer]] = (),
) -> None:
    """Write a scorer to a folder; the certificate of a different scorer that is there is deleted.

    Args:
        description: The compiled model.
        model: The saved model that it was compiled from.
        folder: A new folder, or one that contains a scorer that was compiled before.
        cases: The certificate; empty if there is none.
    """
    from sparkops.scoring import dump_cases, save

    check_output_folder(folder)
    if not (folder / DESCRIPTION).is_file() or _read_hash(folder) != description.hash:
        (folder / CERTIFICATE).unlink(missing_ok=True)
    save(description, folder)
    if cases:
        (folder / CERTIFICATE).write_text(dump_cases(cases), "utf-8")
    origin = {
        "model": str(model.folder.absolute()),
        "spark": model.spark_version,
        "columns": model.columns_source,
        "unread": {field.name: field.type for field in model.fields if field.name in description.ignored},
    }
    (folder / ORIGIN).write_text(json.dumps(origin, indent=1) + "\n", "utf-8")


def find_spark_model(folder: Path) -> Path:
    """Return the folder of the Spark model that a scorer was compiled from.

    Raises:
        ModelError: The note is missing or damaged, or the model is missing.
    """
    model = Path(str(_read_origin(folder)["model"]))
    if not model.is_dir():
        raise ModelError(
            f"The Spark model {model} that {folder} was compiled from is gone. Restore it, or compile the scorer again."
        )
    return model


def read_unread_columns(folder: Path) -> Mapping[str, str]:
    """Return the types of the columns that the compiled model does not read; older notes name none."""
    return {str(name): str(type_) for name, type_ in _read_origin(folder).get("unread", {}).items()}


def _read_origin(folder: Path) -> Mapping[str, Any]:
    try:
        origin = parse_json(read_text(folder / ORIGIN, MAX_FACTS))
        return {**origin, "model": origin["model"]}
    except (OSError, *MALFORMED) as error:
        raise DamagedModel(
            f"{folder} does not say which Spark model it was compiled from ({error!r}). Compile the scorer again."
        ) from None


def _read_hash(folder: Path) -> str:
    try:
        return str(parse_json(read_text(folder / DESCRIPTION, MAX_SOURCE))["hash"])
    except (OSError, *MALFORMED):
        return ""
