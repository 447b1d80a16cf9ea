"""Tools that split one stream onto a plate."""

from __future__ import annotations

import logging
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

logger = logging.getLogger(__name__)


class MultiOutputTool(BaseTool):
    """Base class of tools that make the streams of a plate from one stream.

    A tool implements ``_execute(self, source, splitting_stream, interval,
    meta_data_id, output_plate_values)``, which yields a `StreamMetaInstance`
    for each result, with one (tag, value) pair or a tuple of pairs; it goes to
    the first sink whose meta data contain them. Or it implements
    ``_execute_batches``, which yields (meta data, `Batch`) pairs.

    Examples
    --------
    >>> from hyperstream.testing import try_multi_output_tool
    >>> class ByRoom(MultiOutputTool):
    ...     def _execute(
    ...         self, source, splitting_stream, interval, meta_data_id, output_plate_values
    ...     ):
    ...         for timestamp, value in source.window(interval, force_calculation=True):
    ...             for room, celsius in value.items():
    ...                 instance = StreamInstance(timestamp, celsius)
    ...                 yield StreamMetaInstance(instance, (meta_data_id, room))
    >>> try_multi_output_tool(ByRoom(), [{"hall": 18.5, "bath": 22.0}], ["hall", "bath"])
    {'hall': {1: 18.5}, 'bath': {1: 22.0}}
    """

    def execute(
        self,
        source: Stream | None,
        splitting_stream: Stream | None,
        sinks: Sequence[Stream],
        interval: TimeInterval,
        meta_data_id: str,
        output_plate_values: Sequence[Any],
    ) -> None:
        """Compute what is missing of an interval in the sinks.

        Parameters
        ----------
        source : Stream or None
            What is split.
        splitting_stream : Stream or None
            What says how to split.
        sinks : sequence of Stream
            The streams of the output plate.
        interval : TimeInterval
            Open at the start, closed at the end; what lies after now is not
            computed (reads the clock).
        meta_data_id : str
            The meta data tag of the output plate.
        output_plate_values : sequence
            The values of the output plate.

        Raises
        ------
        ToolExecutionError
            The tool failed, or gave what cannot be stored.
        """
        call = self.bind(source, splitting_stream, sinks, meta_data_id, output_plate_values)
        Computation(call).run(interval)

    def bind(
        self,
        source: Stream | None,
        splitting_stream: Stream | None,
        sinks: Sequence[Stream],
        meta_data_id: str,
        output_plate_values: Sequence[Any],
    ) -> ToolCall:
        """Tie the tool to its source and sinks, to be computed later."""
        position = _by_contained_meta_data(self.name, sinks)
        arguments: dict[str, Any] = {
            "source": source,
            "splitting_stream": splitting_stream,
            "meta_data_id": meta_data_id,
            "output_plate_values": output_plate_values,
        }

        def produce(interval: TimeInterval) -> Routed:
            if self._uses_batches:
                batches = self._execute_batches(**arguments, interval=interval) or ()
                yield from batches_to_many_sinks(batches, position)
            else:
                items = self._execute(**arguments, interval=interval) or ()
                yield from to_many_sinks(items, position)

        return self._bind([source, splitting_stream], sinks, produce)

    def _execute(
        self,
        source: Stream | None,
        splitting_stream: Stream | None,
        interval: TimeInterval,
        meta_data_id: str,
        output_plate_values: Sequence[Any],
    ) -> Iterable[StreamMetaInstance] | None:
        """Yield the results of an interval; here from `_execute_batches`."""
        batches = self._batches_of(
            source=source,
            splitting_stream=splitting_stream,
            interval=interval,
            meta_data_id=meta_data_id,
            output_plate_values=output_plate_values,
        )
        return meta_instances(batches)


def _by_contained_meta_data(tool: str, sinks: Sequence[Stream]) -> Callable[[Any], int | None]:
    """Return a function that finds the first sink whose meta data contain given ones."""
    first: dict[Any, int] = {}
    owned = [frozenset(sink.stream_id.meta_data) for sink in sinks]
    for place, sink in enumerate(sinks):
        first.setdefault(owned[place], place)
        for pair in sink.stream_id.meta_data:
            first.setdefault(pair, place)
    most = max(map(len, owned), default=0)

    def position(meta_data: Any) -> int | None:
        if not isinstance(meta_data, tuple) or not meta_data:
            msg = (
                f"It yielded an instance for {meta_data!r}, which is no pair, nor a tuple of pairs."
            )
            raise TypeError(msg)
        pairs = meta_data if isinstance(meta_data[0], tuple) else (meta_data,)
        if len(pairs) == 1:
            place = first.get(pairs[0])
        else:
            wanted = frozenset(pairs)
            place = (
                first.get(wanted)  # no other sink can contain as many
                if len(wanted) == most
                else next((each for each, own in enumerate(owned) if wanted <= own), None)
            )
        if place is None:
            logger.warning("Tool %s gave a value for %r, which no sink is for", tool, meta_data)
        return place

    return position
