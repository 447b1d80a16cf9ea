"""What reading from a channel gives."""

from __future__ import annotations

import warnings
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from hyperstream._time import EPOCH, MAX_DATE, MIN_DATE, use_clock
from hyperstream.stream import Stream, StreamInstance
from hyperstream.testing.conformance.base import Conformance, view, write
from hyperstream.testing.times import at, over
from hyperstream.time_interval import RelativeTimeInterval, TimeInterval

if TYPE_CHECKING:
    from hyperstream.channels import BaseChannel

LETTERS = {2: "a", 4: "b", 6: "c", 8: "d", 10: "e"}


class ReadingConformance(Conformance):
    """A window is open at its start, closed at its end, in order of time, and read at will."""

    @pytest.fixture
    def letters(self, stream: Stream) -> Stream:
        """A stream with five letters at the seconds 2, 4, 6, 8 and 10."""
        write(stream, LETTERS)
        return stream

    @pytest.fixture
    def readings(self, stream: Stream) -> Stream:
        """A stream of dicts."""
        values = [{"t": 20, "unit": "C"}, {"t": 21}, {"h": 40, "unit": "%"}, {"t": None}]
        write(stream, dict(enumerate(values, start=1)))
        return stream

    @pytest.mark.parametrize(
        ("start", "end", "expected"),
        [
            (0, 20, "abcde"),
            (2, 8, "bcd"),
            (1.999, 8, "abcd"),
            (2, 7.999, "bc"),
            (4, 6, "c"),
            (4, 5.999, ""),
            (10, 20, ""),
            (0, 2, "a"),
            (-10, 1.999, ""),
        ],
    )
    def test_a_window_is_open_at_the_start_and_closed_at_the_end(
        self, letters: Stream, start: float, end: float, expected: str
    ) -> None:
        """A window (start, end] holds what lies after start and not after end."""
        found = view(letters, start, end)
        assert "".join(found.values()) == expected
        assert "".join(each.value for each in found.head(9)) == expected
        assert "".join(each.value for each in found.tail(9)) == expected

    def test_instances_are_stream_instances(self, letters: Stream) -> None:
        """A view gives StreamInstances."""
        first = view(letters, 0, 20).items()[0]
        assert isinstance(first, StreamInstance)
        assert first == StreamInstance(at(2), "a")

    def test_a_view_is_read_again(self, letters: Stream) -> None:
        """A view can be read again and again, also twice at once."""
        found = view(letters, 2, 8)
        assert found.items() == found.items() == list(found)
        assert [(x.value, y.value) for x, y in zip(found, found, strict=True)] == [
            ("b", "b"),
            ("c", "c"),
            ("d", "d"),
        ]

    def test_a_view_is_lazy(self, letters: Stream) -> None:
        """A view sees what is written after it was made."""
        found = view(letters, 2, 8)
        write(letters, {3: "new"})
        assert found.values() == ["new", "b", "c", "d"]

    def test_the_forms_agree(self, letters: Stream) -> None:
        """All ways to read a view give the same."""
        found = view(letters, 2, 8)
        items = [StreamInstance(at(second), LETTERS[second]) for second in (4, 6, 8)]
        assert found.items() == list(found.iteritems()) == items
        assert found.values() == list(found.itervalues()) == [each.value for each in items]
        assert found.timestamps() == list(found.itertimestamps())
        assert found.timestamps() == [each.timestamp for each in items]
        assert found.dict_items(flat=False) == [each.as_dict(flat=False) for each in items]

    @pytest.mark.parametrize("size", [1, 2, 3, 100])
    def test_batches_are_the_items(self, letters: Stream, size: int) -> None:
        """Batches hold the items, in order, at most as many each as asked for."""
        found = view(letters, 2, 20)
        batches = list(found.batches(size))
        assert all(0 < len(batch) <= size for batch in batches)
        assert all(batch.is_ascending() for batch in batches)
        assert [value for batch in batches for value in batch.value_list()] == found.values()

    def test_first_and_last(self, letters: Stream) -> None:
        """`first` and `last` are the first and last instance of the window."""
        found = view(letters, 2, 9)
        assert found.first() == StreamInstance(at(4), "b")
        assert found.last() == StreamInstance(at(8), "d")

    def test_the_default_stands_for_nothing(self, letters: Stream) -> None:
        """In an empty window `first` and `last` are the default, None if none is given."""
        found = view(letters, 20, 30)
        assert found.first() is None
        assert found.last() is None
        assert found.first("none") == found.last("none") == "none"

    @pytest.mark.parametrize("n", [0, 1, 2, 3, 10])
    def test_head_and_tail(self, letters: Stream, n: int) -> None:
        """`head` and `tail` are the first and last n instances, both in order of time."""
        found = view(letters, 2, 8)
        assert found.head(n) == found.items()[:n]
        assert found.tail(n) == found.items()[max(3 - n, 0) :]

    def test_dict_items(self, readings: Stream) -> None:
        """`dict_items` are the values with their timestamp."""
        found = view(readings, 1, 3)
        assert found.dict_items() == [
            {"t": 21, "timestamp": at(2)},
            {"h": 40, "unit": "%", "timestamp": at(3)},
        ]
        assert list(found.dict_iteritems()) == found.dict_items()

    def test_component(self, readings: Stream) -> None:
        """`component` gives one key of the dicts that have it."""
        assert list(view(readings, 0, 9).component("t")) == [
            StreamInstance(at(1), 20),
            StreamInstance(at(2), 21),
            StreamInstance(at(4), None),
        ]

    def test_component_filter(self, readings: Stream) -> None:
        """`component_filter` gives the dicts in which a key has one of some values."""
        found = view(readings, 0, 9).component_filter("unit", ["C", "F"])
        assert list(found) == [StreamInstance(at(1), {"t": 20, "unit": "C"})]

    def test_delete_nones(self, stream: Stream) -> None:
        """`delete_nones` leaves out None, and nothing else that is empty."""
        write(stream, {1: None, 2: 0, 3: "", 4: None})
        assert [each.value for each in view(stream, 0, 9).delete_nones()] == [0, ""]

    def test_all_time_can_be_read(self, letters: Stream) -> None:
        """A window may reach from the first year to the last."""
        everything = TimeInterval(MIN_DATE, MAX_DATE)
        found = letters.window(everything, force_calculation=True)
        assert found.values() == list("abcde")
        assert found.first().value == "a"
        assert found.last().value == "e"

    def test_the_oldest_moments_can_be_held(self, stream: Stream) -> None:
        """A stream may hold an instance of the year 1, and one before 1970."""
        ancient = [
            MIN_DATE + timedelta(milliseconds=1),
            EPOCH - timedelta(milliseconds=1),
        ]
        stream.writer([StreamInstance(moment, place) for place, moment in enumerate(ancient)])
        found = stream.window((MIN_DATE, MAX_DATE), force_calculation=True)
        assert found.items() == [
            StreamInstance(*each) for each in zip(ancient, (0, 1), strict=True)
        ]

    @pytest.mark.parametrize(
        "interval",
        [
            (at(2), at(8)),
            [at(2), at(8)],
            ("2020-01-01T00:00:02", "2020-01-01T00:00:08Z"),
            (-8, -2),
            (timedelta(seconds=-8), timedelta(seconds=-2)),
            RelativeTimeInterval(-8, -2),
        ],
        ids=repr,
    )
    def test_a_window_is_given_in_many_forms(self, letters: Stream, interval: Any) -> None:
        """A window may be a pair of datetimes or texts, or relative to now."""
        with use_clock(at(10)):
            found = letters.window(interval, force_calculation=True)
            assert found.time_interval == over(2, 8)
            assert found.values() == ["b", "c", "d"]

    @pytest.mark.parametrize(
        "interval", [5, (1,), ("2020", "never"), (at(2), at(1)), (at(1), at(1)), (-5, at(2)), "abc"]
    )
    def test_a_bad_window_is_an_error(self, stream: Stream, interval: Any) -> None:
        """What is no interval is refused when the window is asked for."""
        with pytest.raises((ValueError, TypeError)):
            stream.window(interval)

    def test_a_forced_view_is_silent(self, letters: Stream) -> None:
        """A stream that nothing computes gives what is there, without a word, if forced."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert view(letters, 0, 20).values() == list("abcde")

    def test_streams_are_apart(self, channel: BaseChannel, letters: Stream) -> None:
        """A window holds nothing of other streams."""
        other = channel.get_or_create_stream(letters.stream_id.name)
        write(other, {3: "other"})
        assert view(other, 0, 20).values() == ["other"]
        assert view(letters, 0, 20).values() == list("abcde")
