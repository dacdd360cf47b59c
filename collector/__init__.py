"""The writing side: reads status files, tracks sessions, keeps the store."""

import ovpnmon  # noqa: F401 - before anything loads the engine, whose memory it settles
