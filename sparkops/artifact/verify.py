"""Whether a model folder is whole: its scorer still answers as Spark did at registration."""

from __future__ import annotations

from pathlib import Path

from sparkops.errors import ModelError
from sparkops.scoring.artifact.file_names import CERTIFICATE, SCORER


def trouble(model: Path) -> str:
    """Return why a compiled model is not ready, as a part of a sentence; empty when it is."""
    from sparkops.scoring import load
    from sparkops.scoring.artifact.certificate import find_differences, read_cases

    certificate = model / SCORER / CERTIFICATE
    if not certificate.is_file():
        return f"{certificate} is gone"
    try:
        differences = find_differences(load(model / SCORER), read_cases(certificate.read_text("utf-8")))
    except (ModelError, ValueError) as error:
        return f"its scorer is damaged ({error})"
    return (
        f"{len(differences)} rows differ from its certificate, first: {differences[0]}" if differences else ""
    )
