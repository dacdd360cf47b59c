"""The JSON files of the Flask panel that users come from, as rows of ours."""


def is_old_active(raw: object) -> bool:
    """Whether parsed JSON is the panel's active_sessions.json: sessions by client name.

    An empty object is one too: nobody was connected. A single damaged entry is no reason to call the
    whole file something else.
    """
    return isinstance(raw, dict) and (
        not raw
        or any(
            isinstance(entry, dict) and "connected_at" in entry and "session_id" in entry
            for entry in raw.values()
        )
    )
