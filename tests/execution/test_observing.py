"""What an observer is told while something is computed."""

from __future__ import annotations

import pytest

from hyperstream.execution import ExecutionContext, NoObserver
from hyperstream.stream import StreamId
from hyperstream.testing.times import over
from hyperstream.utils.errors import ToolExecutionError
from tests.execution.parts import Doubled, GivenBatches, Seconds, Split, batch, mark


class Told:
    """Takes down what it is told: of each work its name, and (done, total, about)."""

    def __init__(self):
        self.works = []

    def workflow(self, workflow_id):
        """Begin an execution of a workflow."""
        return self._begin(workflow_id)

    def call(self, call):
        """Begin a call of a tool."""
        return self._begin(str(call))

    def _begin(self, name):
        work = TakenDown(name)
        self.works.append(work)
        return work


class TakenDown(list):
    """What is told of one work."""

    def __init__(self, name):
        super().__init__()
        self.name = name
        self.is_closed = False

    def tell(self, done, total, about):
        """Take it down."""
        self.append((done, total, about))

    def close(self):
        """Take that down, too."""
        assert not self.is_closed
        self.is_closed = True


@pytest.fixture
def told():
    """Give an observer that looks on in this test."""
    observer = Told()
    with ExecutionContext(observer=observer).active():
        yield observer


def halves(channel):
    """Return the two streams that `Split` fills."""
    return [channel.create_stream(StreamId("x", {"part": each})) for each in "01"]


def test_a_call_is_told_in_time_covered(channel, told):
    """After each batch: how many milliseconds are done, and how many instances there are."""
    batches = [batch({2: "a"}), batch({4: "b", 6: "c"}), batch({9: "d"})]
    GivenBatches(batches).execute([], channel.create_stream("x"), over(0, 10))
    [work] = told.works
    assert work.name == "given_batches → memory:x"
    assert work == [(2000, 10_000, 1), (6000, 10_000, 3), (9000, 10_000, 4)]
    assert work.is_closed


def test_several_missing_pieces_are_one_work(channel, told):
    """What is calculated already does not count."""
    sink = channel.create_stream("x")
    mark(sink, over(2, 6))
    Seconds().execute([], sink, over(0, 10))
    [work] = told.works
    assert {total for _, total, _ in work} == {6000}
    assert work[-1] == (6000, 6000, 6)


def test_nothing_is_told_where_nothing_is_missing(channel, told):
    """There is no work then."""
    sink = channel.create_stream("x")
    mark(sink, over(0, 10))
    Seconds().execute([], sink, over(0, 10))
    assert told.works == []


def test_sources_that_are_computed_are_works_of_their_own(channel, told):
    """They begin when the tool asks for them."""
    one, two = channel.create_stream("one"), channel.create_stream("two")
    Seconds().execute([], one, over(0, 1))
    Doubled().execute([one], two, over(0, 10))
    assert [work.name for work in told.works][1:] == [
        "doubled → memory:two",
        "seconds → memory:one",
    ]
    assert all(work.is_closed for work in told.works)


def test_progress_does_not_go_back(channel, told):
    """Batches of several sinks go back and forth in time."""
    source = channel.create_stream("source")
    Seconds().execute([], source, over(0, 100))
    Split().execute(source, None, halves(channel), over(0, 100), "part", ["0", "1"])
    done = [done for done, _, _ in told.works[-1]]
    assert done == sorted(done)
    assert done[-1] == 100_000


def test_work_that_fails_ends(channel, told):
    """The observer hears of the end."""
    tool = Seconds()
    tool.failing_at = 5
    with pytest.raises(ToolExecutionError):
        tool.execute([], channel.create_stream("x"), over(0, 10))
    assert told.works[0].is_closed


def test_instances_cost_nothing(channel, told):
    """An observer is told by batches, however many instances there are."""
    Seconds().execute([], channel.create_stream("x"), over(0, 50_000))
    assert len(told.works[0]) < 50
    assert told.works[0][-1] == (50_000_000, 50_000_000, 50_000)


def test_nobody_looks_on_unless_asked():
    """The default context has an observer that does nothing."""
    assert isinstance(ExecutionContext().observer, NoObserver)


def test_the_name_of_a_call_is_short(channel, told):
    """It has the first sink, and says how many more there are."""
    source = channel.create_stream("source")
    Seconds().execute([], source, over(0, 10))
    Split().execute(source, None, halves(channel), over(0, 10), "part", ["0", "1"])
    assert told.works[-1].name == "split → memory:x[part=0] and 1 more"
