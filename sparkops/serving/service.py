"""A model and the options that it is served with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from threading import Lock
from typing import Any

from sparkops.scoring.protocol import RowScorer
from sparkops.serving.health import Health
from sparkops.serving.request_body import BodyLimits
from sparkops.serving.request_options import RequestOptions

# Names of extra fields that are counted, and the name under which all further ones are.
_MAX_NAMES, _MAX_NAME_LENGTH, _OTHER = 100, 100, "(other names)"


class ExtraFields:
    """Counts of rows by name of a field that the model does not know: what clients send needlessly, or misspell."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        # Large requests are counted in threads.
        self._lock = Lock()

    def add(self, counts: Mapping[str, int]) -> None:
        """Add the counts of a request; its names are the client's, so only the first hundred are kept."""
        with self._lock:
            for name, count in counts.items():
                is_known = name in self._counts or (
                    len(self._counts) < _MAX_NAMES and len(name) <= _MAX_NAME_LENGTH
                )
                key = name if is_known else _OTHER
                self._counts[key] = self._counts.get(key, 0) + count

    def to_json(self) -> dict[str, int]:
        """Return the counts by name."""
        with self._lock:
            return dict(self._counts)


@dataclass(frozen=True, slots=True)
class Service:
    """A scorer and its serving options.

    Args:
        scorer: The scorer.
        health: Readiness check; without one the service is always ready.
        name: Model name, shown by `GET /`.
        version: Model version, shown by `GET /`.
        limits: What the body of a request may take.
        defaults: Options of requests that do not name them.
        extra_fields: Counts of extra fields, shown by `GET /health/ready`.
    """

    scorer: RowScorer
    _: KW_ONLY
    health: Health | None = None
    name: str = "model"
    version: str = ""
    limits: BodyLimits = field(default_factory=BodyLimits)
    defaults: RequestOptions = field(default_factory=RequestOptions)
    extra_fields: ExtraFields = field(default_factory=ExtraFields)

    def describe(self) -> dict[str, Any]:
        """Return name, version, inputs and outputs of the model."""
        scorer = self.scorer
        return {
            "model": self.name,
            "version": self.version,
            "scorer": scorer.version,
            "fields": [{"name": field.name, "type": field.type} for field in scorer.fields],
            "outputs": [{"name": output.name, "type": output.type} for output in scorer.outputs],
        }

    def find_problem(self) -> str:
        """Return why the scorer does not agree with its certificate; empty if it does."""
        return self.health.find_problem() if self.health else ""

    def describe_readiness(self) -> dict[str, Any]:
        """Return the facts of a service that is ready."""
        checked = self.health.case_count if self.health else 0
        broken, extra = dict(self.scorer.broken), self.extra_fields.to_json()
        return {
            "status": "ready",
            "model": self.name,
            "version": self.version,
            "checked": checked,
            "certified": checked > 0,
            **({"rules_broken": broken} if broken else {}),
            **({"extra_fields": extra} if extra else {}),
        }
