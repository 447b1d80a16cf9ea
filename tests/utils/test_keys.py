"""Key rings: who signs, whose signatures count, and who can read the file."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperstream.utils.errors import ConfigurationError
from hyperstream.utils.keys import KeyRing

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def ring(tmp_path):
    """A ring without a file."""
    return KeyRing(tmp_path / "home" / "keys.json")


def mode(path):
    """Tell the rights on a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_naming_a_ring_touches_nothing(ring):
    """There is no file until something is signed; without a file nothing is right."""
    assert ring.key_ids == []
    assert ring.signing_key_id is None
    assert "a" not in ring
    assert not ring.verify("a", "b", b"data")
    assert not ring.path.parent.exists()


def test_the_first_signing_makes_the_file_for_this_user_only(ring):
    """File and folder are closed to others, whatever the umask."""
    before = os.umask(0)
    try:
        key_id, _ = ring.sign(b"data")
    finally:
        os.umask(before)
    assert mode(ring.path) == 0o600
    assert mode(ring.path.parent) == 0o700
    assert {mode(path) for path in ring.path.parent.iterdir()} == {0o600}
    assert ring.key_ids == [key_id]


def test_a_signature_is_for_its_data_and_its_key(ring, tmp_path):
    """It is right for the same data in the same ring, and in no other case."""
    key_id, signature = ring.sign(b"data")
    assert ring.verify(key_id, signature, b"data")
    assert ring.sign(b"data") == (key_id, signature)
    assert KeyRing(ring.path).verify(key_id, signature, b"data")
    assert not ring.verify(key_id, signature, b"date")
    assert not ring.verify(key_id, "ä" + signature[1:], b"data")
    assert not ring.verify("another", signature, b"data")
    other = KeyRing(tmp_path / "other")
    other.sign(b"")
    assert not other.verify(key_id, signature, b"data")


@given(st.binary(), st.binary())
def test_any_data_can_be_signed(tmp_path_factory, one, other):
    """Bytes have the same signature if and only if they are equal."""
    ring = KeyRing(tmp_path_factory.getbasetemp() / "signed_by" / "keys.json")
    key_id, signature = ring.sign(one)
    assert ring.verify(key_id, signature, other) == (one == other)


def test_a_new_key_signs_and_the_old_one_stays(ring):
    """What the old key has signed is still right."""
    old, signature = ring.sign(b"data")
    new = ring.new_key()
    assert new != old
    assert ring.sign(b"data")[0] == ring.signing_key_id == new
    assert ring.verify(old, signature, b"data")
    assert ring.key_ids == [old, new]
    assert new in ring


def test_a_ring_shows_no_secret(ring):
    """The repr names the file only."""
    ring.sign(b"data")
    secrets = json.loads(ring.path.read_text())["keys"].values()
    assert repr(ring) == f"KeyRing({str(ring.path)!r})"
    assert not any(secret in repr(ring) + repr(vars(ring)) for secret in secrets)


def test_a_team_shares_keys(ring, tmp_path):
    """What one signs, the other can check after an import; each signs with a key of its own."""
    signed = ring.sign(b"data")
    file = tmp_path / "team.keys"
    assert ring.export_to(file) == ring.key_ids
    assert mode(file) == 0o600
    other = KeyRing(tmp_path / "other.json")
    assert other.import_from(file) == ring.key_ids
    assert mode(other.path) == 0o600
    assert other.verify(*signed, b"data")
    assert other.signing_key_id is None
    assert other.sign(b"data")[0] not in ring
    assert other.import_from(file) == []


def test_an_export_replaces_nothing(ring, tmp_path):
    """A file that is there stays as it is; a ring without keys exports none."""
    file = tmp_path / "team.keys"
    with pytest.raises(ConfigurationError, match="no keys"):
        ring.export_to(file)
    assert not file.exists()
    ring.sign(b"")
    file.write_text("mine")
    with pytest.raises(ConfigurationError, match="there already"):
        ring.export_to(file)
    assert file.read_text() == "mine"
    with pytest.raises(ConfigurationError, match="cannot be used"):
        ring.export_to(tmp_path / "nowhere" / "team.keys")


def test_an_import_needs_a_proper_file(ring, tmp_path):
    """A missing file, one that others can read, and one with another secret are refused."""
    with pytest.raises(ConfigurationError, match="no file"):
        ring.import_from(tmp_path / "nowhere")
    ring.sign(b"")
    file = tmp_path / "team.keys"
    ring.export_to(file)
    file.chmod(0o644)
    with pytest.raises(ConfigurationError, match="mode 0644"):
        ring.import_from(file)
    file.chmod(0o600)
    content = json.loads(file.read_text())
    content["keys"] = {"fresh": "0" * 64, **dict.fromkeys(content["keys"], "0" * 64)}
    file.write_text(json.dumps(content))
    before = ring.path.read_text()
    with pytest.raises(ConfigurationError, match="nothing is imported"):
        ring.import_from(file)
    assert ring.path.read_text() == before


@pytest.mark.parametrize("rights", [0o640, 0o604, 0o620, 0o601])
def test_a_file_that_is_open_to_others_is_not_used(ring, rights):
    """Neither for signing nor for checking; the error says what to do."""
    signed = ring.sign(b"data")
    ring.path.chmod(rights)
    for use in (lambda: ring.sign(b"data"), lambda: ring.verify(*signed, b"data"), ring.new_key):
        with pytest.raises(ConfigurationError, match=f"mode {rights:04o}.*chmod 600"):
            use()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"keys": {}}',
        '{"signing": "a", "keys": {}}',
        '{"signing": null, "keys": {"a": "xyz"}}',
        '{"signing": null, "keys": {"a": 5}}',
        '{"signing": null, "keys": {"a": "00"}}',
        '{"signing": ["a"], "keys": {}}',
        '{"signing": null, "keys": 5}',
        "\xff",
    ],
)
def test_a_damaged_file_is_an_error(ring, text):
    """It is neither used nor overwritten."""
    ring.sign(b"")
    ring.path.write_text(text, encoding="latin-1")
    with pytest.raises(ConfigurationError, match="no file of keys"):
        ring.sign(b"data")
    assert ring.path.read_text(encoding="latin-1") == text


def test_a_folder_that_cannot_be_used_is_an_error(tmp_path):
    """A file is in the way, or a folder is where the file should be."""
    (tmp_path / "file").write_text("")
    (tmp_path / "keys.json.new").mkdir()
    for path in (tmp_path / "file" / "keys.json", tmp_path, tmp_path / "keys.json"):
        for use in (lambda ring: ring.sign(b"data"), KeyRing.new_key):
            with pytest.raises(ConfigurationError, match="cannot be used"):
                use(KeyRing(path))
    assert not (tmp_path / "keys.json").exists()


def test_what_a_killed_process_left_is_no_obstacle(ring):
    """A half-written file beside the real one is replaced."""
    ring.path.parent.mkdir()
    Path(f"{ring.path}.new").write_text("{")
    assert ring.sign(b"data")[0] in ring
    assert mode(ring.path) == 0o600


def test_the_default_is_in_the_configuration_of_the_user(monkeypatch, tmp_path):
    """The variables are looked at when the file is needed."""
    ring = KeyRing()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert ring.path == tmp_path / "hyperstream" / "keys.json"
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ring.path == tmp_path / ".config" / "hyperstream" / "keys.json"
    assert KeyRing("~/keys").path == tmp_path / "keys"


def test_threads_that_sign_first_at_once_agree(ring):
    """There is one key, which all have used."""
    barrier, found = threading.Barrier(8), []

    def sign():
        barrier.wait()
        found.append(ring.sign(b"data"))

    threads = [threading.Thread(target=sign) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == len(ring.key_ids) == 1


SIGN = """
import sys
from hyperstream.utils.keys import KeyRing
print("ready", flush=True)
sys.stdin.readline()
print(*KeyRing(sys.argv[1]).sign(b"data"))
"""


@pytest.mark.slow
def test_processes_that_sign_first_at_once_agree(ring):
    """The file that one makes is used by all."""
    command = [sys.executable, "-c", SIGN, str(ring.path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with ExitStack() as stack:
        processes = [
            stack.enter_context(subprocess.Popen(command, cwd=ROOT, text=True, **pipes))
            for _ in range(4)
        ]
        assert [process.stdout.readline() for process in processes] == ["ready\n"] * 4
        for process in processes:
            process.stdin.write("\n")
            process.stdin.flush()
        signed = {process.communicate()[0] for process in processes}
    assert signed == {" ".join(ring.sign(b"data")) + "\n"}
    assert len(ring.key_ids) == 1
