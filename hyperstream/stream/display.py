"""What notebooks show of streams and windows: nothing is computed, no more read than shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperstream.storage.batch import Batch
from hyperstream.stream.stream_instance import instances
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils import html
from hyperstream.utils.text import brief, brief_intervals, plural, with_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperstream.storage.base import Count
    from hyperstream.stream.stream import Stream
    from hyperstream.stream.stream_view import StreamView

# How many rows stand before and after a row of dots.
_FIRST, _LAST = 5, html.ROWS - 6
# More is not counted: it takes a database time.
_MOST_COUNTED = 1000


def stream_page(stream: Stream) -> str:
    """Return what a notebook shows of a stream."""
    return html.page(type(stream).__name__, stream, _stream_parts(stream))


def view_page(view: StreamView) -> str:
    """Return what a notebook shows of a window."""
    return html.page("Window", view.stream, _view_parts(view))


def _stream_parts(stream: Stream) -> Iterator[html.Html]:
    meta_data = ", ".join(f"{tag} = {data}" for tag, data in stream.stream_id.meta_data)
    channel = f"{stream.channel.channel_id} ({type(stream.channel).__name__})"
    known = {"name": stream.stream_id.name, "meta data": meta_data, "channel": channel}
    yield html.facts({**known, "sandbox": stream.sandbox, **_calculated(stream)})


def _calculated(stream: Stream) -> dict[str, object]:
    tool = stream.tool
    if tool is not None:
        made = repr(tool)
    else:
        [record] = stream.channel.ledger.producers([stream.address])
        parameters = {} if record is None else record.parameters
        told = ", ".join(f"{name}={each}" for name, each in parameters.items())
        made = "" if record is None else with_names(f"{record.tool} {record.version}({told})")
    return {"calculated": stream.calculated_intervals, "computed by": made}


def _view_parts(view: StreamView) -> Iterator[html.Html]:
    channel, stream, interval = view.stream.channel, view.stream, view.time_interval
    count = channel.count(stream, interval, _MOST_COUNTED)
    calculated = _share(stream.calculated_intervals, interval)
    yield html.facts({"interval": interval, "calculated": calculated, "holds": _counted(count)})
    heads = html.ROWS if count is None or count.number <= html.ROWS else _FIRST
    first = channel.head(stream, interval, heads)
    last = channel.tail(stream, interval, _LAST) if heads == _FIRST else Batch.empty()
    yield html.table(["time (UTC)", "value"], _rows(first, last))
    if count is None and len(first) == html.ROWS:
        yield html.note(f"the first {html.ROWS}; there may be more")


def _share(calculated: TimeIntervals, interval: TimeInterval) -> str:
    """Return in words how much of an interval is calculated."""
    missing = TimeIntervals([interval]) - calculated
    if missing.is_empty:
        return "all"
    return "nothing" if interval in missing else f"all but {brief_intervals(missing)}"


def _counted(count: Count | None) -> str | None:
    """Return how many instances there are in words."""
    if count is None:
        return None
    return ("" if count.is_exact else "about ") + plural(count.number, "instance")


def _rows(first: Batch, last: Batch) -> list[tuple[object, object]]:
    """Return the rows of a window, with dots where some are left out; numbers stay numbers."""
    parts = [list(instances(first)), list(instances(last))]
    values = [value for part in parts for _, value in part]
    are_numbers = all(type(each) in {int, float} for each in values)
    rows: list[tuple[object, object]] = []
    for part in parts:
        if part and rows:
            rows.append(("…", "…"))
        rows += [(moment, value if are_numbers else brief(value)) for moment, value in part]
    return rows
