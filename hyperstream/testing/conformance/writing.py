"""What writing to a channel does."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hyperstream._time import UTC
from hyperstream.storage.values import same_value
from hyperstream.stream import Stream, StreamInstance
from hyperstream.testing.conformance.base import Conformance, stored, view, write
from hyperstream.testing.times import at, over
from hyperstream.utils.errors import DuplicateInstanceError

if TYPE_CHECKING:
    from collections.abc import Sequence

VALUES: Sequence[Any] = [
    0,
    -1,
    2**63 - 1,
    -(2**63),
    2**64,
    10**40,
    0.5,
    -0.0,
    math.nan,
    math.inf,
    True,
    False,
    None,
    "",
    "22 °C",
    b"\x00\xff",
    [],
    [1, 2.0, None, [True]],
    {},
    {"a": {"b": [1, "x"]}},
    {"a.b": 1, "$c": 2, "": 3},
    {1: "one", (2, 3): "pair"},
    (1, (2.0,)),
    {1, 2},
    datetime(2019, 5, 6, 7, 8, 9, 123_000, tzinfo=UTC),
    timedelta(milliseconds=1500),
    over(0, 1),
    np.float32(1.5),
    np.int16(-3),
    np.array([[1.0, math.nan], [2.0, 3.0]]),
    np.array(["a", None], dtype=object),
]
COLUMNS: Sequence[Sequence[Any]] = [
    [1.5, -0.0, math.nan],
    [1, -(2**63), 2**63 - 1],
    [1, 2**64, 3],
    [True, False, True],
    [1, 1.0, True],
    ["a", None, {"b": 1}],
    [over(0, 1), over(1, 3), over(-5, 60)],
    [over(0, 1), 1.5, over(0, 1)],
]
CONTRADICTIONS = [
    (1, 2),
    (1, 1.0),
    (1, True),
    (0, None),
    ("1", 1),
    ([1], (1,)),
    ([1], [1.0]),
    ({"a": 1, "b": 2}, {"a": 2}),
    ({"a": {"b": 1}}, {"a": {"c": 1}}),
    ({"a": 1}, [("a", 1)]),
]


def assert_same(found: Sequence[Any], written: Sequence[Any]) -> None:
    """Fail unless both hold the same values, of the same types, with the same signs."""
    assert list(map(type, found)) == list(map(type, written))
    assert all(map(same_value, found, written)), f"{found} is not {written}"
    assert repr(list(found)) == repr(list(written))


class WritingConformance(Conformance):
    """One timestamp holds one value, and what was written comes back."""

    def test_an_instance_is_stored(self, stream: Stream) -> None:
        """A single instance is stored."""
        stream.writer(StreamInstance(at(1), "one"))
        assert stored(stream) == [(1, "one")]

    def test_a_list_is_stored(self, stream: Stream) -> None:
        """A list of instances is stored."""
        stream.writer([StreamInstance(at(1), "one"), StreamInstance(at(2), "two")])
        assert stored(stream) == [(1, "one"), (2, "two")]

    def test_an_empty_list_is_nothing(self, stream: Stream) -> None:
        """Writing an empty list does nothing."""
        stream.writer([])
        assert stored(stream) == []

    def test_a_writer_may_be_kept(self, stream: Stream) -> None:
        """One writer writes again and again."""
        writer = stream.writer
        for second in range(3):
            writer(StreamInstance(at(second), second))
        assert stored(stream) == [(0, 0), (1, 1), (2, 2)]

    def test_any_order_will_do(self, stream: Stream) -> None:
        """What is written in any order is read in that of time."""
        write(stream, {5: "e", 1: "a", 9: "i"})
        write(stream, {7: "g", 0: "0"})
        write(stream, {10: "j"})
        assert stored(stream) == [(0, "0"), (1, "a"), (5, "e"), (7, "g"), (9, "i"), (10, "j")]

    @pytest.mark.parametrize("value", VALUES, ids=repr)
    def test_a_value_comes_back(self, stream: Stream, value: Any) -> None:
        """A value comes back as it was written, with its type."""
        stream.writer(StreamInstance(at(1), value))
        assert_same(view(stream, 0, 2).values(), [value])

    @pytest.mark.parametrize("values", COLUMNS, ids=repr)
    def test_values_written_together_keep_their_types(
        self, stream: Stream, values: Sequence[Any]
    ) -> None:
        """Values written in one call come back each with its own type."""
        write(stream, dict(enumerate(values)))
        assert_same([value for _, value in stored(stream)], values)

    @pytest.mark.parametrize("values", COLUMNS, ids=repr)
    def test_values_written_one_by_one_keep_their_types(
        self, stream: Stream, values: Sequence[Any]
    ) -> None:
        """Values written in many calls come back each with its own type."""
        for second in (1, 0, 2):
            stream.writer(StreamInstance(at(second), values[second]))
        assert_same([value for _, value in stored(stream)], values)

    @pytest.mark.parametrize("value", VALUES, ids=repr)
    def test_the_same_again_is_nothing(self, stream: Stream, value: Any) -> None:
        """Writing a value a second time changes nothing."""
        write(stream, {1: value, 2: "next"})
        write(stream, {1: value})
        assert_same(view(stream, 0, 1).values(), [value])
        assert len(stored(stream)) == 2

    def test_the_same_twice_in_a_list_is_once(self, stream: Stream) -> None:
        """One value twice in a list is stored once."""
        stream.writer([StreamInstance(at(1), math.nan), StreamInstance(at(1), math.nan)])
        assert len(stored(stream)) == 1

    def test_dicts_that_agree_are_merged(self, stream: Stream) -> None:
        """Two dicts at one time, whose common keys agree, make one."""
        write(stream, {1: {"a": 1, "b": math.nan}})
        write(stream, {1: {"b": math.nan, "c": [3]}})
        assert_same(view(stream, 0, 1).values(), [{"a": 1, "b": math.nan, "c": [3]}])

    def test_dicts_in_a_list_are_merged(self, stream: Stream) -> None:
        """Two dicts at one time in one list make one, together with what was there."""
        write(stream, {1: {"a": 1}})
        stream.writer([StreamInstance(at(1), {"b": 2}), StreamInstance(at(1), {"c": 3})])
        assert stored(stream) == [(1, {"a": 1, "b": 2, "c": 3})]

    @pytest.mark.parametrize(("old", "new"), CONTRADICTIONS, ids=repr)
    def test_a_contradiction_is_an_error(self, stream: Stream, old: Any, new: Any) -> None:
        """Another value at a time that has one is an error, and nothing of its list is stored."""
        write(stream, {1: old})
        with pytest.raises(DuplicateInstanceError) as caught:
            write(stream, {0: "before", 1: new, 2: "after"})
        assert repr(old) in str(caught.value)
        assert repr(new) in str(caught.value)
        assert isinstance(caught.value, KeyError)
        assert [seconds for seconds, _ in stored(stream)] == [1]
        assert_same(view(stream, 0, 1).values(), [old])

    def test_a_contradiction_in_a_list_is_an_error(self, stream: Stream) -> None:
        """Two values at one time in one list are an error, and nothing of it is stored."""
        instances = [StreamInstance(at(0), 0), StreamInstance(at(1), 1), StreamInstance(at(1), 2)]
        with pytest.raises(DuplicateInstanceError):
            stream.writer(instances)
        assert stored(stream) == []

    def test_microseconds_are_cut(self, stream: Stream) -> None:
        """Timestamps are whole milliseconds: what follows is cut off."""
        moment = at(1).replace(microsecond=999_999)
        stream.writer(StreamInstance(moment, 1))
        stream.writer(StreamInstance(moment.replace(microsecond=999_001), 1))
        assert stored(stream) == [(1.999, 1)]

    def test_naive_datetimes_are_utc(self, stream: Stream) -> None:
        """A timestamp without zone is taken as UTC; what is read is in UTC."""
        stream.writer(StreamInstance(at(1).replace(tzinfo=None), 1))
        assert view(stream, 0, 1).timestamps() == [at(1)]
        assert view(stream, 0, 1).timestamps()[0].tzinfo is UTC

    def test_zones_are_converted(self, stream: Stream) -> None:
        """A timestamp in another zone is converted to UTC."""
        zone = timezone(timedelta(hours=5))
        stream.writer(StreamInstance(at(1).astimezone(zone), 1))
        assert stored(stream) == [(1, 1)]

    def test_a_long_list_is_stored(self, stream: Stream) -> None:
        """A list of thousands of instances is stored, in any order."""
        values = {(7 * number) % 2003: number for number in range(2003)}
        write(stream, values)
        assert stored(stream) == sorted(values.items())
