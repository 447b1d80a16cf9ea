"""The workflows of a HyperStream: made, stored, loaded, executed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from hyperstream.utils import html
from hyperstream.utils.containers import Printable
from hyperstream.utils.errors import WorkflowAlreadyExistsError, WorkflowLoadError
from hyperstream.utils.serialization import code_pickler, code_unpickler
from hyperstream.utils.text import is_unicode
from hyperstream.workflow.execution import execute_requested
from hyperstream.workflow.loading import LoadedWorkflows, not_found, other_definition, shown, taken
from hyperstream.workflow.stored import to_model
from hyperstream.workflow.workflow import Workflow

if TYPE_CHECKING:
    from hyperstream.channel_manager import ChannelManager
    from hyperstream.models import WorkflowDefinitionModel
    from hyperstream.storage.catalogue import Catalogue
    from hyperstream.time_interval import TimeInterval, TimeIntervals
    from hyperstream.workflow.loading import Stored
    from hyperstream.workflow.plate_manager import PlateManager

__all__ = ["WorkflowManager", "code_pickler", "code_unpickler"]


class WorkflowManager(Printable):
    """The workflows, by id: those made here, and those in the database.

    The latter are loaded when somebody first asks for `workflows` or `failed`;
    `refresh` looks for what other processes have changed since.

    Parameters
    ----------
    channel_manager : ChannelManager
        The channels, and the tools in them.
    plate_manager : PlateManager
        The plates.
    catalogue : Catalogue, optional
        Where workflows are stored; otherwise where the plates are.

    Examples
    --------
    >>> from hyperstream.channel_manager import ChannelManager
    >>> from hyperstream.storage.memory import MemoryCatalogue
    >>> from hyperstream.workflow import MetaDataManager, PlateManager
    >>> catalogue = MemoryCatalogue()
    >>> plates = PlateManager(MetaDataManager(catalogue), catalogue)
    >>> manager = WorkflowManager(ChannelManager(), plates)
    >>> workflow = manager.create("ticks", "Ticks", owner="ann", description="")
    >>> ticks = workflow.create_node("ticks", "memory")
    >>> factor = workflow.create_factor({"name": "clock"}, None, ticks)
    >>> manager.commit_workflow("ticks")
    >>> another_process = WorkflowManager(ChannelManager(), plates)
    >>> another_process.workflows["ticks"].factors
    [Factor(clock:  -> ticks)]
    """

    def __init__(
        self,
        channel_manager: ChannelManager,
        plate_manager: PlateManager,
        catalogue: Catalogue | None = None,
    ) -> None:
        self.channel_manager = channel_manager
        self.plate_manager = plate_manager
        self._catalogue = catalogue
        self._lock = threading.RLock()
        self._is_loaded = False
        self._workflows = LoadedWorkflows(
            channel_manager, plate_manager, lambda: list(self.workflows.values())
        )

    @property
    def catalogue(self) -> Catalogue:
        """Where workflows are stored."""
        return self._catalogue or self.plate_manager.catalogue

    @property
    def workflows(self) -> Mapping[str, Workflow]:
        """The workflows by id. Asking it for another id is a `WorkflowNotFoundError`."""
        return MappingProxyType(self._loaded())

    @property
    def failed(self) -> Mapping[str, WorkflowLoadError]:
        """The workflows that are stored but cannot be loaded, by id, each with the reason."""
        return MappingProxyType(self._loaded().failed)

    def create(
        self,
        workflow_id: str,
        name: str,
        owner: str,
        description: str,
        online: bool = False,
        monitor: bool = False,
        safe: bool = True,
    ) -> Workflow:
        """Make a workflow; it is stored by `commit_workflow`.

        If the ``with`` block that defines it fails, it is not kept. The id of a stored workflow
        that cannot be loaded is free; ``commit_workflow(..., replace=True)`` puts the new one in
        its place.

        Parameters
        ----------
        workflow_id, name, owner, description, online, monitor
            See `Workflow`.
        safe : bool
            Whether it is an error if there is one of this id. Otherwise that one is returned,
            whatever the other arguments say.

        Raises
        ------
        WorkflowAlreadyExistsError
            There is one of this id, here or in the database.
        WorkflowLoadError
            There is one in the database which is wanted (`safe` is False), but cannot be loaded.
        ValueError
            A text is empty or too long.
        """
        with self._lock:
            if self._is_taken(workflow_id):
                if safe:
                    raise taken(workflow_id)
                return self._workflows[workflow_id]
            if not safe and workflow_id in self._workflows.failed:
                raise self._workflows.unusable(workflow_id)
            workflow = Workflow(
                workflow_id,
                name,
                description,
                owner,
                online,
                monitor,
                channel_manager=self.channel_manager,
                plate_manager=self.plate_manager,
            )
            workflow.on_failure = partial(self._drop_unfinished, workflow)
            self._workflows[workflow_id] = workflow
            return workflow

    def add_workflow(self, workflow: Workflow, commit: bool = False, replace: bool = False) -> None:
        """Add a workflow that was made by its class.

        Parameters
        ----------
        workflow : Workflow
            It looks up names here from now on; what is requested of it is in the database.
        commit : bool
            Whether to store it, too.
        replace : bool
            Whether to take the place of another one of its id.

        Raises
        ------
        WorkflowAlreadyExistsError
            There is another one of its id, here or in the database. One that cannot be loaded
            is in the way of `commit` only.
        HyperStreamError
            It cannot be stored; it is not added then. See `commit_workflow`.
        """
        workflow_id = workflow.workflow_id
        with self._lock:
            if self._workflows.get(workflow_id) is workflow:
                if commit:
                    self.commit_workflow(workflow_id, replace)
                return
            if not replace and self._is_taken(workflow_id):
                raise taken(workflow_id)
            requested = workflow.requested_intervals
            if commit:
                self._commit([workflow], {workflow_id: self._read(workflow_id)}, replace)
            if requested:
                self.plate_manager.catalogue.save_requested(workflow_id, requested)
            workflow.channel_manager = self.channel_manager
            workflow.plate_manager = self.plate_manager
            self._workflows[workflow_id] = workflow

    def load_workflow(self, workflow_id: str) -> Workflow:
        """Load a workflow from the database, in place of the one of its id that is here.

        Parameters
        ----------
        workflow_id : str
            The workflow.

        Returns
        -------
        Workflow
            The workflow: the one that is here already, if that is as stored.

        Raises
        ------
        WorkflowNotFoundError
            There is none in the database.
        WorkflowLoadError
            Something that it needs is not there: a tool, a plugin, a plate, a key, …
        """
        with self._lock:
            stored = self._read(workflow_id)
            if stored is None:
                raise not_found(workflow_id, self.catalogue.workflow_ids())
            here = self._workflows.get(workflow_id)
            if here is None or self._workflows.compare(here, stored):
                self._workflows.load({workflow_id: stored})
            if workflow_id in self._workflows.failed:
                raise self._workflows.unusable(workflow_id)
            return self._workflows[workflow_id]

    def commit_workflow(self, workflow_id: str, replace: bool = False) -> None:
        """Store a workflow in the database; if it is there just so, nothing happens.

        All is checked before anything is written: each name of a channel, a tool
        and a plate must be one that other processes find, too.

        Parameters
        ----------
        workflow_id : str
            The workflow.
        replace : bool
            Whether to replace another definition of this id, be it one that can be loaded or not.
            What is requested of the workflow stays.

        Raises
        ------
        WorkflowNotFoundError
            There is no such workflow here.
        WorkflowAlreadyExistsError
            Another definition of this id is stored.
        ToolNotFoundError, ToolInitialisationError
            A tool is in no channel of tools, or a parameter of it cannot be stored.
        ChannelNotFoundError, PlateNotFoundError
            A node's channel or plate is none of those that have names.
        """
        with self._lock:
            workflow = self._named(workflow_id)
            self._commit([workflow], {workflow_id: self._read(workflow_id)}, replace)

    def commit_all(self, replace: bool = False) -> None:
        """Store all workflows; nothing is written if one of them cannot be stored.

        Parameters and errors are those of `commit_workflow`.
        """
        with self._lock:
            workflows = list(self.workflows.values())
            self._commit(workflows, self.catalogue.workflows(), replace)

    def delete_workflow(self, workflow_id: str) -> None:
        """Remove a workflow, here and from the database, with what is requested of it.

        Its streams stay.

        Parameters
        ----------
        workflow_id : str
            The workflow; it need not be one that can be loaded.

        Raises
        ------
        WorkflowNotFoundError
            There is no such workflow.
        """
        with self._lock:
            if workflow_id not in self._workflows and self._read(workflow_id) is None:
                raise not_found(workflow_id, self._loaded())
            self.catalogue.remove_workflow(workflow_id)
            self._workflows.forget(workflow_id)
            self._workflows.failed.pop(workflow_id, None)

    def execute_all(self) -> None:
        """Execute all workflows that are online, each over the intervals requested of it.

        Raises
        ------
        WorkflowExecutionError
            Some failed: a group of what each said. The others are executed.
        """
        execute_requested([each for each in self.workflows.values() if each.online])

    def set_requested_intervals(
        self, workflow_id: str, requested_intervals: TimeIntervals | TimeInterval | None
    ) -> None:
        """Set what is requested of a workflow; it is kept in the database.

        Parameters
        ----------
        workflow_id : str
            The workflow.
        requested_intervals : TimeIntervals
            The intervals.

        Raises
        ------
        WorkflowNotFoundError
            There is no such workflow.
        """
        self._named(workflow_id).requested_intervals = requested_intervals

    def set_all_requested_intervals(
        self, requested_intervals: TimeIntervals | TimeInterval | None
    ) -> None:
        """Set what is requested of each workflow; see `set_requested_intervals`."""
        for workflow_id in list(self.workflows):
            self.set_requested_intervals(workflow_id, requested_intervals)

    def refresh(self) -> None:
        """Look for what other processes have stored, changed and deleted; plates included.

        A workflow that is as it was stays the same object. One that is not
        stored as it is here, because it is new or has been changed, stays as it
        is here. What could not be loaded is tried again.
        """
        with self._lock:
            self.plate_manager.refresh()
            self._update()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._workflows)})"

    def _repr_html_(self) -> str:
        return html.page(type(self).__name__, "", self._shown())

    def _shown(self) -> Iterator[html.Html]:
        yield from shown(self._loaded(), self.catalogue)

    def _loaded(self) -> LoadedWorkflows:
        with self._lock:
            if not self._is_loaded:
                self._update()
        return self._workflows

    def _update(self) -> None:
        self._workflows.update_from(self.catalogue.workflows())
        self._is_loaded = True

    def _named(self, workflow_id: str) -> Workflow:
        return self._workflows.get(workflow_id) or self._loaded()[workflow_id]

    def _read(self, workflow_id: str) -> Stored | None:
        if isinstance(workflow_id, str) and not is_unicode(workflow_id):
            return None  # the database refuses even the question
        try:
            return self.catalogue.workflow(workflow_id)
        except WorkflowLoadError as error:
            return error

    def _is_taken(self, workflow_id: str) -> bool:
        """Tell whether there is a workflow of an id, here or stored so that it can be loaded."""
        if workflow_id not in self._workflows:
            stored = self._read(workflow_id)
            if stored is None:
                self._workflows.failed.pop(workflow_id, None)
            else:
                self._workflows.load({workflow_id: stored})
        return workflow_id in self._workflows

    def _commit(
        self, workflows: Sequence[Workflow], stored: Mapping[str, Stored | None], replace: bool
    ) -> None:
        """Store what is not stored as it is, all of it or nothing."""
        models = {}
        for workflow in workflows:
            before = stored.get(workflow.workflow_id)
            if before is not None:
                different = self._workflows.compare(workflow, before)
                if not different:
                    continue
                if not replace:
                    raise other_definition(workflow.workflow_id, different)
            models[workflow] = to_model(workflow, self.channel_manager, self.plate_manager)
        for workflow, model in models.items():
            self._write(workflow, model, replace)

    def _write(self, workflow: Workflow, model: WorkflowDefinitionModel, replace: bool) -> None:
        try:
            if replace:
                self.catalogue.replace_workflow(model)
            else:
                self.catalogue.add_workflow(model)
        except WorkflowAlreadyExistsError:
            # Another process was faster, maybe with the same definition.
            stored = self._read(workflow.workflow_id)
            if stored is None or self._workflows.compare(workflow, stored):
                raise
        else:
            self._workflows.note_stored(workflow, model)

    def _drop_unfinished(self, workflow: Workflow) -> None:
        """Forget a workflow whose definition has failed, unless it was stored meanwhile."""
        with self._lock:
            workflow_id = workflow.workflow_id
            is_here = self._workflows.get(workflow_id) is workflow
            if is_here and not self._workflows.is_stored(workflow_id):
                self._workflows.forget(workflow_id)
