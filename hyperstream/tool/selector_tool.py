"""Tools that select among the streams of a node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperstream.execution import Computation
from hyperstream.execution.collect import batches_to_many_sinks, meta_instances, to_many_sinks
from hyperstream.tool.base_tool import BaseTool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hyperstream.execution import ToolCall
    from hyperstream.execution.plan import Routed
    from hyperstream.stream import Stream, StreamMetaInstance
    from hyperstream.time_interval import TimeInterval


class SelectorTool(BaseTool):
    """Base class of tools that take some of many streams, all in one call.

    A tool implements ``_execute(self, sources, interval)``, which yields a
    `StreamMetaInstance` for each result, with all meta data of the sink that it
    belongs to, in any order; or ``_execute_batches``, which yields (meta data,
    `Batch`) pairs.

    Parameters
    ----------
    selector_meta_data : str or None
        The meta data tag to select by.
    **kwargs
        Become attributes.

    Examples
    --------
    >>> from hyperstream.testing import try_selector_tool
    >>> class GroundFloor(SelectorTool):
    ...     def _execute(self, sources, interval):
    ...         for source in sources:
    ...             tags = dict(source.stream_id.meta_data)
    ...             if tags[self.selector_meta_data] == "0":
    ...                 for instance in source.window(interval, force_calculation=True):
    ...                     yield StreamMetaInstance(instance, (("room", tags["room"]),))
    >>> floors = {"floor=0, room=hall": [18.5], "floor=1, room=bath": [22.0]}
    >>> try_selector_tool(GroundFloor("floor"), floors, ["room=hall"])
    {'room=hall': {1: 18.5}}
    """

    def __init__(self, selector_meta_data: str | None, **kwargs: Any) -> None:
        super().__init__(selector_meta_data=selector_meta_data, **kwargs)
        self.selector_meta_data = selector_meta_data

    def execute(
        self, sources: Sequence[Stream], sinks: Sequence[Stream], interval: TimeInterval
    ) -> None:
        """Compute what is missing of an interval in the sinks.

        Parameters
        ----------
        sources : sequence of Stream
            All streams to select from; a selecting stream comes first.
        sinks : sequence of Stream
            All streams that results go to.
        interval : TimeInterval
            Open at the start, closed at the end; what lies after now is not
            computed (reads the clock).

        Raises
        ------
        ToolExecutionError
            The tool failed, or gave what cannot be stored.
        """
        Computation(self.bind(sources, sinks)).run(interval)

    def bind(self, sources: Sequence[Stream], sinks: Sequence[Stream]) -> ToolCall:
        """Tie the tool to its sources and sinks, to be computed later."""
        read = list(sources)
        position = _by_all_meta_data(sinks)

        def produce(interval: TimeInterval) -> Routed:
            if self._uses_batches:
                batches = self._execute_batches(sources=read, interval=interval) or ()
                yield from batches_to_many_sinks(batches, position)
            else:
                items = self._execute(sources=read, interval=interval) or ()
                yield from to_many_sinks(items, position)

        return self._bind(read, sinks, produce)

    def _execute(
        self, sources: Sequence[Stream], interval: TimeInterval
    ) -> Iterable[StreamMetaInstance] | None:
        """Yield the results of an interval; here from `_execute_batches`."""
        return meta_instances(self._batches_of(sources=sources, interval=interval))


def _by_all_meta_data(sinks: Sequence[Stream]) -> Callable[[Any], int]:
    places = {frozenset(sink.stream_id.meta_data): place for place, sink in enumerate(sinks)}

    def position(meta_data: Any) -> int:
        try:
            return places[frozenset(meta_data)]
        except KeyError:
            msg = f"it yielded an instance for {meta_data!r}, but no sink has these meta data."
            raise ValueError(msg) from None

    return position
