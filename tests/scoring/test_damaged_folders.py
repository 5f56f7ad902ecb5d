"""Damaged golden artifacts: each loads and scores, or is refused with an error that names the file and what is wrong."""

from __future__ import annotations

import io
import json
import random
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fuzzing.mutations import disturb_array, mutate_json

from sparkops.cli.main import run_command
from sparkops.errors import DamagedModel, ModelError, SparkopsError
from sparkops.scoring import load, read_cases
from sparkops.scoring.artifact.array_file import read_arrays
from sparkops.scoring.artifact.file_names import ARRAYS, CERTIFICATE, DESCRIPTION
from sparkops.scoring.artifact.scorer_folder import _DAMAGED_FILE_ERRORS, _description_from_json
from sparkops.scoring.ir.step_shapes import SHAPES
from sparkops.scoring.stages.registry import STAGES

GOLDEN = Path(__file__).parent.parent / "golden"
ARTIFACTS = sorted(GOLDEN.glob("v*/artifacts/*"))
EDITS = 60  # of each artifact: about 3,800 in all
Content = dict[str, Any]


def read_content(folder: Path) -> Content:
    content: Content = json.loads((folder / DESCRIPTION).read_text("utf-8"))
    return content


def write(content: Content, arrays: Mapping[str, Any], folder: Path) -> None:
    """Write a model with a hash that fits it, if it is one."""
    try:
        content["hash"] = _description_from_json(content, arrays).hash
    except (ModelError, *_DAMAGED_FILE_ERRORS):
        content["hash"] = ""
    (folder / DESCRIPTION).write_text(json.dumps(content), "utf-8")
    with (folder / ARRAYS).open("wb") as stream:
        np.savez(stream, **arrays)


def find_step(op: str) -> tuple[Path, int]:
    """Return an artifact with a step of an operation, and the step's position."""
    for folder in ARTIFACTS:
        for position, step in enumerate(read_content(folder)["steps"]):
            if step["op"] == op:
                return folder, position
    raise LookupError(op)


def damage_step(op: str, tmp_path: Path, change: Callable[[Content], object]) -> str:
    """Change a step of a golden artifact; return the message of the refusal."""
    folder, position = find_step(op)
    content = read_content(folder)
    change(content["steps"][position])
    write(content, read_arrays(folder / ARRAYS), tmp_path)
    with pytest.raises(DamagedModel) as error:
        load(tmp_path)
    message = str(error.value)
    assert message.startswith(str(tmp_path / DESCRIPTION))
    assert "\n" not in message
    return message


def test_every_operation_has_a_shape() -> None:
    assert set(SHAPES) == set(STAGES)


@pytest.mark.parametrize(
    ("op", "name"), [(op, name) for op, shape in SHAPES.items() if op != "python_function" for name in shape.params.split()]
)  # fmt: skip
def test_a_param_that_is_missing_or_of_another_type_is_named(op: str, name: str, tmp_path: Path) -> None:
    message = damage_step(op, tmp_path, lambda step: step["params"].pop(name))
    assert message.endswith(f"its param `{name}` is missing.")
    for value in (None, {"a": 1}, [1, "x"], 0.5):
        message = damage_step(op, tmp_path, lambda step, value=value: step["params"].update({name: value}))  # type: ignore[misc]
        assert f"its param `{name}` is " in message


@pytest.mark.parametrize(
    ("op", "name"), [(op, name) for op, shape in SHAPES.items() for name in shape.arrays.split()]
)
def test_an_array_that_is_missing_is_named(op: str, name: str, tmp_path: Path) -> None:
    assert damage_step(op, tmp_path, lambda step: step["arrays"].remove(name)).endswith(f"its array `{name}` is missing.")  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        lambda step: step.update(inputs={"x": 1}),
        lambda step: step.update(inputs="x"),
        lambda step: step.update(outputs=[["y"]]),
        lambda step: step.update(outputs=[]),
        lambda step: step.update(inputs=["x", "y", "z"]),
        lambda step: step.update(op=["trees"]),
        lambda step: step.update(op="future"),
        lambda step: step.update(stage=None),
        lambda step: step.update(params=[]),
        lambda step: step.update(arrays=["threshold", 3]),
        lambda step: step["params"].update(classes=2**40),
        lambda step: step["params"].update(features=-1),
        lambda step: step.clear(),
    ],
)
def test_a_step_of_another_form_is_refused(change: Callable[[Content], object], tmp_path: Path) -> None:
    assert "step" in damage_step("trees", tmp_path, change)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOLDEN / "v2" / "artifacts" / "with_rules", tmp_path / "model"))


def members(folder: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(folder / ARRAYS) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(folder: Path, content: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(folder / ARRAYS, "w", compression) as archive:
        for name, data in content:
            archive.writestr(name, data)


def header(text: bytes) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def dump(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "text",
    [b"(\n", b"", b"{", b"\xff\n", b"[1]\n", b"{'descr': '<f8'}\n", b"{'descr': 3, 'fortran_order': 0, 'shape': (1,)}\n",
     b"{'descr': '<f8', 'fortran_order': False, 'shape': (2**40,)}\n", b"{'descr': '<f8', 'fortran_order': False, 'shape': (-5,)}\n",
     b"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}\n", b"{'descr': '<f8', 'fortran_order': False, 'shape': (10**30,)}\n",
     b"(" * 60_000, b"'" * 3],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_a_header_of_an_array_that_is_none_is_refused(text: bytes, folder: Path) -> None:
    parts = members(folder)
    name = next(iter(parts))
    rewrite(folder, [*(parts | {name: header(text) + b"\0" * 16}).items()])
    with pytest.raises(DamagedModel) as error:
        load(folder)
    assert str(folder) in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 700


@pytest.mark.parametrize(
    "kind", ["truncated", "extra", "twice", "compressed", "empty", "no archive", "gone", "folder"]
)
def test_a_file_of_arrays_that_is_damaged_is_named(kind: str, folder: Path) -> None:
    file, parts = folder / ARRAYS, members(folder)
    content = [*parts.items()]
    if kind == "truncated":
        file.write_bytes(file.read_bytes()[:-40])
    elif kind == "extra":
        rewrite(folder, [*content, ("99.x.npy", dump(np.ones(2)))])
    elif kind == "twice":
        with pytest.warns(UserWarning, match="Duplicate name"):
            rewrite(folder, [*content, content[0]])
    elif kind == "compressed":
        rewrite(folder, content, zipfile.ZIP_DEFLATED)
    elif kind == "empty":
        rewrite(folder, [])
    elif kind == "no archive":
        file.write_bytes(b"x")
    else:
        file.unlink()
        if kind == "folder":
            file.mkdir()
    with pytest.raises(DamagedModel, match=ARRAYS if kind != "empty" else "KeyError"):
        load(folder)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"fields"', '"fields": [], "fields"', "the key 'fields' is in an object twice"),
        ('"name"', '"name": "x", "name"', "the key 'name' is in an object twice"),
        ('"format"', '"form', "is damaged"),
        ("{", "[" * 5000 + "{", "is damaged"),
        ('"nullable": true', '"nullable": NaN', "is damaged"),
        ('"nullable": true', '"nullable": 1', "is damaged"),
        ('"size": null', '"size": Infinity', "is damaged"),
        ('"size": null', '"size": -1', "its content does not match its hash"),
    ],
)
def test_a_description_that_is_damaged_is_named(old: str, new: str, reason: str, folder: Path) -> None:
    file = folder / DESCRIPTION
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(DamagedModel, match=reason) as error:
        load(folder)
    assert str(folder) in str(error.value)


@pytest.mark.parametrize(
    "value", [float("inf"), float("nan"), "inf", {"is": "decimal", "text": "inf"}, [1], {"is": "Nothing"}, {"is": ["Field"]}, {}, None, 10**400]
)  # fmt: skip
@pytest.mark.parametrize(
    "key", ["expects", "fields", "unless", "where", "mostly", "policy", "types", "place"]
)
def test_a_rule_of_another_form_is_refused_or_applied(key: str, value: Any, folder: Path) -> None:
    content = read_content(folder)
    for rule in content["checks"]["rules"]:
        (rule if key in rule else rule["rule"])[key] = value
    write(content, read_arrays(folder / ARRAYS), folder)
    use(folder)


def test_a_command_ends_with_exit_code_2_and_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = json.dumps(next(row for row, _ in read_cases((folder / CERTIFICATE).read_text("utf-8"))))
    scorer = Path(shutil.copytree(folder, folder.parent / "mlflow" / "scorer"))
    (scorer.parent / "MLmodel").write_text("flavors: {}\n")
    content = read_content(folder)
    content["steps"][0]["params"] = {"invalid": 3}
    for damage in (json.dumps(content), "{", ""):
        for place in (folder, scorer):
            (place / DESCRIPTION).write_text(damage)
        for command in (
            ["score", str(folder), "--row", row],
            ["score", str(scorer.parent), "--row", row],
            ["serve", str(folder), "--port", "0"],
            ["models", "certify", str(scorer.parent)],
        ):
            assert run_command(command) == 2
            message = capsys.readouterr().err
            assert message.startswith("Error: ")
            assert DESCRIPTION in message
            assert message.count("\n") == 1


def use(folder: Path) -> str:
    """Load a model and score by it in every way; errors other than those of sparkops are not caught."""
    cases = read_cases((folder / CERTIFICATE).read_text("utf-8"))
    rows = [row for row, answer in cases if isinstance(answer, dict)][:3]
    (folder / CERTIFICATE).rename(folder / "cases.jsonl")
    try:
        scorer = load(folder, raw=True, rules="refuse")
    except DamagedModel:
        return "refused"
    finally:
        (folder / "cases.jsonl").rename(folder / CERTIFICATE)
    for score in (
        *(lambda row=row: scorer.score(row) for row in rows),
        *(lambda row=row: scorer.score(row, explain=True) for row in rows[:1]),
        lambda: scorer.score_batch(rows),
        lambda: scorer.score_batch(rows[:1]),
    ):
        try:
            score()
        except SparkopsError as error:
            assert str(error)
    return "scored"


@pytest.mark.matrix(every=4)
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")
@pytest.mark.parametrize("artifact", ARTIFACTS, ids=lambda folder: f"{folder.parts[-3]}-{folder.name}")
def test_a_mutated_artifact_scores_or_is_refused(artifact: Path, tmp_path: Path) -> None:
    draw = random.Random(str(artifact.relative_to(GOLDEN)))
    text, arrays = (artifact / DESCRIPTION).read_text("utf-8"), read_arrays(artifact / ARRAYS)
    shutil.copy(artifact / CERTIFICATE, tmp_path)
    outcomes = []
    for _ in range(EDITS):
        content, numbers = json.loads(text), dict(arrays)
        for _ in range(draw.choice((1, 1, 2, 4))):
            if numbers and draw.random() < 0.3:
                name = draw.choice(list(numbers))
                numbers[name] = disturb_array(numbers[name], draw)
            else:
                mutate_json(content, draw)
        try:
            write(content, numbers, tmp_path)
        except UnicodeEncodeError:
            continue
        outcomes.append(use(tmp_path))
    assert outcomes.count("refused") > EDITS / 10


@pytest.mark.parametrize(
    "damage",
    [
        "{",
        "[]",
        '{"class": 3}',
        "\xff",
        '{"class": "a.PipelineModel", "uid": "p", "paramMap": {"stageUids": {}}}',
    ],
)
@pytest.mark.parametrize("command", ["compile", "certify"])
def test_a_damaged_saved_model_ends_with_exit_code_2_and_one_line(
    command: str, damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = GOLDEN.parent / "saved_models" / "spark-4.1" / "categories" / "model"
    folder = Path(shutil.copytree(saved, tmp_path / "model"))
    if command == "certify":
        schema = "c STRING, d STRING, x DOUBLE, g DOUBLE, n INT"
        assert run_command(["models", "compile", str(folder), "--schema", schema, "--into", str(tmp_path / "out")]) == 0  # fmt: skip
        (tmp_path / "out" / "compiled.json").write_text(damage, "latin-1")
    else:
        next(folder.glob("metadata/part-*")).write_text(damage, "latin-1")
    capsys.readouterr()
    options = ["--schema", "x DOUBLE"] if command == "compile" else []
    target = folder if command == "compile" else tmp_path / "out"
    assert run_command(["models", command, str(target), *options]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert str(target) in message
