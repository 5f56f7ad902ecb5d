"""The aliases of a model at one moment: read, predicted for a new version, and set back.

An alias state is a mapping as in records and tags: `champion`, `previous` and `challenger` to a version or None, and
`champions`, the versions that were champion, oldest first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sparkops.errors import ModelError
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.registry.aliases import (
    CHALLENGER,
    CHAMPIONS_TAG,
    PREVIOUS,
    find_holder,
    read_champions,
)
from sparkops.scoring.locate.model_uri import CHAMPION

if TYPE_CHECKING:
    from mlflow import MlflowClient

# Tag of a model version: the aliases of the model before the version got its first one, as JSON.
BEFORE_TAG: Final = "sparkops.aliases_before"
_CHAMPIONS: Final = "champions"
_ALIASES: Final = (PREVIOUS, CHAMPION, CHALLENGER)

AliasState = Mapping[str, Any]


def read_alias_state(client: MlflowClient, versions: Sequence[ModelVersionInfo], name: str) -> AliasState:
    """Return the present aliases of a model.

    Args:
        client: Reads the list of champions.
        versions: All versions of the model.
        name: The model.
    """
    holders = {alias: find_holder(versions, alias) for alias in _ALIASES}
    state: dict[str, Any] = {alias: holder.version if holder else None for alias, holder in holders.items()}
    return {**state, _CHAMPIONS: read_champions(client, versions, name)}


def predict_alias_state(before: AliasState, version: int, alias: str) -> AliasState:
    """Return the aliases after a new version got its first one."""
    if alias != CHAMPION:
        return {**before, alias: version}
    return {
        **before,
        PREVIOUS: before[CHAMPION] if before[CHAMPION] is not None else before[PREVIOUS],
        CHAMPION: version,
        _CHAMPIONS: [*before[_CHAMPIONS], version],
    }


def derive_state_before(present: AliasState, version: int) -> AliasState:
    """Return the aliases before a version became champion or challenger, of a version that does not record them.

    The challenger before is unknown: there is none afterwards.
    """
    if present[CHALLENGER] == version:
        return {**present, CHALLENGER: None}
    if present[CHAMPION] != version:
        return present
    earlier = list(present[_CHAMPIONS][:-1])
    return {
        **present,
        CHAMPION: earlier[-1] if earlier else None,
        PREVIOUS: earlier[-2] if len(earlier) > 1 else None,
        _CHAMPIONS: earlier,
    }


def write_alias_state(
    client: MlflowClient, name: str, *, present: AliasState, before: AliasState, after: AliasState
) -> None:
    """Set the aliases of a model back; what is set already stays, so that an interrupted change is completed.

    Args:
        client: Changes them.
        name: The model.
        present: The present aliases.
        before: The aliases that are replaced.
        after: The aliases to set.

    Raises:
        ModelError: An alias was moved to another version in the meantime.
    """
    for alias in _ALIASES:
        if present[alias] not in (before[alias], after[alias]):
            raise ModelError(
                f"Alias `{alias}` of model `{name}` was moved to version {present[alias]} in the meantime: move it to "
                f"version {after[alias]} by `sparkops models promote`, then resume."
            )
    for alias in _ALIASES:
        version = after[alias]
        if version is None and present[alias] is not None:
            client.delete_registered_model_alias(name, alias)
        elif version is not None and present[alias] != version:
            client.set_registered_model_alias(name, alias, str(version))
    client.set_registered_model_tag(name, CHAMPIONS_TAG, json.dumps(list(after[_CHAMPIONS])))
