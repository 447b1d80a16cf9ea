"""Any sequence of operations leaves a stream as a dictionary would be."""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from hyperstream.stream import StreamInstance
from hyperstream.testing.conformance.base import Conformance, stored
from hyperstream.testing.times import at, over
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import DuplicateInstanceError

if TYPE_CHECKING:
    from hyperstream.channels import BaseChannel

_LAST = 20
_seconds = st.integers(0, _LAST)
_values = st.one_of(
    st.integers(0, 2),
    st.floats(0, 1),
    st.sampled_from(["a", None, True]),
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 1), min_size=1),
)
_spans = st.integers(0, _LAST - 1).flatmap(
    lambda start: st.tuples(st.just(start), st.integers(start + 1, _LAST))
)
_names = map("stateful {}".format, itertools.count())


class ChannelMachine(RuleBasedStateMachine):
    """Does the same to a stream and to a dictionary {second: value}, and compares.

    Parameters
    ----------
    channel : BaseChannel
        Where it makes a stream.
    """

    def __init__(self, channel: BaseChannel) -> None:
        super().__init__()
        self.channel = channel
        self.stream = channel.create_stream(next(_names))
        self.values: dict[float, Any] = {}
        self.marks: set[int] = set()  # each stands for the second that ends there

    @rule(items=st.lists(st.tuples(_seconds, _values), max_size=5))
    def write(self, items: list[tuple[int, Any]]) -> None:
        """Write a list, which is stored as a whole or, where it contradicts, not at all."""
        instances = [StreamInstance(at(second), value) for second, value in items]
        try:
            expected = _written(self.values, items)
        except KeyError:
            with pytest.raises(DuplicateInstanceError):
                self.stream.writer(instances)
        else:
            self.stream.writer(instances)
            self.values = expected

    @rule(data=st.data())
    def overwrite(self, data: st.DataObject) -> None:
        """Write again what is there."""
        if self.values:
            second = data.draw(st.sampled_from(sorted(self.values)))
            self.stream.writer(StreamInstance(at(second), self.values[second]))

    @rule(span=_spans)
    def purge(self, span: tuple[int, int]) -> None:
        """Remove what lies in an interval, with its marks."""
        self.stream.purge(over(*span))
        start, end = span
        self.values = {each: v for each, v in self.values.items() if not start < each <= end}
        self.marks -= set(range(start + 1, end + 1))

    @rule()
    def purge_all(self) -> None:
        """Remove everything."""
        self.stream.purge()
        self.values, self.marks = {}, set()

    @rule(span=_spans)
    def mark(self, span: tuple[int, int]) -> None:
        """Mark an interval as calculated."""
        self.channel.ledger.mark(self.stream.address, TimeIntervals(over(*span)))
        self.marks |= set(range(span[0] + 1, span[1] + 1))

    @rule(span=_spans)
    def invalidate(self, span: tuple[int, int]) -> None:
        """Forget that an interval is calculated."""
        self.stream.invalidate(over(*span))
        self.marks -= set(range(span[0] + 1, span[1] + 1))

    @rule(span=_spans, n=st.integers(0, 5), size=st.integers(1, 5))
    def query(self, span: tuple[int, int], n: int, size: int) -> None:
        """Read a window in all ways."""
        start, end = span
        expected = [(s, self.values[s]) for s in sorted(self.values) if start < s <= end]
        view = self.stream.window(over(*span), force_calculation=True)
        instances = [StreamInstance(at(second), value) for second, value in expected]
        assert view.items() == instances
        assert view.head(n) == instances[:n]
        assert view.tail(n) == instances[max(len(instances) - n, 0) :]
        found = [value for batch in view.batches(size) for value in batch.value_list()]
        assert found == [value for _, value in expected]

    @rule()
    def open_again(self) -> None:
        """Get another reference to the stream."""
        self.stream = self.channel.get_or_create_stream(self.stream.stream_id)

    @invariant()
    def agrees(self) -> None:
        """The stream holds what the dictionary holds, and is calculated where that says so."""
        found = stored(self.stream)
        assert found == sorted(self.values.items(), key=lambda item: item[0])
        assert [type(value) for _, value in found] == [
            type(self.values[second]) for second, _ in found
        ]
        calculated = self.channel.ledger.calculated([self.stream.address])[0]
        assert calculated == TimeIntervals(over(each - 1, each) for each in self.marks)


class StatefulConformance(Conformance):
    """A stream is a dictionary in order of time.

    Attributes
    ----------
    sequences : int
        How many sequences of operations are tried.
    """

    sequences = 30

    def test_a_stream_is_like_a_dictionary(self, channel: BaseChannel) -> None:
        """After any sequence of writing, purging and marking it holds what a dictionary would."""
        run_state_machine_as_test(
            cast("type[ChannelMachine]", partial(ChannelMachine, channel)),
            settings=settings(max_examples=self.sequences, stateful_step_count=30, deadline=None),
        )


def _written(values: dict[float, Any], items: list[tuple[int, Any]]) -> dict[float, Any]:
    """Return values after more were written; KeyError where they contradict."""
    result = dict(values)
    for second, value in items:
        old = result.get(second, value)
        if isinstance(old, dict) and isinstance(value, dict):
            if any(old[key] != value[key] for key in old.keys() & value.keys()):
                raise KeyError(second)
            result[second] = {**old, **value}
        elif type(old) is not type(value) or old != value:
            raise KeyError(second)
        else:
            result[second] = old
    return result
