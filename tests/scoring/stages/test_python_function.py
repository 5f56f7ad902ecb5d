"""Row functions of a user's own stages: called for rows and batches, found by the hash of their code, refused if it differs."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from sparkops.compiler import compile_stages
from sparkops.errors import ModelError, NotCompiled, NotExported, RowError
from sparkops.onnx.export import export
from sparkops.scoring import Description, Field, Output, Scorer, Step, load, save
from sparkops.scoring.row_code import hash_code

MODULE = "row_functions_of_a_test"
HELPERS = f"{MODULE}_helpers"
HELPER_SOURCE = "def half(value):\n    return value / 2\n"
SOURCE = f"""
from sparkops import row_function
from {HELPERS} import half


@row_function(returns="string")
def repeat(params, text):
    if text == "bad":
        raise ValueError("no such text")
    return None if text is None else text * params["times"]


@row_function(returns=["double", "vector(2)"])
def split(params, number, vector):
    return (None if number is None else half(number)), (None if vector is None else [vector[1], vector[0]])


@row_function(returns="double")
def mistyped(params, number):
    return "text"


@row_function(returns="money")
def unknown(params, number):
    return 1


@row_function(returns=["string", "vector(3000)"])
def label(params, price):
    if price is None:
        return None, None
    return str(price), {{"type": 0, "size": 3000, "indices": [2], "values": [float(price)]}}


def undeclared(params, number):
    return 1.0


class Repeat:
    row_function = repeat


class Split:
    row_function = staticmethod(split)


class Mistyped:
    row_function = mistyped


class Unknown:
    row_function = unknown


class Label:
    row_function = label


class Undeclared:
    row_function = undeclared


class Derived(Repeat):
    pass
"""
TEXT, NUMBER, VECTOR = Field("text", "string"), Field("number", "double"), Field("v", "vector", size=2)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder with the module, from which it is imported."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / f"{MODULE}.py").write_text(SOURCE)
    (folder / f"{HELPERS}.py").write_text(HELPER_SOURCE)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    forget()
    importlib.import_module(MODULE)
    yield folder
    forget()


def forget() -> None:
    for name in (MODULE, HELPERS):
        sys.modules.pop(name, None)
    importlib.invalidate_caches()


def save_stage(folder: Path, name: str, **params: Any) -> Path:
    metadata = {"class": f"{MODULE}.{name}", "uid": f"{name}_1", "sparkVersion": "4.1.0", "paramMap": params,
                "defaultParamMap": {"times": 2}}  # fmt: skip
    (folder / "metadata").mkdir(parents=True)
    (folder / "metadata" / "part-00000").write_text(json.dumps(metadata))
    return folder


def compile_repeat(folder: Path) -> Description:
    saved = save_stage(folder / "saved", "Repeat", inputCol="text", outputCol="out", times=3)
    return compile_stages(saved, [TEXT]).require_description()


def make_artifact(project: Path, folder: Path) -> Path:
    """Save the scorer of a stage, with its code beside it, and forget the modules and the project."""
    save(compile_repeat(folder), folder / "scorer")
    (folder / "code").mkdir()
    for file in project.glob("*.py"):
        (folder / "code" / file.name).write_text(file.read_text())
        file.unlink()
    forget()
    return folder


def test_the_function_gets_parameters_and_values_and_answers_rows_and_batches(
    project: Path, tmp_path: Path
) -> None:
    scorer = Scorer(compile_repeat(tmp_path))
    assert scorer.score({"text": "ab"}) == {"out": "ababab"}
    assert scorer.score({"text": None}) == {"out": None}
    assert scorer.score_batch([{"text": "a"}, {"text": None}]).rows() == [{"out": "aaa"}, {"out": None}]
    assert scorer.score_batch([]).rows() == []


def test_several_columns_and_vectors_with_nulls(project: Path, tmp_path: Path) -> None:
    saved = save_stage(tmp_path / "saved", "Split", inputCols=["number", "v"], outputCols=["half", "swapped"])
    scorer = Scorer(compile_stages(saved, [NUMBER, VECTOR]).require_description())
    rows = [{"number": 3.0, "v": [1.0, 2.0]}, {"number": None, "v": None}]
    expected = [{"half": 1.5, "swapped": [2.0, 1.0]}, {"half": None, "swapped": None}]
    assert [scorer.score(row) for row in rows] == expected
    assert scorer.score_batch(rows).rows() == expected


def test_a_decimal_is_that_of_spark_and_a_wide_vector_is_a_sparse_one(project: Path, tmp_path: Path) -> None:
    saved = save_stage(tmp_path / "saved", "Label", inputCol="price", outputCols=["text", "v"])
    scorer = Scorer(compile_stages(saved, [Field("price", "decimal(15,2)")]).require_description())
    prices = ["1.5", "-0.00", "9999999999999.99", "-9999999999999.90", None]
    texts = ["1.50", "0.00", "9999999999999.99", "-9999999999999.90", None]
    rows = [{"price": price} for price in prices]
    for answers in ([scorer.score(row) for row in rows], scorer.score_batch(rows).rows()):
        assert [answer["text"] for answer in answers] == texts
        assert [answer["v"] and answer["v"][1:4] for answer in answers][::4] == [[0.0, 1.5, 0.0], None]


def test_a_function_that_raises_refuses_the_row_with_the_name_of_the_stage(
    project: Path, tmp_path: Path
) -> None:
    scorer = Scorer(compile_repeat(tmp_path))
    message = (
        rf"Repeat `Repeat_1`: the row function {MODULE}:repeat refuses this row: ValueError: no such text"
    )
    with pytest.raises(RowError, match=message):
        scorer.score({"text": "bad"})
    with pytest.raises(RowError, match=rf"Row 1: {message}"):
        scorer.score_batch([{"text": "a"}, {"text": "bad"}])


def test_a_value_of_another_type_refuses_the_row(project: Path, tmp_path: Path) -> None:
    saved = save_stage(tmp_path / "saved", "Mistyped", inputCol="number", outputCol="out")
    scorer = Scorer(compile_stages(saved, [NUMBER]).require_description())
    with pytest.raises(RowError, match=r"mistyped returns 'text', and double is declared"):
        scorer.score({"number": 1.0})


@pytest.mark.parametrize(
    ("stage", "params", "reason"),
    [
        ("Unknown", {"inputCol": "number", "outputCol": "o"}, "'money', which is no type of a column"),
        ("Undeclared", {"inputCol": "number", "outputCol": "o"}, "undeclared is not declared with @row_function"),
        ("Mistyped", {"inputCol": "number"}, "neither outputCol nor outputCols is set"),
        ("Mistyped", {"inputCol": "number", "outputCols": ["a", "b"]}, "returns 1 values, and it has 2 output columns"),
        ("Mistyped", {"inputCol": "price", "outputCol": "o"}, r"cannot take the column `price` of type decimal\(16,2\), .* 15 digits"),
        ("Derived", {"inputCol": "text", "outputCol": "o"}, "sparkops does not compile this kind of stage"),
    ],
)  # fmt: skip
def test_reasons_why_a_stage_is_not_compiled(
    project: Path, tmp_path: Path, stage: str, params: dict[str, Any], reason: str
) -> None:
    saved = save_stage(tmp_path / "saved", stage, **params)
    fields = [TEXT, NUMBER, Field("price", "decimal(16,2)")]
    with pytest.raises(NotCompiled, match=reason):
        compile_stages(saved, fields).require_description()


def test_compiling_imports_no_module(project: Path, tmp_path: Path) -> None:
    forget()
    saved = save_stage(tmp_path / "saved", "Repeat", inputCol="text", outputCol="out")
    with pytest.raises(NotCompiled, match="does not compile this kind of stage"):
        compile_stages(saved, [TEXT]).require_description()
    assert MODULE not in sys.modules


def test_a_folder_is_scored_by_installed_code_with_the_hash(project: Path, tmp_path: Path) -> None:
    save(compile_repeat(tmp_path), tmp_path / "model" / "scorer")
    forget()
    assert load(tmp_path / "model" / "scorer").score({"text": "a"}) == {"out": "aaa"}


@pytest.mark.parametrize("file", [MODULE, HELPERS])
def test_changed_code_is_refused_and_not_imported(project: Path, tmp_path: Path, file: str) -> None:
    save(compile_repeat(tmp_path), tmp_path / "scorer")
    forget()
    path = project / f"{file}.py"
    path.write_text(path.read_text() + "\nchanged = True\n")
    with pytest.raises(
        ModelError, match=rf"{MODULE}:repeat is not installed with the code it was certified with"
    ):
        load(tmp_path / "scorer")
    assert MODULE not in sys.modules


def test_code_of_a_folder_runs_only_if_it_is_given(project: Path, tmp_path: Path) -> None:
    folder = make_artifact(project, tmp_path / "model")
    with pytest.raises(ModelError, match=rf"there is no module {MODULE}\. Install that code"):
        load(folder / "scorer")
    before = list(sys.path)
    scorer = load(folder / "scorer", code=folder / "code")
    assert scorer.score({"text": "a"}) == {"out": "aaa"}
    assert MODULE not in sys.modules
    assert sys.path == before
    assert not list(folder.rglob("__pycache__"))
    (folder / "code" / f"{HELPERS}.py").write_text("def half(value):\n    return value\n")
    with pytest.raises(ModelError, match="there is no module"):
        load(folder / "scorer", code=folder / "code")


def test_given_code_is_used_where_the_project_has_other_code(project: Path, tmp_path: Path) -> None:
    folder = make_artifact(project, tmp_path / "model")
    (project / f"{MODULE}.py").write_text("from sparkops import row_function\nnewer = True\n")
    importlib.invalidate_caches()
    newer = importlib.import_module(MODULE)
    scorer = load(folder / "scorer", code=folder / "code")
    assert scorer.score({"text": "a"}) == {"out": "aaa"}
    assert sys.modules[MODULE] is newer


@pytest.mark.parametrize("entry_point", ["colorsys:rgb_to_hsv", "keyword:iskeyword"])
def test_a_description_cannot_name_another_function(entry_point: str) -> None:
    """Its author knows the hash of an installed module's code, and may not call a function of it."""
    module = entry_point.partition(":")[0]
    params = {
        "function": entry_point,
        "sha256": hash_code(Path(str(importlib.import_module(module).__file__)), module),
        "stage_params": "{}",
        "types": ["string"],
        "returns": ["string"],
    }
    step = Step("python_function", "Repeat", ("text",), ("out",), params)
    with pytest.raises(ModelError, match="is not declared with @row_function"):
        Scorer(Description((TEXT,), (), (step,), (Output("out", "string", "out", "column"),)))


@pytest.mark.parametrize("entry_point", ["", "os", "os:a:b", "../x:y", "a b:c", 3])
def test_a_damaged_entry_point_is_refused(entry_point: Any) -> None:
    step = Step("python_function", "Repeat", ("text",), ("out",), {"function": entry_point, "sha256": ""})
    with pytest.raises(ModelError, match="names no function of a module"):
        Scorer(Description((TEXT,), (), (step,), (Output("out", "string", "out", "column"),)))


def test_the_saved_form_of_a_step(project: Path, tmp_path: Path) -> None:
    """Models are saved in this form: what it says may not change."""
    hashes = sorted(sha256(source.encode()).hexdigest() for source in (SOURCE, HELPER_SOURCE))
    save(compile_repeat(tmp_path), tmp_path / "scorer")
    (step,) = json.loads((tmp_path / "scorer" / "description.json").read_text())["steps"]
    assert step == {
        "op": "python_function",
        "stage": "Repeat `Repeat_1`",
        "inputs": ["text"],
        "outputs": ["out"],
        "params": {
            "function": f"{MODULE}:repeat",
            "sha256": sha256("".join(hashes).encode()).hexdigest(),
            "stage_params": '{"inputCol": "text", "outputCol": "out", "times": 3}',
            "types": ["string"],
            "returns": ["string"],
        },
        "arrays": [],
    }


def test_onnx_has_no_form_for_it(project: Path, tmp_path: Path) -> None:
    folder = make_artifact(project, tmp_path / "model")
    with pytest.raises(
        NotExported, match=r"Repeat `Repeat_1`: it is a Python function .*, which a graph cannot contain"
    ):
        export(folder / "scorer", tmp_path / "model.onnx")
