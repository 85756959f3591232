"""The description of all routes as a page that needs no script and nothing from another machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from starlette.responses import HTMLResponse

METHODS = ("get", "post", "put", "patch", "delete")
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin: 2rem 0 .25rem; font-size: 1.15rem; }
code, pre { font: 14px/1.45 ui-monospace, monospace; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid color-mix(in srgb, currentColor 25%, transparent);
  border-radius: .4rem; }
.method { text-transform: uppercase; font-weight: 700; }
dt { font-weight: 600; } dd { margin: 0 0 .4rem 1.25rem; }
"""


def docs_page(document: Mapping[str, Any]) -> HTMLResponse:
    """A page out of an OpenAPI document."""
    info = document["info"]
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width, initial-scale=1'>",
        f"<title>{escape(info['title'])} {escape(info['version'])}</title><style>{STYLE}</style></head><body><main>",
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{escape(info.get('summary', ''))} ",
        "The same for programs: <a href='openapi.json'>openapi.json</a>.</p>",
    ]
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                parts += _operation(method, path, operations[method], document)
    parts.append("</main></body></html>")
    return HTMLResponse("".join(parts), headers={"content-security-policy": POLICY})


def _operation(
    method: str, path: str, operation: Mapping[str, Any], document: Mapping[str, Any]
) -> list[str]:
    parts = [
        f"<section><h2><code><span class='method'>{method}</span> {escape(path)}</code></h2>",
        f"<p>{escape(operation.get('summary', ''))}</p>",
    ]
    if parameters := operation.get("parameters"):
        parts.append("<dl>")
        for each in parameters:
            need = ", required" if each.get("required") else ""
            parts.append(f"<dt><code>{escape(each['name'])}</code> ({escape(each['in'])}{need})</dt>")
            parts.append(f"<dd>{escape(each.get('description', ''))}</dd>")
        parts.append("</dl>")
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body is not None:
        parts.append(_schema("Request", body, document))
    for status, answer in operation.get("responses", {}).items():
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        if schema is not None and status.startswith("2"):
            parts.append(_schema(f"Answer {status}", schema, document))
    statuses = ", ".join(
        f"{status} {answer.get('description', '')}"
        for status, answer in operation.get("responses", {}).items()
        if not status.startswith("2")
    )
    if statuses:
        parts.append(f"<details><summary>Errors</summary><p>{escape(statuses)}</p></details>")
    parts.append("</section>")
    return parts


def _schema(title: str, schema: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    text = json.dumps(_resolved(schema, document, ()), ensure_ascii=False, indent=2)
    return f"<details><summary>{escape(title)}</summary><pre>{escape(text)}</pre></details>"


def _resolved(schema: Any, document: Mapping[str, Any], above: tuple[str, ...]) -> Any:
    """A schema with what it refers to put in; where it refers to itself, only the name."""
    if isinstance(schema, list):
        return [_resolved(each, document, above) for each in schema]
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref")
    if reference is None:
        return {name: _resolved(value, document, above) for name, value in schema.items() if name != "title"}
    name = reference.rsplit("/", 1)[-1]
    if name in above:
        return name
    return _resolved(document["components"]["schemas"][name], document, (*above, name))
