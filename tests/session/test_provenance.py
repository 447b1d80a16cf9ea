"""Where the data of a stream come from."""

from __future__ import annotations

import uuid
import warnings

import pytest

from hyperstream._time import use_clock
from hyperstream.channels import AssetsChannel
from hyperstream.execution import ExecutionContext
from hyperstream.session import Provenance, Session, provenance
from hyperstream.storage.sessions import StoredSession
from hyperstream.stream import StreamInstance
from hyperstream.testing import FixedClock
from hyperstream.testing.conformance.base import write
from hyperstream.testing.conformance.execution import Doubled, Seconds
from hyperstream.testing.times import START, at, over
from hyperstream.time_interval import TimeIntervals
from tests.session.parts import SINK, execute, record


def pieces(found):
    """Return the pieces as (start, end) in seconds, with their sessions."""
    return [
        (
            (each.interval.start - START).total_seconds(),
            (each.interval.end - START).total_seconds(),
            each.session_id,
        )
        for each in found
    ]


@pytest.fixture
def mark(sink):
    """Give a function that marks seconds of the sink as calculated, without an execution."""

    def do(*pair):
        sink.channel.ledger.mark(sink.address, TimeIntervals([over(*pair)]))

    return do


def test_a_piece_names_what_produced_it(sessions, channels, sink):
    """Tool, version, parameters, sources and session of the execution."""
    session = sessions.new()
    source = channels.memory.create_stream("source")
    write(source, {n: n for n in range(1, 11)})
    execute(session, Doubled(), sink, over(0, 10), [source])
    [found] = provenance(sink, over(0, 10), sessions.all())
    assert (found.tool, found.version, found.parameters) == ("doubled", "0.0.0", {})
    assert found.sources == (source.address,)
    assert found.session_id == session.session_id
    assert (found.interval, found.execution.document_count) == (over(0, 10), 10)
    assert str(found) == (
        f"{over(0, 10).humanized}: doubled 0.0.0() from memory:source, computed "
        f"{found.execution.moment.isoformat(timespec='milliseconds')[:-6]}Z "
        f"in session {session.session_id}"
    )


def test_only_what_is_asked_for_is_told(sessions, sink):
    """Pieces are cut at the ends of the interval, and nothing is said of what is not calculated."""
    session = sessions.new()
    execute(session, Seconds(), sink, over(0, 10))
    execute(session, Seconds(), sink, over(20, 30))
    found = provenance(sink, over(5, 25), sessions.all())
    assert pieces(found) == [(5, 10, session.session_id), (20, 25, session.session_id)]
    assert provenance(sink, over(10, 20), sessions.all()) == []


def test_the_last_execution_counts(sessions, sink):
    """What was void and computed again comes from who did that; the rest from who was first."""
    first = sessions.new()
    execute(first, Seconds(), sink, over(0, 30))
    second = sessions.new()
    sink.invalidate(over(10, 20))
    assert pieces(provenance(sink, over(0, 30), sessions.all())) == [
        (0, 10, first.session_id),
        (20, 30, first.session_id),
    ]
    execute(second, Seconds(), sink, over(0, 30))
    assert pieces(provenance(sink, over(0, 30), sessions.all())) == [
        (0, 10, first.session_id),
        (10, 20, second.session_id),
        (20, 30, first.session_id),
    ]


def test_the_order_is_that_of_the_executions(sessions, sink, mark):
    """Of two sessions at one time the later execution counts, whichever began first."""
    clock = FixedClock()
    mark(0, 30)
    with use_clock(clock):
        long = sessions.new()
        sessions._current = None  # as in another process
        clock.advance(10)
        short = sessions.new()
        short.recorder.record(record(interval=over(0, 20)))
        clock.advance(10)
        long.recorder.record(record(interval=over(0, 10)))
        long.recorder.flush()
        clock.advance(10)
        short.recorder.record(record(interval=over(20, 30)))
        sessions.close()
        clock.advance(10)
        long.close()
    assert pieces(provenance(sink, over(0, 30), sessions.all())) == [
        (0, 10, long.session_id),
        (10, 20, short.session_id),
        (20, 30, short.session_id),
    ]


@pytest.mark.parametrize("flush", [True, False], ids=["many chunks", "one chunk"])
def test_a_clock_that_stands_still_is_no_obstacle(sessions, sink, mark, flush):
    """At one moment, what was recorded later counts."""
    mark(0, 10)
    with use_clock(at(60)):
        session = sessions.new()
        for n in range(100):
            session.recorder.record(record(document_count=n, interval=over(0, 10)))
            if flush and n % 10 == 0:
                session.recorder.flush()
        [found] = provenance(sink, over(0, 10), sessions.all())
    assert found.execution.document_count == 99


def test_no_more_is_read_than_is_needed(sessions, sink, mark, monkeypatch):
    """Where the last session produced everything, those long before it are not opened."""
    clock = FixedClock()
    mark(0, 10)
    opened = []
    find_stream = Session.find_stream

    def counted(session):
        opened.append(session)
        return find_stream(session)

    monkeypatch.setattr(Session, "find_stream", counted)
    with use_clock(clock):
        for n in range(5):
            sessions.close()
            clock.advance(10)
            sessions.new().recorder.record(record(interval=over(0, 10), document_count=n))
        [found] = provenance(sink, over(0, 10), sessions.all())
        assert found.execution.document_count == 4
        # The one before shows that it has nothing later.
        assert opened[0] is sessions.current
        assert len(opened) == 2
        mark(10, 11)
        assert len(provenance(sink, over(0, 11), sessions.all())) == 2
    assert len(opened) == 2 + 5


def test_only_completed_executions_count(sessions, sink, mark):
    """A failure, or what somebody else took over, left nothing that is in force."""
    session = sessions.new()
    mark(0, 10)
    session.recorder.record(record(interval=over(0, 5), document_count=1))
    session.recorder.record(record(interval=over(0, 5), outcome="failed: ValueError()"))
    session.recorder.record(record(interval=over(0, 10), outcome="superseded"))
    session.recorder.note(interval=over(0, 10))
    found = provenance(sink, over(0, 10), sessions.all())
    assert pieces(found) == [(0, 5, session.session_id), (5, 10, None)]


def test_other_streams_do_not_count(sessions, sink, mark):
    """Not even those that are computed from this one."""
    session = sessions.new()
    mark(0, 10)
    session.recorder.record(record(interval=over(0, 10), sources=(SINK,), sinks=()))
    assert pieces(provenance(sink, over(0, 10), sessions.all())) == [(0, 10, None)]


def test_without_history_the_definition_tells(sessions, channels, sink):
    """Nobody recorded it, but the stream knows its tool."""
    source = channels.memory.create_stream("source")
    with ExecutionContext().active():
        Doubled().execute(sources=[source], sink=sink, interval=over(0, 10))
    [found] = provenance(sink, over(0, 10), sessions.all())
    assert (found.tool, found.version, found.parameters) == ("doubled", "0.0.0", {})
    assert (found.sources, found.session_id) == ((source.address,), None)
    assert str(found) == (
        f"{over(0, 10).humanized}: in no history; according to the stream's definition "
        "doubled 0.0.0() from memory:source"
    )


def test_after_the_history_was_cleared_the_definition_tells(sessions, sink):
    """The session is not known any more."""
    execute(sessions.new(), Seconds(), sink, over(0, 10))
    sessions.new()
    sessions.clear(clear_history=True)
    [found] = provenance(sink, over(0, 10), sessions.all())
    assert (found.execution, found.tool) == (None, "seconds")


def test_of_data_written_by_hand_nothing_is_known(sessions, sink, mark):
    """There is neither a record nor a tool."""
    mark(0, 10)
    [found] = provenance(sink, over(0, 10), sessions.all())
    assert found == Provenance(over(0, 10))
    assert (found.tool, found.version, found.parameters, found.sources) == (None, None, {}, ())
    assert str(found).endswith(": in no history, and it is not known how it came")


def test_assets_have_no_producer(mongo_sessions, channels):
    """They come from users."""
    storage = channels.mongo.storage
    channels.add_channel(AssetsChannel("assets", storage))
    stream = channels.assets.get_or_create_stream("plans")
    channels.assets.write_to_stream(stream.stream_id, StreamInstance(at(5), "a plan"))
    [found] = provenance(stream, over(0, 10), mongo_sessions.all())
    assert found.tool is None


def test_nothing_calculated_has_no_provenance(sessions, sink):
    """There is nothing to tell of, and no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert provenance(sink, over(0, 10), sessions.all()) == []


def test_an_interval_may_have_any_form(sessions, sink):
    """As for a window, such as a pair; or several parts."""
    session = sessions.new()
    execute(session, Seconds(), sink, over(0, 10))
    assert pieces(provenance(sink, (at(0), at(10)), sessions.all())) == [
        (0, 10, session.session_id)
    ]
    parts = TimeIntervals([over(0, 2), over(5, 6), over(20, 30)])
    assert pieces(provenance(sink, parts, sessions.all())) == [
        (0, 2, session.session_id),
        (5, 6, session.session_id),
    ]


def test_without_an_interval_all_that_is_calculated_is_told(sessions, sink):
    """Not only the last part of it; of what is not calculated there is nothing to tell."""
    session = sessions.new()
    assert provenance(sink, None, sessions.all()) == []
    execute(session, Seconds(), sink, over(0, 10))
    execute(session, Seconds(), sink, over(20, 30))
    assert pieces(provenance(sink, None, sessions.all())) == [
        (0, 10, session.session_id),
        (20, 30, session.session_id),
    ]


@pytest.mark.parametrize("wrong", ["sink", None, 5])
def test_only_streams_have_a_provenance(sessions, wrong):
    """The name of a stream is none; the error says so."""
    with pytest.raises(TypeError, match="is asked of a Stream, not of"):
        provenance(wrong, None, sessions.all())


def test_what_this_process_has_not_written_yet_counts(sessions, sink):
    """The histories are brought up to date first."""
    session = sessions.new()
    execute(session, Seconds(), sink, over(0, 10))
    assert session.recorder._waiting
    assert pieces(provenance(sink, over(0, 10), [session])) == [(0, 10, session.session_id)]


def test_a_history_out_of_reach_is_told_of(sessions, sink, mark, caplog):
    """The piece is in no history, as far as can be seen."""
    mark(0, 10)
    gone = StoredSession(session_id=uuid.uuid4(), start=START, history_channel="gone")
    sessions._store.add(gone)
    assert pieces(provenance(sink, over(0, 10), sessions.all())) == [(0, 10, None)]
    assert str(gone.session_id) in caplog.text
