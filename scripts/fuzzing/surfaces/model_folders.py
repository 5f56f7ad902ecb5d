"""Folders of compiled models with damaged files: refused, or loaded and scored."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from fuzzing.folders import GOLDEN, ROOT, build_folder, draw_damage, to_replacement
from fuzzing.mutations import disturb_array, hostile_text, mutate_bytes, mutate_json
from fuzzing.surface import ACCEPTED, Case, RunCase, Surface, describe_refusal
from fuzzing.watch import MARKER
from sparkops.errors import RowError, SparkopsError
from sparkops.scoring import load
from sparkops.scoring.artifact.array_file import read_arrays
from sparkops.scoring.artifact.scorer_folder import _description_from_json

_FOLDERS = [folder.relative_to(ROOT).as_posix() for folder in sorted(GOLDEN.glob("v*/artifacts/*"))]
_FILES = ("description.json", "arrays.npz", "certificate.jsonl")
_MAX_ROWS = 4
# What Python raises for JSON that is no description.
_NO_DESCRIPTION = (
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    SparkopsError,
    ArithmeticError,
)


def draw_case(draw: Random) -> Case:
    """Return a compiled model with damage, half the time with a hash that fits its changed description."""
    name = draw.choice(_FOLDERS)
    folder = ROOT / name
    if draw.random() < 0.5:
        return {"folder": name, "damage": _draw_consistent_damage(folder, draw)}
    if draw.random() < 0.4 and (folder / "arrays.npz").is_file():
        return {"folder": name, "damage": {"arrays.npz": to_replacement(_draw_arrays(folder, draw))}}
    files = [file for file in _FILES if (folder / file).is_file()]
    return {"folder": name, "damage": draw_damage(folder, draw, files)}


def _draw_consistent_damage(folder: Path, draw: Random) -> dict[str, Any]:
    """Return a changed description and the hash that the changed one has, if it is one."""
    content = json.loads((folder / "description.json").read_text("utf-8"))
    for _ in range(draw.choice((1, 1, 2, 4))):
        mutate_json(content, draw)
    with suppress(*_NO_DESCRIPTION):
        content["hash"] = _description_from_json(content, read_arrays(folder / "arrays.npz")).hash
    damage: dict[str, Any] = {"description.json": to_replacement(json.dumps(content))}
    if draw.random() < 0.7:
        damage["certificate.jsonl"] = {"kind": "nothing"}
    return damage


def _draw_arrays(folder: Path, draw: Random) -> bytes:
    """Return the file of arrays with other arrays, headers, names or compression in it."""
    with zipfile.ZipFile(folder / "arrays.npz") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    buffer = io.BytesIO()
    compression = draw.choice(
        (zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    )
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        chosen = draw.choice(list(members)) if members else "0.x.npy"
        members[chosen] = _draw_array(members.get(chosen, b""), draw)
        if draw.random() < 0.1:
            members[draw.choice(("../../x.npy", "/x.npy", hostile_text(draw).replace("\x00", "") or "x"))] = (
                b"x"
            )
        for name, content in members.items():
            archive.writestr(
                zipfile.ZipInfo(name.encode("utf-8", "replace").decode("utf-8")), content, compression
            )
    return buffer.getvalue()


def _draw_array(content: bytes, draw: Random) -> bytes:
    """Return a file of one array that is damaged, of another type, or not what its header says."""
    kind = draw.randrange(6)
    if kind == 0:
        return mutate_bytes(content, draw)
    if kind == 1:
        shape = draw.choice(
            ("(10000000000000,)", "(-1,)", "()", "(2, 2**40)", f"({MARKER},)", "(1e3,)", "(True,)")
        )
        types = ("<f8", "|O", "<i8", ">f8", "<M8[s]", "|S5", "<c16", "|b1", "<f2", MARKER)
        header = f"{{'descr': {draw.choice(types)!r}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + draw.randbytes(64)
    if kind == 2:
        return _dump_array(np.array([MARKER, None], dtype=object))
    try:
        array = np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError):
        return b""
    return _dump_array(disturb_array(array, draw))


def _dump_array(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


@contextmanager
def prepare(folder: Path) -> Iterator[RunCase]:
    """Yield the function that loads a damaged model and scores the rows of the golden one."""
    del folder
    yield run_case


def run_case(case: Case, folder: Path) -> str:
    """Load the model of a case and score rows by it."""
    target = build_folder(case, folder)
    try:
        scorer = load(target, rules="warn")
    except SparkopsError as error:
        return describe_refusal(error)
    rows = read_golden_rows(ROOT / str(case["folder"]))[:_MAX_ROWS]
    for row in rows:
        try:
            scorer.score(row)
            scorer.score(row, explain=True)
        except SparkopsError as error:
            describe_refusal(error)
    try:
        scorer.score_batch(rows)
    except RowError as error:
        describe_refusal(error)
    except SparkopsError as error:
        return describe_refusal(error)
    return ACCEPTED


def read_golden_rows(folder: Path) -> list[dict[str, Any]]:
    """Return the rows that a golden model was scored with."""
    from sparkops.scoring import read_cases

    return [dict(case["row"]) for case, _ in read_cases((folder / "answers.jsonl").read_text("utf-8"))]


SURFACE = Surface("model-folders", draw_case, prepare)
