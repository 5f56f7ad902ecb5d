"""Decide which staged rows are published: divide them by their checks into good and bad rows, and save the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sparkops.config.state_file import MALFORMED
from sparkops.errors import JobFailed, ProjectError, explain_damage
from sparkops.pipeline.staging import StagedPart
from sparkops.pipeline.write import Write
from sparkops.runs.ports import CheckOutcome, PlanStore, RunServices, StagingStore
from sparkops.runs.publishing.publication_plan import PublicationPlan, TablePlan, plan_from_json, plan_to_json

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A saved plan, with the staged frames to publish.

    Args:
        area: Staging area of the frames.
        plan: The plan.
        frames: The frame that reads a staged part, by part, for the parts that this attempt staged.
    """

    area: str
    plan: PublicationPlan
    frames: Mapping[StagedPart, DataFrame] = field(default_factory=dict)

    def locate_parts(self, table: str) -> tuple[StagedPart, StagedPart | None]:
        """Return the staged parts of a table to publish and to quarantine; the second is None if no row is bad."""
        if not self.plan.for_table(table).is_divided:
            return StagedPart(self.area, table), None
        return StagedPart(self.area, table, "good"), StagedPart(self.area, table, "bad")

    def read(self, part: StagedPart, staging: StagingStore) -> DataFrame:
        """Return the frame of a staged part.

        Raises:
            JobFailed: The staged files were removed.
        """
        frame = self.frames[part] if part in self.frames else staging.find(part)
        if frame is None:
            raise JobFailed(
                f"The rows of table `{part.table}` that this run staged were removed, so the run cannot be completed. "
                "Start a new one with --new; `sparkops runs show` lists what this run published."
            )
        return frame


def load_decision(plans: PlanStore, area: str) -> Decision | None:
    """Return what an earlier attempt decided about an area, or None if it decided nothing.

    Raises:
        ProjectError: The plan cannot be read.
    """
    saved = plans.load(area)
    try:
        return None if saved is None else Decision(area=area, plan=plan_from_json(saved))
    except MALFORMED as error:
        raise ProjectError(
            f"The plan.json of the staged rows of {area} cannot be read ({explain_damage(error)}): "
            "remove it and resume the run, which then decides again what it publishes."
        ) from error


def decide(
    services: RunServices,
    area: str,
    writes: Sequence[Write],
    staged: Mapping[str, DataFrame],
    outcomes: Mapping[str, CheckOutcome | None],
) -> Decision:
    """Divide staged frames into good and bad rows by their check outcomes, and save the plan of their area.

    Args:
        services: The services of the run.
        area: Staging area of the frames.
        writes: The tables and how they are written.
        staged: Staged frames by table.
        outcomes: Outcomes of the checks by table, none of which blocks it; None for a table without checks.
    """
    frames: dict[StagedPart, DataFrame] = {}
    plans = []
    for write in writes:
        table, outcome = write.table, outcomes[write.table]
        frames[StagedPart(area, table)] = staged[table]
        annotated = outcome.annotated if outcome is not None else None
        if annotated is not None:
            good, bad = services.staging.divide(annotated, area, table, partition_by=write.partition_by)
            frames |= {StagedPart(area, table, "good"): good, StagedPart(area, table, "bad"): bad}
        plans.append(
            TablePlan(
                table=table,
                is_divided=annotated is not None,
                checks=tuple(outcome.results) if outcome is not None else (),
                suite=services.checks.hash_suite(table),
                page=outcome.page if outcome is not None else None,
            )
        )
    plan = PublicationPlan(tuple(plans))
    services.plans.save(area, plan_to_json(plan))
    return Decision(area=area, plan=plan, frames=frames)
