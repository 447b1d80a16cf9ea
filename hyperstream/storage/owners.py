"""Names for those who hold claims, from which others can tell that they are dead.

An owner is a text of four parts: the machine, the process id, when the process
started (if the system tells), and a random part. On Linux "the machine" is a
host name, one boot, and one space of process ids (a container has its own);
elsewhere it is the host name and a hardware address.

>>> owner = new_owner()
>>> is_dead(owner)
False
"""

from __future__ import annotations

import os
import secrets
import socket
import uuid
from functools import cache
from pathlib import Path

_SEPARATOR = "|"
_PARTS = 4
# The fields of /proc/<pid>/stat that follow the name, which may hold spaces and brackets itself.
_STATE, _START_TIME = 0, 19
_DEAD_STATES = ("Z", "X")
_ENDED = "ended"


def new_owner() -> str:
    """Return a name that nobody else has, for somebody who lives as long as this process."""
    return f"{_process(os.getpid())}{_SEPARATOR}{secrets.token_hex(8)}"


def is_dead(owner: str) -> bool:
    """Tell whether an owner's process has certainly ended.

    Of other machines nothing is certain, so that the answer is False.
    """
    parts = owner.split(_SEPARATOR)
    if len(parts) != _PARTS or parts[0] != _machine() or not parts[1].isdecimal():
        return False
    pid, started = int(parts[1]), parts[2]
    try:
        os.kill(pid, 0)  # sends nothing
    except ProcessLookupError:
        return True
    except PermissionError:  # it runs, for somebody else
        pass
    # The process runs, but another one may have got its id meanwhile.
    return _started(pid) not in (started, "")


def described(owner: str) -> str:
    """Return which process an owner is, for people.

    >>> described("station:0a1b:7|4711|123|c0ffee")
    'process 4711 on station'
    >>> described("somebody else")
    'somebody else'
    """
    parts = owner.split(_SEPARATOR)
    if len(parts) != _PARTS:
        return owner
    return f"process {parts[1]} on {parts[0].partition(':')[0]}"


@cache  # by process id, since a fork has another one
def _process(pid: int) -> str:
    return _SEPARATOR.join((_machine(), str(pid), _started(pid)))


@cache
def _machine() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        where = f"{boot}:{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        where = f"{uuid.getnode():x}"
    return f"{socket.gethostname()}:{where}".replace(_SEPARATOR, "")


def _started(pid: int) -> str:
    """Return when a process started, as text; empty where the system does not tell.

    "ended" stands for a process that is there only for its parent to ask how it ended.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:  # another system than Linux, or somebody else's process
        return ""
    fields = stat.rpartition(")")[2].split()
    return _ENDED if fields[_STATE] in _DEAD_STATES else fields[_START_TIME]
