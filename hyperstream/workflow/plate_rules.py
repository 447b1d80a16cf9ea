"""The rules for plates of sources and sinks, one by one; `compatibility` puts them together.

The docstring of a rule says what must be. The rule returns what is wrong and what would be right,
as a clause and a sentence, or None if all is as it must be.

A plate that another one of its node is below of says nothing new, so a rule takes a node on the
plates H and H.R as one on H.R. The order of plates does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from hyperstream.tool import AggregateTool, BaseTool
from hyperstream.workflow.plate import Plate


class Side(Protocol):
    """A node, as far as the rules look at it."""

    @property
    def node_id(self) -> str:
        """The name."""

    @property
    def plates(self) -> tuple[Plate, ...]:
        """The plates; none for a node of one stream."""


# Tools that read one stream of each source.


def one_stream_of_each(inputs: Sequence[Side], sink: Side) -> str | None:
    """Require each plate of an input to be one of the sink's, or above one.

    So a value of the sink says which stream of each input to take.
    """
    needed = {plate for side in inputs for plate in side.plates}
    for side in inputs:
        for plate in lowest(side.plates):
            if not _covers(plate, sink.plates):
                path = plate.ancestor_meta_data_ids
                free = [one for one in sink.plates if one not in needed]
                like = [one.plate_id for one in free if one.ancestor_meta_data_ids == path]
                how = f" instead of {like[0]}" if like else ", too"
                return (
                    f"a value of {sink.node_id!r} does not say which stream of {side.node_id!r} "
                    f"to take, as {plate.plate_id} is none of its plates, nor above one. Put "
                    f"{sink.node_id!r} onto plate {plate.plate_id}{how}, or first aggregate "
                    f"{side.node_id!r} {_less(side.plates, plate)}."
                )
    return None


def plates_of_sources(inputs: Sequence[Side], sink: Side) -> str | None:
    """Require each plate of the sink to be one of an input's, or below one."""
    given = [plate for side in inputs for plate in side.plates]
    for plate in lowest(sink.plates):
        if not any(_covers(each, [plate]) for each in given):
            return (
                f"no source is on plate {plate.plate_id}, or on one above it. Leave it out, or "
                "first split a source onto it, such as by stream_broadcaster."
            )
    return None


# Tools that aggregate or select.


def one_source(sources: Sequence[Side]) -> str | None:
    """Require one source."""
    if len(sources) == 1:
        return None
    return f"it reads the streams of one node, not of {len(sources) or 'none'}. Give it one source."


def selector_and_source(sources: Sequence[Side]) -> str | None:
    """Require one source, or before it one without plates, which says what to select."""
    if len(sources) == 2 and sources[0].plates:  # noqa: PLR2004 - selector and source
        return (
            f"the first of two sources says what to select, but {sources[0].node_id!r} has "
            "plates. Put a node without plates first."
        )
    if 1 <= len(sources) <= 2:  # noqa: PLR2004 - as above
        return None
    return (
        f"it reads the streams of one node, not of {len(sources) or 'none'}. Give it one source, "
        "and maybe before it a node without plates that says what to select."
    )


def on_plates(source: Side) -> str | None:
    """Require the source to be on plates."""
    if source.plates:
        return None
    return (
        f"{source.node_id!r} has only one stream. Give it a node on plates, or use a tool of "
        "another kind."
    )


def known_tag(tool: BaseTool, source: Side) -> str | None:
    """Require the tag that the tool names, if it names one, to be one of the source's."""
    tag = _tag(tool)
    if tag is None or tag in _tags(source.plates):
        return None
    return f"its {_tag_name(tool)} {tag!r} is no tag of the source. {_ways(tool, source.plates)}"


def is_parent(source: Side, sink: Side) -> bool:
    """Tell whether the sink is on the parent of the one plate of the source."""
    before, after = lowest(source.plates), lowest(sink.plates)
    return len(before) == len(after) == 1 and before[0].parent is after[0]


def one_plate_less(tool: BaseTool, source: Side, sink: Side) -> str | None:
    """Require the sink to have the source's plates, one of which is gone or replaced.

    What replaces a plate fits it, as `one_tag_less` says, and no plate that stays
    has the tag that the tool names. A tool that aggregates, or names no tag, may
    also make one stream of all; otherwise nothing is gone but that tag. A tool
    that does not aggregate may have all plates of its source.
    """
    tag, aggregates = _tag(tool), isinstance(tool, AggregateTool)
    before, after = lowest(source.plates), lowest(sink.plates)
    gone = [plate for plate in before if plate not in after]
    new = [plate for plate in after if plate not in before]
    stay = [plate for plate in after if plate in before]
    if not after and (aggregates or tag is None):
        return None
    if not (gone or new or aggregates):
        return None
    if len(gone) != 1 or len(new) > 1:
        problem = (
            f"{sink.node_id!r} must have all plates of {source.node_id!r} but one, or the parent "
            "of that one instead"
        )
    elif tag in _tags(stay) and not (new and _is_part(tool, gone[0], new[0])):
        problem = f"{sink.node_id!r} still has the tag {tag!r} that the tool names"
    elif new:
        return one_tag_less(tool, gone[0], new[0], stay)
    elif not aggregates and tag is not None and _tags(before) - _tags(after) != {tag}:
        problem = f"{sink.node_id!r} lacks more than the tag {tag!r} that the tool names"
    else:
        return None
    return f"{problem}. {_ways(tool, before)}"


def one_tag_less(
    tool: BaseTool, source_plate: Plate, sink_plate: Plate, stay: Sequence[Plate] = ()
) -> str | None:
    """Require the sink's plate to have the source's tags but for that which the tool names.

    If the tool names none, it is the last one. A tool that does not aggregate
    may also have a sub-plate. Other plates, which both have, stay as they are.
    """
    tag = _tag(tool) or source_plate.meta_data_id
    before = _tags([source_plate])
    if tag in before and _tags([sink_plate]) == before - {tag}:
        return None
    if _is_part(tool, source_plate, sink_plate):
        return None
    return (
        f"the tags of {sink_plate.plate_id} are not those of {source_plate.plate_id} without "
        f"{tag!r}. {_ways(tool, [*stay, source_plate])}"
    )


# Tools that split.


def one_plate(sink: Side) -> str | None:
    """Require the sink to have one plate."""
    count = len(lowest(sink.plates))
    if count == 1:
        return None
    return (
        f"without a source, the sink has one plate, not {count or 'none'}. Put {sink.node_id!r} "
        "onto one plate; another factor can split it further."
    )


def one_plate_more(before: Sequence[Plate], after: Sequence[Plate]) -> str | None:
    """Require the plates after a split to be those before and one more.

    This one is a root, or its parent is one of the plates before, or above one.
    """
    if not all(_covers(plate, after) for plate in before):
        return f"the sink must keep {plates_text(lowest(before))}. Put it onto one plate more."
    new = added(before, after)
    if len(new) != 1:
        return (
            f"the sink must have one plate more than the source, not {len(new) or 'none'}. Split "
            "onto one plate at a time: a root, or one whose parent the source has."
        )
    parent = new[0].parent
    if parent is None or _covers(parent, before):
        return None
    return (
        f"the source is not on plate {parent.plate_id}, the parent of {new[0].plate_id}. First "
        f"split onto {parent.plate_id}."
    )


def no_plates(splitting_node: Side) -> str | None:
    """Require a node that is split by, without a source, to have no plates."""
    if not splitting_node.plates:
        return None
    return (
        f"without a source, nothing says which stream of {splitting_node.node_id!r} to take. "
        "Split by a node without plates."
    )


# Tools that create plates.


def one_parent(plates: Sequence[Plate]) -> str | None:
    """Require the source to have one plate at most, if no parent is named."""
    if len(lowest(plates)) <= 1:
        return None
    return "a plate has one parent, and the source has several plates. Name the parent_plate."


def parent_of_source(plates: Sequence[Plate], parent: Plate) -> str | None:
    """Require a parent that is named to be a plate of the source, if it has any, or above one."""
    if not plates or _covers(parent, plates):
        return None
    return (
        f"{parent.plate_id} is no plate of the source, nor above one. Name one of its plates as "
        "the parent_plate, or none."
    )


# Plates, and how to say them.


def lowest(plates: Sequence[Plate]) -> tuple[Plate, ...]:
    """Return the plates that no other one of them is below of."""
    return tuple(plate for plate in plates if not any(map(plate.is_ancestor, plates)))


def added(before: Sequence[Plate], after: Sequence[Plate]) -> list[Plate]:
    """Return the plates that are neither among those before, nor above one of them."""
    return [plate for plate in lowest(after) if not _covers(plate, before)]


def side_text(side: Side) -> str:
    """Return how a node is called: ``node 'raw' on plate H.R (house.resident)``."""
    where = f"on {plates_text(side.plates)}" if side.plates else "without plates"
    return f"node {side.node_id!r} {where}"


def plates_text(plates: Sequence[Plate]) -> str:
    """Return how plates are called: ``plates H (house) and H.R (house.resident)``."""
    names = [f"{plate.plate_id} ({'.'.join(plate.ancestor_meta_data_ids)})" for plate in plates]
    return _plates_named(names)


def _plates_named(names: Sequence[str]) -> str:
    *others, last = names
    return f"plates {', '.join(others)} and {last}" if others else f"plate {last}"


def _is_part(tool: BaseTool, source_plate: Plate, sink_plate: Plate) -> bool:
    """Tell whether a sink has some values of a source's plate, as no tool that aggregates has."""
    return not isinstance(tool, AggregateTool) and sink_plate.is_sub_plate(source_plate)


def _covers(plate: Plate, others: Iterable[Plate]) -> bool:
    """Tell whether a plate is one of others, or above one."""
    return any(plate is other or plate.is_ancestor(other) for other in others)


def _tags(plates: Iterable[Plate]) -> set[str]:
    return {tag for plate in plates for tag in plate.ancestor_meta_data_ids}


def _tag_name(tool: BaseTool) -> str:
    return "aggregation_meta_data" if isinstance(tool, AggregateTool) else "selector_meta_data"


def _tag(tool: BaseTool) -> str | None:
    """Return the tag that a tool aggregates over or selects by, if it names one."""
    tag: str | None = getattr(tool, _tag_name(tool), None)
    return tag


def _ways(tool: BaseTool, source_plates: Sequence[Plate]) -> str:
    """Say by which tags, and onto which plates then, a tool can bring streams together."""
    plates, aggregates = lowest(source_plates), isinstance(tool, AggregateTool)
    alone = [plate for plate in plates if not _shares_tag(plate, plates)]
    named = [plate for plate in alone if plate.meta_data_id == _tag(tool)] or alone
    ways = [f"by {plate.meta_data_id!r} {_less(plates, plate)}" for plate in named]
    if not ways:
        rest = [] if aggregates else [plate.plate_id for plate in plates]
        ways = [f"by {plates[0].meta_data_id!r} {_onto(rest)}"]
    return f"{'Aggregate' if aggregates else 'Select'} {', or '.join(ways)}."


def _shares_tag(plate: Plate, plates: Sequence[Plate]) -> bool:
    """Tell whether other plates have the tag of one, so that it stays where this one is gone."""
    return plate.meta_data_id in _tags(other for other in plates if other is not plate)


def _less(plates: Sequence[Plate], plate: Plate) -> str:
    """Say onto which plates to go from some when one of them loses its own tag."""
    if _shares_tag(plate, lowest(plates)):
        return _onto([])
    rest = [each for each in lowest(plates) if each is not plate]
    names = [each.plate_id for each in rest]
    if plate.parent is not None and not _covers(plate.parent, rest):
        names.append(f"{plate.parent.plate_id}, the parent of {plate.plate_id}")
    return _onto(names)


def _onto(names: Sequence[str]) -> str:
    return f"onto {_plates_named(names)}" if names else "into a node without plates"
