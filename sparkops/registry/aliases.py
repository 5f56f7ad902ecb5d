"""Move MLflow's aliases `champion`, `challenger` and `previous` between versions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sparkops.core.bounded_file import parse_json
from sparkops.errors import UnknownName
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.scoring.locate.model_uri import CHAMPION

if TYPE_CHECKING:
    from mlflow import MlflowClient

PREVIOUS = "previous"
CHALLENGER = "challenger"
# Tag of a registered model: the versions that were champion, oldest first, as a JSON list.
CHAMPIONS_TAG = "sparkops.champions"


def find_holder(versions: Sequence[ModelVersionInfo], alias: str) -> ModelVersionInfo | None:
    """Return the version that has an alias, or None."""
    return next((version for version in versions if alias in version.aliases), None)


def read_champions(client: MlflowClient, versions: Sequence[ModelVersionInfo], name: str) -> list[int]:
    """Return the versions that were champion, oldest first, up to the present one; deleted versions are left out.

    They are a tag of the registered model. Without it, they are the versions with the aliases `previous` and
    `champion`.
    """
    holders = [find_holder(versions, alias) for alias in (PREVIOUS, CHAMPION)]
    current = [holder.version for holder in holders if holder is not None]
    text = client.get_registered_model(name).tags.get(CHAMPIONS_TAG)
    try:
        recorded = [int(version) for version in parse_json(text)] if text else current
    except (TypeError, ValueError):
        # Another program wrote the tag: it is written again with the next champion.
        recorded = current
    champion = holders[1]
    if champion is None:
        return []
    # After a crash between tag and alias the last entries are not champions, or the champion is not the last entry.
    if champion.version in recorded:
        recorded = _cut_after_last(recorded, champion.version)
    else:
        recorded = [*recorded, champion.version]
    existing = {version.version for version in versions}
    return [version for version in recorded if version in existing]


def choose_earlier_champion(champions: Sequence[int], name: str, to: int | None) -> int:
    """Return the version that a rollback makes champion again.

    Args:
        champions: Versions that were champion, oldest first; the last one is champion now.
        name: The model.
        to: The version to go back to; by default the champion before this one.

    Raises:
        UnknownName: There was no champion before, or `to` was none.
    """
    earlier = list(champions[:-1])
    if not earlier:
        advice = (
            f"No other version was champion before; promote one: `sparkops models promote {name}/VERSION`."
        )
        raise UnknownName("alias", PREVIOUS, [], where=f"model `{name}`", advice=advice)
    if to is None:
        return earlier[-1]
    if to not in earlier:
        known = [str(version) for version in sorted(set(earlier))]
        advice = f"Only these were champion before; any other: `sparkops models promote {name}/{to}`."
        raise UnknownName(
            "version", str(to), known, where=f"the earlier champions of `{name}`", advice=advice
        )
    return to


def roll_back(client: MlflowClient, name: str, champions: Sequence[int], version: int) -> None:
    """Make an earlier champion the champion again, and the one before it `previous`."""
    remaining = _cut_after_last(list(champions[:-1]), version)
    if len(remaining) > 1:
        client.set_registered_model_alias(name, PREVIOUS, str(remaining[-2]))
    else:
        client.delete_registered_model_alias(name, PREVIOUS)
    client.set_registered_model_alias(name, CHAMPION, str(version))
    client.set_registered_model_tag(name, CHAMPIONS_TAG, json.dumps(remaining))


def _cut_after_last(versions: list[int], version: int) -> list[int]:
    """Return the versions up to the last occurrence of one of them."""
    return versions[: len(versions) - versions[::-1].index(version)]


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
        champions = [*read_champions(client, versions, version.name), version.version]
        if holder is not None:
            client.set_registered_model_alias(version.name, PREVIOUS, str(holder.version))
        elif PREVIOUS in version.aliases:
            client.delete_registered_model_alias(version.name, PREVIOUS)
        client.set_registered_model_tag(version.name, CHAMPIONS_TAG, json.dumps(champions))
    client.set_registered_model_alias(version.name, alias, str(version.version))
    if alias == CHAMPION and CHALLENGER in version.aliases:
        client.delete_registered_model_alias(version.name, CHALLENGER)
