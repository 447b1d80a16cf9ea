"""Which plates fit together: checks of the sources and the sink of each kind of tool.

A check asks the rules for its kind of tool (see `plate_rules`) in turn. Where one is broken, it
raises an IncompatiblePlatesError that names the tool, both sides with their plates and the tags of
these, and what would be right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hyperstream.tool import (
    AggregateTool,
    BaseTool,
    MultiOutputTool,
    PlateCreationTool,
    SelectorTool,
)
from hyperstream.utils.errors import FactorDefinitionError, IncompatiblePlatesError
from hyperstream.workflow import plate_rules as rules
from hyperstream.workflow.plate import Plate, PlateValue
from hyperstream.workflow.plate_rules import Side

__all__ = [
    "Side",
    "check_aggregate",
    "check_factor",
    "check_multi_output",
    "check_plate_creation",
    "check_selector",
    "check_tool",
    "multi_output_is_compatible",
    "plate_problem",
    "same_plates",
]


def check_factor(
    tool: BaseTool, sources: Sequence[Side], alignment_node: Side | None, sink: Side
) -> None:
    """Check the plates of a tool with one output, a selector tool or an aggregate tool.

    Raises
    ------
    IncompatiblePlatesError
        See `check_tool`, `check_selector` and `check_aggregate`.
    FactorDefinitionError
        A selector tool is to be aligned, which it cannot be.
    """
    if isinstance(tool, AggregateTool):
        check_aggregate(tool, sources, sink, alignment_node)
    elif isinstance(tool, SelectorTool):
        if alignment_node is not None:
            raise FactorDefinitionError(
                f"Tool {tool.name} selects instances as they are, so that it cannot be aligned to "
                f"node {alignment_node.node_id!r}: leave out the alignment node.",
                tool=tool,
            )
        check_selector(tool, sources, sink)
    else:
        check_tool(tool, sources, alignment_node, sink)


def check_tool(
    tool: BaseTool, sources: Sequence[Side], alignment_node: Side | None, sink: Side
) -> None:
    """Check the plates of a tool that makes each sink stream from one stream of each source.

    Each plate of a source, and of the alignment node, is one of the sink's or
    above one. If there are sources, each plate of the sink is one of theirs (or
    of the alignment node's) or below one.

    Raises
    ------
    IncompatiblePlatesError
        It is not so.
    """
    inputs = [*sources, *_given(alignment_node)]
    problem = rules.one_stream_of_each(inputs, sink)
    if sources and problem is None:
        problem = rules.plates_of_sources(inputs, sink)
    _raise(problem, tool, sources, sink, aligned_to=alignment_node)


def check_aggregate(
    tool: AggregateTool, sources: Sequence[Side], sink: Side, alignment_node: Side | None = None
) -> None:
    """Check the plates of a tool that makes one stream of all those of a plate.

    There is one source, on plates. From one plate the sink may be on the parent,
    whatever tag the tool names. Otherwise the source has this tag, and the sink
    has no plates; or those of the source but one, which is gone, or in its place
    is a plate with the same tags except this one.
    Each plate of the alignment node is one of the sink's or above one.

    Raises
    ------
    IncompatiblePlatesError
        It is not so.
    """
    problem = (
        rules.one_source(sources)
        or (
            None if rules.is_parent(sources[0], sink) else _brought_together(tool, sources[0], sink)
        )
        or rules.one_stream_of_each(_given(alignment_node), sink)
    )
    _raise(problem or None, tool, sources, sink, aligned_to=alignment_node)


def check_selector(tool: SelectorTool, sources: Sequence[Side], sink: Side) -> None:
    """Check the plates of a tool that takes some of many streams.

    There is one source, or before it one without plates, which says what to
    select. Source and sink are as `check_aggregate` says, but that the tool need
    not name a tag; if it does, the sink lacks no other tag. The sink may also have
    all plates of the source, or a sub-plate in place of one of them.

    Raises
    ------
    IncompatiblePlatesError
        It is not so.
    """
    problem = rules.selector_and_source(sources) or _brought_together(tool, sources[-1], sink)
    _raise(problem, tool, sources, sink)


def check_multi_output(
    tool: MultiOutputTool, source: Side | None, splitting_node: Side | None, sink: Side
) -> Plate:
    """Check the plates of a tool that splits streams, and return the plate it splits onto.

    Without a source, the sink has one plate. With one, it has the source's
    plates and one more: a root, or one whose parent is one of the source's plates
    or above one. Each plate of the splitting node is one of the source's or above
    one.

    Raises
    ------
    IncompatiblePlatesError
        It is not so.
    """
    splitting = _given(splitting_node)
    if source is None:
        problem = rules.one_plate(sink) or next(filter(None, map(rules.no_plates, splitting)), None)
    else:
        problem = rules.one_plate_more(source.plates, sink.plates)
        problem = problem or rules.one_stream_of_each(splitting, source)
    _raise(problem, tool, _given(source), sink, split_by=splitting_node)
    return rules.added(() if source is None else source.plates, sink.plates)[0]


def check_plate_creation(
    tool: PlateCreationTool, source: Side | None, parent_plate: Plate | None
) -> Plate | None:
    """Check the plates of a tool that finds the values of a new plate, and return its parent.

    A parent that is named is one of the source's plates or above one, unless
    there are none. If none is named, the source has one plate at most, which is
    the parent.

    Returns
    -------
    Plate or None
        None if the new plate is a root.

    Raises
    ------
    IncompatiblePlatesError
        It is not so.
    """
    plates = () if source is None else rules.lowest(source.plates)
    if parent_plate is None:
        problem = rules.one_parent(plates)
    else:
        problem = rules.parent_of_source(plates, parent_plate)
    if problem is not None:
        below = "" if parent_plate is None else f" below {rules.plates_text([parent_plate])}"
        raise IncompatiblePlatesError(
            f"Tool {tool.name} cannot create a plate{below} from {_text(_given(source))}: "
            f"{problem}",
            tool=tool.name,
        )
    return next(iter(plates), None) if parent_plate is None else parent_plate


def same_plates(node: Side, plate_values: Iterable[PlateValue]) -> None:
    """Check that plate values, in any order, name exactly the plates of a node.

    Raises
    ------
    IncompatiblePlatesError
        A plate is missing, there is one too many or one twice, or something is
        no plate value.
    """
    given = list(plate_values)
    named = [each.plate for each in given if isinstance(each, PlateValue)]
    if len(named) < len(given):
        where = f"{given!r}, which a loop over a plate does not give"
    elif len(named) != len(node.plates) or set(named) != set(node.plates):
        where = f"values of {rules.plates_text(named)}" if named else "None"
    else:
        return
    right = f"values of {rules.plates_text(node.plates)}" if node.plates else "None"
    raise IncompatiblePlatesError(
        f"What computes {rules.side_text(node)} cannot be defined at {where}. Index it by {right}.",
        node_id=node.node_id,
    )


def plate_problem(tool: BaseTool, source_plate: Plate, sink_plate: Plate) -> str | None:
    """Say what is wrong with a tool that brings all streams of one plate onto another one.

    The sink's plate has the source's tags except the one that the tool names; if
    it names none, except the last. A tool that aggregates may also have the parent
    plate, whatever tag it names; any other tool a sub-plate.

    Returns
    -------
    str or None
        What is wrong and what would be right; None if nothing is wrong.
    """
    if isinstance(tool, AggregateTool) and sink_plate is source_plate.parent:
        return None
    return rules.one_tag_less(tool, source_plate, sink_plate)


def multi_output_is_compatible(
    source_plates: Sequence[Plate], sink_plates: Sequence[Plate]
) -> bool:
    """Tell whether a source on some plates can be split into a sink on others.

    It is as `check_multi_output` says of a tool with a source.
    """
    return rules.one_plate_more(source_plates, sink_plates) is None


def _brought_together(tool: BaseTool, source: Side, sink: Side) -> str | None:
    """Ask the rules for all streams of a source that come together in fewer."""
    return (
        rules.on_plates(source)
        or rules.known_tag(tool, source)
        or rules.one_plate_less(tool, source, sink)
    )


def _raise(
    problem: str | None,
    tool: BaseTool,
    sources: Sequence[Side],
    sink: Side,
    **also: Side | None,
) -> None:
    if problem is None:
        return
    others = [
        f", {role.replace('_', ' ')} {rules.side_text(side)}"
        for role, side in also.items()
        if side is not None
    ]
    raise IncompatiblePlatesError(
        f"Tool {tool.name} cannot compute {rules.side_text(sink)} from {_text(sources)}"
        f"{''.join(others)}: {problem}",
        tool=tool.name,
        sources=[side.node_id for side in sources],
        sink=sink.node_id,
    )


def _text(sides: Sequence[Side]) -> str:
    return ", ".join(map(rules.side_text, sides)) or "no source"


def _given(side: Side | None) -> list[Side]:
    return [] if side is None else [side]
