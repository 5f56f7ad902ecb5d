r"""Translation of Java regular expressions to Python, for the subset that both match in the same way.

Both engines return the leftmost match and backtrack in the same order. Refused is what differs between them or between
versions of Java: `$`, `\b`, flags except `(?U)`, named groups, back references, most Unicode classes and nested
classes; of lookaround what depends on Java's UTF-16 units: Java also tries a match between the halves of a character.
Also refused are patterns that may match the empty string, because the engines advance differently after an empty match,
and repeated groups that may match one text in two ways, because Python may take exponential time.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NoReturn

from ...errors import ModelError
from .bounded_pattern import Pattern, bound_pattern
from .regex_characters import (
    ANY_CHARACTER,
    CLASSES,
    CODE_DIGITS,
    CONTROL,
    END,
    CharacterSet,
    are_disjoint,
    make_literal,
    matches_ascii_only,
    matches_halves,
)
from .regex_node import RegexNode, find_pair
from .unicode_classes import CLASSES as UNICODE_CLASSES
from .unicode_classes import UNICODE_ESCAPES, format_ranges

# A repetition of at most so many characters adds no power of the length of a text to the time that a search takes.
_MAX_SHORT_REPETITION = 16
_MAX_LENGTH, _MAX_REPETITIONS, _MAX_DEPTH = 1000, 1000, 20
_QUANTIFIER = re.compile(r"[*+?]|\{(\d+)(,?)(\d*)\}")
_NAMED_CLASS = re.compile(r"([pP])(?:\{(\w+)\}|([LMNPSZ]))")
_UNICODE_FLAG = "(?U)"
_LOOKAROUND = re.compile(r"\?(<?)([=!])")


def translate_regex(pattern: str) -> Pattern:
    """Return the Python pattern that has the same matches as a Java pattern in every text.

    Raises:
        ModelError: The pattern is outside the supported subset.
    """
    parser = _Parser(pattern)
    node = parser.parse()
    if node.may_be_empty:
        parser.refuse("it may match nothing at all")
    return parser.compile(node)


def translate_search_regex(pattern: str, flags: int = 0) -> Pattern:
    """Return the Python pattern that is found in the same texts as a Java pattern.

    The pattern may match the empty string and may contain `$`, because only the existence of a match matters.

    Args:
        pattern: The Java pattern.
        flags: Flags of Python.

    Raises:
        ModelError: The pattern is outside the supported subset.
    """
    parser = _Parser(pattern, allow_end=True)
    return parser.compile(parser.parse(), flags)


def translate_group_regex(pattern: str, *, may_be_empty: bool = False, flags: int = 0) -> Pattern:
    """Return the Python pattern that has the same matches, with the same groups, as a Java pattern; it may contain `$`.

    Args:
        pattern: The Java pattern.
        may_be_empty: Accept a pattern that may match the empty string, which is safe where only the first match counts.
        flags: Flags of Python.

    Raises:
        ModelError: The pattern is outside the supported subset.
    """
    parser = _Parser(pattern, allow_end=True, keep_groups=True)
    node = parser.parse()
    if node.may_be_empty and not may_be_empty and not (node.is_position and parser.has_lookaround):
        parser.refuse("it may match nothing at all")
    return parser.compile(node, flags)


class _Parser:
    """A recursive-descent parser of Java patterns that returns their translation."""

    def __init__(self, pattern: str, *, allow_end: bool = False, keep_groups: bool = False) -> None:
        if len(pattern) > _MAX_LENGTH:
            raise ModelError(f"its pattern is longer than {_MAX_LENGTH} characters")
        self.pattern, self.position, self.allow_end = pattern, 0, allow_end
        self.keep_groups = keep_groups
        # Whether only the existence of a match matters.
        self.ignores_place = allow_end and not keep_groups
        self.has_lookaround = self.is_in_lookaround = False
        # Whether nothing before fixes where a match begins, and whether a lookaround that allows halves of characters
        # is before.
        self.is_at_start, self.allows_halves = True, False
        self.is_unicode = pattern.startswith(_UNICODE_FLAG)
        if self.is_unicode:
            self.position = len(_UNICODE_FLAG)

    def parse(self) -> RegexNode:
        """Parse the pattern."""
        node = self.parse_alternatives(0)
        if self.position < len(self.pattern):
            self.refuse("a `)` without its `(`")
        if self.is_at_start and self.allows_halves:
            self.refuse("a lookaround before what may match nothing")
        return node

    def compile(self, node: RegexNode, flags: int = 0) -> Pattern:
        """Return the compiled pattern of a node that `parse` returned."""
        is_anchored = self.pattern.startswith("^") and "|" not in self.pattern
        degree = node.backtracking + (not is_anchored) if node.backtracking else 1
        return bound_pattern(node.text, flags | re.ASCII, degree=degree, ignores_place=self.ignores_place)

    def refuse(self, reason: str) -> NoReturn:
        raise ModelError(
            f"its pattern {self.pattern!r} is not supported, because Python may match it "
            f"differently from Java: {reason}"
        )

    def peek(self) -> str:
        return self.pattern[self.position : self.position + 1]

    def take(self) -> str:
        letter = self.peek()
        if not letter:
            self.refuse("it ends too early")
        if letter > "\uffff" or "\ud800" <= letter <= "\udfff":
            self.refuse("a character beyond the basic plane")
        self.position += 1
        return letter

    def parse_alternatives(self, depth: int) -> RegexNode:
        """Parse alternatives up to a `)` or the end."""
        if depth > _MAX_DEPTH:
            self.refuse("its groups are too deep")
        before, after = (self.is_at_start, self.allows_halves), []
        nodes = [self.parse_sequence(depth)]
        after.append((self.is_at_start, self.allows_halves))
        while self.peek() == "|":
            self.position += 1
            self.is_at_start, self.allows_halves = before
            nodes.append(self.parse_sequence(depth))
            after.append((self.is_at_start, self.allows_halves))
        self.is_at_start, self.allows_halves = (any(values) for values in zip(*after, strict=True))
        if len(nodes) == 1:
            return nodes[0]
        text = "|".join(node.text for node in nodes)
        is_position = all(node.is_position for node in nodes)
        may_be_empty = any(node.may_be_empty for node in nodes)
        repetitions = max(node.repetitions for node in nodes)
        backtracking = max(node.backtracking for node in nodes)
        return RegexNode(
            text,
            may_be_empty,
            is_ambiguous=True,
            is_position=is_position,
            repetitions=repetitions,
            backtracking=backtracking,
        )

    def parse_sequence(self, depth: int) -> RegexNode:
        nodes = []
        while self.peek() not in ("", "|", ")"):
            nodes.append(self.parse_repetition(depth))
        text = "".join(node.text for node in nodes)
        is_ambiguous = any(node.is_ambiguous for node in nodes)
        is_position = all(node.is_position for node in nodes)
        return RegexNode(
            text,
            all(node.may_be_empty for node in nodes),
            is_ambiguous,
            find_pair(nodes),
            is_position=is_position,
            repetitions=sum(node.repetitions for node in nodes),
            backtracking=sum(node.repetitions for node in nodes[:-1])
            + sum(node.backtracking for node in nodes[-1:]),
        )

    def parse_repetition(self, depth: int) -> RegexNode:
        """Parse an atom with its quantifier."""
        is_anchor = self.peek() == "^"
        before = self.is_at_start, self.allows_halves
        node = self.parse_atom(depth)
        match = _QUANTIFIER.match(self.pattern, self.position)
        if match is None:
            return node
        self.position = match.end()
        low, high = self.parse_bounds(match)
        if is_anchor or node.may_be_empty:
            self.refuse("what may match nothing is repeated")
        if node.is_ambiguous and high != 1 and not (node.pair and are_disjoint(*node.pair)):
            self.refuse("a repeated group that may match one text in two ways")
        if low == 0:
            self.is_at_start, self.allows_halves = before[0], before[1] or self.allows_halves
        lazy = "?" if self.peek() == "?" else ""
        self.position += len(lazy)
        if self.peek() and self.peek() in "*+?{":
            self.refuse("a repetition of a repetition, or one that never gives back")
        is_ambiguous = node.is_ambiguous or low != high
        is_long = high is None or high > _MAX_SHORT_REPETITION
        return RegexNode(
            f"{node.text}{match[0]}{lazy}",
            low == 0,
            is_ambiguous,
            character=node.character,
            repetitions=node.repetitions + is_long,
            backtracking=node.repetitions,
        )

    def parse_bounds(self, match: re.Match[str]) -> tuple[int, int | None]:
        if match[1] is None:
            return int(match[0] == "+"), 1 if match[0] == "?" else None
        low = int(match[1])
        high = int(match[3]) if match[3] else None if match[2] else low
        if (
            (match[3] and not match[2])
            or low > _MAX_REPETITIONS
            or not low <= (high or low) <= _MAX_REPETITIONS
            or high == 0
        ):
            self.refuse(f"the repetition {match[0]}")
        return low, high

    def parse_atom(self, depth: int) -> RegexNode:
        letter = self.take()
        if letter == "(":
            return self.parse_group(depth)
        if letter == "^":
            self.is_at_start = False
        if letter == "^" or (letter == "$" and self.allow_end):
            return RegexNode("^" if letter == "^" else END, may_be_empty=True, is_position=True)
        if letter in "$*+?{":
            self.refuse(f"`{letter}`")
        return self.build_character_node(self.parse_character(letter))

    def parse_character(self, letter: str) -> str:
        """Return the pattern of a single character."""
        if letter == "[":
            return self.parse_bracket_class()
        if letter == "\\":
            return self.parse_escape().standalone
        return ANY_CHARACTER if letter == "." else make_literal(letter).standalone

    def build_character_node(self, text: str) -> RegexNode:
        """Return the node of a single character, which fixes where a match begins."""
        if self.is_at_start and self.allows_halves and not matches_ascii_only(text):
            self.refuse("a lookaround before a character that may be half of one")
        self.is_at_start = False
        return RegexNode(text, character=text)

    def parse_group(self, depth: int) -> RegexNode:
        opening = "(" if self.keep_groups else "(?:"
        if self.peek() == "?":
            lookaround = _LOOKAROUND.match(self.pattern, self.position)
            if lookaround:
                return self.parse_lookaround(lookaround, depth)
            if not self.pattern.startswith("?:", self.position):
                self.refuse("a group that begins with `(?`")
            self.position += 2
            opening = "(?:"
        if opening == "(" and self.is_in_lookaround:
            self.refuse("a group with a number within a lookaround")
        node = self.parse_alternatives(depth + 1)
        if self.take() != ")":
            self.refuse("a `(` without its `)`")
        return replace(node, text=f"{opening}{node.text})", character="")

    def parse_lookaround(self, match: re.Match[str], depth: int) -> RegexNode:
        """Parse a lookahead, or a lookbehind of a fixed number of characters."""
        self.position = match.end()
        self.has_lookaround = True
        before, was_within = (self.is_at_start, self.allows_halves), self.is_in_lookaround
        self.is_at_start, self.is_in_lookaround = False, True
        text, is_ascii = self.parse_lookbehind() if match[1] else self.parse_lookahead(depth)
        if self.take() != ")":
            self.refuse("a `(` without its `)`")
        (self.is_at_start, self.allows_halves), self.is_in_lookaround = before, was_within
        if self.is_at_start:
            fixes_position = is_ascii and match[2] == "="
            self.is_at_start, self.allows_halves = not fixes_position, not fixes_position
        repetitions = int(any(sign in text for sign in "*+{"))
        return RegexNode(
            f"(?{match[1]}{match[2]}{text})",
            may_be_empty=True,
            is_position=True,
            repetitions=repetitions,
            backtracking=repetitions,
        )

    def parse_lookahead(self, depth: int) -> tuple[str, bool]:
        """Parse the content of a lookahead; return it, and whether it begins with a character of ASCII."""
        start = self.position
        is_ascii = (
            bool(self.peek())
            and self.peek() not in "(^$|)*+?{"
            and matches_ascii_only(self.parse_character(self.take()))
        )
        is_ascii = is_ascii and self.peek() not in ("*", "?", "{")
        self.position = start
        text = self.parse_alternatives(depth + 1).text
        return text, is_ascii and "|" not in self.pattern[start : self.position]

    def parse_lookbehind(self) -> tuple[str, bool]:
        """Parse the content of a lookbehind; return it, and whether all its characters are of ASCII."""
        characters = []
        while self.peek() != ")":
            if self.peek() in ("", *"(^$|"):
                self.refuse("a lookbehind of more than single characters")
            characters.append(self.parse_character(self.take()))
            if self.peek() in ("*", "+", "?", "{"):
                self.refuse("a repetition within a lookbehind")
        is_ascii = all(map(matches_ascii_only, characters))
        if not is_ascii and not (len(characters) == 1 and matches_halves(characters[0])):
            self.refuse("a lookbehind of characters that may be halves")
        return "".join(characters), is_ascii

    def parse_bracket_class(self) -> str:
        """Parse a class of characters after its `[`."""
        negated = self.peek() == "^"
        self.position += negated
        members = [self.parse_member_or_range(first=True)]
        while self.peek() != "]":
            members.append(self.parse_member_or_range(first=False))
        self.position += 1
        return f"[{'^' if negated else ''}{''.join(members)}]"

    def parse_member_or_range(self, *, first: bool) -> str:
        """Parse a character, a range or a named class within brackets."""
        is_hyphen = self.peek() == "-"
        low = self.parse_member()
        if is_hyphen and not first and self.peek() != "]":
            self.refuse("a `-` in the midst of a class")
        if self.peek() != "-" or self.pattern[self.position + 1 : self.position + 2] == "]":
            return low.inside
        self.position += 1
        high = self.parse_member()
        if len(low.letter) + len(high.letter) != 2:  # noqa: PLR2004
            self.refuse("a range to or from a class")
        if low.letter > high.letter or (low.letter < "\ue000" and high.letter >= "\ud800"):
            self.refuse("a range that is empty or holds halves of characters")
        return f"{low.inside}-{high.inside}"

    def parse_member(self) -> CharacterSet:
        letter = self.take()
        if letter in "[]^" or (letter == "&" and self.peek() == "&"):
            self.refuse("a class within a class, or `[`, `]`, `^` in one without a backslash")
        return self.parse_escape() if letter == "\\" else make_literal(letter)

    def parse_escape(self) -> CharacterSet:
        """Parse what follows a backslash."""
        start, letter = self.position, self.take()
        if letter in "sdwSDWh":
            return self.find_predefined_class(letter)
        if letter in CONTROL:
            return make_literal(CONTROL[letter])
        if letter in CODE_DIGITS:
            return self.parse_code_point(CODE_DIGITS[letter])
        match = _NAMED_CLASS.match(self.pattern, start)
        if match:
            return self.find_named_class(match)
        if not letter.isascii() or letter.isalnum():
            self.refuse(f"`\\{letter}`")
        return make_literal(letter)

    def find_predefined_class(self, letter: str) -> CharacterSet:
        """Return the class of one letter, which the flag (?U) extends to all of Unicode."""
        if letter == "h":
            return CharacterSet(CLASSES[letter])
        if not self.is_unicode:
            return CharacterSet(f"\\{letter}")
        return CharacterSet(format_ranges(UNICODE_ESCAPES[letter.lower()], negated=letter.isupper()))

    def find_named_class(self, match: re.Match[str]) -> CharacterSet:
        """Return a class of Unicode, or one of POSIX, which the flag (?U) would change."""
        name, is_negated = match[2] or match[3], match[1] == "P"
        self.position = match.end()
        if name in UNICODE_CLASSES:
            return CharacterSet(format_ranges(name, negated=is_negated))
        if name not in CLASSES or name == "h" or is_negated or self.is_unicode:
            self.refuse(f"`\\{match[0]}`")
        return CharacterSet(CLASSES[name])

    def parse_code_point(self, digits: int) -> CharacterSet:
        text = self.pattern[self.position : self.position + digits]
        if not re.fullmatch(f"[0-9a-fA-F]{{{digits}}}", text) or "d800" <= f"{text:>04}".lower() <= "dfff":
            self.refuse(f"the character number `{text}`")
        self.position += digits
        return make_literal(chr(int(text, 16)))
