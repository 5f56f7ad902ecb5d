"""What the doctor finds, and what it says to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sparkops.doctor import Finding, examine
from sparkops.spark.host import Host


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


def test_a_complete_machine_passes_every_examination(make_settings) -> None:
    findings = by_name(examine(make_settings()))
    assert [name for name, finding in findings.items() if not finding.ok] == []
    assert findings["java"].detail.startswith("Java 17") or findings["java"].detail.startswith("Java 21")
    assert "io.delta:delta-spark" in findings["jars"].detail


def test_a_missing_java_says_what_to_install(tmp_path: Path) -> None:
    host = Host(environ={"JAVA_HOME": str(tmp_path)}, cache=Host.current().cache, python="python3")
    java = by_name(examine(host=host))["java"]
    assert not java.ok
    assert "Install a JDK 17 or 21" in java.fix


def test_a_warehouse_that_is_a_file_is_named(make_settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    findings = by_name(examine(make_settings(warehouse=str(tmp_path / "file"))))
    assert not findings["warehouse"].ok
    assert str(tmp_path / "file") in findings["warehouse"].fix


def test_a_warehouse_in_a_store_is_not_examined(make_settings) -> None:
    assert "not examined" in by_name(examine(make_settings(warehouse="s3a://bucket/x")))["warehouse"].detail


def test_a_broken_registry_is_named(make_settings) -> None:
    settings = make_settings()
    file = settings.state / "mlflow" / "mlflow.db"
    file.parent.mkdir(parents=True)
    sqlite3.connect(file).close()
    file.write_bytes(b"not a database, and long enough to be read as one" * 40)
    findings = by_name(examine(settings))["model registry"]
    assert not findings.ok
    assert "not a database" in findings.detail


def test_a_registry_that_does_not_answer_is_named(make_settings) -> None:
    findings = by_name(examine(make_settings(models={"tracking_uri": "http://127.0.0.1:9"})))[
        "model registry"
    ]
    assert not findings.ok
    assert "http://127.0.0.1:9 does not respond" in findings.detail


@pytest.mark.spark
def test_a_deep_examination_writes_and_reads_a_delta_table(make_settings, spark) -> None:
    findings = by_name(examine(make_settings(), deep=True))["round trip"]
    assert findings.ok, findings
    assert spark.range(2).count() == 2  # the shared session is left alone
