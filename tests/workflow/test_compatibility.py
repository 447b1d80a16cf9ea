"""Which plates the nodes around tools with one output, and around selectors, may have."""

from __future__ import annotations

import pytest

from hyperstream.utils.errors import FactorDefinitionError, IncompatiblePlatesError
from hyperstream.workflow import compatibility
from hyperstream.workflow.compatibility import check_aggregate, check_selector, check_tool
from tests.workflow.sides import PLATES, Mean, Pick, Sum, side, sides

# For tools with one output: sources, alignment node, sink.
FED = {
    "nothing, onto nothing": ([], None, "m"),
    "nothing, onto any plates": ([], None, "m: H.R, S"),
    "a clock alone, onto any plates": ([], "clock", "m: H.R, S"),
    "no plates": (["a", "b"], "clock", "m"),
    "equal plates": (["a: H"], None, "m: H"),
    "equal plates in another order": (["a: H.R, S"], None, "m: S, H.R"),
    "a source beside without plates": (["a: H", "b"], None, "m: H"),
    "a source on a parent plate": (["a: H.R", "b: H"], None, "m: H.R"),
    "sources on parent plates only": (["a: H"], None, "m: H.R"),
    "a source far above": (["a: H"], None, "m: H.R.D"),
    "several sources, each on a part of the sink": (["a: H.R", "b: S"], None, "m: H.R, S"),
    "three overlapping plates": (["a: H.W", "b: S, H.R"], None, "m: H.R, H.W, S"),
    "overlap by a parent plate": (["a: H.R.D", "b: H.W"], None, "m: H.W, H.R.D"),
    "a source that names a parent plate as well": (["a: H, H.R"], None, "m: H.R"),
    "a sink that names a parent plate as well": (["a: H.R"], None, "m: H, H.R"),
    "a clock on the plates": (["a: H.R"], "clock: H.R", "m: H.R"),
    "a clock on a parent plate": (["a: H.R"], "clock: H", "m: H.R"),
    "a clock for a plate of its own": (["a: H"], "clock: S", "m: H, S"),
}
UNFED = [
    pytest.param(
        (["raw: H.R"], None, "m: H"),
        "node 'm' on plate H (house) from node 'raw' on plate H.R (house.resident): a value of 'm' "
        "does not say which stream of 'raw' to take, as H.R is none of its plates, nor above one. "
        "Put 'm' onto plate H.R, too, or first aggregate 'raw' onto plate H, the parent of H.R.",
        id="a plate that the sink lacks",
    ),
    pytest.param(
        (["raw: S, H.R, H.W"], None, "m: H.R, S"),
        "node 'm' on plates H.R (house.resident) and S (sensor) from node 'raw' on plates S "
        "(sensor), H.R (house.resident) and H.W (house.wearable): a value of 'm' does not say "
        "which stream of 'raw' to take, as H.W is none of its plates, nor above one. Put 'm' onto "
        "plate H.W, too, or first aggregate 'raw' onto plates S and H.R.",
        id="a plate of two that the sink lacks",
    ),
    pytest.param(
        (["raw: S", "b"], None, "m"),
        "node 'm' without plates from node 'raw' on plate S (sensor), node 'b' without plates: a "
        "value of 'm' does not say which stream of 'raw' to take, as S is none of its plates, nor "
        "above one. Put 'm' onto plate S, too, or first aggregate 'raw' into a node without "
        "plates.",
        id="a sink without plates",
    ),
    pytest.param(
        (["raw: H"], None, "m: H1"),
        "node 'm' on plate H1 (house) from node 'raw' on plate H (house): a value of 'm' does not "
        "say which stream of 'raw' to take, as H is none of its plates, nor above one. Put 'm' "
        "onto plate H instead of H1, or first aggregate 'raw' into a node without plates.",
        id="a sub-plate",
    ),
    pytest.param(
        (["raw: H", "b"], None, "m: S, H"),
        "node 'm' on plates S (sensor) and H (house) from node 'raw' on plate H (house), node "
        "'b' without plates: no source is on plate S, or on one above it. Leave it out, or first "
        "split a source onto it, such as by stream_broadcaster.",
        id="a plate that no source is on",
    ),
    pytest.param(
        (["raw: H.R"], None, "m: H.R, H.W"),
        "node 'm' on plates H.R (house.resident) and H.W (house.wearable) from node 'raw' on "
        "plate H.R (house.resident): no source is on plate H.W, or on one above it. Leave it "
        "out, or first split a source onto it, such as by stream_broadcaster.",
        id="a sibling plate",
    ),
    pytest.param(
        (["raw"], "clock", "m: H"),
        "node 'm' on plate H (house) from node 'raw' without plates, aligned to node 'clock' "
        "without plates: no source is on plate H, or on one above it. Leave it out, or first "
        "split a source onto it, such as by stream_broadcaster.",
        id="sources without plates",
    ),
    pytest.param(
        ([], "clock: S", "m: H"),
        "node 'm' on plate H (house) from no source, aligned to node 'clock' on plate S (sensor): "
        "a value of 'm' does not say which stream of 'clock' to take, as S is none of its plates, "
        "nor above one. Put 'm' onto plate S, too, or first aggregate 'clock' into a node without "
        "plates.",
        id="a clock on a plate that the sink lacks",
    ),
]
# For tools that aggregate and those that select: the tag that they name, source, sink.
LESS = {
    "onto the parent": ("resident", "a: H.R", "m: H"),
    "a root plate, into one stream": ("house", "a: H", "m"),
    "a plate of the parent's tags": ("resident", "a: H.R", "m: H1"),
    "a tag in the middle": ("house", "a: H.R", "m: R"),
    "one of two plates": ("sensor", "a: S, H.R", "m: H.R"),
    "one of two plates that overlap": ("wearable", "a: H.W, H.R", "m: H.R"),
    "one of two plates, onto its parent": ("resident", "a: H.R, S", "m: S, H"),
    "one of three plates, in any order": ("sensor", "a: H.W, S, H.R", "m: H.R, H.W"),
    "a source that names a parent plate as well": ("resident", "a: H.R, H", "m: H"),
}
NOT_SELECTED = [
    pytest.param(
        ("room", "raw: H.R", "m: H"),
        "node 'm' on plate H (house) from node 'raw' on plate H.R (house.resident): its {tag} "
        "'room' is no tag of the source. {By} 'resident' onto plate H, the parent of H.R.",
        id="a tag that is not there",
    ),
    pytest.param(
        ("house", "raw: H.R", "m: H"),
        "node 'm' on plate H (house) from node 'raw' on plate H.R (house.resident): the tags of H "
        "are not those of H.R without 'house'. {By} 'resident' onto plate H, the parent of H.R.",
        id="a tag that the sink still has",
    ),
]
NOT_LESS = [
    pytest.param(
        ("room", "raw: H.R, S", "m"),
        "node 'm' without plates from node 'raw' on plates H.R (house.resident) and S (sensor): "
        "its {tag} 'room' is no tag of the source. {By} 'resident' onto plates S and H, the parent "
        "of H.R, or by 'sensor' onto plate H.R.",
        id="a tag that is not there, into one stream",
    ),
    pytest.param(
        ("house", "raw: H.R, H.W", "m: H.R"),
        "node 'm' on plate H.R (house.resident) from node 'raw' on plates H.R (house.resident) and "
        "H.W (house.wearable): 'm' still has the tag 'house' that the tool names. {By} 'resident' "
        "onto plate H.W, or by 'wearable' onto plate H.R.",
        id="a tag that another plate still has",
    ),
    pytest.param(
        ("device", "raw: H.R.D", "m: H"),
        "node 'm' on plate H (house) from node 'raw' on plate H.R.D (house.resident.device): the "
        "tags of H are not those of H.R.D without 'device'. {By} 'device' onto plate H.R, the "
        "parent of H.R.D.",
        id="two tags less",
    ),
    pytest.param(
        ("wearable", "raw: H.R, H.W", "m: H"),
        "node 'm' on plate H (house) from node 'raw' on plates H.R (house.resident) and H.W "
        "(house.wearable): 'm' must have all plates of 'raw' but one, or the parent of that one "
        "instead. {By} 'wearable' onto plate H.R.",
        id="two plates less",
    ),
    pytest.param(
        ("house", "raw: H", "m: S"),
        "node 'm' on plate S (sensor) from node 'raw' on plate H (house): the tags of S are not "
        "those of H without 'house'. {By} 'house' into a node without plates.",
        id="another plate",
    ),
    pytest.param(
        ("house", "raw: H", "m: H, S"),
        "node 'm' on plates H (house) and S (sensor) from node 'raw' on plate H (house): 'm' must "
        "have all plates of 'raw' but one, or the parent of that one instead. {By} 'house' into a "
        "node without plates.",
        id="one plate more",
    ),
    pytest.param(
        ("house", "raw: H", "m: H.R"),
        "node 'm' on plate H.R (house.resident) from node 'raw' on plate H (house): the tags of "
        "H.R are not those of H without 'house'. {By} 'house' into a node without plates.",
        id="a plate below",
    ),
    pytest.param(
        ("house", "raw", "m: H"),
        "node 'm' on plate H (house) from node 'raw' without plates: 'raw' has only one stream. "
        "Give it a node on plates, or use a tool of another kind.",
        id="a source without plates",
    ),
]
# Only a tool that aggregates may take these together, as it needs no value for each stream.
MERGED = [
    ("resident", "raw: H.R", "m", "by 'resident' onto plate H, the parent of H.R."),
    ("house", "raw: H.R", "m", "by 'resident' onto plate H, the parent of H.R."),
    ("resident", "raw: H.R, S", "m: S", "by 'resident' onto plates S and H, the parent of H.R."),
]
# Without a tag, a selector tool may leave out the last one of any plate.
PICKED = {
    "all plates": ("house", "a: H.R, S", "m: S, H.R"),
    "a sub-plate": ("house", "a: H", "m: H1"),
    "a sub-plate below": ("resident", "a: H.R", "m: H.Ra"),
    "a sub-plate of one of two": ("resident", "a: S, H.R", "m: H.Ra, S"),
    "a sub-plate of one of two that overlap": ("house", "a: H.R, H.W", "m: H.W, H.Ra"),
    "no tag, a sub-plate": (None, "a: H", "m: H1"),
    "no tag, the parent": (None, "a: H.R", "m: H"),
    "no tag, one plate less": (None, "a: H.R, S", "m: S"),
    "no tag, one stream": (None, "a: H.R, S", "m"),
}


def cases(table):
    """Give the rows of a table, with their names."""
    return [pytest.param(*row, id=name) for name, row in table.items()]


@pytest.mark.parametrize(("sources", "aligned", "sink"), cases(FED))
def test_a_sink_value_has_one_stream_of_each_source(sources, aligned, sink):
    """Then, and if the sources tell its streams apart, plates fit."""
    check_tool(Sum(), sides(sources), side(aligned), side(sink))
    compatibility.check_factor(Sum(), sides(sources), side(aligned), side(sink))


@pytest.mark.parametrize(("nodes", "message"), UNFED)
def test_plates_without_one_stream_of_each_source_are_refused(nodes, message):
    """The message names the tool, both sides, and what would be right."""
    sources, aligned, sink = nodes
    with pytest.raises(IncompatiblePlatesError) as caught:
        check_tool(Sum(), sides(sources), side(aligned), side(sink))
    assert str(caught.value) == f"Tool sum cannot compute {message}"
    assert (caught.value.tool, caught.value.sink) == ("sum", "m")
    assert caught.value.sources == [text.partition(":")[0] for text in sources]


@pytest.mark.parametrize(("tag", "source", "sink"), cases(LESS))
def test_one_plate_may_be_brought_together(tag, source, sink):
    """By a tool that aggregates, and by one that selects."""
    check_aggregate(Mean(tag), [side(source)], side(sink))
    check_selector(Pick(tag), [side(source)], side(sink))
    check_selector(Pick(tag), [side("selector"), side(source)], side(sink))


@pytest.mark.parametrize(("tag", "source", "sink", "way_out"), MERGED)
def test_an_aggregate_may_take_several_tags_together(tag, source, sink, way_out):
    """A selector tool that names a tag leaves out only this one."""
    check_aggregate(Mean(tag), [side(source)], side(sink))
    check_selector(Pick(None), [side(source)], side(sink))
    with pytest.raises(IncompatiblePlatesError) as caught:
        check_selector(Pick(tag), [side(source)], side(sink))
    message = f": 'm' lacks more than the tag {tag!r} that the tool names. Select {way_out}"
    assert str(caught.value).endswith(message)


def test_an_aggregate_may_take_all_streams_of_several_plates_together():
    """A selector tool that names a tag may not."""
    check_aggregate(Mean("sensor"), [side("raw: H, S")], side("m"))
    check_selector(Pick(None), [side("raw: H, S")], side("m"))
    with pytest.raises(IncompatiblePlatesError, match=r"'m' must have all plates of 'raw' but one"):
        check_selector(Pick("sensor"), [side("raw: H, S")], side("m"))


@pytest.mark.parametrize(("nodes", "message"), NOT_LESS)
def test_other_plates_cannot_be_brought_together(nodes, message):
    """The message says by which tag it could be done, and where the result belongs."""
    tag, source, sink = nodes
    with pytest.raises(IncompatiblePlatesError) as caught:
        check_aggregate(Mean(tag), [side(source)], side(sink))
    expected = message.format(tag="aggregation_meta_data", By="Aggregate by")
    assert str(caught.value) == f"Tool mean cannot compute {expected}"
    with pytest.raises(IncompatiblePlatesError) as caught:
        check_selector(Pick(tag), [side(source)], side(sink))
    expected = message.format(tag="selector_meta_data", By="Select by")
    assert str(caught.value) == f"Tool pick cannot compute {expected}"


@pytest.mark.parametrize(("nodes", "message"), NOT_SELECTED)
def test_onto_the_parent_the_tag_counts_for_a_selector_only(nodes, message):
    """An aggregate tool makes the parent's streams by whatever tag, as there is only one way."""
    tag, source, sink = nodes
    check_aggregate(Mean(tag), [side(source)], side(sink))
    with pytest.raises(IncompatiblePlatesError) as caught:
        check_selector(Pick(tag), [side(source)], side(sink))
    expected = message.format(tag="selector_meta_data", By="Select by")
    assert str(caught.value) == f"Tool pick cannot compute {expected}"


@pytest.mark.parametrize(("tag", "source", "sink"), cases(PICKED))
def test_a_selector_may_take_some_streams(tag, source, sink):
    """Those of a sub-plate; or, if it names no tag, of any plate's parent."""
    check_selector(Pick(tag), [side(source)], side(sink))


@pytest.mark.parametrize("sink", ["m: H", "m: H1"])
def test_aggregating_leaves_fewer_tags(sink):
    """Some of the streams of a plate, or all of them, are no aggregate."""
    with pytest.raises(IncompatiblePlatesError, match="Aggregate by 'house' into a node without"):
        check_aggregate(Mean("house"), [side("raw: H")], side(sink))


def test_a_selector_that_names_no_tag_leaves_out_the_last_one():
    """And only that."""
    with pytest.raises(
        IncompatiblePlatesError,
        match=r"the tags of H are not those of H\.R\.D without 'device'\. Select by 'device' onto",
    ):
        check_selector(Pick(None), [side("raw: H.R.D")], side("m: H"))


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ([], "from no source: it reads the streams of one node, not of none. Give it one source."),
        pytest.param(
            ["a: H", "b: H"],
            "from node 'a' on plate H (house), node 'b' on plate H (house): it reads the streams "
            "of one node, not of 2. Give it one source.",
        ),
    ],
)
def test_an_aggregate_tool_has_one_source(sources, message):
    """More or fewer are refused."""
    with pytest.raises(IncompatiblePlatesError) as caught:
        check_aggregate(Mean("house"), sides(sources), side("m"))
    assert str(caught.value) == f"Tool mean cannot compute node 'm' without plates {message}"


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        pytest.param(
            [],
            "from no source: it reads the streams of one node, not of none. Give it one source, "
            "and maybe before it a node without plates that says what to select.",
        ),
        pytest.param(
            ["s", "a: H", "b"],
            "from node 's' without plates, node 'a' on plate H (house), node 'b' without plates: "
            "it reads the streams of one node, not of 3. Give it one source, and maybe before it a "
            "node without plates that says what to select.",
        ),
        pytest.param(
            ["a: H", "s"],
            "from node 'a' on plate H (house), node 's' without plates: the first of two sources "
            "says what to select, but 'a' has plates. Put a node without plates first.",
        ),
        pytest.param(
            ["s", "a"],
            "from node 's' without plates, node 'a' without plates: 'a' has only one stream. Give "
            "it a node on plates, or use a tool of another kind.",
        ),
    ],
)
def test_a_selector_tool_has_one_source_and_maybe_a_selector(sources, message):
    """The selector has no plates, and comes first."""
    with pytest.raises(IncompatiblePlatesError) as caught:
        check_selector(Pick("house"), sides(sources), side("m"))
    assert str(caught.value) == f"Tool pick cannot compute node 'm' without plates {message}"


def test_an_aggregate_may_be_aligned():
    """To a node that has one stream for each of its values."""
    source, sink = side("a: H.R.D"), side("m: H.R")
    for clock in ("clock", "clock: H", "clock: H.R"):
        check_aggregate(Mean("device"), [source], sink, side(clock))
    with pytest.raises(IncompatiblePlatesError) as caught:
        check_aggregate(Mean("device"), [source], sink, side("clock: S"))
    assert "aligned to node 'clock' on plate S (sensor): a value of 'm' does" in str(caught.value)


def test_a_factor_is_checked_by_the_kind_of_its_tool():
    """What is right for one kind is not for others."""
    raw, mean = side("raw: H.R"), side("m: H")
    for right in (Mean("resident"), Pick("resident"), Pick(None)):
        compatibility.check_factor(right, [raw], None, mean)
    for wrong in (Pick("house"), Sum()):
        with pytest.raises(IncompatiblePlatesError):
            compatibility.check_factor(wrong, [raw], None, mean)


def test_a_selector_tool_is_not_aligned():
    """It gets no alignment stream, so that an alignment node would do nothing."""
    with pytest.raises(FactorDefinitionError, match=r"to node 'clock': leave out") as caught:
        compatibility.check_factor(Pick("house"), [side("a: H")], side("clock"), side("m"))
    assert isinstance(caught.value.tool, Pick)


def test_two_plates_are_compared_for_a_tool():
    """The answer is what is wrong, or None."""
    plates = PLATES
    assert compatibility.plate_problem(Mean("house"), plates["H.R"], plates["H"]) is None
    assert "without 'house'" in compatibility.plate_problem(
        Pick("house"), plates["H.R"], plates["H"]
    )
    assert compatibility.plate_problem(Mean("resident"), plates["H.R"], plates["H"]) is None
    assert compatibility.plate_problem(Pick("house"), plates["H"], plates["H1"]) is None
    assert compatibility.plate_problem(Sum(), plates["H.R"], plates["H"]) is None
    assert compatibility.plate_problem(Mean("house"), plates["H"], plates["S"]) == (
        "the tags of S are not those of H without 'house'. Aggregate by 'house' into a node "
        "without plates."
    )
