"""Workflows: what they say of themselves, what is requested of them, and computing anew."""

from __future__ import annotations

import logging

import pytest

from hyperstream.channels import DatabaseChannel
from hyperstream.client import Client
from hyperstream.storage.mongo import MongoStorage
from hyperstream.stream import StreamInstance
from hyperstream.testing.conformance.base import stored, write
from hyperstream.testing.times import at, over
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import ChangedProducerWarning, WorkflowExecutionError
from hyperstream.utils.hyperstream_logger import MON
from hyperstream.workflow.recompute import forget
from hyperstream.workflow.workflow import Workflow
from tests.execution.parts import Seconds
from tests.workflow.workbench import Back, Far, Split, Sum, Total, fill, held, marked

TEN = over(0, 10)


@pytest.mark.parametrize("field", ["workflow_id", "name", "description", "owner"])
@pytest.mark.parametrize("wrong", ["", None, 5, "x" * 4097])
def test_what_a_workflow_says_of_itself_is_text(field, wrong):
    """Not empty, and not too long; there may be no description and no owner."""
    given = {"workflow_id": "w", "name": "W", "description": "It works", "owner": "me"}
    if field in ("description", "owner") and not wrong:
        Workflow(**{**given, field: wrong})
        return
    with pytest.raises(ValueError, match=rf"The {field} of a workflow is text of 1 to (512|4096)"):
        Workflow(**{**given, field: wrong})


def test_texts_may_be_long():
    """512 characters, and 4096 for the description."""
    workflow = Workflow("w" * 512, "W" * 512, "d" * 4096, "o" * 512, online=True, monitor=True)
    assert (workflow.workflow_id, len(workflow.description)) == ("w" * 512, 4096)
    assert (workflow.online, workflow.monitor) == (True, True)
    with pytest.raises(ValueError, match=r"workflow_id .* not 513 characters"):
        Workflow("w" * 513, "W", "", "me")


@pytest.mark.parametrize("flag", ["online", "monitor"])
def test_what_a_workflow_is_set_to_is_true_or_false(flag):
    """One and zero are; a text is neither, whatever it says."""
    assert getattr(Workflow("w", "W", "", "me", **{flag: 1}), flag) is True
    for wrong in ("no", None, 2):
        with pytest.raises(ValueError, match=f"The {flag} of a workflow is True or False, not"):
            Workflow("w", "W", "", "me", **{flag: wrong})


def test_a_workflow_is_printed_with_its_size(w, on):
    """Its id, and how many nodes and factors there are."""
    w.create_factor(Sum(), [on("a")], on("z"))
    assert repr(w) == "Workflow('w', 2 nodes, 1 factors)"


def test_what_is_requested_is_kept_in_the_catalogue(bench, w):
    """It is there for another workflow of this name, and can be taken back."""
    assert w.requested_intervals == TimeIntervals()
    w.requested_intervals = TimeIntervals([over(5, 10), TEN])
    assert w.requested_intervals == bench.workflow("w").requested_intervals == TimeIntervals([TEN])
    assert bench.workflow("other").requested_intervals.is_empty
    w.requested_intervals = over(3, 4)
    assert w.requested_intervals == TimeIntervals([over(3, 4)])
    w.requested_intervals = None
    assert bench.workflow("w").requested_intervals.is_empty


def test_what_is_requested_of_a_workflow_alone_is_kept_by_itself():
    """As long as there is no catalogue."""
    alone = Workflow("w", "W", "", "me")
    alone.requested_intervals = TEN
    alone.requested_intervals += TimeIntervals([over(20, 30)])
    assert alone.requested_intervals == TimeIntervals([TEN, over(20, 30)])
    assert Workflow("w", "W", "", "me").requested_intervals.is_empty


def said(caplog):
    """Return what was said at level MON, and of what."""
    return [(each.n, each.getMessage()) for each in caplog.records if each.levelno == MON]


def test_a_monitored_workflow_tells_its_begin_and_end(bench, caplog):
    """At level MON, under its name."""
    w = bench.workflow(monitor=True)
    tool = Seconds()
    w.create_factor(tool, None, w.create_node("a", "memory"))
    begin = ("w", "Execution of workflow w started")
    with caplog.at_level(logging.INFO):
        w.execute(TEN)
        assert said(caplog) == [begin, ("w", "Execution of workflow w completed")]
        caplog.clear()
        tool.failing_at = 15
        with pytest.raises(WorkflowExecutionError):
            w.execute(over(0, 20))
    (first, (name, end)) = said(caplog)
    assert (first, name) == (begin, "w")
    assert end.startswith("Execution of workflow w failed: Workflow w: a call of a tool failed")


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_a_monitored_workflow_tells_that_it_was_stopped(bench, caplog, stop):
    """An interrupt has no words of its own."""

    class Stopped(Seconds):
        def _execute(self, sources, alignment_stream, interval):
            raise stop

    w = bench.workflow(monitor=True)
    w.create_factor(Stopped(), None, w.create_node("a", "memory"))
    with caplog.at_level(logging.INFO), pytest.raises(stop):
        w.execute(TEN)
    assert said(caplog)[1] == ("w", f"Execution of workflow w failed: {stop.__name__}")


def test_others_tell_nothing(w, on, caplog):
    """At level MON."""
    w.create_factor(Seconds(), None, on("a"))
    with caplog.at_level(logging.DEBUG):
        w.execute(TEN)
    assert said(caplog) == []


def test_plates_are_compared_as_documented(plates):
    """What is wrong is said, or nothing is; a splitter fits or not."""
    total = Total("resident")
    assert Workflow.check_plate_compatibility(total, plates["H.R"], plates["H"]) is None
    problem = Workflow.check_plate_compatibility(total, plates["H.R"], plates["S"])
    assert "the tags of S are not those of H.R without 'resident'" in problem
    fits = Workflow.check_multi_output_plate_compatibility
    assert fits([plates["H"]], plates["H.R"])
    assert fits([plates["H"]], [plates["H"], plates["S"]])
    assert not fits([plates["S"]], plates["H.R"])


@pytest.fixture(params=["memory", "mongo"])
def place(request, bench):
    """Give the id of a channel: of memory, and of one in the database."""
    if request.param == "memory":
        yield request.param
        return
    storage = MongoStorage(Client(request.getfixturevalue("mongo_config")))
    bench.channels.add_channel(DatabaseChannel("mongo", storage))
    yield request.param
    storage.client.disconnect()


class Parts:
    """A workflow over plates, one that reads its results, and one that reads what it reads."""

    def __init__(self, bench, place):
        self.w, self.below, self.apart = map(bench.workflow, ("w", "below", "apart"))
        self.tools = {name: Sum(name) for name in ("double", "below", "apart")}
        self.tools |= {"house": Total("resident", "house"), "back": Back(3, "back")}
        node = self.w.create_node
        raw, double, house, back = (
            node(name, place, plates)
            for name, plates in (
                ("raw", ["H.R"]),
                ("double", ["H.R"]),
                ("house", ["H"]),
                ("back", ["H"]),
            )
        )
        self.w.create_factor(self.tools["double"], [raw, raw], double)
        self.w.create_factor(self.tools["house"], [double], house)
        self.w.create_factor(self.tools["back"], [house], back)
        for workflow, source, plate in ((self.below, "back", "H"), (self.apart, "raw", "H.R")):
            read = workflow.create_node(source, place, [plate])
            name = workflow.workflow_id
            sink = workflow.create_node(name, place, [plate])
            workflow.create_factor(self.tools[name], [read], sink)

    def asked(self):
        """Return which tools were asked for which intervals, and forget it."""
        found = {}
        for name, tool in self.tools.items():
            spans = sorted({call[call.index("(") :] for call in tool.asked})
            if spans:
                found[name] = (len(tool.asked), *spans)
            tool.asked.clear()
        return found


def test_everything_downstream_is_computed_again_and_nothing_else(bench, place):
    """Each tool as far as it reaches; what another workflow computes from it when it is asked."""
    parts = Parts(bench, place)
    fill(parts.w.nodes["raw"], *range(1, 31))
    for workflow in (parts.w, parts.below, parts.apart):
        workflow.execute(over(0, 20))
    before = held(parts.below.nodes["below"])
    parts.asked()
    parts.w.recompute(over(5, 10))
    assert parts.asked() == {
        "double": (3, "(5, 10]"),
        "house": (2, "(5, 10]"),
        "back": (2, "(5, 13]"),
    }
    assert set(marked(parts.w.nodes["back"]).values()) == {"(0, 20]"}
    assert set(marked(parts.below.nodes["below"]).values()) == {"(0, 5] (13, 20]"}
    assert set(marked(parts.apart.nodes["apart"]).values()) == {"(0, 20]"}
    for workflow in (parts.w, parts.below, parts.apart):
        workflow.execute(over(0, 20))
    assert parts.asked() == {"below": (2, "(5, 13]")}
    assert held(parts.below.nodes["below"]) == before


def test_another_process_recomputes(bench, place):
    """What is known of readers is in the database, or was tied in this process."""
    parts = Parts(bench, place)
    fill(parts.w.nodes["raw"], *range(1, 31))
    for workflow in (parts.w, parts.below, parts.apart):
        workflow.execute(over(0, 20))
    again = Parts(bench, place)
    again.w.recompute(over(5, 10))
    assert again.asked() == {
        "double": (3, "(5, 10]"),
        "house": (2, "(5, 10]"),
        "back": (2, "(5, 13]"),
    }
    assert set(marked(again.below.nodes["below"]).values()) == {"(0, 5] (13, 20]"}
    assert set(marked(again.apart.nodes["apart"]).values()) == {"(0, 20]"}


def test_what_was_wrong_is_gone_afterwards(w, on, place):
    """Stale results are cleared, corrected data count, and what nothing computes stays."""
    a, z = on("a"), w.create_node("z", place)
    write(a.streams[None], {1: 1, 2: 2, 3: 3})
    w.create_factor(Sum(), [a], z)
    w.execute(TEN)
    z.streams[None].writer(StreamInstance(at(2.5), "stale"))
    a.streams[None].channel.delete(a.streams[None], over(1, 2))
    write(a.streams[None], {2: 20})
    w.recompute((at(1), at(3)))
    assert stored(z.streams[None]) == [(1, 1), (2, 20), (3, 3)]
    assert stored(a.streams[None]) == [(1, 1), (2, 20), (3, 3)]


def test_what_was_not_calculated_is_computed_over_the_interval_only(w, on):
    """A leaf that another one's results reach beyond is not computed further than it was."""
    a, b, y, z = on("a"), on("b"), on("y"), on("z")
    fill(a, *range(1, 31))
    w.create_factor(Sum(), [a], b)
    back, near = Back(3), Sum("near")
    w.create_factor(back, [b], z)
    w.create_factor(near, [b], y)
    for workflow_interval in (TEN, over(0, 20)):
        z.streams[None].window(workflow_interval, force_calculation=True)
    w.execute(TEN)
    z.factor.execute(over(0, 20))
    near.asked.clear()
    w.recompute(over(5, 10))
    assert (marked(z), marked(y)) == ({"": "(0, 20]"}, {"": "(0, 10]"})
    assert near.asked == ["b (5, 10]"]


def test_each_value_is_forgotten_as_far_as_its_own_results_depend(w, on):
    """How far a tool reaches may depend on the plate value."""
    a, z = on("a", "H"), on("z", "H")
    fill(a, *range(1, 21))

    class Uneven(Back):
        """Looks back for the seconds given where the house is 2."""

        def reach(self, interval, sources=()):
            """Need so many seconds before, or none."""
            is_second = str(sources[0]).endswith("[house=2]")
            return super().reach(interval, sources) if is_second else interval

        def _execute(self, sources, alignment_stream, interval):
            yield from sources[0].window(interval, force_calculation=True)

    w.create_factor(Uneven(3), [a], z)
    w.execute(over(0, 20))
    forget(w.order, TimeIntervals([over(5, 10)]))
    assert marked(z) == {"1": "(0, 5] (13, 20]", "2": "(0, 5] (13, 20]"}


def test_a_reader_that_does_not_tell_is_computed_again_to_its_end(w, on):
    """Any result after the interval may depend on it; what was not calculated is not computed."""
    a, b, z = on("a"), on("b"), on("z")
    fill(a, *range(1, 31))
    far = Far(2)
    w.create_factor(Sum(), [a], b)
    w.create_factor(far, [b], z)
    w.execute(over(0, 15))
    far.asked.clear()
    w.recompute(over(5, 10))
    assert far.asked == ["b (5, 15]"]
    assert (marked(b), marked(z)) == ({"": "(-2, 15]"}, {"": "(0, 15]"})


def test_what_is_written_by_tools_without_sources_is_computed_again(w, on):
    """Over the interval; it may have several parts, or count from now."""
    a, h = on("a"), on("h", "H")
    tool, split = Seconds(), Split()
    w.create_factor(tool, None, a)
    w.create_multi_output_factor(split, None, None, h)
    w.execute(over(0, 20))
    w.recompute(TimeIntervals([over(1, 2), over(5, 6)]))
    assert tool.asked == [over(0, 20), over(1, 2), over(5, 6)]
    assert split.asked[1:] == [f" {each} onto house: 1, 2" for each in ("(1, 2]", "(5, 6]")]


def test_an_edited_tool_is_warned_about_until_it_is_recomputed(bench, w, on):
    """The warning names what to do; afterwards the results are those of the new tool."""
    a, z = on("a"), on("z")
    fill(a, 1, 2)
    w.create_factor(bench.tools.apply(func=lambda value: 2 * value), [a], z)
    w.execute(TEN)
    edited = bench.workflow("w")
    nodes = [edited.create_node(name, "memory") for name in "az"]
    edited.create_factor(bench.tools.apply(func=lambda value: 3 * value), nodes[:1], nodes[1])
    with pytest.warns(ChangedProducerWarning, match="recompute of its workflow"):
        edited.execute(TEN)
    assert held(z) == {"": [2, 4]}
    edited.recompute(TEN)
    assert held(z) == {"": [3, 6]}


def test_a_failure_while_recomputing_leaves_what_is_missing(w, on):
    """What is not computed again is not marked; executing computes it."""
    a, z = on("a", "H"), on("z", "H")
    fill(a, 1, 2)
    tool = Sum()
    w.create_factor(tool, [a], z)
    w.execute(TEN)
    tool.broken = {"a[1]"}
    with pytest.raises(WorkflowExecutionError):
        w.recompute(over(1, 10))
    assert marked(z) == {"1": "(0, 1]", "2": "(0, 10]"}
    tool.broken.clear()
    w.execute(TEN)
    assert held(z) == {"1": [1, 2], "2": [1, 2]}
