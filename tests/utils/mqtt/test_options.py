"""Settings of MQTT are checked one by one, and no message gives a password away."""

from __future__ import annotations

import pytest

from hyperstream.utils.errors import ConfigurationError
from hyperstream.utils.mqtt.options import COUNT, Broker, checked


def test_everything_has_a_default():
    """Without settings the broker is on this machine, without login and encryption."""
    broker = Broker.of({}, "mqtt")
    assert broker == Broker("localhost", 1883, None, None, None)
    assert broker.address == "localhost:1883"


def test_encryption_has_a_port_of_its_own():
    """With tls the port is 8883, unless one is given; names are checked unless told not to."""
    assert Broker.of({"tls": True}, "mqtt").port == 8883
    broker = Broker.of({"tls": {"check_hostname": False}, "port": 1884}, "mqtt")
    assert (broker.port, broker.context.check_hostname) == (1884, False)
    assert Broker.of({"tls": False}, "mqtt").context is None


def test_the_password_is_not_shown():
    """What a broker prints has no password in it."""
    assert "secret" not in repr(Broker.of({"username": "ann", "password": "secret"}, "mqtt"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"server": ""}, "mqtt.server must be the name or address of a machine"),
        ({"server": "a..b"}, "mqtt.server must be"),
        ({"server": 1}, "mqtt.server must be the name or address of a machine, not 1."),
        ({"port": 0}, "mqtt.port must be a whole number from 1 to 65535, not 0"),
        ({"port": True}, "mqtt.port must be"),
        ({"port": 70000}, "not 70000"),
        ({"username": None}, "mqtt.username must be text"),
        ({"password": ["secret"]}, "mqtt.password must be text, not this list"),
        ({"password": "secret"}, "mqtt has a password, but no username"),
        ({"tls": "yes"}, "mqtt.tls must be True, False or a dictionary"),
        ({"tls": {"cert": "x"}}, "mqtt.tls has the unknown key 'cert'; it may have ca_certs"),
        ({"tls": {"ca_certs": "/not/there"}}, "mqtt.tls: /not/there cannot be used"),
        ({"tls": {"certfile": "/not/there"}}, "mqtt.tls: /not/there cannot be used"),
        ({"tls": {"keyfile": "/not/there"}}, "mqtt.tls has a keyfile, but no certfile"),
        ({"tls": {"check_hostname": 1}}, "mqtt.tls.check_hostname must be True or False, not 1"),
        ("localhost", "mqtt must be a dictionary, not str"),
    ],
)
def test_what_is_wrong_is_named(options, message):
    """An unknown key, or a value that cannot be, is an error that begins with its path."""
    with pytest.raises(ConfigurationError, match=message) as caught:
        Broker.of(options, "mqtt")
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_certificate_is_named(tmp_path):
    """The error names the file."""
    file = tmp_path / "text.pem"
    file.write_text("no certificate")
    with pytest.raises(ConfigurationError, match=r"text\.pem cannot be used"):
        Broker.of({"tls": {"ca_certs": str(file)}}, "mqtt")


def test_a_copy_is_returned():
    """The settings given stay as they are."""
    given = {"n": 1}
    assert checked(given, {"n": COUNT}, "x") == given
    assert checked(given, {"n": COUNT}, "x") is not given
