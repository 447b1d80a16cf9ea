"""Topics become streams by a template."""

from __future__ import annotations

import pytest

from hyperstream.channels.mqtt_payloads import Reading
from hyperstream.channels.mqtt_topics import Subscription
from hyperstream.stream import StreamId
from hyperstream.utils.errors import ConfigurationError


def stream_of(subscription, topic, payload=b"1"):
    """Return the one stream that a payload on a topic is for."""
    [(stream_id, _)] = subscription.read(subscription.match(topic), payload)
    return stream_id


@pytest.mark.parametrize(
    ("template", "wanted", "topic", "fields"),
    [
        ("a/b", "a/b", "a/b", {}),
        ("house/{house}/temp", "house/+/temp", "house/1/temp", {"house": "1"}),
        ("{house}/{room}/temp", "+/+/temp", "1/hall/temp", {"house": "1", "room": "hall"}),
        ("sensor-{id}/temp", "+/temp", "sensor-7/temp", {"id": "7"}),
        ("{x}-{y}/temp", "+/temp", "a-b/temp", {"x": "a", "y": "b"}),
        ("a/+/temp", "a/+/temp", "a/anything/temp", {}),
        ("a/+/temp", "a/+/temp", "a//temp", {}),
        ("site/{site}/#", "site/+/#", "site/1/x/y", {"site": "1"}),
        ("site/{site}/#", "site/+/#", "site/1", {"site": "1"}),
        ("a.b/{c}", "a.b/+", "a.b/ü ö", {"c": "ü ö"}),
        ("/lead/{c}", "/lead/+", "/lead/1", {"c": "1"}),
        ("{{x}}/t", "{x}/t", "{x}/t", {}),
    ],
)
def test_a_template_is_a_filter_and_finds_its_fields(template, wanted, topic, fields):
    """Fields are levels, or parts of one; the broker is asked for all that may match."""
    subscription = Subscription(template)
    assert subscription.filter == wanted
    assert subscription.match(topic) == fields


@pytest.mark.parametrize(
    ("template", "topic"),
    [
        ("house/{house}/temp", "house//temp"),
        ("house/{house}/temp", "house/1/2/temp"),
        ("house/{house}/temp", "house/1/temp/more"),
        ("sensor-{id}/temp", "gauge-7/temp"),
        ("a.b/{c}", "axb/1"),
        ("site/{site}/#", "site"),
        ("house/{house}/temp", ""),
    ],
)
def test_other_topics_do_not_match(template, topic):
    """A field is not empty and has no slash; all else must be as it is written."""
    assert Subscription(template).match(topic) is None


def test_the_name_is_the_last_fixed_level():
    """The fields are the meta data, in the order of the topic."""
    stream_id = stream_of(
        Subscription("house/{house}/resident/{resident}/temp"), "house/1/resident/2/temp"
    )
    assert stream_id == StreamId("temp", (("house", "1"), ("resident", "2")))
    assert stream_id.meta_data == (("house", "1"), ("resident", "2"))
    assert stream_of(Subscription("temp/{house}"), "temp/1").name == "temp"


def test_a_name_may_be_given():
    """It may have fields of the topic, which stay meta data, too."""
    subscription = Subscription("{site}/{kind}", name="raw_{kind}")
    assert stream_of(subscription, "a/temp") == StreamId("raw_temp", {"site": "a", "kind": "temp"})


def test_a_reading_may_have_a_name_of_its_own():
    """It is the name of the stream, or a part of it where that is wanted."""
    senml = b'[{"bn": "t", "v": 1}]'
    assert stream_of(Subscription("pack/{p}", "senml"), "pack/1", senml).name == "t"
    named = Subscription("pack/{p}", "senml", name="pack.{reading}")
    assert stream_of(named, "pack/1", senml).name == "pack.t"
    fixed = Subscription("pack/{p}", "senml", name="all")
    assert stream_of(fixed, "pack/1", senml).name == "all"


def test_any_function_may_decode():
    """It is given the payload and returns readings."""
    subscription = Subscription("a/{x}", lambda payload: [Reading(len(payload))])
    [(_, reading)] = subscription.read({"x": "1"}, b"four")
    assert reading.value == 4


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        (b'[{"n": "", "v": 1}]', "{reading}"),
        (b'[{"n": "\\ud800", "v": 1}]', "{reading}"),
        (b'[{"v": 1}]', "x" * 513),
    ],
)
def test_what_can_be_no_name_is_refused(payload, name):
    """A name is text of 1 to 512 bytes."""
    subscription = Subscription("a/{x}", "senml", name)
    with pytest.raises(ValueError, match=r"bytes|surrogates"):
        list(subscription.read({"x": "1"}, payload))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a/{x}/{x}",), "has a field twice"),
        (("a/{x",), "cannot be understood: expected '}'"),
        (("a/{}/t",), "a field is a word in braces"),
        (("a/{x.y}/t",), "a field is a word in braces"),
        (("a/{0}/t",), "a field is a word in braces"),
        (("a/{x:d}/t",), "a field is a word in braces"),
        (("a/{x!r}/t",), "a field is a word in braces"),
        (("a/{reading}/t",), "but not {reading}"),
        (("a/b+/t",), "stand alone"),
        (("a/#/t",), "at the end only"),
        (("a/{x}#",), "stand alone"),
        (("#",), "at the end only"),
        (("$share/g/a/t",), "shared subscriptions"),
        (("{a}/{b}",), "gives its stream no name: give one"),
        (("",), "gives its stream no name"),
        (("a/{x}", "xml"), "no decoder 'xml' .* json, senml, float"),
        (("a/{x}", "json", "{y}"), "field 'y'; there are reading, x"),
        (("a/{x}", "json", "{y"), "has no end"),
    ],
)
def test_a_wrong_subscription_is_an_error_at_once(arguments, message):
    """The error names the topic or the name, and what is wrong with it."""
    with pytest.raises(ConfigurationError, match=message):
        Subscription(*arguments)
