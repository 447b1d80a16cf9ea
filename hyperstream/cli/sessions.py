"""``hyperstream sessions``: who used HyperStream, and the histories of that."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from hyperstream.cli.output import minutes, moment, show, table
from hyperstream.cli.system import hyperstream, storage
from hyperstream.cli.terminal import ask
from hyperstream.storage.sessions import StoredSession
from hyperstream.utils.text import plural


def run(options: Namespace) -> None:
    """Do what ``hyperstream sessions`` was asked to.

    Parameters
    ----------
    options : argparse.Namespace
        The options of the command line.
    """
    if options.action == "list":
        _list(options)
    else:
        _clear(options)


def _list(options: Namespace) -> None:
    with storage(options) as stored:
        found = stored.sessions.sessions()
    rows = [
        (each.session_id, minutes(each.start), minutes(each.end) or _state(each), _machine(each))
        for each in found
    ]
    show(options, list(map(_facts, found)), table(("session", "start", "end", "machine"), rows))


def _clear(options: Namespace) -> None:
    with hyperstream(options) as hs:
        before = {session.session_id: session.active for session in hs.sessions}
        wanted = [key for key, active in before.items() if options.all or not active]
        if wanted:
            histories = " and their histories" if options.history else ""
            ask(options, f"Remove {plural(len(wanted), 'session')}{histories}?")
            hs.clear_sessions(inactive_only=not options.all, clear_history=options.history)
        gone = before.keys() - {session.session_id for session in hs.sessions}
    data = {"removed": sorted(map(str, gone)), "left": len(before) - len(gone)}
    left = plural(len(before) - len(gone), "session")
    show(options, data, [f"Removed {plural(len(gone), 'session')}; {left} left."])


def _facts(session: StoredSession) -> dict[str, Any]:
    return {
        "session": str(session.session_id),
        "start": moment(session.start),
        "end": moment(session.end),
        "active": session.is_running,
        "history_channel": session.history_channel,
        "machine": session.uname,
    }


def _state(session: StoredSession) -> str:
    return "active" if session.is_running else "killed"


def _machine(session: StoredSession) -> str | None:
    return session.uname.get("nodename")
