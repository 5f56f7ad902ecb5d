"""Whether the scorer in a folder is the one that was registered: the version's tag holds the hash of its description."""

from __future__ import annotations

import json
from pathlib import Path

from ...errors import ModelError
from ..artifact.file_names import DESCRIPTION, SCORER

TAG = "sparkops.scorer"


def check_identity(model: Path, expected: str, version: str) -> None:
    """Raise where a model's folder holds another scorer than the registry says.

    That the scorer is what its own hash says is checked when it is loaded.

    Args:
        model: The model's folder.
        expected: The hash in the version's tag; empty where it has no such tag, and nothing is compared.
        version: What the version is called, for the message.

    Raises:
        ModelError: The hashes differ, or there is no scorer that tells one.
    """
    if not expected:
        return
    found = _hash_in(model / SCORER / DESCRIPTION)
    if found != expected:
        raise ModelError(
            f"{version} is not what was registered: the scorer in {model} has the hash {found[:12] or 'none'}, the "
            f"registry holds {expected[:12]}. Restore that folder, or train the model again."
        )


def _hash_in(description: Path) -> str:
    try:
        plain = json.loads(description.read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    return str(plain.get("hash", "")) if isinstance(plain, dict) else ""
