"""What both sides share, and everything that reads: formats on disk, queries, API, pages."""

__version__ = "0.1.0"
