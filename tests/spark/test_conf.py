"""The configuration that Spark is launched with."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkops.config.settings import SparkSettings
from sparkops.errors import ConfigError
from sparkops.spark.conf import build_launch_conf, format_properties, resolve_master

JARS = (Path("/jars/delta.jar"),)


def test_local_work_gets_few_partitions_and_no_ui(make_settings) -> None:
    conf = build_launch_conf(make_settings(), jars=JARS, python="/py", app="a")
    assert conf["spark.master"] == "local[*]"
    assert conf["spark.databricks.delta.snapshotPartitions"] == "2"
    assert conf["spark.ui.enabled"] == "false"
    assert conf["spark.sql.session.timeZone"] == "UTC"
    assert conf["spark.driver.extraClassPath"] == "/jars/delta.jar"
    assert "spark.jars" not in conf


def test_a_cluster_gets_the_jars_sent(make_settings) -> None:
    spark = {"mode": "cluster", "master": "spark://10.0.0.5:7077"}
    conf = build_launch_conf(make_settings(spark=spark), jars=JARS, python="/py", app="a")
    assert conf["spark.jars"] == "/jars/delta.jar"
    assert "spark.driver.host" not in conf
    assert "spark.sql.shuffle.partitions" not in conf


def test_project_values_override_defaults_and_null_removes_one(make_settings) -> None:
    own = {"spark.ui.enabled": True, "spark.sql.shuffle.partitions": 7, "spark.driver.host": None}
    own["spark.driver.extraClassPath"] = "/own.jar"
    conf = build_launch_conf(make_settings(spark={"conf": own}), jars=JARS, python="/py", app="a")
    assert conf["spark.ui.enabled"] == "true"
    assert conf["spark.sql.shuffle.partitions"] == "7"
    assert "spark.driver.host" not in conf
    assert conf["spark.driver.extraClassPath"] == "/own.jar:/jars/delta.jar"


def test_a_cluster_without_a_master_says_where_to_set_it() -> None:
    with pytest.raises(ConfigError, match=r"needs `spark.master`: spark://host:7077"):
        resolve_master(SparkSettings(mode="cluster"))


def test_an_unknown_kind_of_master_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"`spark.master` is 'nonsense://x'; it can be local"):
        resolve_master(SparkSettings(master="nonsense://x"))


def test_a_value_with_signs_is_escaped_for_the_properties_file() -> None:
    text = format_properties({"spark.a b": "x=y\\z\nnext", "spark.c": " lead"})
    assert text == "spark.a\\ b=x=y\\\\z\\nnext\nspark.c=\\ lead\n"
