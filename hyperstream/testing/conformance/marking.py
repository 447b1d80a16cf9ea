"""What a stream knows of what is calculated."""

from __future__ import annotations

import pytest

from hyperstream._time import use_clock
from hyperstream.channels import BaseChannel
from hyperstream.stream import Stream
from hyperstream.testing.conformance.base import READINGS, Conformance, stored, view, write
from hyperstream.testing.times import at, over
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import NotCalculatedWarning


class MarkingConformance(Conformance):
    """What is calculated is remembered, never lies in the future, and is forgotten on request."""

    def test_nothing_is_calculated_at_first(self, stream: Stream) -> None:
        """Of a new stream nothing is calculated, also after writing by hand."""
        write(stream, {1: "a"})
        assert stream.calculated_intervals == TimeIntervals()

    def test_setting_replaces(self, channel: BaseChannel, stream: Stream) -> None:
        """Setting the calculated intervals replaces them, for all references to the stream."""
        stream.calculated_intervals = TimeIntervals([over(0, 10), over(20, 30)])
        again = channel.get_or_create_stream(READINGS, sandbox=stream.sandbox)
        assert again.calculated_intervals == TimeIntervals([over(0, 10), over(20, 30)])
        stream.calculated_intervals = TimeIntervals([over(5, 6)])
        assert again.calculated_intervals == TimeIntervals([over(5, 6)])
        stream.calculated_intervals = None
        assert again.calculated_intervals.is_empty

    def test_they_are_added_to(self, stream: Stream) -> None:
        """Intervals can be added to the calculated ones; touching ones are merged."""
        stream.calculated_intervals = TimeIntervals([over(0, 10)])
        stream.calculated_intervals += over(10, 20)
        assert list(stream.calculated_intervals) == [over(0, 20)]
        stream.calculated_intervals -= over(5, 10)
        assert list(stream.calculated_intervals) == [over(0, 5), over(10, 20)]

    def test_what_was_asked_for_is_a_copy(self, stream: Stream) -> None:
        """Changing the intervals that a stream returned does not change the stream's."""
        stream.calculated_intervals = TimeIntervals([over(0, 10)])
        stream.calculated_intervals.parse([over(20, 30)])
        assert list(stream.calculated_intervals) == [over(0, 10)]

    def test_the_future_is_not_calculated(self, stream: Stream) -> None:
        """Setting calculated intervals that end after now is an error and changes nothing."""
        with use_clock(at(10)):
            stream.calculated_intervals = TimeIntervals([over(0, 10)])
            with pytest.raises(ValueError, match="future"):
                stream.calculated_intervals = TimeIntervals([over(0, 5), over(8, 10.001)])
        assert list(stream.calculated_intervals) == [over(0, 10)]

    def test_streams_are_marked_apart(self, channel: BaseChannel, stream: Stream) -> None:
        """Marks on one stream are not those of another, or of the same id in a sandbox."""
        stream.calculated_intervals = TimeIntervals([over(0, 10)])
        assert channel.get_or_create_stream("other").calculated_intervals.is_empty
        assert channel.create_stream(READINGS, sandbox="two").calculated_intervals.is_empty

    def test_no_window_means_the_last_calculated_one(self, stream: Stream) -> None:
        """A window without interval is the last calculated interval."""
        write(stream, {5: "a", 25: "b", 30: "c", 35: "d"})
        stream.calculated_intervals = TimeIntervals([over(0, 10), over(20, 30)])
        assert stream.window().time_interval == over(20, 30)
        assert stream.window(None).values() == ["b", "c"]

    def test_no_window_of_nothing_is_an_error(self, stream: Stream) -> None:
        """A window without interval, where nothing is calculated, is an error naming the stream."""
        with pytest.raises(ValueError, match=r"readings.*calculated"):
            stream.window()

    def test_what_is_not_calculated_is_warned_of_once(self, stream: Stream) -> None:
        """A view on what is not all calculated warns once, and yields what is there."""
        write(stream, {5: "a", 15: "b"})
        stream.calculated_intervals = TimeIntervals([over(0, 10)])
        found = stream.window(over(0, 20))
        with pytest.warns(NotCalculatedWarning, match="readings") as caught:
            seen = [found.values(), found.values(), [found.first().value]]
        assert seen == [["a", "b"], ["a", "b"], ["a"]]
        assert len(caught) == 1

    def test_what_is_calculated_is_not_warned_of(self, stream: Stream) -> None:
        """A view on what is calculated does not warn."""
        write(stream, {5: "a"})
        stream.calculated_intervals = TimeIntervals([over(0, 10)])
        assert stream.window(over(2, 10)).values() == ["a"]

    def test_invalidating_forgets_and_keeps_the_data(self, stream: Stream) -> None:
        """Of a stream that nothing computes, `invalidate` takes the marks and leaves the data."""
        write(stream, {5: "a"})
        stream.calculated_intervals = TimeIntervals([over(0, 10)])
        stream.invalidate(over(4, 6))
        assert list(stream.calculated_intervals) == [over(0, 4), over(6, 10)]
        stream.invalidate(TimeIntervals([over(0, 1), over(9, 20)]))
        stream.invalidate(("2020-01-01T00:00:02", "2020-01-01T00:00:03"))
        assert list(stream.calculated_intervals) == [over(1, 2), over(3, 4), over(6, 9)]
        assert stored(stream) == [(5, "a")]

    def test_purging_takes_the_marks(self, channel: BaseChannel, stream: Stream) -> None:
        """A purged stream is not calculated, and one made anew under its id neither."""
        stream.calculated_intervals = TimeIntervals([over(0, 10)])
        stream.purge()
        assert stream.calculated_intervals.is_empty
        stream.calculated_intervals = TimeIntervals([over(0, 10)])
        channel.purge_stream(READINGS, remove_definition=True, sandbox=stream.sandbox)
        again = channel.create_stream(READINGS, sandbox=stream.sandbox)
        assert again.calculated_intervals.is_empty

    def test_the_marks_of_a_purged_interval_go_too(self, stream: Stream) -> None:
        """A purged interval is not calculated any more; the rest is."""
        stream.calculated_intervals = TimeIntervals([over(0, 10)])
        stream.purge(over(4, 6))
        assert list(stream.calculated_intervals) == [over(0, 4), over(6, 10)]


class DeletingConformance(Conformance):
    """What a channel does that can remove single instances."""

    def test_an_interval_is_purged(self, stream: Stream) -> None:
        """`purge(interval)` removes what lies in (start, end], and nothing else."""
        write(stream, {1: "a", 2: "b", 3: "c", 4: "d"})
        stream.purge(over(1, 3))
        assert stored(stream) == [(1, "a"), (4, "d")]
        stream.purge((at(3), at(4)))
        assert stored(stream) == [(1, "a")]
        write(stream, {3: "new"})
        assert view(stream, 0, 9).values() == ["a", "new"]

    def test_purging_nothing_is_nothing(self, stream: Stream) -> None:
        """Purging an interval that is empty does nothing."""
        write(stream, {1: "a"})
        stream.purge(over(1, 3))
        assert stored(stream) == [(1, "a")]

    def test_single_instances_are_deleted(self, channel: BaseChannel, stream: Stream) -> None:
        """`delete_at` removes the instances at given times; others are no error."""
        write(stream, {1: "a", 2: "b", 3: "c"})
        first, *_, last = (batch.timestamps for batch in channel.batches(stream, over(0, 9), 1))
        channel.delete_at(stream, first)
        channel.delete_at(stream, first)
        channel.delete_at(stream, last)
        assert stored(stream) == [(2, "b")]
