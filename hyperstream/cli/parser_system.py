"""The command line: what there is to say about the system, tools, keys, engine and database."""

from __future__ import annotations

from hyperstream.cli.arguments import add_yes
from hyperstream.cli.commands import DIRECTORY, FILE, Commands, completed
from hyperstream.cli.templates import KINDS
from hyperstream.online_engine.command import add_options

SHELLS = ("bash", "zsh", "fish")


def add_first(commands: Commands) -> None:
    """Add the commands that a newcomer wants."""
    init = commands.add(
        "init",
        "write a configuration and a plugin with a tool and its test; nothing is overwritten",
        "hyperstream init",
        "hyperstream init projects/heating --plugin heating",
    )
    folder = init.add_argument(
        "folder", nargs="?", default=".", metavar="FOLDER", help="default: the working directory"
    )
    completed(folder, DIRECTORY)
    init.add_argument("--plugin", default="mine", metavar="P", help="its name (default: mine)")
    commands.add(
        "demo",
        "weather readings from a file to a picture, through the database",
        "hyperstream demo",
    )
    commands.add(
        "status",
        "show the configuration, the server, what the database holds, and how the engine gets on",
        "hyperstream status",
        "hyperstream --config engine.json status --json",
    )


def add(commands: Commands) -> None:
    """Add the other commands."""
    _add_tools(commands)
    _add_keys(commands)
    _add_engine(commands)
    _add_db(commands)
    completion = commands.add(
        "completion",
        "print a script that lets a shell complete commands and options",
        "hyperstream completion bash > ~/.local/share/bash-completion/completions/hyperstream",
        "hyperstream completion zsh > ~/.zfunc/_hyperstream",
        "hyperstream completion fish > ~/.config/fish/completions/hyperstream.fish",
    )
    completion.add_argument("shell", choices=SHELLS, help="the shell")


def _add_tools(commands: Commands) -> None:
    tools = commands.group(
        "tools",
        "the tools there are, and tools of your own",
        "hyperstream tools list",
        "hyperstream tools new mean_of_room --kind aggregate --plugin mine",
    )
    new = tools.add(
        "new",
        "write a tool of your own and its test, which work as they are, to go on from",
        "hyperstream tools new mean_of_room --kind aggregate --plugin mine",
    )
    new.add_argument("name", metavar="NAME", help="the name, such as mean_of_room")
    new.add_argument(
        "--kind",
        choices=KINDS,
        required=True,
        metavar="KIND",
        help=f"what the tool derives from: {', '.join(KINDS)}",
    )
    new.add_argument("--plugin", metavar="P", required=True, help="the plugin that gets it")
    new.add_argument("--version", metavar="V", default="0.0.1", help="default: 0.0.1")
    _add_tool_views(tools)


def _add_tool_views(tools: Commands) -> None:
    every = tools.add(
        "list",
        "list all tools with their latest versions",
        "hyperstream tools list",
        "hyperstream tools list --plugin mine",
    )
    every.add_argument("--plugin", metavar="P", help="only those of this plugin")
    show = tools.add(
        "show",
        "show the versions, parameters and description of a tool",
        "hyperstream tools show sliding_window",
    )
    show.add_argument("name", metavar="NAME", help="such as apply, or example_tools/dummy")
    check = tools.add(
        "check",
        "check that a tool's file does what is asked of every tool; run its examples and its test",
        "hyperstream tools check plugins/mine/tools/mean_of_room/2026-05-31_v0.0.1.py",
    )
    path = check.add_argument("path", metavar="PATH", help="the file, <date>_v<version>.py")
    completed(path, FILE)


def _add_keys(commands: Commands) -> None:
    keys = commands.group(
        "keys",
        "the keys that sign functions in the database, and decide which of them are run here",
        "hyperstream keys list",
        "hyperstream keys export team.keys                   (where functions are stored)",
        "hyperstream keys import team.keys                   (where they are to run)",
        "hyperstream --config engine.json keys import team.keys",
    )
    keys.add("list", "list the ids of all keys, and which one signs", "hyperstream keys list")
    keys.add(
        "new",
        "make a key that signs from now on; the others stay good for checking",
        "hyperstream keys new",
    )
    for name, about in (
        ("export", "write all keys to a new file, which only this user can read"),
        ("import", "add the keys of such a file: functions that they have signed are run here"),
    ):
        action = keys.add(name, about, f"hyperstream keys {name} team.keys")
        file = action.add_argument("file", metavar="FILE", help="the file, such as team.keys")
        completed(file, FILE)


def _add_engine(commands: Commands) -> None:
    engine = commands.group(
        "engine",
        "run the online engine, or see how it gets on",
        "hyperstream engine run",
        "hyperstream engine status",
    )
    run = engine.add(
        "run",
        "execute the workflows that are online, again and again, until it is told to stop",
        "hyperstream --config /etc/hyperstream/config.json engine run",
        "hyperstream engine run --workflow heating lighting --metrics-port 9101",
        "hyperstream engine run --receive house  (what comes over MQTT, while it runs)",
        "hyperstream engine run --once           (from cron, say)",
    )
    add_options(run)
    engine.add(
        "status",
        "show how far each online workflow is, and which engine executes it",
        "hyperstream engine status",
        "hyperstream engine status --json",
    )


def _add_db(commands: Commands) -> None:
    db = commands.group(
        "db",
        "care of the database",
        "hyperstream db status",
        "hyperstream db backup backups/monday",
    )
    db.add(
        "status",
        "show the server: exit code 1 if it does not run; nothing is started",
        "hyperstream db status",
    )
    db.add(
        "stop",
        "end the embedded server, which starts again when somebody needs it",
        "hyperstream db stop",
    )
    db.add(
        "upgrade",
        "bring a database of release 0.3.8 up to date",
        "hyperstream db upgrade",
    )
    backup = db.add(
        "backup",
        "copy the whole database into a new folder, on any kind of server",
        "hyperstream db backup backups/monday",
    )
    restore = db.add(
        "restore",
        "put a backup into an empty database, or in the place of all that it holds",
        "hyperstream db restore backups/monday",
        "hyperstream --config other.json db restore backups/monday --replace",
    )
    for parser in (backup, restore):
        folder = parser.add_argument("folder", metavar="DIR", help="the folder of the backup")
        completed(folder, DIRECTORY)
    restore.add_argument(
        "--replace", action="store_true", help="remove all that the database holds before"
    )
    add_yes(restore)
