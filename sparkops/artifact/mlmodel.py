"""Read MLflow's `MLmodel` file of a saved model, without MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sparkops.config.core_schema import load_yaml
from sparkops.core.bounded_file import MAX_FACTS, read_text
from sparkops.errors import DamagedModel, as_clause


def read_mlmodel(folder: Path) -> Mapping[str, Any]:
    """Return the contents of a folder's `MLmodel`.

    Raises:
        DamagedModel: The file is missing, is not YAML, or names no flavors.
    """
    file = folder / "MLmodel"
    try:
        model = load_yaml(read_text(file, MAX_FACTS))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise DamagedModel(
            f"{file} can't be read: {as_clause(error)}. Give a folder that save_model wrote."
        ) from None
    if not isinstance(model, Mapping) or not isinstance(model.get("flavors"), Mapping):
        raise DamagedModel(
            f"{file} names no flavors: it is not MLflow's. Give a folder that save_model wrote."
        )
    return model
