"""``hyperstream keys``: the keys that sign stored functions."""

from __future__ import annotations

from argparse import Namespace

from hyperstream.cli.output import show
from hyperstream.config import HyperStreamConfig
from hyperstream.utils.keys import KeyRing


def run(options: Namespace) -> None:
    """Do what ``hyperstream keys`` was asked to.

    Parameters
    ----------
    options : argparse.Namespace
        The options of the command line.
    """
    ring = KeyRing(HyperStreamConfig(options.config).keys)
    actions = {"list": _list, "new": _new, "export": _export, "import": _import}
    actions[options.action](options, ring)


def _list(options: Namespace, ring: KeyRing) -> None:
    signing = ring.signing_key_id
    lines = [f"{each}  signs" if each == signing else each for each in ring.key_ids]
    empty = [f"No keys in {ring.path} yet: the first stored function makes one."]
    data = [{"key": each, "signs": each == signing} for each in ring.key_ids]
    show(options, data, lines or empty)


def _new(options: Namespace, ring: KeyRing) -> None:
    key_id = ring.new_key()
    line = f"Key {key_id} signs from now on; those before it stay good for checking."
    show(options, {"key": key_id}, [line])


def _export(options: Namespace, ring: KeyRing) -> None:
    keys = ring.export_to(options.file)
    line = (
        f"Keys written to {options.file}: {len(keys)}. Whoever has this file can make functions "
        "that you run: hand it to nobody else, and delete it when it is imported."
    )
    show(options, {"file": options.file, "keys": keys}, [line])


def _import(options: Namespace, ring: KeyRing) -> None:
    added = ring.import_from(options.file)
    line = f"Keys added to {ring.path}: {', '.join(added) or 'none, they were there'}."
    show(options, {"file": str(ring.path), "added": added}, [line])
