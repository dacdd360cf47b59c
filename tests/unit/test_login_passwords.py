"""Passwords: kept as scrypt hashes, in a file for one pair of eyes."""

import stat
from pathlib import Path

import pytest

from ovpnmon.api.login import passwords
from ovpnmon.api.login.passwords import PasswordFileError
from tests.logins import cheap_hash


def test_a_hash_knows_its_password_and_no_other() -> None:
    """Non-ASCII included; the hash itself holds nothing readable, and no two are alike."""
    first, second = (passwords.hash_password("пароль № 1") for _ in range(2))
    assert passwords.verify("пароль № 1", first)
    assert not passwords.verify("пароль № 2", first)
    assert first != second
    assert first.startswith("scrypt$15$8$3$")


def test_a_saved_password_is_read_back_and_only_its_owner_may(tmp_path: Path) -> None:
    """Others in the group of the data directory are not to try guesses at leisure."""
    path = tmp_path / "login.json"
    passwords.save(path, cheap_hash("correct horse"))
    hashed = passwords.load(path)
    assert hashed
    assert passwords.verify("correct horse", hashed)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"correct horse" not in path.read_bytes()


def test_no_file_is_no_password(tmp_path: Path) -> None:
    """The first start finds none."""
    assert passwords.load(tmp_path / "login.json") is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"schema": 1}',
        b'{"schema": 1, "password": null}',
        b'{"schema": 1, "password": "plain"}',
        b'{"schema": 1, "password": "scrypt$1$1$1$!!$!!"}',
        b'{"schema": 2, "password": "scrypt$1$1$1$AAAA$AAAA"}',
        b"\xff\x00",
    ],
)
def test_a_damaged_file_is_an_error_and_never_no_password(tmp_path: Path, content: bytes) -> None:
    """Taken for "none is set" it would open the app."""
    path = tmp_path / "login.json"
    path.write_bytes(content)
    with pytest.raises(PasswordFileError, match=r"python -m ovpnmon password"):
        passwords.load(path)


def test_generated_passwords_are_long_and_without_letters_that_look_alike() -> None:
    """A person copies it from a log once."""
    made = {passwords.generate() for _ in range(100)}
    assert len(made) == 100
    for password in made:
        assert [len(group) for group in password.split("-")] == [4, 4, 4, 4]
        assert not set(password) & set("01loi")
