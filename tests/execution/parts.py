"""Tools and helpers for the tests of execution."""

from __future__ import annotations

import threading

from hyperstream.stream import Batch, StreamId, StreamInstance, StreamMetaInstance
from hyperstream.testing.conformance.execution import Doubled, Seconds, seconds
from hyperstream.testing.times import START, at
from hyperstream.time_interval import RelativeTimeInterval, TimeIntervals
from hyperstream.tool import MultiOutputTool, SelectorTool, Tool

__all__ = ["Doubled", "Seconds", "seconds"]

# What is in the sink of the tests of the runner at first.
BY_HAND = [(2.5, "by hand"), (15.5, "by hand")]


class Given(Tool):
    """Yields what it was given, whatever the interval."""

    def __init__(self, items):
        super().__init__(items=items)
        self.items = items

    def _execute(self, sources, alignment_stream, interval):
        yield from self.items


class GivenBatches(Tool):
    """Yields the batches it was given, whatever the interval."""

    def __init__(self, batches):
        super().__init__(batches=batches)
        self.batches = batches

    def _execute_batches(self, sources, alignment_stream, interval):
        yield from self.batches


class WindowSum(Tool):
    """Sums, each second, what its source held in the last so many seconds."""

    def __init__(self, width):
        super().__init__(width=width)
        self.width = width

    def reach(self, interval, sources=()):
        """Need the width before the start."""
        return interval + RelativeTimeInterval(-self.width, 0)

    def _execute(self, sources, alignment_stream, interval):
        needed = self.reach(interval)
        known = dict(sources[0].window(needed, force_calculation=True))
        for second in range(-100, 1000):
            if at(second) in interval:
                window = range(second - self.width + 1, second + 1)
                yield StreamInstance(at(second), sum(known.get(at(each), 0) for each in window))


class RunningTotal(Tool):
    """Adds each value of its source to its own last result: needs all that came before."""

    def _execute(self, sources, alignment_stream, interval):
        total = 0
        before = sources[0].window((at(-1000), interval.end), force_calculation=True)
        for timestamp, value in before:
            total += value
            if timestamp in interval:
                yield StreamInstance(timestamp, total)


class Split(MultiOutputTool):
    """Sends each value of its source to the sink of its remainder."""

    def _execute(self, source, splitting_stream, interval, meta_data_id, output_plate_values):
        for instance in source.window(interval, force_calculation=True):
            remainder = str(instance.value % len(output_plate_values))
            yield StreamMetaInstance(instance, (meta_data_id, remainder))


class Pick(SelectorTool):
    """Copies from each source what goes to a sink of the same meta data."""

    def __init__(self, selector_meta_data=None):
        super().__init__(selector_meta_data=selector_meta_data)
        self.asked = []

    def _execute(self, sources, interval):
        self.asked.append((interval.start, interval.end))
        for source in sources:
            for instance in source.window(interval, force_calculation=True):
                yield StreamMetaInstance(instance, source.stream_id.meta_data)


class Gated(Seconds):
    """Waits after its first instance until it is told to go on, if it has a gate."""

    def __init__(self):
        super().__init__()
        self.started, self.gate = threading.Event(), None

    def _execute(self, sources, alignment_stream, interval):
        for instance in super()._execute(sources, alignment_stream, interval):
            yield instance
            self.started.set()
            assert self.gate is None or self.gate.wait(60)


def calculated(stream):
    """What the ledger says is calculated, as (start, end] in seconds."""
    found = stream.channel.ledger.calculated([stream.address])[0]
    return [
        ((each.start - START).total_seconds(), (each.end - START).total_seconds()) for each in found
    ]


def mark(stream, *intervals):
    """Mark intervals as calculated."""
    stream.channel.ledger.mark(stream.address, TimeIntervals(intervals))


def held(stream):
    """Whether anybody has claimed anything of a stream."""
    return bool(stream.channel.ledger._entries[stream.address.key].claims)


def pair(channel, name):
    """Two streams of a name."""
    return [channel.create_stream(StreamId(name, {"part": each})) for each in "ab"]


def batch(items):
    """A batch of values by seconds."""
    stamps = [int((at(second) - at(0)).total_seconds() * 1000) + _START_MS for second in items]
    return Batch.of(stamps, list(items.values()))


_START_MS = int(START.timestamp() * 1000)
