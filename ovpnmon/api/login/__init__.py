"""The login: one gate in front of pages, websocket, API and media."""
