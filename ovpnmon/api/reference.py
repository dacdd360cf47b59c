"""/api/docs: the OpenAPI document as a page for people. One file, no script, nothing from elsewhere."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

Schema = dict[str, Any]

_STYLE = """
:root { color-scheme: light dark; --line: #e3e6eb; --soft: #5b6474; --code: #f2f4f7; --link: #1d4ed8; }
@media (prefers-color-scheme: dark) {
  :root { --line: #272d37; --soft: #98a1b0; --code: #171b22; --link: #7fb4fb; }
  body { background: #0f1217; color: #e4e7ec; }
}
body { font: 14px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 1.5rem; }
h1 { font-size: 1.35rem; } h2 { font-size: 1.05rem; margin: 2.2rem 0 0.3rem; }
h3 { font-size: 0.85rem; color: var(--soft); margin: 1rem 0 0.2rem; font-weight: 600; }
a { color: var(--link); } p { margin: 0.4rem 0; max-width: 46rem; }
code, pre { font: 12.5px/1.5 ui-monospace, monospace; background: var(--code); border-radius: 4px; }
code { padding: 0.1em 0.3em; overflow-wrap: anywhere; } pre { padding: 0.6rem 0.8rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
td { border-top: 1px solid var(--line); padding: 0.25rem 0.8rem 0.25rem 0; vertical-align: top; }
td:nth-child(2):not(:last-child) { color: var(--soft); width: 20%; }
td:first-child { width: 36%; }
@media (max-width: 640px) {
  td, td:first-child, td:nth-child(2):not(:last-child) {
    display: block; width: auto; border: 0; padding: 0;
  }
  tr { display: block; border-top: 1px solid var(--line); padding: 0.3rem 0; }
}
"""
_INTRODUCTION = """
<p>All routes are for GET and share the app's port, address and login: HTTP Basic for people,
<code>Authorization: Bearer TOKEN</code> with the token of <code>OPENVPN_MONITOR_API_TOKEN</code> for
scripts. "Received" is what the server received, that is what the client uploaded. A failure is
<code>{"error": {"code", "message"}}</code> with status 400, 401, 403, 404, 405, 429, 500 or 503.
The same for programs: <a href="openapi.json">openapi.json</a>. Beside it stand
<code>/metrics</code> for Prometheus, and <code>/healthz</code>, which needs no login.</p>
<pre>curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8501/api/clients</pre>
"""


def page(document: Schema) -> str:
    """The page for an OpenAPI document; links are relative to where it lies, beside the routes."""
    title = escape(f"{document['info']['title']}: API")
    paths = document["paths"]
    contents = " · ".join(f'<a href="#{_anchor(path)}">{escape(path)}</a>' for path in paths)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>{_INTRODUCTION}"
        f"<p>{contents}</p>{''.join(_route(path, item['get']) for path, item in paths.items())}"
        "</html>\n"
    )


def _route(path: str, operation: Schema) -> str:
    name = path.removeprefix("/api/")
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    parameters = [(one["name"], one["description"]) for one in operation["parameters"]]
    parts = [
        f'<h2 id="{_anchor(path)}"><a href="{escape(name)}">{escape(path)}</a></h2>',
        f"<p>{escape(operation['summary'])}.</p>",
    ]
    if parameters:
        parts.append(f"<h3>May be asked with</h3>{_table(parameters)}")
    if fields := list(_fields(answer, "")):
        parts.append(f"<h3>Answers</h3>{_table(fields)}")
    return "".join(parts)


def _fields(schema: Schema, prefix: str) -> Iterator[tuple[str, str, str]]:
    """Path, type and note of every field of an answer, those of objects inside it too."""
    if schema.get("type") == "array":
        schema, prefix = schema["items"], f"{prefix}[]"
    for name, field in schema.get("properties", {}).items():
        path = f"{prefix}.{name}".lstrip(".")
        inner, kind = _kind(field)
        if kind not in ("object", "array of object"):  # its fields follow
            yield path, kind, field.get("description", "")
        yield from _fields(inner, path)


def _kind(field: Schema) -> tuple[Schema, str]:
    """The schema without its null, and its type in words."""
    if "anyOf" in field:
        inner, kind = _kind(field["anyOf"][0])
        return inner, f"{kind} or null"
    if "enum" in field:
        return field, " or ".join(field["enum"])
    if field.get("type") == "array":
        return field, f"array of {_kind(field['items'])[1]}"
    names = field["type"] if isinstance(field["type"], list) else [field["type"]]
    kind = "ISO 8601 time" if field.get("format") == "date-time" else str(names[0])
    if "pattern" in field:
        kind = "local time"
    return field, " or ".join([kind, *names[1:]])


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    """The first column names something as it is typed."""
    lines = (
        f"<tr><td><code>{escape(name)}</code>{''.join(f'<td>{escape(text)}' for text in texts)}"
        for name, *texts in rows
    )
    return f"<table>{''.join(lines)}</table>"


def _anchor(path: str) -> str:
    return path.strip("/").replace("/", "-")
