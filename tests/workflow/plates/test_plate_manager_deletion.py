"""Plates are deleted, with or without their meta data, unless something needs them."""

from __future__ import annotations

import pytest

from hyperstream.models import (
    NodeDefinitionModel,
    PlateDefinitionModel,
    WorkflowDefinitionModel,
)
from hyperstream.utils.errors import PlateInUseError
from tests.workflow.plates.countries import (
    COUNTRIES,
    managed,
)


def workflow_on(*plate_ids, workflow_id="weather"):
    """Return a workflow with a node on some plates."""
    node = NodeDefinitionModel(stream_name="rain", plate_ids=plate_ids, channel_id="memory")
    return WorkflowDefinitionModel(workflow_id=workflow_id, name="Weather", nodes=[node])


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


def test_plates_of_no_use_count_too(manager, catalogue, countries):
    """A plate that cannot be used is in the way of its parent, and a workflow in its own."""
    odd = {"meta_data_id": "country", "complement": True}
    catalogue.add_plate(PlateDefinitionModel(plate_id="odd", parent_plate="C", **odd))
    for plate_id, parent in (("a", "b"), ("b", "a")):
        catalogue.add_plate(PlateDefinitionModel(plate_id=plate_id, parent_plate=parent, **odd))
    catalogue.add_workflow(workflow_on("odd", workflow_id="stored"))
    with pytest.raises(PlateInUseError, match=r"'C' .*plates 'odd'\."):
        manager.delete_plate("C")
    with pytest.raises(PlateInUseError, match=r"'odd' .*workflows 'stored'\."):
        manager.delete_plate("odd")
    catalogue.remove_workflow("stored")
    for plate_id in ("odd", "a", "b", "C"):
        manager.delete_plate(plate_id)
    assert catalogue.plates() == []
