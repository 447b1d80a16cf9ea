"""The tree of meta data, whose nodes are the values of plates."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from treelib.tree import Tree

from hyperstream.models import MetaDataModel, problems
from hyperstream.storage.base import MetaData
from hyperstream.storage.catalogue import Catalogue
from hyperstream.utils import html
from hyperstream.utils.containers import Printable
from hyperstream.utils.errors import MetaDataAlreadyExistsError, MetaDataError
from hyperstream.utils.text import brief, plural
from hyperstream.utils.utils import natural_key
from hyperstream.workflow.plate_values import in_natural_order
from hyperstream.workflow.values_tree import values_tree

ROOT = "root"

logger = logging.getLogger(__name__)


class MetaDataManager(Printable):
    """The meta data: a tree of (tag, data) pairs such as house 1, and resident 2 below it.

    A node is called by its identifier, which is ``tag_data`` for each pair from
    the root down, joined by dots: ``house_1.resident_2``. The root itself is
    ``root``. The tree is read from the catalogue when it is first needed;
    `refresh` reads it again.

    Parameters
    ----------
    catalogue : Catalogue
        Where the meta data are stored.

    Examples
    --------
    >>> from hyperstream.storage.memory import MemoryCatalogue
    >>> manager = MetaDataManager(MemoryCatalogue())
    >>> manager.insert(tag="house", identifier="house_1", parent="root", data="1")
    >>> manager.insert_many([("resident", "house_1", "2"), ("resident", "house_1", "1")])
    >>> manager.contains("house_1.resident_2")
    True
    >>> print(manager)
    root
    └── house 1
        ├── resident 1
        └── resident 2
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._lock = threading.RLock()
        self._nodes: _Nodes | None = None
        self._revision = 0
        self._left_out: list[str] = []

    @property
    def global_plate_definitions(self) -> Tree:
        """The tree, for looking: it is changed by the methods of this class."""
        return self._loaded().tree

    @property
    def revision(self) -> int:
        """A number that grows with each change of the tree."""
        self._loaded()
        return self._revision

    def insert(self, tag: str, identifier: str, parent: str, data: str) -> None:
        """Insert a node.

        Parameters
        ----------
        tag : str
            What it is: ``"resident"``.
        identifier : str
            What it is called: ``"house_1.resident_2"``.
        parent : str
            The identifier of the node above, or ``"root"``.
        data : str
            Which one it is: ``"2"``.

        Raises
        ------
        MetaDataAlreadyExistsError
            It is there already.
        MetaDataError
            The node above is not there, the identifier is not what follows from
            the rest, or tag or data are not texts of 1 to 512 characters.
        """
        expected = _model(tag, parent, data).identifier
        if identifier != expected:
            raise MetaDataError(
                f"The identifier of {tag} {data} below {parent!r} is {expected!r}, "
                f"not {identifier!r}.",
                identifier=identifier,
            )
        with self._lock:
            if self.contains(identifier):
                self.refresh()  # another process may have deleted it
            if self.contains(identifier):
                raise MetaDataAlreadyExistsError(
                    f"Meta data {identifier!r} are there already.", identifier=identifier
                )
            self.insert_many([(tag, parent, data)])

    def insert_many(self, items: Iterable[tuple[str, str, str]]) -> None:
        """Insert many nodes at once; those that are there already are left as they are.

        Parameters
        ----------
        items : iterable of (tag, parent, data)
            As for `insert`. A parent may be among the items before it.

        Raises
        ------
        MetaDataError
            As for `insert`. Nothing is inserted then.
        """
        items = list(items)
        with self._lock:
            try:
                new = self._new(items)
            except MetaDataError:
                self.refresh()  # another process may have inserted the node above
                new = self._new(items)
            if new:
                with self._changing() as nodes:
                    self.catalogue.add_meta_data(model for model, _ in new.values())
                    for identifier, (model, path) in new.items():
                        nodes.add(identifier, model, path)

    def delete(self, identifier: str) -> None:
        """Remove a node and all below it.

        Parameters
        ----------
        identifier : str
            Its identifier.

        Raises
        ------
        MetaDataError
            There is no such node, or it is the root.
        """
        self.delete_many([identifier])

    def delete_many(self, identifiers: Iterable[str]) -> None:
        """Remove several nodes at once, and all below them.

        Raises
        ------
        MetaDataError
            One of the nodes is not there, or is the root. Nothing is removed then.
        """
        identifiers = list(dict.fromkeys(identifiers))
        with self._lock:
            self.refresh()  # for what other processes have inserted below
            for identifier in identifiers:
                if identifier == ROOT or not self.contains(identifier):
                    why = "is always there" if identifier == ROOT else "is not there"
                    raise MetaDataError(
                        f"Meta data {identifier!r} cannot be deleted: it {why}.",
                        identifier=identifier,
                    )
            with self._changing() as nodes:
                self.catalogue.remove_meta_data(nodes.models(identifiers))
                for identifier in identifiers:
                    nodes.remove(identifier)

    def contains(self, identifier: str) -> bool:
        """Tell whether there is a node of this identifier."""
        return identifier in self._loaded().paths

    def below(self, parents: Iterable[MetaData], tag: str) -> list[MetaData]:
        """Return the nodes of a tag directly below some nodes.

        Parameters
        ----------
        parents : iterable of tuples of (tag, data) pairs
            The nodes above, each as its path from the root; ``()`` is the root.
        tag : str
            The tag.

        Returns
        -------
        list of tuples of (tag, data) pairs
            Their paths from the root.
        """
        with self._lock:
            below = self._loaded().below
            return [path for parent in parents for path in below.get((parent, tag), ())]

    def refresh(self) -> None:
        """Read the meta data again, for what other processes have inserted or removed."""
        with self._lock:
            nodes = _Nodes.of(self.catalogue.meta_data())
            for problem in nodes.left_out:
                if problem not in self._left_out:  # said once, however often they are read
                    logger.warning("%s", problem)
            self._left_out = nodes.left_out
            if self._nodes is None or nodes.paths != self._nodes.paths:
                self._revision += 1
                self._nodes = nodes

    def __str__(self) -> str:
        return "\n".join([ROOT, *self._loaded().shown()])

    def __repr__(self) -> str:
        nodes = self._nodes
        known = "not read yet" if nodes is None else plural(len(nodes.paths) - 1, "node")
        return f"{type(self).__name__}({known})"

    def _repr_html_(self) -> str:
        return html.page(type(self).__name__, "", self._shown())

    def _shown(self) -> Iterator[html.Html]:
        paths = self._loaded().paths
        yield html.note(plural(len(paths) - 1, "node"))
        yield values_tree(in_natural_order(paths.values()))

    def _loaded(self) -> _Nodes:
        nodes = self._nodes
        if nodes is None:
            with self._lock:
                if self._nodes is None:
                    self.refresh()
                nodes = self._nodes
        assert nodes is not None  # noqa: S101 - tells mypy
        return nodes

    @contextmanager
    def _changing(self) -> Iterator[_Nodes]:
        """Give the tree for a change; where that fails or is cut off, it is read again."""
        nodes, self._nodes = self._loaded(), None
        yield nodes
        self._revision += 1
        self._nodes = nodes

    def _new(
        self, items: Iterable[tuple[str, str, str]]
    ) -> dict[str, tuple[MetaDataModel, MetaData]]:
        """Return what is to be inserted, by identifier, or raise why it cannot be."""
        known = self._loaded().paths
        new: dict[str, tuple[MetaDataModel, MetaData]] = {}
        for item in items:
            tag, parent, data = _three(item)
            model = _model(tag, parent, data)
            above = new[parent][1] if parent in new else known.get(parent)
            identifier = model.identifier
            if above is None:
                raise MetaDataError(
                    f"Meta data {identifier!r} cannot be inserted: there is no {parent!r} to be "
                    "below. Insert that first.",
                    identifier=identifier,
                )
            path = (*above, (tag, data))
            present = new[identifier][1] if identifier in new else known.get(identifier)
            _check_path(identifier, path, present)
            if present is None:
                new[identifier] = model, path
        return new


def identifier_of(path: Iterable[tuple[str, str]]) -> str:
    """Return what a node is called.

    Examples
    --------
    >>> identifier_of((("house", "1"), ("resident", "2")))
    'house_1.resident_2'
    """
    return ".".join(f"{tag}_{data}" for tag, data in path) or ROOT


class _Nodes:
    """The tree, and what leads to its nodes at once: paths by identifier, and from above."""

    def __init__(self) -> None:
        self.tree = Tree()
        self.tree.create_node(identifier=ROOT)
        self.paths: dict[str, MetaData] = {ROOT: ()}
        self.below: defaultdict[tuple[MetaData, str], dict[MetaData, None]] = defaultdict(dict)
        self.left_out: list[str] = []

    @classmethod
    def of(cls, models: Iterable[MetaDataModel]) -> _Nodes:
        """Put stored meta data together; those that have no place are left out, with a reason."""
        nodes = cls()
        children: defaultdict[str, list[MetaDataModel]] = defaultdict(list)
        for model in models:
            problem = problems(model)
            if problem:
                nodes.left_out.append(f"Meta data {model.identifier} are left out: {problem}.")
            else:
                children[model.parent].append(model)
        ready = deque([ROOT])
        while ready:
            parent = ready.popleft()
            for model in children.pop(parent, ()):
                identifier, path = model.identifier, (*nodes.paths[parent], (model.tag, model.data))
                if identifier in nodes.paths:
                    nodes.left_out.append(
                        f"{path} are left out: {identifier!r} is taken by others."
                    )
                else:
                    nodes.add(identifier, model, path)
                    ready.append(identifier)
        for parent, orphans in children.items():
            names = ", ".join(sorted(model.identifier for model in orphans))
            nodes.left_out.append(
                f"Meta data left out, since there is no {parent!r} to be below: {names}."
            )
        return nodes

    def add(self, identifier: str, model: MetaDataModel, path: MetaData) -> None:
        tag, data = path[-1]
        self.tree.create_node(tag=tag, identifier=identifier, parent=model.parent, data=data)
        self.paths[identifier] = path
        self.below[path[:-1], tag][path] = None

    def models(self, identifiers: Iterable[str]) -> list[MetaDataModel]:
        """Return some nodes and all below them, each after what is below it."""
        found = {each for identifier in identifiers for each in self.tree.expand_tree(identifier)}
        upwards = sorted(found, key=lambda each: len(self.paths[each]), reverse=True)
        return [self._model(identifier) for identifier in upwards]

    def remove(self, identifier: str) -> None:
        """Remove a node and all below it, unless it has gone with one above it."""
        if identifier not in self.paths:
            return
        for each in list(self.tree.expand_tree(identifier)):
            path = self.paths.pop(each)
            del self.below[path[:-1], path[-1][0]][path]
        self.tree.remove_node(identifier)

    def shown(self, identifier: str = ROOT, indent: str = "") -> Iterator[str]:
        """Yield a line for each node below one."""
        children = self.tree.children(identifier)
        children.sort(key=lambda child: (child.tag, natural_key(child.data)))
        for child in children:
            is_last = child is children[-1]
            yield f"{indent}{'└' if is_last else '├'}── {child.tag} {child.data}"
            yield from self.shown(child.identifier, indent + ("    " if is_last else "│   "))

    def _model(self, identifier: str) -> MetaDataModel:
        *above, (tag, data) = self.paths[identifier]
        return MetaDataModel(tag=tag, data=data, parent=identifier_of(above))


def _three(item: object) -> tuple[str, str, str]:
    """Return the tag, parent and data of a row; MetaDataError if it is none."""
    parts: tuple[Any, ...] = ()
    if isinstance(item, Iterable) and not isinstance(item, (str, Mapping)):
        parts = tuple(item)
    if len(parts) != 3:  # noqa: PLR2004 - as it says
        raise MetaDataError(
            "Meta data are inserted as a list of (tag, parent, data), such as ('resident', "
            f"'house_1', '2'); {brief(item)} is not one of them."
        )
    tag, parent, data = parts
    return tag, parent, data


def _model(tag: str, parent: str, data: str) -> MetaDataModel:
    """Return the model of a node; MetaDataError if its texts cannot be stored."""
    model = MetaDataModel(tag=tag, parent=parent, data=data)
    problem = problems(model)
    if problem:
        raise MetaDataError(
            f"Meta data {brief(tag)}={brief(data)} below {brief(parent)} cannot be stored "
            f"({problem}); tag, data and parent are texts of 1 to 512 characters."
        )
    return model


def _check_path(identifier: str, path: MetaData, present: MetaData | None) -> None:
    """Refuse a node that would be called like another, or be below one of the same tag."""
    if present is not None and present != path:
        raise MetaDataError(
            f"Meta data {path} would be called {identifier!r}, as {present} are already; choose "
            "tags and data so that what is joined by '_' and '.' differs.",
            identifier=identifier,
        )
    tag = path[-1][0]
    if any(tag == each for each, _ in path[:-1]):
        raise MetaDataError(
            f"Meta data {identifier!r} cannot be inserted: {tag!r} is above it already, and a "
            "plate value has one data for each tag.",
            identifier=identifier,
        )
