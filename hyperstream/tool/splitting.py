"""Tools that divide one stream among the values of a plate."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from hyperstream.stream import Batch
from hyperstream.time_interval import RelativeTimeInterval, TimeInterval, parse_time_tuple
from hyperstream.tool.batches import collected
from hyperstream.tool.multi_output_tool import MultiOutputTool
from hyperstream.tool.plates import named_in, own_values, text

if TYPE_CHECKING:
    from hyperstream.stream import Stream

    Columns = defaultdict[str, tuple[list[int], list[Any]]]
    Piece = tuple["str | Missing", Any]
    Routed = tuple[tuple[str, str], Batch]

logger = logging.getLogger(__name__)

# How many rows to divide at once: some, and more where they go to many streams, since what a
# stream gets is handed on as one batch.
_SIZE, _SIZE_EACH, _LARGEST = 4096, 64, 65536


class Missing(NamedTuple):
    """Stands for a key that is not there.

    Parameters
    ----------
    what : str
        What a value lacks, such as ``element 'room'``.
    """

    what: str


class SplittingTool(MultiOutputTool):
    """Base class of tools that divide each value, or its parts, among plate values.

    A tool implements ``_pieces(self, value)``. If the keys that it returns are
    no plate values themselves, it also implements ``_mapping(self,
    splitting_stream, interval)``. What belongs to no value of the plate is left
    out, and logged once for each key and execution.

    Examples
    --------
    >>> class ByLength(SplittingTool):
    ...     def _pieces(self, value):
    ...         return [(str(len(value)), value)]
    >>> from hyperstream.testing import try_multi_output_tool
    >>> try_multi_output_tool(ByLength(), ["to", "be", "or", "not"], ["2", "3"])
    {'2': {1: 'to', 2: 'be', 3: 'or'}, '3': {4: 'not'}}
    """

    def _execute_batches(
        self,
        source: Stream | None,
        splitting_stream: Stream | None,
        interval: TimeInterval,
        meta_data_id: str,
        output_plate_values: Sequence[Any],
    ) -> Iterator[Routed]:
        data = required(self, source, "source")
        mapping = self._mapping(splitting_stream, interval)
        if mapping is None:
            return
        routes = Routes(self, mapping, meta_data_id, output_plate_values)
        size = min(max(_SIZE, _SIZE_EACH * len(output_plate_values or ())), _LARGEST)
        for batch in data.window(interval, force_calculation=True).batches(size):
            columns: Columns = defaultdict(lambda: ([], []))
            stamps, values = batch.timestamps, batch.value_list()
            divide = partial(self._divide, routes, columns)
            collected(map(divide, stamps.tolist(), values), stamps, values)
            for plate_value, column in columns.items():
                yield (meta_data_id, plate_value), Batch.of(*column)

    def _divide(self, routes: Routes, columns: Columns, stamp: int, value: Any) -> None:
        """Add the pieces of a value to the columns of their plate values."""
        for key, piece in self._pieces(value):
            plate_value = routes[key]
            if plate_value is not None:
                stamps, pieces = columns[plate_value]
                stamps.append(stamp)
                pieces.append(piece)

    def _pieces(self, value: Any) -> list[Piece]:
        """Return (key, new value) pairs; a key that is not there is `Missing`."""
        raise NotImplementedError(f"Tool {self.name} has no _pieces: write it.")

    def _mapping(
        self, splitting_stream: Stream | None, interval: TimeInterval
    ) -> Callable[[str], str | None] | None:
        """Return a function from key to plate value, or to None for an unknown key.

        Returns
        -------
        callable or None
            None where there is nothing to divide by, and so nothing to do.
        """
        unwanted(self, splitting_stream)
        return str


class IntervalSplittingTool(MultiOutputTool):
    """Base class of tools that give a plate value what lies in an interval of time.

    A tool implements ``_intervals(self, splitting_stream, interval)``.
    """

    def _execute_batches(
        self,
        source: Stream | None,
        splitting_stream: Stream | None,
        interval: TimeInterval,
        meta_data_id: str,
        output_plate_values: Sequence[Any],
    ) -> Iterator[Routed]:
        data = required(self, source, "source")
        intervals = self._intervals(splitting_stream, interval)
        routes = Routes(self, str, meta_data_id, output_plate_values)
        for name, named in intervals.items():
            start = max(named.start_ms, interval.start_ms)
            end = min(named.end_ms, interval.end_ms)
            plate_value = routes[name]
            if plate_value is not None and start < end:
                part = TimeInterval.from_ms(start, end)
                for batch in data.window(part, force_calculation=True).batches():
                    yield (meta_data_id, plate_value), batch

    def _intervals(
        self, splitting_stream: Stream | None, interval: TimeInterval
    ) -> Mapping[str, TimeInterval]:
        """Return the intervals by the name of their plate value."""
        raise NotImplementedError(f"Tool {self.name} has no _intervals: write it.")


class Routes(dict["str | Missing", "str | None"]):
    """Key to plate value, for one execution; None for what is left out, which is logged once.

    Parameters
    ----------
    tool : MultiOutputTool
        Whose execution it is.
    mapping : callable
        Key to plate value, or to None.
    tag : str
        The meta data tag of the plate.
    output_plate_values : sequence
        The values of the plate; none if they are not known.
    """

    def __init__(
        self,
        tool: MultiOutputTool,
        mapping: Callable[[str], str | None],
        tag: str,
        output_plate_values: Sequence[Any] | None,
    ) -> None:
        super().__init__()
        self._tool = tool
        self._mapping = mapping
        self._tag = tag
        self._plate = frozenset(own_values(output_plate_values, tag))

    def __missing__(self, key: str | Missing) -> str | None:
        plate_value = None if isinstance(key, Missing) else self._mapping(key)
        if isinstance(key, Missing):
            logger.warning("Tool %s leaves out a value without %s", self._tool.name, key.what)
        elif plate_value is None:
            logger.warning("Tool %s leaves out unknown value %r", self._tool.name, key)
        elif self._plate and plate_value not in self._plate:
            logger.warning(
                "Tool %s leaves out value %r: there is no %s %r on the plate",
                self._tool.name,
                key,
                self._tag,
                plate_value,
            )
            plate_value = None
        self[key] = plate_value
        return plate_value


def required(tool: MultiOutputTool, stream: Stream | None, what: str) -> Stream:
    """Return a stream that a tool cannot do without; ValueError if it is not there."""
    if stream is None:
        raise ValueError(f"Tool {tool.name} needs a {what}, and was given none.")
    return stream


def unwanted(tool: MultiOutputTool, splitting_stream: Stream | None) -> None:
    """Raise a ValueError if a tool is given a splitting stream, of which it has no use."""
    if splitting_stream is not None:
        raise ValueError(
            f"Tool {tool.name} takes no splitting stream, but was given {splitting_stream}."
        )


def plate_mapping(mapping: Any) -> dict[str, str]:
    """Return keys to plate values; from a list, each is its own key.

    Raises
    ------
    TypeError
        It is neither dict nor list, or a plate value is neither text nor number.
    ValueError
        It is empty.

    Examples
    --------
    >>> plate_mapping({1: "hall"}), plate_mapping(["hall"])
    ({'1': 'hall'}, {'hall': 'hall'})
    """
    if isinstance(mapping, Mapping):
        found = {str(key): text(value) for key, value in mapping.items()}
    else:
        found = {name: name for name in named_in(mapping, keys=True)}
    if not found:
        raise ValueError("The mapping to plate values is empty.")
    return found


def plate_intervals(intervals: Any) -> dict[str, TimeInterval]:
    """Return plate values to intervals of time; those of a list are numbered from 1.

    Parameters
    ----------
    intervals : dict or iterable
        Each is a TimeInterval, or its start and end as a pair or as a dict:
        datetimes (naive means UTC), or text in ISO 8601.

    Raises
    ------
    TypeError, ValueError
        One is no interval, or there is none.

    Examples
    --------
    >>> plate_intervals([("2020-01-01", "2020-01-02")])
    {'1': TimeInterval(2020-01-01T00:00:00.000Z, 2020-01-02T00:00:00.000Z)}
    """
    if isinstance(intervals, (str, TimeInterval)):
        raise TypeError(f"Expected a dict or a list of time intervals, not {intervals!r}.")
    pairs = intervals.items() if isinstance(intervals, Mapping) else enumerate(intervals, start=1)
    found = {text(name): _interval(name, each) for name, each in pairs}
    if not found:
        raise ValueError("There are no time intervals to divide by.")
    return found


def without(value: Mapping[str, Any], element: str) -> tuple[str | Missing, dict[str, Any]]:
    """Return an element of a dict as text, `Missing` if it is not there, and a dict of the rest.

    Examples
    --------
    >>> without({"room": "hall", "t": 20.5}, "room")
    ('hall', {'t': 20.5})
    """
    rest = {**value}
    key = str(rest.pop(element)) if element in rest else Missing(f"element {element!r}")
    return key, rest


def _interval(name: Any, given: Any) -> TimeInterval:
    ends = (given["start"], given["end"]) if isinstance(given, Mapping) else given
    if not isinstance(ends, TimeInterval):
        start, end = ends
        ends = parse_time_tuple(start, end)
    if isinstance(ends, RelativeTimeInterval):
        raise TypeError(f"The time interval {name!r} must be absolute, unlike {ends!r}.")
    return ends
