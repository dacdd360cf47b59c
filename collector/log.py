"""The log lines of the collector are those of the whole product."""

from ovpnmon.log import fields, set_up

__all__ = ["fields", "set_up"]
