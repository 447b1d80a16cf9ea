"""The function that writes to a stream."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream.channels import MemoryChannel
from hyperstream.channels.writer import moments
from hyperstream.storage.base import Dependent, ProducerRecord
from hyperstream.stream import Batch
from hyperstream.testing.conformance.base import stored
from hyperstream.testing.times import over
from hyperstream.time_interval import TimeInterval, TimeIntervals
from tests.interrupts import interrupted


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


def test_late_data_make_readers_void_despite_an_interrupt():
    """Wherever Ctrl-C comes, nothing computed stays marked for which late data were stored."""
    ten = TimeIntervals([over(0, 10)])
    late = Batch.of([over(0, 5).end_ms], ["late"])

    def make():
        channel = MemoryChannel("memory")
        streams = [channel.create_stream(name) for name in "abc"]
        for source, reader in pairwise(streams):
            channel.ledger.link(
                [source.address], [Dependent(channel.ledger, reader.address, (0, 0))]
            )
            record = ProducerRecord("tool", "1.0.0", {}, (source.address.key,))
            channel.ledger.set_producers({reader.address: record})
            channel.ledger.mark(reader.address, ten)
        return streams

    for written, *readers in interrupted(make, lambda made: made[0].writer.write_batch(late)):
        for reader in readers:
            assert not stored(written) or reader.calculated_intervals == ten - moments(
                late.timestamps
            )
