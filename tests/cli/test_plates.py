"""The commands on plates."""

from __future__ import annotations

import pytest


@pytest.fixture
def plates(fill):
    """Give a plate of two houses, one of all but the first, and one of rooms below."""
    with fill() as hs:
        manager = hs.plate_manager
        items = [("house", "root", "1"), ("house", "root", "2"), ("room", "house_1", "hall")]
        manager.meta_data_manager.insert_many(items)
        manager.create_plate("H", "Houses", "house", ["1", "2"])
        manager.create_plate("H2", None, "house", ["1"], complement=True)
        manager.create_plate("H.R", "Rooms", "room", complement=True, parent_plate="H")
        orphan = {"plate_id": "X", "meta_data_id": "x", "complement": True, "parent_plate": "Y"}
        hs.client.db.plate_definitions.insert_one(orphan)


def test_plates_are_listed(command, plates, caplog):
    """One that is of no use, too."""
    said = command("plates", "list")
    assert said.code == 0
    assert said.out.splitlines() == [
        "PLATE  PARENT  TAG    VALUES  DESCRIPTION",
        "H      -       house       2  Houses",
        "H.R    H       room        1  Rooms",
        "H2     -       house       1  -",
        (
            "X      -       -           -  not usable: Plate 'X' needs plate 'Y', which is not "
            "there or not usable."
        ),
    ]


def test_a_plate_is_shown(command, plates):
    """With its values, from the root down."""
    assert command("plates", "show", "H.R").lines == [
        "plate        H.R",
        "description  Rooms",
        "parent       H",
        "tag          room",
        "has          all that there are",
        "1 value      house=1, room=hall",
    ]
    assert "has          all but 1" in command("plates", "show", "H2").lines
    assert "has          1, 2" in command("plates", "show", "H").lines


def test_a_plate_is_shown_to_machines(command, plates):
    """Values are objects."""
    assert command.json("plates", "show", "H.R") == {
        "id": "H.R",
        "description": "Rooms",
        "parent": "H",
        "tag": "room",
        "complement": True,
        "cardinality": 1,
        "listed": [],
        "values": [{"house": "1", "room": "hall"}],
    }


def test_a_plate_that_is_not_there_is_told(command, plates):
    """In one sentence."""
    said = command("plates", "show", "Z")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("hyperstream: There is no plate 'Z'")
