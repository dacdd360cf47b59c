"""Passwords as scrypt hashes, and the file that keeps the one that was generated or set by command."""

import asyncio
import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

import orjson

from ovpnmon.store import schema
from ovpnmon.store.atomic import hand_over, write_atomic

_LOG_N, _R, _P = 15, 8, 3
"""32 MB and some 0.3 s a guess."""
_LARGEST_BYTES = 256 * 2**20
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike


class PasswordFileError(Exception):
    """The file of the stored password cannot be used: which file, why, and what to do."""


class Password:
    """One password, known by its hash. Checking it is slow once, then quick while it is right."""

    def __init__(self, hashed: str) -> None:
        self.hashed = hashed
        self._key = secrets.token_bytes(32)
        self._right = b""

    def is_known(self, text: str) -> bool:
        """Whether it is the text that was found right before: every request of a page asks."""
        return hmac.compare_digest(fingerprint(self._key, text), self._right)

    async def is_right(self, text: str) -> bool:
        """Whether text is the password; worked out in a thread, beside the pages."""
        right = await asyncio.to_thread(verify, text, self.hashed)
        if right:
            self._right = fingerprint(self._key, text)
        return right


def fingerprint(key: bytes, text: str) -> bytes:
    """What tells texts apart without telling them; worthless once the process is gone."""
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")


def generate() -> str:
    """A new password of some 79 bits, in groups that a person can copy by hand."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def hash_password(text: str) -> str:
    """`scrypt$log2 N$r$p$salt$hash`, the last two in base64."""
    salt = os.urandom(16)
    digest = _scrypt(text, salt, _LOG_N, _R, _P)
    encoded = [base64.b64encode(part).decode() for part in (salt, digest)]
    return "$".join(["scrypt", str(_LOG_N), str(_R), str(_P), *encoded])


def verify(text: str, hashed: str) -> bool:
    """Whether text is what was hashed, in constant time. Raises ValueError for what is no hash."""
    log_n, r, p, salt, expected = _parts(hashed)
    return hmac.compare_digest(_scrypt(text, salt, log_n, r, p), expected)


def load(path: Path) -> str | None:
    """The stored hash, None where there is no file. Raises PasswordFileError."""
    mend = "set a new one with `python -m ovpnmon password`"
    try:
        stored = orjson.loads(path.read_bytes())
        version, hashed = stored["schema"], stored["password"]
        _parts(hashed)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PasswordFileError(f"the password's file cannot be read: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PasswordFileError(f"{path} is damaged ({error}): {mend}") from error
    if version != schema.LOGIN.newest:
        raise PasswordFileError(f"{path} is of another version (schema {version!r}): {mend}")
    return str(hashed)


def save(path: Path, hashed: str) -> None:
    """Keep the hash for the owner of the directory only, who need not be us. Raises OSError."""
    body = orjson.dumps(
        {"schema": schema.LOGIN.newest, "password": hashed}, option=orjson.OPT_INDENT_2
    )
    write_atomic(path, body + b"\n", mode=0o600)
    hand_over(path)


def _parts(hashed: str) -> tuple[int, int, int, bytes, bytes]:
    kind, log_n, r, p, salt, digest = hashed.split("$")
    if kind != "scrypt":
        raise ValueError(f"no scrypt hash but {kind!r}")
    decoded = [base64.b64decode(part, validate=True) for part in (salt, digest)]
    return int(log_n), int(r), int(p), decoded[0], decoded[1]


def _scrypt(text: str, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(data, salt=salt, n=2**log_n, r=r, p=p, maxmem=_LARGEST_BYTES, dklen=32)
