"""String literals of a statement, read by Spark's rules; sqlglot, whose rules differ, gets a placeholder for each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sparkops.compiler.plan import CannotCompile

# A character for private use marks a placeholder; statements that contain it are refused.
_MARK = "\ue000"
_PLACEHOLDER = re.compile(f"{_MARK}([0-9]+)")
_TOKEN = re.compile(
    r"(?P<comment>--[^\r\n]*)|(?P<block>/\*)|(?P<quoted>`(?:[^`]|``)*`)"
    r"|(?P<raw>[rR](?P<rawmark>['\"]))|(?P<start>['\"])",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|\\([01][0-7][0-7])|\\(.)", re.DOTALL)
_CHARACTERS = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}
_BODIES = {
    "'": re.compile(r"(?:[^'\\]|\\.|'')*'", re.DOTALL),
    '"': re.compile(r'(?:[^"\\]|\\.|"")*"', re.DOTALL),
}
# A literal of another kind, such as the bytes X'1F'.
_PREFIX = re.compile(r"(?<!\w)\w\Z")
_MAX_CODE_POINT = 0x10FFFF


@dataclass(frozen=True, slots=True)
class ExtractedLiterals:
    """A statement without its string literals and comments.

    Args:
        statement: The statement with a placeholder for each literal.
        texts: Value of each literal.
    """

    statement: str
    texts: Sequence[str]

    def text_of(self, literal: str) -> str:
        """Return the value of a string literal that sqlglot read: of a placeholder, or the literal itself."""
        match = _PLACEHOLDER.fullmatch(literal)
        return literal if match is None else self.texts[int(match[1])]


def extract_literals(statement: str) -> ExtractedLiterals:
    """Return a statement with its string literals replaced by placeholders and its comments removed.

    Raises:
        CannotCompile: A literal or a comment has no end, or is of a kind that is not supported.
    """
    if _MARK in statement or "${" in statement:
        raise CannotCompile("its statement has `${`, or a character for private use")
    parts: list[str] = []
    texts: list[str] = []
    position = 0
    while match := _TOKEN.search(statement, position):
        parts.append(statement[position : match.start()])
        position = match.end()
        if match["comment"]:
            continue
        if match["block"]:
            position = _find_comment_end(statement, position)
            parts.append(" ")
        elif match["quoted"]:
            parts.append(match[0])
        else:
            if _PREFIX.search(statement, max(0, match.start() - 2), match.start()):
                raise CannotCompile("its statement has a literal with a prefix")
            value, position = (
                _read_raw_text(statement, position, match["rawmark"])
                if match["raw"]
                else _read_quoted_text(statement, position, match["start"])
            )
            parts.append(f"'{_MARK}{len(texts)}'")
            texts.append(value)
    parts.append(statement[position:])
    return ExtractedLiterals("".join(parts), tuple(texts))


def _find_comment_end(statement: str, position: int) -> int:
    """Return the position after a comment, which may contain others; hints are refused."""
    if statement[position : position + 1] == "+":
        raise CannotCompile("its statement has a hint")
    depth = 1
    while depth:
        match = re.compile(r"/\*|\*/").search(statement, position)
        if match is None:
            raise CannotCompile("its statement has a comment without an end")
        depth += 1 if match[0] == "/*" else -1
        position = match.end()
    return position


def _read_raw_text(statement: str, position: int, mark: str) -> tuple[str, int]:
    end = statement.find(mark, position)
    if end < 0:
        raise CannotCompile("its statement has a string without an end")
    return statement[position:end], end + 1


def _read_quoted_text(statement: str, position: int, mark: str) -> tuple[str, int]:
    match = _BODIES[mark].match(statement, position)
    if match is None:
        raise CannotCompile("its statement has a string without an end")
    body = match[0][:-1].replace(mark * 2, mark)
    return _ESCAPE.sub(_unescape, body), match.end()


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code:
        if int(code, 16) > _MAX_CODE_POINT or 0xD800 <= int(code, 16) < 0xE000:  # noqa: PLR2004
            raise CannotCompile("its statement has half of a character")
        return chr(int(code, 16))
    if match[3]:
        return chr(int(match[3], 8))
    return _CHARACTERS.get(match[4], match[4])
