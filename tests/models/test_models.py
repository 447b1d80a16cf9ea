"""The models: documented fields, indexes, and documents of release 0.3.8."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from mongoengine import Document, EmbeddedDocument, ValidationError

from hyperstream import models
from hyperstream._time import MAX_DATE, MIN_DATE, UTC
from hyperstream.client import Client
from hyperstream.models import (
    DOCUMENTS,
    EngineStatusModel,
    FactorDefinitionModel,
    MetaDataModel,
    NodeDefinitionModel,
    OutputPlateDefinitionModel,
    PlateDefinitionModel,
    PlateModel,
    SessionModel,
    StreamDefinitionModel,
    StreamIdField,
    StreamInstanceModel,
    TimeIntervalModel,
    ToolModel,
    ToolParameterModel,
    UnameModel,
    WorkflowDefinitionModel,
    WorkflowStatusModel,
    collection_of,
    declared_indexes,
    problems,
)
from hyperstream.time_interval import TimeInterval, TimeIntervals
from tests import fixtures

NOON = datetime(2020, 1, 1, 12, tzinfo=UTC)

# The documented fields of each model.
FIELDS = {
    FactorDefinitionModel: {
        "alignment_node",
        "factor_type",
        "output_plate",
        "sinks",
        "sources",
        "splitting_node",
        "tool",
    },
    OutputPlateDefinitionModel: {
        "description",
        "meta_data_id",
        "plate_id",
        "use_provided_values",
    },
    MetaDataModel: {"data", "parent", "tag"},
    NodeDefinitionModel: {"channel_id", "plate_ids", "stream_name"},
    PlateDefinitionModel: {
        "complement",
        "description",
        "meta_data_id",
        "parent_plate",
        "plate_id",
        "values",
    },
    PlateModel: {"complement", "meta_data_id", "values"},
    SessionModel: {"session_id", "uname", "start", "end", "active", "history_channel"},
    StreamDefinitionModel: {
        "calculated_intervals",
        "channel_id",
        "last_accessed",
        "last_updated",
        "sandbox",
        "stream_id",
        "stream_type",
        "stream_key",
        "revision",
        "claims",
        "producer",
        "first_datetime",
        "last_datetime",
    },
    StreamIdField: {"meta_data", "name"},
    StreamInstanceModel: {"datetime", "stream_id", "stream_type", "value", "stream_key"},
    TimeIntervalModel: {"end", "start"},
    ToolModel: {"name", "parameters", "version"},
    ToolParameterModel: {"is_function", "is_set", "key", "value"},
    UnameModel: {"sysname", "nodename", "release", "version", "machine"},
    WorkflowDefinitionModel: {
        "description",
        "factors",
        "monitor",
        "name",
        "nodes",
        "online",
        "owner",
        "workflow_id",
    },
    EngineStatusModel: {
        "completed",
        "duration",
        "error",
        "expires",
        "failed",
        "failures",
        "interval",
        "owner",
    },
    WorkflowStatusModel: {
        "engine",
        "last_accessed",
        "last_updated",
        "requested_intervals",
        "revision",
        "workflow_id",
    },
}


@pytest.fixture
def client(mongo_config) -> Iterator[Client]:
    """Give the models a connection."""
    with_models = Client(mongo_config)
    yield with_models
    with_models.disconnect()


@pytest.mark.parametrize("model", FIELDS, ids=lambda model: model.__name__)
def test_a_model_has_its_documented_fields(model):
    """Every model has the fields that the documentation names."""
    assert FIELDS[model] <= set(model._fields)


@pytest.mark.parametrize("model", FIELDS, ids=lambda model: model.__name__)
def test_every_model_can_be_imported_from_the_package(model):
    """The package hands on the models of its modules."""
    assert getattr(models, model.__name__) is model


def test_no_model_is_forgotten():
    """The list of document models is complete."""
    found = {
        each
        for each in vars(models).values()
        if isinstance(each, type) and issubclass(each, Document) and each is not Document
    }
    assert found == set(DOCUMENTS)


def test_collections_are_those_of_the_earlier_release():
    """Collections have the names that release 0.3.8 gave them."""
    assert {collection_of(model) for model in DOCUMENTS} == {
        "meta_data",
        "plate_definitions",
        "sessions",
        "stream_definitions",
        "streams",
        "workflow_definitions",
        "workflow_status",
    }


def test_indexes_are_declared_on_the_models():
    """The models say which indexes there are, and which of them are unique."""
    declared = {
        (collection_of(model), tuple(index.document["key"]), index.document["unique"])
        for model in DOCUMENTS
        for index in declared_indexes(model)
    }
    assert declared == {
        ("streams", ("stream_key", "datetime"), True),
        ("stream_definitions", ("stream_key",), True),
        ("stream_definitions", ("producer.sources",), False),
        ("stream_definitions", ("producer.group",), False),
        ("meta_data", ("tag", "data", "parent"), True),
        ("plate_definitions", ("plate_id",), True),
        ("sessions", ("session_id",), True),
        ("workflow_definitions", ("workflow_id",), False),
        ("workflow_status", ("workflow_id",), False),
    }


def test_a_query_creates_no_index(client):
    """Looking at a collection leaves its indexes alone."""
    MetaDataModel(tag="house", data="1").save()
    assert set(client.db.meta_data.index_information()) == {"_id_"}


@pytest.mark.parametrize(
    ("model", "collection"),
    [(model, collection_of(model)) for model in DOCUMENTS if "stream_key" not in model._fields],
)
def test_documents_of_release_038_load(client, model, collection):
    """What release 0.3.8 stored is read by the models."""
    fixtures.load(client.db)
    loaded = list(model.objects.order_by("id"))
    assert [each.id for each in loaded] == [each["_id"] for each in fixtures.documents(collection)]
    for each in loaded:
        each.validate()


def test_streams_of_release_038_load_but_for_their_key(client):
    """Definitions and instances of release 0.3.8 are read by the models before an upgrade too."""
    fixtures.load(client.db)
    first = StreamDefinitionModel.objects.order_by("id").first()
    assert first.stream_id.meta_data == [["house", "1"]]
    assert first.get_calculated_intervals() == TimeIntervals(
        [
            TimeInterval(datetime(2017, 1, 1), datetime(2017, 1, 1, 1)),
            TimeInterval(datetime(2017, 1, 1, 2), datetime(2017, 1, 1, 3, 0, 0, 500000)),
        ]
    )
    first.calculated_intervals[0].end = first.calculated_intervals[0].start
    assert len(first.get_calculated_intervals()) == 1
    instance = StreamInstanceModel.objects.order_by("id").first()
    assert instance.value == {"electricity": 0.25, "humidity": 41, "door": None}
    assert instance.datetime == datetime(2017, 1, 1, 0, 10, tzinfo=UTC)


def test_a_workflow_of_release_038_has_all_of_its_parts(client):
    """Nodes, factors, tools and output plates of a stored workflow are there."""
    fixtures.load(client.db)
    workflow = WorkflowDefinitionModel.objects.get(workflow_id="environmental_summary")
    assert [node.stream_name for node in workflow.nodes][:2] == ["environmental", "windows"]
    window, component, splitter, creation = workflow.factors
    assert {each.key: each.value for each in window.tool.parameters}["increment"] == 3600.0
    assert component.tool.parameters[0].is_set
    assert component.alignment_node == "windows"
    assert splitter.splitting_node == "windows"
    assert creation.output_plate.meta_data_id == "device"


def test_calculated_intervals_are_set_and_got(client):
    """A definition's intervals come back as they were set."""
    definition = StreamDefinitionModel(
        stream_id=StreamIdField(name="a", meta_data=[["house", "1"]]),
        channel_id="mongo",
        stream_key="k",
    )
    intervals = TimeIntervals([TimeInterval(NOON, NOON + timedelta(hours=1))])
    definition.set_calculated_intervals(intervals)
    definition.save()
    assert StreamDefinitionModel.objects.get().get_calculated_intervals() == intervals


def test_the_ends_of_time_are_stored(client):
    """The interval of all time comes back, to the millisecond."""
    WorkflowStatusModel(
        workflow_id="w", requested_intervals=[TimeIntervalModel.of(TimeInterval.all_time())]
    ).save()
    [stored] = WorkflowStatusModel.objects.get().requested_intervals
    assert (stored.start, stored.end) == (MIN_DATE, MAX_DATE)
    assert stored.to_interval() == TimeInterval.all_time()


def test_meta_data_are_identified_by_their_path():
    """An identifier is the path of tags and data, without the root."""
    assert MetaDataModel(tag="house", data="1").identifier == "house_1"
    nested = MetaDataModel(tag="resident", data="2", parent="house_1")
    assert nested.to_dict() == {
        "tag": "resident",
        "data": "2",
        "identifier": "house_1.resident_2",
        "parent": "house_1",
    }


def test_a_session_keeps_its_identifier(client):
    """A session is found by its UUID."""
    session_id = uuid.uuid4()
    SessionModel(session_id=session_id, start=NOON, uname=UnameModel(sysname="Linux")).save()
    found = SessionModel.objects.get(session_id=session_id)
    assert found.active
    assert found.start == NOON


@pytest.mark.parametrize("text", ["", "x" * 513])
def test_a_string_has_1_to_512_characters(text):
    """A string of another length is refused."""
    with pytest.raises(ValidationError):
        MetaDataModel(tag=text, data="1").validate()


def test_a_string_is_unicode_text():
    """Half of a surrogate pair, as of a file name of other bytes, is refused by its model."""
    model = PlateDefinitionModel(plate_id="p", meta_data_id="t", values=["\U0001f600", "\ud83d"])
    assert problems(model) == "values: {1: 'Half of a surrogate pair is no Unicode text'}"


def test_a_description_has_up_to_4096_characters():
    """Only a workflow's description may be longer than other strings."""
    WorkflowDefinitionModel(workflow_id="w", name="w", description="x" * 4096).validate()
    with pytest.raises(ValidationError):
        WorkflowDefinitionModel(workflow_id="w", name="w", description="x" * 4097).validate()


def test_embedded_models_are_no_documents():
    """Parts of documents have no collection."""
    assert issubclass(TimeIntervalModel, EmbeddedDocument)


def test_values_of_parameters_are_left_alone():
    """MongoEngine neither looks for references in them nor gives them types of its own."""
    for value in ({"_cls": "NoSuchDocument", "a": [1]}, {"_ref": 5}, [{"a": (1,)}], b"0", None):
        parameter = ToolParameterModel(key="a", value=value)
        model = ToolModel(name="t", version="1", parameters=[parameter])
        for each in (model, ToolModel._from_son(model.to_mongo())):
            assert each.parameters[0].value == value
            assert type(each.parameters[0].value) is type(value)
