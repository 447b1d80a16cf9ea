"""Names: of classes from those of files, and back; and their natural order."""

from __future__ import annotations

import re

__all__ = ["camel_to_snake", "natural_key", "snake_to_camel"]

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_DIGITS = re.compile(r"([0-9]+)")


def camel_to_snake(name: str) -> str:
    """Turn the name of a class into that of its file.

    Examples
    --------
    >>> camel_to_snake("SlidingApply"), camel_to_snake("CSVReader")
    ('sliding_apply', 'csv_reader')
    """
    return _WORD_STARTS.sub("_", name).lower()


def snake_to_camel(name: str) -> str:
    """Turn the name of a file into that of its class.

    Examples
    --------
    >>> snake_to_camel("sliding_apply"), snake_to_camel("relative_apply2")
    ('SlidingApply', 'RelativeApply2')
    """
    return "".join(word.capitalize() for word in name.split("_"))


def natural_key(text: str) -> tuple[tuple[str | int, ...], str]:
    """Return a key for sorting texts as people do: digits in them count as numbers.

    Examples
    --------
    >>> sorted(["10", "9a", "room 10", "room 9"], key=natural_key)
    ['9a', '10', 'room 9', 'room 10']
    """
    # Words and numbers alternate, a word first, so that like is compared with like. The text
    # itself comes last, for "1" and "01" are two.
    words: list[str | int] = list(_DIGITS.split(text))
    words[1::2] = map(int, words[1::2])
    return tuple(words), text
