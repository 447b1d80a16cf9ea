"""Settings of MQTT, checked key by key.

>>> broker = Broker.of({"server": "mqtt.example.org", "tls": True}, "mqtt_logger")
>>> broker.port, broker.address
(8883, 'mqtt.example.org:8883')
>>> Broker.of({"port": "1883"}, "mqtt_logger")
Traceback (most recent call last):
hyperstream.utils.errors.ConfigurationError: mqtt_logger.port must be a whole number ...
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hyperstream.utils.errors import ConfigurationError

Check = Callable[[Any], bool]
Kinds = Mapping[str, tuple[str, Check]]

_PORT, _TLS_PORT, _LAST_PORT = 1883, 8883, 65535
_LONGEST_TOPIC = 65535
_LEVELS_OF_SERVICE = (0, 1, 2)


def is_text(value: Any) -> bool:
    """Tell whether a value is text, and not empty."""
    return isinstance(value, str) and value != ""


def is_whole(value: Any, least: int, most: float = float("inf")) -> bool:
    """Tell whether a value is a whole number within bounds."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def is_duration(value: Any) -> bool:
    """Tell whether a value is a number of seconds, 0 or more."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and 0 <= value < float("inf")


def _is_host(value: Any) -> bool:
    try:
        return is_text(value) and value.encode("idna") != b""
    except UnicodeError:
        return False


def _is_topic(value: Any) -> bool:
    fits = is_text(value) and len(value.encode("utf-8", "replace")) <= _LONGEST_TOPIC
    return fits and not any(sign in value for sign in "+#\0")


_TEXT = ("text", is_text)
_FLAG = ("True or False", lambda value: isinstance(value, bool))
DURATION = ("a number of seconds, 0 or more", is_duration)
COUNT = ("a whole number above 0", lambda value: is_whole(value, 1))

BROKER: Kinds = {
    "server": ("the name or address of a machine", _is_host),
    "port": (f"a whole number from 1 to {_LAST_PORT}", lambda n: is_whole(n, 1, _LAST_PORT)),
    "username": _TEXT,
    "password": _TEXT,
    "tls": ("True, False or a dictionary", lambda value: isinstance(value, (bool, Mapping))),
}
_TLS: Kinds = {"ca_certs": _TEXT, "certfile": _TEXT, "keyfile": _TEXT, "check_hostname": _FLAG}
LOGGER: Kinds = {
    **BROKER,
    "topic": ("the name of a topic, without + and #", _is_topic),
    "qos": ("0, 1 or 2", lambda value: is_whole(value, 0, max(_LEVELS_OF_SERVICE))),
    "max_queued": COUNT,
    "close_seconds": DURATION,
}


def checked(options: Any, kinds: Kinds, name: str) -> dict[str, Any]:
    """Return a dictionary of settings after a look at each of them.

    Parameters
    ----------
    options
        The settings.
    kinds
        For each setting that there is, what it must be, in words and as a test.
    name
        What the errors call the dictionary.

    Raises
    ------
    ConfigurationError
        It is no dictionary, or a key is unknown, or a value wrong. No message has a value in
        it that is not a number, for it may be a password.
    """
    if not isinstance(options, Mapping):
        raise ConfigurationError(f"{name} must be a dictionary, not {type(options).__name__}.")
    for key, value in options.items():
        if key not in kinds:
            known = ", ".join(kinds)
            raise ConfigurationError(f"{name} has the unknown key {key!r}; it may have {known}.")
        wanted, accepts = kinds[key]
        if not accepts(value):
            is_number = isinstance(value, (int, float))
            found = repr(value) if is_number else f"this {type(value).__name__}"
            raise ConfigurationError(f"{name}.{key} must be {wanted}, not {found}.")
    return dict(options)


@dataclass(frozen=True)
class Broker:
    """Where an MQTT broker is, and how to log in there.

    Parameters
    ----------
    server
        The name or address of its machine.
    port
        Its port.
    username, password
        The login; None where the broker asks for none.
    context
        How the connection is encrypted; None where it is not.
    """

    server: str = "localhost"
    port: int = _PORT
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    context: ssl.SSLContext | None = None

    @property
    def address(self) -> str:
        """Server and port, for messages."""
        return f"{self.server}:{self.port}"

    @classmethod
    def of(cls, options: Mapping[str, Any], name: str) -> Broker:
        """Read the settings ``server``, ``port``, ``username``, ``password`` and ``tls``.

        Parameters
        ----------
        options
            The settings. ``tls`` is True, for certificates that this machine trusts, or a
            dictionary with any of ``ca_certs`` (a file with the certificates to trust),
            ``certfile`` and ``keyfile`` (one's own certificate and its key) and
            ``check_hostname`` (True). The port is 1883, or 8883 with tls, if it is not there.
        name
            What the errors call them.

        Raises
        ------
        ConfigurationError
            A key is unknown, a value wrong, or a certificate cannot be used.
        """
        values = checked(options, BROKER, name)
        tls = values.pop("tls", False)
        if "password" in values and "username" not in values:
            raise ConfigurationError(f"{name} has a password, but no username.")
        if tls is False:
            return cls(**values)
        context = _context({} if tls is True else tls, f"{name}.tls")
        return cls(**{"port": _TLS_PORT, **values}, context=context)


def _context(options: Mapping[str, Any], name: str) -> ssl.SSLContext:
    values = checked(options, _TLS, name)
    if "keyfile" in values and "certfile" not in values:
        raise ConfigurationError(f"{name} has a keyfile, but no certfile.")
    try:
        context = ssl.create_default_context(cafile=values.get("ca_certs"))
        if "certfile" in values:
            context.load_cert_chain(values["certfile"], values.get("keyfile"))
    except OSError as error:  # which ssl.SSLError is, too
        files = ", ".join(value for value in values.values() if isinstance(value, str))
        raise ConfigurationError(f"{name}: {files} cannot be used ({error}).") from error
    context.check_hostname = values.get("check_hostname", True)
    return context
