"""The arguments of commands: how they are read, and the options that several commands share."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from textwrap import fill

from hyperstream._time import MAX_DATE, MIN_DATE, utcnow
from hyperstream.cli.errors import UsageError
from hyperstream.storage.base import StreamAddress
from hyperstream.time_interval import RelativeTimeInterval, TimeInterval, parse_time_tuple

_TIMES = (
    "Times are in ISO 8601, such as 2026-05-31 or 2026-05-31T12:00:00Z (UTC where no zone is "
    "said), or in seconds relative to now, such as -3600; 0 is now. What begins at a time does "
    "not contain it, what ends there does."
)
_WIDTH = 79


def add_interval(parser: ArgumentParser, start: str, end: str = "now") -> None:
    """Add ``--from`` and ``--to``, and say what they mean if they are left out."""
    parser.epilog = f"{fill(_TIMES, _WIDTH)}\n\n{parser.epilog}"
    for flag, name, default in (("--from", "start", start), ("--to", "end", end)):
        parser.add_argument(flag, dest=name, type=time, metavar="TIME", help=f"default: {default}")


def add_yes(parser: ArgumentParser) -> None:
    """Add ``--yes``."""
    parser.add_argument("--yes", action="store_true", help="do not ask whether that is meant")


def address(text: str) -> StreamAddress:
    """Read the address of a stream."""
    try:
        return StreamAddress.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def tag(text: str) -> tuple[str, str]:
    """Read a tag and its value."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ArgumentTypeError(f"{text!r} is not tag=value, such as house=1")
    return name, value


def count(text: str) -> int:
    """Read a number above 0."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def time(text: str) -> float | str:
    """Read a time: seconds relative to now if it has a sign or is 0, else one in ISO 8601.

    Examples
    --------
    >>> time("-3600"), time("0"), time("2026-05")
    (-3600.0, 0.0, '2026-05')
    """
    try:
        if text[:1] in {"-", "+"} or text == "0":
            seconds = float(text)
            RelativeTimeInterval(seconds - 1, seconds)  # which says so if that is in the future
            return seconds
        parse_time_tuple(text, MAX_DATE)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no time: {error}") from error
    return text


def interval(options: Namespace) -> TimeInterval | None:
    """Return the interval that ``--from`` and ``--to`` mean (reads the clock), None for neither.

    Without ``--from`` it begins at the beginning of time, without ``--to`` it ends now.

    Raises
    ------
    UsageError
        They make no interval.
    """
    start, end, now = options.start, options.end, utcnow()
    if start is None and end is None:
        return None
    try:
        if isinstance(end, float) and start is None:
            return TimeInterval(MIN_DATE, RelativeTimeInterval(end - 1, end).absolute(now).end)
        if isinstance(start, float):
            found = parse_time_tuple(start, 0 if end is None else end)
        else:
            found = parse_time_tuple(start or MIN_DATE, now if end is None else end)
    except ValueError as error:
        raise UsageError(f"--from and --to make no interval: {error}") from error
    return found.absolute(now) if isinstance(found, RelativeTimeInterval) else found
