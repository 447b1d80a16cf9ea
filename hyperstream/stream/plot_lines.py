"""What a plot of a window shows: lines, and where they are broken. `plotting` draws them."""

from __future__ import annotations

import reprlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hyperstream._time import from_ms, iso_format
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import HyperStreamError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hyperstream.storage.batch import Milliseconds
    from hyperstream.stream.stream_view import StreamView

    Kind = Literal["number", "truth", "text", "nothing", "other"]
    Numbers = NDArray[np.float64]

_MOST_TEXTS = 30


@dataclass(frozen=True)
class Line:
    """Values over time.

    Attributes
    ----------
    kind : str
        ``"number"``, ``"truth"`` (drawn as 0 and 1) or ``"text"``.
    times : numpy.ndarray of int64
        Milliseconds since 1970.
    values : numpy.ndarray of float64, or list of str or None
        What is there at these times; NaN or None where nothing is.
    breaks : numpy.ndarray of int
        The places of the values that nothing leads to: between them and what is before them lies
        something that is not calculated.
    """

    kind: Kind
    times: Milliseconds
    values: Numbers | list[str | None]
    breaks: NDArray[np.intp]


def lines_of(view: StreamView) -> dict[Hashable, Line]:
    """Return the lines of a window by key where its values are dicts; else one, by None.

    A key that is not there at some time is left out of its line; None breaks the line, as NaN
    does.

    Raises
    ------
    HyperStreamError
        A value cannot be drawn; the error names the first one.
    """
    parts = list(view.batches())
    times = np.concatenate([np.empty(0, np.int64), *(part.timestamps for part in parts)])
    gaps = TimeIntervals([view.time_interval]) - view.stream.calculated_intervals
    bounds = np.array(gaps.as_ms(), np.int64).reshape(-1, 2)
    if parts and all(_is_numbers(part.values) for part in parts):
        numbers = np.concatenate([np.asarray(part.values, np.float64) for part in parts])
        return {None: Line("number", times, numbers, _breaks(times, bounds))}
    values = [value for part in parts for value in part.value_list()]
    columns: dict[Hashable, tuple[Milliseconds, list[Any]]] = {None: (times, values)}
    if any(isinstance(value, Mapping) for value in values):
        columns = _by_key(view, times, values)
    lines = {
        key: _line(view, own, each, _breaks(own, bounds)) for key, (own, each) in columns.items()
    }
    texts = [key for key, line in lines.items() if line.kind == "text"]
    if texts and len(texts) < len(lines):
        own, each = columns[texts[0]]
        place = next(place for place, value in enumerate(each) if value is not None)
        raise _not_drawn(view, int(own[place]), each[place])
    return lines


def _line(
    view: StreamView, times: Milliseconds, values: list[Any], breaks: NDArray[np.intp]
) -> Line:
    kind = _kind_of(view, times, values)
    if kind == "text":
        return Line(kind, times, values, breaks)
    numbers = np.array([np.nan if value is None else value for value in values], np.float64)
    return Line(kind, times, numbers, breaks)


def _is_numbers(values: Any) -> bool:
    return isinstance(values, np.ndarray) and values.dtype.kind in "if"


def _breaks(times: Milliseconds, gaps: Milliseconds) -> NDArray[np.intp]:
    """Return before which values a gap lies that has no value in it."""
    before = np.searchsorted(times, gaps[:, 0], "right")
    after = np.searchsorted(times, gaps[:, 1], "right")
    return np.unique(before[(before == after) & (before > 0) & (before < len(times))])


def _by_key(
    view: StreamView, times: Milliseconds, values: Sequence[Any]
) -> dict[Hashable, tuple[Milliseconds, list[Any]]]:
    """Return times and values of each key, in order of first appearance."""
    found: dict[Hashable, tuple[list[int], list[Any]]] = {}
    for time, value in zip(times.tolist(), values, strict=True):
        if value is None:
            continue
        if not isinstance(value, Mapping):
            raise _not_drawn(view, time, value)
        for key, each in value.items():
            own = found.setdefault(key, ([], []))
            own[0].append(time)
            own[1].append(each)
    return {key: (np.array(own, np.int64), each) for key, (own, each) in found.items()}


def _kind_of(view: StreamView, times: Milliseconds, values: Sequence[Any]) -> Kind:
    """Return of which kind some values are; those that are None count as any."""
    kinds = list(map(_kind, values))
    present = set(kinds) - {"nothing"}
    if present == {"text"}:
        _check_texts(view, values)
        return "text"
    if present <= {"number", "truth"}:
        return "truth" if present == {"truth"} else "number"
    wrong = [place for place, kind in enumerate(kinds) if kind in ("other", "text")]
    place = wrong[0]
    raise _not_drawn(view, int(times[place]), values[place])


def _kind(value: Any) -> Kind:
    if value is None:
        return "nothing"
    if isinstance(value, bool | np.bool_):
        return "truth"
    if isinstance(value, Real | Decimal):
        return "number"
    return "text" if isinstance(value, str) else "other"


def _check_texts(view: StreamView, texts: Sequence[str | None]) -> None:
    count = len(set(texts) - {None})
    if count > _MOST_TEXTS:
        raise HyperStreamError(
            f"Stream {view.stream} holds {count} different texts in "
            f"{view.time_interval.humanized}; at most {_MOST_TEXTS} can be drawn: take a shorter "
            "interval, or count or group them first.",
            stream=view.stream,
        )


def _not_drawn(view: StreamView, time: int, value: Any) -> HyperStreamError:
    return HyperStreamError(
        f"Stream {view.stream} holds {reprlib.repr(value)} at {iso_format(from_ms(time))}, which "
        "cannot be drawn: values are all numbers, all truth values, all texts, or dicts of such. "
        "Take out what can be drawn first, as the tools component and apply do.",
        stream=view.stream,
        value=value,
    )
