"""The product of two streams."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from itertools import starmap

import numpy as np

from hyperstream.stream import Batch, Stream
from hyperstream.time_interval import TimeInterval
from hyperstream.tool import Tool, check_input_stream_count
from hyperstream.tool.batches import collected
from hyperstream.tool.joins import strictly_matched
from hyperstream.tool.pointwise import TimeByTime


class Product(TimeByTime, Tool):
    """Multiply the values that two streams have at one time.

    Two sources, of numbers, with equal timestamps (ValueError otherwise). The output holds numbers.

    Examples
    --------
    >>> from hyperstream.testing import try_tool
    >>> try_tool(Product(), [1, 2, 3], [10, 20, 30])
    {1: 10, 2: 40, 3: 90}
    """

    def __init__(self) -> None:
        super().__init__()

    @check_input_stream_count(2)
    def _execute_batches(
        self, sources: Sequence[Stream], alignment_stream: Stream | None, interval: TimeInterval
    ) -> Iterator[Batch]:
        return (_product(left, right) for left, right in strictly_matched(sources, interval))


def _product(left: Batch, right: Batch) -> Batch:
    factors = (left.values, right.values)
    if all(isinstance(each, np.ndarray) and each.dtype == np.float64 for each in factors):
        with np.errstate(all="ignore"):  # as Python's floats
            return Batch(left.timestamps, np.multiply(*factors))
    pairs = list(zip(left.value_list(), right.value_list(), strict=True))
    products = starmap(operator.mul, pairs)
    return Batch.of(left.timestamps, collected(products, left.timestamps, pairs))
