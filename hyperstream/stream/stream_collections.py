"""Dictionaries of streams and of instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hyperstream._time import MAX_MS, MIN_MS, to_datetimes, to_ms
from hyperstream.storage.memory import MemorySeries
from hyperstream.stream.stream_id import StreamId
from hyperstream.stream.stream_instance import StreamInstance, to_batch
from hyperstream.utils.containers import FrozenKeyDict, TypedBiDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from hyperstream.stream.stream import Stream  # noqa: F401 - named in a base class below

_ITERATION_SIZE = 4096


class StreamDict(TypedBiDict[StreamId, "Stream"]):
    """Streams by their id, and ids by their stream.

    Raises
    ------
    ValueDuplicationError
        A stream is added a second time.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(StreamId, object, *args, **kwargs)  # type: ignore[arg-type]


class StreamInstanceCollection(FrozenKeyDict["datetime", Any]):
    """The instances of one stream as a dictionary in order of time.

    It is a view of a columnar series (`series`), so a million numbers take 16
    MB and not a dictionary of a million datetimes. A timestamp is written
    once: writing the same value again does nothing, dicts that agree on their
    common keys are merged, and another value is an error.

    Parameters
    ----------
    instances : iterable of StreamInstance, optional
        What to put in.
    name : object, optional
        The stream that errors name.

    Raises
    ------
    DuplicateInstanceError
        A timestamp gets a second, different value.

    Examples
    --------
    >>> from datetime import datetime
    >>> found = StreamInstanceCollection()
    >>> found.append(StreamInstance(datetime(2020, 1, 1), 20.5))
    >>> len(found), found[datetime(2020, 1, 1)]
    (1, 20.5)
    """

    def __init__(
        self, instances: Iterable[StreamInstance] = (), name: object = "in memory"
    ) -> None:
        self.series = MemorySeries(name)
        self.extend(instances)

    def append(self, instance: StreamInstance) -> None:
        """Add an instance."""
        self.series.write(to_batch([StreamInstance(*instance)]))

    def extend(self, instances: Iterable[StreamInstance]) -> None:
        """Add instances, in any order: all of them or, after an error, none."""
        self.series.write(to_batch([StreamInstance(*instance) for instance in instances]))

    def __getitem__(self, key: datetime) -> Any:
        found = self.series.find(to_ms(key))
        if not len(found):
            raise KeyError(key)
        return found.value_list()[0]

    def __setitem__(self, key: datetime, value: Any) -> None:
        self.append(StreamInstance(key, value))

    def __delitem__(self, key: datetime) -> None:
        if not self.series.delete_at(np.array([to_ms(key)])):
            raise KeyError(key)

    def __iter__(self) -> Iterator[datetime]:
        # The very first moment lies outside of every interval (start, end].
        for batch in self.series.read(MIN_MS - 1, MAX_MS, _ITERATION_SIZE):
            yield from to_datetimes(batch.timestamps)

    def __len__(self) -> int:
        return len(self.series)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} instances)"
