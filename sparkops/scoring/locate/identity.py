"""Check that the scorer in a folder is the registered one, by the hash of its description in the version's tag."""

from __future__ import annotations

import json
from pathlib import Path

from ...core.bounded_file import read_text
from ...errors import DamagedModel
from ..artifact.file_names import DESCRIPTION, SCORER

SCORER_TAG = "sparkops.scorer"
# Bytes of a description.
_MAX_DESCRIPTION = 2**28


def check_identity(model: Path, expected: str, version: str) -> None:
    """Check that a model's folder contains the scorer that was registered.

    Loading the scorer checks that its content matches its own hash.

    Args:
        model: The model's folder.
        expected: The hash in the version's tag; empty if the version has no such tag, and nothing is checked.
        version: Name of the version, for the message.

    Raises:
        DamagedModel: The hashes differ, or the folder has no scorer with a hash.
    """
    if not expected:
        return
    actual = _read_hash(model / SCORER / DESCRIPTION)
    if actual != expected:
        raise DamagedModel(
            f"{version} is not what was registered: the scorer in {model} has the hash {actual[:12] or 'none'}, the "
            f"registry holds {expected[:12]}. Restore that folder, or train the model again."
        )


def _read_hash(description: Path) -> str:
    try:
        content = json.loads(read_text(description, _MAX_DESCRIPTION))
    except (OSError, RecursionError, ValueError):
        return ""
    return str(content.get("hash", "")) if isinstance(content, dict) else ""
