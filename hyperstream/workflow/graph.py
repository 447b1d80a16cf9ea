"""The graph of a workflow: its nodes and factors, and how they are tied together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from hyperstream.channels.tool_channel import hint
from hyperstream.tool import (
    BaseTool,
    MultiOutputTool,
    PlateCreationTool,
    SelectorTool,
    Tool,
)
from hyperstream.utils.containers import Printable
from hyperstream.utils.errors import FactorDefinitionError
from hyperstream.workflow import checks, compatibility
from hyperstream.workflow.factor import Factor, MultiOutputFactor, NodeCreationFactor
from hyperstream.workflow.node import Node
from hyperstream.workflow.order import Creators, check_creation, topological
from hyperstream.workflow.plate import PlateValue
from hyperstream.workflow.specification import Specification, assigned, computation

if TYPE_CHECKING:
    from hyperstream.channel_manager import ChannelManager
    from hyperstream.channels import BaseChannel
    from hyperstream.workflow.factor import BaseFactor
    from hyperstream.workflow.order import AnyFactor
    from hyperstream.workflow.plate import Plate
    from hyperstream.workflow.plate_manager import PlateManager

    AnyTool = BaseTool | Mapping[str, Any]

_TOOL_KEYS = ("name", "parameters", "version")

F = TypeVar("F", bound="BaseFactor | NodeCreationFactor")
T = TypeVar("T")


class Graph(Printable):
    """Nodes, and the factors between them. A `Workflow` is one.

    Parameters
    ----------
    workflow_id : str
        Whose graph it is.
    channel_manager, plate_manager : optional
        What names of channels, tools and plates are looked up in.

    Attributes
    ----------
    nodes : dict
        The nodes by name, in order of definition.
    factors : list
        The factors, in order of definition.
    neighbours : callable
        Returns the workflows, of those that this process knows, which may compute what nodes
        here only read.
    """

    def __init__(
        self,
        workflow_id: str,
        channel_manager: ChannelManager | None,
        plate_manager: PlateManager | None,
    ) -> None:
        self.workflow_id = workflow_id
        self.channel_manager = channel_manager
        self.plate_manager = plate_manager
        self.nodes: dict[str, Node] = {}
        self.factors: list[AnyFactor] = []
        self.neighbours: Callable[[], Iterable[Graph]] = tuple
        self._order: list[AnyFactor] | None = None
        self._creators = Creators()
        # Equal tools are one, so that a tool is made ready once for all factors.
        self._tools: dict[BaseTool, BaseTool] = {}

    @property
    def order(self) -> list[AnyFactor]:
        """The factors in topological order."""
        if self._order is None:
            self._order = topological(self.factors)
        return self._order

    @property
    def plates(self) -> Iterator[Plate]:
        """The plates of the nodes, and those below which factors create others."""
        for node in self.nodes.values():
            yield from node.plates
        for factor in self.factors:
            yield from _above(factor)

    def create_node(
        self,
        stream_name: str,
        channel: BaseChannel | str,
        plates: Sequence[Plate | str] | None = None,
    ) -> Node:
        """Create a node: streams of one name, one for each plate value.

        Streams that do not exist yet are created.

        Parameters
        ----------
        stream_name : str
            The name of the streams, and of the node.
        channel : BaseChannel or str
            The channel where they live, or its id.
        plates : sequence of Plate or str, optional
            The plates, or their ids.

        Raises
        ------
        NodeAlreadyExistsError
            The workflow has a node of this name.
        NodeDefinitionError, IncompatiblePlatesError
            Name, channel or plates are not right.
        PlateEmptyError
            There are no plate values, so that there would be no streams.
        """
        checks.check_new_node(self, stream_name)
        try:
            node = self.open_node(stream_name, channel, () if plates is None else plates)
            checks.check_values(node)
            _ = node.streams  # creates them, in bulk
        except BaseException:
            self._drop(stream_name)
            raise
        return node

    def create_factor(
        self,
        tool: AnyTool,
        sources: Sequence[Node] | None,
        sink: Node,
        alignment_node: Node | None = None,
    ) -> Factor:
        """Create a factor: one tool for all plate values, which computes the sink.

        Note that the parameters of the tool are the same over a plate. For
        parameters that vary, use an extra source.

        Parameters
        ----------
        tool : BaseTool or dict
            The tool, or its ``name`` and ``parameters``, and maybe ``version``.
        sources : sequence of Node, or None
            The nodes that it reads.
        sink : Node
            The node that it computes.
        alignment_node : Node, optional
            The node whose timestamps the output has.

        Raises
        ------
        FactorDefinitionError
            The tool is of another kind, or the nodes are not those of this workflow.
        FactorAlreadyExistsError
            The sink has a factor.
        IncompatiblePlatesError
            The plates of sources and sink do not fit the tool.
        LinkageError
            The sink would depend on itself.
        """
        made = self._tool(tool)
        read = checks.source_list(made, sources)
        checks.check_kind(made, Tool, SelectorTool, method="create_factor")
        _check_agrees(tool, [*read, *_given(alignment_node)])
        checks.check_link(self, made, [*read, *_given(alignment_node)], sink)
        checks.check_source_count(made, read)
        compatibility.check_factor(made, read, alignment_node, sink)
        return self._add(Factor(made, read, sink, alignment_node))

    def create_multi_output_factor(
        self, tool: AnyTool, source: Node | None, splitting_node: Node | None, sink: Node
    ) -> MultiOutputFactor:
        """Create a multi-output factor: it splits each stream of a node onto a new plate.

        Parameters
        ----------
        tool : MultiOutputTool or dict
            The tool, or its ``name`` and ``parameters``, and maybe ``version``.
        source : Node or None
            The node to split.
        splitting_node : Node or None
            The node that says how to split.
        sink : Node
            The node on the new plate.

        Raises
        ------
        FactorDefinitionError, FactorAlreadyExistsError, IncompatiblePlatesError, LinkageError
            See `create_factor`.
        """
        made = self._tool(tool)
        checks.check_kind(made, MultiOutputTool, method="create_multi_output_factor")
        _check_agrees(tool, _given(source, splitting_node))
        checks.check_link(self, made, _given(source, splitting_node), sink)
        plate = compatibility.check_multi_output(made, source, splitting_node, sink)
        return self._add(MultiOutputFactor(made, source, splitting_node, sink, plate))

    def create_node_creation_factor(
        self,
        tool: AnyTool,
        source: Node | None,
        output_plate: Mapping[str, Any],
        plate_manager: PlateManager | None = None,
    ) -> NodeCreationFactor:
        """Create a factor that finds the values of a plate, and creates the plate if needed.

        Parameters
        ----------
        tool : PlateCreationTool or dict
            The tool, or its ``name`` and ``parameters``, and maybe ``version``.
        source : Node or None
            The node that the values are found in.
        output_plate : dict
            The plate: ``plate_id``, ``meta_data_id``, ``description``, ``use_provided_values``
            (whether the plate has the values found only, or all that there ever are), and maybe
            ``parent_plate``.
        plate_manager : PlateManager, optional
            Where the plate is created.

        Raises
        ------
        FactorDefinitionError
            The tool is of another kind, or the plate is not described rightly.
        IncompatiblePlatesError
            The plate cannot be below that of the source.
        """
        made = self._tool(tool)
        checks.check_kind(made, PlateCreationTool, method="create_node_creation_factor")
        _check_agrees(tool, _given(source))
        checks.check_link(self, made, _given(source))
        manager = plate_manager or checks.found_plate_manager(self)
        plate, named = checks.checked_output_plate(output_plate, manager)
        parent = compatibility.check_plate_creation(made, source, named)
        checks.check_created_plate(plate, parent, manager)
        return self._add(NodeCreationFactor(made, source, plate, manager, parent))

    def create_factor_general(self, *args: Any, **kwargs: Any) -> AnyFactor:
        """Create a factor of the kind that the tool needs.

        Parameters
        ----------
        *args, **kwargs
            The tool, and the other arguments of `create_factor`, `create_multi_output_factor` or
            `create_node_creation_factor`.
        """
        if args and "tool" in kwargs:
            raise TypeError("create_factor_general() got multiple values for argument 'tool'")
        if args:
            kwargs["tool"], args = args[0], args[1:]
        tool = kwargs.pop("tool", None)
        made = self._tool(tool)
        if isinstance(made, MultiOutputTool):
            return self.create_multi_output_factor(tool, *args, **kwargs)
        if isinstance(made, PlateCreationTool):
            return self.create_node_creation_factor(tool, *args, **kwargs)
        return self.create_factor(tool, *args, **kwargs)

    def define(
        self,
        sink: Node,
        key: PlateValue | Sequence[PlateValue] | None,
        specification: Any,
    ) -> None:
        """Make the factor of ``sink[key] = specification``, if it is not there yet.

        Raises
        ------
        IncompatiblePlatesError
            The key does not name exactly the plates of the node.
        FactorDefinitionError
            The node is computed in another way already.
        """
        assigned(specification)
        compatibility.same_plates(sink, _values(key))
        if not isinstance(specification, Specification):
            msg = (
                f"Node {sink.node_id} is given {specification!r}: assign what hs.factors.<tool>(…) "
                "returns."
            )
            raise FactorDefinitionError(msg, node_id=sink.node_id)
        if sink.factor is None:
            self._create(sink, specification)
        elif not specification.is_made_as(sink.factor):
            msg = (
                f"Node {sink.node_id} is computed by {computation(sink.factor)} already, and "
                f"cannot also be by {computation(specification)}: all values of a plate have one "
                "factor, with one tool. Give what differs from value to value by another source."
            )
            raise FactorDefinitionError(msg, node_id=sink.node_id)

    def shared(self, tool: BaseTool) -> BaseTool:
        """Return the tool of this graph that equals one; this one itself if there is none yet."""
        return self._tools.setdefault(tool, tool)

    def open_node(
        self, stream_name: str, channel: BaseChannel | str, plates: Sequence[Plate | str]
    ) -> Node:
        """Add a node whose streams are looked up when they are needed first."""
        checks.check_new_node(self, stream_name)
        node = Node(
            stream_name,
            checks.found_channel(self, channel),
            checks.found_plates(self, stream_name, plates),
        )
        node.workflow = self
        self.nodes[stream_name] = node
        for plate in node.plates:
            plate.users.add(self)
        return node

    def _create(self, sink: Node, specification: Specification) -> None:
        tool, sources, helper = specification.tool, specification.sources, specification.helper
        if isinstance(tool, MultiOutputTool):
            self.create_multi_output_factor(tool, next(iter(sources), None), helper, sink)
        else:
            self.create_factor(tool, sources, sink, helper)

    def _drop(self, node_id: str) -> None:
        """Take back a node that no factor is tied to, if it is there."""
        for node in [each for each in self.nodes.values() if each.node_id == node_id]:
            del self.nodes[node_id]
            for plate in {*node.plates}.difference(self.plates):
                plate.users.discard(self)

    def _add(self, factor: F) -> F:
        check_creation(factor, self._creators)
        try:
            self.factors.append(factor)
            for node in factor.read:
                node.is_leaf = False
            if factor.sink is not None:
                factor.sink.factor = factor
            for plate in _above(factor):
                plate.users.add(self)
            self._creators.add(factor)
            self._order = None
        except BaseException:
            self._take_back(factor)
            raise
        return factor

    def _take_back(self, factor: AnyFactor) -> None:
        """Leave all as it was before a factor was added."""
        self.factors[:] = [each for each in self.factors if each is not factor]
        read = {id(node) for each in self.factors for node in each.read}
        for node in factor.read:
            node.is_leaf = id(node) not in read
        if factor.sink is not None:
            factor.sink.factor = None
        for plate in {*_above(factor)}.difference(self.plates):
            plate.users.discard(self)
        self._creators = Creators(self.factors)
        self._order = None

    def _tool(self, tool: AnyTool | Specification | None) -> Any:
        """Return a tool for what may be one or name one; of equal ones always the same."""
        assigned(tool)
        if isinstance(tool, Mapping):
            _check_keys(tool)
        return self.shared(checks.made_tool(self, tool))


def _values(key: Any) -> Sequence[Any]:
    """Return what the key of an assignment names; what is nothing of a plate is refused later."""
    if key is None:
        return ()
    return (key,) if isinstance(key, PlateValue) or not isinstance(key, Sequence) else key


def _above(factor: AnyFactor) -> list[Plate]:
    """Return the plate below which a factor creates one, if it does."""
    return _given(factor.parent) if isinstance(factor, NodeCreationFactor) else []


def _given(*maybe: T | None) -> list[T]:
    return [each for each in maybe if each is not None]


def _check_agrees(tool: Any, read: Sequence[Node]) -> None:
    """Check that a specification, which stands for its tool, names no other nodes."""
    if isinstance(tool, Specification) and tool.read and tool.read != tuple(read):
        given = ", ".join(map(str, read)) or "no node"
        msg = f"{tool.tool!r} is specified to read {', '.join(map(str, tool.read))}, not {given}."
        raise FactorDefinitionError(msg, tool=tool.tool)


def _check_keys(tool: Mapping[str, Any]) -> None:
    """Check that a dict says nothing of a tool that would be passed over."""
    for key in tool:
        if key not in _TOOL_KEYS:
            known = ", ".join(_TOOL_KEYS)
            msg = (
                f"The dict of a tool has no key {key!r}{hint(str(key), _TOOL_KEYS)} It has {known}."
            )
            raise FactorDefinitionError(msg, tool=tool.get("name"))
