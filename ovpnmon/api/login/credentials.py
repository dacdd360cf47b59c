"""What a caller says to be let in: user and password, or a token."""

import base64
import binascii
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Basic:
    """RFC 7617. A browser asks its user for these."""

    user: str
    password: str


@dataclass(frozen=True, slots=True)
class Bearer:
    """RFC 6750. What scripts send."""

    token: str


def parse(authorization: str | None) -> Basic | Bearer | None:
    """The content of an Authorization header; None for none, or for one that means nothing."""
    scheme, _, rest = (authorization or "").partition(" ")
    rest = rest.strip()
    if scheme.lower() == "bearer" and rest:
        return Bearer(rest)
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(rest, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    user, colon, password = text.partition(":")
    return Basic(user, password) if colon else None
