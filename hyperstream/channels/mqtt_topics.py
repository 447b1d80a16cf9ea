"""Which stream a message of MQTT belongs to, by its topic."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Formatter

from hyperstream.channels.mqtt_payloads import (
    Decoder,
    JSONDecoder,
    Reading,
    SenMLDecoder,
    decode_float,
)
from hyperstream.stream import StreamId
from hyperstream.utils.errors import ConfigurationError

DECODERS: dict[str, Decoder] = {
    "json": JSONDecoder(),
    "senml": SenMLDecoder(),
    "float": decode_float,
}
_READING = "reading"
_LONGEST = 512
_FIELD = re.compile(r"[^\W\d][\w-]*")


class Subscription:
    """Topics, how their payloads are read, and the streams that they become.

    Parameters
    ----------
    topic : str
        The topics, as a template: ``house/{house}/resident/{resident}/temp`` stands for all
        topics with any text, not empty, in place of the fields. The fields are the meta data of
        the stream, in their order. The wildcards of MQTT, ``+`` and, at the end, ``#``, are
        allowed too, and mean nothing for the stream.
    decoder : {"json", "senml", "float"} or callable
        How payloads are read: see `hyperstream.channels.mqtt_payloads`. A callable is given the
        payload and returns, or yields, `Reading` objects.
    name : str, optional
        The name of the stream, in which fields of the topic may stand, and ``{reading}`` for the
        name of a reading. Without it, the name is that of the reading, if it has one (SenML),
        and else the last level of the topic that is not a field.

    Raises
    ------
    ConfigurationError
        The topic or the name cannot be understood, or there is no such decoder.

    Examples
    --------
    >>> subscription = Subscription("house/{house}/temp", decoder="float")
    >>> subscription.filter
    'house/+/temp'
    >>> fields = subscription.match("house/7/temp")
    >>> [(str(stream_id), reading.value) for stream_id, reading in subscription.read(fields, b"20")]
    [('temp[house=7]', 20.0)]
    """

    def __init__(
        self, topic: str, decoder: Decoder | str = "json", name: str | None = None
    ) -> None:
        if isinstance(decoder, str) and decoder not in DECODERS:
            raise ConfigurationError(
                f"There is no decoder {decoder!r} for topic {topic!r}: "
                f"it is a function, or one of {', '.join(DECODERS)}."
            )
        self.topic = topic
        self.name = name
        self._decode = DECODERS[decoder] if isinstance(decoder, str) else decoder
        self.filter, self._pattern, self._fields = _parsed(topic)
        literal = [level for level in topic.split("/") if level and not set("{}+#") & set(level)]
        self._default = literal[-1] if literal else ""
        self._check_name()

    def match(self, topic: str) -> dict[str, str] | None:
        """Return the fields of a topic; None if it is not one of these."""
        found = self._pattern.fullmatch(topic)
        return None if found is None else dict(zip(self._fields, found.groups(), strict=True))

    def read(self, fields: dict[str, str], payload: bytes) -> Iterator[tuple[StreamId, Reading]]:
        """Yield the readings of a payload, each with its stream.

        Parameters
        ----------
        fields : dict
            What `match` has returned.
        payload : bytes
            The payload.

        Raises
        ------
        Exception
            What the decoder raises, or a ValueError where a reading makes no stream.
        """
        for reading in self._decode(payload):
            yield self._stream_id(fields, reading), reading

    def _stream_id(self, fields: dict[str, str], reading: Reading) -> StreamId:
        if self.name is None:
            name = reading.name or self._default
        else:
            name = self.name.format_map({**fields, _READING: reading.name or ""})
        for text in (name, *fields.values()):
            if not 0 < len(text.encode()) <= _LONGEST:  # encoding finds invalid text, too
                raise ValueError(f"A name or a field has {len(text.encode())} bytes, not 1 to 512.")
        return StreamId(name, fields)

    def _check_name(self) -> None:
        if self.name is None and not self._default:
            raise ConfigurationError(f"Topic {self.topic!r} gives its stream no name: give one.")
        known = {*self._fields, _READING}
        try:
            used = {field for _, field, *_ in Formatter().parse(self.name or "") if field}
        except ValueError as error:
            raise ConfigurationError(f"The name {self.name!r} has no end: {error}.") from error
        if not used <= known:
            raise ConfigurationError(
                f"The name {self.name!r} has the field {min(used - known)!r}; "
                f"there are {', '.join(sorted(known))}."
            )


def _parsed(topic: str) -> tuple[str, re.Pattern[str], list[str]]:
    """Return a template as a filter of MQTT, as a pattern, and its fields."""
    levels = topic.split("/")
    if levels[0] == "$share":
        raise ConfigurationError(f"Topic {topic!r}: shared subscriptions are not supported.")
    filters, patterns, fields = [], [], []
    for position, level in enumerate(levels):
        if level == "#" and position == len(levels) - 1 and position > 0:
            filters.append(level)
            continue
        asked, pattern, names = _level(topic, level)
        filters.append(asked)
        patterns.append(pattern)
        fields += names
    if len(set(fields)) < len(fields):
        raise ConfigurationError(f"Topic {topic!r} has a field twice.")
    rest = "(?:/.*)?" if levels[-1] == "#" else ""
    return "/".join(filters), re.compile("/".join(patterns) + rest, re.DOTALL), fields


def _level(topic: str, level: str) -> tuple[str, str, list[str]]:
    """Return one level of a template as a filter and as a pattern, and the fields in it."""
    if level == "+":
        return level, "[^/]*", []
    text, pattern, fields = "", "", []
    try:
        parts = list(Formatter().parse(level))
    except ValueError as error:
        raise ConfigurationError(f"Topic {topic!r} cannot be understood: {error}.") from error
    for literal, field, form, conversion in parts:
        named = field is None or (_FIELD.fullmatch(field) and field != _READING)
        if set("+#\0") & set(literal) or not named or form or conversion:
            raise ConfigurationError(
                f"Topic {topic!r} cannot be understood at {level!r}: a field is a word in braces, "
                f"but not {{{_READING}}}, and + and # stand alone, # at the end only."
            )
        text += literal
        pattern += re.escape(literal)
        if field is not None:
            pattern += "([^/]+)"
            fields.append(field)
    return "+" if fields else text, pattern, fields
