"""Report pages: one self-contained HTML file from what a report job returned and what its run knows."""

from sparkops.reports.facts import CheckedTable, Facts, ParamFact, checked_table
from sparkops.reports.file import write
from sparkops.reports.page import render, warm

__all__ = ["CheckedTable", "Facts", "ParamFact", "checked_table", "render", "warm", "write"]
