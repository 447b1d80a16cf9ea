"""Values as people read them: functions by their names, and nothing longer than a line."""

from __future__ import annotations

import re
import reprlib
from datetime import datetime
from itertools import islice
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, Final

from hyperstream._time import iso_format, to_ms
from hyperstream.time_interval import TimeInterval, TimeIntervals

__all__ = [
    "NO_UNICODE",
    "as_unicode",
    "brief",
    "brief_intervals",
    "is_unicode",
    "moment",
    "plural",
    "with_names",
]

NO_UNICODE: Final = "Half of a surrogate pair is no Unicode text"

_LONGEST = 80
_SHOWN = 3
_DIGITS = 10
_MOST_BITS = 2000
_NAMED = (FunctionType, BuiltinFunctionType, MethodType, type)
# What Python writes of functions, methods and classes, which have no better way to print.
_FUNCTION = re.compile(
    r"<(?:bound method|built-in function|built-in method|function|class)"
    r" '?(?P<name>(?:[^\s'<>]|<locals>|<lambda>)+)'?"
    r"(?: of (?:<[^<>]*>|[^<>]*))?(?: at 0x[0-9a-fA-F]+)?>"
)
# As parameters of tools are kept in records: module, name, and a hash of the source.
_RECORDED = re.compile(r"[\w.]+:(?P<name>[\w.<>]+)#[0-9a-f]{12}")


def is_unicode(text: str) -> bool:
    """Tell whether a text can be stored: half of a surrogate pair, as in odd file names, cannot.

    Examples
    --------
    >>> is_unicode("Zürich"), is_unicode(chr(0xD83D))
    (True, False)
    """
    if text.isascii():  # as most are, which Python knows without looking
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def as_unicode(text: str) -> str:
    r"""Return a text that can be stored: what `is_unicode` refuses is written as an escape.

    Examples
    --------
    >>> as_unicode("Zürich"), as_unicode(chr(0xD83D))
    ('Zürich', '\\ud83d')
    """
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


def with_names(text: str) -> str:
    """Return a text in which functions and classes are their names, and nothing else.

    Parameters
    ----------
    text : str
        What `repr` or `str` gives, or what a record says of parameters.

    Examples
    --------
    >>> with_names(repr({"func": with_names, "key": lambda value: value}))
    "{'func': with_names, 'key': <lambda>}"
    >>> with_names("(parser=<function parse at 0x7f3a>, reducer=<built-in function sum>)")
    '(parser=parse, reducer=sum)'
    >>> with_names("(func=my.tools:mean#64bdfbf88f62)")
    '(func=mean)'
    """
    text = _FUNCTION.sub(lambda found: found["name"].rpartition(".")[2], text)
    return _RECORDED.sub(lambda found: found["name"].rpartition(".")[2], text)


class _Brief(reprlib.Repr):
    """A `repr` of which every part is short."""

    def __init__(self) -> None:
        super().__init__()
        self.maxdict = self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = 6
        self.maxstring = self.maxother = _LONGEST

    def repr1(self, x: Any, level: int) -> str:
        """Return what is shown of a value."""
        if isinstance(x, datetime):
            return moment(x)
        if isinstance(x, (TimeInterval, TimeIntervals)):
            return x.humanized if isinstance(x, TimeInterval) else brief_intervals(x)
        if type(x) is float:
            x = float(f"{x:.{_DIGITS}g}")
        elif type(x) is int and x.bit_length() > _MOST_BITS:  # Python refuses to write it
            return f"an integer of {x.bit_length()} bits"
        if isinstance(x, _NAMED):
            return x.__name__
        if _says_nothing(type(x)):
            return f"{type(x).__name__} object"
        return with_names(super().repr1(x, level))

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        """Return the first items of a dictionary in its own order."""
        if level <= 0 and x:
            return "{…}"
        items = [
            f"{self.repr1(key, level - 1)}: {self.repr1(each, level - 1)}"
            for key, each in islice(x.items(), self.maxdict)
        ]
        return "{" + ", ".join([*items, "…"] if len(x) > self.maxdict else items) + "}"


def _says_nothing(cls: type) -> bool:
    written: object = cls.__repr__
    return written is object.__repr__


_brief = _Brief()


def brief(value: Any, longest: int = _LONGEST) -> str:
    """Return a value in one line of bounded length, whatever its size.

    Parameters
    ----------
    value : object
        The value. A text is shown in quotes, a moment and an interval as people write them,
        a number with ten digits, a function by its name.
    longest : int
        The number of characters.

    Examples
    --------
    >>> brief(list(range(1_000_000)))
    '[0, 1, 2, 3, 4, 5, ...]'
    >>> brief({"mean": 0.1 + 0.2, "n": 2})
    "{'mean': 0.3, 'n': 2}"
    """
    text = " ".join(_brief.repr(value).split())
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def brief_intervals(intervals: TimeIntervals) -> str:
    """Return intervals as people write them, the first and the last of many.

    Examples
    --------
    >>> brief_intervals(TimeIntervals([("2020-01-01", "2020-01-02"), ("2020-02-01", "2020-02-02")]))
    '(2020-01-01 00:00:00, 2020-01-02 00:00:00] U (2020-02-01 00:00:00, 2020-02-02 00:00:00]'
    >>> brief_intervals(TimeIntervals())
    'nothing'
    """
    if intervals.is_empty:
        return "nothing"
    if len(intervals) <= _SHOWN:
        return intervals.humanized
    left_out = plural(len(intervals) - _SHOWN, "interval")
    return f"{intervals[0].humanized} U … {left_out} … U " + " U ".join(
        each.humanized for each in intervals[1 - _SHOWN :]
    )


def moment(time: datetime) -> str:
    """Return a moment as people write it, in UTC: with the time of day, and milliseconds if any.

    Examples
    --------
    >>> moment(datetime(2020, 1, 1, 12, 30))
    '2020-01-01 12:30:00'
    """
    text = iso_format(time).replace("T", " ").removesuffix("Z")
    return text if to_ms(time) % 1000 else text.removesuffix(".000")


def plural(count: int, name: str) -> str:
    """Return a count with what is counted.

    Examples
    --------
    >>> plural(1, "stream"), plural(2, "stream"), plural(2, "history")
    ('1 stream', '2 streams', '2 histories')
    """
    if count == 1:
        return f"1 {name}"
    return f"{count} {name.removesuffix('y')}ies" if name.endswith("y") else f"{count} {name}s"
