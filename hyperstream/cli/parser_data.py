"""The command line: what there is to say about workflows, plates, streams and sessions."""

from __future__ import annotations

from argparse import ArgumentParser

from hyperstream.cli.arguments import add_interval, add_yes, address, count, tag
from hyperstream.cli.commands import FILE, Commands, completed

_STREAM = "the stream, as it is printed: 'channel:name[tag=value, tag=value]'"
_HALL = "'mongo:temperature[house=1, room=hall]'"
_FORMATS = ("csv", "jsonl", "parquet")


def add(commands: Commands) -> None:
    """Add the commands."""
    _add_workflows(commands)
    _add_plates(commands)
    _add_streams(commands)
    _add_sessions(commands)


def _add_workflows(commands: Commands) -> None:
    workflows = commands.group(
        "workflows",
        "list, show, compute or delete workflows",
        "hyperstream workflows list",
        "hyperstream workflows run heating --from -86400",
    )
    workflows.add("list", "list the workflows that are stored", "hyperstream workflows list")
    show = workflows.add(
        "show",
        "show the nodes and factors of a workflow, and whether it can be loaded",
        "hyperstream workflows show heating",
        "hyperstream workflows show heating --graph dot | dot -Tsvg > heating.svg",
    )
    run = workflows.add(
        "run",
        "compute what is missing of a workflow in an interval, upstream included",
        "hyperstream workflows run heating --from 2026-05-01 --to 2026-06-01",
        "hyperstream workflows run heating --from -86400            (the last day)",
    )
    delete = workflows.add(
        "delete",
        "delete the definition of a workflow, and what is requested of it; its streams stay",
        "hyperstream workflows delete heating --yes",
    )
    for parser in (show, run, delete):
        parser.add_argument("id", metavar="ID", help="the id of the workflow")
    show.add_argument(
        "--graph",
        choices=("tree", "mermaid", "dot"),
        help="show its graph instead: as a tree, or for Mermaid or Graphviz to draw",
    )
    add_interval(run, start="none, so that it must be said")
    run.add_argument(
        "--no-history", action="store_true", help="keep no record of it: open no session"
    )
    add_yes(delete)


def _add_plates(commands: Commands) -> None:
    plates = commands.group(
        "plates",
        "list or show plates",
        "hyperstream plates list",
        "hyperstream plates show H",
    )
    plates.add("list", "list all plates", "hyperstream plates list")
    show = plates.add("show", "show a plate and its values", "hyperstream plates show H")
    show.add_argument("id", metavar="ID", help="the id of the plate")


def _add_streams(commands: Commands) -> None:
    streams = commands.group(
        "streams",
        "list, read, export, purge or invalidate streams",
        "hyperstream streams list --name temperature --tag house=1",
        f"hyperstream streams tail {_HALL}",
    )
    every = streams.add(
        "list",
        "list the streams of all channels that have some, with what is known of them",
        "hyperstream streams list",
        "hyperstream streams list --channel mongo --name temperature --tag house=1",
    )
    every.add_argument("--channel", metavar="C", help="only of this channel, such as mongo")
    every.add_argument("--name", metavar="N", help="only of this name")
    every.add_argument(
        "--tag",
        dest="tags",
        type=tag,
        action="append",
        default=[],
        metavar="TAG=VALUE",
        help="only with this in their meta data; may be said several times",
    )
    _add_readers(streams)
    _add_export(streams)
    _add_changes(streams)


def _add_readers(streams: Commands) -> None:
    show = streams.add(
        "show",
        "show what is calculated of a stream, by what, and where its data are",
        f"hyperstream streams show {_HALL}",
    )
    _add_stream(show)
    for name, which in (("head", "first"), ("tail", "last")):
        parser = streams.add(
            name,
            f"show the {which} instances of a stream; nothing is computed",
            f"hyperstream streams {name} {_HALL} -n 3",
            f"hyperstream streams {name} mongo:rain --from 2026-05-01",
        )
        _add_stream(parser)
        parser.add_argument("-n", type=count, default=10, metavar="N", help="how many (10)")
        add_interval(parser, start="the beginning")


def _add_export(streams: Commands) -> None:
    export = streams.add(
        "export",
        "write a stream to a file, or to standard output; nothing is computed",
        f"hyperstream streams export {_HALL} > hall.csv",
        f"hyperstream streams export {_HALL} -o hall.parquet --from 2026-05-01",
        "hyperstream streams export mongo:rain --format jsonl | head",
    )
    _add_stream(export)
    output = export.add_argument(
        "-o", "--output", metavar="FILE", help="the file (default: standard output)"
    )
    completed(output, FILE)
    export.add_argument(
        "--format",
        choices=_FORMATS,
        help="default: what the name of the file ends with, else csv; parquet needs a file",
    )
    add_interval(export, start="the beginning")
    add_yes(export)


def _add_changes(streams: Commands) -> None:
    purge = streams.add(
        "purge",
        "remove the data of streams, and what is known to be calculated there",
        "hyperstream streams purge mongo:rain --from 2026-05-01 --to 2026-05-02",
        "hyperstream streams purge mongo:rain mongo:wind --definition --yes",
    )
    invalidate = streams.add(
        "invalidate",
        (
            "forget what is calculated of streams, and of all that was computed from them, after "
            "data came late or were corrected"
        ),
        "hyperstream streams invalidate mongo:rain --from 2026-05-01 --to 2026-05-02",
    )
    for parser in (purge, invalidate):
        parser.add_argument("streams", type=address, nargs="+", metavar="STREAM", help=_STREAM)
        add_interval(parser, start="the beginning", end="the end, or now after --from")
        add_yes(parser)
    purge.add_argument(
        "--definition", action="store_true", help="remove the streams themselves as well"
    )


def _add_stream(parser: ArgumentParser) -> None:
    parser.add_argument("stream", type=address, metavar="STREAM", help=_STREAM)


def _add_sessions(commands: Commands) -> None:
    sessions = commands.group(
        "sessions",
        "list or clear sessions, which keep the history of what was computed",
        "hyperstream sessions list",
        "hyperstream sessions clear --history",
    )
    sessions.add("list", "list all sessions, the oldest first", "hyperstream sessions list")
    clear = sessions.add(
        "clear",
        "remove the sessions that have ended",
        "hyperstream sessions clear",
        "hyperstream sessions clear --history --yes",
    )
    clear.add_argument("--all", action="store_true", help="also those that may still go on")
    clear.add_argument("--history", action="store_true", help="remove their histories, too")
    add_yes(clear)
