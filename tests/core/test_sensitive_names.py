"""One definition of the names that mean a secret, in any spelling."""

from __future__ import annotations

import pytest

from sparkops.core.sensitive_names import (
    is_password_name,
    is_secret_name,
    is_secret_parameter,
    is_secret_variable,
)

PASSWORDS = [
    "password", "db_password", "dbpassword", "sfPassword", "keyPassword", "javax.jdo.option.ConnectionPassword",
    "x.pwd", "x.passphrase", "userPasswd", "x.credentials", "privateKey", "private-key", "AccountKey", "SharedAccessKey",
    "client.secret", "X-API-KEY", "apiKey", "encryption_key",
]  # fmt: skip
TOKENS = ["token", "access_token", "oauthToken", "sessiontoken"]
SETTINGS = [
    "spark.ssl.keyStorePassword", "tables.y.options.dbpassword", "x.pw", "userPass", "x.jwt", "fs.azure.account.key.me.net",
    "fs.azure.account.oauth2.client.secret.me.net", "fs.azure.sas.box.me.net", "fs.s3a.secret.key",
]  # fmt: skip
ORDINARY = [
    "spark.security.credentials.hive.enabled", "fs.s3a.aws.credentials.provider", "spark.authenticate.secret.file", "keySerde",
    "tokenizer", "max_tokens", "compass", "bypass", "monkey", "primary_key", "spark.ui.port", "key", "passenger_count", "code",
    "keystorePasswordFile", "fs.azure.sas.token.provider.type", "author", "spark.hadoop.fs.s3a.access.key", "",
]  # fmt: skip


@pytest.mark.parametrize("name", PASSWORDS)
def test_a_password_is_known_by_the_end_of_its_name(name: str) -> None:
    assert is_password_name(name)
    assert is_secret_name(name)
    assert is_secret_parameter(name)


@pytest.mark.parametrize("name", [*TOKENS, *SETTINGS])
def test_a_setting_is_a_secret_by_its_name(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ORDINARY)
def test_a_name_that_only_resembles_one_means_no_secret(name: str) -> None:
    assert not is_secret_name(name)
    assert not is_password_name(name)


@pytest.mark.parametrize(
    "name", [*TOKENS, "sig", "X-Amz-Signature", "code", "auth", "pass", "pw", "jwt", "key", "AWSAccessKey"]
)
def test_a_parameter_of_a_url_is_a_secret_by_more_names(name: str) -> None:
    assert is_secret_parameter(name)


@pytest.mark.parametrize("name", ["page", "postcode", "keyword", "tokenizer", "author", "signal", "zipcode"])
def test_an_ordinary_parameter_of_a_url_is_none(name: str) -> None:
    assert not is_secret_parameter(name)


@pytest.mark.parametrize(
    "name", ["PW", "DB_PASSWORD", "DBPASSWORD", "MY_SECRET_2", "PIN", "KEY_ID", "PRIVATEKEY"]
)
def test_a_variable_is_a_secret_by_any_word_of_its_name(name: str) -> None:
    assert is_secret_variable(name)


@pytest.mark.parametrize("name", ["CORES", "MONKEY", "BYPASS", "STAGE", "KEYBOARD"])
def test_an_ordinary_variable_is_none(name: str) -> None:
    assert not is_secret_variable(name)
