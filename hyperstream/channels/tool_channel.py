"""The channel of tools."""

from __future__ import annotations

import difflib
import inspect
import sys
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from types import ModuleType
from typing import Any

from semantic_version import Version

from hyperstream.channels.file_channel import FileDateTimeVersion
from hyperstream.channels.module_channel import ModuleChannel, failure
from hyperstream.stream import StreamId
from hyperstream.utils import html
from hyperstream.utils.errors import (
    StreamNotFoundError,
    ToolInitialisationError,
    ToolNotFoundError,
    ToolVersionNotFoundError,
)
from hyperstream.utils.utils import snake_to_camel

# Release 0.3.8 wrote this for every version.
LATEST = "0.0.0"


class ToolChannel(ModuleChannel):
    """A channel of tools: the value of an instance is the tool's class.

    The stream is the tool, named by its folder. Its instances are its versions,
    in order of date. The class has the name of the folder in CamelCase, and gets
    the version of its file as the attribute ``version``. A file is imported when
    its class is first asked for.

    A file that cannot be used, because its import fails, it has no class of that
    name, or its own name is wrong, leaves all others as they are. The reason
    is in `failed` as soon as it is known, and in the error that whoever asks
    for it gets.

    Parameters
    ----------
    channel_id : str
        The name of the channel.
    path : str or path
        The folder.
    up_to_timestamp : datetime
        Until when to be up to date at first (UTC).

    Raises
    ------
    ConfigurationError
        There is no such folder.
    """

    def data_loader(self, short_path: str, tool_info: FileDateTimeVersion) -> type[Any]:
        """Return the tool's class.

        Raises
        ------
        ToolInitialisationError
            The file cannot be imported, or has no such class.
        """
        load = super().data_loader(short_path, tool_info)
        path = self._path(short_path, tool_info)
        try:
            module = load()
        except Exception as error:  # the code of a tool may raise anything
            raise self._unusable(short_path, tool_info, failure(error, path)) from error
        tool_class = _class_in(module, snake_to_camel(PurePath(short_path).name))
        if isinstance(tool_class, str):
            del sys.modules[module.__name__]  # so that the corrected file is imported
            raise self._unusable(short_path, tool_info, f"{path} {tool_class}")
        self.failed.pop(f"{short_path}/{tool_info.long_filename}", None)
        tool_class.version = str(tool_info.version)
        return tool_class

    def get_tool_class(self, name: str, version: str | Version | None = None) -> type[Any]:
        """Return the class of a tool.

        Parameters
        ----------
        name : str
            The tool.
        version : str, optional
            Its version; the latest by date otherwise. ``"0.0.0"``, which release
            0.3.8 wrote for every version, means the latest too.

        Raises
        ------
        ToolNotFoundError
            There is no such tool, or no file of it has a proper name.
        ToolVersionNotFoundError
            There is, but not in this version.
        ToolInitialisationError
            Its file cannot be used.
        """
        tool_class: type[Any] = self._value(name, self._choose(name, version))
        return tool_class

    def knows(self, name: str) -> bool:
        """Tell whether the folder had files of a tool, usable or not, when it was looked at."""
        return name in self.files or bool(self._reasons(name))

    def _shown(self) -> Iterator[html.Html]:
        yield html.facts(self._facts())
        versions = sorted(self.versions.items())
        rows = ((name, ", ".join(files)) for name, files in versions)
        yield html.table(["tool", "versions"], rows, len(versions), "tool")
        if self.failed:
            failed = sorted(self.failed.items())
            yield html.table(["not usable", "because"], failed, len(failed), "file")

    def _choose(self, name: str, version: str | Version | None) -> FileDateTimeVersion:
        wanted = None if version is None else str(version)
        versions = self._versions_of(name)
        if not versions or wanted not in {None, LATEST, *versions}:
            self.look()
            versions = self._versions_of(name)
        if not versions:
            raise ToolNotFoundError(self._no_tool(name), tool=name)
        if wanted in versions:
            return versions[wanted]
        if wanted not in {None, LATEST}:
            raise ToolVersionNotFoundError(
                f"Tool {name} has no version {wanted}; there are {', '.join(versions)}."
                f"{self._reasons(name)}",
                tool=name,
                version=wanted,
            )
        return self.files[name][-1]

    def _unusable(
        self, name: str, file: FileDateTimeVersion, reason: str
    ) -> ToolInitialisationError:
        """Take down why a file cannot be used, and return the error that says so."""
        self.failed[f"{name}/{file.long_filename}"] = reason
        version = str(file.version)
        others = ", ".join(other for other in self._versions_of(name) if other != version)
        alternative = f", or ask for another version: {others}" if others else ""
        return ToolInitialisationError(
            f"Tool {name} {version} cannot be used: {reason}. Correct the file{alternative}.",
            tool=name,
            version=version,
            path=str(self._path(name, file)),
        )

    def _reasons(self, name: str) -> str:
        """Return why files of a tool cannot be used, as further sentences."""
        return "".join(
            f" Not usable: {reason.rstrip('.')}."
            for path, reason in list(self.failed.items())
            if str(PurePath(path).parent) == name
        )

    def _no_tool(self, name: str) -> str:
        problem = f"There is no tool {name} in channel {self.channel_id!r}"
        return problem + hint(name, self.files) + self._reasons(name)

    def _not_found(self, stream_id: StreamId | str) -> StreamNotFoundError:
        name = stream_id.name if isinstance(stream_id, StreamId) else stream_id
        return StreamNotFoundError(
            self._no_tool(name), channel_id=self.channel_id, stream_id=stream_id
        )


def _class_in(module: ModuleType, name: str) -> type[Any] | str:
    """Return the tool that a module defines, or what is wrong with it."""
    classes = {
        each.__name__: each
        for each in vars(module).values()
        if inspect.isclass(each) and each.__module__ == module.__name__
    }
    if name not in classes:
        there = f"; it has {', '.join(classes)}" if classes else ""
        return f"has no class {name}{there}"
    if not hasattr(classes[name], "execute"):
        return f"has a class {name}, but it derives from no class of hyperstream.tool"
    return classes[name]


def hint(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence about an unknown name: what may have been meant.

    Examples
    --------
    >>> hint("aply", ["apply", "clock"]), hint("xyz", ["apply", "clock"])
    (': did you mean apply?', '.')
    """
    close = difflib.get_close_matches(name, list(known), n=3)
    return f": did you mean {' or '.join(close)}?" if close else "."
