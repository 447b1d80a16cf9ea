"""The helpers of the tests tell right from wrong."""

from __future__ import annotations

from math import inf, nan
from types import SimpleNamespace

import paho.mqtt.client as mqtt
import pytest

from tests import helpers


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
