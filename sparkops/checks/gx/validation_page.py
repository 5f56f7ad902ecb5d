"""Render a validation as an HTML page with the renderers of Great Expectations.

Importing this module imports Great Expectations; `GxLibrary` imports it in the background.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import great_expectations as gx
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.render import view
from great_expectations.render.renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView
from great_expectations.validator.validation_statistics import calc_validation_statistics

from sparkops.checks.gx.expectation_builder import build_expectations
from sparkops.checks.results import ExpectationResult, Validation

# Great Expectations' pages load their styles and icons from the network. These precede them and suffice offline.
_OFFLINE_STYLES = """<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 0 1rem 4rem; }
img[alt] { max-height: 2rem; } ul, ol { list-style: none; padding-left: 0; } h5, h6 { font-size: 1.1rem; }
table { border-collapse: collapse; margin-bottom: 1rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8886; }
.fas { font-style: normal; } .text-success { color: #1a7f37; } .text-danger { color: #cf222e; }
.fa-check-circle:before { content: "\\2713"; } .fa-times:before { content: "\\2717"; }
.fa-exclamation-triangle:before { content: "!"; }
</style>"""


def static_files() -> Path:
    """Return the folder of images, fonts and styles that the pages refer to."""
    return Path(view.__file__).parent / "static"


def render_page(validation: Validation) -> str:
    """Return the HTML page of a validation."""
    content = ValidationResultsPageRenderer(run_info_at_end=True).render(_to_gx_validation(validation))
    page = str(DefaultJinjaPageView().render(content, show_how_to_buttons=False))
    return page.replace("<head>", "<head>" + _OFFLINE_STYLES, 1)


def _to_gx_validation(validation: Validation) -> ExpectationSuiteValidationResult:
    expectations = build_expectations(validation.suite)
    results = [
        _to_gx_result(expectations[index], validation.results[index]) for index in sorted(validation.results)
    ]
    statistics = calc_validation_statistics(results)
    name = validation.suite.table
    return ExpectationSuiteValidationResult(
        success=statistics.success,
        results=results,
        suite_name=name,
        suite_parameters={},
        statistics=statistics._asdict(),
        meta={
            "great_expectations_version": gx.__version__,
            "batch_spec": {},
            "batch_markers": {},
            "active_batch_definition": {"data_asset_name": name},
            "checkpoint_name": name,
            "validation_id": None,
            "checkpoint_id": None,
            "run_id": RunIdentifier(run_name=validation.run_id, run_time=validation.time),
            "validation_time": validation.time.isoformat(),
        },
        batch_id=name,
    )


def _to_gx_result(expectation: Any, result: ExpectationResult) -> ExpectationValidationResult:
    return ExpectationValidationResult(
        success=result.success,
        expectation_config=expectation.configuration,
        result=dict(result.result),
        meta={},
        exception_info={
            "raised_exception": result.exception is not None,
            "exception_message": result.exception,
            "exception_traceback": None,
        },
    )
