"""A view on a stream over a time interval."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from hyperstream._time import to_datetimes
from hyperstream.stream.stream_instance import StreamInstance, instances
from hyperstream.utils.containers import Printable
from hyperstream.utils.errors import MissingExtraError, NotCalculatedWarning

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    import pandas as pd
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
        return self.stream.channel.batches(self.stream, self.time_interval, size)

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
        return list(instances(self.stream.channel.head(self.stream, self.time_interval, n)))

    def tail(self, n: int) -> list[StreamInstance]:
        """Return the last `n` instances, in time order."""
        self._prepare()
        return list(instances(self.stream.channel.tail(self.stream, self.time_interval, n)))

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

    def to_pandas(self) -> pd.Series[Any]:
        """Return a pandas Series over UTC timestamps, named as the stream.

        Raises
        ------
        MissingExtraError
            pandas is not installed.
        """
        try:
            import pandas as pd  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise MissingExtraError(package="pandas", extra="notebook") from error
        parts = list(self.batches())
        index = pd.DatetimeIndex(
            [stamp for part in parts for stamp in to_datetimes(part.timestamps)], tz="UTC"
        )
        values = [value for part in parts for value in part.value_list()]
        return pd.Series(values, index=index, name=str(self.stream.stream_id))

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw the values, numbers, over time with matplotlib.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; the current axes otherwise.
        **style
            Handed to ``Axes.plot``.

        Raises
        ------
        MissingExtraError
            matplotlib is not installed.
        """
        if ax is None:
            try:
                import matplotlib.pyplot as plt  # noqa: PLC0415 - an extra
            except ImportError as error:
                raise MissingExtraError(package="matplotlib", extra="notebook") from error
            ax = plt.gca()
        times: list[Any] = self.timestamps()  # which matplotlib's types do not know
        ax.plot(times, self.values(), **{"label": str(self.stream.stream_id), **style})
        ax.set_xlabel("time (UTC)")
        return ax

    def _prepare(self) -> None:
        if self.force_calculation:
            if self.stream.producer is not None:
                self.stream.producer.compute(self.stream, self.time_interval)
        elif not self._warned and self.time_interval not in self.stream.calculated_intervals:
            self._warned = True
            warnings.warn(
                f"Stream {self.stream} is not fully calculated in {self.time_interval.humanized}: "
                "what is there is given. Ask with force_calculation=True to compute the rest.",
                NotCalculatedWarning,
                stacklevel=3,
            )
