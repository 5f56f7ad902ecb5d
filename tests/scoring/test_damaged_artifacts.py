"""Mutated artifacts: each is refused with a clear error or is the same model; nothing else happens."""

from __future__ import annotations

import json
import random
import shutil
import signal
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scoring.example_models import flights, forest
from scoring.random_trees import ensemble_description, random_trees

from sparkops.errors import ModelError, RowError
from sparkops.scoring import Description, Scorer, describe, load, save
from sparkops.scoring.artifact.certificate import dump_cases
from sparkops.scoring.artifact.edge_rows import edge_rows
from sparkops.scoring.artifact.scorer_folder import _DAMAGED_FILE_ERRORS, _description_from_json

MODELS = {
    "logistic": flights(),
    "forest": forest(seed=1),
    "categories": ensemble_description(random_trees(np.random.default_rng(5), 3, 4, 1)),
}
BYTES, EDITS = 2000, 1400  # mutations of each model: over 10,000 in all


@contextmanager
def seconds(most: int) -> Iterator[None]:
    """Fail what takes longer."""

    def raise_timeout(*_: object) -> None:
        raise AssertionError(f"took longer than {most} s")

    before = signal.signal(signal.SIGALRM, raise_timeout)
    signal.alarm(most)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def rows_of(description: Description) -> list[dict[str, Any]]:
    return edge_rows(description, [], limit=25)


@pytest.mark.parametrize("name", MODELS)
def test_changed_bytes_are_refused_or_change_nothing(name: str, tmp_path: Path) -> None:
    draw = random.Random(name)
    save(MODELS[name], tmp_path)
    files = {file: file.read_bytes() for file in sorted(tmp_path.iterdir())}
    refused = 0
    with seconds(120):
        for _ in range(BYTES):
            file = draw.choice(list(files))
            replace(file, mutated(files[file], draw))
            try:
                same = describe(tmp_path).hash == MODELS[name].hash
            except ModelError:
                refused += 1
            else:
                assert same
            replace(file, files[file])
    assert refused > BYTES * 0.8


def replace(file: Path, content: bytes) -> None:
    """Write a new file in place of one: ext4 flushes a truncated file when it is closed, which takes a millisecond."""
    file.unlink()
    file.write_bytes(content)


def mutated(content: bytes, draw: random.Random) -> bytes:
    """Return content with some bytes changed, cut out, doubled or cut off."""
    position, length = draw.randrange(len(content)), draw.choice([1, 1, 2, 8, 64])
    damage = draw.randrange(5)
    if damage == 0:
        return (
            content[:position]
            + bytes(draw.randrange(256) for _ in range(length))
            + content[position + length :]
        )
    if damage == 1:
        return content[:position] + content[position + length :]
    if damage == 2:
        return (
            content[:position]
            + content[position : position + length] * draw.choice([2, 50])
            + content[position + length :]
        )
    if damage == 3:
        return content[:position]
    return (
        content[:position] + bytes([content[position] ^ (1 << draw.randrange(8))]) + content[position + 1 :]
    )


JUNK: list[Any] = [
    None, True, -1, 0, 1, 2**31, 2**63, 10**30, 0.5, 1e308, "", "x'; import os #", "\n", "}", "nan", "\ud800",
    [], {}, [None], {"a": 1}, ["x"], "vector", "string", "trees", "error",
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", MODELS)
def test_edited_descriptions_with_a_valid_hash_are_refused_or_score(name: str) -> None:
    draw, noise = random.Random(name), np.random.default_rng(7)
    original = MODELS[name]
    content = json.dumps(original.to_json())
    arrays = {
        f"{index}.{key}": a for index, step in enumerate(original.steps) for key, a in step.arrays.items()
    }
    rows, outcomes = rows_of(original), {"refused": 0, "scored": 0}
    for _ in range(EDITS):
        edited, numbers = json.loads(content), dict(arrays)
        for _ in range(draw.choice([1, 1, 2, 4])):
            if draw.random() < 0.6:
                edit(edited, draw)
            else:
                key = draw.choice(list(numbers))
                numbers[key] = disturbed(numbers[key], draw, noise)
        with seconds(5):
            outcomes[outcome(edited, numbers, rows)] += 1
    assert outcomes["refused"] > EDITS / 4
    assert outcomes["scored"] > EDITS / 100


def outcome(content: Mapping[str, Any], arrays: Mapping[str, Any], rows: list[dict[str, Any]]) -> str:
    """Return whether a description is refused or scores; errors other than those for users are not caught."""
    try:
        scorer = Scorer(_description_from_json(content, arrays))
    except (ModelError, *_DAMAGED_FILE_ERRORS, AttributeError):  # `load` makes the clear error of them
        return "refused"
    for row in rows:
        try:
            scorer.score(row)
        except (RowError, ModelError):
            continue
    with suppress(RowError, ModelError):
        scorer.score_batch(rows)
    return "scored"


def edit(value: Any, draw: random.Random) -> None:
    """Put junk somewhere into nested lists and mappings, or take something out."""
    while True:
        keys = list(value) if isinstance(value, dict) else range(len(value))
        if not keys:
            return
        key = draw.choice(list(keys))
        if isinstance(value[key], dict | list) and value[key] and draw.random() < 0.8:
            value = value[key]
            continue
        if draw.random() < 0.15:
            del value[key]
        else:
            value[key] = draw.choice(JUNK)
        return


def disturbed(array: Any, draw: random.Random, noise: np.random.Generator) -> Any:
    """Return an array with other numbers, another shape or another type."""
    damage = draw.randrange(6)
    if damage == 0 or not array.size:
        return np.zeros(draw.choice([0, 1, 7, 100]), dtype=array.dtype)
    if damage == 1:
        return array.reshape(-1, 1) if array.ndim == 1 else array.ravel()
    if damage == 2:
        with np.errstate(all="ignore"):
            return array.astype(draw.choice([np.float32, np.int64, np.float64, bool]))
    changed = array.astype(np.int64 if array.dtype.kind == "i" else np.float64)
    position = noise.integers(array.size)
    worst = [-1, 2**31, -(2**62)] if array.dtype.kind == "i" else [np.nan, np.inf, -np.inf, 1e308, -0.0, 0.5]
    changed.reshape(-1)[position] = draw.choice(worst)
    return changed if damage < 5 else np.concatenate([changed, changed])


def test_a_scorer_that_differs_from_its_certificate_is_refused_on_load(tmp_path: Path) -> None:
    save(flights(), tmp_path)
    row = {"carrier": "AA", "distance": 3, "temp": 1.0}
    answer = Scorer(flights(), raw=True).score(row)
    (tmp_path / "certificate.jsonl").write_text(dump_cases([(row, answer)]))
    assert load(tmp_path).score(row)["label"] == answer["label"]
    wrong = {**answer, "probability": answer["probability"][::-1]}
    (tmp_path / "certificate.jsonl").write_text(dump_cases([(row, wrong)]))
    with pytest.raises(ModelError, match="does not answer as its certificate says"):
        load(tmp_path)
    (tmp_path / "certificate.jsonl").write_text('{"row": 3')
    with pytest.raises(ModelError, match="damaged"):
        load(tmp_path)


def test_files_above_the_size_limit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(flights(), tmp_path)
    monkeypatch.setattr("sparkops.scoring.artifact.array_file.MAX_BYTES", 100)
    with pytest.raises(ModelError, match="a compiled model may have at most"):
        load(tmp_path)
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize(
    "header", [b"{'descr': '<f8', 'shape': (1,", b"(", b'"""', b"{}", b"\xff", b"[" * 500]
)
def test_a_damaged_header_of_an_array_is_refused(tmp_path: Path, header: bytes) -> None:
    save(flights(), tmp_path)
    with zipfile.ZipFile(tmp_path / "arrays.npz") as archive:
        name = archive.namelist()[0]
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(80)
    with zipfile.ZipFile(tmp_path / "arrays.npz", "w") as archive:
        archive.writestr(name, content)
    with pytest.raises(ModelError, match=r"is damaged|cannot be read"):
        load(tmp_path)
