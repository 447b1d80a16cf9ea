"""Checking that a tool keeps what every tool promises."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise, zip_longest
from typing import Any, TypeAlias

from hyperstream._time import to_ms
from hyperstream.channels import MemoryChannel
from hyperstream.execution import Computation, ToolCall
from hyperstream.execution.plan import PrivateInterval
from hyperstream.storage.values import same_value
from hyperstream.stream import Stream, StreamId, StreamInstance
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.tool import BaseTool, MultiOutputTool, PlateCreationTool, SelectorTool
from hyperstream.tool.fingerprint import fingerprint

__all__ = ["check_tool"]

Rows: TypeAlias = Sequence[tuple[datetime, Any]]
Output: TypeAlias = list[list[Any]]

_CUTS = 7


@dataclass(frozen=True)
class _Setting:
    """What a tool is executed on."""

    sources: dict[StreamId, Rows]
    interval: TimeInterval
    alignment: Rows | None
    sinks: tuple[StreamId, ...]
    plate: tuple[str, Sequence[Any]]


def check_tool(
    make_tool: Callable[[], Any],
    sources: Sequence[Rows] | Mapping[StreamId, Rows],
    interval: TimeInterval,
    cuts: Iterable[datetime] | None = None,
    *,
    alignment: Rows | None = None,
    sinks: Sequence[StreamId] = (StreamId("sink"),),
    plate: tuple[str, Sequence[Any]] = ("", ()),
    chunk_invariant: bool = True,
) -> Output:
    """Check what every tool promises, in memory.

    Computing an interval piece by piece, in any order, gives exactly what it
    gives at once; a new tool gives what a used one gives; and the tool changes
    neither the values of its sources, nor its parameters, nor the interval it
    is given.

    Parameters
    ----------
    make_tool : callable
        Makes the tool, of any kind.
    sources : sequence, or dict of StreamId
        What each source holds: (timestamp, value) pairs.
    interval : TimeInterval
        What to compute.
    cuts : iterable of datetime, optional
        Where to cut the interval; by default at some points that are the same
        every time.
    alignment : sequence, optional
        What the alignment stream holds; of a tool with many outputs, the
        splitting stream.
    sinks : sequence of StreamId
        The streams to compute.
    plate : (str, sequence)
        For a tool with many outputs, the meta data id and the values of the
        output plate.
    chunk_invariant : bool
        False for a tool whose output depends on the pieces; one that says so
        itself (`BaseTool.not_chunk_invariant`) need not be named here. It
        means nothing for a tool that creates plates.

    Returns
    -------
    list of list of StreamInstance
        What each sink holds; of a tool that creates plates, one list of plate
        values.

    Raises
    ------
    AssertionError
        The tool breaks one of these promises: says which, and how.
    ToolExecutionError
        The tool failed.

    Examples
    --------
    >>> from datetime import datetime
    >>> from hyperstream.tool import Tool
    >>> class Smooth(Tool):
    ...     def _execute(self, sources, alignment_stream, interval):
    ...         last = 0.0  # forgets what was before the interval
    ...         for timestamp, value in sources[0].window(interval, force_calculation=True):
    ...             last = 0.9 * last + 0.1 * value
    ...             yield StreamInstance(timestamp, last)
    >>> ones = [(datetime(2020, 1, 1, hour), 1.0) for hour in range(1, 24)]
    >>> day = TimeInterval(datetime(2020, 1, 1), datetime(2020, 1, 2))
    >>> check_tool(Smooth, [ones], day)
    Traceback (most recent call last):
        ...
    AssertionError: Smooth() gives something else where its interval is cut: ...
    """
    if not isinstance(sources, Mapping):
        sources = {StreamId(f"source_{n}"): rows for n, rows in enumerate(sources, start=1)}
    setting = _Setting(dict(sources), interval, alignment, tuple(sinks), plate)
    tool = make_tool()
    before = _Evidence.of(setting, tool)
    expected = _World(setting).run(tool, [interval])
    before.compare(_Evidence.of(setting, tool), tool)
    _check_interval(setting, tool)
    fresh = make_tool()
    if fresh != tool:
        raise AssertionError(f"{tool!r} does not equal another one made in the same way.")
    for used in (fresh, tool):
        again = _World(setting).run(used, [interval])
        _check_equal(expected, again, f"{tool!r} gives something else the second time")
    declared = tool.not_chunk_invariant is not None
    if chunk_invariant and not declared and not isinstance(tool, PlateCreationTool):
        pieces = _pieces(interval, cuts)
        for order in (pieces, pieces[::-1]):
            found = _World(setting).run(tool, order)
            _check_equal(
                expected, found, f"{tool!r} gives something else where its interval is cut"
            )
    return expected


@dataclass
class _World:
    """Streams in memory, on which a tool can be executed once."""

    setting: _Setting
    channel: MemoryChannel = field(default_factory=lambda: MemoryChannel("memory"))

    def __post_init__(self) -> None:
        self.sources = [self._filled(*item) for item in self.setting.sources.items()]
        rows = self.setting.alignment
        self.alignment = None if rows is None else self._filled(StreamId("alignment"), rows)
        self.sinks = [self.channel.get_or_create_stream(each) for each in self.setting.sinks]

    def _filled(self, stream_id: StreamId, rows: Rows) -> Stream:
        stream = self.channel.get_or_create_stream(stream_id)
        stream.writer([StreamInstance(*row) for row in rows])
        stream.calculated_intervals = TimeIntervals([TimeInterval.up_to_now()])
        return stream

    @property
    def source(self) -> Stream | None:
        """The only source, of a kind of tool that has at most one."""
        return self.sources[0] if self.sources else None

    def bind(self, tool: Any) -> ToolCall:
        """Tie the tool to the streams, as its kind wants it."""
        if isinstance(tool, SelectorTool):
            return tool.bind(self.sources, self.sinks)
        if isinstance(tool, MultiOutputTool):
            return tool.bind(self.source, self.alignment, self.sinks, *self.setting.plate)
        call: ToolCall = tool.bind(self.sources, self.sinks[0], self.alignment)
        return call

    def run(self, tool: BaseTool, pieces: Sequence[TimeInterval]) -> Output:
        """Compute the pieces, and return what the sinks hold then."""
        if isinstance(tool, PlateCreationTool):
            return [tool.execute(self.source, piece) for piece in pieces]
        computation = Computation(self.bind(tool))
        for piece in pieces:
            computation.run(piece)
        return [sink.window(self.setting.interval).items() for sink in self.sinks]

    def call(self, tool: BaseTool, interval: TimeInterval) -> None:
        """Have the tool work on just this interval, and let the results go."""
        if isinstance(tool, PlateCreationTool):
            results: Iterable[Any] = tool._execute(self.source, interval) or ()  # noqa: SLF001
        else:
            results = self.bind(tool).produce(interval)
        for _ in results:
            pass


@dataclass(frozen=True)
class _Evidence:
    """What a tool must not change."""

    values: list[tuple[Any, str]]
    parameters: str

    @classmethod
    def of(cls, setting: _Setting, tool: BaseTool) -> _Evidence:
        rows = [*setting.sources.values(), setting.alignment or []]
        values = [(copy.deepcopy(value), fingerprint(value)) for part in rows for _, value in part]
        return cls(values, fingerprint(tool.parameters_dict))

    def compare(self, after: _Evidence, tool: BaseTool) -> None:
        """Fail where something is not what it was."""
        if after.parameters != self.parameters:
            raise AssertionError(
                f"{tool!r} changes its parameters: {self.parameters} became {after.parameters}."
            )
        for (old, old_text), (new, new_text) in zip(self.values, after.values, strict=True):
            # What knows no equality differs from its copy: then the text must do.
            changed = not same_value(old, new) and same_value(old, copy.deepcopy(old))
            if changed or old_text != new_text:
                raise AssertionError(
                    f"{tool!r} changes a value of a source: {old!r} became {new!r}."
                )


def _check_interval(setting: _Setting, tool: BaseTool) -> None:
    given = PrivateInterval.from_ms(setting.interval.start_ms, setting.interval.end_ms)
    _World(setting).call(tool, given)
    if (given.start_ms, given.end_ms) != (setting.interval.start_ms, setting.interval.end_ms):
        raise AssertionError(f"{tool!r} changes the interval it is given: it became {given!r}.")


def _check_equal(expected: Output, found: Output, what: str) -> None:
    for sink, (left, right) in enumerate(zip(expected, found, strict=True)):
        for one, other in zip_longest(left, right):
            if not same_value(one, other):
                raise AssertionError(f"{what}: in sink {sink} {one!r} becomes {other!r}.")


def _pieces(interval: TimeInterval, cuts: Iterable[datetime] | None) -> list[TimeInterval]:
    start, end = interval.start_ms, interval.end_ms
    if cuts is None:
        # The same cuts each time, so that a failure can be seen again.
        chance = random.Random(0)  # noqa: S311 - nothing secret
        inner = {chance.randint(start, end) for _ in range(_CUTS)}
    else:
        inner = {to_ms(cut) for cut in cuts}
    edges = sorted({start, *inner, end})
    if edges[0] < start or edges[-1] > end:
        raise ValueError(f"The cuts must lie inside of {interval.humanized}.")
    return [TimeInterval.from_ms(*pair) for pair in pairwise(edges)]
