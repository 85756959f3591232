"""The routes of the HTTP service; each module has `router(context) -> APIRouter`."""
