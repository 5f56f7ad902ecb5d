"""Report pages: a job's report and the facts of its run as one self-contained HTML file."""

from sparkops.reports.facts import CheckedTable, ParameterFact, RunFacts, build_checked_table
from sparkops.reports.file import write_page
from sparkops.reports.html_masking import mask_html
from sparkops.reports.lineage.origin import Origin, PageLineage
from sparkops.reports.page import render_page
from sparkops.reports.replay_page import render_replay_page

__all__ = [
    "CheckedTable",
    "Origin",
    "PageLineage",
    "ParameterFact",
    "RunFacts",
    "build_checked_table",
    "mask_html",
    "render_page",
    "render_replay_page",
    "write_page",
]
