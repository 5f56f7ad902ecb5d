"""What is hidden in a text, and which keys may only hold a reference."""

from __future__ import annotations

import json

import pytest

from sparkops.config.load import load
from sparkops.config.secrets import UnusableVariable, is_secret_key, resolve_references
from sparkops.core.masking import mask
from sparkops.errors import ConfigError


def test_every_secret_in_a_text_is_hidden_the_longest_first():
    assert mask("key=abcdef and abcdefgh", ["abcdef", "abcdefgh"]) == "key=*** and ***"


def test_any_password_in_a_url_is_masked():
    assert mask("postgresql://me:pw@host:5432/db", []) == "postgresql://me:***@host:5432/db"
    assert mask("http://host:5000/path@x", []) == "http://host:5000/path@x"


def test_references_may_be_part_of_a_text():
    secrets: set[str] = set()
    assert resolve_references("${env:A}/${env:B}/$HOME", {"A": "xyz", "B": "uvw"}, secrets) == "xyz/uvw/$HOME"
    assert secrets == {"xyz", "uvw"}


@pytest.mark.parametrize("name", ["PW", "DB_PASSWORD", "TOKEN", "API_KEY", "MY_SECRET_2", "PIN"])
def test_a_secret_too_short_to_be_hidden_is_refused(name):
    with pytest.raises(UnusableVariable, match=f"{name} has fewer than 4 characters"):
        resolve_references(f"${{env:{name}}}", {name: "abc"}, set())


@pytest.mark.parametrize("name", ["CORES", "STAGE", "MONKEY", "BYPASS"])
def test_a_short_value_that_is_no_secret_by_its_name_is_accepted(name):
    secrets: set[str] = set()
    assert resolve_references(f"${{env:{name}}}", {name: "12"}, secrets) == "12"
    assert not secrets


@pytest.mark.parametrize("text", ["${env:}", "${env:A B}", "${env:NOT_SET}"])
def test_a_reference_to_an_unset_variable_is_missing(text):
    with pytest.raises(UnusableVariable):
        resolve_references(text, {}, set())


@pytest.mark.parametrize(
    "key",
    [
        "spark.hadoop.fs.s3a.secret.key",
        "spark.authenticate.secret",
        "fs.azure.account.key.me.dfs.core.windows.net",
        "spark.ssl.keyStorePassword.password",
        "spark.databricks.token",
        "api_key",
    ],
)
def test_a_key_that_names_a_secret_is_known(key):
    assert is_secret_key(("spark", "conf", key))


@pytest.mark.parametrize(
    "key",
    [
        "spark.hadoop.fs.s3a.aws.credentials.provider",
        "spark.authenticate.secret.file",
        "spark.security.credentials.hive.enabled",
        "spark.sql.shuffle.partitions",
    ],
)
def test_a_key_that_only_resembles_a_secret_is_accepted(key):
    assert not is_secret_key(("spark", "conf", key))


@pytest.mark.parametrize(
    "key",
    [
        "spark.ssl.keyPassword",
        "javax.jdo.option.ConnectionPassword",
        "x.pwd",
        "x.passphrase",
        "x.credentials",
        "x.privateKey",
        "dbpassword",
        "sfPassword",
    ],
)
def test_a_literal_secret_is_refused_in_every_spelling_of_its_name(make_project, key):
    for setting in (
        f"spark.conf={{{key}: hunter2-literal}}",
        f"tables.t={{path: x, options: {{{key}: hunter2-literal}}}}",
    ):
        with pytest.raises(ConfigError, match=r"is a secret: write \$\{env:NAME\}") as error:
            load(make_project({}, name=f"p{len(setting)}-{key}"), overrides=[setting]).require_all()
        assert "hunter2" not in str(error.value)


def test_a_flag_of_such_a_name_is_no_secret(make_project):
    conf = load(make_project({}), overrides=["spark.conf={x.requirePassword: true}"]).settings.spark.conf
    assert list(conf) == ["x.requirePassword"]


@pytest.mark.parametrize(
    "setting",
    [
        "lineage.openlineage.url=https://h/x?code=SEC-7",
        "models.tracking_uri=http://u:pa'SEC-7@127.0.0.1:1",
        "models.tracking_uri=http://u:p@ssSEC-7@127.0.0.1:1",
        "models.tracking_uri=http://u:p SEC-7@127.0.0.1:1",
        "spark.conf={sasl.jaas.config: 'X required username=a password=\"SEC-7\";'}",
        "params.j.u=databricks://SEC-7:x@h",
    ],
)
def test_a_literal_credential_is_stored_nowhere(make_project, setting):
    config = load(make_project({}), overrides=[setting])
    assert "SEC-7" not in json.dumps(config.mask_secrets())
    assert "SEC-7" not in mask(f"cannot reach {setting.partition('=')[2]}", config.secrets)


def test_what_the_environment_gives_secret_parameters_is_known_whichever_job_runs(make_project, monkeypatch):
    monkeypatch.setenv("SPARKOPS_SECRET_TOKEN", "environ-8")
    monkeypatch.setenv("SPARKOPS_SECRET_SHORT", "abc")
    assert load(make_project({})).secrets == ("environ-8",)
