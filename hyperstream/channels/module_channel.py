"""Channels of Python files, and how such a file is imported."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache, partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from pathlib import Path, PurePath
from types import ModuleType
from typing import Any

from hyperstream._time import MIN_DATE
from hyperstream.channels.file_channel import FileChannel, FileDateTimeVersion

logger = logging.getLogger(__name__)

# The package of all files that belong to no package.
_ROOT = "hyperstream.plugins"
_OWN = Path(__file__).parents[1]
_MEANT_AS_MODULE = re.compile(r"\d|.*_v\d")
_importing = threading.RLock()


class ModuleChannel(FileChannel):
    """A channel of Python modules: the value of an instance is a function that imports its module.

    The files have a version in their names, such as ``2016-10-26_v0.1.0.py``. A
    file with a wrong date or version in its name is left out, with a warning in
    the log; the others are there. A module is imported once in a process.

    Parameters
    ----------
    channel_id : str
        The name of the channel.
    path : str or path
        The folder.
    up_to_timestamp : datetime
        Until when to be up to date at first (UTC).

    Attributes
    ----------
    failed : dict
        Files that cannot be used: path, as seen from ``self.path``, to the reason.

    Raises
    ------
    ConfigurationError
        There is no such folder.
    """

    def __init__(
        self, channel_id: str, path: str | os.PathLike[str], up_to_timestamp: datetime = MIN_DATE
    ) -> None:
        self.failed: dict[str, str] = {}
        super().__init__(channel_id, path, up_to_timestamp)

    @property
    def versions(self) -> dict[str, dict[str, FileDateTimeVersion]]:
        """The files by stream name and version, in order of time; nothing is imported."""
        return {name: self._versions_of(name) for name in self.files}

    def data_loader(self, short_path: str, tool_info: FileDateTimeVersion) -> Callable[..., Any]:
        """Return a function that imports the module and returns it."""
        own = package_for(self.path, self.channel_id)
        package = ".".join([own, *map(_legal, PurePath(short_path).parts)])
        return partial(import_file, self._path(short_path, tool_info), package)

    def file_filter(self, sorted_file_names: Sequence[str]) -> Iterable[FileDateTimeVersion]:
        """Yield the Python files that are named by date and version."""
        for name in sorted_file_names:
            if _is_module(name) and not _fault(name):
                yield FileDateTimeVersion(name)

    def look(self) -> None:
        """Look at the folder again: what is in it is in `files` and `failed` afterwards."""
        self.failed = {
            path: reason for path, reason in self.failed.items() if Path(self.path, path).exists()
        }
        super().look()

    def _documents(self, short_path: str, names: list[str]) -> list[FileDateTimeVersion]:
        for name in filter(_is_module, names):
            path, reason = f"{short_path}/{name}", _fault(name)
            if reason and path not in self.failed:
                self.failed[path] = reason
                logger.warning("Channel %s leaves out %s: %s", self.channel_id, path, reason)
        return super()._documents(short_path, names)

    def _versions_of(self, name: str) -> dict[str, FileDateTimeVersion]:
        return {str(file.version): file for file in self.files.get(name, ())}

    def _path(self, short_path: str, file: FileDateTimeVersion) -> Path:
        return Path(self.path, short_path, file.long_filename)


def import_file(path: str | os.PathLike[str], package: str) -> ModuleType:
    """Import a file, whatever its name, as a module of a package; once in a process.

    Parameters
    ----------
    path : str or path
        The file.
    package : str
        The package that it counts as a part of: see `package_for`.

    Returns
    -------
    module
        In `sys.modules` under the package's name and that of the file in legal
        form, so that what it defines can be pickled.
    """
    name = f"{package}.{_legal(PurePath(path).stem)}"
    with _importing:
        if name not in sys.modules:
            loader = SourceFileLoader(name, os.fspath(path))
            spec = ModuleSpec(name, loader, origin=os.fspath(path))
            spec.has_location = True
            sys.modules[name] = module = module_from_spec(spec)
            try:
                loader.exec_module(module)
            except BaseException:
                del sys.modules[name]
                raise
        return sys.modules[name]


def package_for(folder: str | os.PathLike[str], label: str) -> str:
    """Return the name of the package that the files of a folder belong to.

    For a folder inside of this package it is the folder's own name. For any
    other folder a package is made up: it has the label and a digest of the path
    in its name, so the same folder has the same name in every process.

    Parameters
    ----------
    folder : str or path
        The folder.
    label : str
        What the package is for.
    """
    path = Path(folder).absolute()
    if path.is_relative_to(_OWN):
        return ".".join([_OWN.name, *path.relative_to(_OWN).parts])
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:8]
    name = f"{_ROOT}.{_legal(label)}_{digest}"
    _make_package(_ROOT, [])
    _make_package(name, [str(path)])
    return name


def failure(error: BaseException, path: str | os.PathLike[str]) -> str:
    """Return where and why the import of a file failed, in one sentence."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}: {type(error).__name__}: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == os.fspath(path)]
    place = f"{path}, line {lines[-1]}" if lines else os.fspath(path)
    return f"{place}: {type(error).__name__}: {error}"


def _make_package(name: str, path: list[str]) -> None:
    module = ModuleType(name)
    module.__path__ = path
    sys.modules.setdefault(name, module)


def _legal(name: str) -> str:
    name = re.sub(r"\W", "_", name)
    return f"_{name}" if name[0].isdigit() else name


def _is_module(filename: str) -> bool:
    """Tell whether a file is meant to be an instance; a helper module beside them is not."""
    return filename.endswith(".py") and _MEANT_AS_MODULE.match(filename) is not None


@lru_cache
def _fault(filename: str) -> str:
    """Return what is wrong with the name of a module; empty if nothing is."""
    try:
        version = FileDateTimeVersion(filename).version
    except ValueError as error:
        return str(error)
    if version is None:
        return f"The file name {filename!r} has no version: name it like 2016-10-26_v0.1.0.py."
    return ""
