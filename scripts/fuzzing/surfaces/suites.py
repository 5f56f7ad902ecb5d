"""Check suites with hostile YAML and arguments."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import yaml

from fuzzing.folders import GOLDEN
from fuzzing.mutations import dump_yaml, hostile_text, hostile_value, mutate_bytes, mutate_json
from fuzzing.project import make_project, run_quietly, without_jvm
from fuzzing.surface import ACCEPTED, Case, RunCase, Surface, describe_refusal
from sparkops.checks.suite.suite_file import load_suite
from sparkops.errors import SparkopsError

_SUITE = GOLDEN / "v2" / "conf" / "checks" / "orders.yml"
_KEYS = (
    "column",
    "min_value",
    "max_value",
    "value_set",
    "regex",
    "mostly",
    "policy",
    "severity",
    "fail_over",
    "row_condition",
    "like_pattern",
    "meta",
)
_TYPES = (
    "expect_column_values_to_match_regex", "expect_column_values_to_match_like_pattern", "expect_column_values_to_be_in_type_list",
    "expect_column_pair_values_a_to_be_greater_than_b", "expect_multicolumn_sum_to_equal", "expect_column_quantile_values_to_be_between",
    "expect_table_columns_to_match_set", "expect_column_kl_divergence_to_be_less_than", "unexpected_rows_expectation", "expect_x",
)  # fmt: skip


def draw_case(draw: Random) -> Case:
    """Return the file of a suite, and whether the command reads it or the function."""
    suite: Any = yaml.safe_load(_SUITE.read_text("utf-8"))
    for _ in range(draw.choice((1, 1, 2, 4))):
        mutate_json(suite, draw)
    if draw.random() < 0.4 and isinstance(suite.get("expectations"), list):
        arguments = {draw.choice(_KEYS): hostile_value(draw) for _ in range(draw.randint(0, 4))}
        suite["expectations"].append({draw.choice((*_TYPES, hostile_text(draw))): arguments})
    content = dump_yaml(suite, draw).encode("utf-8", "surrogatepass")
    if draw.random() < 0.3:
        content = mutate_bytes(content, draw)
    return {"content": content.hex(), "command": draw.random() < 0.3}


@contextmanager
def prepare(folder: Path) -> Iterator[RunCase]:
    """Yield the function that reads a suite, or validates it by the command."""
    original = make_project(folder / "original")

    def run_case(case: Case, folder: Path) -> str:
        project = folder / "project"
        for name in ("conf", "jobs"):
            shutil.copytree(original / name, project / name)
        suite = project / "conf" / "checks" / "orders.yml"
        suite.write_bytes(bytes.fromhex(case["content"]))
        if case["command"]:
            with without_jvm(project):
                return run_quietly(["checks", "validate"])
        try:
            load_suite(suite, "orders")
        except SparkopsError as error:
            return describe_refusal(error)
        return ACCEPTED

    with without_jvm(original):
        run_quietly(["checks", "validate"])
    yield run_case


SURFACE = Surface("suites", draw_case, prepare, seconds=5.0)
