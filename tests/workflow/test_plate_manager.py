"""Plates by name: made, refused, stored, read again, and removed."""

from __future__ import annotations

import logging

import pytest

from hyperstream.models import (
    NodeDefinitionModel,
    PlateDefinitionModel,
    WorkflowDefinitionModel,
)
from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.storage.mongo import MongoStorage
from hyperstream.utils.errors import (
    PlateAlreadyExistsError,
    PlateDefinitionError,
    PlateEmptyError,
    PlateInUseError,
    PlateNotFoundError,
)
from hyperstream.workflow.meta_data_manager import MetaDataManager
from hyperstream.workflow.plate_manager import PlateManager
from tests import fixtures

COUNTRIES = {"UK": ["London", "Bristol"], "NZ": ["Auckland"], "AQ": []}


def managed(catalogue):
    """Return the plates of a catalogue, as a process of its own would see them."""
    return PlateManager(MetaDataManager(catalogue), catalogue)


@pytest.fixture
def catalogue():
    """Give a catalogue."""
    return MemoryCatalogue()


@pytest.fixture
def manager(catalogue):
    """Give a manager with meta data of countries and cities."""
    with_meta_data = managed(catalogue)
    for country, cities in COUNTRIES.items():
        with_meta_data.meta_data_manager.insert(
            tag="country", identifier=f"country_{country}", parent="root", data=country
        )
        with_meta_data.meta_data_manager.insert_many(
            ("city", f"country_{country}", city) for city in cities
        )
    return with_meta_data


@pytest.fixture
def countries(manager):
    """Give the plate of all countries."""
    return manager.create_plate(
        plate_id="C",
        description="Countries",
        meta_data_id="country",
        values=[],
        complement=True,
        parent_plate=None,
    )


@pytest.fixture
def cities(manager, countries):
    """Give the plate of all cities."""
    return manager.create_plate("C.C", "Cities", "city", [], True, parent_plate="C")


def workflow_on(*plate_ids, workflow_id="weather"):
    """Return a workflow with a node on some plates."""
    node = NodeDefinitionModel(stream_name="rain", plate_ids=plate_ids, channel_id="memory")
    return WorkflowDefinitionModel(workflow_id=workflow_id, name="Weather", nodes=[node])


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


@pytest.mark.parametrize("plate_id", ["", "x" * 513, None, 1])
def test_an_id_that_is_no_text_is_refused(manager, catalogue, plate_id):
    """An empty or too long id, or one that is no text, is an error."""
    with pytest.raises(PlateDefinitionError, match=r"plate_id: .*1 to 512 characters"):
        manager.create_plate(plate_id, "d", "country", complement=True)
    assert (list(manager), catalogue.plates()) == ([], [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"meta_data_id": ""},
        {"meta_data_id": None},
        {"description": "x" * 513},
        {"values": ["UK", ""]},
        {"values": ["UK", 1]},
        {"parent_plate": ""},
        {"parent_plate": 1},
    ],
)
def test_texts_that_are_wrong_are_refused(manager, catalogue, wrong):
    """What is empty, too long or no text is an error that names the plate and the field."""
    arguments = {"meta_data_id": "country", "description": "d", "complement": True, **wrong}
    with pytest.raises(PlateDefinitionError, match=f"'C' is defined wrongly .*{next(iter(wrong))}"):
        manager.create_plate("C", **arguments)
    assert catalogue.plates() == []


def test_an_id_that_is_taken_is_refused(manager, countries):
    """A second plate of one id is an error that names it, and leaves the first."""
    with pytest.raises(PlateAlreadyExistsError, match="'C'"):
        manager.create_plate("C", "Others", "country", ["UK"])
    assert manager["C"] is countries
    assert countries.description == "Countries"


def test_an_id_that_another_process_took_is_refused(manager, catalogue):
    """Plates made elsewhere since the first look count as well."""
    assert list(manager) == []
    managed(catalogue).create_plate("C", "d", "country", complement=True)
    with pytest.raises(PlateAlreadyExistsError, match="'C'"):
        manager.create_plate("C", "d", "country", complement=True)


@pytest.mark.parametrize("values", [[], (), None])
def test_neither_values_nor_complement_is_refused(manager, values):
    """A plate of no listed values is an error, as it always was."""
    with pytest.raises(PlateDefinitionError, match="'C': Empty values in plate definition"):
        manager.create_plate("C", "d", "country", values=values, complement=False)


def test_one_text_is_no_list_of_values(manager):
    """A text instead of a list is an error, and not taken letter by letter."""
    with pytest.raises(PlateDefinitionError, match="not the text 'UK'"):
        manager.create_plate("C", "d", "country", values="UK")


@pytest.mark.parametrize("complement", [True, False])
def test_values_that_are_not_there_are_refused(manager, countries, complement):
    """Listed values that are not among the meta data are named, also those to leave out."""
    with pytest.raises(PlateDefinitionError, match=r"'XX', 'YY'") as caught:
        manager.create_plate("X", "d", "country", ["UK", "XX", "YY"], complement)
    assert caught.value.values == ["XX", "YY"]
    with pytest.raises(PlateDefinitionError, match="below plate 'C'"):
        manager.create_plate("X", "d", "city", ["Lima"], complement, countries)


def test_a_plate_without_values_is_refused(manager, catalogue, countries):
    """A plate that would have no values is an error, and is not stored."""
    with pytest.raises(PlateEmptyError, match="Plate values for X empty"):
        manager.create_plate("X", "d", "planet", complement=True)
    with pytest.raises(PlateEmptyError):
        manager.create_plate("X", "d", "country", list(COUNTRIES), complement=True)
    with pytest.raises(PlateEmptyError):
        manager.create_plate("X", "d", "city", complement=True)
    assert "X" not in manager
    assert [plate.plate_id for plate in catalogue.plates()] == ["C"]


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


def test_a_plate_is_deleted(manager, catalogue, cities):
    """A deleted plate is gone, here and in the catalogue; its meta data stay."""
    manager.delete_plate("C.C")
    assert list(manager) == ["C"]
    assert [plate.plate_id for plate in catalogue.plates()] == ["C"]
    assert manager.meta_data_manager.contains("country_UK.city_Bristol")
    manager.create_plate("C.C", "Cities", "city", [], True, "C")


def test_a_plate_is_deleted_with_its_meta_data(manager, catalogue, countries):
    """With `delete_meta_data`, the values go too, and all below them."""
    manager.delete_plate("C", delete_meta_data=True)
    assert catalogue.meta_data() == []
    assert not manager.meta_data_manager.contains("country_UK.city_Bristol")
    assert len(countries) == 0


def test_meta_data_that_other_plates_need_stay(manager, cities):
    """Values that another plate has, or has values below of, are not removed."""
    manager.create_plate("all", "All", "country", complement=True)
    manager.create_plate("british", "British", "city", ["Bristol"], parent_plate="all")
    manager.delete_plate("C.C", delete_meta_data=True)
    tree = manager.meta_data_manager
    assert tree.contains("country_UK.city_Bristol")
    assert not tree.contains("country_UK.city_London")
    manager.create_plate("south", "South", "country", ["NZ", "AQ"])
    manager.delete_plate("british")
    manager.delete_plate("all")
    manager.delete_plate("south", delete_meta_data=True)
    assert tree.contains("country_NZ")


def test_meta_data_go_with_the_last_plate_that_needs_them(manager):
    """Of two plates of the same values, the second one's deletion removes them."""
    for plate_id in ("one", "two"):
        manager.create_plate(plate_id, "d", "country", ["UK"])
    manager.delete_plate("one", delete_meta_data=True)
    assert manager.meta_data_manager.contains("country_UK.city_Bristol")
    manager.delete_plate("two", delete_meta_data=True)
    assert not manager.meta_data_manager.contains("country_UK")
    assert manager.meta_data_manager.contains("country_NZ")


def test_a_plate_with_others_below_is_not_deleted(manager, catalogue, cities):
    """A plate that others are below of stays; the error names them, wherever they were made."""
    managed(catalogue).create_plate("towns", "Towns", "city", ["London"], parent_plate="C")
    with pytest.raises(PlateInUseError, match=r"'C' .*plates 'C\.C', 'towns'\.") as caught:
        manager.delete_plate("C", delete_meta_data=True)
    assert caught.value.plates == ["C.C", "towns"]
    assert manager["C"].cardinality == len(COUNTRIES)


def test_a_plate_in_a_workflow_is_not_deleted(manager, catalogue, cities):
    """A plate of workflows stays, whether they are stored or only in this process."""

    class User:
        workflow_id = "running"

    user = User()
    cities.users.add(user)
    catalogue.add_workflow(workflow_on("C", "C.C", workflow_id="stored"))
    with pytest.raises(PlateInUseError, match=r"'C\.C' .*workflows 'running', 'stored'") as caught:
        manager.delete_plate("C.C")
    assert caught.value.workflows == ["running", "stored"]
    with pytest.raises(PlateInUseError, match=r"plates 'C\.C', and .* workflows 'stored'\. Delete"):
        manager.delete_plate("C")
    cities.users.discard(user)
    catalogue.remove_workflow("stored")
    manager.delete_plate("C.C")
    manager.delete_plate("C")


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
    """Nothing is read for it."""
    assert repr(manager) == "PlateManager(C, C.C)"
    assert repr(managed(manager.catalogue)) == "PlateManager()"


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
