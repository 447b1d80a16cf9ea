"""The catalogue in MongoDB: what every catalogue does, several processes, and older documents."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from bson import ObjectId
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from hyperstream.models import EngineStatusModel, MetaDataModel, PlateDefinitionModel
from hyperstream.storage.mongo import MongoCatalogue, MongoStorage
from hyperstream.testing.conformance import CatalogueConformance
from hyperstream.testing.conformance.catalogue import meta_data, plate, workflow
from hyperstream.testing.times import over
from hyperstream.time_interval import TimeIntervals
from hyperstream.utils.errors import (
    PlateAlreadyExistsError,
    ValueEncodingError,
    WorkflowAlreadyExistsError,
    WorkflowLoadError,
)
from tests import fixtures


class TestMongoCatalogue(CatalogueConformance):
    """Whether the server answers at once, or each operation has to be done twice."""

    @pytest.fixture
    def catalogue(self, any_client):
        """Give one on a database of its own."""
        return MongoCatalogue(any_client)


@pytest.fixture
def catalogue(client):
    """Give a catalogue."""
    return MongoCatalogue(client)


def test_the_storage_has_a_catalogue(client):
    """The storage of a database gives its catalogue, always the same one."""
    storage = MongoStorage(client)
    assert storage.catalogue is storage.catalogue
    assert storage.catalogue.plates() == []


def test_meta_data_are_added_in_bulk(client, catalogue):
    """However many meta data are added, it is one operation."""
    items = meta_data(*(("house", str(number), "root") for number in range(1500)))
    before = client.runs
    catalogue.add_meta_data(items)
    assert client.runs == before + 1
    assert len(catalogue.meta_data()) == 1500


def test_a_plate_of_another_process_is_noticed(catalogue, meddling):
    """A plate that comes from elsewhere between looking and adding is an error."""
    meddling.before[2] = lambda: catalogue.add_plate(plate())
    with pytest.raises(PlateAlreadyExistsError):
        MongoCatalogue(meddling).add_plate(plate())
    assert len(catalogue.plates()) == 1


def test_a_workflow_of_another_process_is_noticed(client, catalogue, meddling):
    """A workflow that comes from elsewhere between looking and adding is an error."""
    meddling.before[2] = lambda: catalogue.add_workflow(workflow(name="Theirs"))
    with pytest.raises(WorkflowAlreadyExistsError):
        MongoCatalogue(meddling).add_workflow(workflow(name="Ours"))
    assert catalogue.workflow("means").name == "Theirs"
    assert client.db.workflow_definitions.count_documents({}) == 1


def test_values_of_several_threads_are_all_kept(catalogue):
    """A plate that many extend at once has what each of them added."""
    catalogue.add_plate(plate())
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: catalogue.extend_plate("H.R", [f"{n}"]), range(20)))
    assert sorted(catalogue.plates()[0].values, key=int) == [str(n) for n in range(20)]


def test_requests_of_several_threads_leave_one_status(client, catalogue):
    """Whoever requests last wins, and there is one status."""
    with ThreadPoolExecutor(4) as threads:
        wanted = [TimeIntervals([over(0, n)]) for n in range(1, 21)]
        list(threads.map(lambda each: catalogue.save_requested("means", each), wanted))
    assert client.db.workflow_status.count_documents({}) == 1


def test_a_status_of_another_process_is_updated(client, catalogue, monkeypatch):
    """Where another process creates the status at the same moment, what comes last counts."""
    update = Collection.update_many
    ours, theirs = (TimeIntervals([over(0, n)]) for n in (1, 2))

    def too_late(*arguments, **options):
        monkeypatch.setattr(Collection, "update_many", update)
        catalogue.save_requested("means", theirs)
        raise DuplicateKeyError("E11000")

    monkeypatch.setattr(Collection, "update_many", too_late)
    catalogue.save_requested("means", ours)
    [found] = catalogue.status("means").requested_intervals
    assert found.to_interval() == over(0, 1)
    assert client.db.workflow_status.count_documents({}) == 1


def test_changes_of_several_threads_are_all_made(client, catalogue):
    """Whoever changes a status sees what others have done, and undoes none of it."""

    def count(status):
        status.engine = status.engine or EngineStatusModel()
        status.engine.failures += 1
        return True

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: catalogue.change_status("means", count), range(20)))
        wanted = [TimeIntervals([over(0, n)]) for n in range(1, 6)]
        list(threads.map(lambda each: catalogue.save_requested("means", each), wanted))
    assert catalogue.status("means").engine.failures == 20
    assert client.db.workflow_status.count_documents({}) == 1


@pytest.mark.parametrize("is_there", [False, True])
def test_a_request_of_another_process_is_noticed(catalogue, is_there):
    """What is requested while a status is being made or changed is not undone."""
    if is_there:
        catalogue.save_requested("means", TimeIntervals())
    meanwhile = iter([TimeIntervals([over(0, 1)])])

    def change(status):
        for each in meanwhile:
            catalogue.save_requested("means", each)
        status.engine = EngineStatusModel(owner="me")
        return True

    assert catalogue.change_status("means", change).engine.owner == "me"
    assert len(catalogue.status("means").requested_intervals) == 1


@pytest.fixture
def older(mongo_config, client):
    """Give the catalogue of a database as release 0.3.8 left it."""
    client.db.client.drop_database(client.db_name)
    fixtures.load(client.db)
    return MongoStorage(client).catalogue


def test_older_meta_data_are_read(older):
    """Meta data of release 0.3.8 are there."""
    assert {each.identifier for each in older.meta_data()} == {
        "house_1",
        "house_2",
        "house_1.resident_2",
    }


def test_older_plates_are_read(older):
    """Plates of release 0.3.8 are there, with or without a parent."""
    first, second = older.plates()
    assert (first.plate_id, first.values, first.complement) == ("H", [], True)
    assert first.parent_plate is None
    assert (second.plate_id, second.values, second.parent_plate) == ("H1.R", ["2"], "H")


def test_older_workflows_are_read(older):
    """Workflows of release 0.3.8 are there, with what was requested of them."""
    assert older.workflow_ids() == ["environmental_summary"]
    found = older.workflow("environmental_summary")
    assert [factor.tool.name for factor in found.factors][:2] == ["sliding_window", "component_set"]
    assert older.workflows_on("H") == ["environmental_summary"]
    assert len(older.status("environmental_summary").requested_intervals) == 1


def test_older_status_is_written(client, older):
    """What is requested of a workflow of release 0.3.8 replaces what was."""
    older.save_requested("environmental_summary", TimeIntervals())
    assert older.status("environmental_summary").requested_intervals == []
    assert client.db.workflow_status.count_documents({}) == 1


def test_an_older_status_is_changed(client, older):
    """The engine adds to a status of release 0.3.8 and leaves the rest of it as it was."""
    [before] = client.db.workflow_status.find()

    def take(status):
        status.engine = EngineStatusModel(owner="me")
        return True

    older.change_status("environmental_summary", take)
    [after] = client.db.workflow_status.find()
    new = {"engine": {"owner": "me", "failures": 0}, "revision": 1}
    assert after == {**before, **new}


def test_fields_of_other_releases_are_left_alone(client, catalogue):
    """Documents with fields that the models do not know are read; some may lack fields."""
    catalogue.add_meta_data(meta_data(("house", "1", "root")))
    catalogue.add_workflow(workflow())
    for name in ("meta_data", "workflow_definitions"):
        client.db[name].update_many({}, {"$set": {"new": 1}})
    nested = {"nodes.0.new": 1, "factors.0.new": 1, "factors.0.tool.new": 1}
    client.db.workflow_definitions.update_many({}, {"$set": nested})
    stored = {"plate_id": "H", "meta_data_id": "house", "parent_plate": None, "new": {"a": 1}}
    client.db.plate_definitions.insert_one(stored)
    assert [each.identifier for each in catalogue.meta_data()] == ["house_1"]
    assert [(each.values, each.complement) for each in catalogue.plates()] == [([], False)]
    assert catalogue.workflow("means").name == "Hourly means"
    catalogue.extend_plate("H", ["1"])
    assert client.db.plate_definitions.find_one() == {**stored, "values": ["1"]}


def test_of_several_workflows_of_one_id_the_latest_counts(client, catalogue):
    """Where release 0.3.8 left several workflows of one id, the last is meant, and replaced."""
    for number, name in enumerate(["One", "Two", "Three"]):
        stored = {"_id": ObjectId(f"{number:024x}"), "workflow_id": "means", "name": name}
        client.db.workflow_definitions.insert_one(stored)
    assert catalogue.workflow("means").name == "Three"
    assert catalogue.workflow_ids() == ["means"]
    with pytest.raises(WorkflowAlreadyExistsError):
        catalogue.add_workflow(workflow())
    catalogue.replace_workflow(workflow(name="Four"))
    assert client.db.workflow_definitions.count_documents({}) == 1
    assert catalogue.workflow("means").name == "Four"


def test_what_is_read_can_be_stored_again(catalogue):
    """A model that was read replaces what it was read from, whatever its own id is."""
    catalogue.add_plate(plate())
    catalogue.add_workflow(workflow())
    [found] = catalogue.plates()
    found.description = "Others"
    catalogue.replace_plate(found)
    catalogue.replace_workflow(catalogue.workflow("means"))
    assert [each.description for each in catalogue.plates()] == ["Others"]
    assert catalogue.workflow_ids() == ["means"]


def test_the_models_have_their_own_connection(catalogue):
    """What the models find themselves is what the catalogue has stored."""
    catalogue.add_meta_data(meta_data(("house", "1", "root")))
    catalogue.add_plate(plate())
    assert MetaDataModel.objects.get().identifier == "house_1"
    assert PlateDefinitionModel.objects.get().plate_id == "H.R"


def test_a_workflow_that_makes_no_sense_is_an_error_of_its_own(client, catalogue):
    """The others are there; it can be replaced and removed."""
    catalogue.add_workflow(workflow("good"))
    client.db.workflow_definitions.insert_one({"workflow_id": "bad", "factors": ["none"]})
    found = catalogue.workflows()
    assert (list(found), found["good"].name) == (["bad", "good"], "Hourly means")
    assert isinstance(found["bad"], WorkflowLoadError)
    with pytest.raises(WorkflowLoadError, match=r"Workflow bad cannot be loaded.*replace=True"):
        catalogue.workflow("bad")
    catalogue.replace_workflow(workflow("bad"))
    assert catalogue.workflow("bad").name == "Hourly means"


def test_a_document_may_be_too_large(catalogue):
    """What MongoDB does not take is an error that says so, and nothing is stored."""
    large = workflow()
    large.factors[0].tool.parameters[0].value = "x" * 17 * 1024 * 1024
    for store in (catalogue.add_workflow, catalogue.replace_workflow):
        with pytest.raises(
            ValueEncodingError, match="workflow_definitions is larger than the 16 MB"
        ):
            store(large)
    assert catalogue.workflow_ids() == []
