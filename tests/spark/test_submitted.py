"""Under spark-submit a local application gets a JVM with the tuned options; every other one uses the JVM of spark-submit."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from sparkops.config.settings import Settings, SparkSettings
from sparkops.spark.existing_session import find_session_origin
from sparkops.spark.host import Host
from sparkops.spark.submitted import move_from_submit

GATEWAY = {"PYSPARK_GATEWAY_PORT": "1", "PYSPARK_GATEWAY_SECRET": "s"}


def _host(**environ: str) -> Host:
    return dataclasses.replace(Host.current(), environ=environ)


def _settings(**spark: object) -> Settings:
    return Settings(root=Path(), env="base", state=Path("state"), spark=SparkSettings.model_validate(spark))


def _move(submitted: dict[str, str], **spark: object) -> tuple[Settings, Host]:
    return move_from_submit(_settings(**spark), _host(**GATEWAY), read_conf=lambda _: submitted)


@pytest.mark.parametrize("master", ["local", "local[1]", "local[*]", "local[2,3]"])
def test_a_local_application_is_launched_with_the_configuration_of_spark_submit(master: str) -> None:
    conf = {"spark.master": master, "spark.driver.memory": "3g", "spark.sql.shuffle.partitions": "7"}
    settings, host = _move(conf | {"spark.submit.deployMode": "client", "spark.submit.pyFiles": ""})
    assert find_session_origin(settings.spark, host) is None
    assert settings.spark.master == master
    assert settings.spark.conf == {"spark.driver.memory": "3g", "spark.sql.shuffle.partitions": "7"}


def test_the_configuration_of_spark_submit_takes_precedence_over_the_project() -> None:
    settings, _ = _move(
        {"spark.master": "local[1]", "spark.sql.ansi.enabled": "false"},
        master="local[8]",
        conf={"spark.sql.ansi.enabled": "true", "spark.ui.enabled": "true"},
    )
    assert settings.spark.master == "local[1]"
    assert settings.spark.conf == {"spark.sql.ansi.enabled": "false", "spark.ui.enabled": "true"}


@pytest.mark.parametrize(
    "conf",
    [
        {"spark.master": "yarn"},
        {"spark.master": "spark://host:7077"},
        {"spark.master": "k8s://https://host:443"},
        {"spark.master": "local-cluster[2,1,1024]"},
        {"spark.master": "local[1]", "spark.jars": "connector.jar"},
        {"spark.master": "local[1]", "spark.jars.packages": "org:name:1"},
        {"spark.master": "local[1]", "spark.submit.pyFiles": "helpers.zip"},
        {"spark.master": "local[1]", "spark.files": "words.txt"},
        {"spark.master": "local[1]", "spark.driver.extraJavaOptions": "-Dlog4j.debug"},
        {"spark.master": "local[1]", "spark.driver.extraClassPath": "lib/*"},
    ],
)
def test_what_is_bound_to_the_jvm_of_spark_submit_stays_in_it(conf: dict[str, str]) -> None:
    settings, host = _move(conf)
    assert find_session_origin(settings.spark, host) == "submit"
    assert settings.spark.conf == {}


@pytest.mark.parametrize("mode", ["submit", "connect", "databricks", "cluster"])
def test_a_mode_that_the_project_names_is_used(mode: str) -> None:
    settings, host = _move({"spark.master": "local[1]"}, mode=mode, master="sc://h")
    assert settings.spark.mode == mode
    assert host.is_under_submit


def test_without_spark_submit_nothing_is_read() -> None:
    settings = _settings()
    moved, host = move_from_submit(settings, _host(), read_conf=lambda _: {}["not called"])
    assert moved is settings
    assert not host.is_under_submit
