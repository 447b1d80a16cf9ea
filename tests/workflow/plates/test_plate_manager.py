"""Plates by name: made, stored, found, and read again."""

from __future__ import annotations

import logging

import pytest

from hyperstream.models import PlateDefinitionModel
from hyperstream.storage.mongo import MongoStorage
from hyperstream.utils.errors import (
    PlateAlreadyExistsError,
    PlateDefinitionError,
    PlateInUseError,
    PlateNotFoundError,
)
from tests import fixtures
from tests.workflow.plates.countries import (
    COUNTRIES,
    made_manager,
    managed,
)


def test_plates_are_made_and_looped_over(manager, countries, cities):
    """A plate is there by its id, with its values; a loop goes down to those below."""
    assert manager.plates["C"] is manager["C"] is countries
    assert countries.values == tuple((("country", each),) for each in ("AQ", "NZ", "UK"))
    assert cities.parent is countries
    assert [[u.value[-1][1] for u in cities[v]] for v in countries] == [
        [],
        ["Auckland"],
        ["Bristol", "London"],
    ]
    assert sorted(manager) == sorted(manager.plates) == ["C", "C.C"]
    assert "C" in manager
    assert "X" not in manager


def test_a_plate_is_stored(catalogue, cities):
    """Another process finds the plates with all that was said of them."""
    found = managed(catalogue)["C.C"]
    assert found.values == cities.values
    assert (found.description, found.parent.plate_id) == ("Cities", "C")
    assert (found.listed, found.complement) == ((), True)


def test_the_parent_may_be_a_plate(manager, countries):
    """A parent may be given as a plate, by its id, or in a stored definition."""
    one = manager.create_plate("one", None, "city", ["London"], parent_plate=countries)
    definition = PlateDefinitionModel(
        plate_id="two", meta_data_id="city", values=["Auckland"], parent_plate="C"
    )
    assert one.parent is manager.add_plate(definition).parent is countries
    assert manager.plates["two"].values == ((("country", "NZ"), ("city", "Auckland")),)


def test_values_may_be_listed(manager):
    """Listed values may be in any iterable; each counts once."""
    some = manager.create_plate("some", "Some", "country", values=iter(["UK", "NZ", "UK"]))
    assert (some.listed, len(some)) == (("UK", "NZ"), 2)
    rest = manager.create_plate("rest", "", "country", values=["UK"], complement=True)
    assert [value[0][1] for value in rest.values] == ["AQ", "NZ"]


def test_meta_data_of_another_process_are_found(manager, catalogue):
    """Values that another process has inserted need no refresh."""
    assert manager.meta_data_manager.contains("country_UK")
    managed(catalogue).meta_data_manager.insert("planet", "planet_Mars", "root", "Mars")
    assert len(manager.create_plate("P", "d", "planet", ["Mars"])) == 1


def test_an_unknown_plate_is_refused(manager, countries):
    """Asking for an unknown plate is an error that suggests a known one."""
    manager.create_plate("houses", "d", "country", complement=True)
    for ask in (manager.__getitem__, manager.plates.__getitem__, manager.delete_plate):
        with pytest.raises(PlateNotFoundError, match="no plate 'house': did you mean houses"):
            ask("house")
        with pytest.raises(PlateNotFoundError, match="no plate None"):
            ask(None)
    with pytest.raises(KeyError):
        manager.create_plate("X", "d", "city", complement=True, parent_plate="house")
    assert manager.plates.get("house") is None


def test_a_plate_of_another_process_is_found(manager, catalogue, countries):
    """A plate that another process has made needs no refresh; the others stay what they are."""
    managed(catalogue).create_plate("C.C", "Cities", "city", [], True, "C")
    assert manager["C.C"].parent is countries


def test_a_refresh_keeps_plates_that_are_still_there(manager, catalogue, countries, cities):
    """After a refresh, plates are the same objects, with what others have changed."""
    some = manager.create_plate("some", "Some", "country", ["UK"])
    before = countries.values
    other = managed(catalogue)
    other.meta_data_manager.insert("country", "country_PE", "root", "PE")
    other.add_values("some", ["PE"])
    other.delete_plate("C.C")
    manager.refresh()
    assert (manager["C"], manager["some"]) == (countries, some)
    assert some.cardinality == 2
    assert len(countries) == len(before) + 1
    assert "C.C" not in manager


def test_a_plate_that_was_made_anew_is_another_one(manager, catalogue, countries, cities):
    """A plate that another process has deleted and made differently is a new object."""
    other = managed(catalogue)
    other.delete_plate("C.C")
    other.delete_plate("C")
    other.create_plate("C", "New", "country", ["UK"])
    other.create_plate("C.C", "Cities", "city", [], True, "C")
    manager.refresh()
    assert manager["C"] is not countries
    assert manager["C.C"].parent is manager["C"]
    assert len(manager["C.C"]) == 2


def test_values_are_added(manager, catalogue):
    """Values are added to what a plate lists, here and in the catalogue; not to a complement."""
    some = manager.create_plate("some", "Some", "country", ["UK"])
    rest = manager.create_plate("rest", "Rest", "country", ["UK"], complement=True)
    for plate_id in ("some", "rest"):
        manager.add_values(plate_id, iter(["NZ", "UK"]))
    assert (some.listed, rest.listed) == (("UK", "NZ"), ("UK",))
    assert [plate.values for plate in catalogue.plates()] == [["UK"], ["UK", "NZ"]]
    with pytest.raises(PlateNotFoundError):
        manager.add_values("X", ["NZ"])


def test_plates_that_cannot_be_used_stop_no_others(manager, catalogue, countries, caplog):
    """A plate whose parent is gone, or that is defined wrongly, is listed with the reason."""
    for plate_id, tag, parent in [
        ("lost", "city", "gone"),
        ("below", "street", "lost"),
        ("odd", "country", "C"),
        ("circle", "city", "circle"),
        ("C.C", "city", "C"),
    ]:
        catalogue.add_plate(
            PlateDefinitionModel(
                plate_id=plate_id, meta_data_id=tag, complement=True, parent_plate=parent
            )
        )
    catalogue.add_plate(PlateDefinitionModel(plate_id="empty", meta_data_id="city"))
    with caplog.at_level(logging.WARNING):
        found = managed(catalogue)
        assert sorted(found) == ["C", "C.C"]
    assert sorted(found.failed) == ["below", "circle", "empty", "lost", "odd"]
    assert "'lost' needs plate 'gone'" in caplog.text
    assert "Empty values" in str(found.failed["empty"])
    caplog.clear()
    found.refresh()
    assert caplog.text == ""
    with pytest.raises(PlateNotFoundError, match=r"'odd' cannot be used: .*'country'") as caught:
        found["odd"]
    assert caught.value.__cause__ is found.failed["odd"]
    with pytest.raises(PlateAlreadyExistsError):
        found.create_plate("lost", "d", "country", complement=True)
    found.delete_plate("lost", delete_meta_data=True)
    assert "lost" not in found.failed
    assert "lost" not in [plate.plate_id for plate in catalogue.plates()]


def test_a_stored_plate_may_have_no_values_any_more(manager, catalogue, cities):
    """A plate whose meta data are gone is there without values, until there are new ones."""
    manager.meta_data_manager.delete_many(f"country_{country}" for country in COUNTRIES)
    other = managed(catalogue)
    assert (len(other["C"]), len(other["C.C"])) == (0, 0)
    other.meta_data_manager.insert_many([("country", "root", "PE"), ("city", "country_PE", "Lima")])
    assert len(other["C.C"]) == 1


def test_it_shows_the_plates_that_it_has_read(manager, cities):
    """Nothing is read for its representation, but for printing it."""
    assert repr(manager) == "PlateManager(C, C.C)"
    other = managed(manager.catalogue)
    assert repr(other) == "PlateManager(not read yet)"
    assert str(other) == repr(other) == "PlateManager(C, C.C)"


@pytest.fixture
def client(mongo_client, mongo_config):
    """Give a connection to a database of its own."""
    with_database = type(mongo_client)(mongo_config)
    yield with_database
    with_database.disconnect()


def test_plates_of_release_0_3_8_are_there(client):
    """The plates of an older database have their values, and take new ones."""
    fixtures.load(client.db)
    manager = managed(MongoStorage(client).catalogue)
    assert manager["H"].values == ((("house", "1"),), (("house", "2"),))
    assert manager["H1.R"].values == ((("house", "1"), ("resident", "2")),)
    assert manager["H1.R"].parent is manager["H"]
    assert dict(manager.failed) == {}
    with pytest.raises(PlateInUseError, match=r"'H1\.R'.*'environmental_summary'"):
        manager.delete_plate("H")


def test_many_values_are_few_round_trips(client, monkeypatch):
    """In MongoDB a plate of many values takes as many operations as one of few."""
    runs = []
    run = client.run
    manager = managed(MongoStorage(client).catalogue)
    assert list(manager) == []
    monkeypatch.setattr(client, "run", lambda operation: runs.append(operation) or run(operation))
    manager.meta_data_manager.insert_many(("house", "root", str(n)) for n in range(1200))
    assert len(manager.create_plate("H", "Houses", "house", complement=True)) == 1200
    manager.create_plate("some", "Houses", "house", ["1"])
    manager.add_values("some", map(str, range(1200)))
    assert len(managed(manager.catalogue)["some"]) == 1200
    assert len(runs) < 12
    manager.delete_plate("some", delete_meta_data=True)
    manager.delete_plate("H", delete_meta_data=True)
    assert manager.catalogue.meta_data() == []
    assert len(runs) < 24


@pytest.mark.parametrize("data", [["NZ", ""], ["NZ", "x" * 513]])
def test_texts_that_no_plate_can_list_are_not_added(client, data):
    """Values that are empty or too long are an error, and do not spoil what is stored."""
    manager = made_manager(MongoStorage(client).catalogue)
    some = manager.create_plate("some", "Some", "country", ["UK"])
    with pytest.raises(PlateDefinitionError, match=r"'some' .*1 to 512 characters"):
        manager.add_values("some", data)
    assert some.listed == managed(manager.catalogue)["some"].listed == ("UK",)
