r"""The addresses of streams as people read and write them.

``mongo:temperature[house=1, room=hall]`` is a stream of channel ``mongo``,
``mongo/mine:temperature`` one in the sandbox ``mine``. A character that would
end the part that it stands in is written with a backslash before it, so that
what is written can be read again.

>>> write("mongo", "temperature", (("house", "1"), ("room", "hall")), None)
'mongo:temperature[house=1, room=hall]'
>>> read("mongo/mine:temperature[house=1,room=hall]")
('mongo', 'temperature', (('house', '1'), ('room', 'hall')), 'mine')
>>> print(write("mongo", "x[0]", (("name", "Smith, John"),), None))
mongo:x\[0][name=Smith\, John]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

Pair = tuple[str, str]
Pairs = tuple[Pair, ...]

_EXAMPLE = "such as mongo:temperature or 'mongo:temperature[house=1, room=hall]'"


def write(channel_id: str, name: str, meta_data: Iterable[Pair], sandbox: str | None) -> str:
    """Return the parts of an address as one text."""
    place = _escaped(channel_id, ":/")
    if sandbox is not None:
        place += f"/{_escaped(sandbox, ':')}"
    tags = ", ".join(f"{_tag(tag)}={_escaped(data, ',')}" for tag, data in meta_data)
    return f"{place}:{_escaped(name, '[')}" + (f"[{tags}]" if tags else "")


def read(text: str) -> tuple[str, str, Pairs, str | None]:
    """Return channel, name, meta data and sandbox of a text; see `StreamAddress.parse`."""
    place, colon, stream = _cut(text, ":")
    channel_id, slash, sandbox = _cut(place, "/")
    if not colon or not channel_id:
        raise ValueError(f"{text!r} names no channel: write channel:name, {_EXAMPLE}.")
    name, bracket, tags = _cut(stream, "[")
    if not name:
        raise ValueError(f"{text!r} names no stream: write channel:name, {_EXAMPLE}.")
    if bracket and not tags.endswith("]"):
        raise ValueError(f"{text!r} has no ] at its end: write channel:name[tag=value, …].")
    pairs = tuple(_pairs(text, tags[:-1]))
    if len(dict(pairs)) < len(pairs):
        raise ValueError(f"{text!r} names a tag twice: a stream has one value of each.")
    return _plain(channel_id), _plain(name), pairs, _plain(sandbox) if slash else None


def _pairs(text: str, tags: str) -> Iterator[Pair]:
    while tags:
        pair, _, tags = _cut(tags, ",")
        tag, equals, data = _cut(pair.lstrip(" "), "=")
        if not equals:
            raise ValueError(
                f"{text!r} has {pair.strip()!r} where tag=value should be; a comma inside of a "
                r"value is written \,."
            )
        yield _plain(tag), _plain(data)


def _cut(text: str, stop: str) -> tuple[str, str, str]:
    """Return what is before a character, the character, and what follows; as `str.partition`."""
    before = re.match(rf"(?:\\.|[^{re.escape(stop)}])*", text, re.DOTALL)
    end = before.end() if before else 0
    return text[:end], text[end : end + 1], text[end + 1 :]


def _escaped(text: str, special: str) -> str:
    return re.sub(rf"[\\{re.escape(special)}]", r"\\\g<0>", text)


def _tag(tag: str) -> str:
    return re.sub("^ ", r"\\ ", _escaped(tag, "=,"))


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
