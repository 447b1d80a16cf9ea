"""The tree of meta data: what goes in, what is refused, and what other processes do."""

from __future__ import annotations

import logging

import pytest
import treelib

from hyperstream.models import MetaDataModel
from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.utils.errors import MetaDataAlreadyExistsError, MetaDataError
from hyperstream.workflow.meta_data_manager import MetaDataManager, identifier_of

ITEMS = [
    ("house", "root", "10"),
    ("house", "root", "2"),
    ("resident", "house_2", "1"),
    ("room", "house_2", "hall"),
    ("sensor", "house_2.room_hall", "a"),
    ("city", "root", "Bristol"),
]


@pytest.fixture
def catalogue():
    """Give a catalogue."""
    return MemoryCatalogue()


@pytest.fixture
def manager(catalogue):
    """Give a manager of some meta data."""
    with_items = MetaDataManager(catalogue)
    with_items.insert_many(ITEMS)
    return with_items


def stored(catalogue):
    """Return what a catalogue has, by identifier."""
    return sorted(model.identifier for model in catalogue.meta_data())


def test_a_node_is_inserted(catalogue):
    """A node is there after it was inserted, in the tree and in the catalogue."""
    manager = MetaDataManager(catalogue)
    manager.insert(parent="root", data="1", tag="house", identifier="house_1")
    manager.insert("resident", "house_1.resident_2", "house_1", "2")
    assert manager.contains("house_1.resident_2")
    assert not manager.contains("house_1.resident_1")
    assert stored(catalogue) == ["house_1", "house_1.resident_2"]


def test_the_tree_can_be_looked_at(manager):
    """The tree has a node with tag, identifier and data for each, and one for the root."""
    tree = manager.global_plate_definitions
    assert isinstance(tree, treelib.Tree)
    assert tree.root == "root"
    found = {(node.tag, node.identifier, node.data) for node in tree.all_nodes()}
    assert ("room", "house_2.room_hall", "hall") in found
    assert len(found) == len(ITEMS) + 1
    assert tree.parent("house_2.room_hall").identifier == "house_2"


def test_the_tree_is_printed_in_natural_order(manager):
    """Printing shows tag and data of each node, numbers in order."""
    assert str(manager).splitlines() == [
        "root",
        "├── city Bristol",
        "├── house 2",
        "│   ├── resident 1",
        "│   └── room hall",
        "│       └── sensor a",
        "└── house 10",
    ]


def test_nodes_below_are_found(manager):
    """`below` gives the nodes of a tag directly below others, as paths from the root."""
    house = (("house", "2"),)
    assert manager.below([()], "house") == [(("house", "10"),), house]
    assert manager.below([(("house", "10"),), house], "room") == [(*house, ("room", "hall"))]
    assert manager.below([()], "room") == []
    assert manager.below([house], "sensor") == []
    assert manager.below([], "house") == []


def test_what_is_there_is_inserted_no_more(manager, catalogue):
    """Inserting one node twice is an error; inserting many leaves those that are there."""
    with pytest.raises(MetaDataAlreadyExistsError, match=r"'house_2' are there already"):
        manager.insert("house", "house_2", "root", "2")
    revision = manager.revision
    manager.insert_many([ITEMS[0], ITEMS[0]])
    manager.insert_many(iter([]))
    assert manager.revision == revision
    manager.insert_many([("house", "root", "3"), *ITEMS, ("house", "root", "3")])
    assert len(stored(catalogue)) == len(ITEMS) + 1


def test_a_parent_may_be_inserted_with_its_children(manager):
    """A parent may be among the items before it."""
    manager.insert_many([("house", "root", "7"), ("room", "house_7", "attic")])
    assert manager.contains("house_7.room_attic")


@pytest.mark.parametrize(
    "items",
    [
        [("room", "house_7", "attic")],
        [("room", "house_7", "attic"), ("house", "root", "7")],
        [("house", "root", "8"), ("room", "", "attic")],
    ],
)
def test_a_missing_parent_is_refused(manager, catalogue, items):
    """Meta data whose parent is missing, or comes later, are an error; nothing is inserted."""
    with pytest.raises(MetaDataError, match=r"house_7|parent"):
        manager.insert_many(items)
    assert len(stored(catalogue)) == len(ITEMS)
    with pytest.raises(MetaDataError, match=r"there is no 'house_7'"):
        manager.insert("room", "house_7.room_attic", "house_7", "attic")


@pytest.mark.parametrize("text", ["", "x" * 513, 1, None])
def test_texts_that_are_no_ids_are_refused(manager, catalogue, text):
    """An empty or too long tag or data, or one that is no text, is an error naming it."""
    for tag, data in ((text, "1"), ("house", text)):
        with pytest.raises(MetaDataError, match="1 to 512 characters"):
            manager.insert(tag, f"{tag}_{data}", "root", data)
    assert len(stored(catalogue)) == len(ITEMS)


@pytest.mark.parametrize(
    "items", [("house", "root", "7"), ["abc"], [("house", "7")], [{"tag": 1, "x": 2, "y": 3}], [7]]
)
def test_what_is_no_list_of_rows_is_refused(manager, catalogue, items):
    """One row instead of a list, or rows of another length, are an error that says the form."""
    with pytest.raises(MetaDataError, match=r"a list of \(tag, parent, data\), such as .*; .* is"):
        manager.insert_many(items)
    assert len(stored(catalogue)) == len(ITEMS)


def test_long_texts_are_shown_in_part(manager):
    """A text of any length makes an error of one line; its length is told before its identifier."""
    with pytest.raises(MetaDataError, match="parent: String value is too long") as caught:
        manager.insert("room", "room_hall", "x" * 100_000, "hall")
    assert len(str(caught.value)) < 300


def test_an_identifier_follows_from_the_rest(manager):
    """An identifier that is not made of the parent, tag and data is an error saying which."""
    with pytest.raises(MetaDataError, match=r"is 'house_2\.room_attic', not 'room_attic'"):
        manager.insert("room", "room_attic", "house_2", "attic")
    assert identifier_of(()) == "root"
    assert identifier_of((("house", "2"), ("room", "hall"))) == "house_2.room_hall"


@pytest.mark.parametrize(
    ("tag", "parent", "data"),
    [("house", "root", "2.room_hall"), ("house_2.room", "root", "hall")],
)
def test_two_nodes_cannot_be_called_alike(manager, tag, parent, data):
    """Tag and data that make the identifier of another node are refused."""
    with pytest.raises(MetaDataError, match=r"would be called 'house_2\.room_hall'"):
        manager.insert_many([(tag, parent, data)])


def test_a_tag_is_not_below_itself(manager):
    """A node below one of the same tag is refused, for a plate value has a tag once."""
    with pytest.raises(MetaDataError, match="'house' is above it already"):
        manager.insert("house", "house_2.room_hall.house_1", "house_2.room_hall", "1")


def test_deleting_removes_all_below(manager, catalogue):
    """A node goes with all below it, and can be inserted anew, without what was below."""
    manager.delete("house_2")
    assert stored(catalogue) == ["city_Bristol", "house_10"]
    assert not manager.contains("house_2.room_hall.sensor_a")
    assert manager.below([(("house", "2"),)], "room") == []
    manager.insert("house", "house_2", "root", "2")
    assert len(manager.global_plate_definitions) == 4
    assert MetaDataManager(catalogue).below([(("house", "2"),)], "room") == []


def test_many_are_deleted_at_once(manager, catalogue):
    """Nodes may be named together with those above them."""
    manager.delete_many(["house_2", "house_2.room_hall", "house_10"])
    assert stored(catalogue) == ["city_Bristol"]
    assert MetaDataManager(catalogue).contains("city_Bristol")


@pytest.mark.parametrize("identifier", ["house_7", "root", "", "house"])
def test_what_is_not_there_cannot_be_deleted(manager, catalogue, identifier):
    """Deleting an unknown node, or the root, is an error naming it; nothing is removed."""
    with pytest.raises(MetaDataError, match=f"'{identifier}' cannot be deleted"):
        manager.delete_many(["house_2", identifier])
    assert len(stored(catalogue)) == len(ITEMS)


def test_the_revision_grows_with_each_change(manager):
    """Each change counts, and nothing else."""
    seen = [manager.revision, manager.revision]
    manager.insert("house", "house_1", "root", "1")
    seen.append(manager.revision)
    manager.refresh()
    seen.append(manager.revision)
    manager.delete("house_1")
    seen.append(manager.revision)
    assert seen[0] == seen[1] < seen[2] == seen[3] < seen[4]


def test_nothing_is_read_before_it_is_needed(catalogue):
    """A manager reads the catalogue at its first use."""
    manager = MetaDataManager(catalogue)
    MetaDataManager(catalogue).insert_many(ITEMS)
    assert manager.contains("house_2")


def test_what_another_process_changed_is_seen_after_a_refresh(manager, catalogue):
    """`refresh` shows what others have inserted and removed."""
    other = MetaDataManager(catalogue)
    other.insert("house", "house_1", "root", "1")
    other.delete("house_2")
    assert not manager.contains("house_1")
    manager.refresh()
    assert manager.contains("house_1")
    assert not manager.contains("house_2.room_hall")


def test_a_parent_of_another_process_is_found(manager, catalogue):
    """A parent that another process has inserted needs no refresh."""
    MetaDataManager(catalogue).insert("house", "house_1", "root", "1")
    manager.insert("room", "house_1.room_hall", "house_1", "hall")
    assert manager.contains("house_1.room_hall")


def test_what_another_process_deleted_can_be_inserted(manager, catalogue):
    """A node that is known here, and was deleted elsewhere, is not in the way."""
    MetaDataManager(catalogue).delete("house_10")
    manager.insert("house", "house_10", "root", "10")
    assert "house_10" in stored(catalogue)


def test_what_another_process_inserted_below_goes_too(manager, catalogue):
    """Deleting removes what others have inserted below meanwhile."""
    MetaDataManager(catalogue).insert("room", "house_10.room_hall", "house_10", "hall")
    manager.delete("house_10")
    assert "house_10.room_hall" not in stored(catalogue)


def test_meta_data_without_place_are_logged_and_left_out(catalogue, caplog):
    """Stored meta data whose parent is gone, or whose name is taken, stop no others."""
    catalogue.add_meta_data(
        MetaDataModel(tag=tag, parent=parent, data=data)
        for tag, parent, data in [
            ("room", "house_7", "hall"),
            ("house", "root", "2.room_hall"),
            *reversed(ITEMS),
        ]
    )
    with caplog.at_level(logging.WARNING):
        manager = MetaDataManager(catalogue)
        assert manager.contains("house_2.room_hall.sensor_a")
    assert not manager.contains("house_7.room_hall")
    assert "there is no 'house_7' to be below: house_7.room_hall" in caplog.text
    assert "'house_2.room_hall' is taken" in caplog.text
    caplog.clear()
    manager.refresh()
    assert caplog.text == ""


def test_meta_data_that_are_not_valid_are_left_out(caplog):
    """Stored meta data without proper texts, which nothing of ours writes, are logged."""

    class Damaged(MemoryCatalogue):
        def meta_data(self):
            return [MetaDataModel(tag="house", data=None), MetaDataModel(tag="house", data="1")]

    manager = MetaDataManager(Damaged())
    with caplog.at_level(logging.WARNING):
        assert manager.contains("house_1")
    assert "data: Field is required" in caplog.text
