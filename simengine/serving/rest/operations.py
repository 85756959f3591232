"""How operations are called in the OpenAPI document."""

from __future__ import annotations

from fastapi.routing import APIRoute


def operation_id(route: APIRoute) -> str:
    """The name of the route's function, so that generated clients have short names."""
    return route.name
