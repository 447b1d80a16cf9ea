"""Factors: which streams a tool gets for each plate value."""

from __future__ import annotations

import pytest

from hyperstream.testing.times import over
from hyperstream.utils.errors import ToolExecutionError
from tests.workflow.workbench import Pick, Split, Sum, Total, arrows, fill, held, marked

TEN = over(0, 10)


# Plates of the sources, plates of the sink, and what the calls read and compute.
TOOLS = [
    ([[]], [], ["a -> z"]),
    ([[], []], [], ["a, b -> z"]),
    ([], ["H"], ["-> z[1]", "-> z[2]"]),
    ([["H"]], ["H"], ["a[1] -> z[1]", "a[2] -> z[2]"]),
    (
        [["H.R"], ["H"], []],
        ["H.R"],
        [f"a[{v}], b[{v[0]}], c -> z[{v}]" for v in ("1.a", "1.b", "2.a")],
    ),
    ([["H"]], ["H.R"], ["a[1] -> z[1.a]", "a[1] -> z[1.b]", "a[2] -> z[2.a]"]),
    ([["H"]], ["H.R.D"], ["a[1] -> z[1.a.x]", "a[1] -> z[1.b.x]", "a[1] -> z[1.b.y]"]),
    (
        [["H"], ["S"]],
        ["S", "H"],
        [f"a[{h}], b[{s}] -> z[{s}.{h}]" for s in "st" for h in "12"],
    ),
    (
        [["H.W"], ["H.R"]],
        ["H.R", "H.W"],
        [f"a[{h}.{v}], b[{h}.{r}] -> z[{h}.{r}.{v}]" for h, r, v in ("1aw", "1bw", "2av", "2aw")],
    ),
    (
        [["H1"], ["S"], ["R"]],
        ["H1", "S", "R"],
        [f"a[1], b[{s}], c[{r}] -> z[1.{s}.{r}]" for s in "st" for r in "ab"],
    ),
    ([["H", "H.R"]], ["H.R"], [f"a[{v}] -> z[{v}]" for v in ("1.a", "1.b", "2.a")]),
]


@pytest.mark.parametrize(("sources", "sink", "expected"), TOOLS)
def test_a_tool_gets_the_stream_of_the_value_from_each_source(w, on, sources, sink, expected):
    """That of the sink's value, of the value above, or the only one there is."""
    nodes = [on(name, *plates) for name, plates in zip("abc", sources, strict=False)]
    factor = w.create_factor(Sum(), nodes, on("z", *sink))
    assert arrows(factor) == expected
    assert factor.plates == factor.sink.plates


def test_streams_come_in_the_order_of_the_sources(w, on):
    """Also where one node is a source twice."""
    a, b = on("a", "H1"), on("b")
    factor = w.create_factor(Sum(), [b, a, b], on("z", "H1"))
    assert arrows(factor) == ["b, a[1], b -> z[1]"]


def test_an_alignment_node_gives_the_stream_of_the_value(w, on):
    """On the plates of the sink, on those above, or on none."""
    source, tools = on("a", "H.R"), {}
    for plate_id in ("H.R", "H", ""):
        plates = [plate_id] if plate_id else []
        tools[plate_id] = tool = Sum(plate_id)
        align = on(f"align{plate_id}", *plates)
        factor = w.create_factor(tool, [source], on(f"z{plate_id}", "H.R"), align)
        assert factor.read == (source, align)
        assert factor.sources == (source,)
        factor.execute(TEN)
    assert tools["H.R"].asked[0] == "a[1.a] by alignH.R[1.a] (0, 10]"
    assert tools["H"].asked == [
        "a[1.a] by alignH[1] (0, 10]",
        "a[1.b] by alignH[1] (0, 10]",
        "a[2.a] by alignH[2] (0, 10]",
    ]
    assert tools[""].asked[2] == "a[2.a] by align (0, 10]"


AGGREGATES = [
    (["H"], "house", [], ["a[1], a[2] -> z"]),
    (["H.R"], "resident", ["H"], ["a[1.a], a[1.b] -> z[1]", "a[2.a] -> z[2]"]),
    (["H.R"], "resident", [], ["a[1.a], a[1.b], a[2.a] -> z"]),
    (
        ["H.R.D"],
        "device",
        ["H.R"],
        ["a[1.a.x] -> z[1.a]", "a[1.b.x], a[1.b.y] -> z[1.b]", "-> z[2.a]"],
    ),
    (["H", "S"], "sensor", ["H"], [f"a[{h}.s], a[{h}.t] -> z[{h}]" for h in "12"]),
    (["H", "S"], "house", ["S"], [f"a[1.{s}], a[2.{s}] -> z[{s}]" for s in "st"]),
    (
        ["H.R", "H.W"],
        "wearable",
        ["H.R"],
        ["a[1.a.w] -> z[1.a]", "a[1.b.w] -> z[1.b]", "a[2.a.v], a[2.a.w] -> z[2.a]"],
    ),
    (["H.R"], "house", ["R"], ["a[1.a], a[2.a] -> z[a]", "a[1.b] -> z[b]"]),
]


@pytest.mark.parametrize(("source", "tag", "sink", "expected"), AGGREGATES)
def test_an_aggregate_tool_gets_all_streams_of_the_value(w, on, source, tag, sink, expected):
    """All source streams whose meta data contain the sink's value, in the order of the plate."""
    factor = w.create_factor(Total(tag), [on("a", *source)], on("z", *sink))
    assert arrows(factor) == expected


def test_an_aggregate_tool_is_aligned_by_the_value(w, on):
    """The alignment node is on the sink's plates, or on none."""
    source, tool = on("a", "H.R"), Total("resident")
    w.create_factor(tool, [source], on("z", "H"), on("align", "H")).execute(TEN)
    assert tool.asked == ["a[1.a], a[1.b] by align[1] (0, 10]", "a[2.a] by align[2] (0, 10]"]


SELECTORS = [
    (["H.R"], None, ["H.R"], "a[1.a], a[1.b], a[2.a] -> z[1.a], z[1.b], z[2.a]"),
    (["H.R"], None, ["H.Ra"], "a[1.a], a[1.b], a[2.a] -> z[1.a], z[2.a]"),
    (["H.R"], "resident", ["H"], "a[1.a], a[1.b], a[2.a] -> z[1], z[2]"),
    (["H"], "house", [], "a[1], a[2] -> z"),
    (["H", "S"], "sensor", ["H"], "a[1.s], a[1.t], a[2.s], a[2.t] -> z[1], z[2]"),
]


@pytest.mark.parametrize(("source", "tag", "sink", "expected"), SELECTORS)
def test_a_selector_tool_gets_all_streams_in_one_call(w, on, source, tag, sink, expected):
    """All of the source, and all of the sink."""
    factor = w.create_factor(Pick(tag), [on("a", *source)], on("z", *sink))
    assert arrows(factor) == [expected]


def test_a_selector_tool_may_have_a_selecting_stream_first(w, on):
    """The streams of the first source come first."""
    factor = w.create_factor(Pick("house"), [on("by"), on("a", "H")], on("z"))
    assert arrows(factor) == ["by, a[1], a[2] -> z"]


def test_what_a_selector_tool_gives_goes_to_the_sink_of_all_meta_data(w, on):
    """Each instance to the stream of its meta data."""
    a = on("a", "H.R")
    fill(a, 5, 6)
    z = on("z", "H")
    w.create_factor(Pick("resident", "b"), [a], z).execute(TEN)
    assert held(z) == {"1": [5, 6], "2": []}


# Plates of the source, of the splitting node and of the sink; the calls as the tool sees them.
SPLITTERS = [
    (None, None, ["H"], [" (0, 10] onto house: 1, 2"]),
    (None, [], ["H"], [" by by (0, 10] onto house: 1, 2"]),
    (None, None, ["H.R"], [" (0, 10] onto resident: 1.a, 1.b, 2.a"]),
    ([], None, ["S"], ["a (0, 10] onto sensor: s, t"]),
    (
        ["H"],
        None,
        ["H.R"],
        ["a[1] (0, 10] onto resident: 1.a, 1.b", "a[2] (0, 10] onto resident: 2.a"],
    ),
    (
        ["H"],
        ["H"],
        ["H.R"],
        [
            "a[1] by by[1] (0, 10] onto resident: 1.a, 1.b",
            "a[2] by by[2] (0, 10] onto resident: 2.a",
        ],
    ),
    (
        ["H"],
        [],
        ["H.R"],
        ["a[1] by by (0, 10] onto resident: 1.a, 1.b", "a[2] by by (0, 10] onto resident: 2.a"],
    ),
    (["H"], None, ["H", "S"], ["a[1] (0, 10] onto sensor: s, t", "a[2] (0, 10] onto sensor: s, t"]),
    (["H"], None, ["S", "H"], ["a[1] (0, 10] onto sensor: s, t", "a[2] (0, 10] onto sensor: s, t"]),
    (
        ["H", "S"],
        ["S"],
        ["H.R", "S"],
        [
            f"a[{h}.{s}] by by[{s}] (0, 10] onto resident: {r}"
            for h, r in (("1", "1.a, 1.b"), ("2", "2.a"))
            for s in "st"
        ],
    ),
    (
        ["H.R"],
        ["H"],
        ["H.R", "H.W"],
        [
            "a[1.a] by by[1] (0, 10] onto wearable: 1.w",
            "a[1.b] by by[1] (0, 10] onto wearable: 1.w",
            "a[2.a] by by[2] (0, 10] onto wearable: 2.v, 2.w",
        ],
    ),
]


@pytest.mark.parametrize(("source", "splitting", "sink", "expected"), SPLITTERS)
def test_a_splitting_tool_is_called_for_each_value_of_its_source(
    w, on, source, splitting, sink, expected
):
    """With the splitting stream of the value, and the values of the output plate below it."""
    tool = Split()
    a = None if source is None else on("a", *source)
    by = None if splitting is None else on("by", *splitting)
    w.create_multi_output_factor(tool, a, by, on("z", *sink)).execute(TEN)
    assert tool.asked == expected


def test_a_splitting_factor_computes_the_streams_below_its_source(w, on):
    """Each call has the sinks whose values contain that of its source."""
    factor = w.create_multi_output_factor(Split(), on("a", "H"), None, on("z", "H.R"))
    assert arrows(factor) == ["a[1] -> z[1.a], z[1.b]", "a[2] -> z[2.a]"]
    factor = w.create_multi_output_factor(
        Split(), on("b", "H1", "S"), on("by"), on("y", "S", "H1.R")
    )
    assert arrows(factor) == [
        "b[1.s], by -> y[s.1.a], y[s.1.b]",
        "b[1.t], by -> y[t.1.a], y[t.1.b]",
    ]


def test_what_is_split_goes_to_the_stream_of_the_value(w, on):
    """Each item to the first sink whose meta data contain the item's."""
    a, z = on("a", "H"), on("z", "H", "S")
    fill(a, {"s": 1, "t": 10}, {"t": 20})
    w.create_multi_output_factor(Split(), a, None, z).execute(TEN)
    assert held(z) == {"1.s": [1], "1.t": [10, 20], "2.s": [1], "2.t": [10, 20]}


def test_a_source_value_with_nothing_below_it_is_no_call(w, on):
    """A house without residents is not split."""
    tool = Split()
    factor = w.create_multi_output_factor(tool, on("a", "H.R"), None, on("z", "H.R.D"))
    factor.execute(TEN)
    assert [each.partition(" ")[0] for each in tool.asked] == ["a[1.a]", "a[1.b]"]


def test_a_factor_computes_upstream_too(w, on):
    """Also over plates, and what is there already is left alone."""
    a, b, z = on("a", "H.R"), on("b", "H"), on("z")
    fill(a, 1, 2)
    first, second = Total("resident", "first"), Total("house", "second")
    w.create_factor(first, [a], b).execute(TEN)
    w.create_factor(second, [b], z).execute(over(0, 20))
    assert held(z) == {"": [3, 6]}
    assert first.asked[2:] == ["a[1.a], a[1.b] (10, 20]", "a[2.a] (10, 20]"]
    assert marked(b) == {"1": "(0, 20]", "2": "(0, 20]"}


def test_a_factor_raises_the_first_failure_and_computes_the_rest(w, on):
    """The other plate values are computed all the same."""
    tool = Sum()
    tool.broken = {"a[1.a]", "a[2.a]"}
    a, z = on("a", "H.R"), on("z", "H.R")
    fill(a, 5)
    factor = w.create_factor(tool, [a], z)
    with pytest.raises(ToolExecutionError, match=r"memory:z\[house=1, resident=a\]"):
        factor.execute(TEN)
    assert held(z) == {"1.a": [], "1.b": [5], "2.a": []}
    assert [str(error.sink) for error in factor.run(TEN)] == [
        "memory:z[house=1, resident=a]",
        "memory:z[house=2, resident=a]",
    ]


def test_the_calls_are_made_anew_where_plates_have_changed(bench, w, on):
    """Otherwise the computations are the same objects."""
    factor = w.create_factor(Sum(), [on("a", "H")], on("z", "H.R"))
    before = factor.computations
    assert factor.computations is before
    bench.meta_data.insert_many([("resident", "house_2", "b")])
    assert len(factor.computations) == len(before) + 1
    assert arrows(factor)[-1] == "a[2] -> z[2.b]"


def test_a_factor_is_printed_with_what_it_reads(w, on):
    """Also with the node that says how."""
    a, b = on("a"), on("b", "H")
    factor = w.create_multi_output_factor(Split(), a, on("by"), b)
    assert repr(factor) == "MultiOutputFactor(split: a, by -> b)"
    assert repr(w.create_factor(Sum(), [b], on("z", "H"), a)) == "Factor(sum: b, a -> z)"
