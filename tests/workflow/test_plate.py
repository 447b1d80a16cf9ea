"""Plates: their values, their relatives, and what is below a value."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor

import pytest

from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.utils.errors import IncompatiblePlatesError, PlateDefinitionError
from hyperstream.workflow.meta_data_manager import MetaDataManager
from hyperstream.workflow.plate import Plate, PlateValue

ONE, TWO, TEN = ((("house", data),) for data in ("1", "2", "10"))


def resident(house, data):
    """Return a resident of a house."""
    return (*house, ("resident", data))


@pytest.fixture
def tree():
    """Give the tree of three houses, two of them with residents."""
    manager = MetaDataManager(MemoryCatalogue())
    manager.insert_many(("house", "root", data) for data in ("10", "2", "1"))
    manager.insert_many(("resident", "house_1", data) for data in ("b", "a"))
    manager.insert_many([("resident", "house_2", "a"), ("device", "house_1.resident_a", "x")])
    manager.insert("sensor", "sensor_s", "root", "s")
    return manager


@pytest.fixture
def houses(tree):
    """Give all houses."""
    return Plate("H", "house", tree, complement=True)


@pytest.fixture
def residents(tree, houses):
    """Give all residents."""
    return Plate("H.R", "resident", tree, complement=True, parent=houses)


def test_values_are_in_natural_order_from_the_root_down(houses, residents):
    """House 2 comes before house 10; residents are in the order of their houses."""
    assert houses.values == (ONE, TWO, TEN)
    assert residents.values == (resident(ONE, "a"), resident(ONE, "b"), resident(TWO, "a"))


def test_values_may_be_listed(tree, houses):
    """A plate has the values listed, in natural order, wherever they are below the parent."""
    assert Plate("H1", "house", tree, ["10", "2", "10"]).values == (TWO, TEN)
    some = Plate("a", "resident", tree, ["a"], parent=houses)
    assert some.values == (resident(ONE, "a"), resident(TWO, "a"))
    assert Plate("none", "house", tree, ["7"]).values == ()


def test_a_complement_has_all_others(tree, houses):
    """With `complement`, the values listed are left out."""
    assert Plate("H1", "house", tree, ["10", "2"], complement=True).values == (ONE,)
    some = Plate("b", "resident", tree, ["a"], complement=True, parent=houses)
    assert some.values == (resident(ONE, "b"),)


def test_values_are_directly_below_the_parents(tree, houses):
    """Devices of residents are not below a plate of houses, and houses have no residents alone."""
    assert Plate("D", "device", tree, complement=True, parent=houses).values == ()
    assert Plate("R", "resident", tree, complement=True).values == ()


def test_values_follow_the_tree(tree, houses, residents):
    """What is inserted and removed later is seen at once, also below."""
    tree.insert_many([("house", "root", "3"), ("resident", "house_3", "z")])
    assert houses.values == (ONE, TWO, (("house", "3"),), TEN)
    assert residents.values[-1] == resident((("house", "3"),), "z")
    tree.delete("house_1")
    assert houses.values[0] == TWO
    assert residents.values[0] == resident(TWO, "a")


def test_values_are_the_same_object_while_nothing_changes(tree, houses, residents):
    """A change elsewhere in the tree leaves the very tuple, so that `is` tells a change."""
    before = houses.values, residents.values
    tree.insert("sensor", "sensor_t", "root", "t")
    tree.refresh()
    tree.insert("house", "house_20", "root", "20")
    tree.delete("house_20")
    assert residents.values is before[1]
    assert houses.values is before[0]
    tree.insert("house", "house_20", "root", "20")
    assert houses.values is not before[0]
    assert residents.values is before[1]


def test_threads_see_one_tuple(tree):
    """Threads that ask at the same time get equal values, and later ones the same tuple."""
    tree.insert_many(("many", "root", str(number)) for number in range(500))
    many = Plate("M", "many", tree, complement=True)
    with ThreadPoolExecutor(4) as threads:
        seen = list(threads.map(lambda _: many.values, range(8)))
    assert all(values is many.values for values in seen)


def test_values_are_added(tree, houses):
    """A plate of listed values takes more of them; those not in the tree wait for it."""
    some = Plate("H1", "house", tree, ["1"])
    below = Plate("H1.R", "resident", tree, complement=True, parent=some)
    assert len(below) == 2
    some.add_values(["2", "3", "2"])
    assert some.listed == ("1", "2", "3")
    assert some.values == (ONE, TWO)
    assert len(below) == 3
    tree.insert("house", "house_3", "root", "3")
    assert some.cardinality == 3


def test_a_complement_takes_no_values(tree):
    """What a complement leaves out stays left out."""
    others = Plate("O", "house", tree, ["1"], complement=True)
    others.add_values(["1", "2"])
    assert others.values == (TWO, TEN)


def test_a_plate_knows_its_relatives(tree, houses, residents):
    """Plates above are known from the root down, with their tags."""
    devices = Plate("D", "device", tree, complement=True, parent=residents)
    assert devices.ancestor_plates == (houses, residents)
    assert houses.ancestor_plates == ()
    assert devices.ancestor_meta_data_ids == ("house", "resident", "device")
    assert (houses.is_root, residents.is_root) == (True, False)
    assert houses.is_ancestor(devices)
    assert devices.is_descendant(houses)
    assert not devices.is_ancestor(houses)
    assert not houses.is_descendant(houses)
    assert not houses.is_ancestor(houses)


def test_sub_plates_have_some_of_the_values(tree, houses, residents):
    """A sub-plate has the same path and some or all of the values."""
    some = Plate("H1", "house", tree, ["1"])
    same = Plate("H2", "house", tree, ["1", "2", "10"])
    assert some.is_sub_plate(houses)
    assert not houses.is_sub_plate(some)
    assert houses.is_super_plate(some)
    assert houses.is_sub_plate(same)
    assert same.is_sub_plate(houses)
    assert houses.is_sub_plate(houses)
    assert not residents.is_sub_plate(houses)
    of_one = Plate("H1.R", "resident", tree, complement=True, parent=some)
    assert of_one.is_sub_plate(residents)


def test_a_tag_is_on_a_path_once(tree, residents):
    """A plate below one of its own tag is refused."""
    with pytest.raises(PlateDefinitionError, match=r"'X'.*'house'.*house\.resident"):
        Plate("X", "house", tree, complement=True, parent=residents)


def test_iterating_gives_plate_values(houses, residents):
    """Iterating gives each value with its plate; nested loops go down the tree."""
    assert list(houses) == [PlateValue(houses, value) for value in (ONE, TWO, TEN)]
    assert len({*houses, *houses}) == len(houses) == 3
    looped = [[each.value for each in residents[house]] for house in houses]
    assert looped == [[resident(ONE, "a"), resident(ONE, "b")], [resident(TWO, "a")], []]


def test_values_below_may_be_asked_for_by_pairs(tree, houses, residents):
    """A value above is a tuple of pairs in any order, on any level; () is above all."""
    devices = Plate("D", "device", tree, complement=True, parent=residents)
    [device] = devices
    assert devices[ONE] == [device]
    assert devices[(("resident", "a"), ("house", "1"))] == [device]
    assert devices[()] == [device]
    assert devices[PlateValue(residents, resident(ONE, "a"))] == [device]
    assert devices[resident(ONE, "b")] == []
    assert houses[()] == list(houses)


def test_below_a_value_of_a_larger_plate_there_may_be_nothing(tree, houses):
    """Looping over all houses, a plate below some of them has nothing at the others."""
    some = Plate("H1", "house", tree, ["1"])
    below = Plate("H1.R", "resident", tree, complement=True, parent=some)
    assert [len(below[house]) for house in houses] == [2, 0, 0]


@pytest.mark.parametrize(
    "value",
    [
        TEN,
        resident(ONE, "a"),
        (("sensor", "s"),),
        (("resident", "a"),),
        ("house", "1"),
        "house_1",
        None,
        1,
        (("house", "1"), ("house", "2")),
    ],
)
def test_what_is_no_value_above_is_refused(tree, value):
    """Asking below what is no value of a plate above is an error naming plate and value."""
    some = Plate("H1", "house", tree, ["1", "2"])
    below = Plate("H1.R", "resident", tree, complement=True, parent=some)
    with pytest.raises(IncompatiblePlatesError, match=r"'H1\.R'.*Take it at a value of 'H1'\."):
        below[value]


def test_a_value_of_an_unrelated_plate_is_refused(tree, houses, residents):
    """The error names the plate that the value is from; a plate's own values are refused too."""
    sensors = Plate("S", "sensor", tree, complement=True)
    with pytest.raises(IncompatiblePlatesError, match="of plate 'S'"):
        residents[next(iter(sensors))]
    with pytest.raises(IncompatiblePlatesError, match="no plate"):
        houses[next(iter(houses))]


def test_a_plate_contains_its_values(houses, residents):
    """Values are found as tuples in any order, and as PlateValues; anything else is not in."""
    assert ONE in houses
    assert (("resident", "a"), ("house", "1")) in residents
    assert PlateValue(houses, TWO) in houses
    for other in (resident(ONE, "a"), (), "house", ("house", "1"), (("house", "7"),), None, [ONE]):
        assert other not in houses


def test_overlapping_plates_are_joined(tree, houses, residents):
    """Plates are joined on shared plates above, others form all combinations."""
    sensors = Plate("S", "sensor", tree, complement=True)
    some = Plate("H1", "house", tree, ["1"])
    sensor = ("sensor", "s")
    assert Plate.get_overlapping_values([]) == ((),)
    assert Plate.get_overlapping_values([houses]) == houses.values
    assert Plate.get_overlapping_values([houses, residents]) == residents.values
    assert Plate.get_overlapping_values([residents, some, sensors]) == (
        (*resident(ONE, "a"), sensor),
        (*resident(ONE, "b"), sensor),
    )
    assert Plate.get_overlapping_values(iter([sensors, some])) == ((sensor, *ONE),)


def test_plates_with_a_tag_at_two_places_are_not_joined(tree, residents):
    """One tag at two places of the tree in one join is an error."""
    tree.insert("resident", "resident_a", "root", "a")
    alone = Plate("R", "resident", tree, complement=True)
    with pytest.raises(IncompatiblePlatesError, match=r"house\.resident and resident"):
        Plate.get_overlapping_values([residents, alone])


def test_values_are_combined():
    """A parent's pairs come first, each pair once; None stands for no pairs."""
    assert Plate.combine_values(ONE, resident(ONE, "a")) == resident(ONE, "a")
    assert Plate.combine_values(None, ONE) == Plate.combine_values(ONE, None) == ONE
    assert Plate.combine_values(None, None) == ()
    with pytest.raises(IncompatiblePlatesError):
        Plate.combine_values(ONE, TWO)


def test_users_are_not_kept_alive(houses):
    """A plate knows who uses it, for as long as they exist."""
    user = type("User", (), {"workflow_id": "w"})()
    houses.users.add(user)
    assert [each.workflow_id for each in houses.users] == ["w"]
    del user
    gc.collect()
    assert len(houses.users) == 0


def test_a_plate_is_printed_with_its_path(residents):
    """The representation names the plate and where it is."""
    assert repr(residents) == "Plate('H.R', 'house.resident')"
