"""Names of classes from names of files, and back."""

from __future__ import annotations

import re

__all__ = ["camel_to_snake", "snake_to_camel"]

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


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
