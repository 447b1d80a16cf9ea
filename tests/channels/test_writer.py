"""The function that writes to a stream."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream.channels import MemoryChannel
from hyperstream.channels.writer import moments
from hyperstream.stream import Batch
from hyperstream.testing.conformance.base import stored
from hyperstream.testing.times import over
from hyperstream.time_interval import TimeInterval, TimeIntervals


@given(st.sets(st.integers(-50, 50), min_size=1), st.randoms())
def test_moments_are_the_shortest_intervals(stamps, random):
    """The intervals of some timestamps hold these and no others."""
    shuffled = [*stamps, *stamps]
    random.shuffle(shuffled)
    found = moments(np.array(shuffled))
    assert found == TimeIntervals(TimeInterval.from_ms(each - 1, each) for each in stamps)


@pytest.mark.parametrize("values", [[1.5, 2.5], ["a", "b"]])
def test_batches_are_written(values):
    """A writer takes batches, too."""
    stream = MemoryChannel("memory").create_stream("a")
    stream.writer.write_batch(Batch.of([over(0, 1).end_ms, over(0, 2).end_ms], values))
    assert stored(stream) == list(enumerate(values, start=1))
