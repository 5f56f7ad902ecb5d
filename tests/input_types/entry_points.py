"""The ways in which rows reach a registered model. Each returns the outputs by name, as lists of values."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from click.testing import CliRunner
from fakes.http import Client
from input_types.samples import Sample, comparable

from sparkops.artifact.frames import nest_structs, read_session_zone, to_python
from sparkops.batch.spark_model_version import SparkModelVersion
from sparkops.cli.main import cli
from sparkops.config.settings import ModelSettings, Settings
from sparkops.registry.registry import Registry
from sparkops.scoring import load
from sparkops.scoring.ir.row_fields import flatten_structs
from sparkops.serving.app import create_app
from sparkops.serving.service import Service

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Columns = Mapping[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Registered:
    """A model that returns every column that it reads, as `o_<name>`.

    Args:
        settings: Settings of its registry.
        name: Its registered name.
        samples: The types that it reads.
        frame: Their values, as a Spark DataFrame with the column `position`, the position of the row.
    """

    settings: Settings
    name: str
    samples: Sequence[Sample]
    frame: DataFrame

    @property
    def folder(self) -> Path:
        """Return the version's folder."""
        return Registry(self.settings).fetch_folder(self.name)

    @property
    def inputs(self) -> DataFrame:
        """Return the values without the position, in order."""
        return self.frame.orderBy("position").drop("position")

    def rows(self) -> list[dict[str, Any]]:
        """Return the values as Python has them."""
        names = [sample.name for sample in self.samples]
        paths = [name for name in names if "." in name]
        return [
            nest_structs(dict(zip(names, values, strict=True)), paths)
            for values in zip(*(sample.values for sample in self.samples), strict=True)
        ]

    def by_path(self) -> DataFrame:
        """Return the values without structs, whose fields are columns named by their paths, as MLflow's signature has them."""
        return self.inputs.selectExpr(*(f"{sample.name} AS `{sample.name}`" for sample in self.samples))

    def arrow(self) -> pa.Table:
        """Return the values as Spark exports them; vectors, which it does not export, as lists."""
        is_vector = any(sample.type == "vector" for sample in self.samples)
        return pa.Table.from_pylist(self.rows()) if is_vector else self.inputs.toArrow()

    def json_rows(self) -> list[dict[str, Any]]:
        """Return the values as JSON has them."""
        return [{name: _json_value(value) for name, value in row.items()} for row in self.rows()]


def _json_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _json_value(item) for name, item in value.items()}
    return str(value) if isinstance(value, Decimal) else comparable(value)


def _by_column(rows: Sequence[Mapping[str, Any]]) -> Columns:
    return {name: [comparable(row[name]) for row in rows] for name in rows[0]}


def row(model: Registered) -> Columns:
    scorer = load(model.folder / "scorer")
    return _by_column([scorer.score(item) for item in model.rows()])


def batch_of_rows(model: Registered) -> Columns:
    batch = load(model.folder / "scorer").score_batch(model.rows())
    return {name: comparable(batch.cells(name)) for name in batch.columns}


def pandas_frame(model: Registered) -> Columns:
    batch = load(model.folder / "scorer").score_batch(model.inputs.toPandas())
    return {name: comparable(batch.cells(name)) for name in batch.columns}


def arrow_table(model: Registered) -> Columns:
    batch = load(model.folder / "scorer").score_batch(model.arrow())
    return {name: comparable(batch.cells(name)) for name in batch.columns}


class _Exported:
    """Data of another library, such as polars: Arrow data without pyarrow's classes."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._table.__arrow_c_stream__(requested_schema)


def polars_frame(model: Registered) -> Columns:
    batch = load(model.folder / "scorer").score_batch(_Exported(model.arrow()))
    return {name: comparable(batch.cells(name)) for name in batch.columns}


def _table(model: Registered, method: Any) -> Columns:
    settings = model.settings.model_copy(update={"models": ModelSettings(batch=method)})
    version = Registry(settings, model.frame.sparkSession).load_version(model.name, 1)
    assert isinstance(version, SparkModelVersion)
    scored = version.transform(model.frame, arrays=True).orderBy("position").collect()
    zone = read_session_zone(model.frame)
    return {
        sample.output: [comparable(to_python(row[sample.output], zone)) for row in scored]
        for sample in model.samples
    }


def map_in_arrow(model: Registered) -> Columns:
    return _table(model, "mapInArrow")


def transform(model: Registered) -> Columns:
    return _table(model, "transform")


def _post(model: Registered, content: bytes, content_type: str, query: str = "") -> Columns:
    client = Client(create_app(Service(load(model.folder / "scorer"))))
    answer = client.post(f"/invocations{query}", content=content, headers={"content-type": content_type})
    assert answer.status_code == 200, answer.text
    return _by_column(json.loads(answer.text)["predictions"])


def http_json(model: Registered) -> Columns:
    body = json.dumps({"dataframe_records": model.json_rows()}).encode()
    return _post(model, body, "application/json")


def http_strict_json(model: Registered) -> Columns:
    rows = json.loads(json.dumps(model.json_rows()), parse_constant=str)
    answered = _post(
        model,
        json.dumps({"dataframe_records": rows}, allow_nan=False).encode(),
        "application/json",
        "?strict=true",
    )
    numbers = {
        sample.output
        for sample in model.samples
        if sample.type in ("float", "double", "vector", "array<double>", "struct field")
    }
    return {name: _from_words(values) if name in numbers else values for name, values in answered.items()}


def _from_words(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_words(item) for item in value]
    return float(value) if isinstance(value, str) else value


def http_csv(model: Registered) -> Columns:
    lines = io.StringIO()
    writer = csv.DictWriter(lines, [sample.name for sample in model.samples])
    writer.writeheader()
    writer.writerows(model.json_rows())
    return _post(model, lines.getvalue().encode(), "text/csv")


def command_line(model: Registered) -> Columns:
    lines = "".join(json.dumps(item) + "\n" for item in model.json_rows())
    result = CliRunner().invoke(cli, ["score", str(model.folder), "--file", "-"], input=lines)
    assert result.exit_code == 0, result.output
    return _by_column([json.loads(line) for line in result.stdout.splitlines()])


def mlflow_pyfunc(model: Registered) -> Columns:
    import mlflow

    answer = mlflow.pyfunc.load_model(str(model.folder)).predict(model.by_path().toPandas())
    return {name: [comparable(value) for value in answer[name].tolist()] for name in answer.columns}


def mlflow_server(model: Registered) -> Columns:
    import mlflow
    from mlflow.pyfunc import scoring_server

    app = scoring_server.init(mlflow.pyfunc.load_model(str(model.folder)))
    names = [sample.name for sample in model.samples]
    rows = [{**flatten_structs(row, names)} for row in model.json_rows()]
    records = [{name: row[name] for name in names} for row in rows]
    body = json.dumps({"dataframe_records": records}).encode()
    answer = Client(app).post("/invocations", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200, answer.text
    return _by_column(json.loads(answer.text)["predictions"])


def spark_udf(model: Registered) -> Columns:
    import mlflow

    fields = ", ".join(f"{sample.output} {_udf_type(sample.type)}" for sample in model.samples)
    spark = model.frame.sparkSession
    score = mlflow.pyfunc.spark_udf(spark, str(model.folder), result_type=fields, env_manager="local")
    # MLflow would take a vector, which is a struct, for a row.
    inputs = [_udf_input(sample) for sample in model.samples]
    scored = model.frame.orderBy("position").select(score(*inputs).alias("o")).select("o.*").collect()
    return {
        sample.output: [_from_udf(sample.type, row[sample.output]) for row in scored]
        for sample in model.samples
    }


def _udf_input(sample: Sample) -> Any:
    from pyspark.ml.functions import vector_to_array
    from pyspark.sql import functions as F

    column = F.col(sample.name)
    return F.when(column.isNotNull(), vector_to_array(column)) if sample.type == "vector" else column


def _udf_type(type_: str) -> str:
    """Return the type of a result that MLflow's function supports; it has no dates and decimals, and no null integers."""
    if type_ in ("boolean", "date", "timestamp"):
        return "string"
    if type_ == "array<date>":
        return "array<string>"
    if type_ == "array<int>":
        return "array<double>"
    return (
        "array<double>"
        if type_ == "vector"
        else type_
        if type_ in ("float", "string") or "<" in type_
        else "double"
    )


def _from_udf(type_: str, value: Any) -> Any:
    """Return a result as a value of the type."""
    if type_ in ("boolean", "date", "timestamp"):
        text = None if value in (None, "None", "NaT") else value
        if text is None or type_ == "date":
            return text
        return text == "True" if type_ == "boolean" else datetime.fromisoformat(text).isoformat()
    if type_ == "array<date>" and value:
        return [None if item == "None" else item for item in value]
    if type_ == "array<string>" and value:
        return [None if item == "None" else item for item in value]
    if type_ == "array<int>" and value:
        return [None if item is None or isnan(item) else int(item) for item in value]
    return int(value) if type_.endswith("int") and value is not None else value


ENTRY_POINTS: Mapping[str, Callable[[Registered], Columns]] = {
    "`score`": row,
    "`score_batch`: rows": batch_of_rows,
    "pandas": pandas_frame,
    "pyarrow": arrow_table,
    "polars": polars_frame,
    "job: `mapInArrow`": map_in_arrow,
    "job: `transform`": transform,
    "HTTP: JSON": http_json,
    "HTTP: strict JSON": http_strict_json,
    "HTTP: CSV": http_csv,
    "`sparkops score`": command_line,
    "`mlflow.pyfunc`": mlflow_pyfunc,
    "`mlflow models serve`": mlflow_server,
    "`spark_udf`": spark_udf,
}
