"""Public names for jobs that return a `Report`."""

from sparkops.pipeline.reports.report import Number, Plot, Report, Table, Text

__all__ = ["Number", "Plot", "Report", "Table", "Text"]
