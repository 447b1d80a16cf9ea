"""The streams of one value of a plate that a stream names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import SelectorTool
from hyperstream.tool.plates import last_word, text, with_meta_data


class IndexOfByStream(SelectorTool):
    """Take the streams of one value of the plate that a stream names, and leave out that plate.

    The first source, the selector, holds the meta data tag of the plate; its last value up to the
    end of the interval counts: of one that nothing computes, such as an asset stream, from the
    beginning of time, of another one within the interval. The other sources are the streams of
    all values of the plate, of any values. The outputs, on the plate without the selected one,
    hold the same instances. Without such a stream there is an error (IndexError).

    Parameters
    ----------
    index : str
        The plate value.

    Examples
    --------
    >>> from hyperstream.testing import try_selector_tool
    >>> rooms = {"house=1, room=hall": [20.5, 21.0], "house=1, room=attic": [12.0]}
    >>> tool = IndexOfByStream(index="hall")
    >>> try_selector_tool(tool, {"": ["room"], **rooms}, ["house=1"])
    {'house=1': {1: 20.5, 2: 21.0}}
    """

    not_chunk_invariant: ClassVar[str | None] = (
        "it takes what the selector says at the end of the interval"
    )

    def __init__(self, index: Any) -> None:
        super().__init__(None, index=index)
        self._index = str(index)

    def _execute_batches(
        self, sources: Sequence[Stream], interval: TimeInterval
    ) -> Iterator[tuple[Any, Batch]]:
        if not sources:
            raise ValueError("it needs a selecting stream before its other sources.")
        tag = last_word(self, sources[0], interval, text, look_back=True)
        if tag is None:
            return
        for meta_data, source in with_meta_data(sources[1:], tag, self._index):
            for batch in source.window(interval, force_calculation=True).batches():
                yield meta_data, batch
