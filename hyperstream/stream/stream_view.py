"""A view on a stream over a time interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperstream._time import to_datetimes
from hyperstream.stream import display
from hyperstream.stream.ahead import read_ahead
from hyperstream.stream.asking import check_is_there
from hyperstream.stream.stream_instance import StreamInstance, instances
from hyperstream.utils.containers import Printable
from hyperstream.utils.errors import NotCalculatedWarning
from hyperstream.utils.user_warnings import warn

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime
    from os import PathLike

    import pandas as pd
    import pyarrow as pa
    from matplotlib.axes import Axes

    from hyperstream.storage.batch import Batch
    from hyperstream.stream.stream import Stream
    from hyperstream.time_interval import TimeInterval

BATCH_SIZE = 4096


class StreamView(Printable):
    """What a stream holds in (start, end]: lazy, in time order, and iterable again and again.

    Parameters
    ----------
    stream : Stream
        The stream.
    time_interval : TimeInterval
        Open at the start, closed at the end.
    force_calculation : bool
        Compute what is not calculated yet, when the view is read.

    Warns
    -----
    NotCalculatedWarning
        Without `force_calculation`, once a view, where the interval is not
        fully calculated; what is there is given.

    Examples
    --------
    >>> from hyperstream.channels import MemoryChannel
    >>> stream = MemoryChannel("memory").get_or_create_stream("demo")
    >>> stream.writer([StreamInstance(datetime(2020, 1, 1, hour), hour) for hour in range(24)])
    >>> morning = (datetime(2020, 1, 1, 6), datetime(2020, 1, 1, 12))
    >>> view = stream.window(morning, force_calculation=True)
    >>> view.values(), view.first().timestamp.hour, view.last().value
    ([7, 8, 9, 10, 11, 12], 7, 12)
    """

    def __init__(
        self, stream: Stream, time_interval: TimeInterval, force_calculation: bool = False
    ) -> None:
        self.stream = stream
        self.time_interval = time_interval
        self.force_calculation = force_calculation
        self._warned = False

    def __iter__(self) -> Iterator[StreamInstance]:
        for batch in self.batches():
            yield from instances(batch)

    def batches(self, size: int = BATCH_SIZE) -> Iterator[Batch]:
        """Yield the instances in batches of at most `size`, without making objects of them."""
        self._prepare()
        known = read_ahead(self.stream, self.time_interval)
        if known is None:
            return self.stream.channel.batches(self.stream, self.time_interval, size)
        return (known.part(start, start + size) for start in range(0, len(known), size))

    def items(self) -> list[StreamInstance]:
        """Return all instances as a list."""
        return list(self)

    def iteritems(self) -> Iterator[StreamInstance]:
        """Iterate over the instances."""
        return iter(self)

    def timestamps(self) -> list[datetime]:
        """Return the timestamps (UTC) as a list."""
        return list(self.itertimestamps())

    def itertimestamps(self) -> Iterator[datetime]:
        """Iterate over the timestamps (UTC)."""
        for batch in self.batches():
            yield from to_datetimes(batch.timestamps)

    def values(self) -> list[Any]:
        """Return the values as a list."""
        return list(self.itervalues())

    def itervalues(self) -> Iterator[Any]:
        """Iterate over the values."""
        for batch in self.batches():
            yield from batch.value_list()

    def dict_items(self, flat: bool = True) -> list[dict[str, Any]]:
        """Return all instances as dicts; see `StreamInstance.as_dict`."""
        return list(self.dict_iteritems(flat))

    def dict_iteritems(self, flat: bool = True) -> Iterator[dict[str, Any]]:
        """Iterate over the instances as dicts; see `StreamInstance.as_dict`."""
        return (instance.as_dict(flat) for instance in self)

    def first(self, default: Any = None) -> Any:
        """Return the first instance, or `default` where there is none."""
        return next(iter(self.head(1)), default)

    def last(self, default: Any = None) -> Any:
        """Return the last instance, or `default` where there is none."""
        return next(iter(self.tail(1)), default)

    def head(self, n: int) -> list[StreamInstance]:
        """Return the first `n` instances."""
        self._prepare()
        known = read_ahead(self.stream, self.time_interval)
        if known is None:
            known = self.stream.channel.head(self.stream, self.time_interval, n)
        return list(instances(known.part(0, n)))

    def tail(self, n: int) -> list[StreamInstance]:
        """Return the last `n` instances, in time order."""
        self._prepare()
        known = read_ahead(self.stream, self.time_interval)
        if known is None:
            known = self.stream.channel.tail(self.stream, self.time_interval, n)
        return list(instances(known.part(max(len(known) - n, 0), len(known))))

    def component(self, key: Any) -> Iterator[StreamInstance]:
        """Yield ``value[key]`` of the values, dicts, that have the key."""
        for timestamp, value in self:
            if key in value:
                yield StreamInstance(timestamp, value[key])

    def component_filter(self, key: Any, values: Collection[Any]) -> Iterator[StreamInstance]:
        """Yield the instances whose ``value[key]`` is one of `values`."""
        for instance in self:
            if key in instance.value and instance.value[key] in values:
                yield instance

    def delete_nones(self) -> Iterator[StreamInstance]:
        """Yield the instances whose value is not None."""
        return (instance for instance in self if instance.value is not None)

    def to_pandas(self) -> pd.DataFrame:
        """Return a pandas DataFrame: a row for each instance, over UTC timestamps.

        Where all values are dicts, each key is a column, in order of first
        appearance; otherwise there is one column ``value``. The index is
        ``timestamp``, of dtype datetime64[ms, UTC]. Numbers, truth values, text,
        datetimes and timedeltas have pandas' dtype for them, all else is
        object; `hyperstream.stream.frames` has the table, and says what becomes
        of None and of a key that is not there. `Stream.from_pandas` is the way
        back.

        Timestamps, numbers and truth values are copied from array to array, so the
        frame may be changed; the Python objects in a column of dtype object are
        those of the stream.

        Raises
        ------
        MissingExtraError
            pandas is not installed.

        Examples
        --------
        >>> from hyperstream.channels import MemoryChannel
        >>> stream = MemoryChannel("memory").create_stream("weather")
        >>> noon = datetime(2020, 1, 1, 12)
        >>> stream.writer([(noon, {"t": 4.5}), (noon + timedelta(hours=1), {"t": 5.0, "rain": 2})])
        >>> frame = stream.window((noon - timedelta(hours=1), "2020-01-02"), True).to_pandas()
        >>> frame.index.dtype, frame.index.name, frame.dtypes.to_dict()
        (datetime64[ms, UTC], 'timestamp', {'t': dtype('float64'), 'rain': Int64Dtype()})
        >>> frame["rain"].tolist()
        [<NA>, 2]
        """
        from hyperstream.stream import frames  # noqa: PLC0415 - needs an extra

        return frames.frame_of(self)

    def to_arrow(self) -> pa.Table:
        """Return a pyarrow Table: a row for each instance.

        Column ``timestamp`` is of type timestamp[ms, tz=UTC]. The other columns
        are as in `to_pandas`, with Arrow's types and null for what is missing; what
        has no type that fits all values is JSON text. See
        `hyperstream.stream.arrow`. Numbers may share memory with the channel, since
        nothing can change a table.

        Raises
        ------
        MissingExtraError
            pyarrow is not installed.

        Examples
        --------
        >>> from hyperstream.channels import MemoryChannel
        >>> stream = MemoryChannel("memory").create_stream("numbers")
        >>> stream.writer([(datetime(2020, 1, 1), 0.5)])
        >>> stream.window(("2019-12-31", "2020-01-01"), True).to_arrow().schema.types
        [TimestampType(timestamp[ms, tz=UTC]), DataType(double)]
        """
        from hyperstream.stream import arrow  # noqa: PLC0415 - needs an extra

        return arrow.table_of(self)

    def to_parquet(self, path: str | PathLike[str]) -> int:
        """Write a Parquet file with the columns of `to_arrow`; return the number of instances.

        The stream is read twice, batch by batch, so that memory does not grow
        with it. The file is there complete or not at all; what was there is
        replaced.

        Raises
        ------
        MissingExtraError
            pyarrow is not installed.
        HyperStreamError
            The stream has changed meanwhile.
        """
        from hyperstream.stream import arrow  # noqa: PLC0415 - needs an extra

        return arrow.save_parquet(self, path)

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw the values over time with matplotlib.

        Numbers are a line, dicts a line for each key, truth values and texts
        steps. A line is broken where nothing is calculated between two values,
        and at None and NaN. Where there are no data the axes say so.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; the current axes otherwise.
        **style
            Handed to ``Axes.plot``: ``color``, ``label``, ``marker``, …

        Returns
        -------
        matplotlib.axes.Axes
            Where it is drawn, for more: ``.set_ylabel("°C")``.

        Raises
        ------
        MissingExtraError
            matplotlib is not installed.
        HyperStreamError
            A value cannot be drawn; the error names the first one.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from hyperstream.channels import MemoryChannel
        >>> stream = MemoryChannel("memory").create_stream("weather")
        >>> stream.writer([(datetime(2020, 1, day), {"min": -day, "max": day}) for day in (1, 2)])
        >>> window = stream.window(("2019-12-31", "2020-01-02"), force_calculation=True)
        >>> axes = window.plot(Figure().add_subplot())
        >>> [line.get_label() for line in axes.lines]
        ['min', 'max']
        """
        from hyperstream.stream.plotting import plot_view  # noqa: PLC0415 - needs an extra

        return plot_view(self, ax, style)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.stream}, {self.time_interval.humanized})"

    def _repr_html_(self) -> str:
        return display.view_page(self)

    def _prepare(self) -> None:
        if self.force_calculation:
            if self.stream.producer is not None:
                self.stream.producer.compute(self.stream, self.time_interval)
            else:
                check_is_there(self.stream, self.time_interval)
        elif not self._warned and self.time_interval not in self.stream.calculated_intervals:
            self._warned = True
            warn(
                f"Stream {self.stream} is not fully calculated in {self.time_interval.humanized}: "
                "what is there is given. Ask with force_calculation=True to compute the rest.",
                NotCalculatedWarning,
            )
