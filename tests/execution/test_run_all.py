"""Many independent calls at once: what fails, what it costs, and what a crash leaves."""

from __future__ import annotations

import functools
import sys
from collections import Counter

import pytest

from hyperstream._time import use_clock
from hyperstream.channels import MemoryChannel
from hyperstream.execution import Computation, ExecutionContext, runner
from hyperstream.execution.computation import run_all
from hyperstream.execution.progress import Progress, working_on
from hyperstream.stream import StreamId
from hyperstream.testing import RecordingHistory
from hyperstream.testing.conformance.base import stored, write
from hyperstream.testing.times import at, over
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import FutureIntervalWarning
from tests.execution.parts import Seconds, calculated, held, seconds

pytestmark = pytest.mark.usefixtures("unhurried")

TEN = over(0, 10)


class CountingLedger:
    """Counts how often a ledger is asked."""

    def __init__(self, ledger):
        self._ledger = ledger
        self.calls = Counter()

    def __getattr__(self, name):
        found = getattr(self._ledger, name)
        if not callable(found):
            return found

        @functools.wraps(found)
        def counted(*args):
            self.calls[name] += 1
            return found(*args)

        return counted

    def taken(self):
        """Return the calls so far, and begin anew."""
        calls, self.calls = dict(self.calls), Counter()
        return calls


class Numbered(Seconds):
    """Counts seconds; each one is another tool."""

    def __init__(self, number):
        super().__init__()
        self.number = number
        self.stop = None

    def _execute(self, sources, alignment_stream, interval):
        yield from super()._execute(sources, alignment_stream, interval)
        if self.stop is not None:
            raise self.stop


def made(channel, count):
    """Return so many computations of their own streams; their tools, and their sinks."""
    tools = [Numbered(n) for n in range(count)]
    sinks = [channel.get_or_create_stream(StreamId("z", {"n": n})) for n in range(count)]
    computations = [Computation(t.bind([], s)) for t, s in zip(tools, sinks, strict=True)]
    return computations, tools, sinks


@pytest.fixture
def ledger(channel):
    """Give the ledger of the channel, which counts."""
    channel._ledger = CountingLedger(channel.ledger)
    return channel.ledger


def test_all_are_computed(channel):
    """Each stream is stored and marked, and each call is recorded."""
    computations, tools, sinks = made(channel, 30)
    history = RecordingHistory()
    with ExecutionContext(history=history).active():
        assert run_all(computations, TEN) == []
    assert [calculated(sink) for sink in sinks] == [[(0, 10)]] * 30
    assert [stored(sink) for sink in sinks] == [seconds(1, 10)] * 30
    assert [tool.asked for tool in tools] == [[TEN]] * 30
    assert [record.sinks for record in history.records] == [(sink.address,) for sink in sinks]
    assert {record.outcome for record in history.records} == {"completed"}
    assert not any(map(held, sinks))


def test_nothing_at_all_is_nothing(channel):
    """Neither is a call without sinks."""
    assert run_all([], TEN) == []
    call = Seconds().bind([], channel.create_stream("z"))
    call.sinks = ()
    assert run_all([Computation(call), Computation(call)], TEN) == []


def test_failures_are_kept_apart(channel):
    """They come in order; all other calls are computed, marked and given up."""
    computations, tools, sinks = made(channel, 30)
    for n in (3, 17, 29):
        tools[n].failing_at = n % 9 + 1
    history = RecordingHistory()
    with ExecutionContext(history=history).active():
        errors = run_all(computations, TEN)
    assert [error.tool for error in errors] == [tools[n] for n in (3, 17, 29)]
    assert [error.sink for error in errors] == [sinks[n] for n in (3, 17, 29)]
    assert [calculated(sink) for sink in sinks] == [
        [] if n in (3, 17, 29) else [(0, 10)] for n in range(30)
    ]
    assert [n for n, sink in enumerate(sinks) if stored(sink) == []] == [3, 17, 29]
    assert not any(map(held, sinks))
    outcomes = Counter(record.outcome.partition(":")[0] for record in history.records)
    assert outcomes == {"completed": 27, "failed": 3}
    for tool in tools:
        tool.failing_at = None
    assert run_all(computations, TEN) == []
    assert [len(tool.asked) for tool in tools] == [2 if n in (3, 17, 29) else 1 for n in range(30)]


def test_failures_are_remembered_by_the_execution(channel):
    """So that what depends on them can be left out."""
    computations, tools, sinks = made(channel, 3)
    tools[1].failing_at = 5
    with Progress().active() as progress:
        (error,) = run_all(computations, TEN)
        assert [progress.failure_of([sink]) for sink in sinks] == [None, error, None]


def test_what_is_missing_differs(channel):
    """Each call computes what its own sink misses, and those without a gap do nothing."""
    computations, tools, sinks = made(channel, 4)
    for n in range(3):
        sinks[n].calculated_intervals = TimeIntervals([over(0, 5 * n)] if n else [])
    assert run_all(computations, TEN) == []
    assert [tool.asked for tool in tools] == [[TEN], [over(5, 10)], [], [TEN]]


@pytest.mark.parametrize("count", [100, 1000])
def test_the_ledger_is_not_asked_more_often_for_more_calls(channel, ledger, count):
    """A few times for each round; rounds grow with the calls. Done calls cost one look in all."""
    computations, _, sinks = made(channel, count)
    rounds = 4 if count == 100 else 5  # 1, 8, 64, 512, and what is left
    assert run_all(computations, TEN) == []
    asked = ledger.taken()
    each_round = {name: asked.pop(name) for name in ("claim", "complete")}
    assert each_round == {"claim": rounds, "complete": rounds}
    assert asked == {"producers": 1, "set_producers": 1, "calculated": 1}
    assert run_all(computations, TEN) == []
    assert ledger.taken() == {"calculated": 1}
    sinks[5].invalidate(over(2, 3))
    ledger.taken()
    assert run_all(computations, TEN) == []
    assert ledger.taken() == {"calculated": 1, "claim": 1, "complete": 1}


def test_failed_calls_cost_one_release(channel, ledger):
    """All that a round has not marked is given up together."""
    computations, tools, _ = made(channel, 9)
    for tool in tools:
        tool.failing_at = 5
    assert len(run_all(computations, TEN)) == 9
    asked = ledger.taken()
    assert (asked["claim"], asked["release"]) == (2, 2)
    assert "complete" not in asked
    assert "abandon" not in asked


def test_sinks_of_several_channels_are_marked_in_each(channel):
    """One ledger is asked for its own streams only."""
    other = MemoryChannel("other")
    for each in (channel, other):
        each._ledger = CountingLedger(each.ledger)
    one, _, sinks = made(channel, 5)
    two, _, others = made(other, 5)
    assert run_all([*one, *two], TEN) == []
    assert [calculated(sink) for sink in (*sinks, *others)] == [[(0, 10)]] * 10
    assert channel.ledger.taken()["claim"] == other.ledger.taken()["claim"] == 2


def test_slow_calls_are_marked_meanwhile(channel, ledger, monkeypatch):
    """So that little is lost in a crash."""
    monkeypatch.setattr(runner, "_MARK_EVERY", 0.0)
    computations, _, _ = made(channel, 20)
    assert run_all(computations, TEN) == []
    assert ledger.taken()["complete"] == 20


def test_what_lies_in_the_future_is_warned_about_once(channel):
    """However many calls there are."""
    computations, _, sinks = made(channel, 10)
    with use_clock(at(5)), pytest.warns(FutureIntervalWarning) as caught:
        assert run_all(computations, TEN) == []
    assert len(caught) == 1
    assert calculated(sinks[9]) == [(0, 5)]
    with use_clock(at(5)), pytest.warns(FutureIntervalWarning):
        assert run_all(computations, over(6, 7)) == []


def test_what_is_being_computed_by_whoever_asks_is_left_alone(channel):
    """Instead of waiting for itself."""
    computations, tools, sinks = made(channel, 3)
    with working_on([sinks[1]]):
        assert run_all(computations, TEN) == []
    assert [len(tool.asked) for tool in tools] == [1, 0, 1]


def test_what_others_are_computing_is_waited_for(channel, monkeypatch):
    """The rest is computed first; then it is looked at again."""
    computations, tools, sinks = made(channel, 10)
    ledger = channel.ledger
    taken = {sinks[n].address: TimeIntervals([over(0, 5)]) for n in (0, 4)}
    ledger.claim(taken, "somebody")
    waited = []

    def wait(addresses, seconds):
        waited.append(([str(each) for each in addresses], sum(bool(t.asked) for t in tools)))
        ledger.complete(taken, "somebody")

    monkeypatch.setattr(ledger, "wait", wait)
    assert run_all(computations, TEN) == []
    assert waited == [(["memory:z[n=0]", "memory:z[n=4]"], 10)]
    assert [tools[n].asked for n in (0, 1, 4)] == [[over(5, 10)], [TEN], [over(5, 10)]]
    assert calculated(sinks[4]) == [(0, 10)]


def test_what_was_taken_over_is_computed_again(channel, monkeypatch):
    """Only of the call whose claim was lost."""
    computations, tools, sinks = made(channel, 9)
    ledger, original = channel.ledger, channel.ledger.complete
    victim = {sinks[3].address: TimeIntervals([TEN])}

    def complete(done, owner):
        if sinks[3].address in done and len(tools[3].asked) == 1:
            ledger.abandon(victim, owner)
        return original(done, owner)

    monkeypatch.setattr(ledger, "complete", complete)
    assert run_all(computations, TEN) == []
    assert [len(tool.asked) for tool in tools] == [2 if n == 3 else 1 for n in range(9)]
    assert stored(sinks[3]) == seconds(1, 10)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_keeps_what_is_done(channel, stop):
    """Calls before are marked, the one in work leaves nothing, those after are not begun."""
    computations, tools, sinks = made(channel, 9)
    tools[4].stop = stop
    with pytest.raises(stop):
        run_all(computations, TEN)
    assert [calculated(sink) for sink in sinks] == [[(0, 10)]] * 4 + [[]] * 5
    assert [len(stored(sink)) for sink in sinks] == [10] * 4 + [0] * 5
    assert [len(tool.asked) for tool in tools] == [1] * 5 + [0] * 4
    assert not any(map(held, sinks))


def test_an_interrupt_leaves_no_sink_in_work(channel):
    """Not even one that comes just as the work begins: what nobody is at is computed next time."""
    computations, tools, sinks = made(channel, 1)
    code = working_on.__wrapped__.__code__

    def interrupt(frame, event, _):
        if frame.f_code is code and event == "return":
            sys.setprofile(None)
            raise KeyboardInterrupt

    sys.setprofile(interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_all(computations, TEN)
    assert tools[0].asked == []
    assert run_all(computations, TEN) == []
    assert calculated(sinks[0]) == [(0, 10)]


class Killed(BaseException):
    """Stands for the end of the process: nothing of the round is tidied up."""


def test_a_crash_between_storing_and_marking_is_cleared(channel, monkeypatch):
    """Whoever comes next removes what was stored and not marked, and computes it again."""
    computations, tools, sinks = made(channel, 9)

    def die(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(channel.ledger, "complete", die)
        with pytest.raises(Killed):
            run_all(computations[1:], TEN)
    assert [len(stored(sink)) for sink in sinks] == [0, 10] + [0] * 7
    channel.delete(sinks[1], over(3, 7))
    write(sinks[1], {4.5: "wrong"})
    write(sinks[2], {4.5: "by hand"})
    assert run_all(computations, TEN) == []
    assert stored(sinks[1]) == seconds(1, 10)
    assert (4.5, "by hand") in stored(sinks[2])
    assert [len(tool.asked) for tool in tools] == [1, 2] + [1] * 7


def test_a_crash_of_a_round_of_many_is_cleared(channel, monkeypatch):
    """All of its streams are cleared; those of rounds before stay marked."""
    computations, tools, sinks = made(channel, 9)
    original = channel.ledger.complete

    def die(done, owner):
        if len(done) > 1:
            raise Killed
        return original(done, owner)

    with monkeypatch.context() as patch:
        patch.setattr(channel.ledger, "complete", die)
        with pytest.raises(Killed):
            run_all(computations, TEN)
    assert [calculated(sink) for sink in sinks] == [[(0, 10)]] + [[]] * 8
    for sink in sinks[1:]:
        assert stored(sink) == seconds(1, 10)
        write(sink, {4.5: "wrong"})
    assert run_all(computations, TEN) == []
    assert [stored(sink) for sink in sinks] == [seconds(1, 10)] * 9
    assert [len(tool.asked) for tool in tools] == [1] + [2] * 8


def test_where_one_ledger_cannot_mark_the_other_one_is_right(channel, monkeypatch):
    """What is marked is stored; what is not marked is cleared when it is computed again."""
    other = MemoryChannel("other")
    one, _, sinks = made(channel, 1)
    two, _, others = made(other, 1)

    def refuse(*_):
        raise ConnectionError("server away")

    round_ = runner.Round([each.call for each in (*one, *two)])
    with monkeypatch.context() as patch:
        patch.setattr(other.ledger, "complete", refuse)
        with pytest.raises(ConnectionError, match="server away"):
            round_.run(TimeIntervals([TEN]))
    assert (calculated(sinks[0]), calculated(others[0])) == ([(0, 10)], [])
    write(others[0], {4.5: "wrong"})
    assert run_all([*one, *two], TEN) == []
    assert stored(others[0]) == stored(sinks[0]) == seconds(1, 10)
    assert not held(others[0])
