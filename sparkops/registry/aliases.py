"""Move MLflow's aliases: who is champion, who was it before, who challenges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparkops.errors import UnknownName
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.scoring.locate.model_uri import CHAMPION

if TYPE_CHECKING:
    from mlflow import MlflowClient

PREVIOUS = "previous"
CHALLENGER = "challenger"


def find_holder(versions: tuple[ModelVersionInfo, ...], alias: str) -> ModelVersionInfo | None:
    """Return the version that holds an alias."""
    return next((version for version in versions if alias in version.aliases), None)


def assign_alias(
    client: MlflowClient, versions: tuple[ModelVersionInfo, ...], chosen: ModelVersionInfo, alias: str
) -> None:
    """Give an alias to a version; a champion that is replaced becomes `previous`.

    `previous` is moved first: at no moment is there no champion, and a crash between the two leaves the old one.
    """
    before = find_holder(versions, alias)
    if before is not None and before.version == chosen.version:
        return
    if alias == CHAMPION:
        if before is not None:
            client.set_registered_model_alias(chosen.name, PREVIOUS, str(before.version))
        elif PREVIOUS in chosen.aliases:
            client.delete_registered_model_alias(chosen.name, PREVIOUS)
    client.set_registered_model_alias(chosen.name, alias, str(chosen.version))
    if alias == CHAMPION and CHALLENGER in chosen.aliases:
        client.delete_registered_model_alias(chosen.name, CHALLENGER)


def find_previous(versions: tuple[ModelVersionInfo, ...], name: str) -> ModelVersionInfo:
    """Return the version that a rollback makes champion again."""
    found = find_holder(versions, PREVIOUS)
    if found is None:
        known = sorted({alias for version in versions for alias in version.aliases})
        advice = (
            f"There is nothing to roll back to; promote a version: `sparkops models promote {name} VERSION`."
        )
        raise UnknownName("alias", PREVIOUS, known, where=f"model `{name}`", advice=advice)
    return found
