"""The streams of one plate value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import SelectorTool
from hyperstream.tool.plates import with_meta_data
from hyperstream.tool.pointwise import TimeByTime


class IndexOf(TimeByTime, SelectorTool):
    """Take the streams of one plate value, and leave out that plate.

    The sources are the streams of all values of a plate, of any values. The outputs, on the plate
    without the selected one, hold the same instances. Without such a stream there is an error
    (IndexError).

    Parameters
    ----------
    index : str
        The plate value.
    selector_meta_data : str
        The meta data tag of its plate.

    Examples
    --------
    >>> from hyperstream.testing import try_selector_tool
    >>> sources = {"house=1, room=hall": [20.5, 21.0], "house=1, room=attic": [12.0]}
    >>> tool = IndexOf(index="hall", selector_meta_data="room")
    >>> try_selector_tool(tool, sources, ["house=1"])
    {'house=1': {1: 20.5, 2: 21.0}}
    """

    def __init__(self, index: Any, selector_meta_data: str) -> None:
        super().__init__(selector_meta_data, index=index)
        self._pair = (selector_meta_data, str(index))

    def _execute_batches(
        self, sources: Sequence[Stream], interval: TimeInterval
    ) -> Iterator[tuple[Any, Batch]]:
        for meta_data, source in with_meta_data(sources, *self._pair):
            for batch in source.window(interval, force_calculation=True).batches():
                yield meta_data, batch
