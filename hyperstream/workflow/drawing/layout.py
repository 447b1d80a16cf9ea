"""What a picture of a workflow shows: boxes for plates, in them nodes and factors, and arrows.

There is one member for each node and each factor, however many values their
plates have. Graphviz, Mermaid and text all draw this.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from hyperstream.tool import SelectorTool
from hyperstream.utils.text import plural
from hyperstream.workflow.factor import Factor, MultiOutputFactor, NodeCreationFactor
from hyperstream.workflow.plate import Plate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperstream.workflow.graph import Graph
    from hyperstream.workflow.node import Node
    from hyperstream.workflow.order import AnyFactor

    Kind = Literal["node", "factor", "values"]

_LONGEST = 300


@dataclass(frozen=True)
class Member:
    """A node, a factor, or the values of a plate that a factor creates.

    Attributes
    ----------
    key : str
        A short name without any special character, by which arrows know it.
    kind : str
        ``"node"``, ``"factor"`` or ``"values"``.
    title : str
        What it is called.
    detail : str
        The channel of a node; the functions of a factor's tool.
    about : str
        All that is said of it, in one line.
    """

    key: str
    kind: Kind
    title: str
    detail: str
    about: str


@dataclass(frozen=True)
class Box:
    """A plate, or several plates together, with all that is repeated over them.

    Attributes
    ----------
    key : str
        A short name without any special character.
    title : str
        The plates, as in ``"T × V"``.
    detail : str
        The number of values, and their tags where the title does not say them.
    about : str
        The descriptions of the plates.
    inside : list
        Members and boxes, in order of definition.
    """

    key: str
    title: str
    detail: str
    about: str
    inside: list[Member | Box] = field(default_factory=list)

    def boxes(self) -> Iterator[Box]:
        """Yield the boxes directly inside of this one."""
        return (each for each in self.inside if isinstance(each, Box))

    def members(self) -> Iterator[Member]:
        """Yield the members, those in inner boxes too."""
        for each in self.inside:
            if isinstance(each, Box):
                yield from each.members()
            else:
                yield each


@dataclass(frozen=True)
class Arrow:
    """That a factor reads or makes something; `label` says how, where it is no plain source."""

    tail: str
    head: str
    label: str = ""


class Layout:
    """What a picture of a workflow shows.

    Boxes do not overlap. A plate below another one lies inside of it. What is
    on several plates, of which none is above another, has a box of its own,
    ``T × V``, beside those of T and of V, and inside of the plates that are
    above all of them. A factor lies where it is called once for each value:
    one that splits streams onto a new plate is outside of that plate.

    Parameters
    ----------
    graph : Graph
        The workflow.

    Attributes
    ----------
    root : Box
        Stands for what is on no plate; it is not drawn itself.
    arrows : list of Arrow
        From nodes to factors and from factors to what they make.
    """

    def __init__(self, graph: Graph) -> None:
        self.root = Box("root", _line(graph.workflow_id), "", "")
        self.arrows: list[Arrow] = []
        self._boxes: dict[frozenset[str], Box] = {frozenset(): self.root}
        self._nodes: dict[int, Member] = {}
        self._created: dict[str, Member] = {}
        self._manager = graph.plate_manager
        for node in graph.nodes.values():
            self._nodes[id(node)] = self._node(node)
        for place, factor in enumerate(graph.factors):
            self._factor(f"f{place}", factor)

    def _node(self, node: Node) -> Member:
        box = self._box(node.plates, len(node.plate_values))
        channel = node.channel.channel_id
        on = "no plate" if box is self.root else box.title
        about = f"Node {node.node_id} in channel {channel}, on {on}"
        return _put(box, f"n{len(self._nodes)}", "node", node.node_id, channel, about)

    def _factor(self, key: str, factor: AnyFactor) -> None:
        tool = factor.tool
        box = self._box(_called_over(factor))
        # Not with its other parameters: pictures are shown to others, and paths and keys are not.
        detail = ", ".join(_functions(tool))
        calls = "once" if box is self.root else f"for each value of {box.title}"
        about = f"Factor with tool {tool.name}, called {calls}"
        made = _put(box, key, "factor", tool.name, detail, about)
        for node, how in _read(factor):
            self.arrows.append(Arrow(self._nodes[id(node)].key, made.key, how))
        if isinstance(factor, NodeCreationFactor):
            sink = self._values(factor)
        else:
            sink = self._nodes[id(factor.sink)]
        self.arrows.append(Arrow(made.key, sink.key))

    def _values(self, factor: NodeCreationFactor) -> Member:
        """Return what stands for the values of a plate that a factor creates."""
        plate_id = factor.output_plate["plate_id"]
        if plate_id not in self._created:
            box = self._created_box(plate_id, factor)
            tag = factor.output_plate["meta_data_id"]
            about = f"The values {tag} of plate {plate_id}, found by {factor.tool.name}"
            key = f"v{len(self._created)}"
            self._created[plate_id] = _put(box, key, "values", f"values of {plate_id}", tag, about)
        return self._created[plate_id]

    def _created_box(self, plate_id: str, factor: NodeCreationFactor) -> Box:
        """Return the box of a plate that a factor creates, and that need not be there yet."""
        if frozenset([plate_id]) in self._boxes:
            return self._boxes[frozenset([plate_id])]
        if self._manager is not None and plate_id in self._manager:
            return self._box((self._manager[plate_id],))
        above = self._box(() if factor.parent is None else (factor.parent,))
        about = factor.output_plate.get("description") or ""
        box = Box(self._key(), _line(plate_id), "not created yet", _line(about))
        self._boxes[frozenset([plate_id])] = box
        above.inside.append(box)
        return box

    def _box(self, plates: Sequence[Plate], count: int | None = None) -> Box:
        """Return the box of what is on some plates; made with those around it if it is new."""
        own = [plate for plate in plates if not any(map(plate.is_ancestor, plates))]
        key = frozenset(plate.plate_id for plate in own)
        if key not in self._boxes:
            around = self._box(_above_all(own))
            if count is None:
                count = len(Plate.get_overlapping_values(own))
            self._boxes[key] = _described(self._key(), own, count)
            around.inside.append(self._boxes[key])
        return self._boxes[key]

    def _key(self) -> str:
        return f"p{len(self._boxes) - 1}"


def _described(key: str, plates: Sequence[Plate], count: int) -> Box:
    """Return the box of some plates that have so many values together."""
    title = " × ".join(plate.plate_id for plate in plates)
    tags = " × ".join(plate.meta_data_id for plate in plates)
    detail = plural(count, "value")
    if any(plate.plate_id != ".".join(plate.ancestor_meta_data_ids) for plate in plates):
        detail += f" of {tags}"
    about = "; ".join(plate.description for plate in plates if plate.description)
    return Box(key, _line(title), _line(detail), _line(about))


def _called_over(factor: AnyFactor) -> Sequence[Plate]:
    """Return the plates for each value of which a factor calls its tool."""
    if isinstance(factor, NodeCreationFactor):
        return factor.plates or (() if factor.parent is None else (factor.parent,))
    if isinstance(factor, MultiOutputFactor):
        return () if factor.source is None else factor.source.plates
    return () if isinstance(factor.tool, SelectorTool) else factor.plates


def _read(factor: AnyFactor) -> Iterator[tuple[Node, str]]:
    """Yield the nodes that a factor reads, and how where that is special."""
    yield from ((node, "") for node in factor.sources)
    if isinstance(factor, Factor) and factor.alignment_node is not None:
        yield factor.alignment_node, "aligned to"
    if isinstance(factor, MultiOutputFactor) and factor.splitting_node is not None:
        yield factor.splitting_node, "split by"


def _above_all(plates: Sequence[Plate]) -> tuple[Plate, ...]:
    """Return the lowest plate that is above all of some plates, if there is one."""
    common = [
        plate
        for plate in (plates[0].ancestor_plates if plates else ())
        if all(map(plate.is_ancestor, plates))
    ]
    return tuple(common[-1:])


def _functions(tool: Any) -> Iterator[str]:
    """Yield the names of the functions that a tool has as parameters."""
    for value in tool.parameters_dict.values():
        if callable(value):
            yield str(getattr(value, "__name__", type(value).__name__)).strip("<>")


def _put(box: Box, key: str, kind: Kind, title: str, detail: str, about: str) -> Member:
    member = Member(key, kind, _line(title), _line(detail), cut(_line(about), _LONGEST))
    box.inside.append(member)
    return member


def cut(text: str, width: int) -> str:
    """Return a text that is not longer than a width, its end left out where need be.

    Examples
    --------
    >>> cut("temperature", 20), cut("temperature", 5)
    ('temperature', 'temp…')
    """
    return text if len(text) <= width else text[: width - 1] + "…"


def _line(text: str) -> str:
    """Return a text as one line, without characters that cannot be seen."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
