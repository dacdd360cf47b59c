"""The one Settings and one Store of an app process, made when first asked for, not at import."""

import os
from functools import cache

from ovpnmon.config import Settings
from ovpnmon.queries.places import Places
from ovpnmon.store.reader import Store


@cache
def settings() -> Settings:
    """Settings of this process. Raises SettingsError."""
    return Settings.from_env(os.environ)


@cache
def store() -> Store:
    """The store that every session and request shares: one load of the state serves them all."""
    return Store(settings())


@cache
def places() -> Places:
    """Where addresses are: the pages share what has been looked up."""
    return Places(settings())
