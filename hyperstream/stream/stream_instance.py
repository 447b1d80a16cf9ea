"""Stream instances: a timestamp and a value."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from hyperstream._time import UTC, in_future, iso_format, normalise, to_datetimes, to_ms_array
from hyperstream.storage.batch import Batch, column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import Self

    from hyperstream.storage.base import MetaData


class _Instance(NamedTuple):
    timestamp: datetime
    value: Any


class StreamInstance(_Instance):
    """One value at one time.

    Parameters
    ----------
    timestamp : datetime
        Naive means UTC; cut to milliseconds.
    value : object
        Any value.

    Raises
    ------
    ValueError
        The timestamp is no datetime, or lies after now (the clock is read).

    Examples
    --------
    >>> instance = StreamInstance(datetime(2020, 1, 1), {"t": 20.5})
    >>> instance.as_dict()
    {'t': 20.5, 'timestamp': datetime.datetime(2020, 1, 1, 0, 0, tzinfo=<UTC>)}
    """

    __slots__ = ()

    def __new__(cls, timestamp: datetime, value: Any) -> Self:
        """Check the timestamp; bring it to UTC and milliseconds."""
        if (
            type(timestamp) is not datetime
            or timestamp.tzinfo is not UTC
            or timestamp.microsecond % 1000
        ):
            timestamp = _checked(timestamp)
        if in_future(timestamp):
            msg = (
                f"The timestamp {iso_format(timestamp)} of the value {value!r} lies in the future."
            )
            raise ValueError(msg)
        return tuple.__new__(cls, (timestamp, value))

    def as_dict(self, flat: bool = True) -> dict[str, Any]:
        """Return the value, a dict, plus its ``timestamp``; or both apart if not flat.

        Raises
        ------
        ValueError
            Flat, but the value is no dict.
        """
        if not flat:
            return {"timestamp": self.timestamp, "value": self.value}
        if not isinstance(self.value, dict):
            msg = f"{self.value!r} is no dict, so it cannot be flat: ask for flat=False."
            raise ValueError(msg)  # noqa: TRY004 - documented
        return {**self.value, "timestamp": self.timestamp}

    def as_list(self, flat: bool = True) -> list[Any]:
        """Return the timestamp followed by the items of the value; or by the value if not flat.

        Raises
        ------
        ValueError
            Flat, but the value is no list or tuple.
        """
        if not flat:
            return [self.timestamp, self.value]
        if not isinstance(self.value, (list, tuple)):
            msg = f"{self.value!r} is no list, so it cannot be flat: ask for flat=False."
            raise ValueError(msg)  # noqa: TRY004 - documented
        return [self.timestamp, *self.value]


class StreamMetaInstance(NamedTuple):
    """An instance, and the meta data of the stream that it belongs to.

    Parameters
    ----------
    stream_instance : StreamInstance
        The instance.
    meta_data : tuple, or str
        (tag, value) pairs, or one pair; for a tool that creates plates, the
        new plate value.
    """

    stream_instance: StreamInstance
    meta_data: MetaData | tuple[str, str] | str


# What stores hold is checked already, so making it an instance again needs no check.
_trusted = partial(tuple.__new__, StreamInstance)


def instances(batch: Batch) -> Iterator[StreamInstance]:
    """Yield a batch's rows as instances.

    Examples
    --------
    >>> [instance.value for instance in instances(Batch.of([0, 1000], ["a", "b"]))]
    ['a', 'b']
    """
    return map(_trusted, zip(to_datetimes(batch.timestamps), batch.value_list(), strict=True))


def to_batch(items: Sequence[StreamInstance]) -> Batch:
    """Return instances as a batch, in the order given."""
    if not items:
        return Batch.empty()
    stamps, values = zip(*items, strict=True)
    return Batch(to_ms_array(stamps), column(list(values)))


def _checked(timestamp: datetime) -> datetime:
    try:
        return normalise(timestamp)
    except TypeError as error:
        msg = f"The timestamp of an instance is a datetime, not {timestamp!r}."
        raise ValueError(msg) from error
