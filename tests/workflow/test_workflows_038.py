"""Databases of release 0.3.8 open: their workflows are listed, loaded, and executed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hyperstream._time import UTC
from hyperstream.client import Client
from hyperstream.plugin_manager import Plugin
from hyperstream.storage.mongo import MongoStorage
from hyperstream.time_interval import TimeInterval, TimeIntervals
from hyperstream.utils.errors import UntrustedCodeError, WorkflowAlreadyExistsError
from tests import fixtures
from tests.workflow.managing import made_manager
from tests.workflow.workbench import data_of

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = Plugin("example", [], str(ROOT / "plugins" / "example"), True, False)
NEW_YEAR = TimeInterval(datetime(2017, 1, 1, tzinfo=UTC), datetime(2017, 1, 1, 2, tzinfo=UTC))


@pytest.fixture
def storage(mongo_config):
    """Give a database as release 0.3.8 left it."""
    client = Client(mongo_config)
    fixtures.load(client.db, fixtures.V038_WORKFLOWS)
    yield MongoStorage(client)
    client.disconnect()


@pytest.fixture
def manager(storage):
    """Give a manager of what is in the database, with the plugin that was in use."""
    return made_manager(storage.catalogue, storage, [EXAMPLE])


def values(node):
    """Return what a node holds in the first two hours of 2017, by hour."""
    return {
        data_of(value): {
            (timestamp - NEW_YEAR.start).total_seconds() / 3600: content
            for timestamp, content in stream.window(NEW_YEAR).items()
        }
        for value, stream in node.streams.items()
    }


def test_workflows_are_listed_and_loaded(manager):
    """Owner and description may be missing; of several documents, the last one counts."""
    assert sorted(manager.workflows) == ["copied", "hourly", "steps", "walkers", "wearables"]
    hourly, steps = manager.workflows["hourly"], manager.workflows["steps"]
    assert (hourly.name, hourly.owner, hourly.online) == ("Hourly summary", "ann", True)
    assert (steps.owner, steps.description, steps.online) == ("", "", False)
    assert hourly.requested_intervals == TimeIntervals([NEW_YEAR])
    assert {factor.tool.version for factor in hourly.factors} >= {"0.1.0"}
    assert hourly.factors[1].tool.parameters_dict["values"] == {"front", "back"}
    # An interval below a millisecond was stored as one that ends where it starts.
    copied = manager.workflows["copied"].requested_intervals
    assert copied == TimeIntervals([(NEW_YEAR.start, NEW_YEAR.start + timedelta(hours=1))])


@pytest.mark.parametrize("workflow_id", ["rounded", "squared"])
def test_a_function_that_was_stored_as_code_is_not_run(manager, workflow_id):
    """Neither as text of Python 2 nor as bytes of Python 3: the reason names the way out."""
    error = manager.failed[workflow_id]
    assert isinstance(error.__cause__, UntrustedCodeError)
    assert f"the factor of node {workflow_id}, with tool apply: Parameter 'func'" in str(error)
    assert "define the workflow again with the function, and commit it with rep" in str(error)


def test_what_cannot_be_loaded_is_defined_again(manager, storage):
    """As the reason says; what is requested of it stays."""
    manager.catalogue.save_requested("rounded", TimeIntervals([NEW_YEAR]))
    workflow = manager.create("rounded", "Rounded temperatures", "bob", "")
    plate = manager.plate_manager["H"]
    temperature, rounded = (
        workflow.create_node(name, "mongo", [plate]) for name in ("temperature", "rounded")
    )
    workflow.create_factor({"name": "apply", "parameters": {"func": round}}, [temperature], rounded)
    with pytest.raises(WorkflowAlreadyExistsError, match=r"code of its version.*Say replace=True"):
        manager.commit_workflow("rounded")
    manager.commit_workflow("rounded", replace=True)
    assert "rounded" not in manager.failed
    again = made_manager(storage.catalogue, storage, [EXAMPLE]).workflows["rounded"]
    assert again.requested_intervals == TimeIntervals([NEW_YEAR])
    manager.workflows["hourly"].execute(NEW_YEAR)
    workflow.execute(NEW_YEAR)
    assert [len(each) for each in values(rounded).values()] == [2, 1]


def test_workflows_are_executed(manager):
    """What requests say is computed from the data that are there."""
    manager.execute_all()
    nodes = manager.workflows["hourly"].nodes
    assert values(nodes["mean"]) == {"1": {1: 19.0}, "2": {2: 16.0}}
    assert values(nodes["mean_of_first"]) == {"": {1: 19.0}}
    steps = manager.workflows["steps"]
    steps.execute(NEW_YEAR)
    expected = {"1.1": {1: 120}, "1.2": {1: 45}, "2.1": {}}
    assert values(steps.nodes["steps_of_resident"]) == expected
    copied = manager.workflows["copied"]
    copied.execute(NEW_YEAR)
    assert values(copied.nodes["copied"]) == values(nodes["readings"])


def test_a_plate_is_created(manager):
    """By the factor that was stored for that."""
    manager.workflows["wearables"].execute(NEW_YEAR)
    plate = manager.plate_manager["W"]
    assert (plate.description, [data_of(value) for value in plate.values]) == (
        "All wearables",
        ["A", "B"],
    )


def test_a_plate_is_created_below_that_of_the_source(manager):
    """The name of the one above is not stored; nor is a parameter that is None."""
    manager.workflows["walkers"].execute(NEW_YEAR)
    plate = manager.plate_manager["H.P"]
    assert plate.parent.plate_id == "H"
    assert [data_of(value) for value in plate.values] == ["1.ann", "1.bob"]


def test_a_plugin_that_is_missing_is_an_error_of_its_workflow(storage):
    """The others are there; so it is with a channel."""
    manager = made_manager(storage.catalogue, storage)
    assert sorted(manager.failed) == ["copied", "of_a_channel", "rounded", "squared"]
    assert "There is no tool dummy" in str(manager.failed["copied"])
    assert "There is no channel 'sphere'" in str(manager.failed["of_a_channel"])
    for workflow_id in ("copied", "of_a_channel"):
        assert "name the plugin in the configuration" in str(manager.failed[workflow_id])


@pytest.mark.parametrize(
    ("collection", "document"),
    [
        ("workflow_definitions", {"name": "of no id"}),
        ("workflow_status", {"requested_intervals": []}),
        ("plate_definitions", {"meta_data_id": "house", "values": ["1"]}),
        ("meta_data", {"tag": "house", "data": 9}),
    ],
)
def test_a_damaged_document_does_not_stop_the_others(storage, collection, document):
    """What it should say is not there; all that is whole is."""
    storage.client.db[collection].insert_one(document)
    manager = made_manager(storage.catalogue, storage, [EXAMPLE])
    assert sorted(manager.workflows) == ["copied", "hourly", "steps", "walkers", "wearables"]
    assert storage.catalogue.workflow_ids() == sorted([*manager.workflows, *manager.failed])
    assert {"copied", "hourly"} <= {each.workflow_id for each in storage.catalogue.statuses()}
    assert set(manager.plate_manager.plates) == {"H", "H.R"}
    assert [data_of(value) for value in manager.plate_manager["H"].values] == ["1", "2"]


def test_workflows_are_stored_anew_only_if_changed(manager, storage):
    """Storing all again is nothing; a workflow that is replaced has one document afterwards."""
    documents = storage.client.db.workflow_definitions
    before = list(documents.find().sort("_id"))
    manager.commit_all()
    assert list(documents.find().sort("_id")) == before
    manager.workflows["hourly"].owner = "bob"
    with pytest.raises(WorkflowAlreadyExistsError, match="owner is 'bob', not 'ann'"):
        manager.commit_all()
    manager.commit_workflow("hourly", replace=True)
    (stored,) = documents.find({"workflow_id": "hourly"})
    assert stored["factors"][0]["tool"]["version"] == "0.1.0"
    again = made_manager(storage.catalogue, storage, [EXAMPLE])
    again.execute_all()
    assert values(again.workflows["hourly"].nodes["mean_of_first"]) == {"": {1: 19.0}}
