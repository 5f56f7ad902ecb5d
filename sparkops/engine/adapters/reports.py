"""Report pages in the project's reports folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sparkops.engine.adapters.report_origins import trace_origins
from sparkops.pipeline.json_values.tables import pin_from_json
from sparkops.pipeline.reports.replay_verdict import ReplayVerdict
from sparkops.pipeline.reports.report import Report
from sparkops.pipeline.staging import QUARANTINE_SUFFIX
from sparkops.reports.check_docs import DataDocs
from sparkops.reports.facts import CheckedTable, ParameterFact, RunFacts
from sparkops.reports.lineage.origin import PageLineage
from sparkops.runs.fingerprint import describe_changes
from sparkops.runs.lineage.run_links import LinkedVersion, list_inputs, read_all_links
from sparkops.runs.records.run import Run
from sparkops.runs.records.store import RunStore


@dataclass(frozen=True, slots=True)
class ReportPages:
    """Implements the port `ReportWriter`.

    Args:
        folder: Folder of the pages.
        store: The project's run records.
        docs: Folder of the Data Docs, which pages link to.
        secrets: Values that no page shows.
        publishing_runs: Cache of the run that published each version; None where no recorded run did.
    """

    folder: Path
    store: RunStore
    docs: Path
    secrets: tuple[str, ...] = ()
    publishing_runs: dict[LinkedVersion, Run | None] = field(default_factory=dict)

    def write(self, report: Report, run: Run) -> str:
        """Render the page of a run's report, write it and return its path."""
        from sparkops.reports import write_page

        return str(write_page(self.render(report, run), self.folder, f"{run.job}-{run.id}"))

    def render(self, report: Report, run: Run) -> str:
        """Return the page of a run's report, without secrets."""
        from sparkops.reports import mask_html, render_page

        publishing_runs = self._list_publishing_runs(run)
        facts = collect_run_facts(run, list(self._list_checks(publishing_runs)))
        facts = replace(facts, origins=trace_origins(run, publishing_runs))
        return mask_html(render_page(report, facts), self.secrets)

    def write_replay(self, verdict: ReplayVerdict, original: Run) -> str:
        """Render the page of a replay, write it and return its path."""
        from sparkops.reports import mask_html, render_replay_page, write_page

        html = mask_html(render_replay_page(verdict, collect_run_facts(original, ())), self.secrets)
        return str(write_page(html, self.folder, f"{verdict.job}-replay-{verdict.run}"))

    def trace(self, run: Run) -> PageLineage:
        """Return what led to a run: what it read, the runs that published that, and what those read."""
        return trace_origins(run, self._list_publishing_runs(run))

    def _list_publishing_runs(self, run: Run) -> Mapping[LinkedVersion, Run | None]:
        """Return the run that published each version which a run read; None if no recorded run did."""
        inputs = dict.fromkeys(version for version, _ in list_inputs(run))
        self._find_publishing_runs(inputs)
        return {version: self.publishing_runs.get(version) for version in inputs}

    def _find_publishing_runs(self, versions: Iterable[LinkedVersion]) -> None:
        """Find the newest run that published each version, and add it to `publishing_runs`."""
        missing = {
            version
            for version in versions
            if version not in self.publishing_runs and version.kind != "source"
        }
        if not missing:
            return
        for links in read_all_links(self.store):
            for version in missing.intersection(links.outputs):
                self.publishing_runs[version] = self.store.read(links.run)
                missing.discard(version)
            if not missing:
                break
        self.publishing_runs.update(dict.fromkeys(missing))

    def _list_checks(self, publishing_runs: Mapping[LinkedVersion, Run | None]) -> Iterator[CheckedTable]:
        """Yield the check results of the tables that were read, from the runs that published them."""
        for version, publishing_run in publishing_runs.items():
            if version.kind == "table" and publishing_run is not None:
                output = publishing_run.outputs.get(version.name) or {"version": version.version}
                docs = self._link_to_docs(version.name, publishing_run)
                yield _build_checked_table(version.name, output, publishing_run, docs=docs)

    def _link_to_docs(self, table: str, run: Run) -> str | None:
        """Return the link from the report to the table's page of Data Docs, or None if there is no such page."""
        page = DataDocs(self.docs).locate_page(table, run.id)
        return quote(os.path.relpath(page, self.folder)) if page.is_file() else None


def collect_run_facts(run: Run, checks: Sequence[CheckedTable]) -> RunFacts:
    """Return the facts of a run that its page shows.

    Args:
        run: The run's record.
        checks: Check results of the tables that it read.
    """
    return RunFacts(
        job=run.job,
        run_id=run.id,
        env=run.env,
        code=_format_code_version(run.code),
        started=run.started,
        as_of=datetime.fromisoformat(run.as_of) if run.as_of else None,
        params=tuple(
            ParameterFact(name, value, run.origins.get(name, "")) for name, value in run.params.items()
        ),
        inputs=tuple(pin_from_json(table, pin) for table, pin in run.inputs.items()),
        checks=tuple(checks),
        models=tuple(run.models.items()),
    )


def _format_code_version(code: Mapping[str, Any]) -> str:
    commit = next((str(code[key]) for key in ("git", "sha", "commit") if code.get(key)), "")[:10]
    return f"{commit}{describe_changes(code)}" if commit else ""


def _build_checked_table(name: str, output: Mapping[str, Any], run: Run, *, docs: str | None) -> CheckedTable:
    from sparkops.reports import build_checked_table

    quarantine = run.outputs.get(name + QUARANTINE_SUFFIX, {})
    results = [check for check in run.checks if check["table"] == name]
    return build_checked_table(
        name,
        results,
        version=output["version"],
        run_id=run.id,
        quarantined=quarantine.get("rows"),
        docs=docs,
    )
