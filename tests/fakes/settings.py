"""Settings of a project in a temporary folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sparkops.config.settings import Settings


def build_settings(root: Path, **changes: Any) -> Settings:
    """Return settings whose every folder is in one temporary folder."""
    folders = {
        "state": root / ".sparkops",
        "warehouse": str(root / "warehouse"),
        "reports": str(root / "reports"),
    }
    return Settings.model_validate({"root": root, "env": "base", **folders, **changes})
