"""All values to the plate values that another stream names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, ClassVar

from hyperstream.stream import Stream, StreamInstance, StreamMetaInstance, StreamView
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import MultiOutputTool
from hyperstream.tool.batches import function
from hyperstream.tool.plates import last_word, named_in
from hyperstream.tool.splitting import Routes, required


class StreamBroadcasterFromStream(MultiOutputTool):
    """Give what a function makes of all instances to the plate values that a stream names.

    The source holds any values. The splitting stream holds dicts, whose values are plate values,
    or lists of plate values; its last value up to the end of the interval counts: of an asset
    stream from the beginning of time, of another one within the interval. All outputs hold the
    instances that the function gives. A plate value that is not on the plate is left out, which
    is logged once in an execution.

    Parameters
    ----------
    func : callable
        Takes the instances of the interval, an iterable in order of time, whose values it must
        not change; gives an iterable of instances, or (timestamp, value) pairs, in the interval.
    use_keys_not_values : bool
        Whether the keys of the splitting stream's dict are the plate values.

    Examples
    --------
    >>> from hyperstream.testing import try_multi_output_tool
    >>> def above(instances):
    ...     return (instance for instance in instances if instance.value > 20)
    >>> tool = StreamBroadcasterFromStream(func=above)
    >>> try_multi_output_tool(tool, [19.5, 20.5], ["hall", "attic"], [{"7": "hall"}])
    {'hall': {2: 20.5}, 'attic': {}}
    """

    not_chunk_invariant: ClassVar[str | None] = (
        "it takes what the splitting stream says at the end of the interval"
    )

    def __init__(
        self,
        func: Callable[[StreamView], Iterable[Any]],
        use_keys_not_values: bool = False,
    ) -> None:
        super().__init__(func=func, use_keys_not_values=use_keys_not_values)
        self._func = function(self, func)
        self._read = partial(named_in, keys=use_keys_not_values)

    def _execute(
        self,
        source: Stream | None,
        splitting_stream: Stream | None,
        interval: TimeInterval,
        meta_data_id: str,
        output_plate_values: Sequence[Any],
    ) -> Iterator[StreamMetaInstance]:
        data = required(self, source, "source")
        splitting_stream = required(self, splitting_stream, "splitting stream")
        named = last_word(self, splitting_stream, interval, self._read) or []
        routes = Routes(self, str, meta_data_id, output_plate_values)
        pairs = [(meta_data_id, name) for name in dict.fromkeys(named) if routes[name] is not None]
        if pairs:
            for item in self._func(data.window(interval, force_calculation=True)):
                instance = _instance(item)
                for pair in pairs:
                    yield StreamMetaInstance(instance, pair)


def _instance(item: Any) -> StreamInstance:
    if isinstance(item, StreamInstance):
        return item
    if not isinstance(item, tuple) or len(item) != 2:  # noqa: PLR2004 - a pair
        raise TypeError(f"its func gives {item!r}, which is no instance.")
    return StreamInstance(*item)
