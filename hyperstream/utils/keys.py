"""Keys that sign stored code, so that an installation runs only what it or its team has stored."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hyperstream.utils.errors import ConfigurationError

__all__ = ["KeyRing"]

_FOR_OTHERS = 0o077
_ID_BYTES = 8
_SECRET_BYTES = 32


@dataclass(frozen=True)
class _Keys:
    """What a file of keys holds: the secrets (hex) by key id, and the id of the one that signs."""

    signing: str | None = None
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    def with_new_key(self) -> _Keys:
        key_id = secrets.token_hex(_ID_BYTES)
        return _Keys(key_id, {**self.secrets, key_id: secrets.token_hex(_SECRET_BYTES)})


class KeyRing:
    """A file of keys (HMAC-SHA-256): one signs, all are good for checking signatures.

    The file is looked at when something is signed or checked, not before, and
    each time anew. The first signing makes it, for this user only (mode 0600),
    with a new key. Processes that do so at the same moment end with one key.

    Parameters
    ----------
    path : path, optional
        The file. Otherwise it is ``$XDG_CONFIG_HOME/hyperstream/keys.json``, or
        ``~/.config/hyperstream/keys.json``.

    Notes
    -----
    Whoever has a key can make code that installations with this key run.

    Examples
    --------
    >>> import tempfile
    >>> ring = KeyRing(tempfile.mkdtemp() + "/keys.json")
    >>> key_id, signature = ring.sign(b"code")
    >>> ring.verify(key_id, signature, b"code"), ring.verify(key_id, signature, b"other code")
    (True, False)
    >>> key_id in ring
    True
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self._path = None if path is None else Path(path).expanduser().absolute()

    @property
    def path(self) -> Path:
        """The file."""
        return self._path or _default_path()

    @property
    def key_ids(self) -> list[str]:
        """The ids of all keys; none while there is no file.

        Raises
        ------
        ConfigurationError
            The file cannot be used. So it is with all else that needs the file.
        """
        return list(self._keys().secrets)

    @property
    def signing_key_id(self) -> str | None:
        """The id of the key that signs, None as long as there is none."""
        return self._keys().signing

    def __contains__(self, key_id: object) -> bool:
        return key_id in self._keys().secrets

    def __repr__(self) -> str:
        return f"KeyRing({str(self.path)!r})"

    def sign(self, data: bytes) -> tuple[str, str]:
        """Return the id of the key that signs, and the signature as hexadecimal digits."""
        keys = self._keys()
        if keys.signing is None:
            with self._changing() as latest:
                # Another process may have been faster.
                keys = latest if latest.signing else self._save(latest.with_new_key())
        key_id = str(keys.signing)
        return key_id, _signature(keys.secrets[key_id], data)

    def verify(self, key_id: str, signature: str, data: bytes) -> bool:
        """Tell whether a key that is here has signed the data."""
        secret = self._keys().secrets.get(key_id)
        if secret is None:
            return False
        return hmac.compare_digest(_signature(secret, data).encode(), signature.encode())

    def new_key(self) -> str:
        """Make a key that signs from now on, and return its id; the others stay for checking."""
        with self._changing() as keys:
            return str(self._save(keys.with_new_key()).signing)

    def export_to(self, path: str | os.PathLike[str]) -> list[str]:
        """Write all keys to a new file (mode 0600) for `import_from`, and return their ids.

        Raises
        ------
        ConfigurationError
            There is no key yet, or the file is there already, or cannot be written.
        """
        keys = self._keys()
        if not keys.secrets:
            raise ConfigurationError(
                f"There are no keys in {self.path} yet: the first stored function makes one, or "
                "`hyperstream keys new`.",
                path=self.path,
            )
        try:
            with open(path, "x", encoding="ascii", opener=_private) as file:
                file.write(_text(keys))
        except FileExistsError as error:
            message = f"The file {path} is there already: name one that is not."
            raise ConfigurationError(message, path=path) from error
        except OSError as error:
            raise _unusable(path, error) from error
        return list(keys.secrets)

    def import_from(self, path: str | os.PathLike[str]) -> list[str]:
        """Add the keys of a file that `export_to` wrote, for checking; return the ids of new ones.

        Raises
        ------
        ConfigurationError
            The file cannot be used, or has another secret for a key that is here.
        """
        if (keys := _read(Path(path))) is None:
            message = f"There is no file {path}: `hyperstream keys export` makes one."
            raise ConfigurationError(message, path=path)
        added = keys.secrets
        with self._changing() as own:
            for key_id in added.keys() & own.secrets.keys():
                if added[key_id] != own.secrets[key_id]:
                    message = (
                        f"Key {key_id} of {path} is another one than that of {self.path}: one of "
                        "the two files was changed by hand; nothing is imported."
                    )
                    raise ConfigurationError(message, path=path, key_id=key_id)
            self._save(_Keys(own.signing, {**own.secrets, **added}))
            return [key_id for key_id in added if key_id not in own.secrets]

    def _keys(self) -> _Keys:
        return _read(self.path) or _Keys()

    @contextmanager
    def _changing(self) -> Iterator[_Keys]:
        """Give the keys, which no other process changes meanwhile."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = _private(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        except OSError as error:
            raise _unusable(self.path, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield self._keys()
        finally:
            # Said, since a child that was forked meanwhile would keep the lock.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    def _save(self, keys: _Keys) -> _Keys:
        """Replace the file; who reads it meanwhile gets the one or the other."""
        new = Path(f"{self.path}.new")
        try:
            new.unlink(missing_ok=True)  # of a process that was killed
            with open(new, "x", encoding="ascii", opener=_private) as file:
                file.write(_text(keys))
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)
        except OSError as error:
            raise _unusable(self.path, error) from error
        return keys


def _default_path() -> Path:
    config_home = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    if not config_home.is_absolute():
        config_home = Path.home() / ".config"
    return config_home / "hyperstream" / "keys.json"


def _signature(secret: str, data: bytes) -> str:
    return hmac.new(bytes.fromhex(secret), data, hashlib.sha256).hexdigest()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _text(keys: _Keys) -> str:
    return json.dumps({"signing": keys.signing, "keys": keys.secrets}, indent=2) + "\n"


def _read(path: Path) -> _Keys | None:
    """Return the keys of a file, None if it is not there."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = b"" if mode & _FOR_OTHERS else file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, error) from error
    if mode & _FOR_OTHERS:
        raise ConfigurationError(
            f"The keys in {path} are open to other users (mode {mode & 0o777:04o}), so that they "
            f"are not used: run `chmod 600 {path}`; if others may have read or changed it, remove "
            "it, and store functions anew.",
            path=path,
        )
    try:
        return _parsed(json.loads(content))
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{path} is no file of keys: put back a copy of it, or remove it to begin with a new "
            "key, and store functions anew.",
            path=path,
        ) from error


def _parsed(data: Any) -> _Keys:
    found = _Keys(data["signing"], dict(data["keys"]))
    for secret in found.secrets.values():
        if len(bytes.fromhex(secret)) < _SECRET_BYTES:
            raise ValueError("a secret is too short")
    if found.signing is not None and found.signing not in found.secrets:
        raise ValueError("the key that signs is missing")
    return found


def _unusable(path: str | os.PathLike[str], error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"The keys in {path} cannot be used ({error.strerror}: {error.filename or path}): give "
        'this user the right to, or name another file as "keys" in the configuration.',
        path=path,
    )
