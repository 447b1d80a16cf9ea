"""Where HyperStream's log messages go.

All loggers of the package are below the logger named ``hyperstream``. Handlers are put on that
one only; the root logger is never touched.
"""

from __future__ import annotations

import json
import logging
import platform
from collections.abc import Collection, Mapping
from numbers import Real
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, TypeAlias, cast

from hyperstream.utils.errors import ConfigurationError
from hyperstream.utils.mqtt.options import BROKER, LOGGER, Broker, checked

__all__ = ["MON", "HyperStreamLogger", "SenMLFormatter", "monitor"]

MON = 51
"""The level of monitoring messages: above CRITICAL, so that no ordinary level hides them."""

logging.addLevelName(MON, "MON")

Choice: TypeAlias = bool | Mapping[str, Any]

_FORMAT = "%(asctime)s %(levelname)-8s %(name)s: %(message)s"
_CONSOLE = ("loglevel",)
_FILE = ("path", "filename", "loglevel")
_MQTT = (*LOGGER, "loglevel", "formatter")
# By its name: the library for MQTT costs a tenth of the time that `import hyperstream` takes.
_MQTT_HANDLER = "hyperstream.utils.mqtt.handler:MQTTHandler"


def monitor(message: object, n: str = "hyperstream") -> None:
    """Send a monitoring message, at level :data:`MON`.

    Parameters
    ----------
    message
        The value: a number or a text.
    n
        What it is the value of.
    """
    logging.getLogger("hyperstream").log(MON, message, extra={"n": n})


class SenMLFormatter(logging.Formatter):
    """Writes a message as a JSON object in the manner of draft-jennings-senml-10.

    It has ``uid`` (who), ``bt`` (seconds since 1970) and ``e``, a list of one entry with ``n``
    (the name: that given to :func:`monitor`, else the logger's) and ``v`` (the number, or the
    text of the message).

    Parameters
    ----------
    uid
        Who sends; by default the name of this machine.

    Examples
    --------
    >>> record = logging.makeLogRecord({"msg": 21.5, "n": "temperature", "created": 1.5})
    >>> SenMLFormatter("station").format(record)
    '{"uid": "station", "bt": 1.5, "e": [{"n": "temperature", "v": 21.5}]}'
    """

    def __init__(self, uid: str | None = None) -> None:
        super().__init__()
        self.uid = platform.node() if uid is None else uid

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        is_number = isinstance(record.msg, Real) and not record.args
        entry = {
            "n": getattr(record, "n", record.name),
            "v": record.msg if is_number else record.getMessage(),
        }
        message = {"uid": self.uid, "bt": round(record.created, 3), "e": [entry]}
        # Numbers of numpy are numbers to us, but not to JSON.
        return json.dumps(message, default=float)


class HyperStreamLogger:
    """Handlers on the ``hyperstream`` logger, from construction until :meth:`close`.

    Parameters
    ----------
    default_loglevel
        The level from which messages are shown, where a handler has none of its own.
    console_logger
        True for messages on standard error, False for none, or a dictionary with ``loglevel``.
    file_logger
        True for messages in the file ``logs/hyperstream.log``, False for none, or a dictionary
        with any of ``path`` (a folder, made if missing), ``filename`` and ``loglevel``. The
        file appears with the first message.
    mqtt_logger
        True for messages over MQTT to a broker on this machine, False or None for none, or a
        dictionary with any of ``server`` ("localhost"), ``port`` (1883; 8883 with tls), ``topic``
        ("hyperstream"), ``qos`` (1), ``loglevel``, ``formatter`` ("text", "senml" or a
        `logging.Formatter`), ``username``, ``password``, ``tls`` (True, or a dictionary with any
        of ``ca_certs``, ``certfile``, ``keyfile``, ``check_hostname``), ``max_queued`` (10,000)
        and ``close_seconds`` (2). Messages are sent in the background. While the broker is slow
        or away, `max_queued` of them are kept; then the oldest are dropped, and their number is
        logged when it has caught up. Closing, or the end of the program, waits at most
        `close_seconds` for what is not sent yet.

    Raises
    ------
    ConfigurationError
        If a dictionary has another key, an unknown level or another value that cannot be used.

    Examples
    --------
    >>> logger = HyperStreamLogger(console_logger={"loglevel": "ERROR"}, file_logger=False)
    >>> len(logger.handlers)
    1
    >>> logger.close()

    Monitoring messages alone, as SenML, to the topic of this machine:

    >>> mqtt = {"topic": "machines/7", "loglevel": MON, "formatter": "senml"}
    >>> logger = HyperStreamLogger(file_logger=False, mqtt_logger=mqtt)
    >>> logger.close()
    """

    def __init__(
        self,
        default_loglevel: int | str = logging.INFO,
        console_logger: Choice = True,
        file_logger: Choice = True,
        mqtt_logger: Choice | None = None,
    ) -> None:
        level = _level(default_loglevel, "default_loglevel")
        console = _options(console_logger, _CONSOLE, "console_logger")
        file = _options(file_logger, _FILE, "file_logger")
        mqtt = _options(mqtt_logger, _MQTT, "mqtt_logger")
        self.handlers: list[logging.Handler] = []
        if console is not None:
            self._add(logging.StreamHandler(), console.get("loglevel", level))
        if file is not None:
            self._add(_file_handler(file), file.get("loglevel", level))
        if mqtt is not None:
            formatter = _formatter(mqtt.pop("formatter", "text"))
            mqtt_level = mqtt.pop("loglevel", level)
            self._add(_mqtt_handler(mqtt), mqtt_level, formatter)
        self._logger = logging.getLogger("hyperstream")
        self._level_before: int | None = self._logger.level
        self._logger.setLevel(min([level, *(handler.level for handler in self.handlers)]))
        for handler in self.handlers:
            self._logger.addHandler(handler)

    def _add(
        self, handler: logging.Handler, level: int, formatter: logging.Formatter | None = None
    ) -> None:
        handler.setLevel(level)
        handler.setFormatter(formatter or logging.Formatter(_FORMAT))
        self.handlers.append(handler)

    def close(self) -> None:
        """Take the handlers off and set the level as it was; closing twice does nothing."""
        # The last first: what it could not send is said by the others.
        for handler in reversed(self.handlers):
            self._logger.removeHandler(handler)
            handler.close()
        self.handlers = []
        if self._level_before is not None:
            self._logger.setLevel(self._level_before)
            self._level_before = None


def _options(choice: Choice | None, known: Collection[str], name: str) -> dict[str, Any] | None:
    """Read the setting of one handler: its options, None if it is not wanted."""
    if choice is None or isinstance(choice, bool):
        return {} if choice else None
    if not isinstance(choice, Mapping):
        raise ConfigurationError(
            f"{name} must be True, False or a dictionary, not {type(choice).__name__}."
        )
    unknown = sorted(set(choice) - set(known))
    if unknown:
        raise ConfigurationError(
            f"{name} has the unknown key {unknown[0]!r}; it may have {', '.join(known)}."
        )
    options = dict(choice)
    if "loglevel" in options:
        options["loglevel"] = _level(options["loglevel"], f"{name}.loglevel")
    return options


def _level(level: int | str, name: str) -> int:
    number = logging.getLevelName(level) if isinstance(level, str) else level
    if isinstance(number, int) and not isinstance(number, bool):
        return number
    raise ConfigurationError(f"{name} is {level!r}, which is no level of Python's logging.")


def _file_handler(options: Mapping[str, Any]) -> logging.Handler:
    path = Path(options.get("path", "logs"))
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"The folder for log files cannot be made: {error}.") from error
    file = path / options.get("filename", "hyperstream.log")
    return logging.FileHandler(file, encoding="utf-8", delay=True)


def _mqtt_handler(options: Mapping[str, Any]) -> logging.Handler:
    values = checked(options, LOGGER, "mqtt_logger")
    broker = Broker.of({key: values.pop(key) for key in BROKER if key in values}, "mqtt_logger")
    return cast("logging.Handler", resolve_name(_MQTT_HANDLER)(broker, **values))


def _formatter(choice: object) -> logging.Formatter:
    if isinstance(choice, logging.Formatter):
        return choice
    if choice == "text":
        return logging.Formatter(_FORMAT)
    if choice == "senml":
        return SenMLFormatter()
    raise ConfigurationError(
        f"mqtt_logger.formatter is {choice!r}; it may be 'text', 'senml' or a logging.Formatter."
    )
