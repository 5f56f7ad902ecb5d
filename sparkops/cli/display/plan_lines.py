"""Lines that show what a run would do: `sparkops run JOB --dry-run`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sparkops.engine.operations.dry_run import RunPlan


def format_plans(plans: Sequence[RunPlan]) -> Iterator[str]:
    """Yield the lines of a plan, in the order in which the jobs would run."""
    for plan in plans:
        yield f"{plan.job.name} would run ({plan.job.place})"
        for name, value in plan.params.items():
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
            yield f"  parameter {name}: {text} ({plan.origins[name]})"
        for name, values in plan.each.items():
            yield f"  a run for each {name} of {values}"
        for pin in plan.inputs:
            version = "" if pin.version is None else f" version {pin.version}"
            yield f"  reads {pin.table}{version} ({pin.location})"
        for name, number in plan.models.items():
            yield f"  reads model {name} version {number}"
        for name in plan.computed:
            yield f"  reads {name}, which is written first"
        for write in plan.writes:
            by = f" by {', '.join(write.by)}" if write.by else ""
            yield f"  writes {write.table} ({write.mode}{by})"
        if plan.job.registers:
            yield f"  registers model {plan.job.registers}"
        if plan.job.kind == "report":
            yield "  writes a report"
    yield "Nothing was written."
