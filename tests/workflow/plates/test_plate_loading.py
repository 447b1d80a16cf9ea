"""Values that a stored plate lists, but that have no meta data, are left out and named."""

from __future__ import annotations

import logging

import pytest

from hyperstream.client import Client
from hyperstream.models import PlateDefinitionModel
from hyperstream.storage.mongo import MongoStorage
from tests import fixtures
from tests.workflow.plates.countries import managed


def stored_plate(catalogue, values, plate_id="some", **fields):
    """Store a plate of countries as it is, with nothing checked."""
    fields = {"meta_data_id": "country", **fields}
    catalogue.add_plate(PlateDefinitionModel(plate_id=plate_id, values=values, **fields))


def test_what_is_lacking_is_said_once(manager, catalogue, caplog):
    """Not whenever somebody reads the plate or looks for news, but again where that changes."""
    stored_plate(catalogue, ["UK", "FR", "DE"])
    with caplog.at_level(logging.WARNING, "hyperstream"):
        other = managed(catalogue)
        for _ in range(2):
            assert other["some"].values == ((("country", "UK"),),)
            other.refresh()
    (said,) = caplog.messages
    assert said == (
        "Plate 'some' goes without 2 values that it lists, for below the root there are no meta "
        "data 'country' of them: ['FR', 'DE']. Insert these with the plate manager's "
        "meta_data_manager, and it has them."
    )
    manager.meta_data_manager.insert_many([("country", "root", "FR"), ("country", "root", "DE")])
    other.refresh()
    assert (len(other["some"]), len(caplog.messages)) == (3, 1)
    manager.meta_data_manager.delete("country_FR")
    other.refresh()
    assert "1 value that it lists" in caplog.messages[1]


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        (["UK", "NZ"], {}),
        (["UK", "FR"], {"complement": True}),
        (["London"], {"meta_data_id": "city", "parent_plate": "C"}),
    ],
)
def test_nothing_is_said_where_nothing_is_lacking(
    manager, catalogue, countries, caplog, values, fields
):
    """A plate may list less than there is, also below one parent only; or leave out what is not."""
    stored_plate(catalogue, values, **fields)
    assert sorted(managed(catalogue)) == ["C", "some"]
    assert caplog.messages == []


def test_what_another_process_inserts_meanwhile_is_not_lacking(manager, catalogue, caplog):
    """The meta data may have been read before the plate was made."""
    other = managed(catalogue)
    assert not other.meta_data_manager.contains("country_FR")
    manager.meta_data_manager.insert_many([("country", "root", "FR")])
    manager.create_plate("some", None, "country", ["FR"])
    assert len(other["some"]) == 1
    assert caplog.messages == []


def test_reasons_are_said_once_where_no_plate_can_be_used(catalogue, caplog):
    """However often plates are read."""
    stored_plate(catalogue, [], "empty")
    other = managed(catalogue)
    for _ in range(2):
        assert list(other.failed) == ["empty"]
        other.refresh()
    assert len(caplog.messages) == 1


def test_a_plate_of_release_0_3_8_may_list_what_is_gone(mongo_config, caplog):
    """The values that are there are its values, and those that are not are named."""
    client = Client(mongo_config)
    fixtures.load(client.db)
    listed = {"$set": {"values": ["1", "2", "9"], "complement": False}}
    for plate_id in ("H", "H1.R"):
        client.db.plate_definitions.update_one({"plate_id": plate_id}, listed)
    manager = managed(MongoStorage(client).catalogue)
    assert manager["H"].values == ((("house", "1"),), (("house", "2"),))
    assert manager["H1.R"].values == ((("house", "1"), ("resident", "2")),)
    found = [each for each in caplog.messages if "goes without" in each]
    assert "Plate 'H' goes without 1 value" in found[0]
    assert "below plate 'H' there are no meta data 'resident' of them: ['1', '9']" in found[1]
    client.disconnect()
