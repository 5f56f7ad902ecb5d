"""Read words of a command line that are parameters by name: `--name value`, `--name=value`, `--flag`, `--no-flag`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sparkops.core.wording import truncate
from sparkops.errors import InputError


def split_options(words: Sequence[str], *, has_pairs: bool = False) -> Iterator[tuple[str, str]]:
    """Yield the name and text of each parameter.

    Args:
        words: The words.
        has_pairs: Whether `name=value` is accepted, too.

    Raises:
        InputError: A word belongs to no parameter.
    """
    rest = list(words)
    while rest:
        word = rest.pop(0)
        is_option = word.startswith("--")
        name, equals, text = word.removeprefix("--").partition("=")
        if not is_option and not (has_pairs and name and equals):
            raise InputError(
                f"Unexpected `{truncate(word, 100)}`. Parameters are given by name: --name value."
            )
        is_flag = not equals and (not rest or rest[0].startswith("--"))
        if is_flag and name.startswith("no-"):
            name, text = name.removeprefix("no-"), "false"
        elif not equals:
            text = "true" if is_flag else rest.pop(0)
        yield name.replace("-", "_"), text


def collect_texts(pairs: Iterable[tuple[str, str]]) -> dict[str, str | list[str]]:
    """Return the text of each parameter, or all texts of one that is given several times."""
    texts: dict[str, str | list[str]] = {}
    for name, text in pairs:
        earlier = texts.get(name, [])
        if name in texts:
            texts[name] = [*(earlier if isinstance(earlier, list) else [earlier]), text]
        else:
            texts[name] = text
    return texts
