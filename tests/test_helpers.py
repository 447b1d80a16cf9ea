"""The helpers of the tests tell right from wrong."""

from __future__ import annotations

from math import inf, nan
from types import SimpleNamespace

import paho.mqtt.client as mqtt
import pytest

from hyperstream.storage.memory import MemoryCatalogue
from hyperstream.utils.errors import MetaDataError, PlateNotFoundError
from hyperstream.workflow.meta_data_manager import MetaDataManager
from hyperstream.workflow.plate_manager import PlateManager
from tests import helpers


@pytest.fixture
def hs():
    """Give what the helpers need of HyperStream: plates, in memory."""
    catalogue = MemoryCatalogue()
    return SimpleNamespace(plate_manager=PlateManager(MetaDataManager(catalogue), catalogue))


@pytest.mark.parametrize(
    ("a", "b", "close"),
    [(1, 1.1, True), (1, 1.3, False), (nan, nan, True), (nan, 1, False), (inf, inf, True)],
)
def test_numbers_are_close_within_the_tolerance(a, b, close):
    """Two numbers are close within the tolerance, if equal, or if both are NaN."""
    assert helpers.is_close(a, b, 0.2) is close


def test_lists_are_close_item_by_item():
    """Lists of close numbers pass; another length or a distant number fails."""
    helpers.assert_all_close(iter([1, 2]), [1.1, 2], 0.2)
    with pytest.raises(AssertionError, match="1 numbers against 2"):
        helpers.assert_all_close([1], [1, 2], 0.2)
    with pytest.raises(AssertionError, match="item 1: 2 is not close to 3"):
        helpers.assert_all_close([1, 2], [1, 3], 0.2)


def test_dictionaries_that_differ_are_reported_by_key():
    """Equal dictionaries pass; keys that differ or are missing are named."""
    helpers.assert_dict_equal({"a": 1}, {"a": 1})
    with pytest.raises(AssertionError, match=r"these keys differ: \['b', 'c'\]"):
        helpers.assert_dict_equal({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": None})


def test_a_resource_folder_lasts_as_long_as_its_block():
    """The folder is there inside the block, and gone afterwards."""
    with helpers.resource_manager() as resources:
        assert resources.path.is_dir()
        assert (resources.mqtt_client is not None) is helpers.mosquitto_is_running()
    assert not resources.path.exists()


def test_the_listener_keeps_the_last_message_of_each_topic():
    """A message that arrives is kept as text under its topic."""
    listener = helpers.MqttClient.__new__(helpers.MqttClient)
    message = mqtt.MQTTMessage(topic=b"tests/helpers")
    for payload in (b"1", b"2"):
        message.payload = payload
        listener.on_message(None, None, message)
    assert helpers.MqttClient.last_messages.pop("tests/helpers") == "2"


def test_the_listener_subscribes_when_connected():
    """Each connection subscribes to the topic again."""
    topics = []
    listener = helpers.MqttClient.__new__(helpers.MqttClient)
    listener.topic = "a/#"
    client = SimpleNamespace(subscribe=topics.append)
    listener.on_connect(client, None, {}, 0)
    listener.on_connect(client, None, {}, 0, None)
    assert topics == ["a/#", "a/#"]


def test_meta_data_are_put_in_and_taken_out(hs):
    """Values are put below a parent unless they are there, found by their tag, and removed."""
    helpers.insert_meta_data(hs, "house", ["1", "2"])
    helpers.insert_meta_data(hs, "house", ["2", "3"])
    helpers.insert_meta_data(hs, "resident", ["1"], parent="house_1")
    assert sorted(node.data for node in helpers.get_meta_data(hs, "house")) == ["1", "2", "3"]
    [resident] = helpers.get_meta_data(hs, "resident")
    assert resident.identifier == "house_1.resident_1"
    helpers.delete_meta_data(hs, "resident", ["1"], parent="house_1")
    helpers.delete_meta_data(hs, "house", ["1", "2"])
    assert [node.data for node in helpers.get_meta_data(hs, "house")] == ["3"]
    with pytest.raises(MetaDataError):
        helpers.delete_meta_data(hs, "house", ["1"])


def test_plates_are_made_and_removed(hs):
    """A plate has all values of its tag, maybe below another plate; its meta data stay."""
    helpers.insert_meta_data(hs, "house", ["1", "2"])
    helpers.insert_meta_data(hs, "resident", ["a"], parent="house_2")
    houses = helpers.create_plate(hs, "H", "house")
    residents = helpers.create_plate(hs, "H.R", "resident", parent_plate="H")
    assert [[v.value for v in residents[u]] for u in houses] == [[], [residents.values[0]]]
    for plate_id in ("H.R", "H"):
        helpers.delete_plate(hs, plate_id)
    assert len(helpers.get_meta_data(hs, "resident")) == 1
    with pytest.raises(PlateNotFoundError):
        helpers.delete_plate(hs, "H")
