"""What notebooks show of channels."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from hyperstream.utils import html

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperstream.stream import Stream, StreamDict


class Displayed:
    """What all channels have in common in notebooks: facts, and a table of the first streams."""

    channel_id: str

    @property
    def streams(self) -> StreamDict:
        """The streams outside of sandboxes, by id."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return html.page(type(self).__name__, self.channel_id, self._shown())

    def _shown(self) -> Iterator[html.Html]:
        yield html.facts(self._facts())
        count, streams = self._first_streams(html.ROWS)
        yield stream_table(streams, count)

    def _facts(self) -> Mapping[str, object]:
        """Return what there is to know besides the streams."""
        return {}

    def _first_streams(self, n: int) -> tuple[int, list[Stream]]:
        """Return how many streams there are, and at most `n` of them."""
        streams = self.streams
        return len(streams), list(islice(streams.values(), n))


def stream_table(streams: list[Stream], count: int) -> html.Html:
    """Return a table of some streams, which says how many there are."""
    if not count:
        return html.note("no streams")
    rows = ((each.stream_id, each.calculated_intervals) for each in streams)
    return html.table(["stream", "calculated"], rows, count, "stream")
