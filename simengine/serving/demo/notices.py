"""The states of the page that are no result: nothing yet, nothing found, something wrong. All text is escaped."""

from __future__ import annotations

import logging
from html import escape
from typing import Literal

from simengine.errors import SimengineError
from simengine.serving.demo.strings import FRAME, Language
from simengine.serving.telling import is_hidden, told

logger = logging.getLogger(__name__)

NoticeKind = Literal["empty", "none", "error", "note", "good"]
_ICONS = {
    "empty": '<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>',
    "none": '<circle cx="12" cy="12" r="8.5"/><path d="M8.5 12h7"/>',
    "error": '<path d="M12 4 3 19.5h18z"/><path d="M12 10v4.5M12 17v.2"/>',
    "good": '<circle cx="12" cy="12" r="8.5"/><path d="m8.5 12.2 2.4 2.4 4.8-5"/>',
    "note": '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5M12 8v.2"/>',
}


def notice(kind: NoticeKind, title: str, body: str = "") -> str:
    """HTML of a notice.

    Args:
        kind: "empty" (nothing was asked yet), "none" (nothing found), "error", "note", "good".
        title, body: plain text; escaped here. Line ends of the body stay.
    """
    role = "alert" if kind == "error" else "status"
    lines = f'<p class="se-notice-body">{escape(body)}</p>' if body else ""
    return (
        f'<div class="se-notice se-notice-{kind}" role="{role}">'
        f'<svg viewBox="0 0 24 24" aria-hidden="true">{_ICONS[kind]}</svg>'
        f'<div><p class="se-notice-title">{escape(title)}</p>{lines}</div></div>'
    )


def shown(error: SimengineError) -> str:
    """The words for the page, which other people may read; what is left out is logged."""
    if is_hidden(error):
        logger.error("the page: %s", error)
    return told(error)


def failure(error: Exception, language: Language) -> str:
    """HTML for an error: what `simengine.serving.telling` tells of it. What stays untold is logged.

    Handlers catch `Exception` around what they ask of the index and return this in place of a result.
    """
    if isinstance(error, SimengineError):
        return notice("error", FRAME.went_wrong.of(language), shown(error))
    logger.error("the page: an error that was not expected", exc_info=error)
    return notice("error", FRAME.went_wrong.of(language), FRAME.unexpected.of(language))
