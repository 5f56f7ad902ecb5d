"""The plan of a publication, in a file beside the staged frames that it is about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sparkops.config.state_file import DamagedState
from sparkops.core.bounded_file import parse_json
from sparkops.tables.session import Session
from sparkops.tables.staging.stage import Staging
from sparkops.tables.storage import read_text, write_text

# Spark, which reads the file under Spark Connect, skips names that begin with `_` or `.`.
_NAME: Final = "plan.json"
_ADVICE: Final = "remove it and resume the run, which then decides again what it publishes"


@dataclass(frozen=True, slots=True)
class PlanFiles:
    """The plans of a project's staging areas, as JSON values.

    Args:
        staging: The staging areas.
        session: Writes and reads where the warehouse is not local.
    """

    staging: Staging
    session: Session

    def save(self, area: str, plan: Mapping[str, Any]) -> None:
        """Save the plan of an area; it is stored completely when this returns."""
        write_text(self._locate(area), json.dumps(plan, default=str), self.session)

    def load(self, area: str) -> Mapping[str, Any] | None:
        """Return the saved plan of an area, or None if there is none.

        Raises:
            DamagedState: It cannot be read.
        """
        path = self._locate(area)
        try:
            text = read_text(path, self.session)
            return None if text is None else dict(parse_json(text))
        except (OSError, ValueError, TypeError) as error:
            raise DamagedState(Path(path), "the plan of staged rows", error, _ADVICE) from error

    def _locate(self, area: str) -> str:
        return self.staging.build_path(area, _NAME)
