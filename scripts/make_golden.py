#!/usr/bin/env python
"""Write tests/golden/v<n>: files of every persisted format, as the present code writes them.

    scripts/make_golden.py v2

Run it only when a new version of a format is added, and name a new folder. An existing folder is never written again,
because its files represent what users have on disk. Records, tables and models come from a small project that a real
Spark runs; paths of this machine, its name and its user are replaced.
"""

from __future__ import annotations

import contextlib
import getpass
import io
import json
import os
import re
import shlex
import shutil
import socket
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "scoring")]

from sparkops import Engine, SparkopsError  # noqa: E402
from sparkops.artifact.certify import certify  # noqa: E402
from sparkops.artifact.frames import read_frame_fields, sample_rows, to_python  # noqa: E402
from sparkops.checks.execution.suite_cache import load_compiled_suite  # noqa: E402
from sparkops.checks.suite.suite import Suite  # noqa: E402
from sparkops.cli.main import run_command  # noqa: E402
from sparkops.compiler import compile_model, fields_from_spark  # noqa: E402
from sparkops.pipeline.model import Model  # noqa: E402
from sparkops.runs.records.run import run_to_json  # noqa: E402
from sparkops.scoring import Description, Field, Output, Scorer, Step, edge_rows, save  # noqa: E402
from sparkops.scoring.artifact.certificate import dump_cases, read_cases  # noqa: E402
from sparkops.scoring.ir import conditions as T  # noqa: E402
from sparkops.scoring.ir.portable_rules import OmittedRule, PortableRule, PortableRules  # noqa: E402
from sparkops.scoring.ir.rule_serialization import rule_to_json  # noqa: E402
from sparkops.scoring.locate.sqlite_registry import RegistryEntry, read_entries  # noqa: E402
from sparkops.scoring.rules.compatibility import keep_supported  # noqa: E402
from sparkops.scoring.stages.registry import STAGES  # noqa: E402

HOME = ROOT / "tests" / "golden"
FIXTURES = ROOT / "tests" / "saved_models" / "spark-4.2"
NEUTRAL = "/project"
_SHORT = 6
SAVED = (
    "categories", "linear", "three_classes", "forest", "boosted", "tree", "words", "counted", "clusters", "grouped",
    "shaped",
)  # fmt: skip
FILES = {
    "conf/base/project.yml": """
        warehouse: data/warehouse
        reports: reports
        spark: {mode: local, master: "local[2]", conf: {spark.sql.shuffle.partitions: 2, spark.ui.enabled: "false"}}
        """,
    "conf/base/tables.yml": """
        tables:
          raw: {path: raw.csv, format: csv, options: {header: "true"}, schema: "id INT, shop STRING, note STRING, amount DOUBLE, late DOUBLE, day DATE"}
          arrivals: {options: {maxFilesPerTrigger: "1"}}
        """,
    "conf/base/params.yml": """
        params:
          orders: {factor: 2.0}
        """,
    "conf/checks/orders.yml": """
        expectations:
          - expect_column_values_to_be_unique: {column: id}
          - expect_column_values_to_be_between: {column: amount, min_value: 0, policy: quarantine, severity: warning}
          - expect_column_values_to_be_in_set: {column: shop, value_set: [north, south, east], policy: quarantine, fail_over: {share: 0.5}}
          - expect_column_value_lengths_to_be_between: {column: note, min_value: 1, max_value: 20, policy: warn, mostly: 0.9}
          - expect_column_values_to_match_regex: {column: shop, regex: "^[a-z]+$"}
          - expect_column_values_to_not_be_null: {column: note, policy: warn, mostly: 0.5}
          - expect_column_values_to_be_between: {column: day, min_value: 2024-01-01, max_value: 2025-01-01}
          - expect_column_mean_to_be_between: {column: amount, min_value: 0, max_value: 1000}
          - expect_table_row_count_to_be_between: {min_value: 1}
          - expect_column_values_to_be_between: {column: amount, max_value: 500, row_condition: "shop = 'north'", condition_parser: spark, policy: warn}
        """,
    "conf/checks/clean.yml": """
        expectations:
          - expect_column_values_to_not_be_null: shop
          - expect_column_values_to_be_between: {column: amount, min_value: 0, policy: quarantine}
        """,
    "jobs/tables.py": """
        from datetime import date
        from pathlib import Path
        from typing import Literal
        from pyspark.sql import DataFrame, functions as F
        from sparkops import job

        @job(writes="orders", replace="shop", partition_by="shop")
        def orders(
            raw: DataFrame, *, factor: float = 1.0, since: date = date(2024, 1, 1),
            shops: list[str] | None = None, again: Literal["once", "twice"] = "once",
        ) -> DataFrame:
            rows = raw.where(F.col("day") >= since).withColumn("amount", F.col("amount") * factor)
            rows = rows if shops is None else rows.where(F.col("shop").isin(shops))
            return rows.union(rows.limit(3)) if again == "twice" else rows

        @job(merge="shop")
        def sales(orders: DataFrame) -> DataFrame:
            return orders.groupBy("shop").agg(F.sum("amount").alias("amount"))

        @job
        def fragile(sales: DataFrame) -> DataFrame:
            if not (Path(__file__).parent.parent / "ready").exists():
                raise ValueError("not ready yet")
            return sales

        @job(mode="append", stream="arrivals")
        def clean(arrivals: DataFrame) -> DataFrame:
            return arrivals
        """,
    "jobs/models.py": """
        from collections.abc import Mapping
        from pyspark.sql import DataFrame, functions as F
        from sparkops import Gate, Model, ModelVersion, Report, job
        from sparkops.report import Number, Table, Text

        def right(scored: DataFrame) -> Mapping[str, float]:
            return {"right": scored.where("late = prediction").count() / scored.count()}

        @job(registers="late", gates=[Gate(metric="right", at_least=0.1), Gate(metric="right", not_worse=True)])
        def train(orders: DataFrame, *, steps: int = 3) -> Model:
            from pyspark.ml import Pipeline
            from pyspark.ml.classification import LogisticRegression
            from pyspark.ml.feature import OneHotEncoder, StringIndexer, VectorAssembler
            stages = [
                StringIndexer(inputCol="shop", outputCol="s", handleInvalid="keep"),
                OneHotEncoder(inputCol="s", outputCol="hot"),
                VectorAssembler(inputCols=["hot", "amount", "id"], outputCol="features"),
                LogisticRegression(labelCol="late", maxIter=steps),
            ]
            fitted = Pipeline(stages=stages).fit(orders)
            return Model(fitted=fitted, example=orders.drop("late"), heldout=orders, evaluate=right, label="late")

        @job(registers="net", gates=[Gate(metric="right", at_least=0.1)])
        def learn(orders: DataFrame) -> Model:
            from sklearn.linear_model import LogisticRegression
            rows = orders.select("amount", "id", "late").toPandas()
            fitted = LogisticRegression().fit(rows[["amount", "id"]], rows["late"])
            example = orders.select("amount", "id")
            return Model(fitted=fitted, example=example, heldout=orders.select("amount", "id", "late"), evaluate=right, label="late")

        @job
        def scores(orders: DataFrame, late: ModelVersion) -> DataFrame:
            return late.transform(orders.withColumn("amount", F.expr("if(id = 7, -1.0, amount)")), arrays=True)

        @job
        def page(sales: DataFrame) -> Report:
            return Report(title="Sales", numbers=[Number("Shops", sales.count())], parts=[Text("All."), Table("By shop", sales)])
        """,
}


def main(arguments: list[str]) -> int:
    """Write a new folder; fail if it exists."""
    if len(arguments) != 1 or (HOME / arguments[0]).exists():
        print(
            f"usage: make_golden.py NEW-FOLDER; {sorted(folder.name for folder in HOME.glob('v*'))} are never written again"
        )
        return 2
    with tempfile.TemporaryDirectory() as work:
        target = Path(work) / "golden"
        project = Path(work) / "project"
        _write_project(project)
        os.chdir(project)
        with Engine(project) as engine:
            spark = engine.session()
            _write_saved_artifacts(target / "artifacts")
            _write_rules(target)
            _run_project(engine, project, target)
            _write_trained_artifacts(spark, target / "artifacts", Path(work) / "fitted")
            _copy_files(engine, project, target)
        _remove_machine_names(target, project)
        _write_hashes(target)
        shutil.copytree(target, HOME / arguments[0])
    return 0


def _write_project(root: Path) -> None:
    for path, text in FILES.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    lines = ["id,shop,note,amount,late,day"]
    for number in range(120):
        shop, note = ("north", "south", "east")[number % 3], "" if number % 5 == 0 else f"note {number}"
        label = int((number * 37) % 11 > 5)
        amount = -1.5 if number == 4 else round(number * 1.37 + 20 * label, 2)
        lines.append(f"{number},{shop},{note},{amount},{label}.0,2024-0{1 + number % 9}-1{number % 9}")
    (root / "raw.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


# Artifacts


def _write_artifact(
    folder: Path, description: Description, cases: list[Any], rows: list[dict[str, Any]]
) -> None:
    """Write a scorer's folder, its certificate, and its exact answers: to single rows, and to a batch of them."""
    save(description, folder)
    (folder / "certificate.jsonl").write_text(dump_cases(cases), "utf-8")
    scorer = Scorer(description, raw=True)
    answers = [scorer.answer(row) for row in rows]
    accepted = [row for row, answer in zip(rows, answers, strict=True) if answer != "refused"]
    batch = iter(scorer.score_batch(accepted).rows() if accepted else [])
    lines = []
    for row, answer in zip(rows, answers, strict=True):
        in_batch = "refused" if answer == "refused" else next(batch) or "dropped"
        lines.append(({"row": row, "batch": in_batch}, answer))
    (folder / "answers.jsonl").write_text(dump_cases(lines), "utf-8")


def _write_saved_artifacts(home: Path) -> None:
    for name in SAVED:
        source = FIXTURES / name
        description = _compile(source)
        cases = read_cases((source / "rows.jsonl").read_text("utf-8"))
        _write_artifact(home / name, description, cases, [row for row, _ in cases])


def _compile(source: Path) -> Description:
    return compile_model(
        source / "model", fields_from_spark(json.loads((source / "fields.json").read_text("utf-8")))
    )


def _write_trained_artifacts(spark: Any, home: Path, work: Path) -> None:
    """Fit pipelines of the parity cases until every operation is in an artifact."""
    from parity.cases.registry import CASES
    from parity.frames import FRAMES
    from pyspark.ml import Pipeline

    covered = {
        step["op"]
        for file in home.glob("*/description.json")
        for step in json.loads(file.read_text())["steps"]
    }
    for number, case in enumerate(CASES):
        if case.reason or covered >= set(STAGES):
            continue
        frame = FRAMES[case.frame](spark)
        fitted = Pipeline(stages=case.stages()).fit(frame)
        folder = work / str(number)
        fitted.write().save(folder.as_uri())
        example = frame.select(*case.inputs)
        model = Model(fitted=fitted, example=example)
        description = compile_model(folder, read_frame_fields(model.example))
        ops = {step.op for step in description.steps}
        if ops <= covered or sum(a.nbytes for s in description.steps for a in s.arrays.values()) > 60_000:
            continue
        covered |= ops
        cases = _certificate(model, description)
        rows = sample_rows(example, [field.name for field in description.fields], 4)
        rows += edge_rows(description, rows, limit=16)
        rows = [json.loads(json.dumps(_to_json(row), default=str), object_hook=_from_json) for row in rows]
        name = "-".join(sorted(ops - {"assemble"})[:3])
        _write_artifact(home / f"parity-{number:03d}-{name}", description, _json_rows(cases), rows)
        print("artifact", case, sorted(ops), flush=True)
    for op, description in handwritten_descriptions().items():
        if op not in covered:
            _write_handwritten(home / f"by-hand-{op}", description)
            covered.add(op)
    print("operations in no artifact:", sorted(set(STAGES) - covered))


def handwritten_descriptions() -> dict[str, Description]:
    """Return small descriptions of operations that no trained pipeline covers."""
    directions = np.array(
        [[0.5, -1.0, 0.25, 2.0, 0.0], [1.5, 0.75, -0.5, 0.0, 1.0], [0.1, 0.2, 0.3, 0.4, 0.5]]
    )
    encodings = {
        "categories": np.array([0.0, 2.0, 1.0]), "encodings": np.array([0.1, 0.2, 0.3]),
        "unseen": np.array([0.5]), "null": np.array([0.9]),
    }  # fmt: skip
    nodes = [
        {"op": "column", "type": "double", "value": "x"},
        {"op": "literal", "type": "double", "value": "0x1.0000000000000p-1"},
        {"op": "gt", "type": "boolean", "args": [0, 1]},
    ]
    vector, number, words = Field("v", "vector", size=5), Field("x", "double"), Field("w", "array<string>")
    text = Field("t", "string")
    types = ["double", "string"]
    return {
        "binarize": _describe(("binarize", {}, {"threshold": np.array([0.5])}), "vector", vector),
        "dct": _describe(("dct", {"size": 5, "inverse": False}, {}), "vector", vector),
        "pick_slots": _describe(("pick_slots", {}, {"slots": np.array([4, 0, 2])}), "vector", vector),
        "vector_size": _describe(("vector_size", {"size": 5, "invalid": "skip"}, {}), "vector", vector),
        "projection_hash": _describe(
            ("projection_hash", {}, {"directions": directions, "factor": np.array([1.3])}), "array<vector>", vector
        ),
        "min_hash": _describe(
            ("min_hash", {}, {"coefficients": np.array([[5, 7], [2038074000, 2038074000]])}), "array<vector>", vector
        ),
        "target_encode": _describe(("target_encode", {"invalid": "keep"}, encodings), "double", number),
        "average_words": _describe(
            ("average_words", {"words": ["fog", "snow"]}, {"vectors": np.array([[0.5, -1.0], [2.0, 0.25]])}), "vector", words
        ),
        "hash_features": _describe(("hash_features", {"size": 16, "types": types, "names": []}, {}), "vector", number, text),
        "interact": _describe(
            ("interact", {"sizes": [[0], [0, 0, 0, 0, 0]], "stored": ["dense", "dense"]}, {}), "vector", number, vector
        ),
        "where": _describe(("where", {"nodes": nodes, "invalid": "skip"}, {}), "double", number),
    }  # fmt: skip


def _describe(
    operation: tuple[str, dict[str, Any], dict[str, Any]], kind: str, *fields: Field
) -> Description:
    op, params, arrays = operation
    inputs, target = tuple(field.name for field in fields), "x" if op == "where" else "o"
    step = Step(op, f"{op} `s`", inputs, () if op == "where" else (target,), params, arrays)
    return Description(fields, (), (step,), (Output(target, kind, target, "column"),), None, (op,))


def _write_handwritten(folder: Path, description: Description) -> None:
    rows = [
        json.loads(json.dumps(_to_json(row)), object_hook=_from_json)
        for row in edge_rows(description, [], limit=20)
    ]
    scorer = Scorer(description, raw=True)
    _write_artifact(folder, description, [(row, scorer.answer(row)) for row in rows], rows)


def _certificate(model: Model, description: Description) -> list[Any]:
    """Return every 12th row of the certificate; the scorer's answers if a filter hides which row an answer is of."""
    if {step.op for step in description.steps} >= {"where"}:
        scorer = Scorer(description, raw=True)
        names = [field.name for field in description.fields]
        return [(row, scorer.answer(row)) for row in sample_rows(model.example, names, 8)]
    return [case for index, case in enumerate(certify(model, description)) if index % 12 == 0]


def _to_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):  # noqa: PLR0124
        return {"$double": repr(value)}
    return to_python(value)


def _from_json(item: dict[str, Any]) -> Any:
    return float(item["$double"]) if set(item) == {"$double"} else item


def _json_rows(cases: list[Any]) -> list[Any]:
    return [
        tuple(json.loads(json.dumps(_to_json(item)), object_hook=_from_json) for item in case)
        for case in cases
    ]


# Rules


def every_rule_node() -> dict[str, Any]:
    """Return a rule, condition or constant for each kind of node that a description may contain."""
    c, x, n = T.ColumnRef("c"), T.ColumnRef("x"), T.ColumnRef("n")
    high = T.Compare(">", x, T.Constant(0.5))
    return {
        "field": T.ColumnRef("a.`b.c`"),
        "value": T.Constant("text"),
        "value of nothing": T.Constant(None),
        "value of a truth": T.Constant(True),
        "value of a whole number": T.Constant(2**40),
        "value of a day": T.Constant(date(2024, 2, 29)),
        "value of a time": T.Constant(datetime.fromisoformat("2024-02-29T12:30:15.000250")),
        "value of a decimal": T.Constant(Decimal("12.50")),
        "length": T.Length(c),
        "total": T.Sum((x, n), (False, True)),
        **{f"compare {op}": T.Compare(op, x, T.Constant(1)) for op in ("<", "<=", ">", ">=", "==")},
        "same": T.NullSafeEqual(c, T.ColumnRef("d")),
        "among": T.IsIn(c, ("a", None, 3)),
        "missing": T.IsNull(c),
        "matches": T.Matches(c, "^[a-z]+$"),
        "every": T.And((high, T.IsNull(c))),
        "some": T.Or((high, T.Not(high))),
        "not": T.Not(high),
        "row rule": T.RowRule(fields=("c", "x"), expects=high, unless=T.IsNull(x), where="n > 1"),
        "row rule without exception": T.RowRule(fields=("c",), expects=high),
    }


def portable_rules() -> PortableRules:
    """Return rules about the fields of the model `categories`, with every kind of node that it can evaluate."""
    c, d, x, n, g = (T.ColumnRef(name) for name in "cdxng")
    types = {"c": "string", "d": "string", "x": "double", "n": "integer", "g": "double"}
    rules: dict[str, tuple[tuple[str, ...], Any, Any, str | None]] = {
        "x in bounds": (("x",), T.And((T.Compare(">=", x, T.Constant(-2.0)), T.Compare("<", x, T.Constant(3.5)))), T.IsNull(x), None),
        "n at most 8": (("n",), T.Compare("<=", n, T.Constant(8)), None, None),
        "n or x high": (("n", "x"), T.Or((T.Compare(">", n, T.Constant(0)), T.Compare(">", x, T.Constant(0.0)))), None, None),
        "c is known": (("c",), T.IsIn(c, ("a", "b", "c", "d")), T.IsNull(c), None),
        "c is short": (("c",), T.Compare("<=", T.Length(c), T.Constant(4)), None, None),
        "c is lower case": (("c",), T.Matches(c, "^[a-z]*$"), T.IsNull(c), None),
        "c is not d": (("c", "d"), T.Not(T.NullSafeEqual(c, d)), None, None),
        "n is not 3": (("n",), T.Not(T.Compare("==", n, T.Constant(3))), None, None),
        "sum": (("x", "g"), T.Compare("<=", T.Sum((x, g), (False, False)), T.Constant(100.0)), None, None),
        "g is there": (("g",), T.Not(T.IsNull(g)), None, None),
    }  # fmt: skip
    policies = ("fail", "quarantine", "warn")
    portable = [
        PortableRule(
            label=label, table="orders", place=f"conf/checks/orders.yml:{i + 2}", policy=policies[i % 3],
            mostly=0.9 if label == "g is there" else 1.0, types={name: types[name] for name in names},
            rule=T.RowRule(fields=names, expects=expects, unless=unless, where=where),
        )
        for i, (label, (names, expects, unless, where)) in enumerate(rules.items())
    ]  # fmt: skip
    omitted = OmittedRule(
        label="expect_column_values_to_be_unique(id)", table="orders", reason="it needs the whole table"
    )
    return PortableRules(rules=tuple(portable), left_out=(omitted,))


def _write_rules(target: Path) -> None:
    (target / "rules.json").write_text(
        _json_text({name: rule_to_json(node) for name, node in every_rule_node().items()}), "utf-8"
    )
    source = FIXTURES / "categories"
    description = _compile(source)
    supported = keep_supported(portable_rules(), description.fields)
    if len(supported.rules) < len(portable_rules().rules):
        raise SystemExit(f"rules that are not supported: {supported.describe_omissions()}")
    cases = read_cases((source / "rows.jsonl").read_text("utf-8"))
    folder = target / "artifacts" / "with_rules"
    _write_artifact(folder, replace(description, checks=supported), cases, [row for row, _ in cases])
    scorer = Scorer(replace(description, checks=supported), raw=True, rules="count")
    for row, answer in cases:
        if isinstance(answer, dict):
            scorer.score(row)
    (folder / "broken.json").write_text(_json_text(dict(scorer.broken)), "utf-8")


# The project


def _run_project(engine: Engine, project: Path, target: Path) -> None:
    runs: dict[str, str] = {}
    runs["table"] = engine.run("orders").id
    runs["checks_failed"] = _run_to_failure(engine, "orders", again="twice")
    runs["merged"] = engine.run("sales").id
    runs["model"] = engine.run("train").id
    runs["second_model"] = engine.run("train", steps=5).id
    runs["other_model"] = engine.run("learn").id
    runs["scores"] = engine.run("scores").id
    runs["report"] = engine.run("page").id
    runs["failed"] = _run_to_failure(engine, "fragile")
    (project / "ready").touch()
    runs["resumed"] = _fail_and_resume(engine, project)
    _append_arrivals(engine, project, [(1, "north", 2.0), (2, "south", -1.0)])
    _append_arrivals(engine, project, [(3, "north", 4.0)])
    runs["stream"] = engine.run("clean").id
    (target / "runs.json").write_text(_json_text(runs), "utf-8")
    folder = target / "cli"
    folder.mkdir()
    release = "quarantine release orders --set amount=abs(amount) --yes --json"
    for name, command in {
        "quarantine_release": release, "quarantine_show": "quarantine show orders --json", "check": "check orders --json",
        "checks_history": "checks history orders --json", "tables": "tables --json",
        "tables_history": "tables history orders --json", "stream_history": "tables history clean --json",
        "models": "models --json", "models_show": "models show late --json",
        "runs": "runs --json", "runs_show": f"runs show {runs['table']} --json", "jobs": "jobs --json",
    }.items():  # fmt: skip
        (folder / f"{name}.json").write_text(_print_json(command), "utf-8")


def _run_to_failure(engine: Engine, job: str, **params: Any) -> str:
    with contextlib.suppress(SparkopsError):
        engine.run(job, **params)
        raise SystemExit(f"{job} did not fail")
    return max(engine.runs.list_newest(job=job), key=lambda run: str(run.started)).id


def _fail_and_resume(engine: Engine, project: Path) -> str:
    (project / "ready").unlink()
    run = _run_to_failure(engine, "fragile")
    (project / "ready").touch()
    return engine.resume(run).id


def _append_arrivals(engine: Engine, project: Path, rows: list[tuple[Any, ...]]) -> None:
    frame = engine.session().createDataFrame(rows, "id INT, shop STRING, amount DOUBLE").coalesce(1)
    frame.write.format("delta").mode("append").save(str(project / "data" / "warehouse" / "arrivals"))


def _print_json(command: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = run_command(shlex.split(command))
    text = out.getvalue()
    if code not in (0, 3) or not text.lstrip().startswith(("{", "[")):
        raise SystemExit(f"`{command}` exited with {code}: {text[:400]}")
    return text


def _copy_files(engine: Engine, project: Path, target: Path) -> None:
    state, warehouse = project / ".sparkops", project / "data" / "warehouse"
    for file in state.glob("runs/*/*.jsonl"):
        _copy_file(file, target / "runs" / file.relative_to(state / "runs"))
    loaded = {run.id: run_to_json(run) for run in engine.runs.list_newest()}
    (target / "records.json").write_text(_json_text(loaded), "utf-8")
    for file in [*state.glob("locks/*"), *state.glob("gx/suites/*"), state / "gx" / "docs" / "pages.jsonl"]:
        _copy_file(file, target / "state" / file.relative_to(state))
    for table in ("check_results", "orders__quarantine", "clean", "clean__quarantine", "orders"):
        for file in (warehouse / table).rglob("*"):
            small = table in ("check_results", "orders__quarantine") or "_delta_log" in file.parts
            if file.is_file() and small and not file.name.endswith(".crc"):
                _copy_file(file, target / "tables" / file.relative_to(warehouse))
    _copy_file(project / "conf" / "checks" / "orders.yml", target / "conf" / "checks" / "orders.yml")
    suites = {name: _compiled_suite(engine, name) for name in ("orders", "clean")}
    (target / "suites.json").write_text(
        _json_text({"library": version("great-expectations"), "suites": suites}), "utf-8"
    )
    registry = {
        f"{entry.name}/{entry.version}": _entry_json(entry)
        for entry in read_entries(state / "mlflow" / "mlflow.db")
    }
    (target / "registry.json").write_text(_json_text(registry), "utf-8")
    shutil.copytree(engine.models.fetch_folder("late"), target / "models" / "spark")
    shutil.copytree(engine.models.fetch_folder("net"), target / "models" / "other")


def _entry_json(entry: RegistryEntry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "version": entry.version,
        "run": entry.run,
        "location": entry.location,
        "created": entry.created,
        "aliases": list(entry.aliases),
        "tags": entry.tags,
        "metrics": entry.metrics,
    }


def _compiled_suite(engine: Engine, table: str) -> Any:
    suite: Suite | None = engine.container.checks.find_suite(table)
    compiled = None if suite is None else load_compiled_suite(suite, engine.settings.state / "gx" / "suites")
    if compiled is None:
        raise SystemExit(f"the suite of {table} was not compiled")
    return {
        "native": {str(index): [kind, {name: repr(value) for name, value in arguments.items()}] for index, (kind, arguments) in compiled.native.items()},
        "others": list(compiled.by_gx),
    }  # fmt: skip


def _copy_file(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)


# Names of this machine


def _remove_machine_names(target: Path, project: Path) -> None:
    from sparkops.pyfunc.worker.manifest import read_manifest, write_manifest

    replacements = {
        str(project): NEUTRAL, str(project.parent): "/work-folder", str(ROOT): "/sparkops", sys.prefix: "/environment",
        str(Path(sys.executable).resolve().parent.parent): "/python", socket.gethostname(): "some-host",
        socket.getfqdn(): "some-host",
    }  # fmt: skip
    for name in ("JAVA_HOME", "SPARK_HOME", "HOME"):
        if os.environ.get(name):
            replacements[os.environ[name]] = f"/{name.lower()}"
    replacements = dict(sorted(replacements.items(), key=lambda pair: -len(pair[0])))
    for file in sorted(target.rglob("*")):
        if file.is_file():
            _replace_names(file, replacements)
    write_manifest(read_manifest(target / "models" / "other"), target / "models" / "other")
    code = target / "models" / "spark" / "code"
    with zipfile.ZipFile(target / "models" / "spark_code.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(code.rglob("*.py")):
            archive.write(file, file.relative_to(code.parent))
    shutil.rmtree(code)


def _replace_names(file: Path, replacements: Mapping[str, str]) -> None:
    """Replace names of this machine in a text file; fail if a file still contains one."""
    data = file.read_bytes()
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
    for word, neutral in replacements.items():
        text = re.sub(rf"(?<![A-Za-z0-9_]){re.escape(word)}(?![A-Za-z0-9_])", neutral, text)
    if text and text.encode() != data:
        data = text.encode()
        file.write_bytes(data)
    # A short name can occur by chance in a compressed file.
    long = [word for word in replacements if len(word) > _SHORT]
    for word in (*long, f"/{getpass.getuser()}/", f"{Path.cwd().parent}/"):
        if word.encode() in data:
            raise SystemExit(f"{file} contains {word}")


def _write_hashes(target: Path) -> None:
    """Write the hash of every file, by which a test finds accidental changes."""
    lines = "".join(
        f"{sha256(file.read_bytes()).hexdigest()}  {file.relative_to(target).as_posix()}\n"
        for file in _list_files(target)
    )
    (target / "SHA256SUMS").write_text(lines, "utf-8")
    print(
        f"{sum(file.stat().st_size for file in _list_files(target)):,} bytes in {len(list(_list_files(target)))} files"
    )


def _list_files(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*")) if file.is_file() and file.name != "SHA256SUMS")


def _json_text(value: Any) -> str:
    return json.dumps(value, indent=1, default=str) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
