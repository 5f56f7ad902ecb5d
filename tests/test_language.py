"""The source is written in the terms of docs/glossary.md: standard names, each with one meaning, and plain prose."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = sorted(file for file in (ROOT / "sparkops").rglob("*.py") if "template" not in file.parts)
CODE = [*PACKAGE, *sorted((ROOT / "scripts").rglob("*.py")), *sorted((ROOT / "tests").rglob("*.py"))]

PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])

# Words that say nothing as a name: participles, pronouns and metaphors. Say what the value is or what the function
# does.
BANNED_IN_NAMES = frozenset(
    [
        "anew",
        "apart",
        "asked",
        "aside",
        "caught",
        "came",
        "carried",
        "comes",
        "crowned",
        "door",
        "doors",
        "doubt",
        "face",
        "found",
        "gave",
        "given",
        "gone",
        "heed",
        "held",
        "here",
        "house",
        "kept",
        "late",
        "lies",
        "lives",
        "made",
        "meets",
        "nobody",
        "nothing",
        "past",
        "pen",
        "people",
        "person",
        "piece",
        "pieces",
        "plain",
        "put",
        "room",
        "rooms",
        "said",
        "says",
        "seam",
        "seams",
        "sure",
        "spoken",
        "stands",
        "stood",
        "tell",
        "tells",
        "things",
        "told",
        "trouble",
        "unsure",
        "wanted",
        "way",
        "ways",
        "whole",
        "why",
        "woods",
    ]
)
# Names of the field that contain such a word; asyncio calls `connection_made`.
ALLOWED_NAMES = frozenset(
    {"VersionGone", "connection_made", "late", "late_arrival", "train_late", "train_late_arrival"}
)
# Words of prose that have to be decoded.
BANNED_IN_PROSE = re.compile(
    r"\b(anew|hitherto|heeds?|mend(?:s|ed|ing)?|reckon(?:s|ed|ing)?|seams?|set apart|stands? for itself|tell(?:s)? of"
    r"|told|that stands?|the doors?|the rooms?|which stands?)\b",
    re.IGNORECASE,
)
# A word written twice, as a replacement of another word by its neighbour leaves it. Options and their values may be
# alike.
DOUBLED_WORD = re.compile(r"(?<![\w-])([A-Za-z]{2,}) \1\b")
# Random input of the parity tests.
ALLOWED_DOUBLED_WORDS = frozenset({"ab ab"})
# Exceptions to "one public class name has one meaning", with the reason.
SHARED_CLASS_NAMES: frozenset[str] = frozenset()


def words_of(name: str) -> set[str]:
    """Return the words of a name in snake case or camel case."""
    return set(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().strip("_").split("_"))


def names_in(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield every name that the source defines, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if not node.name.startswith("test_"):
                yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno


def prose_in(text: str) -> Iterator[tuple[str, int]]:
    """Yield every comment and every string of several words, with its line."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        is_text = token.type == tokenize.STRING or token.type == getattr(tokenize, "FSTRING_MIDDLE", -1)
        if token.type == tokenize.COMMENT or (is_text and " " in token.string):
            yield token.string, token.start[0]


def docstring_lines(tree: ast.Module) -> set[int]:
    """Return the lines where docstrings begin."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        node.body[0].lineno
        for node in ast.walk(tree)
        if isinstance(node, owners) and ast.get_docstring(node, clean=False) is not None
    }


def relative(file: Path) -> str:
    """Return a file's path from the top of the project."""
    return file.relative_to(ROOT).as_posix()


def test_names_are_standard_terms() -> None:
    bad = [
        f"{relative(file)}:{line}: {name}"
        for file in CODE
        for name, line in names_in(ast.parse(file.read_text("utf-8")))
        if words_of(name) & BANNED_IN_NAMES and name not in ALLOWED_NAMES
    ]
    bad += [relative(file) for file in CODE if words_of(file.stem.removeprefix("test_")) & BANNED_IN_NAMES]
    assert not bad, "\n".join(dict.fromkeys(bad))


def test_prose_can_be_read_once() -> None:
    this_file = Path(__file__)
    bad = [
        f"{relative(file)}:{line + offset}: {match[0]}"
        for file in CODE
        if file != this_file
        for text, line in prose_in(file.read_text("utf-8"))
        for offset, part in enumerate(text.splitlines())
        for match in BANNED_IN_PROSE.finditer(part)
    ]
    assert not bad, "\n".join(bad)


def test_no_word_is_doubled() -> None:
    bad = [
        f"{relative(file)}:{line}: {match[0]}"
        for file in CODE
        for docstrings in [docstring_lines(ast.parse(file.read_text("utf-8")))]
        for text, line in prose_in(file.read_text("utf-8"))
        for match in DOUBLED_WORD.finditer(re.sub(r"\s*\n\s*", " ", text) if line in docstrings else text)
        if match[0] not in ALLOWED_DOUBLED_WORDS
    ]
    assert not bad, "\n".join(bad)


def test_a_message_within_a_sentence_brings_no_second_full_stop() -> None:
    # The message of an error is a sentence: `as_clause(error)` takes its full stop away.
    doubled = re.compile(r"\{(?:\w+\.)*(?:_?error|reasons?|detail)\}\.(?=[ \"'])")
    bad = [
        f"{relative(file)}: {match[0]}"
        for file in PACKAGE
        for match in doubled.finditer(file.read_text("utf-8"))
    ]
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_documents_can_be_read_once(page: Path) -> None:
    bad = [
        f"{number}: {match[0]}"
        for number, line in enumerate(page.read_text("utf-8").splitlines(), 1)
        for pattern in (BANNED_IN_PROSE, DOUBLED_WORD)
        for match in pattern.finditer(line)
    ]
    assert not bad, "\n".join(bad)


def test_one_public_class_name_has_one_meaning() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for file in PACKAGE:
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(relative(file))
    shared = {name: files for name, files in homes.items() if len(files) > 1}
    assert set(shared) == set(SHARED_CLASS_NAMES), shared


def test_test_modules_have_different_names() -> None:
    names = Counter(file.name for file in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []
