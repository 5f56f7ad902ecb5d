"""Facts of quarantines as the JSON values of `--json`."""

from __future__ import annotations

from typing import Any

from sparkops.pipeline.checks.quarantine_summary import QuarantineCount, QuarantineSummary, ReleaseResult


def quarantine_count_to_json(count: QuarantineCount) -> dict[str, Any]:
    """Return the number of rows that one run quarantined for the same reasons, as JSON values."""
    return {
        "run": count.run,
        "reasons": list(count.reasons),
        "state": count.state,
        "release": count.release,
        "rows": count.rows,
    }


def quarantine_to_json(summary: QuarantineSummary) -> dict[str, Any]:
    """Return the contents of a table's quarantine as JSON values."""
    return {
        "counts": [quarantine_count_to_json(count) for count in summary.counts],
        "rows": [dict(row) for row in summary.rows],
    }


def release_result_to_json(result: ReleaseResult) -> dict[str, Any]:
    """Return the result of a release as JSON values."""
    return {
        "table": result.table,
        "release": result.release,
        "rows": result.rows,
        "discarded": result.discarded,
        "version": result.version,
        "still": result.still_failing,
        "reasons": [list(pair) for pair in result.reasons],
        "finished": [list(pair) for pair in result.finished],
    }
