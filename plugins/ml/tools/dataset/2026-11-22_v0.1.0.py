"""A data set as a stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hyperstream._time import to_ms, to_timedelta
from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool, check_input_stream_count
from hyperstream.utils.errors import MissingExtraError

try:
    from sklearn import datasets
except ImportError:  # said where the tool is made, so that it can be listed without
    datasets = None

NAMES = ("breast_cancer", "diabetes", "digits", "iris", "wine")
_SIZE = 4096
_TABLE = 2


class Dataset(Tool):
    """Give the rows of a data set one after the other, at equal distances.

    There are no sources. The output holds dicts ``{"data": array of float64, "target": …}``: row k
    at ``first + k * stride``. It ends with the last row.

    A data set that comes with scikit-learn is given by its name; that needs the package
    scikit-learn: ``pip install 'hyperstream[ml]'``. Any other one is given as arrays.

    Parameters
    ----------
    first : datetime
        When the first row comes (naive means UTC).
    stride : float or timedelta
        The distance between rows, in seconds if a number; at least a millisecond.
    which : str, optional
        The name of a data set of scikit-learn: breast_cancer, diabetes, digits, iris or wine.
    data : array, optional
        Instead of that name: one row a row, one feature a column.
    target : array, optional
        With `data`: what each row is. Without it the dicts have no target.
    shuffle : int, optional
        Give the rows in random order, that of this seed. None: as they are.

    Raises
    ------
    MissingExtraError
        A name is given, and the package scikit-learn is not there.
    ValueError
        The name is unknown; name and data are both given, or neither; or the
        arrays do not fit together.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> rows = Dataset(datetime(1970, 1, 1, 0, 0, 2), 3.0, data=[[0.5, 1], [1.5, 2]], target=[7, 8])
    >>> try_tool(rows, seconds=10)
    {2: {'data': array([0.5, 1. ]), 'target': 7}, 5: {'data': array([1.5, 2. ]), 'target': 8}}
    """

    def __init__(
        self,
        first: datetime,
        stride: float | timedelta = 1.0,
        which: str | None = None,
        data: ArrayLike | None = None,
        target: ArrayLike | None = None,
        shuffle: int | None = None,
    ) -> None:
        super().__init__(
            first=first, stride=stride, which=which, data=data, target=target, shuffle=shuffle
        )
        self._first_ms = to_ms(first)
        self._stride_ms = to_timedelta(stride) // timedelta(milliseconds=1)
        if self._stride_ms < 1:
            raise ValueError(f"The stride must be at least 0.001 s, not {stride!r}.")
        if (which is None) == (data is None):
            raise ValueError("Give either the name of a data set or its data.")
        if which is None:
            _checked(data, target)
        elif which not in NAMES:
            raise ValueError(f"There is no data set {which!r}; there are: {', '.join(NAMES)}.")
        elif target is not None:
            raise ValueError(f"The data set {which} has targets of its own: leave out target.")
        elif datasets is None:
            raise MissingExtraError(package="scikit-learn", extra="ml")

    @check_input_stream_count(0)
    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        data, target = self._rows
        begin = max((interval.start_ms - self._first_ms) // self._stride_ms + 1, 0)
        end = min((interval.end_ms - self._first_ms) // self._stride_ms + 1, len(data))
        for start in range(begin, end, _SIZE):
            places = np.arange(start, min(start + _SIZE, end))
            rows = [{"data": data[place].copy()} for place in places]
            if target is not None:
                for row, each in zip(rows, target[places].tolist(), strict=True):
                    row["target"] = each
            yield Batch.of(self._first_ms + places * self._stride_ms, rows)

    @cached_property
    def _rows(self) -> tuple[NDArray[np.float64], NDArray[Any] | None]:
        """The rows, in the order of the stream, and their targets."""
        if self.which is None:
            data, target = _checked(self.data, self.target)
        else:
            data, target = getattr(datasets, f"load_{self.which}")(return_X_y=True)
        if self.shuffle is None:
            return data, target
        # The one whose numbers are the same in every version of numpy.
        order = np.random.RandomState(self.shuffle).permutation(len(data))
        return data[order], None if target is None else target[order]


def _checked(
    data: ArrayLike | None, target: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[Any] | None]:
    rows = np.asarray(data, dtype=np.float64)
    if rows.ndim != _TABLE:
        raise ValueError(f"The data must be a table, not an array of shape {rows.shape}.")
    if target is None:
        return rows, None
    targets = np.asarray(target)
    if targets.shape != (len(rows),):
        raise ValueError(f"There are {len(rows)} rows, but targets of shape {targets.shape}.")
    return rows, targets
