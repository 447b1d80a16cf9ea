"""What no plate can be made of is refused, in the line that says it."""

from __future__ import annotations

import pytest

from hyperstream.utils.errors import (
    PlateAlreadyExistsError,
    PlateDefinitionError,
    PlateEmptyError,
    PlateNotFoundError,
)
from tests.workflow.plates.countries import COUNTRIES, managed


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


@pytest.mark.parametrize(
    ("values", "what"),
    [("UK", "not 'UK'"), (1, "not 1"), (["UK", 1], "not 1"), ([("country", "UK")], "not .'cou")],
)
def test_what_is_no_list_of_texts_is_refused(manager, values, what):
    """A text instead of a list is not taken letter by letter; what is wrong is shown."""
    with pytest.raises(PlateDefinitionError, match=f"'C': .* text.*, {what}"):
        manager.create_plate("C", "d", "country", values=values)
    some = manager.create_plate("C", "d", "country", values=["NZ"])
    with pytest.raises(PlateDefinitionError, match=f"'C': .* text.*, {what}"):
        manager.add_values("C", values)
    assert some.listed == ("NZ",)


@pytest.mark.parametrize("complement", ["yes", "False", "C", 2, [True]])
def test_complement_is_true_or_false(manager, countries, complement):
    """Anything else may be the parent plate, given too early, and is not taken for True."""
    for given in (complement, countries):
        with pytest.raises(PlateDefinitionError, match=r"'X': complement .*parent_plate=…"):
            manager.create_plate("X", "d", "country", ["UK"], given)
    assert manager.create_plate("X", "d", "country", ["UK"], 1).complement is True


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
    message = "Plate values for X empty: below the root there are no meta data 'planet'; insert"
    with pytest.raises(PlateEmptyError, match=message):
        manager.create_plate("X", "d", "planet", complement=True)
    with pytest.raises(PlateEmptyError, match="no meta data 'country' but those left out; insert"):
        manager.create_plate("X", "d", "country", list(COUNTRIES), complement=True)
    with pytest.raises(PlateEmptyError):
        manager.create_plate("X", "d", "city", complement=True)
    assert "X" not in manager
    assert [plate.plate_id for plate in catalogue.plates()] == ["C"]


def test_an_id_that_another_process_gave_back_is_free(manager, catalogue, countries):
    """A plate that is known here, and was deleted elsewhere, is not in the way."""
    managed(catalogue).delete_plate("C")
    assert manager.create_plate("C", "Some", "country", ["UK"]).description == "Some"
    assert manager["C"] is not countries


def test_a_parent_that_another_process_deleted_is_refused(manager, catalogue, countries):
    """A plate known here is no parent any more if it was deleted elsewhere."""
    managed(catalogue).delete_plate("C")
    with pytest.raises(PlateNotFoundError, match="no plate 'C'"):
        manager.create_plate("C.C", "Cities", "city", [], True, "C")
    assert catalogue.plates() == []
