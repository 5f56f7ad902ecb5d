"""Move MLflow's aliases `champion`, `challenger` and `previous` between versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sparkops.errors import UnknownName
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.scoring.locate.model_uri import CHAMPION

if TYPE_CHECKING:
    from mlflow import MlflowClient

PREVIOUS = "previous"
CHALLENGER = "challenger"


def find_holder(versions: Sequence[ModelVersionInfo], alias: str) -> ModelVersionInfo | None:
    """Return the version that has an alias, or None."""
    return next((version for version in versions if alias in version.aliases), None)


def find_previous(versions: Sequence[ModelVersionInfo], name: str) -> ModelVersionInfo:
    """Return the version that a rollback makes champion again."""
    previous = find_holder(versions, PREVIOUS)
    if previous is None:
        known = sorted({alias for version in versions for alias in version.aliases})
        advice = (
            f"There is nothing to roll back to; promote a version: `sparkops models promote {name}/VERSION`."
        )
        raise UnknownName("alias", PREVIOUS, known, where=f"model `{name}`", advice=advice)
    return previous


def assign_alias(
    client: MlflowClient, versions: Sequence[ModelVersionInfo], version: ModelVersionInfo, alias: str
) -> None:
    """Give an alias to a version; a champion that is replaced becomes `previous`.

    `previous` moves first. So there is a champion at every moment, and after a crash in between it is the old one.
    """
    holder = find_holder(versions, alias)
    if holder is not None and holder.version == version.version:
        return
    if alias == CHAMPION:
        if holder is not None:
            client.set_registered_model_alias(version.name, PREVIOUS, str(holder.version))
        elif PREVIOUS in version.aliases:
            client.delete_registered_model_alias(version.name, PREVIOUS)
    client.set_registered_model_alias(version.name, alias, str(version.version))
    if alias == CHAMPION and CHALLENGER in version.aliases:
        client.delete_registered_model_alias(version.name, CHALLENGER)
