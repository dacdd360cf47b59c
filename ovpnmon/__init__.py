"""What both sides share, and everything that reads: formats on disk, queries, API, pages."""

import os

__version__ = "0.1.0"

# Unless told otherwise, the engine's allocator keeps freed memory for ten seconds and more: a tenth of
# a second takes a quarter off the app's peak. It is read when the engine is loaded, so it stands here.
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:100,muzzy_decay_ms:0")
