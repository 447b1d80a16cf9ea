"""The definitions of meta data, plates and workflows, in MongoDB."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

import bson
import mongoengine
from bson import ObjectId
from mongoengine.errors import MongoEngineException
from pymongo import DeleteMany
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, DocumentTooLarge, DuplicateKeyError

from hyperstream._time import UTC
from hyperstream.client import Client
from hyperstream.models import (
    MetaDataModel,
    PlateDefinitionModel,
    WorkflowDefinitionModel,
    WorkflowStatusModel,
    checked,
    collection_of,
    from_document,
)
from hyperstream.storage.catalogue import (
    plate_exists,
    status_now,
    workflow_exists,
    workflow_unreadable,
)
from hyperstream.storage.mongo.codec import CODEC_OPTIONS
from hyperstream.storage.mongo.documents import FEW, Document, chunks, duplicates, fetched
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import ValueEncodingError, WorkflowLoadError

# Parameters of tools are among what is kept here: a time comes back with its zone.
_OPTIONS: Final = CODEC_OPTIONS.with_options(tz_aware=True, tzinfo=UTC)
M = TypeVar("M", bound=mongoengine.Document)
T = TypeVar("T")


class MongoCatalogue:
    """A `Catalogue` in MongoDB, shared by all processes.

    Parameters
    ----------
    client : Client
        The connection.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def meta_data(self) -> list[MetaDataModel]:
        """See `Catalogue.meta_data`."""
        return self._find(MetaDataModel, {})

    def add_meta_data(self, items: Iterable[MetaDataModel]) -> None:
        """See `Catalogue.add_meta_data`."""
        documents = [_document(item) for item in items]
        if documents:
            self._run(MetaDataModel, lambda collection: _insert_missing(collection, documents))

    def remove_meta_data(self, items: Iterable[MetaDataModel]) -> None:
        """See `Catalogue.remove_meta_data`."""
        # By their own ids: on the embedded server a condition on three fields costs much more.
        stored = {_key(each): each.id for each in self.meta_data()}
        # In the order given, in which nothing loses what is above it before it is gone itself.
        ids = [stored[key] for key in map(_key, items) if key in stored]
        operations = [DeleteMany({"_id": {"$in": some}}) for some in chunks(ids, FEW)]
        if operations:
            self._run(MetaDataModel, lambda collection: collection.bulk_write(operations))

    def plates(self) -> list[PlateDefinitionModel]:
        """See `Catalogue.plates`."""
        return sorted(self._find(PlateDefinitionModel, {}), key=lambda plate: str(plate.plate_id))

    def add_plate(self, plate: PlateDefinitionModel) -> None:
        """See `Catalogue.add_plate`."""
        query = {"plate_id": plate.plate_id}
        if not self._add(plate, query, ObjectId()):
            raise plate_exists(plate.plate_id)

    def replace_plate(self, plate: PlateDefinitionModel) -> None:
        """See `Catalogue.replace_plate`."""
        new = _document(plate)
        query = {"plate_id": plate.plate_id}
        self._run(
            PlateDefinitionModel, lambda collection: collection.replace_one(query, new, upsert=True)
        )

    def extend_plate(self, plate_id: str, values: Iterable[str]) -> None:
        """See `Catalogue.extend_plate`."""
        wanted = list(values)
        self._run(PlateDefinitionModel, lambda collection: _extend(collection, plate_id, wanted))

    def remove_plate(self, plate_id: str) -> None:
        """See `Catalogue.remove_plate`."""
        query = {"plate_id": plate_id}
        self._run(PlateDefinitionModel, lambda collection: collection.delete_one(query))

    def workflow_ids(self) -> list[str]:
        """See `Catalogue.workflow_ids`."""
        return self._ids({})

    def workflows(self) -> dict[str, WorkflowDefinitionModel | WorkflowLoadError]:
        """See `Catalogue.workflows`."""
        found = self._stored(WorkflowDefinitionModel, {})
        latest = {_workflow_id(each): each for each in sorted(found, key=_age)}
        return {key: _readable(latest[key]) for key in sorted(latest)}

    def workflow(self, workflow_id: str) -> WorkflowDefinitionModel | None:
        """See `Catalogue.workflow`."""
        found = self._stored(WorkflowDefinitionModel, {"workflow_id": workflow_id})
        if not found:
            return None
        workflow = _readable(max(found, key=_age))
        if isinstance(workflow, WorkflowLoadError):
            raise workflow
        return workflow

    def add_workflow(self, workflow: WorkflowDefinitionModel) -> None:
        """See `Catalogue.add_workflow`."""
        query = {"workflow_id": workflow.workflow_id}
        if not self._add(workflow, query, _only_id(workflow.workflow_id)):
            raise workflow_exists(workflow.workflow_id)

    def replace_workflow(self, workflow: WorkflowDefinitionModel) -> None:
        """See `Catalogue.replace_workflow`."""
        new = _document(workflow)
        query = {"workflow_id": workflow.workflow_id}
        found = max(self._stored(WorkflowDefinitionModel, query), key=_age, default=None)
        kept = {"_id": _only_id(workflow.workflow_id) if found is None else found["_id"]}
        # First the one that counts, then those that release 0.3.8 left behind.
        self._run(
            WorkflowDefinitionModel,
            lambda collection: collection.replace_one(kept, new, upsert=True),
        )
        others = {**query, "_id": {"$ne": kept["_id"]}}
        self._run(WorkflowDefinitionModel, lambda collection: collection.delete_many(others))

    def remove_workflow(self, workflow_id: str) -> None:
        """See `Catalogue.remove_workflow`."""
        query = {"workflow_id": workflow_id}
        # The definition last: as long as it is there, somebody can do this again.
        for model in (WorkflowStatusModel, WorkflowDefinitionModel):
            self._run(model, lambda collection: collection.delete_many(query))

    def workflows_on(self, plate_id: str) -> list[str]:
        """See `Catalogue.workflows_on`."""
        fields = ("nodes.plate_ids", "factors.output_plate.parent_plate")
        return self._ids({"$or": [{field: plate_id} for field in fields]})

    def status(self, workflow_id: str) -> WorkflowStatusModel | None:
        """See `Catalogue.status`."""
        found = self._stored(WorkflowStatusModel, {"workflow_id": workflow_id})
        return _status(max(found, key=_age)) if found else None

    def statuses(self) -> list[WorkflowStatusModel]:
        """See `Catalogue.statuses`."""
        found = sorted(self._stored(WorkflowStatusModel, {}), key=_age)
        latest = {_workflow_id(each): each for each in found}
        return [_status(latest[key]) for key in sorted(latest)]

    def save_requested(self, workflow_id: str, intervals: TimeIntervals) -> None:
        """See `Catalogue.save_requested`."""
        new = _document(status_now(workflow_id, intervals))
        self._run(WorkflowStatusModel, lambda collection: _set(collection, workflow_id, new))

    def change_status(
        self, workflow_id: str, change: Callable[[WorkflowStatusModel], bool]
    ) -> WorkflowStatusModel:
        """See `Catalogue.change_status`."""
        return self._run(
            WorkflowStatusModel, lambda collection: _change(collection, workflow_id, change)
        )

    def _find(self, model: type[M], query: Document) -> list[M]:
        return [from_document(model, stored) for stored in self._stored(model, query)]

    def _stored(self, model: type[mongoengine.Document], query: Document) -> list[Document]:
        return self._run(model, lambda collection: fetched(collection.find(query)))

    def _ids(self, query: Document) -> list[str]:
        fields = {"_id": 0, "workflow_id": 1}
        found = self._run(
            WorkflowDefinitionModel, lambda collection: fetched(collection.find(query, fields))
        )
        return sorted(set(map(_workflow_id, found)))

    def _add(self, model: mongoengine.Document, query: Document, object_id: ObjectId) -> bool:
        """Insert a document unless there is one that a query finds; tell whether that was done."""
        new = {"_id": object_id, **_document(model)}
        if self._run(type(model), lambda collection: collection.find_one(query, {"_id": 1})):
            return False
        try:
            self._run(type(model), lambda collection: collection.insert_one(new))
        except DuplicateKeyError:
            # An earlier try may have inserted it, without its answer coming through.
            found = self._run(type(model), lambda collection: collection.find_one(query))
            return found is not None and bson.encode(found) == bson.encode(new)
        return True

    def _run(
        self, model: type[mongoengine.Document], operation: Callable[[Collection[Document]], T]
    ) -> T:
        """Run an operation on the collection of a model; it must be idempotent."""
        name = collection_of(model)
        try:
            return self._client.run(lambda db: operation(db.get_collection(name, _OPTIONS)))
        except DocumentTooLarge as error:
            raise ValueEncodingError(
                f"A definition for {name} is larger than the 16 MB that a document may have "
                f"({error}). Let tools read large parameters from a file or a stream.",
            ) from error


def _key(item: MetaDataModel) -> tuple[str, str, str]:
    return item.tag, item.data, item.parent


def _age(stored: Mapping[str, Any]) -> str:
    """Return what is greatest for the latest document: release 0.3.8 may have left several."""
    return str(stored["_id"])


def _readable(stored: Document) -> WorkflowDefinitionModel | WorkflowLoadError:
    try:
        return from_document(WorkflowDefinitionModel, stored)
    except (MongoEngineException, TypeError) as error:
        reason = (
            str(error).splitlines()[-1].strip(" .")
        )  # the lines before name MongoEngine's classes
        return workflow_unreadable(_workflow_id(stored), reason)


def _status(stored: Document) -> WorkflowStatusModel:
    status = from_document(WorkflowStatusModel, stored)
    requested = status.requested_intervals or ()
    status.requested_intervals = [each for each in requested if not each.is_empty]
    return status


def _workflow_id(stored: Mapping[str, Any]) -> str:
    """Return the id of a workflow, as text also where a document is damaged."""
    return str(stored.get("workflow_id"))


def _document(model: mongoengine.Document) -> dict[str, Any]:
    """Return what is stored of a model; HyperStreamError if it cannot be."""
    document: dict[str, Any] = checked(model).to_mongo().to_dict()
    document.pop("_id", None)
    return document


def _only_id(workflow_id: str) -> ObjectId:
    """Return an id that two documents of one workflow cannot have both.

    Release 0.3.8 left no unique index on the ids of workflows, and there may be
    several documents of one.
    """
    return ObjectId(hashlib.sha256(workflow_id.encode()).digest()[:12])


def _insert_missing(collection: Collection[Document], documents: list[Document]) -> None:
    try:
        collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        duplicates(error)  # raises for any other reason


def _extend(collection: Collection[Document], plate_id: str, values: list[str]) -> None:
    query = {"plate_id": plate_id}
    # Read and compared here: the embedded server takes the square of the time for $addToSet.
    while (stored := collection.find_one(query)) is not None:
        before = stored.get("values")
        after = list(dict.fromkeys((*(before or ()), *values)))
        unchanged = {**query, "values": before}
        if collection.update_one(unchanged, {"$set": {"values": after}}).matched_count:
            return


def _set(collection: Collection[Document], workflow_id: str, new: Mapping[str, Any]) -> None:
    query = {"workflow_id": workflow_id}
    update = {"$set": new, "$inc": {"revision": 1}}
    created = {"$setOnInsert": {"_id": _only_id(workflow_id)}}
    try:
        collection.update_many(query, {**update, **created}, upsert=True)
    except DuplicateKeyError:  # another process has created it at the same moment
        collection.update_many(query, update)


def _change(
    collection: Collection[Document],
    workflow_id: str,
    change: Callable[[WorkflowStatusModel], bool],
) -> WorkflowStatusModel:
    while True:
        stored = max(fetched(collection.find({"workflow_id": workflow_id})), key=_age, default={})
        status = WorkflowStatusModel(workflow_id=workflow_id)
        if stored:
            status = _status(stored)
        before = status.revision
        if not change(status):
            return status
        status.revision = (before or 0) + 1
        if _replace(collection, stored, before, _document(status)):
            return status


def _replace(
    collection: Collection[Document], stored: Document, revision: int | None, new: Document
) -> bool:
    """Store a status unless somebody else has changed it; tell whether that was done."""
    if not stored:
        try:
            collection.insert_one({"_id": _only_id(new["workflow_id"]), **new})
        except DuplicateKeyError:
            return False
        return True
    gone = set(WorkflowStatusModel._fields) - {"id", *new}
    update = {"$set": new, **({"$unset": dict.fromkeys(gone, "")} if gone else {})}
    # One of release 0.3.8 has no revision yet: None finds that.
    unchanged = {"_id": stored["_id"], "revision": revision}
    return collection.update_one(unchanged, update).matched_count == 1
