"""Folders as cases: a folder of the repository, and which of its files another content, a link, a pipe or nothing replaces."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from fuzzing.mutations import hostile_text, mutate_bytes, mutate_json
from fuzzing.surface import Case

ROOT = Path(__file__).parent.parent.parent
GOLDEN = ROOT / "tests" / "golden"
_LINKS = ("/etc/passwd", "/dev/zero", "/nowhere", ".", "..", "/")


def list_files(folder: Path) -> list[str]:
    """Return the files below a folder that a reader opens, in order."""
    files = (
        file for file in folder.rglob("*") if file.is_file() and not file.name.startswith((".", "_SUCCESS"))
    )
    return sorted(file.relative_to(folder).as_posix() for file in files)


def draw_damage(folder: Path, draw: Random, files: Sequence[str] | None = None) -> dict[str, Any]:
    """Return random replacements for some files of a folder: its path and what is there instead."""
    names = list(files if files is not None else list_files(folder))
    count = draw.choice((1, 1, 1, 2, 3))
    return {name: draw_replacement(folder / name, draw) for name in draw.choices(names, k=count)}


def draw_replacement(file: Path, draw: Random) -> dict[str, str]:
    """Return what is in place of a file; see `draw_content`."""
    return draw_content(file.read_bytes(), file.suffix, draw)


def draw_content(content: bytes, suffix: str, draw: Random) -> dict[str, str]:
    """Return what is in place of a content: another one in hexadecimal digits, a link, a pipe, a folder, or nothing."""
    kind = draw.random()
    if kind < 0.02:
        return {"kind": "link", "target": draw.choice(_LINKS)}
    if kind < 0.05:
        return {"kind": draw.choice(("pipe", "folder", "nothing"))}
    if kind < 0.65 and suffix in (".json", ".jsonl", ".txt") and content.strip():
        return to_replacement(_mutate_lines(content.decode("utf-8"), draw))
    return to_replacement(mutate_bytes(content, draw))


def to_replacement(content: bytes | str) -> dict[str, str]:
    """Return the replacement of a file by this content."""
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    return {"kind": "content", "hex": data.hex()}


def _mutate_lines(text: str, draw: Random) -> str:
    """Return a JSON document, or lines of JSON, with changed items."""
    try:
        documents = [json.loads(text)]
    except ValueError:
        try:
            documents = [json.loads(line) for line in text.splitlines()]
        except ValueError:
            return text + hostile_text(draw)
    for _ in range(draw.choice((1, 1, 2, 4))):
        document = draw.choice(documents)
        if isinstance(document, dict | list):
            mutate_json(document, draw)
    return "\n".join(json.dumps(document) for document in documents) + draw.choice(("", "\n", "\n", "\n"))


def build_folder(case: Case, folder: Path) -> Path:
    """Copy the folder of a case and apply its replacements; return the copy."""
    target = folder / "input"
    shutil.copytree(ROOT / str(case["folder"]), target)
    for name, replacement in case["damage"].items():
        apply_replacement(target / name, replacement)
    return target


def apply_replacement(path: Path, replacement: dict[str, str]) -> None:
    """Put what was drawn in place of a file."""
    if path.is_file() or path.is_symlink():
        path.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    match replacement["kind"]:
        case "content":
            path.write_bytes(bytes.fromhex(replacement["hex"]))
        case "link":
            path.symlink_to(replacement["target"])
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir(exist_ok=True)
